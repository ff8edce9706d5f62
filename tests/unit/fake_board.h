/* A board for clients of the control socket: the real socket, written replies. Shared by their tests. */
#pragma once

#define FAKE_STATUS                                                                                          \
    "{\"ok\":true,\"board\":\"hall-1\",\"hall\":\"open-almaty\",\"version\":\"0.1.0\",\"uptime_s\":7500,"    \
    "\"lacking\":\"notice fire: ru: the fonts have no glyph for U+1F525\","                                  \
    "\"link\":{\"connected\":true,\"url\":\"mqtt://127.0.0.1:1883\",\"mqtt\":5,\"conn\":3,\"why\":\"\"},"    \
    "\"feed\":{\"profile\":\"full\",\"truth\":\"stale\",\"epoch\":\"7f3c9a12\",\"seq\":12,\"events\":10,"    \
    "\"duplicates\":1,\"muted\":0,\"gaps\":2,\"hellos\":3,\"invalid\":0,\"unknown_desks\":4},\"screens\":[{" \
    "\"id\":\"main\","                                                                                       \
    "\"driver\":\"memory\",\"state\":\"shown\",\"size\":\"1920x1080\",\"format\":\"xrgb8888\",\"frames\":"   \
    "12,"                                                                                                    \
    "\"last_flip_ms\":1200,\"detail\":\"\"},{\"id\":\"children\",\"driver\":\"memory\",\"state\":"           \
    "\"unplugged\","                                                                                         \
    "\"size\":\"\",\"format\":\"\",\"frames\":0,\"last_flip_ms\":-1,\"detail\":\"no \\u001b[31mmemory\"}],"  \
    "\"buses\":[{\"id\":\"west\",\"device\":\"/dev/west\",\"open\":true,\"why\":\"\",\"busy_permille\":12,"  \
    "\"latency_ms\":16,\"group_frames\":7,\"detail\":\"\",\"units\":[{\"desk\":\"1\",\"unit\":16,"           \
    "\"profile\":\"owen-smi2\",\"confidence\":\"documented\",\"want\":\"A042\",\"blink\":true,"              \
    "\"shown\":\"A042\",\"state\":\"verified\",\"why\":\"\",\"certainty\":\"verified\",\"age_ms\":65000,"    \
    "\"dead\":false,\"other\":false,\"identity\":\"SMI2 V1.02\",\"requests\":1240,\"timeouts\":0,"           \
    "\"crc_errors\":0,\"exceptions\":0,\"round_trip_ms\":31.2},{\"desk\":\"2\",\"unit\":17,\"profile\":"     \
    "\"dm56a04\",\"confidence\":\"tested\",\"want\":\"b7\",\"blink\":false,\"shown\":\"\",\"state\":"        \
    "\"dead\",\"why\":\"no reply since the start; check its power, its address (17), and A against B\","     \
    "\"certainty\":\"unknown\",\"age_ms\":-1,\"dead\":true,\"other\":false,\"identity\":"                    \
    "\"\",\"requests\":40,\"timeouts\":40,\"crc_errors\":0,\"exceptions\":0,\"round_trip_ms\":0},"           \
    "{\"desk\":\"3\",\"unit\":18,\"profile\":\"dm56a04\",\"confidence\":\"tested\",\"want\":\"\",\"blink\":" \
    "false,\"shown\":\"\",\"state\":\"other\",\"why\":\"answers as \\\"SMI2 V1.02\\\", not as dm56a04, and " \
    "is left alone; correct its profile or its address\",\"certainty\":\"unknown\",\"age_ms\":-1,"           \
    "\"dead\":false,\"other\":true,\"identity\":\"SMI2 V1.02\",\"requests\":9,\"timeouts\":0,"               \
    "\"crc_errors\":0,\"exceptions\":1,\"round_trip_ms\":12.5}]}],\"chimes\":"                               \
    "[{\"id\":\"hall\",\"driver\":\"trace\",\"state\":\"ready\",\"realtime\":true,\"played\":3,\"detail\":"  \
    "\"\"}],\"desks\":[]}"
