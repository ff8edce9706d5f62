#!/usr/bin/python3
"""`kezekd bench` on memory screens: the figures it promises, and what it refuses."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from harness import BUILD, RAM, SOURCE, Hall, run

TIMES = r"median +[\d.]+ ms   p99 +[\d.]+ ms"
FIGURES = {
    "mode": r"kept, no mode set",
    "exec -> first flip": r"[\d.]+ ms: start [\d.]+, open [\d.]+, paint [\d.]+, commit -> flip [\d.]+",
    "copy of a frame": TIMES + r"   [\d.]+ GB/s",
    "fill of the buffer": TIMES + r"   [\d.]+ GB/s",
    "full repaint": TIMES + r"   [\d.]+ x copy",
    "call, all rows move": TIMES + r"   [\d.]+ x copy",
    "panel turns dark": TIMES + r"   [\d.]+ x copy",
    "one row": TIMES + r"   [\d.]+ x copy",
    "clock tick": TIMES + r"   [\d.]+ x copy",
    "commit takes": TIMES,
    "commit -> flip": TIMES,
    "flip -> flip": TIMES + r"   \d+ of \d+ vblanks missed",
}
MAIN = {"id": "main", "driver": "memory", "size": "640x360", "path": "screen-main", "zones": ["front"]}
TURNED = {"id": "turned", "driver": "memory", "size": "640x360", "rotation": 90, "format": "rgb565", "zones": ["front"]}
HDMI = {"id": "lobby", "driver": "kms", "output": "HDMI-A-9", "zones": ["front"]}


def bench(screens, *arguments, rundir=None):
    """(exit status, standard output, standard error)"""
    folder = tempfile.mkdtemp(prefix="kezek-test.", dir=RAM)
    try:
        with open(os.path.join(SOURCE, "sim/demo.json")) as f:
            hall = json.load(f)
        hall["screens"] = screens
        hall.pop("$schema", None)
        path = os.path.join(folder, "hall.json")
        with open(path, "w") as f:
            json.dump(hall, f)
        done = subprocess.run([os.path.join(BUILD, "kezekd"), "bench", "-c", path, *arguments], capture_output=True, text=True,
                              timeout=60, env=dict(os.environ, KEZEK_RUNDIR=rundir or folder))
        assert os.listdir(folder) == ["hall.json"], os.listdir(folder)
        return done.returncode, done.stdout, done.stderr
    finally:
        shutil.rmtree(folder)


def figure(out, screen, name):
    found = re.search(rf"^{re.escape(screen):12s} {re.escape(name)} +(.*)$", out, re.M)
    assert found, f"no line \"{screen} {name}\" in:\n{out}"
    return found[1]


def every_figure_is_printed_for_every_screen():
    status, out, err = bench([MAIN, TURNED], "--seconds", "1")
    assert status == 0 and not err, (status, err)
    for screen in ("main", "turned"):
        for name, pattern in FIGURES.items():
            value = figure(out, screen, name)
            assert re.fullmatch(pattern, value), (screen, name, value)
    assert figure(out, "main", "screen") == "memory, 640x360 at 60.00 Hz, xrgb8888, rotation 0"
    assert figure(out, "turned", "screen") == "memory, 640x360 at 60.00 Hz, rgb565, rotation 90"
    assert re.fullmatch(r"[\d.]+ MiB besides the frame buffers \(PSS\)", figure(out, "kezekd", "memory"))


def figures_are_those_of_the_screen():
    """A flip comes at a vblank: never sooner than one period after the last, and not before its commit."""
    _, out, _ = bench([MAIN], "--seconds", "1")
    interval = float(re.search(r"median +([\d.]+)", figure(out, "main", "flip -> flip"))[1])
    latency = float(re.search(r"median +([\d.]+)", figure(out, "main", "commit -> flip"))[1])
    assert 16.6 <= interval and 0 < latency <= interval, (interval, latency)
    copy = float(re.search(r"median +([\d.]+)", figure(out, "main", "copy of a frame"))[1])
    rate = float(re.search(r"([\d.]+) GB/s", figure(out, "main", "copy of a frame"))[1])
    assert abs(rate - 640 * 360 * 4 / copy / 1e6) <= 0.05 * rate, (copy, rate)


def it_does_not_run_beside_the_service():
    hall = Hall()
    try:
        status, out, err = bench([MAIN], "--seconds", "1", rundir=hall.rundir)
        assert status == 1 and not out, (status, out)
        assert "kezekd has the screens" in err and os.path.join(hall.rundir, "control") in err and "systemctl stop kezekd" in err, err
    finally:
        hall.close()


def an_absent_screen_is_named_with_the_reason_and_others_are_measured():
    status, out, _ = bench([HDMI, MAIN], "--seconds", "1")
    assert status == 0, out
    assert "HDMI-A-9" in figure(out, "lobby", "absent"), out
    figure(out, "main", "clock tick")


def only_kms_screens_leave_nothing_where_there_are_none():
    status, out, err = bench([MAIN], "--kms")
    assert status == 1 and not out and "no screen to measure" in err and "--kms" in err, (status, out, err)
    status, out, err = bench([HDMI, MAIN], "--kms")
    assert status == 1 and "HDMI-A-9" in figure(out, "lobby", "absent") and "main" not in out, (status, out, err)


def wrong_usage_and_a_wrong_hall_file_are_told():
    for arguments in (("--seconds", "0"), ("--seconds", "601"), ("--seconds", "ten"), ("--loud",), ("main",)):
        status, out, err = bench([MAIN], *arguments)
        assert status == 64 and "usage: kezekd bench" in err and not out, (arguments, status, err)
    status, out, err = bench([dict(MAIN, rotation=45)])
    assert status == 78 and "rotation" in err and not out, (status, err)


run([every_figure_is_printed_for_every_screen, figures_are_those_of_the_screen, it_does_not_run_beside_the_service,
     an_absent_screen_is_named_with_the_reason_and_others_are_measured, only_kms_screens_leave_nothing_where_there_are_none,
     wrong_usage_and_a_wrong_hall_file_are_told])
