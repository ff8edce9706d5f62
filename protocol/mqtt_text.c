#include "protocol/mqtt_text.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <string.h>

static const char *const error_texts[] = {
    [MOSQ_ERR_NOMEM] = "out of memory",
    [MOSQ_ERR_PROTOCOL] = "the broker broke the protocol",
    [MOSQ_ERR_INVAL] = "wrong parameters",
    [MOSQ_ERR_NO_CONN] = "not connected",
    [MOSQ_ERR_CONN_REFUSED] = "the broker refused the session",
    [MOSQ_ERR_NOT_FOUND] = "not found",
    [MOSQ_ERR_CONN_LOST] = "the connection was closed by the broker",
    [MOSQ_ERR_TLS] = "TLS failed; check broker.ca_file and the host name of the broker's certificate",
    [MOSQ_ERR_PAYLOAD_SIZE] = "too large a payload",
    [MOSQ_ERR_NOT_SUPPORTED] = "not supported by this libmosquitto",
    [MOSQ_ERR_AUTH] = "authentication failed",
    [MOSQ_ERR_ACL_DENIED] = "denied by the broker's access list",
    [MOSQ_ERR_UNKNOWN] = "unknown error",
    [MOSQ_ERR_PROXY] = "proxy error",
    [MOSQ_ERR_MALFORMED_UTF8] = "malformed UTF-8 from the broker",
    [MOSQ_ERR_KEEPALIVE] = "the broker does not answer any more",
    [MOSQ_ERR_LOOKUP] = "the host name was not found",
    [MOSQ_ERR_MALFORMED_PACKET] = "malformed packet from the broker",
    [MOSQ_ERR_DUPLICATE_PROPERTY] = "duplicate property from the broker",
    [MOSQ_ERR_TLS_HANDSHAKE] =
        "TLS handshake failed; check broker.ca_file and the host name of the broker's certificate",
    [MOSQ_ERR_QOS_NOT_SUPPORTED] = "the broker does not support QoS 1",
    [MOSQ_ERR_OVERSIZE_PACKET] = "too large a packet for the broker",
    [MOSQ_ERR_TIMEOUT] = "timeout",
};

const char *mqtt_error_text(int rc, int error)
{
    if (rc == MOSQ_ERR_ERRNO)
        return error ? strerror(error) : "the connection broke";
    if (rc == MOSQ_ERR_EAI)
        return gai_strerror(error);
    const char *text =
        rc > 0 && (size_t)rc < sizeof error_texts / sizeof error_texts[0] ? error_texts[rc] : NULL;
    return text ? text : "unknown error of libmosquitto";
}

const char *mqtt_reason_text(int code)
{
    static const struct {
        int code;
        const char *text;
    } texts[] = {
        { 1, "the broker does not speak this version of MQTT" },
        { 2, "the broker does not accept the client id" },
        { 3, "the broker is not available" },
        { 4, "wrong user name or password; check broker.username and broker.password_file" },
        { 5, "not authorised; check broker.username and the broker's access list" },
        { MQTT_RC_UNSPECIFIED, "the broker refused without a reason; its log may have one" },
        { MQTT_RC_MALFORMED_PACKET, "the broker finds our packet malformed" },
        { MQTT_RC_PROTOCOL_ERROR, "the broker finds that we break the protocol" },
        { MQTT_RC_IMPLEMENTATION_SPECIFIC, "the broker refused for its own reasons; its log may have them" },
        { MQTT_RC_USE_ANOTHER_SERVER, "the broker wants us to use another broker; check broker.urls" },
        { MQTT_RC_SERVER_MOVED, "the broker has moved; check broker.urls" },
        { MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, "the broker does not speak MQTT 5" },
        { MQTT_RC_CLIENTID_NOT_VALID, "the broker does not accept the client id" },
        { MQTT_RC_BAD_USERNAME_OR_PASSWORD,
          "wrong user name or password; check broker.username and broker.password_file" },
        { MQTT_RC_NOT_AUTHORIZED, "not authorised; check broker.username and the broker's access list" },
        { MQTT_RC_SERVER_UNAVAILABLE, "the broker is not available" },
        { MQTT_RC_SERVER_BUSY, "the broker is busy" },
        { MQTT_RC_BANNED, "this client is banned by the broker" },
        { MQTT_RC_SESSION_TAKEN_OVER,
          "another client connected with this client id; is board used twice in the hall?" },
        { MQTT_RC_SERVER_SHUTTING_DOWN, "the broker is shutting down" },
        { MQTT_RC_KEEP_ALIVE_TIMEOUT, "the broker has not heard from us" },
        { MQTT_RC_PACKET_TOO_LARGE, "too large a packet for the broker" },
        { MQTT_RC_QUOTA_EXCEEDED, "a quota of the broker is used up" },
        { MQTT_RC_ADMINISTRATIVE_ACTION, "disconnected by the broker's administrator" },
        { MQTT_RC_RETAIN_NOT_SUPPORTED, "the broker does not support retained messages" },
        { MQTT_RC_CONNECTION_RATE_EXCEEDED, "the broker limits the rate of connections" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].code == code)
            return texts[i].text;
    return "the broker gave no reason that is known here";
}
