/* Reading from the broker, where an assertion of libmosquitto's own must not end the process. For mqtt.c.
 *
 * 2.0.11 and 2.0.21 meet a property that MQTT 5 does not know, in any packet, with log__printf(NULL, …), whose first line is
 * assert(mosq); no setting avoids it, and behind TLS nobody can look at the packet before. So the library is given our
 * __assert_fail() (mqtt_assert.h): inside mqtt_guarded_read() it jumps out, everywhere else it is what it was. At that place
 * the library holds no lock and has changed nothing but the half-read packet, which the next attempt to connect clears away
 * (packet__cleanup() in mosquitto__reconnect()); what it had allocated for that packet is lost, under 64 KiB for each
 * attempt. Any other assertion ends the process: nothing is known about the state behind it.
 *
 * Why not let the link end here, too, and be started again? It would begin with its first broker each time, and the second one of
 * the list would never be tried.
 */
#pragma once

struct mosquitto;

/* mosquitto_loop_read() of one packet; MOSQ_ERR_MALFORMED_PACKET after an assertion. */
int mqtt_guarded_read(struct mosquitto *client);
