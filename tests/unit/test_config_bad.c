/* Hall files with mistakes: each is told with its place and what would be right. */
#include "tests/unit/config_fixture.h"

static const struct {
    const char *from, *to, *said;
} bad_rows[] = {
    { "\"hall\":\"h\"", "\"hall\":\"Зал\"", "hall: \"Зал\" is no id; write 1 to 32 of a-z 0-9 _ -" },
    { "\"hall\":\"h\",", "", "hall: is missing" },
    { "\"timezone\"", "\"timezon\"",
      "unknown key \"timezon\"; did you mean \"timezone\"?\n"
      "timezone: is missing" },
    { "\"hall\":\"h\"", "\"hall\":7", "hall: 7 is no id; write 1 to 32 of a-z 0-9 _ -" },
    { "\"board\":\"b\"", "\"board\":\"b\",\"bus\":[]", "unknown key \"bus\"; did you mean \"buses\"?" },
    { "\"board\":\"b\"", "\"board\":\"b\",\"xyzzy\":[]",
      "unknown key \"xyzzy\"; known are $schema, hall, board, languages, name, timezone, hours, "
      "awake_minutes, broker, agencies, led, zones, buses, desks, screens, melodies, chimes, notices, "
      "tickets, "
      "board_profile, "
      "voice, fire_alarm, console, calls, theme, "
      "phrases" },
    { "[\"kk\",\"ru\"]", "[\"kk\",\"kk\"]", "languages[1]: \"kk\" stands twice" },
    { "[\"kk\",\"ru\"]", "[]",
      "languages: an empty list is not a list of 1 to 4 languages: more do not fit one above the other" },
    { "\"name\":{\"kk\":\"Зал\",\"ru\":\"Зал\"}", "\"name\":{\"kk\":\"Зал\"}",
      "name: has no text in \"ru\"; give one in every language of the hall" },
    { "\"name\":{\"kk\":\"Зал\",\"ru\":\"Зал\"}", "\"name\":\"Зал\"",
      "name: \"Зал\" is not an object with a text in each language" },
    { "\"name\":{\"kk\":\"Зал\",\"ru\":\"Зал\"}", "\"name\":{\"kk\":\"Зал\",\"ru\":\"\",\"en\":\"Hall\"}",
      "name: unknown key \"en\"; known are kk, ru\n"
      "name.ru: is empty; write a text" },
    { "Asia/Almaty", "Asia/Almata",
      "timezone: \"Asia/Almata\" is no time zone of /usr/share/zoneinfo; write it like \"Asia/Almaty\"" },
    { "Asia/Almaty", "../../etc/passwd",
      "timezone: \"../../etc/passwd\" is no time zone of /usr/share/zoneinfo; write it like "
      "\"Asia/Almaty\"" },
    { "mqtt://127.0.0.1:1883", "http://127.0.0.1",
      "broker.urls[0]: \"http://127.0.0.1\" is no broker; write it like \"mqtt://10.0.0.5:1883\" or "
      "\"mqtts://host\"" },
    { "mqtt://127.0.0.1:1883", "mqtt://host:99999",
      "broker.urls[0]: \"mqtt://host:99999\" is no broker; write it like \"mqtt://10.0.0.5:1883\" or "
      "\"mqtts://host\"" },
    { "\"urls\":[\"mqtt://127.0.0.1:1883\"]", "\"urls\":[]",
      "broker.urls: an empty list is not a list of 1 to 4 brokers: they are tried in turn" },
    { "\"urls\":[\"mqtt://127.0.0.1:1883\"]", "\"urls\":[\"mqtt://a\"],\"ca_file\":\"no.pem\"",
      "broker.ca_file: there is no file \"DIR/no.pem\"" },
    { "\"urls\":[\"mqtt://127.0.0.1:1883\"]",
      "\"urls\":[\"mqtt://a\"],\"cert_file\":\"hall.json\",\"password_file\":\"hall.json\"",
      "broker: cert_file and key_file belong together; give both or none\n"
      "broker: password_file has no username; give both" },
    { "\"urls\":[\"mqtt://127.0.0.1:1883\"]", "\"urls\":[\"mqtt://a\"],\"protocol\":\"4\"",
      "broker.protocol: \"4\" is not one of auto, 5, 3.1.1" },
    { "\"broker\":", "\"calls\":{\"ttl_ms\":700000,\"dwell_ms\":10,\"recent\":33},\"broker\":",
      "calls.ttl_ms: 700000 is not an integer from 0 to 600000\n"
      "calls.dwell_ms: 10 is not an integer from 1000 to 60000\n"
      "calls.recent: 33 is not an integer from 0 to 32" },
    { "\"broker\":", "\"console\":{\"listen\":\"8080\"},\"broker\":",
      "console.listen: \"8080\" is no address to listen on; write it like \"127.0.0.1:8080\"" },
    { "\"broker\":", "\"fire_alarm\":{\"line\":23,\"active\":\"low\"},\"broker\":",
      "fire_alarm.chip: is missing; a line number needs its chip, for example \"pinctrl-bcm2711\"" },
    { "\"broker\":", "\"voice\":7,\"broker\":", "voice: 7 is no object; {} is enough" },
    { "\"broker\":", "\"voice\":{\"packs\":{\"de\":\"x\",\"kk\":7},\"espeak\":1},\"broker\":",
      "voice.packs.de: is no language of the hall; known are kk, ru\n"
      "voice.packs.kk: 7 is no folder\n"
      "voice.espeak: 1 is not true or false" },
    { "\"broker\":", "\"voice\":{\"packs\":{}},\"broker\":",
      "voice.packs: an object names no packs like {\"kk\": \"voices/kk\"}" },
    { "\"broker\":", "\"voice\":{\"languages\":[]},\"broker\":",
      "voice.languages: an array is not a list of 1 to 4 languages" },
    { "\"broker\":", "\"voice\":{\"languages\":[\"ru\",\"de\",7,\"ru\"]},\"broker\":",
      "voice.languages[1]: \"de\" is no language of the hall; known are kk, ru\n"
      "voice.languages[2]: 7 is no language of the hall; known are kk, ru\n"
      "voice.languages[3]: \"ru\" stands twice" },
    { "\"broker\":", "\"board_profile\":\"rpi6\",\"broker\":",
      "board_profile: there is no board profile \"rpi6\"; known are beaglebone-black, orangepi3b, orangepi5, "
      "radxa-rock3a, radxa-rock5b, rpi-zero2w, rpi3, rpi4, rpi5, x86; own ones go into /etc/kezek/boards" },
    { "\"broker\":", "\"board_profile\":4,\"broker\":",
      "board_profile: 4 is no id; write 1 to 32 of a-z 0-9 _ -" },
    { "\"broker\":", "\"phrases\":{\"windw\":{\"kk\":\"x\"}},\"broker\":",
      "phrases: unknown key \"windw\"; did you mean \"window\"?" },
    { "\"id\":\"kids\"", "\"id\":\"front\"", "zones[1].id: \"front\" is also the id of zones[0]" },
    { "\"id\":\"kids\"", "\"id\":\"Kids!\"",
      "zones[1].id: \"Kids!\" is no id; write 1 to 32 of a-z 0-9 _ -" },
    { "\"zone\":\"front\"", "\"zone\":\"frnt\"",
      "desks[0].zone: \"frnt\" is not in zones; did you mean \"front\"?" },
    { "\"zone\":\"front\"", "\"zone\":\"elsewhere\"",
      "desks[0].zone: \"elsewhere\" is not in zones; known are front, kids" },
    { "\"id\":\"akimat\"", "\"id\":\"aki\\u007fmat\"",
      "agencies[0].id: \"aki\\u007Fmat\" is no id; write 1 to 32 of a-z 0-9 _ -\n"
      "desks[0].agency: \"akimat\" is not in agencies; known are none" },
    { "\"agency\":\"akimat\"", "\"agency\":\"police\"",
      "desks[0].agency: \"police\" is not in agencies; known are akimat" },
    { "\"bus\":\"west\"", "\"bus\":\"east\"",
      "desks[0].led.bus: \"east\" is not in buses; did you mean \"west\"?" },
    { "\"unit\":17", "\"unit\":16",
      "desks[1].led.unit: unit 16 of bus \"west\" already belongs to desk \"1\"; two boards with one "
      "address answer at once" },
    { "\"unit\":16", "\"unit\":0", "desks[0].led.unit: 0 is not an integer from 1 to 247" },
    { "\"unit\":16", "\"unit\":248", "desks[0].led.unit: 248 is not an integer from 1 to 247" },
    { "\"profile\":\"owen-smi2\"", "\"profile\":\"owen-smi3\"",
      "desks[0].led.profile: there is no LED profile \"owen-smi3\"; known are ditel-dn, dm36b06, dm56a04, "
      "icpdas-ikan, led-485, owen-smi2-m, owen-smi2; own ones go into /etc/kezek/profiles" },
    { "\"id\":\"2\",\"zone\"", "\"id\":\"2\",\"label\":\"Жүз\",\"zone\"",
      "desks[1].label: \"Жүз\" cannot be shown on the LED board of the desk: owen-smi2 cannot show 'Ж' "
      "without looking like another sign" },
    { "\"id\":\"2\",\"zone\"", "\"id\":\"2\",\"label\":\"123456789\",\"zone\"",
      "desks[1].label: \"123456789\" has more than 8 characters; give a short label" },
    { "\"id\":\"2\",\"zone\"", "\"id\":\"2\",\"kind\":\"door\",\"zone\"",
      "desks[1].kind: \"door\" is not one of window, desk, room" },
    { "\"id\":\"2\",\"zone\"", "\"id\":\"2\",\"arrow\":\"north\",\"zone\"",
      "desks[1].arrow: \"north\" is not one of none, left, right, up, down, up-left, up-right, "
      "down-left, down-right" },
    { "\"id\":\"2\",\"zone\"", "\"id\":\"1\",\"zone\"", "desks[1].id: \"1\" is also the id of desks[0]" },
    { "\"device\":\"bus-west\"", "\"device\":\"bus-west\",\"baud\":9601",
      "buses[0].baud: 9601 is not one of 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400" },
    { "\"device\":\"bus-west\"",
      "\"device\":\"bus-west\",\"parity\":\"mark\",\"stop_bits\":3,\"adapter_latency_ms\":-1",
      "buses[0].parity: \"mark\" is not one of none, even, odd\n"
      "buses[0].stop_bits: 3 is not an integer from 1 to 2\n"
      "buses[0].adapter_latency_ms: -1 is not an integer from 0 to 255" },
    { "\"id\":\"west\",\"device\":\"bus-west\"", "\"id\":\"west\"",
      "buses[0].device: is missing; name the serial device, best by its link in /dev/serial/by-id" },
    { "{\"id\":\"west\",\"device\":\"bus-west\"}",
      "{\"id\":\"west\",\"device\":\"b\"},{\"id\":\"x\",\"device\":\"b\"}",
      "buses[1].device: \"DIR/b\" already belongs to bus \"west\"; one device is one bus" },
    { "{\"id\":\"west\",\"device\":\"bus-west\"}",
      "{\"id\":\"west\",\"device\":\"b\"},{\"id\":\"x\",\"device\":\"b\"},{\"id\":\"y\",\"device\":\"b\"}",
      "buses[1].device: \"DIR/b\" already belongs to bus \"west\"; one device is one bus\n"
      "buses[2].device: \"DIR/b\" already belongs to bus \"west\"; one device is one bus" },
    { "\"driver\":\"memory\"", "\"driver\":\"fbdev\"",
      "screens[0].driver: \"fbdev\" is not one of kms, memory" },
    { "\"driver\":\"memory\"", "\"driver\":\"kms\"",
      "screens[0].output: is missing; name the connector, for example \"HDMI-A-1\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"size\":\"big\"",
      "screens[0].size: \"big\" is no size in pixels; write it like \"1920x1080\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"mode\":\"100x100@60\"",
      "screens[0].mode: \"100x100@60\": displays have 240 to 7680 pixels a side; write it like "
      "\"1920x1080@60\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"mode\":\"1920x1080@1000\"",
      "screens[0].mode: \"1920x1080@1000\": displays refresh 20 to 240 times a second; write it like "
      "\"1920x1080@60\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"mode\":\"1920x1080@59.94\"",
      "screens[0].mode: \"1920x1080@59.94\" is no size in pixels with whole hertz; write it like "
      "\"1920x1080@60\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"rotation\":45",
      "screens[0].rotation: 45 is not one of 0, 90, 180, 270: degrees clockwise" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"rotation\":\"90\"",
      "screens[0].rotation: \"90\" is not one of 0, 90, 180, 270: degrees clockwise" },
    { "\"driver\":\"memory\"", "\"driver\":\"kms\",\"output\":\"HDMI-1\"",
      "screens[0].output: \"HDMI-1\" is no connector; write it as the kernel names it in /sys/class/drm, "
      "like \"HDMI-A-1\" or \"DP-1\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"view\":\"board\"",
      "screens[0].view: there is no view \"board\"; known are calls, desk, info, zone; own ones go into "
      "/etc/kezek/layouts, "
      "or name the path of a file that ends in .json" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"zones\":[\"kids\"]",
      "zones[0]: \"front\" has desks but no screen shows it; add it to the zones of a screen" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"view\":\"desk\"",
      "screens[0].desk: is missing; the view shows one desk: give its id" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"view\":\"zone\",\"desk\":\"1\"",
      "screens[0].desk: the view \"zone\" has no part \"desk\"; take the view \"desk\", or \"zones\" "
      "instead" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"view\":\"desk\",\"desk\":\"1\",\"zones\":[\"front\"]",
      "screens[0].zones: a screen of one desk shows no zones; leave this out" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"view\":\"desk\",\"desk\":\"99\"",
      "screens[0].desk: \"99\" is not in desks; known are 1, 2" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"view\":\"desk\",\"desk\":3",
      "screens[0].desk: 3 is no id; write 1 to 32 of a-z 0-9 _ -" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"zones\":[]",
      "screens[0].zones: an empty list is not a list of zone ids; leave the key out for all zones" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"diagonal_in\":\"55\"",
      "screens[0].diagonal_in: \"55\" is not a number from 5 to 300" },
    { "{\"id\":\"main\",\"driver\":\"memory\",\"path\":\"main.fb\"}",
      "{\"id\":\"a\",\"driver\":\"kms\",\"output\":\"HDMI-A-1\"},{\"id\":\"b\",\"driver\":\"kms\","
      "\"output\":\"HDMI-A-1\"}",
      "screens[1].output: \"HDMI-A-1\" is wanted by the screens \"a\" and \"b\"; give each its own" },
    { "{\"id\":\"main\",\"driver\":\"memory\",\"path\":\"main.fb\"}",
      "{\"id\":\"a\",\"driver\":\"memory\",\"path\":\"f\"},{\"id\":\"b\",\"driver\":\"memory\",\"path\":"
      "\"f\"}",
      "screens[1].path: \"DIR/f\" is wanted by the screens \"a\" and \"b\"; give each its own" },
    { "\"screens\":[{\"id\":\"main\",\"driver\":\"memory\",\"path\":\"main.fb\"}]", "\"screens\":[]",
      "screens: is empty; at least one is needed" },
    { "\"file\":\"chime.txt\"", "\"file\":\"chime.txt\",\"call\":\"gong9\"",
      "chimes[0].call: \"gong9\" is no melody; known are gong3, gong2, gong1, soft3, soft1, test" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"trace\"",
      "chimes[0].file: is missing; name the file for the edges" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"gpio-tone\"",
      "chimes[0].line: is missing; give the number or the name of the GPIO line" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"gpio-tone\",\"line\":18",
      "chimes[0].chip: is missing; a line number needs its chip, for example \"pinctrl-bcm2711\"" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"gpio-tone\",\"line\":true",
      "chimes[0].line: true is neither a line number from 0 to 1023 nor a line name" },
    { "\"chimes\":[", "\"melodies\":[{\"id\":\"ours\",\"notes\":[]}],\"chimes\":[",
      "melodies[0].notes: this is not a list of 1 to 16 notes" },
    { "\"chimes\":[", "\"melodies\":[{\"id\":\"ours\",\"notes\":[{\"hz\":20000,\"ms\":400}]}],\"chimes\":[",
      "melodies[0].notes[0].hz: 20000 is not an integer from 100 to 2500" },
    { "\"chimes\":[", "\"melodies\":[{\"id\":\"ours\",\"notes\":[{\"hz\":440,\"ms\":600000}]}],\"chimes\":[",
      "melodies[0].notes[0].ms: 600000 is not an integer from 10 to 2500" },
    { "\"chimes\":[",
      "\"melodies\":[{\"id\":\"ours\",\"notes\":[{\"hz\":440,\"ms\":400},{\"hz\":560,\"ms\":100},{\"hz\":440,"
      "\"ms\":400},"
      "{\"hz\":560,\"ms\":100}]}],\"chimes\":[",
      "melodies[0].notes: a figure that repeats sounds like an alarm signal" },
    { "\"chimes\":[", "\"melodies\":[{\"id\":\"gong3\",\"notes\":[{\"hz\":440,\"ms\":400}]}],\"chimes\":[",
      "melodies[0].id: \"gong3\" is a built-in melody; name it otherwise" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"alsa\",\"lead_ms\":5000",
      "chimes[0].lead_ms: 5000 is not an integer from 0 to 3000" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"alsa\",\"standby_for\":\"bell\"",
      "chimes[0].standby_for: \"bell\" is not in chimes; did you mean \"hall\"?" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"alsa\",\"standby_for\":\"hall\"",
      "chimes[0].standby_for: \"hall\" is this chime itself" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"", "\"driver\":\"alsa\"},{\"id\":\"b\",\"driver\":\"alsa\"",
      "chimes[1].device: \"default\" already belongs to chime \"hall\"; give each its own" },
    { "\"driver\":\"trace\",\"file\":\"chime.txt\"",
      "\"driver\":\"alsa\"},{\"id\":\"b\",\"driver\":\"alsa\",\"device\":\"usb\",\"standby_for\":\"hall\"},"
      "{\"id\":\"c\",\"driver\":\"alsa\",\"device\":\"hdmi\",\"standby_for\":\"b\"",
      "chimes[2].standby_for: \"b\" stands by for another one itself; name the one that sounds first" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"awake_minutes\":0",
      "screens[0].awake_minutes: 0 is not an integer from 1 to 240" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":\"never\"",
      "screens[0].hours: \"never\" is not a list of 1 to 16 spans like {\"days\": \"mon-fri\", \"from\": "
      "\"08:00\", \"to\": \"20:00\"}, and not \"always\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":[]",
      "screens[0].hours: an empty list is not a list of 1 to 16 spans like {\"days\": \"mon-fri\", \"from\": "
      "\"08:00\", \"to\": \"20:00\"}, and not \"always\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":[7]",
      "screens[0].hours[0]: 7 is not an object of days, from and to" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":[{\"from\":\"8:00\",\"to\":\"24:01\"}]",
      "screens[0].hours[0].from: \"8:00\" is no time of day; write it like \"08:00\"\n"
      "screens[0].hours[0].to: \"24:01\" is no time of day; write it like \"20:00\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":[{\"from\":\"24:00\",\"to\":\"08:60\"}]",
      "screens[0].hours[0].from: \"24:00\" is no time of day; write it like \"08:00\"\n"
      "screens[0].hours[0].to: \"08:60\" is no time of day; write it like \"20:00\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":[{\"from\":\"08:00\",\"to\":\"08:00\"}]",
      "screens[0].hours[0]: ends when it begins; a whole day is from \"00:00\" to \"24:00\"" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"hours\":[{\"from\":\"08:00\"}]",
      "screens[0].hours[0].to: is missing" },
    { "\"driver\":\"memory\"",
      "\"driver\":\"memory\",\"hours\":[{\"day\":\"mon\",\"from\":\"08:00\",\"to\":\"20:00\"}]",
      "screens[0].hours[0]: unknown key \"day\"; did you mean \"days\"?" },
    { "\"driver\":\"memory\"",
      "\"driver\":\"memory\",\"hours\":[{\"days\":\"monday\",\"from\":\"08:00\",\"to\":\"20:00\"}]",
      "screens[0].hours[0].days: \"monday\" is no day; write \"mon\", \"mon-fri\", or a list of these" },
    { "\"driver\":\"memory\"",
      "\"driver\":\"memory\",\"hours\":[{\"days\":\"mon-\",\"from\":\"08:00\",\"to\":\"20:00\"}]",
      "screens[0].hours[0].days: \"mon-\" is no day; write \"mon\", \"mon-fri\", or a list of these" },
    { "\"driver\":\"memory\"",
      "\"driver\":\"memory\",\"hours\":[{\"days\":[],\"from\":\"08:00\",\"to\":\"20:00\"}]",
      "screens[0].hours[0].days: an array is no day; write \"mon\", \"mon-fri\", or a list of these" },
    { "\"driver\":\"memory\"",
      "\"driver\":\"memory\",\"hours\":[{\"days\":[\"mon\",\"пт\",5],\"from\":\"08:00\",\"to\":\"20:00\"}]",
      "screens[0].hours[0].days[1]: \"пт\" is no day; write \"mon\", \"mon-fri\", or a list of these\n"
      "screens[0].hours[0].days[2]: 5 is no day; write \"mon\", \"mon-fri\", or a list of these" },
    { "\"id\":\"phone\"", "\"id\":\"phone\",\"level\":\"loud\"",
      "notices[0].level: \"loud\" is not one of info, alert" },
    { "\"notices\":[", "\"notices\":[7,", "notices[0]: 7 is not an object" },
    { "\"kk\":\"1308\"", "\"kk\":\"13\\u202e08\"",
      "notices[0].text.kk: \"13\\u202E08\" has characters that cannot be seen; write printable ones "
      "only" },
    { "{\"hall\"", "{\"hall\":\"x\",\"hall\"",
      "line 1, column 13: duplicate key \"hall\"; expected each key once" },
    { "\"agencies\":[", "\"agencies\":{},\"agency\":[",
      "unknown key \"agency\"; did you mean \"agencies\"?\n"
      "agencies: an object is not an array\n"
      "desks[0].agency: \"akimat\" is not in agencies; known are none" },
    { "[\"kk\",\"ru\"]", "[\"kk\",\"ru\",\"en\",\"kk\",\"ru\"]",
      "languages: a longer list is not a list of 1 to 4 languages: more do not fit one above the other" },
    { "[\"kk\",\"ru\"]", "\"kk\"",
      "languages: \"kk\" is not a list of 1 to 4 languages: more do not fit one above the other" },
    { "\"name\":{\"kk\":\"Зал\"", "\"name\":{\"kk\":7", "name.kk: 7 is not a text" },
    { "\"urls\":[\"mqtt://127.0.0.1:1883\"]", "\"urls\":[\"a\",\"b\",\"c\",\"d\",\"e\"]",
      "broker.urls: a longer list is not a list of 1 to 4 brokers: they are tried in turn\n"
      "broker.urls[0]: \"a\" is no broker; write it like \"mqtt://10.0.0.5:1883\" or \"mqtts://host\"\n"
      "broker.urls[1]: \"b\" is no broker; write it like \"mqtt://10.0.0.5:1883\" or \"mqtts://host\"\n"
      "broker.urls[2]: \"c\" is no broker; write it like \"mqtt://10.0.0.5:1883\" or \"mqtts://host\"\n"
      "broker.urls[3]: \"d\" is no broker; write it like \"mqtt://10.0.0.5:1883\" or \"mqtts://host\"" },
    { "\"broker\":{\"urls\":[\"mqtt://127.0.0.1:1883\"]}", "\"broker\":[]",
      "broker: an array is not an object" },
    { "\"led\":{\"bus\":\"west\",\"unit\":17,\"profile\":\"owen-smi2\"}", "\"led\":17",
      "desks[1].led: 17 is not an object of bus, unit and profile" },
    { "\"led\":{\"bus\":\"west\",\"unit\":17,\"profile\":\"owen-smi2\"}",
      "\"led\":{\"bus\":\"west\",\"unit\":17,\"prof\":\"owen-smi2\"}",
      "desks[1].led: unknown key \"prof\"; known are bus, unit, profile\n"
      "desks[1].led.profile: is missing" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"zones\":[\"frond\"]",
      "screens[0].zones[0]: \"frond\" is not in zones; did you mean \"front\"?" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"zones\":[1]",
      "screens[0].zones[0]: 1 is not the id of a zone" },
    { "\"driver\":\"memory\"", "\"driver\":\"memory\",\"format\":\"argb\"",
      "screens[0].format: \"argb\" is not one of xrgb8888, rgb565" },
    { "\"driver\":\"trace\"", "\"driver\":\"trace\",\"pulse_ms\":5,\"volume\":101,\"active_low\":1",
      "chimes[0].active_low: 1 is not true or false\n"
      "chimes[0].pulse_ms: 5 is not an integer from 50 to 1000\n"
      "chimes[0].volume: 101 is not an integer from 1 to 100" },
    { "\"zone\":\"front\"", "\"zone\":7", "desks[0].zone: 7 is no id; write 1 to 32 of a-z 0-9 _ -" },
};

static void one_error_gets_one_line(void **state)
{
    for (unsigned i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++)
        assert_refused(*state, bad_rows[i].from, bad_rows[i].to, bad_rows[i].said);
}

static void all_errors_of_a_file_are_told_at_once(void **state)
{
    static const char bad[] =
        "{\"hall\":\"H\",\"name\":{\"kk\":\"Зал\"},\"languages\":[\"kk\",\"ru\"],"
        "\"timezone\":\"Mars\",\"broker\":{},\"zones\":[{\"id\":\"a\",\"name\":{\"kk\":\"а\",\"ru\":\"а\"}}],"
        "\"desks\":[{\"id\":\"1\",\"zone\":\"b\"},{\"zone\":\"a\",\"colour\":1}],"
        "\"screens\":[{\"id\":\"s\",\"driver\":\"memory\",\"zones\":[\"a\"],\"viev\":\"calls\"}]}";
    struct bench *bench = *state;
    assert_null(load(bench, bad, strlen(bad)));
    assert_string_equal(
        bench->said,
        "hall: \"H\" is no id; write 1 to 32 of a-z 0-9 _ -\n"
        "board: is missing\n"
        "name: has no text in \"ru\"; give one in every language of the hall\n"
        "timezone: \"Mars\" is no time zone of /usr/share/zoneinfo; write it like \"Asia/Almaty\"\n"
        "broker.urls: is missing\n"
        "desks[0].zone: \"b\" is not in zones; did you mean \"a\"?\n"
        "desks[1]: unknown key \"colour\"; known are id, label, kind, zone, agency, arrow, led\n"
        "desks[1].id: is missing\n"
        "screens[0]: unknown key \"viev\"; did you mean \"view\"?");
}

static void a_language_without_phrases_names_those_that_exist(void **state)
{
    struct bench *bench = *state;
    assert_null(load_with(bench, "[\"kk\",\"ru\"]", "[\"kk\",\"de\"]"));
    assert_int_equal(bench->report.count, 1);
    assert_non_null(strstr(bench->said, "languages[1]: \"de\" has no phrases; there are en, kk, ru in "));
    assert_non_null(strstr(bench->said, "; for a new one make de.json there, with texts of window, desk, "));
    assert_non_null(strstr(bench->said, "; \"date\", \"months\" and \"weekdays\" as "));
    assert_null(load_with(bench, "[\"kk\",\"ru\"]", "[\"kk\",\"../ru\"]"));
    assert_int_equal(bench->report.count, 1);
}

static void a_text_that_is_no_hall_file_is_refused(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "", "line 1, column 1: " },
        { "[]", "is not an object; a hall file starts with {" },
        { "{\"hall\":\"h\"} x", "line 1, column 14: " },
    };
    struct bench *bench = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(load(bench, rows[i].text, strlen(rows[i].text)));
        assert_int_equal(bench->report.count, 1);
        assert_int_equal(strncmp(bench->said, rows[i].said, strlen(rows[i].said)), 0);
    }
    bench->said[0] = '\0';
    unlink(bench->file);
    bench->report = (struct json_report){ .line = hear, .data = bench };
    assert_null(config_load(bench->file, NULL, &bench->report));
    assert_string_equal(bench->said, "cannot be read: No such file or directory");
    bench->said[0] = '\0';
    assert_null(config_load(bench->folder, NULL, &bench->report));
    assert_int_equal(bench->report.count, 2);
}

/* Writes `text` as DIR/mine.json and loads the good file with it as its board profile. */
static struct config *load_board(struct bench *bench, const char *text)
{
    const struct config_paths paths = { .boards = bench->folder };
    char file[96];
    config_destroy(load_with(bench, "\"broker\":", "\"board_profile\":\"mine\",\"broker\":"));
    snprintf(file, sizeof file, "%s/mine.json", bench->folder);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    bench->said[0] = '\0';
    bench->report = (struct json_report){ .line = hear, .data = bench };
    struct config *config = config_load(bench->file, &paths, &bench->report);
    unlink(file);
    return config;
}

#define BOARD(screens)                                                                                       \
    "{\"name\":\"mine\",\"title\":\"M\",\"screens\":{\"driver\":\"d\"," screens                              \
    "\"confidence\":\"hearsay\",\"source\":\"s\"},\"gpio\":{\"chips\":[{\"label\":\"c\",\"lines\":1}],"      \
    "\"confidence\":\"hearsay\",\"source\":\"s\"},\"serial\":[],\"groups\":[],\"boot\":[]}"

static void a_board_of_ones_own_is_taken(void **state)
{
    struct bench *bench = *state;
    struct config *config =
        load_board(bench, BOARD("\"outputs\":[{\"name\":\"DP-*\"}],\"formats\":[\"rgb565\"],"));
    assert_string_equal(bench->said, "");
    assert_non_null(profile_output(&config->board_profile, "DP-12"));
    assert_null(profile_output(&config->board_profile, "DPI-1"));
    assert_int_equal(config->board_profile.formats, 1 << PIXEL_RGB565);
    assert_int_equal(config->board_profile.output[0].max.width, 0);
    config_destroy(config);
}

static void a_board_profile_with_errors_is_named(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "{", "DIR/mine.json: line 1, column 2: " },
        { "7", "DIR/mine.json: 7 is not an object" },
        { BOARD("\"outputs\":[],\"formats\":[\"argb\"],"),
          "DIR/mine.json: screens.outputs: an array is not a list of 1 to 8 items\n"
          "DIR/mine.json: screens.formats[0]: \"argb\" is not one of xrgb8888, rgb565" },
        { BOARD("\"outputs\":[{\"name\":\"DP-1\",\"max\":\"4K\"}],\"formats\":[\"rgb565\"],"),
          "DIR/mine.json: screens.outputs[0].max: \"4K\" is no size in pixels with whole hertz; " },
        { BOARD("\"outputs\":[{\"nam\":\"DP-1\"}],\"formats\":[\"rgb565\"],"),
          "DIR/mine.json: screens.outputs[0]: unknown key \"nam\"; did you mean \"name\"?\n"
          "DIR/mine.json: screens.outputs[0].name: is missing" },
        { "{\"name\":\"yours\"}", "DIR/mine.json: title: is missing\n" },
    };
    struct bench *bench = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(load_board(bench, rows[i].text));
        if (strncmp(bench->said, rows[i].said, strlen(rows[i].said)) != 0)
            fail_msg("row %u: %s", i, bench->said);
    }
    assert_non_null(strstr(bench->said, "DIR/mine.json: name: \"yours\" is not the name of the file"));
}

static void a_catalogue_with_errors_is_named(void **state)
{
    struct bench *bench = *state;
    char catalogue[96];
    const struct config_paths paths = { .phrases = bench->folder };
    config_destroy(load(bench, good, strlen(good)));
    snprintf(catalogue, sizeof catalogue, "%s/kk.json", bench->folder);
    FILE *file = fopen(catalogue, "w");
    assert_non_null(file);
    fputs("{\"windo\":\"Терезе\",\"direction\":\"up\",\"months\":[\"a\"],"
          "\"weekdays\":[\"a\",2,\"c\",\"d\",\"e\",\"f\",\"g\"],\"date\":\"{day}.{month}\"}",
          file);
    fclose(file);
    bench->said[0] = '\0';
    bench->report = (struct json_report){ .line = hear, .data = bench };
    assert_null(config_load(bench->file, &paths, &bench->report));
    assert_non_null(strstr(bench->said, "languages[1]: \"ru\" has no phrases; there are hall, kk in DIR"));
    assert_non_null(strstr(bench->said, "\nDIR/kk.json: unknown key \"windo\"; did you mean \"window\"?"));
    assert_non_null(strstr(bench->said, "\nDIR/kk.json: window: is missing"));
    assert_non_null(strstr(bench->said, "\nDIR/kk.json: direction: \"up\" is not one of ltr, rtl"));
    assert_non_null(strstr(bench->said, "\nDIR/kk.json: months: has 1 items; it must have 12"));
    assert_non_null(strstr(bench->said, "\nDIR/kk.json: weekdays[1]: 2 is no word of at most 31 bytes"));
    assert_non_null(strstr(bench->said, "\nDIR/kk.json: date: \"{day}.{month}\" has no {year}; write it like "
                                        "\"{weekday}, {day} {month} {year}\""));
    unlink(catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_board_of_ones_own_is_taken),
        TEST(a_board_profile_with_errors_is_named),
        TEST(one_error_gets_one_line),
        TEST(all_errors_of_a_file_are_told_at_once),
        TEST(a_language_without_phrases_names_those_that_exist),
        TEST(a_text_that_is_no_hall_file_is_refused),
        TEST(a_catalogue_with_errors_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
