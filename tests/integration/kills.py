#!/usr/bin/python3
"""SIGKILL of any process of the service under traffic, as often as KEZEK_KILLS says (40): what the wall shows is true again at once,
and no call sounds twice, not even one that is delivered again after the kill. Nothing is written but in the run directory."""
import os
import random
import signal
import statistics
import time

from harness import GUARD_S, Hall, Listener, children, free_port, run, wait_for

KILLS = int(os.environ.get("KEZEK_KILLS", "40"))
IN_A_ROW = 3  # of children: a fourth one within a minute would wait for longer than a board does


class KilledHall(Hall):
    def __init__(self):
        super().__init__(edit=self.prepare, with_sim=True)
        self.connected()
        self.fresh()
        self.events = Listener(self.broker, self.prefix + "/event")
        self.receipts = Listener(self.broker, self.board_topic + "/receipt")
        self.desk_ids = [d["desk"] for d in self.status()["desks"]]
        self.wanted = {}

    @staticmethod
    def prepare(file):
        file["console"] = {"listen": f"127.0.0.1:{free_port()}"}
        file["calls"] = {**file.get("calls", {}), "dwell_ms": 1000}

    def next_call(self, desk):
        seen = len(self.events.poll())
        self.page_post("/api/desk", {"desk": desk, "action": "call"})
        event = wait_for("the server's call", lambda: next(
            (o for _, o in self.events.poll()[seen:] if o["type"] == "call" and o["desk"] == desk), None))
        self.wanted[desk] = event["ticket"]
        return event

    def is_right(self):
        """Shows what the server says, and knows it."""
        try:
            status = self.status()
        except OSError:
            return False
        shown = {d["desk"]: d["ticket"] for d in status["desks"]}
        return status["link"]["connected"] and status["feed"]["truth"] == "fresh" and all(
            shown[desk] == ticket for desk, ticket in self.wanted.items())

    def kill(self, victim):
        """Seconds until everything is right again."""
        pid = self.board.pid if victim == "board" else wait_for(f"{victim} is there", lambda: self.child(victim))
        start = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        if victim == "board":
            self.board.wait()
            self.start_board()
        wait_for(f"{victim} is there again", lambda: victim == "board" or self.child(victim) not in (None, pid))
        wait_for(f"all is right after the end of {victim}", self.is_right)
        return time.monotonic() - start

    def deliver_again(self, event, results):
        """The receipt that this brings; `results` are those that it may have, since one of the first delivery may still come."""
        def answers():
            return [o for _, o in self.receipts.poll() if o.get("seq") == event["seq"] and o["result"] in results]
        before = len(answers())
        self.broker.publish(self.prefix + "/event", event)
        return wait_for("a receipt for what is delivered again", lambda: answers()[before:])[0]

    def close(self):
        self.events.close()
        self.receipts.close()
        super().close()


def victims(chance):
    in_a_row = 0
    for _ in range(KILLS):
        victim = chance.choice(("board", "link", "console")) if in_a_row < IN_A_ROW else "board"
        in_a_row = 0 if victim == "board" else in_a_row + 1
        yield victim


def whoever_is_killed_is_back_with_the_truth_and_without_a_sound():
    hall = KilledHall()
    chance = random.Random(1)
    took = {"board": [], "link": [], "console": []}
    try:
        for victim in victims(chance):
            event = hall.next_call(chance.choice(hall.desk_ids))
            wait_for("the call is shown", hall.is_right)
            time.sleep(chance.uniform(0, 0.3))  # anywhere in picture, boards and gong
            took[victim].append(hall.kill(victim))
            if victim != "board":
                hall.deliver_again(event, ("duplicate",))
                continue
            receipt = hall.deliver_again(event, ("duplicate", "shown", "partial", "muted_late"))  # the first one's died with it
            played = sum(chime["played"] for chime in hall.status()["chimes"])
            assert played == 0, f"{event['ticket']} sounds again"
            assert receipt["result"] == "duplicate", receipt
        for victim, seconds in filter(lambda kills: kills[1], took.items()):
            print(f"        {victim}: {len(seconds)} kills, right again after {statistics.median(seconds):.2f} s (median), "
                  f"{max(seconds):.2f} s at most")
    finally:
        hall.close()


def pictures(hall):
    return {screen["id"]: screen["picture"] for screen in hall.status()["screens"]}


def the_picture_after_a_kill_is_the_one_before():
    hall = KilledHall()
    try:
        for desk in hall.desk_ids[:3]:
            hall.next_call(desk)
        wait_for("the calls are shown", hall.is_right)

        def is_same():
            before = pictures(hall)
            hall.kill("board")
            end = time.monotonic() + 3
            while pictures(hall) != before and time.monotonic() < end:
                time.sleep(0.05)
            return pictures(hall) == before  # not if a call was new, or a minute ended
        wait_for("the same picture", is_same)
    finally:
        hall.close()


WRITING = "openat,creat,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat,truncate,mknod,mknodat"


def written(trace):
    """The paths that calls which write have named, as strace tells them."""
    for line in trace.splitlines():
        if " = -1 " in line or '"' not in line:
            continue
        if "openat(" in line and "O_WRONLY" not in line and "O_RDWR" not in line and "O_CREAT" not in line:
            continue
        yield line.split('"')[1]


def nothing_is_written_but_in_the_run_directory_and_what_the_hall_file_names():
    """All processes of the service from their start to their end, with a call, a picture and a reload."""
    hall = KilledHall()
    try:
        hall.board.send_signal(signal.SIGTERM)
        hall.board.wait(GUARD_S)
        trace = os.path.join(hall.folder, "trace")
        command = hall.start
        hall.start = lambda name, *words: command(name, "strace", "-f", "-qq", "-o", trace, "-e", "trace=" + WRITING, *words)
        hall.start_board()
        hall.connected()
        hall.fresh()
        hall.next_call(hall.desk_ids[0])
        wait_for("the call is shown", hall.is_right)
        hall.ask({"cmd": "snapshot", "screen": hall.file["screens"][0]["id"]})
        hall.ask({"cmd": "reload"})
        wait_for("right after the reload", hall.is_right)
        os.kill(children(hall.board.pid)[0], signal.SIGTERM)  # the one that strace watches
        hall.board.wait(GUARD_S)
        with open(trace) as f:
            paths = set(written(f.read()))
        named = [os.path.join(hall.folder, path) for path in
                 [s.get("path") for s in hall.file["screens"]] + [c.get("file") for c in hall.file["chimes"]] if path]
        assert any(path.startswith(hall.rundir) for path in paths), paths
        outside = [path for path in paths if not path.startswith((hall.rundir, "/dev/", "/proc/", *named))]
        assert not outside, outside
    finally:
        hall.close()


run([
    whoever_is_killed_is_back_with_the_truth_and_without_a_sound,
    the_picture_after_a_kill_is_the_one_before,
    nothing_is_written_but_in_the_run_directory_and_what_the_hall_file_names,
])
