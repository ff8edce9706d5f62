#include "protocol/mqtt_text.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <string.h>

#define ASK_LOG "; its log may say why"
#define ASK_URL "; is it an MQTT broker, and this its port? (broker.urls)"

static const char *const error_texts[] = {
    [MOSQ_ERR_NOMEM] = "out of memory",
    [MOSQ_ERR_PROTOCOL] = ("the broker broke the protocol" ASK_URL),
    [MOSQ_ERR_INVAL] = "wrong parameters",
    [MOSQ_ERR_NO_CONN] = "not connected",
    [MOSQ_ERR_CONN_REFUSED] = ("the broker refused the session" ASK_LOG),
    [MOSQ_ERR_NOT_FOUND] = "not found",
    [MOSQ_ERR_CONN_LOST] = "the connection was closed by the broker",
    [MOSQ_ERR_TLS] = "TLS failed; check broker.ca_file and the host name of the broker's certificate",
    [MOSQ_ERR_PAYLOAD_SIZE] = "too large a payload",
    [MOSQ_ERR_NOT_SUPPORTED] = "not supported by this libmosquitto",
    [MOSQ_ERR_AUTH] = "authentication failed",
    [MOSQ_ERR_ACL_DENIED] = "denied by the broker's access list",
    [MOSQ_ERR_UNKNOWN] = "unknown error",
    [MOSQ_ERR_PROXY] = "proxy error",
    [MOSQ_ERR_MALFORMED_UTF8] = ("malformed UTF-8 from the broker" ASK_URL),
    [MOSQ_ERR_KEEPALIVE] = "the broker does not answer any more",
    [MOSQ_ERR_LOOKUP] = "the host name was not found; check broker.urls and the name server",
    [MOSQ_ERR_MALFORMED_PACKET] = ("malformed packet from the broker" ASK_URL),
    [MOSQ_ERR_DUPLICATE_PROPERTY] = ("duplicate property from the broker" ASK_URL),
    [MOSQ_ERR_TLS_HANDSHAKE] =
        "TLS handshake failed; check broker.ca_file and the host name of the broker's certificate",
    [MOSQ_ERR_QOS_NOT_SUPPORTED] = "the broker grants QoS 0 only; let it grant QoS 1",
    [MOSQ_ERR_OVERSIZE_PACKET] = "too large a packet for the broker; let it take 64 KiB",
    [MOSQ_ERR_TIMEOUT] = "timeout",
};

const char *mqtt_error_text(int rc, int error)
{
    if (rc == MOSQ_ERR_ERRNO && (error == EPIPE || error == ECONNRESET))
        rc = MOSQ_ERR_CONN_LOST;
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
        { 1, "the broker does not speak this version of MQTT; check broker.protocol" },
        { 2, "the broker does not accept the client id; it must allow kezek-HALL-BOARD" },
        { 3, ("the broker is not available" ASK_LOG) },
        { 4, "wrong user name or password; check broker.username and broker.password_file" },
        { 5, "not authorised; check broker.username and the broker's access list" },
        { MQTT_RC_UNSPECIFIED, ("the broker refused without a reason" ASK_LOG) },
        { MQTT_RC_MALFORMED_PACKET, ("the broker finds our packet malformed" ASK_LOG) },
        { MQTT_RC_PROTOCOL_ERROR, ("the broker finds that we break the protocol" ASK_LOG) },
        { MQTT_RC_IMPLEMENTATION_SPECIFIC, ("the broker refused for its own reasons" ASK_LOG) },
        { MQTT_RC_USE_ANOTHER_SERVER, "the broker wants us to use another broker; check broker.urls" },
        { MQTT_RC_SERVER_MOVED, "the broker has moved; check broker.urls" },
        { MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, "the broker does not speak MQTT 5; check broker.protocol" },
        { MQTT_RC_CLIENTID_NOT_VALID,
          "the broker does not accept the client id; it must allow kezek-HALL-BOARD" },
        { MQTT_RC_BAD_USERNAME_OR_PASSWORD,
          "wrong user name or password; check broker.username and broker.password_file" },
        { MQTT_RC_NOT_AUTHORIZED, "not authorised; check broker.username and the broker's access list" },
        { MQTT_RC_SERVER_UNAVAILABLE, ("the broker is not available" ASK_LOG) },
        { MQTT_RC_SERVER_BUSY, "the broker is busy; it is tried again" },
        { MQTT_RC_BANNED, "this client is banned by the broker; its administrator can lift that" },
        { MQTT_RC_SESSION_TAKEN_OVER,
          "another client connected with this client id; is board used twice in the hall?" },
        { MQTT_RC_SERVER_SHUTTING_DOWN, "the broker is shutting down; it is tried again" },
        { MQTT_RC_KEEP_ALIVE_TIMEOUT, "the broker has not heard from us; is the network overloaded?" },
        { MQTT_RC_PACKET_TOO_LARGE, "too large a packet for the broker; let it take 64 KiB" },
        { MQTT_RC_QUOTA_EXCEEDED, "a quota of the broker is used up; raise it" },
        { MQTT_RC_ADMINISTRATIVE_ACTION, "disconnected by the broker's administrator; ask there" },
        { MQTT_RC_RETAIN_NOT_SUPPORTED, "the broker does not keep retained messages; switch them on there" },
        { MQTT_RC_QOS_NOT_SUPPORTED, "the broker grants QoS 0 only; let it grant QoS 1" },
        { MQTT_RC_BAD_AUTHENTICATION_METHOD,
          "the broker wants another way of authentication; let it take a password or a certificate" },
        { MQTT_RC_TOPIC_FILTER_INVALID, "the broker does not like a topic; let it allow kezek/v1/#" },
        { MQTT_RC_TOPIC_NAME_INVALID, "the broker does not like a topic; let it allow kezek/v1/#" },
        { MQTT_RC_RECEIVE_MAXIMUM_EXCEEDED, ("more at once than the broker takes" ASK_LOG) },
        { MQTT_RC_TOPIC_ALIAS_INVALID, ("the broker does not like a topic alias, and we use none" ASK_LOG) },
        { MQTT_RC_MESSAGE_RATE_TOO_HIGH, "more messages a second than the broker takes; raise its limit" },
        { MQTT_RC_PAYLOAD_FORMAT_INVALID, "the broker does not like our payload; let it take JSON" },
        { MQTT_RC_MAXIMUM_CONNECT_TIME, "the broker ends a connection after a time; lift that limit" },
        { MQTT_RC_SHARED_SUBS_NOT_SUPPORTED, ("no shared subscriptions there, and we use none" ASK_LOG) },
        { MQTT_RC_SUBSCRIPTION_IDS_NOT_SUPPORTED, ("no subscription ids there, and we use none" ASK_LOG) },
        { MQTT_RC_WILDCARD_SUBS_NOT_SUPPORTED, ("no wildcards there, and we use none" ASK_LOG) },
        { MQTT_RC_CONNECTION_RATE_EXCEEDED, "the broker limits the rate of connections; raise its limit" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].code == code)
            return texts[i].text;
    return "the broker gave no reason that is known here" ASK_LOG;
}
