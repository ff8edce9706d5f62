/* What is done to the hall with the demo page: each POST is a change, or a sentence why not. */
#include "protocol/json.h"
#include "sim/buttons.h"
#include "sim/page_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static cJSON *body_of(struct page *page, const struct http_request *request)
{
    struct json_error error;
    size_t length;
    const char *body = http_request_body(request, &length);
    cJSON *json = json_parse(body, length, &error);
    if (!json)
        http_reply_error(page->http, http_request_id(request), 400, "no JSON: byte %zu: %s", error.offset,
                         error.text);
    return json;
}

static void reply_result(struct page *page, uint64_t id, int result, const char *error)
{
    static const char ok[] = "{\"ok\":true}";
    if (result == 0)
        http_reply_static(page->http, id, TYPE_JSON, ok, sizeof ok - 1);
    else
        http_reply_error(page->http, id, 409, "%s", error);
}

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    return text ? text : "";
}

static int find_desk(struct page *page, const cJSON *json, char *error, size_t error_size)
{
    int desk = config_desk_index(page->hall, text_of(json, "desk"));
    if (desk == NONE)
        snprintf(error, error_size, "there is no desk \"%.32s\"", text_of(json, "desk"));
    return desk;
}

/* Does `change` with the body of the request, and tells how that went. */
static void post(struct page *page, struct http_request *request,
                 int (*change)(struct page *page, const cJSON *json, char *error, size_t error_size))
{
    char error[160] = "";
    cJSON *json = body_of(page, request);
    if (!json)
        return;
    int result = change(page, json, error, sizeof error);
    reply_result(page, http_request_id(request), result, error);
    cJSON_Delete(json);
}

static int press(struct page *page, const cJSON *json, char *error, size_t error_size)
{
    snprintf(error, error_size, "kezek-sim runs without its queue server");
    if (!page->queue)
        return -ENOTCONN;
    int desk = find_desk(page, json, error, error_size);
    return desk == NONE
               ? -ENOENT
               : buttons_press(page->queue, (unsigned)desk, text_of(json, "action"), error, error_size);
}

void page_post_desk(void *data, struct http_request *request)
{
    post(data, request, press);
    page_event(data, NULL);
}

static int change_led(struct page *page, const cJSON *json, char *error, size_t error_size)
{
    int desk = find_desk(page, json, error, error_size);
    if (desk == NONE)
        return -ENOENT;
    const struct config_desk *place = &page->hall->desk[desk];
    const cJSON *power = cJSON_GetObjectItemCaseSensitive(json, "power");
    const cJSON *unit = cJSON_GetObjectItemCaseSensitive(json, "unit");
    snprintf(error, error_size, "there is no LED board at desk \"%s\"", place->id);
    if (cJSON_IsBool(power))
        return wires_power(page->wires, place, cJSON_IsTrue(power));
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "new")))
        return wires_replace(page->wires, place, 0);
    if (cJSON_IsNumber(unit) && unit->valueint >= 1 && unit->valueint <= 247)
        return wires_replace(page->wires, place, (uint8_t)unit->valueint);
    snprintf(error, error_size, "what is to be done: power, new, or unit, which is 1 to 247");
    return -EINVAL;
}

void page_post_led(void *data, struct http_request *request)
{
    post(data, request, change_led);
    page_leds(data);
}

static int find_bus(const struct page *page, const cJSON *json)
{
    for (unsigned i = 0; i < page->wires->nbuses; i++)
        if (strcmp(page->hall->bus[i].id, text_of(json, "bus")) == 0)
            return (int)i;
    return NONE;
}

static int change_bus(struct page *page, const cJSON *json, char *error, size_t error_size)
{
    const cJSON *plugged = cJSON_GetObjectItemCaseSensitive(json, "plugged");
    int bus = find_bus(page, json);
    snprintf(error, error_size, "there is no bus \"%.32s\"", text_of(json, "bus"));
    if (bus == NONE)
        return -ENOENT;
    snprintf(error, error_size, "plugged must be true or false");
    if (!cJSON_IsBool(plugged))
        return -EINVAL;
    int result = wires_plug(page->wires, (unsigned)bus, cJSON_IsTrue(plugged));
    snprintf(error, error_size, "%.100s: %s", page->hall->bus[bus].device, strerror(-result));
    return result;
}

void page_post_bus(void *data, struct http_request *request)
{
    post(data, request, change_bus);
}

static int read_faults(const cJSON *json, struct wires_faults *faults, char *error, size_t error_size)
{
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(json, "faults");
    snprintf(error, error_size, "faults: which, as in {\"noise\":20}; {} for none");
    if (!cJSON_IsObject(list))
        return -EINVAL;
    cJSON_ArrayForEach(item, list)
    {
        uint16_t *fault = wires_fault(faults, item->string ? item->string : "");
        snprintf(error, error_size, "there is no fault \"%.32s\"; see kezek-sim --help",
                 item->string ? item->string : "");
        if (!fault)
            return -EINVAL;
        snprintf(error, error_size, "%.32s must be 0 to 1000 of a thousand requests", item->string);
        if (!cJSON_IsNumber(item) || item->valueint < 0 || item->valueint > 1000)
            return -EINVAL;
        *fault = (uint16_t)item->valueint;
    }
    return 0;
}

static int change_faults(struct page *page, const cJSON *json, char *error, size_t error_size)
{
    struct wires_faults faults = WIRES_NO_FAULTS;
    int result = read_faults(json, &faults, error, error_size);
    if (result < 0)
        return result;
    if (!cJSON_HasObjectItem(json, "desk")) {
        wires_trouble_all(page->wires, &faults);
        return 0;
    }
    int desk = find_desk(page, json, error, error_size);
    if (desk == NONE)
        return -ENOENT;
    snprintf(error, error_size, "there is no LED board at desk \"%s\"", page->hall->desk[desk].id);
    return wires_trouble(page->wires, &page->hall->desk[desk], &faults);
}

void page_post_faults(void *data, struct http_request *request)
{
    post(data, request, change_faults);
}

static int set_pace(struct page *page, const char *name, char *error, size_t error_size)
{
    for (unsigned i = 0; i < PACES; i++) {
        if (strcmp(name, i == PACE_NONE ? "off" : pace_names[i]) != 0)
            continue;
        page->situation.pace = (enum pace)i;
        queue_pace(page->queue, (enum pace)i, page->seed);
        return 0;
    }
    snprintf(error, error_size, "pace must be off, quiet or rush");
    return -EINVAL;
}

static int set_alert(struct page *page, bool is_on, char *error, size_t error_size)
{
    int result = buttons_alert(page->queue, page->hall, is_on, error, error_size);
    if (result == 0)
        page->situation.is_alert = is_on;
    return result;
}

static int change_hall(struct page *page, const cJSON *json, char *error, size_t error_size)
{
    const cJSON *alert = cJSON_GetObjectItemCaseSensitive(json, "alert");
    const cJSON *mute = cJSON_GetObjectItemCaseSensitive(json, "mute");
    snprintf(error, error_size, "kezek-sim runs without its queue server");
    int result = page->queue ? 0 : -ENOTCONN;
    if (result == 0 && cJSON_HasObjectItem(json, "pace"))
        result = set_pace(page, text_of(json, "pace"), error, error_size);
    if (result == 0 && cJSON_IsBool(alert))
        result = set_alert(page, cJSON_IsTrue(alert), error, error_size);
    if (result == 0 && cJSON_IsBool(mute)) {
        page->situation.is_mute = cJSON_IsTrue(mute);
        queue_mute(page->queue, page->situation.is_mute);
    }
    return result;
}

void page_post_hall(void *data, struct http_request *request)
{
    post(data, request, change_hall);
    page_event(data, NULL);
}
