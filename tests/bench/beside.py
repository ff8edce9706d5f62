#!/usr/bin/python3
"""Our figures beside those of a kiosk page in Chromium (kiosk.py), on this machine in this run: the same picture, the same calls, a
mosquitto each on the loopback interface. One line a figure: ours, Chromium's, and how many times ours it is. What cannot be measured
is a line that says why; the rest is measured all the same, and the status is then 1.

"Picture complete" is the commit of ours, and what Chromium calls presented: its headless output has no vblank to wait for.
"Presented" has the wait for the vblank of 60 Hz in ours only; so has the lag after a flood. One call of twenty comes while the end of
a panel's dwell waits for its vblank, and is painted after it: that is our p99 of "complete", and costs no vblank. Memory is without
two frame buffers for both, although a headless Chromium may not have them. mosquitto counts for neither.
"""
import concurrent.futures
import mmap
import os
import shutil
import statistics
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from measure import (attempt, child_of, cpu_s, failures, one_screen, percentile, probe, pss_besides, pss_kib, screen_path, share,
                     switches)
from harness import BUILD, RAM, Hall, wait_for
from kiosk import Kiosk, WebSocketBroker, missing

CALLS = {"1920x1080": 150, "3840x2160": 80}
STARTS, GAP_MS, IDLE_S, FLOOD_RATE, FLOOD_S = 3, 300, 20, 10000, 3


def line(size, what, unit, values):
    """Of those who could be measured, by name."""
    text = f"{size:10s} {what:46s}" + "".join(f"   {name} {value:9.2f} {unit}" for name, value in values.items())
    if len(values) == 2 and values["kezek"] > 0.005:
        text += f"   {values['chromium'] / values['kezek']:8.1f} x"
    print(text, flush=True)


def wall(size):
    """One screen with the pace of the page: four panels are new at once, and none turns dark where the flood ends."""
    def edit(file):
        one_screen(size)(file)
        file["calls"] = {"dwell_ms": 1100, "highlight": "steady"}
        file["notices"] = file["notices"][:1]
        file["buses"], file["chimes"] = [], []
        for desk in file["desks"]:
            desk.pop("led", None)
    return edit


def first_picture_ms(size):
    """From exec to the commit of the first picture; there is no broker."""
    def edit(file):
        wall(size)(file)
        file["broker"]["urls"] = ["mqtt://127.0.0.1:1"]
    start = mmap.mmap(-1, 8)  # shared with the child, which stamps it on the brink of exec: forking Python is not ours

    def stamp():
        start[:] = struct.pack("q", time.monotonic_ns() // 1000)

    class Timed(Hall):
        def start_board(self):
            self.board = self.start("board", os.path.join(BUILD, "kezekd"), "-c", self.path, before_exec=stamp)
    hall = Timed(edit=edit)
    try:
        found = wait_for("first frame", lambda: (s := share(screen_path(hall))) and s[2] and s)
        return (found[3] - struct.unpack("q", start[:])[0]) / 1000
    finally:
        hall.close()


class Side:
    """One of both: self.size, self.starts_ms, and self.pids of all that counts."""

    def starts(self):
        return (statistics.median(self.starts_ms),)

    def used(self):
        return sum(map(cpu_s, self.pids)), sum(map(switches, self.pids))

    def idle(self):
        before = self.used()
        time.sleep(IDLE_S)
        cpu, wakeups = (b - a for a, b in zip(before, self.used()))
        return cpu / IDLE_S * 100, wakeups / IDLE_S

    def flood(self):
        before = self.used()[0]
        return self.lag_ms(), self.used()[0] - before


class Ours(Side):
    name = "kezek"

    def __init__(self, size):
        self.size = size
        self.starts_ms = [first_picture_ms(size) for _ in range(STARTS + 1)][1:]
        self.hall = Hall(edit=wall(size))
        self.id = self.hall.file["hall"]
        try:
            self.hall.connected()
            self.pids = [self.hall.board.pid, child_of(self.hall.board.pid)]
        except BaseException:
            self.close()
            raise

    def calls(self):
        took = probe(self.hall.broker, self.id, "calls", screen_path(self.hall), CALLS[self.size], GAP_MS)
        if took["got"] < CALLS[self.size]:
            raise AssertionError(f"{took['got']} of {CALLS[self.size]} calls came to a picture")
        return [took[end][key] for end in ("submitted", "presented") for key in ("median", "p99")]

    def memory_mib(self):
        board, link = self.pids
        return ((pss_besides(board, os.path.basename(screen_path(self.hall))) + pss_kib(link)) / 1024,)

    def lag_ms(self):
        return probe(self.hall.broker, self.id, "flood", screen_path(self.hall), FLOOD_RATE, FLOOD_S)["lag"]

    def close(self):
        self.hall.close()


class Chromium(Side):
    name = "chromium"

    def __init__(self, size, hall, folder, broker):
        self.size, self.hall, self.broker = size, hall, broker
        self.starts_ms = []
        for i in range(STARTS + 1):  # the first fills the profile and the caches
            self.kiosk = Kiosk(folder, broker, hall, size)
            self.starts_ms.append(self.kiosk.first_ms)
            if i < STARTS:
                self.kiosk.close()
        self.starts_ms = self.starts_ms[1:]
        self.pids = self.kiosk.pids

    def waited_ms(self, sent):
        """How long each picture came after its call, until that of the last call that was sent."""
        waited_ms = []
        while True:
            seen = self.kiosk.report("waited_ms", "when the picture of the last call was presented")
            waited_ms += seen["waited_ms"]
            if seen["last_us"] == sent["sent_us"]:
                return waited_ms

    def calls(self):
        waited_ms = self.waited_ms(probe(self.broker, self.hall, "calls", "-", CALLS[self.size], GAP_MS))
        return 2 * (statistics.median(waited_ms), percentile(waited_ms, 0.99))

    def memory_mib(self):
        width, height = map(int, self.size.split("x"))
        return (sum(map(pss_kib, self.pids)) / 1024 - 2 * width * height * 4 / (1 << 20),)

    def lag_ms(self):
        return self.waited_ms(probe(self.broker, self.hall, "flood", "-", FLOOD_RATE, FLOOD_S))[-1]

    def close(self):
        self.kiosk.close()


# Of both, one after the other or at once: a method, what it returns, and the unit.
FLOOD = f"{FLOOD_RATE} calls/s for {FLOOD_S} s"
FIGURES = (
    ("starts", False, (("exec -> first picture, median", "ms"),)),
    ("calls", False, (("published -> picture complete, median", "ms"), ("published -> picture complete, p99", "ms"),
                      ("published -> presented (ours at 60 Hz), median", "ms"), ("published -> presented (ours at 60 Hz), p99", "ms"))),
    ("memory_mib", False, (("memory of all processes (PSS)", "MiB"),)),
    ("idle", True, (("idle, clock of minutes: processor", "% "), ("idle, clock of minutes: wake-ups", "/s"))),  # neither feels the other
    ("flood", False, ((f"{FLOOD}: lag of the last picture", "ms"), (f"{FLOOD}: processor", "s "))),
)


def print_figures(size, both):
    for method, is_at_once, lines in FIGURES:
        with concurrent.futures.ThreadPoolExecutor(len(both) if is_at_once else 1) as pool:
            values = list(pool.map(lambda one: attempt(f"{size:10s} {lines[0][0]}: {one.name}", getattr(one, method)), both))
        for i, (what, unit) in enumerate(lines):
            line(size, what, unit, {one.name: value[i] for one, value in zip(both, values) if value})


def beside(size, folder, broker):
    """`broker` None: ours alone."""
    both = []
    try:
        both.append(attempt(f"{size:10s} kezek", Ours, size))
        if both[0] and broker:
            both.append(attempt(f"{size:10s} chromium", Chromium, size, both[0].id, folder, broker))
        both = list(filter(None, both))
        print_figures(size, both)
    finally:
        for one in both:
            attempt(f"{size:10s} {one.name}", one.close)


def main():
    reason = missing()
    if reason:
        print(f"beside Chromium: skipped, {reason}")
    folder = tempfile.mkdtemp(prefix="kezek-bench.", dir=RAM)
    broker = None if reason else attempt("chromium", WebSocketBroker, folder)
    try:
        for size in sys.argv[1:] or CALLS:
            beside(size, folder, broker)
    finally:
        if broker:
            broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


sys.exit(main())
