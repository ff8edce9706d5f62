/* What a client of libmosquitto costs that does nothing: the floor under the figures of the link. counter PORT HALL [answer]
 * subscribes as the link does and counts until it is ended; `answer` publishes a text as long as a receipt for each (QoS 0).
 */
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES 330 /* a receipt of a flood: three outlets, with why they could not serve it */

struct counter {
    char event[96], receipt[96];
    bool answers;
    unsigned long count, owed;
};

static void connected(struct mosquitto *client, void *data, int code)
{
    struct counter *counter = data;
    if (code == 0)
        mosquitto_subscribe(client, NULL, counter->event, 1);
}

static void heard(struct mosquitto *client, void *data, const struct mosquitto_message *message)
{
    (void)client, (void)message;
    struct counter *counter = data;
    counter->count++;
    counter->owed += counter->answers;
}

int main(int argc, char **argv)
{
    static char text[ANSWER_BYTES];
    struct counter counter = { .answers = argc == 4 && strcmp(argv[3], "answer") == 0 };
    if (argc < 3) {
        fprintf(stderr, "usage: counter PORT HALL [answer]\n");
        return 64;
    }
    memset(text, ' ', sizeof text);
    snprintf(counter.event, sizeof counter.event, "kezek/v1/%s/event", argv[2]);
    snprintf(counter.receipt, sizeof counter.receipt, "kezek/v1/%s/board/b/receipt", argv[2]);
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("counter", true, &counter);
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_callback_set(client, connected);
    mosquitto_message_callback_set(client, heard);
    if (mosquitto_connect(client, "127.0.0.1", atoi(argv[1]), 60) != MOSQ_ERR_SUCCESS)
        return 1;
    while (mosquitto_loop(client, 1000, 1) == MOSQ_ERR_SUCCESS)
        for (; counter.owed > 0 && !mosquitto_want_write(client); counter.owed--)
            mosquitto_publish(client, NULL, counter.receipt, sizeof text, text, 0, false);
    printf("%lu\n", counter.count);
    mosquitto_destroy(client);
    return 0;
}
