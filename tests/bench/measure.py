"""What figures of whole processes share: the frames of a memory screen, what a process uses, and the calls of tests/bench/probe."""
import json
import mmap
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from harness import BUILD, Broker, Source  # noqa: E402,F401 - Source is for those who measure

Broker.is_recorded = False  # nobody else listens to what is measured

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
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def switches(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches"))
    return total


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return int(f.read().split()[0])


def probe(broker, hall, *arguments, seconds=120):
    """What tests/bench/probe says, as an object. `hall` is the id of a hall."""
    out = subprocess.run([PROBE, str(broker.port), hall, *map(str, arguments)], capture_output=True, text=True, timeout=seconds)
    if out.returncode:
        raise AssertionError(f"the probe has ended with status {out.returncode}: {out.stderr}")
    return json.loads(out.stdout)


def attempt(what, measure, *arguments):
    """What measure() returns; None, and a line that says why, if it could not be measured."""
    try:
        return measure(*arguments)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        failures.append(what)
        print(f"{what}: not measured: {' '.join(str(error).split())[:400]}", flush=True)
        return None


failures = []  # of attempt(): a bench that has some ends with status 1


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))]
