#!/usr/bin/python3
"""Figures of LED boards, chime and a flood, on real processes: broker, link, board, LED boards on ptys. One line a figure; what cannot be
measured is a line that says why, and the status is then 1. Of screens, beside a kiosk page: beside.py.

Times are of this machine and its load: read medians, p99 and ratios. Counts are exact.
"""
import os
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from measure import Source, attempt, cpu_s, child_of, failures, one_screen, percentile, probe, pss_kib
from harness import BUILD, Hall, Listener, die_with_parent, free_port, wait_for


def call_to_led(rate=6, seconds=20):
    """From the arrival of the call on the board to the last byte of the LED request, as the receipts say. As fast as the
    panels of a wall can follow, so that no receipt ends early."""
    def edit(file):
        one_screen("1920x1080")(file)
        file["chimes"] = []
        file["calls"] = {"dwell_ms": 1000, "highlight": "steady"}
    hall = Hall(edit=edit, with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        hall.connected()
        hall.boards_answer()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        probe(hall.broker, hall.file["hall"], "flood", "-", rate, seconds)
        wait_for("all receipts", lambda: len(receipts.poll()) >= rate * seconds, 30)
        led = [o["latency_ms"] for _, r in receipts.poll() for o in r["outlets"]
               if o["outlet"].startswith("led/") and o["result"] in ("acked", "verified", "lit")]
        print(f"call -> last byte of the LED request written   median {statistics.median(led):.2f} ms   "
              f"p99 {percentile(led, 0.99):.2f} ms   ({len(led)} of {rate * seconds} calls)", flush=True)
        receipts.close()
    finally:
        hall.close()


def call_to_first_edge(calls=4):
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


def flood(rate=10000, seconds=5):
    hall = Hall(with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        hall.connected()
        link = child_of(hall.board.pid)
        hall.call("1", "А001")
        wait_for("shown", lambda: hall.status()["screens"][0]["frames"] > 1)
        # Warm: every glyph and line of the tickets to come is in the caches, every page of the buffers was touched.
        probe(hall.broker, hall.file["hall"], "flood", "-", rate, 1)
        before = {n: (pss_kib(p), cpu_s(p)) for n, p in (("board", hall.board.pid), ("link", link))}
        frames, warm = hall.status()["screens"][0]["frames"], hall.status()["feed"]["events"]
        out = probe(hall.broker, hall.file["hall"], "flood", "-", rate, seconds)
        last = out["last"]

        def is_right():
            return all(d["ticket"] == last[d["desk"]] for d in hall.status()["desks"])
        wait_for("the newest tickets", is_right, 20)
        wait_for("LED boards show the newest", lambda: all(hall.unit(d)["shown"].strip() == t for d, t in last.items()), 20)
        status = hall.status()
        sent = out["seconds"]
        shown = status["screens"][0]["frames"] - frames
        print(f"flood {rate}/s: {out['sent']} sent in {sent:.1f} s; all {status['feed']['events'] - warm} arrived, right in the end on walls and LED boards; "
              f"{shown} frames", flush=True)
        for name, pid in (("board", hall.board.pid), ("link", link)):
            print(f"flood {rate}/s: {name}: memory {before[name][0]} -> {pss_kib(pid)} KiB PSS, "
                  f"cpu {(cpu_s(pid) - before[name][1]) / sent * 100:.1f} % of a core", flush=True)
    finally:
        hall.close()


def alone(rates=(10000, 50000), seconds=10):
    """What link and board use by themselves, with a source that never is the bottleneck: the processor of a small machine does not
    hold a real broker and a publisher at these rates as well."""
    port = free_port()
    sources = []

    def edit(file):
        one_screen("1920x1080")(file)
        file["broker"]["urls"] = [f"mqtt://127.0.0.1:{port}"]
        sources.append(Source(port, file["hall"], len(file["desks"])))
    hall = Hall(edit=edit, with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    source = sources[0]
    try:
        source.line()
        hall.connected()
        pids = {"board": hall.board.pid, "link": child_of(hall.board.pid)}
        source.flood("calls", 1000, 2, 0)  # warm
        for kind, qos in (("calls", 0), ("calls", 1), ("desks", 0), ("bad", 0)):
            for rate in rates:
                flood_alone(hall, source, pids, kind, qos, rate, seconds)
    finally:
        hall.close()
        source.close()


floors = {}  # us a message, by (answers, qos, rate): the same messages, to a client that does nothing else


def floor(answers, qos, rate, seconds):
    """What libmosquitto alone costs: a client that counts, and for `answers` publishes as much as a receipt for each."""
    if (answers, qos, rate) not in floors:
        port = free_port()
        source = Source(port, "floor", 12)
        client = None
        try:
            wait_for("the source listens", lambda: any(f":{port:04X} 00000000:0000 0A" in line for line in open("/proc/net/tcp")))
            client = subprocess.Popen([os.path.join(BUILD, "tests/bench/counter"), str(port), "floor"] + ["answer"] * answers,
                                      stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
            source.line()
            source.flood("calls", 1000, 1, qos)
            before = cpu_s(client.pid)
            out = source.flood("calls", rate, seconds, qos)
            floors[answers, qos, rate] = (cpu_s(client.pid) - before) / out["sent"] * 1e6
        finally:
            if client:
                client.kill()
                client.wait()
            source.close()
    return floors[answers, qos, rate]


def flood_alone(hall, source, pids, kind, qos, rate, seconds):
    before, memory = {n: cpu_s(p) for n, p in pids.items()}, {n: pss_kib(p) for n, p in pids.items()}
    status = hall.status()
    out = source.flood(kind, rate, seconds, qos)
    used = {n: cpu_s(p) - before[n] for n, p in pids.items()}
    after = hall.status()
    if kind != "bad":
        wait_for("all messages", lambda: hall.status()["feed"]["events"] >= status["feed"]["events"] + (out["sent"] if kind == "calls" else 0))
    if kind == "calls":
        wait_for("the newest tickets", lambda: all(d["ticket"] == out["last"][d["desk"]] for d in hall.status()["desks"]))
    frames = after["screens"][0]["frames"] - status["screens"][0]["frames"]
    print(f"{kind} QoS {qos}, {rate}/s asked: {out['sent'] / out['seconds']:.0f}/s; {after['feed']['events'] - status['feed']['events']} of "
          f"{out['sent']} arrived, {out['receipts']} receipts; {frames / (out['seconds'] + 2):.1f} frames/s; waited to be sent at most "
          f"{out['late_ms']} ms", flush=True)
    for name, what in (("latency", "arrival -> flip that first showed it, after its turn in line"), ("answered", "published -> its receipt is back")):
        if out[name]["count"]:
            print(f"    {what}: p50 {out[name]['p50']} p99 {out[name]['p99']} max {out[name]['max']} ms ({out[name]['count']})", flush=True)
    bottom = floor(kind == "calls", qos, rate, seconds)
    ours = sum(used.values()) / out["sent"] * 1e6
    print("    " + "; ".join(f"{n} {used[n] / out['seconds'] * 100:.1f} % of a core, {used[n] / out['sent'] * 1e6:.2f} us a message, "
                             f"PSS {memory[n]} -> {pss_kib(p)} KiB" for n, p in pids.items()) +
          f"; both / a libmosquitto client that only counts{' and answers' * (kind == 'calls')}: {ours:.2f} / {bottom:.2f} us = {ours / bottom:.2f}",
          flush=True)


def main():
    for figure in (call_to_led, call_to_first_edge, flood, alone):
        if len(sys.argv) == 1 or figure.__name__ in sys.argv[1:]:
            attempt(figure.__name__, figure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
