#!/usr/bin/python3
"""Our figures beside those of a kiosk page in Chromium (kiosk.py), on this machine in this run: the same picture, the same calls, a
mosquitto each on the loopback interface. One line a figure: ours, Chromium's, and how many times ours it is.

"Picture complete" is the commit of ours, and what Chromium calls presented: its headless output has no vblank to wait for.
"Presented" has the wait for the vblank of 60 Hz in ours only; so has the lag after a flood. One call of twenty comes while the end of
a panel's dwell waits for its vblank, and is painted after it: that is our p99 of "complete", and costs no vblank. Memory is without two frame buffers for both, although a headless
Chromium may not have them. mosquitto counts for neither.
"""
import math
import mmap
import os
import queue
import shutil
import statistics
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from measure import child_of, cpu_s, one_screen, percentile, probe, pss_besides, pss_kib, screen_path, share, switches
from harness import BUILD, RAM, Hall, wait_for
from kiosk import Kiosk, WebSocketBroker, missing

CALLS = {"1920x1080": 150, "3840x2160": 80}
STARTS, GAP_MS, IDLE_S, FLOOD_RATE, FLOOD_S = 3, 300, 20, 10000, 3


def line(size, what, unit, ours, other=None):
    text = f"{size:10s} {what:46s} kezek {ours:8.2f} {unit}"
    if other is not None:
        text += f"   chromium {other:9.2f} {unit}" + (f"   {other / ours:8.1f} x" if ours > 0.005 else "")
    print(text, flush=True)


def wall(size):
    """One screen with the pace of the page: four panels are new at once, and none turns dark where the flood ends."""
    def edit(file):
        one_screen(size)(file)
        file["calls"] = {"dwell_ms": 1100}
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


class Ours:
    def __init__(self, size):
        self.size = size
        self.starts_ms = [first_picture_ms(size) for _ in range(STARTS + 1)][1:]
        self.hall = Hall(edit=wall(size))
        self.hall.connected()
        self.pids = [self.hall.board.pid, child_of(self.hall.board.pid)]

    def calls(self):
        took = probe(self.hall.broker, self.hall.file["hall"], "calls", screen_path(self.hall), CALLS[self.size], GAP_MS)
        return took["submitted"], took["presented"]

    def memory_mib(self):
        board, link = self.pids
        return (pss_besides(board, os.path.basename(screen_path(self.hall))) + pss_kib(link)) / 1024

    def flood(self):
        return probe(self.hall.broker, self.hall.file["hall"], "flood", screen_path(self.hall), FLOOD_RATE, FLOOD_S)["lag"]

    def close(self):
        self.hall.close()


class Chromium:
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

    def calls(self):
        probe(self.broker, self.hall, "calls", "-", CALLS[self.size], GAP_MS)
        waited = self.kiosk.server.report("waited_ms")["waited_ms"]
        return {"median": statistics.median(waited), "p99": percentile(waited, 0.99), "max": max(waited)}

    def memory_mib(self):
        width, height = map(int, self.size.split("x"))
        return sum(map(pss_kib, self.pids)) / 1024 - 2 * width * height * 4 / (1 << 20)

    def flood(self):
        """Milliseconds from the last call to its picture; infinite: it was lost, or took longer than a minute."""
        sent = probe(self.broker, self.hall, "flood", "-", FLOOD_RATE, FLOOD_S)
        try:
            seen = self.kiosk.server.report("waited_ms")
            while seen["last_us"] != sent["sent_us"]:
                seen = self.kiosk.server.report("waited_ms")
        except queue.Empty:
            return math.inf
        return seen["waited_ms"][-1]

    def close(self):
        self.kiosk.close()


def print_starts(both):
    line(both[0].size, "exec -> first picture, median", "ms", *(statistics.median(one.starts_ms) for one in both))


def print_calls(both):
    size = both[0].size
    submitted, presented = both[0].calls()
    others = [one.calls() for one in both[1:]]
    for key in ("median", "p99"):
        line(size, f"published -> picture complete, {key}", "ms", submitted[key], *(other[key] for other in others))
    for key in ("median", "p99"):
        line(size, f"published -> presented (ours at 60 Hz), {key}", "ms", presented[key], *(other[key] for other in others))


def print_memory(both):
    line(both[0].size, "memory of all processes (PSS)", "MiB", *(one.memory_mib() for one in both))


def used_by(one):
    return sum(map(cpu_s, one.pids)), sum(map(switches, one.pids))


def print_idle(both):
    """All at once: they do not feel each other."""
    before = [used_by(one) for one in both]
    time.sleep(IDLE_S)
    used = [((a[0] - b[0]) / IDLE_S * 100, (a[1] - b[1]) / IDLE_S) for a, b in zip(map(used_by, both), before)]
    line(both[0].size, "idle, clock of minutes: processor", "% ", *(u[0] for u in used))
    line(both[0].size, "idle, clock of minutes: wake-ups", "/s", *(u[1] for u in used))


def print_flood(both):
    what = f"{FLOOD_RATE} calls/s for {FLOOD_S} s"
    before = [used_by(one)[0] for one in both]
    line(both[0].size, f"{what}: lag of the last picture", "ms", *(one.flood() for one in both))
    line(both[0].size, f"{what}: processor", "s ", *(used_by(one)[0] - b for one, b in zip(both, before)))


def main():
    reason = missing()
    if reason:
        print(f"beside Chromium: skipped, {reason}")
    folder = tempfile.mkdtemp(prefix="kezek-bench.", dir=RAM)
    broker = None if reason else WebSocketBroker(folder)
    for size in sys.argv[1:] or CALLS:
        both = []
        try:
            both.append(Ours(size))
            if not reason:
                both.append(Chromium(size, both[0].hall.file["hall"], folder, broker))
            for figure in (print_starts, print_calls, print_memory, print_idle, print_flood):
                figure(both)
        finally:
            for one in both:
                one.close()
    if broker:
        broker.stop()
    shutil.rmtree(folder, ignore_errors=True)


main()
