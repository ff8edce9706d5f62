#!/usr/bin/python3
"""soak.py [SECONDS]: twenty calls a second on real processes, ten minutes unless told otherwise. What each process has open and has
allocated at the end is what it had before them, after a minute of warming up; every call arrived, and has its receipt.
"""
import os
import sys
from concurrent.futures import ThreadPoolExecutor, wait

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
from measure import child_of, probe
from harness import Hall, Listener, wait_for

RATE = 20
# A thousand tickets: memory of fixed size is touched where it is used for the first time, and the 512 shaped lines that are kept
# are the largest of it (1.4 MiB).
WARM_RATE, WARM_S = 200, 60
# 21 bytes a call in ten minutes: the smallest block of the heap, 32 bytes, is noticed if one is lost with each call. Glyphs of
# sizes that only a calmer wall has, 100 to 180 KiB, come later than the warm-up.
GROWTH_KIB = 256


def used(pid):
    """(descriptors, threads, KiB of its own memory)"""
    with open(f"/proc/{pid}/status") as f:
        values = dict(line.split(":", 1) for line in f)
    return len(os.listdir(f"/proc/{pid}/fd")), int(values["Threads"]), int(values["RssAnon"].split()[0])


def flood(hall, receipts, rate, seconds):
    """The receipts are read meanwhile: a broker drops what a slow reader leaves."""
    with ThreadPoolExecutor(1) as pool:
        publisher = pool.submit(probe, hall.broker, hall.file["hall"], "flood", "-", rate, seconds, seconds=seconds + 60)
        while not publisher.done():
            receipts.poll()
            wait([publisher], timeout=0.2)
        publisher.result()


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    hall = Hall(with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    failed = 0
    try:
        hall.connected()
        hall.boards_answer()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        pids = {"board": hall.board.pid, "link": child_of(hall.board.pid)}
        flood(hall, receipts, WARM_RATE, WARM_S)
        wait_for("all calls of the warm-up", lambda: hall.status()["feed"]["events"] >= WARM_RATE * WARM_S)
        # A panel may wait for its turn: a receipt ends after 90 s at the latest.
        wait_for("all their receipts", lambda: len(receipts.poll()) >= WARM_RATE * WARM_S, 120)
        before = {name: used(pid) for name, pid in pids.items()}
        flood(hall, receipts, RATE, seconds)
        calls = WARM_RATE * WARM_S + RATE * seconds
        wait_for("all calls", lambda: hall.status()["feed"]["events"] >= calls)
        wait_for("all receipts", lambda: len(receipts.poll()) >= calls, 120)
        for name, pid in pids.items():
            now = used(pid)
            is_good = now[:2] == before[name][:2] and now[2] <= before[name][2] + GROWTH_KIB
            failed += not is_good
            print(f"{'ok' if is_good else 'GROWN'}: {name}: descriptors {before[name][0]} -> {now[0]}, threads {before[name][1]} -> {now[1]}, "
                  f"own memory {before[name][2]} -> {now[2]} KiB, after {RATE * seconds} calls in {seconds} s")
        exact = len(receipts.poll()) == calls and hall.status()["feed"]["events"] == calls
        failed += not exact
        print(f"{'ok' if exact else 'LOST'}: {calls} calls sent, {hall.status()['feed']['events']} heard, {len(receipts.poll())} receipts")
        receipts.close()
    finally:
        hall.close()
    print(f"{3 - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
