/* What libmosquitto and brokers report, in words for a technician. For mqtt.c: the codes stop there. */
#pragma once

/* A return code of the library; `error` is errno right after the call. */
const char *mqtt_error_text(int rc, int error);
/* A reason code of CONNACK or DISCONNECT, MQTT 3.1.1 (below 6) or 5. */
const char *mqtt_reason_text(int code);
