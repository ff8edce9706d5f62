#!/usr/bin/python3
"""What goes wrong on the wires of LED boards, on real programs: what the technician reads meanwhile, and that the right text is on
the glass afterwards."""
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from harness import BUILD, GUARD_S, Glass, Hall, die_with_parent, led_hall, run, wait_for

ALL_SILENT = "none of its 6 boards replies; check their power, A against B, and 9600 8N1 on all"
ALL_DAMAGED = "the replies of all 6 boards are damaged or missing; check termination, bias and common wire"

# A kind of fault that befalls every request, and what `kezekctl led list` says of it.
FAULTS = [
    ("lost", "bus west .*" + ALL_SILENT),
    ("mute", "bus west .*" + ALL_SILENT),
    ("late", "bus west .*" + ALL_SILENT),
    ("stale", "bus west .*" + ALL_DAMAGED),
    ("wrong-unit", "bus west .*" + ALL_SILENT),
    ("noise", "bus west .*" + ALL_DAMAGED),
    ("garbage-before", "damaged"),
    ("garbage-after", "led west/.*no reply"),
    ("half", "bus west .*" + ALL_SILENT),
    ("refuse", r"led west/16 above desk 1: refuses what it is given; is its profile \(owen-smi2\) right\?"),
    ("echo", "bus west .*hears itself"),  # and all boards work: below
    ("babble", "bus west .*that nobody else talks on it"),
    ("reboot", "bus west .*" + ALL_SILENT),
    ("unplug", "bus west .*check the adapter, its plug and the name of its device"),
]


def advice(hall):
    """What `kezekctl led list` says to look at, on one line."""
    return " ".join(hall.ctl("led", "list").stdout.partition("Look at:")[2].split())


def call(hall, desk, ticket):
    reply = hall.ask({"cmd": "event", "type": "call", "desk": desk, "ticket": ticket})
    assert reply["ok"], reply


def one_fault(row):
    kind, told = row
    hall = led_hall(None, "--fault", f"{kind}=1000") if kind != "unplug" else led_hall()
    try:
        if kind == "unplug":
            hall.page_post("/api/faults", {"faults": {"unplug": 1000}})
        glass = Glass(hall)
        call(hall, "1", "А042")
        call(hall, "7", "А107")
        wait_for(f"{kind}: the list says {told}", lambda: re.search(told, " ".join(hall.ctl("led", "list").stdout.split())),
                 pause=0.2)
        if kind == "echo":
            glass.wait("echo: the text is on the glass all the same", "1", lambda led: led["text"] == "A042")
        assert hall.page_post("/api/faults", {"faults": {}})["ok"]
        for desk, text in (("1", "A042"), ("7", "A107")):
            glass.wait(f"{kind}: {text} is on the glass", desk, lambda led, text=text: led["text"] == text)
            wait_for(f"{kind}: {text} is known to be shown", lambda desk=desk, text=text: hall.unit(desk)["shown"] == text)
        wait_for(f"{kind}: nothing is left to look at", lambda: not re.search("led (west|east)|bus (west|east)", advice(hall)), pause=0.2)
    finally:
        hall.close()


def each_fault_is_told_and_the_right_text_is_on_the_glass_afterwards():
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(one_fault, FAULTS))


def wrong_faults_are_refused_with_what_would_be_right():
    for fault in ("noise", "noise=", "noise=1001", "noise=-1", "noise=1x", "=5", "gremlins=5", "noise=20,lost=3"):
        sim = subprocess.run([os.path.join(BUILD, "kezek-sim"), "--fault", fault], capture_output=True, text=True, timeout=GUARD_S,
                             check=False)
        assert sim.returncode == 64 and f"--fault {fault} is no KIND=PERMILLE, as in noise=20" in sim.stderr, (fault, sim)


def an_unplugged_adapter_is_told_of_and_comes_back_and_stops_nothing_else():
    hall = led_hall()
    try:
        hall.boards_answer()
        glass = Glass(hall)
        device = os.path.join(hall.folder, "bus-west")
        before = os.readlink(device)
        call(hall, "1", "А042")
        glass.wait("the first ticket is on the glass", "1", lambda led: led["text"] == "A042")
        assert hall.page_post("/api/bus", {"bus": "west", "plugged": False})["ok"]
        assert not os.path.lexists(device)
        wait_for("the list says so", lambda: re.search("bus west .*check the adapter, its plug", advice(hall)), pause=0.2)
        for order in (("identify", "1"), ("identify", "all"), ("show", "1", "8888")):
            told = hall.ctl("led", *order)
            assert told.returncode == 1 and re.search("desk [1-6]: .*check the adapter", told.stderr), (order, told)
        listed = hall.ctl("led", "list").stdout
        assert all(re.search(fr"^{desk} +west/\d+ +no bus", listed, re.M) for desk in range(1, 7)), listed
        call(hall, "1", "А043")  # not shown anywhere but on the walls
        call(hall, "7", "А107")
        glass.wait("the other bus goes on", "7", lambda led: led["text"] == "A107")
        frames = hall.status()["screens"][0]["frames"]
        call(hall, "2", "А044")
        wait_for("the walls go on", lambda: hall.status()["screens"][0]["frames"] > frames)
        assert hall.page_post("/api/bus", {"bus": "west", "plugged": True})["ok"]
        assert os.readlink(device) and before.startswith("/dev/pts/")
        glass.wait("what was called meanwhile is on the glass", "1", lambda led: led["text"] == "A043")
        glass.wait("… above the next desk, too", "2", lambda led: led["text"] == "A044")
        hall.buses_are_open()
        assert hall.log("board").count("bus-west is lost") == 1, hall.log("board")
    finally:
        hall.close()


def a_scan_whose_adapter_vanishes_ends_with_what_it_has_found():
    hall = led_hall()
    try:
        hall.boards_answer()
        scan = subprocess.Popen([os.path.join(BUILD, "kezekctl"), "led", "scan", "west"], env=hall.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("it has found the boards of the bus", lambda: len(hall.job("west")["found"]) >= 6)
        hall.page_post("/api/bus", {"bus": "west", "plugged": False})
        said, complaint = scan.communicate(timeout=GUARD_S)
        assert scan.returncode == 1 and "check the adapter" in complaint, (said, complaint)
        assert all(re.search(fr"^ *{unit}  9600 8N1  owen-smi2", said, re.M) for unit in range(16, 22)), said
        refused = hall.ctl("led", "scan", "west")
        assert refused.returncode == 1 and "its adapter or gateway must be there" in refused.stderr, refused
        hall.page_post("/api/bus", {"bus": "west", "plugged": True})
        hall.buses_are_open()
        assert "1 found" in hall.ctl("led", "scan", "west", "--from", "16", "--to", "16").stdout
    finally:
        hall.close()


# ---- a gateway behind a cable, in a network of our own ----

CABLE = "kezek0", "10.99.7.1/24", "kezek1", "10.99.7.2/24"  # here, and at the gateway


def serve_client(client, registers):
    with client, client.makefile("rb") as requests:
        while len(head := requests.read(8)) == 8:
            number, _, length, unit, function = struct.unpack(">HHHBB", head)
            body = requests.read(length - 2)
            first, count = struct.unpack(">HH", body[:4]) if len(body) >= 4 else (0, 0)
            if function not in (3, 6, 16):
                function, answer = function | 0x80, b"\1"
            elif function == 3:
                values = [registers.get((unit, first + i), 0) for i in range(count)]
                answer = struct.pack(f">B{count}H", 2 * count, *values)
            else:
                values = struct.unpack(f">{count}H", body[5:]) if function == 16 else [count]
                registers.update({(unit, first + i): value for i, value in enumerate(values)})
                answer = body[:4]
            if unit <= 6:
                client.sendall(struct.pack(">HHHBB", number, 0, 2 + len(answer), unit, function) + answer)


def serve_as_gateway():
    """Modbus TCP, boards 1 to 6: what is written by functions 6 and 16 is kept, and read by 3."""
    registers = {}
    server = socket.create_server(("", 502))
    while True:
        # one that has vanished stays until the kernel says so
        threading.Thread(target=serve_client, args=(server.accept()[0], registers), daemon=True).start()


class Cable:
    """A network with nothing but a gateway at the other end."""
    def __init__(self):
        self.peer = subprocess.Popen(["unshare", "-n", sys.executable, os.path.abspath(__file__), "gateway"], preexec_fn=die_with_parent)
        wait_for("the gateway has its own network", lambda: os.readlink(f"/proc/{self.peer.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        here, address, there, its_address = CABLE
        self.ip(f"link set lo up;link add {here} type veth peer name {there} netns {self.peer.pid};"
                f"addr add {address} dev {here};link set {here} up")
        self.ip(f"addr add {its_address} dev {there};link set {there} up", at_gateway=True)

    def ip(self, commands, at_gateway=False):
        enter = ["nsenter", "-t", str(self.peer.pid), "-n"] if at_gateway else []
        for command in commands.split(";"):
            subprocess.run([*enter, "ip", *command.split()], check=True, timeout=GUARD_S)

    def plug(self, is_in):
        self.ip(f"link set {CABLE[2]} {'up' if is_in else 'down'}", at_gateway=True)

    def close(self):
        self.peer.kill()
        self.peer.wait()


def vanish_and_come_back():
    def edit(file):
        file["buses"][1]["device"] = "tcp://" + CABLE[3].partition("/")[0]
    cable = Cable()
    hall = Hall(edit)
    shows = lambda text: lambda: hall.unit("7")["shown"] == text
    try:
        for ticket in ("А107", "А108"):  # the second time nothing is under way: only keep-alives can find out
            wait_for("the gateway is there", lambda: hall.status()["buses"][1]["open"])
            call(hall, "7", ticket)
            wait_for("the ticket is shown", shows(ticket.replace("А", "A")))
            cable.plug(False)
            if ticket == "А107":
                call(hall, "7", "А000")
            wait_for("the bus says so", lambda: not hall.status()["buses"][1]["open"], seconds=2 * GUARD_S)
            assert re.search("bus east .*check the gateway, its address and its network cable", advice(hall)), advice(hall)
            call(hall, "8", ticket)
            cable.plug(True)
            wait_for("it comes back, and with it what was called", lambda: hall.unit("8")["shown"] == ticket.replace("А", "A"))
        assert hall.log("board").count("10.99.7.2 is lost: the gateway hung up, or is out of reach") == 2, hall.log("board")
    finally:
        hall.close()
        cable.close()


def a_gateway_that_vanishes_without_a_word_is_told_of_and_comes_back():
    """Its cable is pulled: no FIN, no RST, nothing is acknowledged any more."""
    if subprocess.run(["unshare", "-rn", "true"], check=False, timeout=GUARD_S).returncode != 0:
        print("        left out: this machine allows no network of one's own")
        return
    apart = subprocess.run(["unshare", "-rn", sys.executable, os.path.abspath(__file__), "apart"], capture_output=True, text=True,
                           timeout=8 * GUARD_S, check=False)
    assert apart.returncode == 0, apart.stdout + apart.stderr


APART = {"gateway": serve_as_gateway, "apart": vanish_and_come_back}
if __name__ == "__main__" and sys.argv[1:2] and sys.argv[1] in APART:
    APART[sys.argv[1]]()
elif __name__ == "__main__":
    run([
        a_gateway_that_vanishes_without_a_word_is_told_of_and_comes_back,
        each_fault_is_told_and_the_right_text_is_on_the_glass_afterwards,
        wrong_faults_are_refused_with_what_would_be_right,
        an_unplugged_adapter_is_told_of_and_comes_back_and_stops_nothing_else,
        a_scan_whose_adapter_vanishes_ends_with_what_it_has_found,
    ])
