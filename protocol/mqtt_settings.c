#include "protocol/mqtt_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_port(const char *text, int *port)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    long value = strtol(text, &end, 10);
    *port = (int)value;
    return value >= 1 && value <= 65535 && (*end == '\0' || strcmp(end, "/") == 0);
}

/* host, host:port, [IPv6], [IPv6]:port */
static bool parse_authority(struct mqtt_route *route, const char *text)
{
    bool is_bracketed = *text == '[';
    const char *start = text + is_bracketed;
    size_t length = strcspn(start, is_bracketed ? "]" : ":/");
    const char *rest = start + length;
    if (length == 0 || length >= sizeof route->host || memchr(start, '@', length) ||
        (is_bracketed && *rest++ != ']'))
        return false;
    memcpy(route->host, start, length);
    route->host[length] = '\0';
    route->family = is_bracketed                                   ? FAMILY_IPV6
                    : strspn(route->host, "0123456789.") == length ? FAMILY_IPV4
                                                                   : FAMILY_ANY;
    if (*rest == ':')
        return parse_port(rest + 1, &route->port);
    return *rest == '\0' || strcmp(rest, "/") == 0;
}

static bool parse_url(struct mqtt_route *route, const char *url)
{
    if (strncmp(url, "mqtt://", 7) == 0) {
        route->port = 1883;
        return parse_authority(route, url + 7);
    }
    if (strncmp(url, "mqtts://", 8) == 0) {
        route->port = 8883;
        route->is_tls = true;
        return parse_authority(route, url + 8);
    }
    return false;
}

static bool add_route(struct mqtt_settings *settings, const char *url, uint8_t version)
{
    struct mqtt_route *route = &settings->route[settings->nroutes];
    if (!parse_url(route, url))
        return false;
    route->version = version;
    route->url = strdup(url);
    settings->nroutes++;
    if (route->family != FAMILY_ANY)
        return true;
    struct mqtt_route *second = &settings->route[settings->nroutes++];
    *second = *route;
    second->url = strdup(url);
    route->family = FAMILY_IPV4;
    second->family = FAMILY_IPV6;
    return true;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void copy_config(struct mqtt_settings *settings, const struct mqtt_config *config)
{
    settings->client_id = copy(config->client_id);
    settings->username = copy(config->username);
    settings->password = copy(config->password);
    settings->ca_file = copy(config->ca_file);
    settings->cert_file = copy(config->cert_file);
    settings->key_file = copy(config->key_file);
    settings->will_topic = copy(config->will_topic);
    settings->is_auto = config->protocol == MQTT_AUTO;
    for (unsigned i = 0; i < config->ntopics; i++)
        settings->topic[settings->ntopics++] = copy(config->topic[i]);
    if (asprintf(&settings->idle_topic, "%s/idle", config->client_id) < 0)
        settings->idle_topic = NULL;
}

static int check_config(const struct mqtt_config *config, char *error, size_t error_size)
{
    const char *defect = NULL;
    if (config->nurls == 0 || config->nurls > MQTT_URLS_MAX)
        defect = "one to four broker URLs are needed";
    else if (config->ntopics > MQTT_TOPICS_MAX)
        defect = "too many topics";
    else if (!config->client_id || !config->client_id[0])
        defect = "a client id is needed";
    else if (!config->cert_file != !config->key_file)
        defect = "a client certificate needs both cert_file and key_file";
    if (defect)
        snprintf(error, error_size, "%s", defect);
    return defect ? -EINVAL : 0;
}

static int add_routes(struct mqtt_settings *settings, const struct mqtt_config *config, char *error,
                      size_t error_size)
{
    uint8_t version = config->protocol == MQTT_311 ? 4 : 5;
    for (unsigned i = 0; i < config->nurls; i++) {
        if (add_route(settings, config->url[i], version))
            continue;
        snprintf(error, error_size, "%.100s: not a broker URL; mqtt://host[:1883] or mqtts://host[:8883]",
                 config->url[i]);
        return -EINVAL;
    }
    return 0;
}

int mqtt_settings_init(struct mqtt_settings *settings, const struct mqtt_config *config, char *error,
                       size_t error_size)
{
    *settings = (struct mqtt_settings){ 0 };
    int rc = check_config(config, error, error_size);
    if (rc < 0)
        return rc;
    copy_config(settings, config);
    return add_routes(settings, config, error, error_size);
}

void mqtt_settings_finish(struct mqtt_settings *settings)
{
    char *const texts[] = { settings->client_id,  settings->username,  settings->password,
                            settings->ca_file,    settings->cert_file, settings->key_file,
                            settings->will_topic, settings->idle_topic };
    if (settings->password)
        explicit_bzero(settings->password, strlen(settings->password));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    for (unsigned i = 0; i < settings->nroutes; i++)
        free(settings->route[i].url);
    for (unsigned i = 0; i < settings->ntopics; i++)
        free(settings->topic[i]);
}
