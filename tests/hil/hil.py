#!/usr/bin/python3
"""The hardware in the loop: a whole hall on an emulated arm64 board, looked at from outside. Started by tests/hil/run.

The tests stand on one another: the board boots once, and each leaves it well.
"""
import cmath
import math
import os
import random
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "integration")]
from harness import SOURCE, run, wait_for  # pylint: disable=wrong-import-position
import vblank  # pylint: disable=wrong-import-position
from room import WALLS, Room  # pylint: disable=wrong-import-position

IMAGE = os.path.join(SOURCE, "build-hil", "image")
KILLS = 50
FLOOD = 1000
RATES_HZ = (60, 74.99)  # of the walls' displays
MODE, MODE_4K = "1920x1080@60", "3840x2160@60"
# gong3 (drivers/chime/melody.h): Hz, and from when to when in seconds after the first edge.
NOTES = ((660, 0, 0.44), (550, 0.47, 0.91), (440, 0.94, 1.64))
NOTE_EDGES_MIN = 16
GONG_S = 2
TRIAL_PULSES = 4  # at the opening of the line (drivers/chime/gpio_tone.c)
room = None


def outlet(receipt, name):
    return next(o for o in receipt["outlets"] if o["outlet"] == name)


def results(receipt):
    return {o["outlet"]: o["result"] for o in receipt["outlets"]}


def both_walls_are_what_the_renderer_paints():
    room.equal("after the start")


def a_snapshot_is_what_is_scanned_out():
    def are_equal():
        seen, expected = room.snapshots()
        return seen == expected
    wait_for("the snapshots of both walls are the renderer's", are_equal, 30, 0.1)


def other_day():
    """Hours that are not near now, whatever the time zone."""
    day = time.strftime("%a", time.gmtime(time.time() + 3 * 86400)).lower()
    return [{"days": day, "from": "11:59", "to": "12:00"}]


def a_display_sleeps_outside_its_hours_and_an_alert_or_a_call_to_its_zones_wakes_it():
    """Nobody was called yet, so it sleeps at once."""
    mark = room.machine.trace_size()
    room.change_screen(0, hours=other_day(), awake_minutes=1, zones=["front"])
    room.dark(0)
    print("        " + room.wait_screen(0, "standby")["detail"])
    assert room.machine.scanouts_ended(mark), "the picture is black, but the display has a signal"
    receipt = room.call("4")
    assert results(receipt) == {"screen/portrait": "shown", "chime/hall": "finished"}, receipt
    assert room.machine.is_dark(0), "a call to another zone"

    room.post("/api/hall", {"alert": True})
    room.equal("with an alert")
    room.post("/api/hall", {"alert": False})
    room.dark(0)

    start = time.monotonic()
    receipt = room.call("1")
    assert results(receipt)["screen/main"] == "shown", receipt
    room.equal("with the call that woke it")
    room.dark(0, 120)
    assert time.monotonic() - start >= 60, "less than awake_minutes"
    room.equal_on(1, "beside a dark wall")
    room.change_screen(0, hours=None, awake_minutes=None, zones=None)
    room.equal("with hours no more")


def mode_setting_calls(desk):
    """(card, call): what kezekd asks of the kernel while somebody is called, as the kernel logs it (drm.debug, DRM_UT_CORE)."""
    debug = "/sys/module/drm/parameters/debug"
    room.machine.must(f"dmesg -c >/dev/null; echo 1 >{debug}")
    receipt = room.call(desk)
    log = room.machine.must(f"echo 0 >{debug}; dmesg")
    assert receipt["result"] == "shown", receipt
    return set(re.findall(r'"kezekd" .*dev=(\w+), .*DRM_IOCTL_MODE_(ATOMIC|PAGE_FLIP)', log))


def the_older_calls_of_the_kernel_show_the_same():
    """Nobody was called within awake_minutes: the screen sleeps as soon as it may."""
    mark = room.machine.trace_size()
    room.change_screen(1, kms="legacy")
    room.change_screen(0, kms="legacy", hours=other_day(), awake_minutes=1)
    room.post("/api/hall", {"alert": True})
    room.equal("with an alert by the older calls")
    room.post("/api/hall", {"alert": False})
    room.dark(0)
    assert room.machine.scanouts_ended(mark), "the picture is black, but the display has a signal"

    room.change_screen(0, hours=None, awake_minutes=None)
    room.equal("awake by the older calls")
    legacy = mode_setting_calls("2")
    room.equal("with a call by the older calls")
    room.machine.must("chvt 1")
    room.wait_screen(0, "away")
    room.machine.must("chvt 7")
    room.equal("back from the console by the older calls")

    for wall, _ in enumerate(WALLS):
        room.change_screen(wall, kms=None)
    room.equal("by the newer calls again")
    atomic = mode_setting_calls("2")
    cards = {card for card, _ in atomic}
    assert len(cards) == len(WALLS) and atomic == {(card, "ATOMIC") for card in cards}, atomic
    assert legacy == {(card, "PAGE_FLIP") for card in cards}, legacy


def a_call_reaches_screens_led_board_and_pin_and_its_receipt_says_so():
    before, mark = room.machine.picture(0), room.machine.trace_size()
    receipt = room.call("1")
    assert receipt["result"] == "shown", receipt
    assert results(receipt) == {"screen/main": "shown", "screen/portrait": "shown", "led/1": "verified",
                                "chime/hall": "finished"}, receipt
    room.equal("with a call")
    assert room.machine.picture(0) != before
    room.boards_show(0)
    edges = room.machine.edges(mark)
    assert edges and edges[-1][1] == 0, edges[-5:]


def loudest_hz(rises):
    """(strength, Hz) of the strongest frequency from 300 to 900 Hz in the times of rising edges; strength 1: all on its grid."""
    def strength(hz):
        return abs(sum(cmath.exp(2j * math.pi * hz * at) for at in rises)) / len(rises)
    return max((strength(hz), hz) for hz in (300 + 0.5 * step for step in range(1200)))


def play_gong():
    """The rising edges of one play, in seconds after its first."""
    mark = room.machine.trace_size()
    room.machine.must("kezekctl chime play hall gong3")

    def is_over():  # whoever asked the board would take its time
        edges = room.machine.edges(mark)
        return edges and time.time() - edges[0][0] > GONG_S
    wait_for("the gong has ended", is_over, pause=0.2)
    edges = room.machine.edges(mark)
    assert edges[-1][1] == 0, "the pin stays high"
    rises = [at for at, level in edges if level]
    return [at - rises[0] for at in rises]


def the_pin_sounds_the_frequencies_of_the_melody_and_ends_low():
    """The player leaves out what it cannot make in time (drivers/chime/tone.h), which in an emulator is most of a note; so the
    distance of two edges says little. But what it makes lies on the note's grid, the same in each play, whose edges are
    put together: of all frequencies the right one must be the strongest, to 1 %, with a strength of 0.7 or more. Of 16
    edges at random times the strongest would have about 0.6 (sqrt(ln(600 Hz * 0.44 s) / 16)), and be anywhere."""
    notes = {hz: [] for hz, _, _ in NOTES}

    def all_heard():
        rises = play_gong()
        for hz, begin, end in NOTES:
            notes[hz] += [at for at in rises if begin <= at < end]
        return all(len(note) >= NOTE_EDGES_MIN for note in notes.values())
    wait_for(f"each note has {NOTE_EDGES_MIN} edges in time", all_heard, 120)
    heard = {hz: loudest_hz(note) for hz, note in notes.items()}
    for hz, (strength, found) in sorted(heard.items()):
        assert abs(found - hz) <= hz / 100 and strength >= 0.7, heard
        print(f"        {hz} Hz: {found:g} Hz is the strongest, {strength:.3f}")


def an_adapter_that_is_unplugged_is_missed_and_its_boards_are_written_again():
    room.machine.unplug_adapter()
    receipt = room.call("2")
    assert outlet(receipt, "led/2")["result"] == "failed" and receipt["result"] == "partial", receipt
    assert not room.status()["buses"][0]["open"]
    ticket = room.tickets()["2"]
    room.machine.plug_adapter()
    room.boards_show()
    assert room.tickets()["2"] == ticket


def a_display_that_is_taken_away_without_a_word_is_missed_and_comes_back():
    """The kernel sends no uevent here: only the board's own looking finds it."""
    connector = room.machine.must("echo /sys/class/drm/card*-Virtual-1/status").strip()
    room.machine.must(f"echo off >{connector}")
    print("        " + room.wait_screen(0, "unplugged")["detail"])
    receipt = room.call("1")
    assert outlet(receipt, "screen/main")["result"] != "shown", receipt
    assert outlet(receipt, "screen/portrait")["result"] == "shown", receipt
    room.machine.must(f"echo detect >{connector}")
    room.wait_screen(0, "shown")
    room.equal("after the display came back")


def a_board_that_starts_without_a_display_shows_when_one_is_plugged_in():
    """With a uevent, as a driver sends it for a cable."""
    connector = room.machine.must("echo /sys/class/drm/card*-Virtual-1").strip()
    room.stop_board()
    room.machine.must(f"echo off >{connector}/status")
    room.start_board()
    room.wait_screen(0, "unplugged")
    receipt = room.call("2")
    assert outlet(receipt, "screen/main")["result"] == "failed" and outlet(receipt, "led/2")["result"] == "verified", receipt
    start = time.monotonic()
    room.machine.must(f"echo detect >{connector}/status; echo change >{connector}/device/uevent")
    room.equal("with a display", 8)  # the board's own looking takes 10 s and more
    print(f"        the renderer's picture {time.monotonic() - start:.1f} s after the display came")


def the_walls_say_that_the_broker_is_dead_until_it_is_back():
    before = room.machine.picture(0)
    room.machine.must("kill -9 $(pidof mosquitto)")
    room.wait_status("the truth is stale", lambda s: s["feed"]["truth"] == "stale")
    wait_for("the other board knows it, too", lambda: room.expected(0) != before)
    room.equal("without a broker")
    room.machine.must("broker")
    room.fresh()
    room.equal("with the broker back")
    assert room.call("3")["result"] == "shown"


def the_console_takes_the_screens_and_gives_them_back():
    room.machine.must("chvt 1")
    room.wait_screen(0, "away")
    wait_for("the text console is seen", lambda: room.machine.picture(0) == room.console)
    receipt = room.call("4")
    assert outlet(receipt, "screen/main")["result"] != "shown", receipt
    room.machine.must("chvt 7")
    room.wait_screen(0, "shown")
    room.equal("back from the console")


def kill(times):
    wait_for("it is started again", lambda: room.machine.run("pidof kezekd")[0] == 0)
    room.machine.must("kill -9 $(pidof kezekd)")
    wait_for("it is dead", lambda: room.ends(137) > times)


def fifty_kills_under_traffic_end_right():
    moments = random.Random(KILLS)
    room.post("/api/hall", {"pace": "rush"})
    for times in range(KILLS - 1):
        time.sleep(moments.uniform(0, 1))
        kill(times)
    room.post("/api/hall", {"pace": "off"})
    kill(KILLS - 1)
    room.restart_peer()
    room.fresh()
    room.equal("after the kills")
    room.boards_show()
    assert room.call("1")["result"] == "shown"
    room.equal("with the call after the kills")
    assert room.machine.edges()[-1][1] == 0, "the pin stays high"


def a_power_cut_converges_to_the_truth_without_a_sound():
    tickets = room.tickets()
    room.machine.power_cut()
    room.machine.power_on()
    room.powered()
    room.restart_peer()
    room.start_board()
    room.equal("after the power cut")
    room.boards_show()
    assert room.tickets() == tickets, (room.tickets(), tickets)
    assert room.status()["chimes"][0]["played"] == 0
    assert sum(level for _, level in room.machine.edges()) <= TRIAL_PULSES, "a chime for the past"


def the_bench_measures_the_screens_and_not_beside_the_service():
    command = "kezekd bench --kms -c /etc/hall.json --seconds "
    status, output = room.machine.run(command + "1")
    assert status == 1 and "kezekd has the screens" in output, output
    room.stop_board()
    try:
        for seconds in (1, 5, 20):  # a busy machine emulates a slow one
            output = room.machine.must(f"{command}{seconds}")
            if "not measured" not in output:
                break
    finally:
        room.start_board()
    for wall, mode in (("main", "kms Virtual-1 .* 1920x1080 at 60"), ("portrait", "kms Virtual-2 .* 1280x800 at .* rotation 90")):
        assert re.search(rf"^{wall} +screen +{mode}", output, re.M), output
        assert re.search(rf"^{wall} +mode +(kept|set)", output, re.M), output
        assert re.search(rf"^{wall} +call, all rows move +median", output, re.M), output
        assert re.search(rf"^{wall} +flip -> flip +median.* vblanks missed$", output, re.M), output
    room.equal("after the bench")


def a_clean_stop_leaves_a_console_that_can_be_used():
    room.call("1")
    room.stop_board()
    room.machine.must("echo written after the stop >/dev/tty7")
    wait_for("the terminal is seen", lambda: room.machine.picture(0)[:2] == room.console[:2])
    room.machine.must("chvt 1")
    wait_for("the text console is seen as it was", lambda: room.machine.picture(0) == room.console)
    room.machine.must("echo written after the stop >/dev/tty1")
    wait_for("it shows what is written", lambda: room.machine.picture(0) != room.console)
    assert room.machine.edges()[-1][1] == 0, "the pin stays high"
    room.start_board()
    room.equal("started again")


def another_program_that_has_the_card_is_named():
    room.stop_board()
    card = room.machine.must("ls /sys/class/drm | sed -n 's/-Virtual-1$//p'").strip()
    room.machine.must(f"hold_master /dev/dri/{card} >/tmp/holder & until grep -q master /tmp/holder; do usleep 20000; done")
    room.start_board()
    detail = room.wait_screen(0, "away")["detail"]
    assert "hold_master" in detail, detail
    print("        " + detail)
    room.machine.must("kill $(pidof hold_master)")
    room.wait_screen(0, "shown")
    room.equal("after the other program ended")


def a_reload_to_4k_and_back_shows_the_same_as_the_renderer():
    for mode in (MODE_4K, MODE):
        room.change_screen(0, mode=mode)
        room.equal("at " + mode)
        assert f"{room.machine.picture(0)[0]}x" in mode


def a_card_that_goes_while_it_is_used_is_missed_and_taken_again_when_it_comes():
    driver = "/sys/bus/virtio/drivers/virtio_gpu"
    device = room.machine.must("basename /sys/class/drm/card*-Virtual-1/device/device/virtio*").strip()
    room.machine.must(f"echo {device} >{driver}/unbind")
    print("        " + room.wait_screen(0, "absent")["detail"])
    receipt = room.call("1")
    assert results(receipt)["screen/main"] == "failed" and results(receipt)["screen/portrait"] == "shown", receipt
    start = time.monotonic()
    room.machine.must(f"echo {device} >{driver}/bind")
    room.equal("with the card back")
    print(f"        the renderer's picture {time.monotonic() - start:.1f} s after the card came")


def with_vblanks():
    """The last tests run on the newer kernel."""
    if room.machine.image == IMAGE:
        room.boot(os.path.join(IMAGE, "vblank"))
    room.equal("with the newer kernel")


def a_receipt_tells_of_the_flip_that_first_carried_the_call():
    """The board received the call between its publishing and the first commit thereafter, and counts from then to that commit's flip."""
    with_vblanks()
    server = vblank.Server(room)
    for desk in "1234":  # there are as many panels
        vblank.start(room.machine)
        room.machine.must(f"echo >{vblank.FOLDER}/trace_marker")
        server.call((desk, f"Е00{desk}"))
        receipt = vblank.receipt_of(room, f"Е00{desk}")
        commits, flips, marks = vblank.stop(room.machine)
        assert results(receipt)["screen/main"] == results(receipt)["screen/portrait"] == "shown", receipt
        latencies = sorted(o["latency_ms"] / 1e3 for o in receipt["outlets"] if o["outlet"].startswith("screen/"))
        firsts = [(card[0][0], card[1][0][0]) for card in vblank.of_cards(commits, flips)]
        for latency, (commit, flip) in zip(latencies, sorted(firsts, key=lambda first: first[1])):
            assert marks[0] <= flip - latency <= commit, (latency, marks[0], commit, flip)
    server.close()


def a_flood_of_calls_makes_one_picture_a_vblank_and_none_before_the_last_one_is_on_scan_out():
    """A picture that is replaced only when it has been on scan-out as a whole, by one that is painted as a whole, cannot tear."""
    with_vblanks()
    server, tickets = vblank.Server(room), [f"А{i:03}" for i in range(FLOOD)]
    vblank.start(room.machine)
    server.call(*((str(i % 4 + 1), ticket) for i, ticket in enumerate(tickets)))
    wait_for("the last calls are heard", lambda: set(room.tickets().values()) == set(tickets[-4:]), 60, 0.5)
    commits, flips, _ = vblank.stop(room.machine)
    server.close()
    cards = vblank.of_cards(commits, flips)
    for card, hz in zip(sorted(cards, key=lambda card: vblank.rate(card[1])), RATES_HZ):
        commits, flips = card
        print(f"        {FLOOD} calls, {len(flips)} flips in {flips[-1][1] - flips[0][1]} vblanks at {vblank.rate(flips):.2f} Hz")
        assert vblank.early_commits(commits, flips) == 0, f"{hz} Hz: a frame before the flip of the last one"
        assert min(vblank.steps(flips)) >= 1, f"{hz} Hz: two flips in one vblank"
        assert abs(vblank.rate(flips) - hz) <= hz / 100


def the_bench_finds_the_rate_of_each_display():
    with_vblanks()
    room.stop_board()
    output = room.machine.must("kezekd bench --kms -c /etc/hall.json --seconds 5")
    for wall, hz in zip(WALLS, RATES_HZ):
        line = re.search(rf"^{wall} +flip -> flip .*", output, re.M)
        print("        " + line[0])
        vblanks = float(re.search(r"median +([\d.]+) ms", line[0])[1]) * hz / 1e3
        assert vblanks > 0.95 and abs(vblanks - round(vblanks)) < 0.05, line[0]  # one, but on a busy machine


def main():
    global room  # pylint: disable=global-statement
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    room = Room()
    try:
        room.open(IMAGE)
        run([
            both_walls_are_what_the_renderer_paints,
            a_snapshot_is_what_is_scanned_out,
            a_display_sleeps_outside_its_hours_and_an_alert_or_a_call_to_its_zones_wakes_it,
            the_older_calls_of_the_kernel_show_the_same,
            a_call_reaches_screens_led_board_and_pin_and_its_receipt_says_so,
            the_pin_sounds_the_frequencies_of_the_melody_and_ends_low,
            an_adapter_that_is_unplugged_is_missed_and_its_boards_are_written_again,
            a_display_that_is_taken_away_without_a_word_is_missed_and_comes_back,
            a_board_that_starts_without_a_display_shows_when_one_is_plugged_in,
            the_walls_say_that_the_broker_is_dead_until_it_is_back,
            the_console_takes_the_screens_and_gives_them_back,
            fifty_kills_under_traffic_end_right,
            a_power_cut_converges_to_the_truth_without_a_sound,
            the_bench_measures_the_screens_and_not_beside_the_service,
            a_clean_stop_leaves_a_console_that_can_be_used,
            another_program_that_has_the_card_is_named,
            a_reload_to_4k_and_back_shows_the_same_as_the_renderer,
            a_card_that_goes_while_it_is_used_is_missed_and_taken_again_when_it_comes,
            a_receipt_tells_of_the_flip_that_first_carried_the_call,
            a_flood_of_calls_makes_one_picture_a_vblank_and_none_before_the_last_one_is_on_scan_out,
            the_bench_finds_the_rate_of_each_display,
        ])
    except SystemExit as end:
        if end.code:
            print(room.log()[-6000:])
        raise
    finally:
        room.close()


main()
