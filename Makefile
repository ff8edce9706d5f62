# Kezek: `make help` lists what can be made.
#
# Every .c in a folder of floors becomes part of one library; a program is a main file on top of it.
# B is the build folder, so that several kinds of build can lie side by side: `make B=build-asan SAN=address,undefined`.

B      ?= build
CC     ?= gcc
SAN    ?=
PREFIX ?= /usr/local
DATADIR ?= $(PREFIX)/share/kezek
LIBEXECDIR ?= $(PREFIX)/libexec/kezek
PKG_CONFIG ?= pkg-config

VERSION := 0.1.0

# ---- what is found on this machine ---------------------------------------------------------------------------------
PKGS  := libmosquitto libmodbus libgpiod alsa freetype2 harfbuzz fribidi libcjson libmicrohttpd libpng libdrm libseccomp sndfile
GPIOD := $(shell $(PKG_CONFIG) --atleast-version=2 libgpiod 2>/dev/null && echo v2 || echo v1)

CPPFLAGS += -I. -D_GNU_SOURCE -DKEZEK_VERSION='"$(VERSION)"' -DKEZEK_DATADIR='"$(DATADIR)"' -DKEZEK_LIBEXECDIR='"$(LIBEXECDIR)"' $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
override CFLAGS += -std=gnu17 $(WARN) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
LDLIBS   += $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm -lpthread
LDFLAGS  += -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN))

# ---- sources -------------------------------------------------------------------------------------------------------
OTHER_GPIOD := drivers/chime/gpio_line_$(if $(filter v2,$(GPIOD)),v1,v2).c
LIB_SRC  := $(filter-out %_main.c $(OTHER_GPIOD),$(wildcard protocol/*.c fonts/*.c drivers/*.c drivers/*/*.c board/*.c board/*/*.c))
SIM_SRC  := $(filter-out %_main.c,$(wildcard sim/*.c))
LIB      := $(B)/libkezek.a
SIM_LIB  := $(B)/libsim.a
PROGRAMS := $(patsubst %_main.c,$(B)/%,$(notdir $(wildcard board/*_main.c sim/*_main.c)))
UNIT_SRC := $(wildcard $(patsubst %,tests/%/test_*.c,unit contract golden scenario integration))
UNITS    := $(UNIT_SRC:%.c=$(B)/%)
BENCHES  := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/bench_*.c tests/bench/probe.c tests/bench/source.c tests/bench/counter.c))
MANS     := $(patsubst %.scd,$(B)/%,$(wildcard board/man/*.scd))

.PHONY: all
all: $(PROGRAMS) $(MANS)

.PHONY: help
help:
	@echo "make            build the programs and man pages into $(B)/"
	@echo "make demo       install what is missing, build, and start a hall on this machine: broker, board, virtual hall, page"
	@echo "make test       install what is missing, build and run all tests (make test GROUPS='units checks' for some)"
	@echo "make test-long  what takes minutes: 100,000 fault schedules of the feed, each rule taken out, 200 kills, an hour and ten minutes at 20 calls a second"
	@echo "make fuzz       each fuzzer for three minutes (SECONDS=3600 FUZZERS=control for one of them, and longer)"
	@echo "make test-hil   the same hall on an emulated arm64 board with KMS screens, a USB adapter and a GPIO line"
	@echo "make bench      figures: paint, latencies, flood, memory, start; beside memcpy, Cairo and a kiosk page in Chromium"
	@echo "make voices     a voice pack for each language by espeak-ng, into $(B)/voices; make install takes it along"
	@echo "make install    into PREFIX=$(PREFIX) (DESTDIR is honoured)"
	@echo "make clean"
	@echo "INSTALL=no makes demo and test name missing packages instead of installing them."

vpath %_main.c board sim
$(PROGRAMS): $(B)/%: $(B)/obj/%_main.o $(SIM_LIB) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/obj/%_main.o: %_main.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
# What these embed (board/console/embed.h) is not in their dependency files.
$(B)/obj/board/console/console.o: $(wildcard board/console/page.*)
$(B)/obj/sim/page.o: $(wildcard sim/page.*)
$(LIB): $(LIB_SRC:%.c=$(B)/obj/%.o)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
$(SIM_LIB): $(SIM_SRC:%.c=$(B)/obj/%.o)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
$(B)/board/man/%: board/man/%.scd
	@mkdir -p $(@D)
	scdoc < $< > $@

# ---- tests ---------------------------------------------------------------------------------------------------------
# A file beside the test named test_x.ld adds linker flags (link-time doubles: -Wl,--wrap=...).
$(UNITS): $(B)/%: %.c $(SIM_LIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(filter %.o,$^) $(SIM_LIB) $(LIB) $(shell cat $*.ld 2>/dev/null) -lcmocka $(LDLIBS)

# What stands on GPIO is tested over both generations of libgpiod on every machine. Their headers cannot be installed
# together, so each is a double; its objects come before the library, whose own gpio_line is then left out by the linker.
define GPIO_TEST_RULES
$(B)/obj/gpiod_$1/%.o: %.c
	@mkdir -p $$(@D)
	$$(CC) -Itests/doubles/gpiod_$1 $$(CPPFLAGS) $$(CFLAGS) -MMD -MP -c -o $$@ $$<
$(patsubst %.c,$(B)/%,$(wildcard tests/*/test_*_$1.c)): $(patsubst %.c,$(B)/obj/gpiod_$1/%.o, \
	drivers/chime/gpio_line_$1.c tests/doubles/gpiod_$1/gpiod.c tests/doubles/gpio_model.c)
endef
$(foreach v,v1 v2,$(eval $(call GPIO_TEST_RULES,$v)))
# What stands on graphics cards is tested over a double of libdrm, whose objects come first as well.
DRM_DOUBLE := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/doubles/drm/*.c))
$(addprefix $(B)/tests/,contract/test_screen unit/test_kms unit/test_kms_cards unit/test_kms_field unit/test_wall_kms): $(DRM_DOUBLE)
$(addprefix $(B)/tests/unit/,test_hotplug test_hang test_stop): $(filter-out %/outputs_double.o,$(DRM_DOUBLE))
# It starts the program that is beside it.
$(B)/tests/unit/test_voices: $(B)/kezek-voice
# The hall around a board under a virtual clock.
$(B)/tests/scenario/test_scenarios: $(patsubst %.c,$(B)/obj/%.o,$(filter-out %/test_scenarios.c,$(wildcard tests/scenario/*.c)))
$(BENCHES): $(B)/%: %.c $(SIM_LIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(SIM_LIB) $(LIB) $(LDLIBS)
# The peer to compare with; nothing else needs Cairo and Pango.
$(B)/tests/bench/bench_cairo: CPPFLAGS += $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags pangocairo))
$(B)/tests/bench/bench_cairo: LDLIBS += $(shell $(PKG_CONFIG) --libs pangocairo)
$(B)/tests/bench/bench_link: LDLIBS += -lcmocka

.PHONY: bench benches-build
benches-build: $(filter-out %/bench_cairo,$(BENCHES)) # what `make test` builds, so that `make bench` does
bench:
	@tests/needs build bench
	@$(MAKE) --no-print-directory -s -j2 all $(BENCHES)
	@status=0; for b in $(filter-out %/probe %/source %/counter,$(BENCHES)) tests/bench/hall.py tests/bench/beside.py; do "$$b" || status=1; done; exit $$status

# What integration tests drive.
$(addprefix $(B)/tests/integration/,led_drive led_relay): $(B)/%: %.c $(SIM_LIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(SIM_LIB) $(LIB) $(LDLIBS)

# What runs inside the emulated board.
$(B)/tests/hil/%: tests/hil/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

# With clang and SAN=fuzzer-no-link,… libFuzzer drives them; otherwise they replay the files they are given.
$(B)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(if $(findstring fuzzer,$(SAN)),,tests/fuzz/replay.c) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(if $(findstring fuzzer,$(SAN)),-fsanitize=fuzzer) -o $@ $^ $(LDLIBS)

.PHONY: flags # for tools that read the sources
flags:
	$(info $(CPPFLAGS) $(CFLAGS))@:

.PHONY: units units-build
units-build: $(UNITS)
units: $(UNITS)
	@for t in $(UNITS); do echo "$$t"; "$$t" || exit 1; done

GROUPS ?=
# All golden pictures of walls on one sheet, for tests/golden/README.md.
$(B)/tests/golden/sheet: tests/golden/sheet.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)
.PHONY: golden-sheet
golden-sheet: $(B)/tests/golden/sheet
	$< tests/golden/sheet/sheet.png 6 240 $$(ls tests/golden/*.png | grep -v -e /test- -e portrait) $$(ls tests/golden/*portrait*.png | grep -v /test-)

.PHONY: test
test:
	@tests/needs build test
	@tests/run $(GROUPS)

# What takes minutes: the random tests at length, and the same tests again with each rule taken out.
.PHONY: test-long
test-long: all $(addprefix $(B)/tests/unit/,test_feed_random test_announce_random test_chime_random) $(B)/tests/scenario/test_scenarios $(B)/tests/bench/probe
	KEZEK_SCHEDULES=100000 $(B)/tests/unit/test_feed_random
	KEZEK_SCHEDULES=2000 $(B)/tests/unit/test_announce_random
	KEZEK_SCHEDULES=2000 $(B)/tests/unit/test_chime_random
	tests/mutate
	SOAK_MINUTES=60 $(B)/tests/scenario/test_scenarios
	tests/long/soak.py
	KEZEK_KILLS=200 tests/integration/kills.py

SECONDS ?= 180
.PHONY: fuzz # each fuzzer for SECONDS
fuzz:
	KEZEK_FUZZ_SECONDS=$(SECONDS) tests/checks/fuzz $(FUZZERS)

.PHONY: test-hil
test-hil:
	@tests/hil/run

# ---- trying it -----------------------------------------------------------------------------------------------------
.PHONY: demo
demo:
	@tests/needs demo
	@$(MAKE) --no-print-directory -s -j2 all
	@sim/demo

# ---- installing ----------------------------------------------------------------------------------------------------
.PHONY: install
install: all
	install -Dm755 -t $(DESTDIR)$(PREFIX)/sbin $(B)/kezekd
	install -Dm755 -t $(DESTDIR)$(PREFIX)/bin $(B)/kezekctl $(B)/kezek-sim
	install -Dm755 -t $(DESTDIR)$(LIBEXECDIR) $(B)/kezek-link $(B)/kezek-console $(B)/kezek-voice
	install -Dm644 -t $(DESTDIR)$(DATADIR)/phrases board/phrases/*.json
	install -Dm644 -t $(DESTDIR)$(DATADIR)/themes board/themes/*.json
	install -Dm644 -t $(DESTDIR)$(DATADIR)/voices board/voices/*.json
	install -Dm644 -t $(DESTDIR)$(DATADIR)/layouts board/layouts/*.json board/layouts/README.md
	install -Dm644 -t $(DESTDIR)$(DATADIR)/profiles drivers/led/profiles/*.json drivers/led/profiles/README.md
	install -Dm644 -t $(DESTDIR)$(DATADIR)/boards board/profiles/*.json
	install -Dm644 -t $(DESTDIR)$(DATADIR)/halls board/halls/*.json board/hall.schema.json
	install -Dm644 -t $(DESTDIR)$(DATADIR)/voices board/speech/voice.schema.json
	install -Dm644 -t $(DESTDIR)$(DATADIR)/mosquitto board/mosquitto/kezek.conf board/mosquitto/kezek.acl
	install -Dm755 -t $(DESTDIR)$(DATADIR)/mosquitto board/mosquitto/certificates
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system board/systemd/kezekd.service
	for pack in $(wildcard $(B)/voices/*/voice.json); do install -Dm644 -t $(DESTDIR)$(DATADIR)/voices/$$(basename $$(dirname $$pack)) $$(dirname $$pack)/* || exit 1; done
	sed -i "s|=/usr/local/|=$(PREFIX)/|" $(DESTDIR)$(PREFIX)/lib/systemd/system/kezekd.service
	install -Dm644 board/systemd/kezek.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/kezek.conf
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/udev/rules.d board/systemd/60-kezek-gpio.rules board/systemd/60-kezek-pwm.rules
	for man in $(MANS); do install -Dm644 $$man $(DESTDIR)$(PREFIX)/share/man/man$${man##*.}/$${man##*/} || exit 1; done

# ---- voices --------------------------------------------------------------------------------------------------------
# A pack for each language by espeak-ng, where the board looks for those it is installed with.
.PHONY: voices
voices: $(B)/kezek-voice
	@mkdir -p $(B)/voices
	@for grammar in $(filter-out %/schema.json,$(wildcard board/voices/*.json)); do \
		lang=$$(basename $$grammar .json); $(B)/kezek-voice --build $$grammar $(B)/voices/$$lang || exit 1; done

.PHONY: clean
clean:
	rm -rf $(B)

-include $(shell find $(B)/obj $(B)/tests -name '*.d' 2>/dev/null)
