/* Images that a technician's files name: the logo of a theme, the pictures of notices. */
#include "board/config/config_read.h"

#include "board/paint/png.h"

#include <string.h>

#define LOGO_KEPT_PX (1u << 18) /* 1 MiB: 1024 x 256; it stands in the head of the wall */

/* Into *out, in the place of what is there. */
static void read_image(struct reader *reader, const struct json_at *at, const cJSON *value, unsigned most_px,
                       struct image **out)
{
    char text[CONFIG_PATH_SIZE], file[CONFIG_PATH_SIZE], why[PNG_WHY_SIZE];
    if (!read_text(reader, at, value, text, sizeof text) || !read_path(reader, at, text, file, sizeof file))
        return;
    struct image *image = png_load(file, most_px, why);
    if (!image) {
        json_complain(at->report, at->path, "%s %s", file, why);
        return;
    }
    image_drop(*out);
    *out = image;
}

void read_logo(struct reader *reader, const struct json_at *at, const cJSON *value, struct theme *theme)
{
    read_image(reader, at, value, LOGO_KEPT_PX, &theme->logo);
}

void read_picture(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    read_image(reader, at, value, IMAGE_KEPT_PX, out);
}
