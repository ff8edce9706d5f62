#!/usr/bin/python3
"""What a technician does to LED boards before a hall opens: scan, address, identify, walk, on real programs and simulated boards."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from harness import BUILD, GUARD_S, RAM, SOURCE, Glass, Listener, led_hall, run, wait_for


def open_hall(move=None, edit=None):
    """The simulated boards are those of the demo hall, edited; the board's own file puts desk 1 at unit `move`."""
    hall = led_hall(edit)
    try:
        if move:
            hall.file["desks"][0]["led"]["unit"] = move
            hall.reload()
            wait_for("the new file is in force", lambda: hall.unit("1")["unit"] == move)
            hall.buses_are_open()
    except BaseException:
        hall.close()
        raise
    return hall


def boards_have_the_brightness_colours_and_letters_of_the_hall_file():
    def edit(file):
        file["desks"][0]["led"]["profile"] = "owen-smi2-m"
        file["led"] = {"brightness": 30, "letters": {"Ж": "H"}, "colours": {"called": "red", "serving": "green"}}
        file["tickets"] = {"series": ["А", "Ж"], "digits": 3}
    hall = open_hall(edit=edit)
    try:
        glass = Glass(hall)
        glass.wait("one type is dimmed", "1", lambda led: abs(led["brightness"] - 30) < 5)
        glass.wait("the other, too", "7", lambda led: 0 < led["brightness"] < 50)
        hall.ask({"cmd": "event", "type": "call", "desk": "1", "ticket": "Ж042"})
        glass.wait("the call is red and blinks", "1", lambda led: led["colour"] == "red" and led["blink"] and led["text"] == "H042")
        hall.ask({"cmd": "event", "type": "serve", "desk": "1", "ticket": "Ж042"})
        glass.wait("the visitor is there: green", "1", lambda led: led["colour"] == "green" and not led["blink"])
        del hall.file["led"]["letters"]
        hall.write()
        reply = hall.ask({"cmd": "reload"})
        assert not reply["ok"] and 'tickets.series[1]: "Ж888" cannot be shown above desk "1"' in reply["error"], reply
        check = subprocess.run([os.path.join(BUILD, "kezekd"), "-n", "-c", hall.path], capture_output=True, text=True, timeout=GUARD_S,
                               check=False)
        assert check.returncode == 78 and "led.letters" in check.stdout + check.stderr, check
    finally:
        hall.close()


def a_profile_of_ones_own_works_after_a_reload():
    data = tempfile.mkdtemp(prefix="kezek-data.", dir=RAM)
    shutil.copytree(os.path.join(SOURCE, "drivers/led/profiles"), os.path.join(data, "profiles"))
    shutil.copytree(os.path.join(SOURCE, "board/profiles"), os.path.join(data, "boards"))
    shutil.copytree(os.path.join(SOURCE, "board/themes"), os.path.join(data, "themes"))
    shutil.copytree(os.path.join(SOURCE, "board/phrases"), os.path.join(data, "phrases"))
    shutil.copytree(os.path.join(SOURCE, "board/layouts"), os.path.join(data, "layouts"))
    os.environ["KEZEK_DATADIR"] = data
    try:
        hall = open_hall()
    finally:
        del os.environ["KEZEK_DATADIR"]
    try:
        hall.file["desks"][0]["led"]["profile"] = "our-board"
        hall.write()
        reply = hall.ask({"cmd": "reload"})
        assert not reply["ok"] and 'there is no LED profile "our-board"' in reply["error"], reply
        with open(os.path.join(data, "profiles/owen-smi2.json"), encoding="utf-8") as file:
            profile = json.load(file)
        profile["name"] = "our-board"
        with open(os.path.join(data, "profiles/our-board.json"), "w", encoding="utf-8") as file:
            json.dump(profile, file, ensure_ascii=False)
        assert hall.ask({"cmd": "reload"})["ok"]
        wait_for("the profile is in force", lambda: hall.unit("1")["profile"] == "our-board")
        assert hall.ctl("led", "show", "1", "HEL0", "--seconds", "60").returncode == 0
        wait_for("the text is there", lambda: hall.unit("1")["shown"] == "HEL0")
        job = json.loads(hall.ctl("--json", "led", "scan", "west", "--from", "16", "--to", "16", "--all").stdout)["job"]
        assert len(job["found"]) == 1 and job["found"][0]["desk"] == "1", job
    finally:
        hall.close()
        shutil.rmtree(data, ignore_errors=True)


def a_board_of_another_type_is_told_of_and_left_alone():
    hall = open_hall()
    try:
        hall.file["desks"][6]["led"]["profile"] = "owen-smi2"  # a dm56a04 stands there
        hall.file["desks"][1]["led"]["profile"] = "dm56a04"    # an owen-smi2
        hall.write()
        assert hall.ask({"cmd": "reload"})["ok"]
        scan = hall.ctl("led", "scan", "west", "--from", "16", "--to", "18")
        assert "desk 2: the hall file says dm56a04, it answers as owen-smi2" in scan.stdout, scan
        wait_for("desk 7 is no owen-smi2", lambda: hall.unit("7")["other"] or hall.unit("7")["exceptions"])
    finally:
        hall.close()


def a_scan_tells_boards_desks_and_who_is_missing():
    hall = open_hall(move=30)
    try:
        scan = hall.ctl("led", "scan", "west", "--from", "15", "--to", "31")
        assert scan.returncode == 0, scan
        assert "desk 1: no answer from unit 30" in scan.stdout, scan
        assert "unit 16 is of no desk: kezekctl led address west NEW --profile owen-smi2 --at 16" in scan.stdout, scan
        assert "6 found" in scan.stdout, scan
        job = json.loads(hall.ctl("--json", "led", "scan", "west", "--from", "16", "--to", "17").stdout)["job"]
        assert [(f["unit"], f["profile"], f["desk"], f["collision"]) for f in job["found"]] == [
            (16, "owen-smi2", "", False), (17, "owen-smi2", "2", False)], job
        assert not job["running"] and job["done"] == job["total"] and job["error"] == 0, job
    finally:
        hall.close()


def a_new_board_gets_its_address_and_shows_its_ticket():
    hall = open_hall(move=30)
    try:
        given = hall.ctl("led", "address", "west", "30", "--profile", "owen-smi2")
        assert given.returncode == 0, given
        steps = ["it answers, alone, and as its type", "nobody else is at its new place", "its new place is written",
                 "it answers at its new place", "it shows its address"]
        assert [line for line in given.stdout.splitlines() if line in steps] == steps, given.stdout
        assert '"led": {"bus": "west", "unit": 30, "profile": "owen-smi2"}' in given.stdout, given.stdout
        wait_for("the board answers at its new place", lambda: not hall.unit("1")["dead"])
        hall.ask({"cmd": "event", "type": "call", "desk": "1", "ticket": "А042"})
        wait_for("its ticket is shown", lambda: hall.unit("1")["shown"] == "A042")
        again = hall.ctl("led", "address", "west", "31", "--profile", "owen-smi2")
        assert again.returncode == 1 and "nobody answers" in again.stderr, again
        taken = hall.ctl("led", "address", "west", "18", "--profile", "owen-smi2", "--at", "17")
        assert taken.returncode == 1 and "choose another address" in taken.stderr, taken
    finally:
        hall.close()


def a_walk_goes_by_the_answers_and_leaves_every_board_as_it_was():
    hall = open_hall()
    try:
        hall.boards_answer()
        walk = hall.ctl("--json", "led", "walk", answers="\n" * 12)
        assert walk.returncode == 0 and json.loads(walk.stdout)["ok"], walk
        walk = hall.ctl("--json", "led", "walk", answers="\nb\nn\n" + "\n" * 11)
        assert walk.returncode == 1 and "11 of 12" in walk.stderr, walk
        results = {d["desk"]: d["result"] for d in json.loads(walk.stdout)["desks"]}
        assert results["1"] == "wrong or dark" and results["2"] == "right", results
        left = hall.ctl("--json", "led", "walk", answers="\n")
        assert left.returncode == 1 and json.loads(left.stdout)["desks"][1]["result"] == "not looked at", left
        assert hall.ctl("led", "walk", "nowhere").returncode == 1
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
        assert hall.ctl("led", "identify", "all", "--seconds", "60").returncode == 0
        wait_for("each shows its unit number", lambda: all(
            u["shown"] == str(u["unit"]) for b in hall.status()["buses"] for u in b["units"]))
    finally:
        hall.close()


def a_stopped_scan_ends_in_the_service_too():
    hall = open_hall()
    try:
        scan = start_job(hall, "scan", "west")
        busy = hall.ctl("led", "scan", "west")
        assert busy.returncode == 1 and "has a job already" in busy.stderr, busy
        scan.send_signal(signal.SIGINT)
        _, complaint = scan.communicate(timeout=GUARD_S)
        assert scan.returncode == 1 and "stopped" in complaint, complaint
        assert not hall.job("west")["running"] and hall.job("west")["done"] > 0
    finally:
        hall.close()


def fast_buses(file):
    for bus in file["buses"]:
        bus.update(baud=19200, parity="even")


def start_job(hall, *words):
    """kezekctl at work on bus west, as soon as its job runs."""
    job = subprocess.Popen([os.path.join(BUILD, "kezekctl"), "led", *words], env=hall.environment, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for("the job runs", lambda: job.poll() is not None or hall.job("west")["running"] and hall.job("west")["done"] > 1)
    return job


def a_new_board_with_the_settings_of_its_factory_is_found_and_addressed():
    """The bus has 19200 8E1, the board from the box 9600 8N1."""
    hall = led_hall(fast_buses)
    try:
        hall.boards_answer()
        hall.page_post("/api/led", {"desk": "2", "new": True})
        wait_for("desk 2 is dark", lambda: hall.unit("2")["dead"])
        scan = hall.ctl("led", "scan", "west", "--from", "16", "--to", "17")
        assert scan.returncode == 0, scan
        found = [line.split() for line in scan.stdout.splitlines() if line.startswith("  16  ")]
        assert [(line[0], line[1:3]) for line in found] == [("16", ["19200", "8E1"]), ("16", ["9600", "8N1"])], scan.stdout
        assert "desk 2: no answer from unit 17" in scan.stdout, scan
        assert "unit 16 listens at 9600 8N1, not as the bus does: kezekctl led address west NEW --profile owen-smi2" in scan.stdout, scan
        refused = hall.ctl("led", "address", "west", "16", "--profile", "owen-smi2")
        assert refused.returncode == 1 and "choose another address" in refused.stderr, refused
        given = hall.ctl("led", "address", "west", "17", "--profile", "owen-smi2")
        assert given.returncode == 0 and "unit 17 at 19200 8E1" in given.stdout, given
        hall.ask({"cmd": "event", "type": "call", "desk": "2", "ticket": "А042"})
        wait_for("its ticket is shown", lambda: hall.unit("2")["shown"] == "A042")
        Glass(hall).wait("its ticket is on the glass", "2", lambda led: led["text"] == "A042")
    finally:
        hall.close()


def a_scan_makes_no_health_messages():
    """Its progress is the business of who follows it; health is told on change and every 30 s."""
    hall = led_hall()
    try:
        hall.connected()
        hall.boards_answer()
        health = Listener(hall.broker, hall.board_topic + "/health")
        hall.page_post("/api/led", {"desk": "9", "power": False})
        hall.ask({"cmd": "event", "type": "call", "desk": "9", "ticket": "А042"})
        health.wait("a board that dies is told at once", lambda t, o: any(o["state"] == "dead" for o in o["outlets"]))
        before = len(health.seen)
        scan = hall.ctl("led", "scan", "west", "--from", "10", "--to", "40")
        assert scan.returncode == 0, scan
        assert len(health.poll()) - before <= 1, health.seen[before:]  # that of the half minute
        hall.page_post("/api/led", {"desk": "9", "power": True})
        health.wait("and so is one that comes back", lambda t, o: not any(o["state"] == "dead" for o in o["outlets"]))
        health.close()
    finally:
        hall.close()


def two_boards_with_one_address_are_told_with_what_to_do():
    hall = led_hall()
    try:
        hall.boards_answer()
        hall.page_post("/api/led", {"desk": "2", "unit": 16})
        hall.ask({"cmd": "event", "type": "call", "desk": "1", "ticket": "А042"})
        wait_for("the list says so", lambda: "does another board have the address 16, too?" in " ".join(hall.ctl("led", "list").stdout.split()))
        scan = hall.ctl("led", "scan", "west", "--from", "16", "--to", "18")
        assert "two boards answer at once" in scan.stdout, scan
        assert "give it its own address (kezekctl led address west NEW --profile P --at 16), and scan again" in scan.stdout, scan
        assert "desk 2: no answer from unit 17" in scan.stdout and "2 found" in scan.stdout, scan
        job = json.loads(hall.ctl("--json", "led", "scan", "west", "--from", "16", "--to", "18").stdout)["job"]
        assert sorted((f["unit"], f["collision"]) for f in job["found"]) == [(16, True), (18, False)], job
        address = hall.ctl("led", "address", "west", "30", "--profile", "owen-smi2", "--at", "16")
        assert address.returncode == 1 and "connect one at a time" in address.stderr, address
        hall.page_post("/api/led", {"desk": "2", "unit": 17})
        wait_for("the ticket is there", lambda: hall.unit("1")["shown"] == "A042" and hall.unit("1")["state"] != "damaged")
        Glass(hall).wait("the ticket is on the glass", "1", lambda led: led["text"] == "A042")
    finally:
        hall.close()


def a_reload_ends_a_job_and_says_so():
    hall = led_hall()
    try:
        scan = start_job(hall, "scan", "west")
        hall.file["desks"][11]["led"]["unit"] = 7
        hall.reload()
        _, complaint = scan.communicate(timeout=GUARD_S)
        assert scan.returncode == 1 and "a reload of the hall file has ended it: start it again" in complaint, complaint
        hall.buses_are_open()
        assert hall.ctl("led", "scan", "west", "--from", "16", "--to", "16").returncode == 0
    finally:
        hall.close()


def a_job_whose_bus_leaves_the_hall_file_ends_and_says_so():
    hall = led_hall()
    try:
        scan = start_job(hall, "scan", "west")
        hall.file["buses"].pop(0)
        for desk in hall.file["desks"][:6]:
            del desk["led"]
        hall.reload()
        _, complaint = scan.communicate(timeout=GUARD_S)
        assert scan.returncode == 1 and 'the hall file has no bus "west"' in complaint, complaint
        hall.ask({"cmd": "event", "type": "call", "desk": "7", "ticket": "А042"})
        wait_for("the other bus goes on", lambda: hall.unit("7")["shown"] == "A042")
    finally:
        hall.close()


def a_job_that_nobody_follows_any_more_ends():
    """A closed terminal ends it at once; a kezekctl that was killed, or a telephone that is out of reach, after a while."""
    hall = led_hall()
    try:
        for number in (signal.SIGHUP, signal.SIGTERM):
            scan = start_job(hall, "scan", "west")
            scan.send_signal(number)
            _, complaint = scan.communicate(timeout=GUARD_S)
            assert scan.returncode == 1 and "stopped" in complaint, complaint
            assert not hall.job("west")["running"]
        scan = start_job(hall, "scan", "west")
        scan.kill()
        scan.communicate()
        wait_for("the log says that it was ended", lambda: "nobody follows the technician's job any more" in hall.log("board"))
        wait_for("it is ended", lambda: not hall.job("west")["running"])
    finally:
        hall.close()


BAD = [
    ({"cmd": "led-scan"}, 'led-scan: needs "bus"'),
    ({"cmd": "led-scan", "bus": "north"}, 'led-scan: the hall file has no bus "north"'),
    ({"cmd": "led-scan", "bus": "west", "from": 0}, "led-scan: from: no unit address; 1 to 247"),
    ({"cmd": "led-scan", "bus": "west", "to": "9"}, "led-scan: to: no unit address; 1 to 247"),
    ({"cmd": "led-scan", "bus": "west", "from": 9, "to": 8}, "led-scan: from: 9 is above to: 8"),
    ({"cmd": "led-scan", "bus": "west", "profiles": [7]}, "led-scan: profiles: not a list of names"),
    ({"cmd": "led-scan", "bus": "west", "profiles": "owen-smi2"}, "led-scan: profiles: not a list of names"),
    ({"cmd": "led-scan", "bus": "west", "profiles": ["../x"]}, "led-scan: there is no LED profile"),
    ({"cmd": "led-address", "bus": "west", "address": 5}, 'led-address: needs "profile"'),
    ({"cmd": "led-address", "bus": "west", "profile": "owen-smi2"}, 'led-address: needs "address"'),
    ({"cmd": "led-address", "bus": "west", "profile": "owen-smi2", "address": 248}, "led-address: address: no unit address"),
    ({"cmd": "led-address", "bus": "west", "profile": "ditel-dn", "address": 5}, "led-address: nobody knows where a new ditel-dn"),
    ({"cmd": "led-address", "bus": "west", "profile": "owen-smi2", "address": 5},
     "led-address: a new owen-smi2 listens as unit 16, and so does the board of desk 1"),
    ({"cmd": "led-job"}, 'led-job: needs "bus"'),
    ({"cmd": "led-walk", "desk": "nobody"}, 'the hall file has no desk "nobody"'),
]


def bad_orders_get_one_clear_answer():
    hall = open_hall()
    try:
        for request, said in BAD:
            reply = hall.ask(request)
            assert not reply["ok"] and reply["error"].startswith(said), (request, reply)
        assert hall.ask({"cmd": "led-address", "bus": "west", "profile": "owen-smi2", "address": 5, "at": 16})["ok"], "it is meant"
        assert hall.ask({"cmd": "led-stop", "bus": "west"})["ok"]
        assert hall.ask({"cmd": "led-job", "bus": "east"})["job"]["kind"] == "none"
        assert hall.ctl("led", "address", "west", "248", "--profile", "owen-smi2").returncode == 64
        assert hall.ctl("led", "address", "west", "5").returncode == 64
    finally:
        hall.close()


if __name__ == "__main__":
    run([
        boards_have_the_brightness_colours_and_letters_of_the_hall_file,
        a_profile_of_ones_own_works_after_a_reload,
        a_board_of_another_type_is_told_of_and_left_alone,
        a_scan_tells_boards_desks_and_who_is_missing,
        a_new_board_gets_its_address_and_shows_its_ticket,
        a_walk_goes_by_the_answers_and_leaves_every_board_as_it_was,
        all_boards_identify_at_once,
        a_stopped_scan_ends_in_the_service_too,
        a_new_board_with_the_settings_of_its_factory_is_found_and_addressed,
        a_scan_makes_no_health_messages,
        two_boards_with_one_address_are_told_with_what_to_do,
        a_reload_ends_a_job_and_says_so,
        a_job_whose_bus_leaves_the_hall_file_ends_and_says_so,
        a_job_that_nobody_follows_any_more_ends,
        bad_orders_get_one_clear_answer,
    ])
