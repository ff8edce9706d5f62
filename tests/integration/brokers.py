#!/usr/bin/python3
"""The board with brokers of other makes, and with networks of bad manners."""
import ctypes
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import BUILD, GUARD_S, SOURCE, Hall, Listener, Skipped, free_port, install_node, is_open, run, wait_for
from makes import Aedes, Mosquitto, Nats, Rabbit

# ---- the same for each ------------------------------------------------------------------------------------------------


def publishers(port, version):
    """The words that publish by software of three makes; topic and payload go behind the first of a pair."""
    js = ["node", os.path.join(SOURCE, "tests/integration/node/publish.js"), str(port)]
    paho = ["/usr/bin/python3", os.path.join(SOURCE, "tests/integration/peers/paho_publish.py"), str(port)]
    word = {4: "3.1.1", 5: "5"}[version]
    return {
        "mosquitto_pub": lambda t, p: ["mosquitto_pub", "-p", str(port), "-q", "1", "-t", t, "-m", p],
        "paho": lambda t, p: [*paho, t, p, word],
        "MQTT.js": lambda t, p: [*js, t, p, word],
    }


def shows(hall, ticket, when):
    wait_for(f"{ticket} is shown {when}", lambda: any(d["ticket"] == ticket for d in hall.status()["desks"]))


def serve(hall, version):
    """Birth, calls by everybody, and the queue server of the full profile with a receipt."""
    said = Listener(hall.broker, hall.board_topic + "/receipt", hall.board_topic + "/status")
    try:
        hall.connected()
        assert hall.status()["link"]["mqtt"] == version, hall.status()["link"]
        said.wait("birth", lambda t, o: t.endswith("/status") and o["online"])
        environment = install_node()
        for number, (name, words) in enumerate(publishers(hall.broker.port, version).items()):
            ticket = f"К{number:03}"
            event = json.dumps({"v": 1, "type": "call", "desk": "2", "ticket": ticket})
            subprocess.run(words(hall.prefix + "/event", event), check=True, timeout=GUARD_S, env=environment,
                           stdin=subprocess.DEVNULL)
            shows(hall, ticket, f"after {name}")
        hall.page = free_port()
        sim = hall.start("sim", os.path.join(BUILD, "kezek-sim"), "-c", hall.path, "--listen", f"127.0.0.1:{hall.page}",
                         "--pace", "off")
        wait_for("the page of the queue server is there", lambda: is_open(hall.page))
        wait_for("the full profile", lambda: hall.status()["feed"]["profile"] == "full")
        hall.fresh()
        said.seen.clear()
        hall.page_post("/api/desk", {"desk": "3", "action": "call"})
        said.wait("receipt of the full profile's call", lambda t, o: o.get("desk") == "3" and o["seq"] > 0)
        sim.terminate()
        sim.wait()
    finally:
        said.close()


def come_back(hall):
    """The broker dies by SIGKILL and starts again: the next call is shown."""
    hall.broker.stop()
    wait_for("the loss is noticed", lambda: not hall.status()["link"]["connected"])
    hall.broker.start()
    hall.connected()
    hall.call("4", "А044")
    shows(hall, "А044", "after the broker's death")


def suite(make, protocol="auto"):
    hall = Hall(edit=lambda file: file["broker"].update(protocol=protocol), make_broker=make)
    try:
        serve(hall, 4 if protocol == "3.1.1" else hall.broker.version)
        come_back(hall)
    finally:
        hall.close()


def mosquitto_by_mqtt_5():
    suite(Mosquitto)


def mosquitto_by_mqtt_3_1_1():
    suite(Mosquitto, "3.1.1")


def nats():
    suite(Nats)


def rabbitmq():
    suite(Rabbit)


def aedes():
    suite(Aedes)


# ---- bad manners ------------------------------------------------------------------------------------------------------


def hide_name_server(path):
    """In a child: its name server is the one in this file."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_namespace, private, bind = 0x20000, 0x44000, 0x1000
    for failed in (libc.unshare(new_namespace), libc.mount(None, b"/", None, private, None),
                   libc.mount(path.encode(), b"/etc/resolv.conf", None, bind, None)):
        if failed:
            raise OSError(ctypes.get_errno(), "cannot hide the name server")


def can_hide_name_server():
    try:
        return subprocess.run(["true"], preexec_fn=lambda: hide_name_server("/etc/resolv.conf"), check=False).returncode == 0
    except subprocess.SubprocessError:
        return False


class HallWithoutNames(Hall):
    def start(self, name, *command, before_exec=lambda: None):
        path = os.path.join(self.folder, "resolv.conf")
        with open(path, "w") as f:
            f.write("nameserver 127.66.0.1\noptions timeout:1 attempts:2\n")
        return super().start(name, *command, before_exec=lambda: hide_name_server(path))


def a_name_server_that_does_not_answer_costs_the_board_nothing():
    if not can_hide_name_server():
        raise Skipped("needs root, and a root folder that is a mount, to hide the name server")
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
        assert f"{password.name}: anybody on this board may use it" in hall.log("board")
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
    mosquitto_by_mqtt_5,
    mosquitto_by_mqtt_3_1_1,
    nats,
    rabbitmq,
    aedes,
    a_name_server_that_does_not_answer_costs_the_board_nothing,
    a_poisonous_broker_is_named_and_passed_over,
])
