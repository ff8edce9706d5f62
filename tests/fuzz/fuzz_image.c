/* Any bytes as a PNG of the hall: never a crash; an image is either taken whole, no larger than asked for, or refused with a reason
 * that can be printed. Half of the inputs get a PNG's head, or hardly one would be looked into. Good seeds are the files of
 * tests/data/images.
 *
 *   make B=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined build-fuzz/tests/fuzz/fuzz_image
 *   build-fuzz/tests/fuzz/fuzz_image -max_len=4096 -max_total_time=60 CORPUS
 */
#include "board/paint/png.h"
#include "tests/fuzz/file.h"

#define MOST_PX 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const uint8_t *bytes, size_t size)
{
    char why[PNG_WHY_SIZE];
    struct image *image = png_decode(bytes, size, MOST_PX, why);
    if (!image) {
        hear(NULL, why);
        return;
    }
    require(image->width > 0 && image->height > 0 && (unsigned)image->width * image->height <= MOST_PX);
    struct image *other = image_scale(image, 7, 90);
    require(other && other->width == 7 && other->height == 90);
    require(!image->is_opaque || other->is_opaque);
    image_drop(image);
    image_drop(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t magic[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                     0,    0,   0,   13,  'I',  'H',  'D',  'R' };
    decode(data, size);
    uint8_t *headed = malloc(size + sizeof magic);
    require(headed);
    memcpy(headed, data, size);
    memcpy(headed, magic, size < sizeof magic ? size : sizeof magic);
    decode(headed, size);
    free(headed);
    return 0;
}
