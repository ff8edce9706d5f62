#!/usr/bin/python3
"""The board with brokers of other makes, and with networks of bad manners."""
import ctypes
import os
import signal
import socket
import tempfile
import threading
import time

from harness import Hall, run, wait_for


def hide_name_server(path):
    """In a child: its name server is the one in this file."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_namespace, private, bind = 0x20000, 0x44000, 0x1000
    for failed in (libc.unshare(new_namespace), libc.mount(None, b"/", None, private, None),
                   libc.mount(path.encode(), b"/etc/resolv.conf", None, bind, None)):
        if failed:
            raise OSError(ctypes.get_errno(), "cannot hide the name server")


class HallWithoutNames(Hall):
    def start(self, name, *command, before_exec=lambda: None):
        path = os.path.join(self.folder, "resolv.conf")
        with open(path, "w") as f:
            f.write("nameserver 127.66.0.1\noptions timeout:1 attempts:2\n")
        return super().start(name, *command, before_exec=lambda: hide_name_server(path))


def a_name_server_that_does_not_answer_costs_the_board_nothing():
    if os.geteuid() != 0:
        print("skipped: needs root to hide the name server")
        return
    black_hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    black_hole.bind(("127.66.0.1", 53))
    password = tempfile.NamedTemporaryFile("w")
    os.chmod(password.name, 0o644)

    def two_brokers(file):
        file["broker"].update(urls=["mqtt://broker.example:1883", *file["broker"]["urls"]], username="board",
                              password_file=password.name)
    hall = HallWithoutNames(edit=two_brokers)
    try:
        wait_for("the name is asked for", lambda: black_hole.recvfrom(512, socket.MSG_PEEK))
        frames, longest, calls = hall.status()["screens"][0]["frames"], 0, 0
        while not hall.status()["link"]["connected"]:
            start, calls = time.monotonic(), calls + 1
            ticket = f"А{calls % 1000:03}"
            hall.ask({"cmd": "event", "type": "call", "desk": "3", "ticket": ticket})
            assert any(d["ticket"] == ticket for d in hall.status()["desks"]), ticket
            longest = max(longest, time.monotonic() - start)
            time.sleep(0.02)
        frames = hall.status()["screens"][0]["frames"] - frames
        print(f"{calls} calls and {frames} frames while the link waited for the name; at most {longest * 1000:.0f} ms")
        assert calls > 20 and frames >= 20, (calls, frames)
        assert longest < 0.9, f"{longest} s: one time-out of the name server is 1 s"
        assert hall.status()["link"]["url"] == hall.file["broker"]["urls"][1], "the next URL is tried"
        assert "anybody on this board may use it" in hall.log("board")
    finally:
        hall.close()
        black_hole.close()


# A CONNACK with a property that MQTT 5 does not know: libmosquitto meets it with an assertion.
POISON = b"\x20\x05\x00\x00\x02\x7e\x00"


def a_poisonous_broker_is_named_and_passed_over():
    poisonous = socket.create_server(("127.0.0.1", 0))
    url = f"mqtt://127.0.0.1:{poisonous.getsockname()[1]}"
    bites = []

    def bite():
        while True:
            try:
                client, _ = poisonous.accept()
            except OSError:
                return
            with client:
                client.recv(512)
                client.sendall(POISON)
                bites.append(client.recv(1))  # until it hangs up

    threading.Thread(target=bite, daemon=True).start()
    hall = Hall(edit=lambda file: file["broker"].update(urls=[url], protocol="5"))
    try:
        wait_for("it is named", lambda: url in hall.status()["link"]["why"])
        assert "malformed packet from the broker" in hall.status()["link"]["why"], hall.status()["link"]
        wait_for("it was tried again", lambda: len(bites) > 2)
        hall.file["broker"]["urls"].append(f"mqtt://127.0.0.1:{hall.broker.port}")
        hall.board.send_signal(signal.SIGTERM)
        hall.board.wait()
        hall.write()
        hall.start_board()
        hall.connected()
        link = hall.status()["link"]
        assert link["starts"] == 1 and link["url"] == hall.file["broker"]["urls"][1], link
    finally:
        poisonous.close()
        hall.close()


run([
    a_name_server_that_does_not_answer_costs_the_board_nothing,
    a_poisonous_broker_is_named_and_passed_over,
])
