#!/usr/bin/python3
"""What a technician does to LED boards before a hall opens: scan, address, identify, walk, on real programs and simulated boards."""
import json
import os
import signal
import subprocess

from harness import BUILD, GUARD_S, Hall, run, wait_for


def kezekctl(hall, *words, answers=""):
    return subprocess.run([os.path.join(BUILD, "kezekctl"), *words], input=answers, capture_output=True, text=True, timeout=GUARD_S,
                          env=hall.environment, check=False)


def open_hall(move=None):
    """The simulated boards are those of the demo hall; the board's own file puts desk 1 at unit `move`."""
    hall = Hall(with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        wait_for("the buses are open", lambda: all(bus["open"] for bus in hall.status()["buses"]))
        if move:
            hall.file["desks"][0]["led"]["unit"] = move
            hall.write()
            assert hall.ask({"cmd": "reload"})["ok"]
            wait_for("the new file is in force", lambda: hall.unit("1")["unit"] == move)
            wait_for("the buses are open", lambda: all(bus["open"] for bus in hall.status()["buses"]))
    except BaseException:
        hall.close()
        raise
    return hall


def a_scan_tells_boards_desks_and_who_is_missing():
    hall = open_hall(move=30)
    try:
        scan = kezekctl(hall, "led", "scan", "west", "--from", "15", "--to", "31")
        assert scan.returncode == 0, scan
        assert "desk 1: no answer from unit 30" in scan.stdout, scan.stdout
        assert "unit 16 is of no desk: kezekctl led address west NEW --profile owen-smi2 --at 16" in scan.stdout, scan.stdout
        assert "6 found" in scan.stdout, scan.stdout
        job = json.loads(kezekctl(hall, "--json", "led", "scan", "west", "--from", "16", "--to", "17").stdout)["job"]
        assert [(f["unit"], f["profile"], f["desk"], f["collision"]) for f in job["found"]] == [
            (16, "owen-smi2", "", False), (17, "owen-smi2", "2", False)], job
        assert not job["running"] and job["done"] == job["total"] and job["error"] == 0, job
    finally:
        hall.close()


def a_new_board_gets_its_address_and_shows_its_ticket():
    hall = open_hall(move=30)
    try:
        given = kezekctl(hall, "led", "address", "west", "30", "--profile", "owen-smi2")
        assert given.returncode == 0, given
        steps = ["it answers, alone, and as its type", "nobody else is at its new place", "its new place is written",
                 "it answers at its new place", "it shows its address"]
        assert [line for line in given.stdout.splitlines() if line in steps] == steps, given.stdout
        assert '"led": {"bus": "west", "unit": 30, "profile": "owen-smi2"}' in given.stdout, given.stdout
        wait_for("the board answers at its new place", lambda: not hall.unit("1")["dead"])
        hall.ask({"cmd": "event", "type": "call", "desk": "1", "ticket": "А042"})
        wait_for("its ticket is shown", lambda: hall.unit("1")["shown"] == "A042")
        again = kezekctl(hall, "led", "address", "west", "31", "--profile", "owen-smi2")
        assert again.returncode == 1 and "nobody answers" in again.stderr, again
        taken = kezekctl(hall, "led", "address", "west", "18", "--profile", "owen-smi2", "--at", "17")
        assert taken.returncode == 1 and "choose another address" in taken.stderr, taken
    finally:
        hall.close()


def a_walk_goes_by_the_answers_and_leaves_every_board_as_it_was():
    hall = open_hall()
    try:
        hall.boards_answer()
        walk = kezekctl(hall, "--json", "led", "walk", answers="\n" * 12)
        assert walk.returncode == 0 and json.loads(walk.stdout)["ok"], walk
        walk = kezekctl(hall, "--json", "led", "walk", answers="\nb\nn\n" + "\n" * 11)
        assert walk.returncode == 1 and "11 of 12" in walk.stderr, walk
        results = {d["desk"]: d["result"] for d in json.loads(walk.stdout)["desks"]}
        assert results["1"] == "wrong or dark" and results["2"] == "right", results
        left = kezekctl(hall, "--json", "led", "walk", answers="\n")
        assert left.returncode == 1 and json.loads(left.stdout)["desks"][1]["result"] == "not looked at", left
        assert kezekctl(hall, "led", "walk", "nowhere").returncode == 1
        walk = subprocess.Popen([os.path.join(BUILD, "kezekctl"), "led", "walk"], env=hall.environment, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("the first number blinks", lambda: (hall.unit("1")["want"], hall.unit("1")["blink"]) == ("1", True))
        walk.send_signal(signal.SIGINT)
        assert walk.wait(GUARD_S) == 1
        wait_for("the first board shows the truth again", lambda: hall.unit("1")["want"] == "")
        hall.ask({"cmd": "led-walk", "desk": "3", "seconds": 60})
        wait_for("the desk's number blinks", lambda: (hall.unit("3")["want"], hall.unit("3")["blink"]) == ("3", True))
        hall.ask({"cmd": "led-end", "desk": "3"})
        wait_for("all show the truth again", lambda: all(
            u["want"] == "" and not u["blink"] for b in hall.status()["buses"] for u in b["units"]))
    finally:
        hall.close()


def all_boards_identify_at_once():
    hall = open_hall()
    try:
        assert kezekctl(hall, "led", "identify", "all", "--seconds", "60").returncode == 0
        wait_for("each shows its unit number", lambda: all(
            u["shown"] == str(u["unit"]) for b in hall.status()["buses"] for u in b["units"]))
    finally:
        hall.close()


def a_stopped_scan_ends_in_the_service_too():
    hall = open_hall()
    try:
        scan = subprocess.Popen([os.path.join(BUILD, "kezekctl"), "led", "scan", "west"], env=hall.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        job = lambda: hall.ask({"cmd": "led-job", "bus": "west"})["job"]
        wait_for("the scan runs", lambda: job()["running"] and job()["done"] > 3)
        busy = kezekctl(hall, "led", "scan", "west")
        assert busy.returncode == 1 and "has a job already" in busy.stderr, busy
        scan.send_signal(signal.SIGINT)
        _, complaint = scan.communicate(timeout=GUARD_S)
        assert scan.returncode == 1 and "stopped" in complaint, complaint
        assert not job()["running"] and job()["done"] > 0, job()
    finally:
        hall.close()


BAD = [
    ({"cmd": "led-scan"}, 'led-scan: needs "bus"'),
    ({"cmd": "led-scan", "bus": "north"}, 'led-scan: the hall file has no bus "north"'),
    ({"cmd": "led-scan", "bus": "west", "from": 0}, "led-scan: from: no unit address; 1 to 247"),
    ({"cmd": "led-scan", "bus": "west", "to": "9"}, "led-scan: to: no unit address; 1 to 247"),
    ({"cmd": "led-scan", "bus": "west", "from": 9, "to": 8}, "led-scan: from: 9 is above to: 8"),
    ({"cmd": "led-scan", "bus": "west", "profiles": [7]}, "led-scan: profiles: not a list of names"),
    ({"cmd": "led-scan", "bus": "west", "profiles": ["../x"]}, "led-scan: there is no LED profile"),
    ({"cmd": "led-address", "bus": "west", "address": 5}, 'led-address: needs "profile"'),
    ({"cmd": "led-address", "bus": "west", "profile": "owen-smi2"}, 'led-address: needs "address"'),
    ({"cmd": "led-address", "bus": "west", "profile": "owen-smi2", "address": 248}, "led-address: address: no unit address"),
    ({"cmd": "led-address", "bus": "west", "profile": "ditel-dn", "address": 5}, "led-address: nobody knows where a new ditel-dn"),
    ({"cmd": "led-job"}, 'led-job: needs "bus"'),
    ({"cmd": "led-walk", "desk": "nobody"}, 'the hall file has no desk "nobody"'),
]


def bad_orders_get_one_clear_answer():
    hall = open_hall()
    try:
        for request, said in BAD:
            reply = hall.ask(request)
            assert not reply["ok"] and reply["error"].startswith(said), (request, reply)
        assert hall.ask({"cmd": "led-stop", "bus": "west"})["ok"]
        assert hall.ask({"cmd": "led-job", "bus": "west"})["job"]["kind"] == "none"
        assert kezekctl(hall, "led", "address", "west", "248", "--profile", "owen-smi2").returncode == 64
        assert kezekctl(hall, "led", "address", "west", "5").returncode == 64
    finally:
        hall.close()


if __name__ == "__main__":
    run([
        a_scan_tells_boards_desks_and_who_is_missing,
        a_new_board_gets_its_address_and_shows_its_ticket,
        a_walk_goes_by_the_answers_and_leaves_every_board_as_it_was,
        all_boards_identify_at_once,
        a_stopped_scan_ends_in_the_service_too,
        bad_orders_get_one_clear_answer,
    ])
