#!/usr/bin/python3
"""The main job, end to end, on real programs: a call goes from MQTT to wall, LED board and chime, and comes back as a receipt."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error

from harness import (BUILD, GUARD_S, SOURCE, Hall, Listener, Source, children, cmdline, free_port, install_node, run,
                     wait_for)


def outlet(receipt, name):
    return next((o for o in receipt["outlets"] if o["outlet"] == name), None)


def a_call_by_hand_is_shown_sounded_and_receipted():
    """The README's mosquitto_pub line: the basic profile (BASIC-1, BASIC-8)."""
    hall = Hall(with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        health = Listener(hall.broker, hall.board_topic + "/health")
        hall.boards_answer()
        hall.call("3", "А042")
        receipt = receipts.wait("receipt", lambda t, o: o.get("ticket") == "А042")
        assert receipt["result"] == "shown", receipt
        assert outlet(receipt, "screen/main")["result"] == "shown", receipt
        assert outlet(receipt, "screen/children")["result"] == "shown", receipt
        assert outlet(receipt, "led/3")["result"] in ("verified", "lit"), receipt
        assert outlet(receipt, "chime/hall")["result"] == "finished", receipt
        unit = hall.unit("3")
        assert unit["shown"] == "A042", unit
        status = hall.status()
        assert status["feed"]["profile"] == "basic", status["feed"]
        desk = next(d for d in status["desks"] if d["desk"] == "3")
        assert desk == {"desk": "3", "status": "open", "phase": "called", "ticket": "А042"}, desk
        told = health.wait("health of the basic profile", lambda t, o: o["feed"]["profile"] == "basic")
        for lack in ("no sign when the server is lost", "missed calls are not repaired", "sounds again"):
            assert lack in told["guarantees"], told
        receipts.close()
        health.close()
    finally:
        hall.close()


def a_server_that_turns_out_to_be_full_is_told_of_at_once():
    """Not with the next message of every 30 s, although nothing else has changed."""
    hall = Hall(with_sim=True, sim_arguments=("--pace", "off", "--no-server"))
    try:
        hall.connected()
        hall.boards_answer()
        health = Listener(hall.broker, hall.board_topic + "/health")
        hellos = Listener(hall.broker, hall.prefix + "/hello")
        hall.call("3", "А042")
        before = health.wait("health of the basic profile", lambda t, o: o["feed"]["profile"] == "basic")
        hall.broker.publish(hall.prefix + "/server", {"v": 1, "epoch": "7f3c9a12", "seq": 1, "ts": 1763802000000, "online": True, "conn": 1})

        def answered():
            for _, hello in hellos.poll()[-1:]:
                hall.broker.publish(hall.board_topic + "/state", {
                    "v": 1, "epoch": "7f3c9a12", "seq": 1, "ts": 1763802000000, "re": hello["nonce"],
                    "desks": [{"desk": "3", "status": "open", "ticket": "А042", "phase": "called", "seq": 1}], "recent": [], "missed": [],
                    "notices": []})
            return hall.status()["feed"]["profile"] == "full"
        wait_for("the profile is full", answered)
        after = health.wait("health of the full profile", lambda t, o: o["feed"]["profile"] == "full")
        assert after["uptime_s"] - before["uptime_s"] < 10, (before["uptime_s"], after["uptime_s"])
        health.close()
        hellos.close()
    finally:
        hall.close()


def the_full_profile_converges_and_says_when_the_truth_is_lost():
    hall = Hall(with_sim=True)
    try:
        hall.connected()
        health = Listener(hall.broker, hall.board_topic + "/health")
        wait_for("feed is full and fresh",
                 lambda: hall.status()["feed"]["profile"] == "full" and hall.status()["feed"]["truth"] == "fresh")
        health.wait("health of the full profile", lambda t, o: o["guarantees"] == "full")
        health.close()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.boards_answer()
        hall.page_post("/api/desk", {"desk": "7", "action": "call"})
        receipt = receipts.wait("receipt of the server's call", lambda t, o: o.get("desk") == "7")
        assert receipt["result"] == "shown" and receipt["seq"] > 0, receipt
        ticket = receipt["ticket"]

        os.kill(hall.board.pid, signal.SIGKILL)
        hall.board.wait()
        hall.start_board()
        wait_for("the ticket is there again after a kill", lambda: any(
            d["desk"] == "7" and d["ticket"] == ticket for d in hall.status()["desks"]))
        wait_for("fresh", lambda: hall.status()["feed"]["truth"] == "fresh")
        assert hall.status()["chimes"][0]["played"] == 0, "a restart sounds nothing"

        hall.broker.stop()
        wait_for("the truth is stale", lambda: hall.status()["feed"]["truth"] == "stale")
        hall.broker.start()
        wait_for("fresh again", lambda: hall.status()["feed"]["truth"] == "fresh")
        receipts.close()
    finally:
        hall.close()


BAD = [
    ("broken JSON", b'{"v":1,"type":"call"'),
    ("not an object", b"[]"),
    ("empty", b""),
    ("wrong type", b'{"v":1,"type":"call","desk":3,"ticket":"A1"}'),
    ("unknown type", b'{"v":1,"type":"shout","desk":"3","ticket":"A1"}'),
    ("invalid UTF-8", b'{"v":1,"type":"call","desk":"3","ticket":"\xff\xfe"}'),
    ("duplicate keys", b'{"v":1,"v":1,"type":"call","desk":"3","ticket":"A1"}'),
    ("depth 10,000", b"[" * 10000 + b"]" * 10000),
    ("an id with wildcards", b'{"v":1,"type":"call","desk":"#","ticket":"A1"}'),
    ("a ticket of 300 characters", b'{"v":1,"type":"call","desk":"3","ticket":"' + b"A" * 300 + b'"}'),
    ("control characters", b'{"v":1,"type":"call","desk":"3","ticket":"A\\u0007"}'),
    ("bidirectional characters", b'{"v":1,"type":"call","desk":"3","ticket":"A\\u202e1"}'),
    ("bytes after the value", b'{"v":1,"type":"call","desk":"3","ticket":"A1"} x'),
    ("version 2", b'{"v":2,"type":"call","desk":"3","ticket":"A1"}'),
]


def bad_messages_are_refused_one_by_one_and_stop_nothing():
    hall = Hall()
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        for _, payload in BAD:
            hall.broker.publish_bad(hall.prefix + "/event", payload)
        hall.call("nowhere", "А001")
        receipts.wait("receipt: unknown desk", lambda t, o: o["result"] == "unknown_desk")
        hall.call("1", "А777")
        receipts.wait("the good call after the bad ones", lambda t, o: o.get("ticket") == "А777")
        hall.call("2", "漢01")  # a letter that no font here has: a box is shown, and that is not called shown
        receipt = receipts.wait("receipt of an unreadable ticket", lambda t, o: o.get("ticket") == "漢01")
        assert outlet(receipt, "screen/main") == {"outlet": "screen/main", "result": "failed",
                                                  "detail": "the fonts have no glyph for U+6F22"}, receipt
        hall.broker.publish(hall.prefix + "/event", {"v": 1, "type": "notice", "id": "fire", "level": "alert",
                                                     "text": {"ru": "Пожар"}})
        hall.call("4", "А778")
        receipt = receipts.wait("receipt of a call behind an alert", lambda t, o: o.get("ticket") == "А778")
        assert outlet(receipt, "screen/main")["detail"] == "an alert has the whole wall", receipt
        wait_for("all were counted", lambda: hall.status()["feed"]["invalid"] == len(BAD))
        assert hall.status()["feed"]["unknown_desks"] == 1
        assert "refused" in hall.log("board"), hall.log("board")
        assert len(hall.log("board").splitlines()) < 40, "one line each change, not one each message"
        receipts.close()
    finally:
        hall.close()


def a_publisher_of_another_make_is_understood():
    """MQTT.js over MQTT 5 with properties."""
    hall = Hall()
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        environment = install_node()
        event = json.dumps({"v": 1, "type": "call", "desk": "2", "ticket": "К008"})
        subprocess.run(["node", os.path.join(SOURCE, "tests/integration/node/publish.js"), str(hall.broker.port),
                        hall.prefix + "/event", event], check=True, timeout=GUARD_S,
                       env=environment)
        receipts.wait("receipt of MQTT.js's call", lambda t, o: o.get("ticket") == "К008")
        receipts.close()
    finally:
        hall.close()


def the_demo_page_answers_a_newcomer_in_a_browser():
    """The real page in Chromium; leaves build/demo-page.png."""
    environment = install_node()
    hall = Hall(with_sim=True)
    try:
        hall.connected()
        hall.boards_answer()
        use_page("page.js", environment, hall.page, "demo-page.png")
    finally:
        hall.close()


def the_demo_page_takes_every_order_that_its_manual_shows():
    sys.path.insert(0, os.path.join(SOURCE, "tests/checks"))
    import snippets  # pylint: disable=import-outside-toplevel
    hall = Hall(with_sim=True)
    try:
        hall.fresh()
        hall.boards_answer()
        taken = 0
        for snippet in snippets.snippets(os.path.join(SOURCE, "board/man/kezek-sim.1.scd")):
            *_, path = re.findall(r"/api/\w+", snippet.before)
            try:
                hall.page_post(path, snippet.value)
            except urllib.error.HTTPError as refusal:
                raise AssertionError(f"line {snippet.line}: {path} {snippet.text}: {refusal.read().decode()}") from None
            taken += 1
        assert taken > 5, taken
        print(f"        {taken} orders")
    finally:
        hall.close()


def use_page(script, environment, port, picture, *more):
    result = subprocess.run(["node", os.path.join(SOURCE, "tests/integration/node", script), f"http://127.0.0.1:{port}/",
                             os.path.join(BUILD, picture), *more], env=environment, capture_output=True, text=True,
                            timeout=4 * GUARD_S)
    assert result.returncode == 0, result.stderr or result.stdout
    print("        " + result.stdout.strip())


def the_console_page_tells_and_does_what_a_technician_wants():
    """The real page in Chromium; leaves build/console-page.png."""
    environment, port = install_node(), free_port()

    def edit(file):
        file["console"] = {"listen": f"127.0.0.1:{port}"}
    hall = Hall(edit, with_sim=True)
    try:
        hall.fresh()
        hall.boards_answer()
        use_page("console.js", environment, port, "console-page.png", str(hall.broker.process.pid),
                 f"http://127.0.0.1:{hall.page}/")
        told = "led west/20: no reply any more; check its power and its plug"  # the board whose plug was pulled
        assert hall.log("board").count(told) == 1, hall.log("board")
    finally:
        hall.close()


def the_link_comes_back_when_it_is_killed():
    hall = Hall()
    try:
        hall.connected()
        before = hall.status()["link"]["starts"]
        children = subprocess.run(["ps", "--ppid", str(hall.board.pid), "-o", "pid="], capture_output=True, text=True,
                                  check=True).stdout.split()
        os.kill(int(children[0]), signal.SIGKILL)
        wait_for("a new link is connected",
                 lambda: hall.status()["link"]["starts"] > before and hall.status()["link"]["connected"])
        hall.call("4", "П015")
        wait_for("a call arrives through it",
                 lambda: any(d["ticket"] == "П015" for d in hall.status()["desks"]))
    finally:
        hall.close()


def receipts_wait_for_a_link_that_starts_again():
    hall = Hall()
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        for starts in range(1, 5):  # each time it stays away for longer
            wait_for("the link is up", lambda: hall.status()["link"]["starts"] == starts)
            hall.connected()
            link = hall.child("link")
            os.kill(link, signal.SIGKILL)

            def is_gone():  # or was: the first time it is away for 0.2 s only
                link = hall.status()["link"]
                return not link["connected"] or link["starts"] > starts
            wait_for("it is gone", is_gone)
        hall.ask({"cmd": "event", "type": "call", "desk": "nowhere", "ticket": "А1"})  # its receipt is finished at once
        receipts.wait("receipt of the time without a link", lambda t, o: o["result"] == "unknown_desk")
        receipts.close()
    finally:
        hall.close()


def a_wrong_file_at_reload_is_refused_whole_and_a_good_one_taken():
    hall = Hall()
    try:
        good = json.dumps(hall.file)
        hall.file["desks"][0]["zone"] = "nowhere"
        hall.file["calls"] = {"dwell_ms": -1}
        hall.write()
        answer = hall.ask({"cmd": "reload"})
        assert not answer["ok"] and answer["error"], answer
        for path in ("desks[0].zone", "calls.dwell_ms"):
            assert path in hall.log("board"), "every error is printed"
        assert hall.status()["ok"]
        hall.connected()
        hall.call("5", "К009")
        wait_for("a call is there", lambda: any(d["ticket"] == "К009" for d in hall.status()["desks"]))
        hall.file = json.loads(good)
        hall.file["desks"][0]["label"] = "77"
        hall.file["desks"].insert(0, dict(hall.file["desks"].pop(), id="12"))  # indices move, ids stay
        hall.write()
        hall.board.send_signal(signal.SIGHUP)
        wait_for("the good one is in force", lambda: "is in force" in hall.log("board"))
        assert any(d["desk"] == "5" and d["ticket"] == "К009" for d in hall.status()["desks"]), "the hall is remembered"
        assert hall.status()["feed"]["truth"] == "fresh"
        hall.connected()
    finally:
        hall.close()


def nothing_of_a_killed_board_stays_behind():
    port = free_port()

    def edit(file):
        file["console"] = {"listen": f"127.0.0.1:{port}"}
    hall = Hall(edit)
    try:
        def page_answers():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        hall.connected()
        wait_for("console listens", page_answers)
        started = children(hall.board.pid)
        assert len(started) == 2, started
        hall.board.kill()
        hall.board.wait()
        wait_for("its processes are gone, too", lambda: not any(cmdline(pid) for pid in started))
        hall.start_board()
        wait_for("console listens again", page_answers)
        assert "in use" not in hall.log("board"), hall.log("board")
    finally:
        hall.close()


def a_screen_that_shows_no_calls_is_in_no_receipt():
    grid = {"rows": [1], "columns": [1], "regions": [{"part": "notice", "row": 1, "column": 1}]}
    with tempfile.TemporaryDirectory() as folder:
        layout = os.path.join(folder, "poster.json")
        with open(layout, "w") as f:
            json.dump({"landscape": grid, "portrait": grid}, f)

        def edit(file):
            file["screens"][1]["view"] = layout
        hall = Hall(edit=edit)
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.call("1", "А001")
        receipt = receipts.wait("receipt", lambda t, o: o["ticket"] == "А001")
        screens = [o["outlet"] for o in receipt["outlets"] if o["outlet"].startswith("screen/")]
        assert screens == ["screen/main"], receipt
        receipts.close()
    finally:
        hall.close()


def a_call_is_spoken_behind_its_chime():
    def edit(file):
        file["voice"] = {"languages": ["kk", "ru"]}
    hall = Hall(edit=edit)
    try:
        hall.connected()
        trace = os.path.join(hall.folder, hall.file["chimes"][0]["file"])

        def sounds():
            with open(trace) as f:
                return [line.split()[1:] for line in f if line.startswith("#")]
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.call("1", "А001")
        receipt = receipts.wait("receipt", lambda t, o: o["ticket"] == "А001", 30)
        results = {o["outlet"]: o["result"] for o in receipt["outlets"]}
        assert results["chime/hall"] == results["voice/hall"] == "finished", receipt
        heard = sounds()
        assert [sound[0] for sound in heard] == ["gong3", "say", "say"], heard
        assert all(int(sound[1]) > 48000 for sound in heard[1:]), heard  # each takes longer than a second
        receipts.close()
    finally:
        hall.close()


def a_voice_that_is_killed_costs_one_voice_and_comes_back():
    def edit(file):
        file["voice"] = {"languages": ["kk"]}
    hall = Hall(edit=edit)
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        first = hall.child("voice")
        os.kill(first, signal.SIGKILL)
        hall.call("1", "А001")
        receipt = receipts.wait("receipt", lambda t, o: o["ticket"] == "А001", 30)
        results = {o["outlet"]: o["result"] for o in receipt["outlets"]}
        assert results["chime/hall"] == "finished" and results["voice/hall"] in ("failed", "finished"), receipt
        wait_for("another one", lambda: (pid := hall.child("voice")) and pid != first, 10)
        hall.call("2", "А002")
        receipt = receipts.wait("receipt", lambda t, o: o["ticket"] == "А002", 30)
        assert {"outlet": "voice/hall", "result": "finished"}.items() <= receipt["outlets"][-1].items(), receipt
        receipts.close()
    finally:
        hall.close()


def a_notice_ends_when_it_said():
    hall = Hall()
    try:
        hall.connected()

        def frames():
            return hall.status()["screens"][0]["frames"]
        start = frames()
        hall.broker.publish(hall.prefix + "/event", {"v": 1, "type": "notice", "id": "pause", "level": "info",
                                                     "text": {"ru": "Перерыв"}, "until_ts": int(time.time() * 1000) + 3000})
        wait_for("the notice stands", lambda: frames() > start)
        start = frames()
        wait_for("it is gone", lambda: frames() > start, 10)
    finally:
        hall.close()


def a_screen_sleeps_outside_its_hours_but_not_in_the_face_of_a_visitor():
    """Hours in which this test does not run; only the main screen has them."""
    def edit(file):
        file["timezone"] = "UTC"
        now = time.time()
        span = {"from": time.strftime("%H:%M", time.gmtime(now + 4 * 3600)), "to": time.strftime("%H:%M", time.gmtime(now + 5 * 3600))}
        file["screens"][0]["hours"] = [span]
    hall = Hall(edit)
    try:
        hall.connected()
        begin = hall.file["screens"][0]["hours"][0]["from"]

        def screens():
            return [(s["state"], s["detail"]) for s in hall.status()["screens"]]
        assert screens() == [("standby", f"standby until {begin}"), ("shown", "")], screens()
        health = Listener(hall.broker, hall.board_topic + "/health")
        health.wait("health tells it", lambda t, o: outlet(o, "screen/main")["state"] == "standby" and
                    outlet(o, "screen/main")["detail"] == f"standby until {begin}", 2 * GUARD_S)
        notice = {"v": 1, "type": "notice", "id": "fire", "level": "alert", "text": {"ru": "Пожар"}}
        hall.broker.publish(hall.prefix + "/event", notice)
        wait_for("an alert wakes it", lambda: screens()[0] == ("shown", ""))
        hall.broker.publish(hall.prefix + "/event", notice | {"text": {}})
        wait_for("it sleeps again", lambda: screens()[0][0] == "standby")
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.call("3", "А042")
        receipt = receipts.wait("receipt", lambda t, o: o.get("ticket") == "А042")
        assert outlet(receipt, "screen/main")["result"] == "shown", receipt
        assert screens()[0] == ("shown", ""), screens()
        health.close()
        receipts.close()
    finally:
        hall.close()


def a_test_picture_hides_the_calls_and_their_receipts_say_so():
    hall = Hall()
    try:
        hall.connected()

        def shows():
            return [s["shows"] for s in hall.status()["screens"]]
        for wrong in ({"screen": "nowhere", "pattern": "grid"}, {"screen": "main", "pattern": "tartan"},
                      {"screen": "main", "pattern": "grid", "seconds": 601}, {"screen": "main"}):
            reply = hall.ask({"cmd": "screen-test"} | wrong)
            assert not reply["ok"] and reply["error"], reply
        reply = hall.ask({"cmd": "screen-test", "screen": "main", "pattern": "motion", "seconds": 600})
        assert reply["ok"], reply
        assert shows()[0] == "test motion" and not shows()[1].startswith("test"), shows()
        start = hall.status()["screens"][0]["frames"]
        wait_for("it moves", lambda: hall.status()["screens"][0]["frames"] > start + 10)
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        results = Listener(hall.broker, hall.board_topic + "/result")
        hall.call("3", "А042")  # the flips of the test do not hold it up
        receipt = receipts.wait("receipt", lambda t, o: o.get("ticket") == "А042")
        assert receipt["result"] == "partial", receipt
        assert outlet(receipt, "screen/main")["detail"] == "a test picture stands there", receipt
        assert outlet(receipt, "screen/children")["result"] == "shown", receipt
        command = {"v": 1, "id": "r1", "command": "test", "target": "main", "value": "off"}
        hall.broker.publish(hall.board_topic + "/command", command)
        assert results.wait("result", lambda t, o: o["id"] == "r1")["ok"]
        assert shows() == ["calls", "calls"], shows()
        hall.broker.publish(hall.board_topic + "/command", command | {"id": "r2", "value": "grid"})
        assert results.wait("result", lambda t, o: o["id"] == "r2")["ok"]
        assert shows()[0] == "test grid", shows()
        hall.broker.publish(hall.prefix + "/event", {"v": 1, "type": "notice", "id": "fire", "level": "alert",
                                                     "text": {"ru": "Пожар"}})
        wait_for("an alert ends it", lambda: shows() == ["alert", "alert"])
        receipts.close()
        results.close()
    finally:
        hall.close()


def a_screen_whose_output_is_not_there_is_told_of_once_and_stops_nothing():
    """No machine has an HDMI-A-99."""
    def edit(file):
        screen = {k: v for k, v in file["screens"][1].items() if k not in ("size", "path")}
        file["screens"][1] = screen | {"driver": "kms", "output": "HDMI-A-99"}
    hall = Hall(edit)
    try:
        hall.connected()
        reply = hall.ask({"cmd": "screens"})
        assert isinstance(reply["outputs"], list) and isinstance(reply["trouble"], str), reply
        children = reply["screens"][1]
        assert children["state"] == "absent" and "HDMI-A-99" in children["detail"] and children["frames"] == 0, children
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.call("3", "А042")
        receipt = receipts.wait("receipt", lambda t, o: o.get("ticket") == "А042")
        assert receipt["result"] == "partial" and outlet(receipt, "screen/main")["result"] == "shown", receipt
        assert "HDMI-A-99" in outlet(receipt, "screen/children")["detail"], receipt
        receipts.close()
        wakeups = hall.status()["wakeups"]
        time.sleep(8)  # what is counted here is what happens in a time
        wakeups = hall.status()["wakeups"] - wakeups
        assert wakeups < 16, f"{wakeups} wake-ups in 8 s while an output is waited for"
        assert hall.log("board").count("HDMI-A-99") == 1, hall.log("board")
    finally:
        hall.close()


def every_call_ends_in_a_receipt():
    """In a burst that no wall can show, at a reload while the chime sounds, and at the end."""
    def edit(file):
        file["calls"] = {"dwell_ms": 1000, "highlight": "steady"}
        for desk in file["desks"]:
            desk.pop("led", None)
        file["buses"] = []
    hall = Hall(edit)
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt", hall.board_topic + "/result")

        def has_receipt(ticket):
            receipts.wait(f"receipt of {ticket}", lambda t, o: o.get("ticket") == ticket)
        tickets = [f"А{i:03}" for i in range(150)]
        lines = "".join(json.dumps({"v": 1, "type": "call", "desk": str(i % 12 + 1), "ticket": ticket}) + "\n"
                        for i, ticket in enumerate(tickets))
        subprocess.run(["mosquitto_pub", "-p", str(hall.broker.port), "-q", "1", "-l", "-t", hall.prefix + "/event"],
                       input=lines.encode(), check=True, timeout=GUARD_S)
        for ticket in tickets:
            has_receipt(ticket)
        assert len(receipts.seen) == len(tickets), len(receipts.seen)

        hall.call("3", "А201")
        wait_for("it is applied", lambda: any(d["ticket"] == "А201" for d in hall.status()["desks"]))
        hall.broker.publish(hall.board_topic + "/command", {"v": 1, "id": "again", "command": "reload"})
        receipts.wait("answer to reload", lambda t, o: t.endswith("/result") and o["id"] == "again" and o["ok"])
        has_receipt("А201")
        hall.connected()
        hall.call("3", "А202")
        wait_for("it is applied", lambda: any(d["ticket"] == "А202" for d in hall.status()["desks"]))
        hall.board.send_signal(signal.SIGTERM)
        has_receipt("А202")
        receipts.close()
    finally:
        hall.close()


def a_link_that_hangs_does_not_make_the_board_spin():
    hall = Hall()
    try:
        hall.connected()
        link = hall.child("link")
        os.kill(link, signal.SIGSTOP)
        with hall.socket() as s:
            file = s.makefile("rwb")
            for i in range(4000):
                event = {"cmd": "event", "type": "call", "desk": str(i % 12 + 1), "ticket": f"А{i % 1000:03}"}
                file.write(json.dumps(event).encode() + b"\n")
                file.flush()
                assert json.loads(file.readline())["ok"]
        hall.ask({"cmd": "event", "type": "call", "desk": "nowhere", "ticket": "А1"})  # its receipt is finished at once
        status = hall.status()
        assert status["feed"]["receipts_lost"] > 0, "the link's socket is full"
        before = status["wakeups"]
        start = time.monotonic()
        wait_for("a second is over", lambda: time.monotonic() - start > 1)
        wakeups = hall.status()["wakeups"] - before
        os.kill(link, signal.SIGCONT)
        assert wakeups < 200, wakeups
        hall.connected()
    finally:
        hall.close()


def a_flood_of_calls_owes_and_gets_a_receipt_for_each():
    """Faster than they are acknowledged, and while the broker takes none for 0.7 s: the calls wait, no receipt is lost."""
    port, sources = free_port(), []

    def edit(file):
        file["screens"] = file["screens"][:1]
        file["broker"]["urls"] = [f"mqtt://127.0.0.1:{port}"]
        sources.append(Source(port, file["hall"], len(file["desks"])))
    hall = Hall(edit=edit)
    try:
        sources[0].line()
        hall.connected()
        for kind in ("calls", "deaf"):
            frames = hall.status()["screens"][0]["frames"]
            out = sources[0].flood(kind, 40000, 2, 0)
            status = hall.status()
            assert status["feed"]["receipts_lost"] == 0, status["feed"]
            # Those that still wait for a panel, or for the chime, are answered for later.
            assert out["receipts"] >= out["sent"] - 64, out
            assert all(d["ticket"] == out["last"][d["desk"]] for d in status["desks"]), (status["desks"], out)
            seconds = out["seconds"] + 2
            assert status["screens"][0]["frames"] - frames <= 61 * seconds, (status["screens"], frames, seconds)
        assert "are dropped" not in hall.log("board"), hall.log("board")
    finally:
        hall.close()
        sources[0].close()


def control_clients_that_misbehave_hurt_only_themselves():
    hall = Hall()
    try:
        half = hall.socket()
        half.sendall(b'{"cmd":"sta')
        flood = hall.socket()
        sent = 0
        try:
            while sent < 1 << 30:
                sent += flood.send(b"x" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 64 << 20, f"{sent} bytes of one line were taken"
        deaf = hall.socket()
        deaf.sendall(b'{"cmd":"watch"}\n')
        hall.connected()
        for i in range(200):
            hall.ask({"cmd": "event", "type": "call", "desk": "1", "ticket": f"А{i:03}"})
        assert hall.status()["ok"]
        for s in (half, flood, deaf):
            s.close()
    finally:
        hall.close()


def the_first_hall_runs_without_its_devices_and_reports_them_absent():
    hall = Hall(hall_file="board/halls/open-almaty.json")
    try:
        hall.connected()
        status = hall.status()
        assert all(s["state"] == "absent" and s["detail"] for s in status["screens"]), status["screens"]
        assert not any(b["open"] for b in status["buses"]), status["buses"]
        assert all(c["state"] == "absent" and c["detail"] for c in status["chimes"]), status["chimes"]
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.call("1", "А001")
        receipt = receipts.wait("receipt", lambda t, o: o.get("ticket") == "А001")
        assert receipt["result"] == "failed", receipt
        receipts.close()
    finally:
        hall.close()


def a_broker_that_is_not_there_is_said_once_and_waited_for():
    def nowhere(file):
        file["broker"]["urls"] = ["mqtt://127.0.0.1:1"]
    hall = Hall(edit=nowhere)
    try:
        wait_for("the log says so", lambda: "link:" in hall.log("board"))
        status = hall.status()
        assert not status["link"]["connected"] and status["link"]["why"], status["link"]
        wait_for("the walls stand without a broker",
                 lambda: all(s["state"] == "shown" and s["frames"] > 0 for s in hall.status()["screens"]))
        hall.ask({"cmd": "event", "type": "call", "desk": "3", "ticket": "А042"})
        wait_for("a manual call is shown", lambda: any(d["ticket"] == "А042" for d in hall.status()["desks"]))
    finally:
        hall.close()


def birth_and_death_stand_retained_at_the_broker():
    hall = Hall()
    try:
        hall.connected()
        status = Listener(hall.broker, hall.board_topic + "/status", hall.board_topic + "/health")
        birth = status.wait("birth", lambda t, o: t.endswith("/status") and o["online"])
        assert birth["version"] and birth["conn"] >= 1, birth
        hall.board.kill()
        hall.board.wait()
        death = status.wait("will", lambda t, o: t.endswith("/status") and not o["online"])
        assert death["conn"] == birth["conn"], death
        status.close()
    finally:
        hall.close()


def nothing_is_written_outside_the_run_directory():
    hall = Hall()
    try:
        hall.connected()
        hall.call("1", "А001")
        wait_for("shown", lambda: any(d["ticket"] == "А001" for d in hall.status()["desks"]))
        written = set()
        for fd in os.listdir(f"/proc/{hall.board.pid}/fd"):
            try:
                path = os.readlink(f"/proc/{hall.board.pid}/fd/{fd}")
                with open(f"/proc/{hall.board.pid}/fdinfo/{fd}") as f:
                    flags = int(f.read().split("flags:")[1].split()[0], 8)
            except FileNotFoundError:
                continue  # closed meanwhile
            if flags & 3 and path.startswith("/") and not path.startswith(("/dev/", "/memfd:", "/proc/")):
                written.add(path)
        outside = [p for p in written if not p.startswith((hall.rundir, os.path.join(hall.folder, "board.log")))]
        # what the hall file itself names (shared screens, the trace of the chime) lies beside it
        named = [s.get("path") for s in hall.file["screens"]] + [c.get("file") for c in hall.file["chimes"]]
        outside = [p for p in outside if os.path.relpath(p, hall.folder) not in named]
        assert not outside, outside
    finally:
        hall.close()


def an_idle_board_hardly_wakes():
    """In 20 idle seconds: the minute of the clock, one hello and one health message of the half minute, no more."""
    def calm(file):
        file["notices"] = file["notices"][:1]
        file["buses"], file["chimes"] = [], []
        file["calls"] = {"dwell_ms": 1000, "highlight": "steady"}
        for desk in file["desks"]:
            desk.pop("led", None)

    def wakeups(pid):
        with open(f"/proc/{pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches"))

    hall = Hall(edit=calm)
    try:
        hall.connected()
        receipts = Listener(hall.broker, hall.board_topic + "/receipt")
        hall.call("1", "А001")
        receipts.wait("receipt", lambda t, o: o["ticket"] == "А001")
        frames = hall.status()["screens"][0]["frames"]
        wait_for("the panel is dark", lambda: hall.status()["screens"][0]["frames"] > frames)
        time.sleep(1)  # the other buffer is repaired, the health message is out
        before = wakeups(hall.board.pid)
        time.sleep(20)
        woken = wakeups(hall.board.pid) - before
        assert woken <= 5, f"{woken} wake-ups in 20 s"  # a minute's tick also flips two screens
        print(f"        {woken} wake-ups in 20 s")
        receipts.close()
    finally:
        hall.close()


def the_health_of_the_largest_hall_comes_through():
    """256 desks with the longest ids on 16 buses whose gateways refuse, and what the file allows besides."""
    def largest(file):
        file["zones"] = file["zones"][:1]
        file["screens"] = [dict(file["screens"][0], id=f"{i:x<32}", path=f"screen-{i}", zones=["front"]) for i in range(8)]
        file["chimes"] = [{"id": f"{i:x<32}", "driver": "trace", "file": f"chime-{i}"} for i in range(8)]
        file["buses"] = [{"id": f"{i:x<32}", "device": f"tcp://127.1.0.{1 + i}:1"} for i in range(16)]
        file["desks"] = [{"id": f"{i:x<32}", "label": str(i), "zone": "front",
                          "led": {"bus": file["buses"][i // 16]["id"], "unit": 1 + i % 16, "profile": "dm56a04"}}
                         for i in range(256)]
    hall = Hall(largest)
    try:
        hall.connected()
        health = Listener(hall.broker, hall.board_topic + "/health")
        told = health.wait("health", lambda t, o: sum(o["outlet"].startswith("led/") for o in o["outlets"]) == 256 and "shortened" in o)
        assert len(told["outlets"]) == 8 + 256 + 8, len(told["outlets"])
        leds = [o for o in told["outlets"] if o["outlet"].startswith("led/")]
        assert "check the gateway" in leds[0]["detail"], leds[0]
        assert 0 < sum("detail" not in o for o in leds) == told["shortened"], told
        print(f"        {len(json.dumps(told, separators=(',', ':')))} bytes, {told['shortened']} details left out")
        assert "is left out" not in hall.log("board")
        health.close()
    finally:
        hall.close()


def a_wall_that_nobody_can_read_is_refused_unless_that_is_known():
    hall = Hall()
    try:
        hall.connected()
        hall.file["screens"][0]["farthest_m"] = 30
        hall.write()
        check = [os.path.join(BUILD, "kezekd"), "-n", "-c", hall.path]
        result = subprocess.run(check, capture_output=True, text=True, timeout=GUARD_S)
        refusal = "screens[0]: the called number cannot be read from the farthest seat"
        assert result.returncode == 78 and refusal in result.stdout, result
        answer = hall.ask({"cmd": "reload"})
        assert not answer["ok"] and answer["error"].startswith(refusal), answer
        assert "a screen of " in answer["error"], answer
        assert refusal in hall.log("board") and hall.status()["ok"]
        hall.file["screens"][0]["accept_illegible"] = True
        hall.reload()
        hall.connected()
        assert subprocess.run(check, capture_output=True, timeout=GUARD_S).returncode == 0
    finally:
        hall.close()


def kezekd_checks_a_file_and_exits_78_with_every_error():
    hall = Hall()
    try:
        hall.file["desks"][1]["led"]["unit"] = hall.file["desks"][0]["led"]["unit"]
        hall.file["desks"][2]["led"]["unit"] = 248
        hall.file["colour"] = "blue"
        hall.write()
        result = subprocess.run([os.path.join(BUILD, "kezekd"), "-n", "-c", hall.path], capture_output=True, text=True,
                                timeout=GUARD_S)
        assert result.returncode == 78, result
        for path in ("desks[1].led", "desks[2].led.unit", "colour"):
            assert path in result.stderr, result.stderr
        good = subprocess.run([os.path.join(BUILD, "kezekd"), "-n", "-c",
                               os.path.join(SOURCE, "board/halls/open-almaty.json")], capture_output=True, text=True,
                              timeout=GUARD_S)
        assert good.returncode == 0, good
    finally:
        hall.close()


run([
    a_call_by_hand_is_shown_sounded_and_receipted,
    a_server_that_turns_out_to_be_full_is_told_of_at_once,
    the_full_profile_converges_and_says_when_the_truth_is_lost,
    bad_messages_are_refused_one_by_one_and_stop_nothing,
    a_publisher_of_another_make_is_understood,
    the_demo_page_answers_a_newcomer_in_a_browser,
    the_demo_page_takes_every_order_that_its_manual_shows,
    the_console_page_tells_and_does_what_a_technician_wants,
    the_link_comes_back_when_it_is_killed,
    receipts_wait_for_a_link_that_starts_again,
    a_wrong_file_at_reload_is_refused_whole_and_a_good_one_taken,
    nothing_of_a_killed_board_stays_behind,
    a_screen_that_shows_no_calls_is_in_no_receipt,
    a_call_is_spoken_behind_its_chime,
    a_voice_that_is_killed_costs_one_voice_and_comes_back,
            a_notice_ends_when_it_said,
    a_screen_sleeps_outside_its_hours_but_not_in_the_face_of_a_visitor,
    a_test_picture_hides_the_calls_and_their_receipts_say_so,
    a_screen_whose_output_is_not_there_is_told_of_once_and_stops_nothing,
    every_call_ends_in_a_receipt,
    a_link_that_hangs_does_not_make_the_board_spin,
    a_flood_of_calls_owes_and_gets_a_receipt_for_each,
    control_clients_that_misbehave_hurt_only_themselves,
    the_first_hall_runs_without_its_devices_and_reports_them_absent,
    a_broker_that_is_not_there_is_said_once_and_waited_for,
    birth_and_death_stand_retained_at_the_broker,
    nothing_is_written_outside_the_run_directory,
    an_idle_board_hardly_wakes,
    the_health_of_the_largest_hall_comes_through,
    kezekd_checks_a_file_and_exits_78_with_every_error,
    a_wall_that_nobody_can_read_is_refused_unless_that_is_known,
])
