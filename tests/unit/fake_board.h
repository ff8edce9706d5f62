/* A board for clients of the control socket: the real socket, written replies. Shared by their tests. */
#pragma once

#define FAKE_STATUS                                                                                          \
    "{\"ok\":true,\"board\":\"hall-1\",\"hall\":\"open-almaty\",\"version\":\"0.1.0\",\"uptime_s\":7500,"    \
    "\"link\":{\"connected\":true,\"url\":\"mqtt://127.0.0.1:1883\",\"mqtt\":5,\"conn\":3,\"why\":\"\"},"    \
    "\"feed\":{\"profile\":\"full\",\"truth\":\"stale\",\"epoch\":\"7f3c9a12\",\"seq\":12,\"events\":10,"    \
    "\"duplicates\":1,\"muted\":0,\"gaps\":2,\"hellos\":3,\"invalid\":0,\"unknown_desks\":4},\"screens\":[{" \
    "\"id\":\"main\","                                                                                       \
    "\"driver\":\"memory\",\"state\":\"shown\",\"size\":\"1920x1080\",\"format\":\"xrgb8888\",\"frames\":"   \
    "12,"                                                                                                    \
    "\"last_flip_ms\":1200,\"detail\":\"\"},{\"id\":\"children\",\"driver\":\"memory\",\"state\":"           \
    "\"unplugged\","                                                                                         \
    "\"size\":\"\",\"format\":\"\",\"frames\":0,\"last_flip_ms\":-1,\"detail\":\"no \\u001b[31mmemory\"}],"  \
    "\"buses\":[{\"id\":\"west\",\"device\":\"/dev/west\",\"open\":true,\"busy_permille\":12,\"detail\":"    \
    "\"\",\"units\":[{\"desk\":\"1\",\"unit\":16,\"profile\":\"owen-smi2\",\"want\":\"А042\",\"blink\":"    \
    "true,\"shown\":\"A042\",\"certainty\":\"verified\",\"age_ms\":65000,\"dead\":false,\"timeouts\":0,"     \
    "\"crc_errors\":0,\"exceptions\":0,\"round_trip_ms\":31.2},{\"desk\":\"2\",\"unit\":17,\"profile\":"     \
    "\"dm56a04\",\"want\":\"Б7\",\"blink\":false,\"shown\":\"\",\"certainty\":\"unknown\",\"age_ms\":0,"    \
    "\"dead\":true,\"timeouts\":40,\"crc_errors\":0,\"exceptions\":0,\"round_trip_ms\":0}]}],\"chimes\":"    \
    "[{\"id\":\"hall\",\"driver\":\"trace\",\"state\":\"ready\",\"realtime\":true,\"played\":3,\"detail\":"  \
    "\"\"}],\"desks\":[]}"
