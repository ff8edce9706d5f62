#include "protocol/mqtt_guard.h"

#include "protocol/mqtt_assert.h"

#include <mosquitto.h>
#include <stddef.h>

int mqtt_guarded_read(struct mosquitto *client)
{
    jmp_buf here;
    if (setjmp(here) != 0) { // NOLINT(cert-err52-cpp)
        mqtt_assert_exit = NULL;
        return MOSQ_ERR_MALFORMED_PACKET;
    }
    mqtt_assert_exit = &here;
    int rc = mosquitto_loop_read(client, 1);
    mqtt_assert_exit = NULL;
    return rc;
}
