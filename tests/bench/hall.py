#!/usr/bin/python3
"""Figures of the whole path, on real processes: broker, link, board, LED boards on ptys, chime. One line a figure.

Times are of this machine and its load: read medians, p99 and ratios. Counts are exact.
"""
import mmap
import os
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from harness import BUILD, Hall, Listener, wait_for  # noqa: E402

PROBE = os.path.join(BUILD, "tests/bench/probe")
SHARE = struct.Struct("<IIHHIIIIIQqQq")  # struct screen_share of drivers/screen/screen.h


def share(path):
    """(frame, flip_us, queued, commit_us) of a memory screen's file, None before it is there."""
    try:
        with open(path, "rb") as f, mmap.mmap(f.fileno(), SHARE.size, prot=mmap.PROT_READ) as m:
            return SHARE.unpack(m[:SHARE.size])[9:]
    except (FileNotFoundError, ValueError):
        return None


def one_screen(size):
    def edit(file):
        file["screens"] = file["screens"][:1]
        file["screens"][0]["size"] = size
    return edit


def screen_path(hall):
    return os.path.join(hall.folder, hall.file["screens"][0]["path"])


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))


def pss_besides(pid, needle):
    """PSS in KiB of the mappings whose name does not contain needle (the frame buffers)."""
    total = 0
    name = ""
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            if "-" in line.split(" ", 1)[0] and not line.startswith("VmFlags"):
                name = line.split(None, 5)[5].strip() if len(line.split(None, 5)) > 5 else ""
            elif line.startswith("Pss:") and needle not in name:
                total += int(line.split()[1])
    return total


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return int(f.read().split()[0])


def start_to_first_picture():
    for size in ("1920x1080", "3840x2160"):
        took = []
        for _ in range(9):
            def edit(file, size=size):
                one_screen(size)(file)
                file["broker"]["urls"] = ["mqtt://127.0.0.1:1"]
            start = mmap.mmap(-1, 8)  # shared with the child, which stamps it on the brink of exec: forking Python is not ours

            def stamp(start=start):
                start[:] = struct.pack("q", time.monotonic_ns() // 1000)

            class Timed(Hall):
                def start_board(self):
                    self.board = self.start("board", os.path.join(BUILD, "kezekd"), "-c", self.path,
                                            before_exec=stamp)
            hall = Timed(edit=edit)
            try:
                found = wait_for("first frame", lambda: (s := share(screen_path(hall))) and s[2] and s)
                took.append((found[3] - struct.unpack("q", start[:])[0]) / 1000)
            finally:
                hall.close()
        print(f"exec -> first picture submitted {size:10s} median {statistics.median(took):.1f} ms   "
              f"min {min(took):.1f} ms   max {max(took):.1f} ms   (9 starts, broker absent)", flush=True)


def published_to_frame(calls=1000):
    for size in ("1920x1080", "3840x2160"):
        hall = Hall(edit=one_screen(size))
        try:
            hall.connected()
            out = subprocess.run([PROBE, str(hall.broker.port), hall.file["hall"], "calls", screen_path(hall), str(calls), "40"],
                                 capture_output=True, text=True, check=True, timeout=300)
            print(f"{size}: {out.stdout.strip()}", flush=True)
        finally:
            hall.close()


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))]


def call_to_led(rate=6, seconds=67):
    """From the arrival of the call on the board to the last byte of the LED request, as the receipts say. As fast as the
    panels of a wall can follow, so that no receipt ends early."""
    def edit(file):
        one_screen("1920x1080")(file)
        file["chimes"] = []
        file["calls"] = {"dwell_ms": 1000}
    hall = Hall(edit=edit, with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        hall.connected()
        hall.boards_answer()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        subprocess.run([PROBE, str(hall.broker.port), hall.file["hall"], "flood", str(rate), str(seconds)],
                       capture_output=True, check=True, timeout=seconds * 2 + 60)
        wait_for("all receipts", lambda: len(receipts.poll()) >= rate * seconds, 30)
        led = [o["latency_ms"] for _, r in receipts.poll() for o in r["outlets"]
               if o["outlet"].startswith("led/") and o["result"] in ("acked", "verified", "lit")]
        print(f"call -> last byte of the LED request written   median {statistics.median(led):.2f} ms   "
              f"p99 {percentile(led, 0.99):.2f} ms   ({len(led)} of {rate * seconds} calls)", flush=True)
        receipts.close()
    finally:
        hall.close()


def call_to_first_edge(calls=20):
    hall = Hall()
    try:
        hall.connected()
        trace = os.path.join(hall.folder, hall.file["chimes"][0]["file"])
        took = []
        for i in range(calls):
            size = os.path.getsize(trace)
            start = time.monotonic_ns()
            hall.ask({"cmd": "event", "type": "call", "desk": str(i % 12 + 1), "ticket": f"А{i:03}"})

            def first_edge():
                with open(trace) as f:
                    f.seek(size)
                    lines = [line for line in f if line.strip() and not line.startswith("#")]
                return int(lines[0].split()[0]) if lines else None
            took.append((wait_for("edge", first_edge) - start) / 1e6)
            wait_for("gate is open", lambda: time.monotonic_ns() - start > 4.2e9)
        print(f"call at the control socket -> first edge of the chime   median {statistics.median(took):.2f} ms   "
              f"max {max(took):.2f} ms   ({calls} calls)", flush=True)
    finally:
        hall.close()


def flood(rate=10000, seconds=10):
    hall = Hall(with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        hall.connected()
        link = child_of(hall.board.pid)
        hall.call("1", "А001")
        wait_for("shown", lambda: hall.status()["screens"][0]["frames"] > 1)
        # Warm: every glyph and line of the tickets to come is in the caches, every page of the buffers was touched.
        subprocess.run([PROBE, str(hall.broker.port), hall.file["hall"], "flood", str(rate), "2"], capture_output=True,
                       check=True, timeout=60)
        before = {n: (pss_kib(p), cpu_s(p)) for n, p in (("board", hall.board.pid), ("link", link))}
        frames, warm = hall.status()["screens"][0]["frames"], hall.status()["feed"]["events"]
        out = subprocess.run([PROBE, str(hall.broker.port), hall.file["hall"], "flood", str(rate), str(seconds)],
                             capture_output=True, text=True, check=True, timeout=seconds * 10 + 60).stdout
        last = dict(pair.split("=") for pair in out.split("last:")[1].split())

        def is_right():
            return all(d["ticket"] == last[d["desk"]] for d in hall.status()["desks"])
        wait_for("the newest tickets", is_right, 20)
        wait_for("LED boards show the newest", lambda: all(hall.unit(d)["shown"].strip() == t for d, t in last.items()), 20)
        status = hall.status()
        sent = float(out.split(" sent in ")[1].split(" s")[0])
        shown = status["screens"][0]["frames"] - frames
        print(f"flood {rate}/s: {out.split(';')[0]}; all {status['feed']['events'] - warm} arrived, right in the end on walls and LED boards; "
              f"{shown / (sent + 1):.0f} frames/s", flush=True)
        for name, pid in (("board", hall.board.pid), ("link", link)):
            print(f"flood {rate}/s: {name}: memory {before[name][0]} -> {pss_kib(pid)} KiB PSS, "
                  f"cpu {(cpu_s(pid) - before[name][1]) / sent * 100:.1f} % of a core", flush=True)
    finally:
        hall.close()


def memory():
    for size in ("1920x1080", "3840x2160"):
        hall = Hall(edit=one_screen(size))
        try:
            hall.connected()
            for i in range(30):
                hall.call(str(i % 12 + 1), f"А{i:03}")
            wait_for("calls", lambda: hall.status()["feed"]["events"] >= 30)
            name = os.path.basename(screen_path(hall))
            print(f"memory besides the frame buffers, {size}: board {pss_besides(hall.board.pid, name) / 1024:.1f} MiB PSS, "
                  f"link {pss_kib(child_of(hall.board.pid)) / 1024:.1f} MiB PSS", flush=True)
        finally:
            hall.close()


def switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches"))
    return total


def idle(seconds=65):
    """No server, no calls: the clock ticks once a minute, notices turn; LED workers re-assert every 30 s."""
    def calm(file):
        one_screen("1920x1080")(file)
        file["notices"] = file["notices"][:1]
        file["buses"], file["chimes"] = [], []
        for desk in file["desks"]:
            desk.pop("led", None)
    hall = Hall(edit=calm)
    try:
        hall.connected()
        link = child_of(hall.board.pid)
        hall.call("1", "А001")  # so that the board knows the basic profile, and asks for a server seldom
        time.sleep(12)  # the panel is dark, the health message is out
        before = switches(hall.board.pid), switches(link)
        time.sleep(seconds)
        after = switches(hall.board.pid), switches(link)
        print(f"idle wake-ups, minutes clock, no server: board {(after[0] - before[0]) / seconds:.2f}/s, "
              f"link {(after[1] - before[1]) / seconds:.2f}/s   ({seconds} s)", flush=True)
    finally:
        hall.close()


ALL = [start_to_first_picture, published_to_frame, call_to_led, call_to_first_edge, flood, memory, idle]
for figure in ALL:
    if len(sys.argv) == 1 or figure.__name__ in sys.argv[1:]:
        figure()
