"""The emulated board and what stands around it: LED boards of another make at the other end of its serial adapter, a queue
server, and a second board on this machine, on the same broker.

The second board is the measure of the pictures. It has the same hall file but for its devices: screens in memory of the same
modes and rotations, painted by the same renderer, which tests/golden holds to pictures that people have looked at. It hears the
same messages and reads the same clock, so that what the emulated board scans out is right if it is the same, bit for bit.
Each of the two paints when it comes to it; so equality is waited for, and is never approximate.

What a board has seen but a snapshot does not tell (which calls shared the wall, that one was a recall) is gone after a kill:
then the measure is a second board that starts from the same snapshot.
"""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request

from harness import BUILD, RAM, SOURCE, Broker, Listener, die_with_parent, free_port, wait_for
from machine import Machine, shared_picture, write_png

HERE = os.path.dirname(os.path.abspath(__file__))
WALLS = ("main", "portrait")  # on gpu0 and gpu1
LED_UNITS = "123"  # as the desks
FOLD = str.maketrans("АЕ", "AE")  # the server's letters for the two agencies, as seven segments show them


class GuestBroker(Broker):
    """The broker inside the guest, at the forwarded port."""

    def __init__(self, port):  # pylint: disable=super-init-not-called
        self.port = port


class Slaves:
    """LED boards on the adapter's line, by pymodbus."""

    def __init__(self, pty, units, log):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-B", os.path.join(SOURCE, "tests/integration/peers/pymodbus_slave.py"), pty, "9600",
             *(f"{unit}:16" for unit in units)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            preexec_fn=die_with_parent)
        assert self.process.stdout.readline() == "ready\n"

    def text(self, unit):
        """What the board shows, from its registers."""
        self.process.stdin.write(f"dump {unit} 0 4\n")
        self.process.stdin.flush()
        return "".join(chr(int(word) & 127) for word in self.process.stdout.readline().split())

    def close(self):
        self.process.kill()
        self.process.wait()


class Room:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="kezek-hil.", dir=RAM)
        with open(os.path.join(HERE, "guest/hall.json")) as f:
            self.file = json.load(f)
        self.prefix = f"kezek/v1/{self.file['hall']}"
        self.topic = f"{self.prefix}/board/{self.file['board']}"
        self.page = free_port()
        self.machine = self.slaves = self.server = self.peer = None
        self.broker = self.receipts = self.console = None

    def open(self, image):
        self.machine = Machine(image, self.folder)
        self.broker = GuestBroker(self.machine.port)
        self.machine.power_on()
        self.powered()
        self.write_peer()
        self.server = self.start("kezek-sim", "--pace", "off", "--listen", f"127.0.0.1:{self.page}")
        self.peer = self.start("kezekd")
        self.start_board()

    def powered(self):
        """What starts with the power: LED boards that remember nothing, the broker, the text console."""
        if self.slaves:
            self.slaves.close()
            self.receipts.close()
        self.slaves = Slaves(self.machine.serial, LED_UNITS, open(os.path.join(self.folder, "slaves"), "a"))
        self.machine.must("broker")
        self.receipts = Listener(self.broker, f"{self.topic}/receipt")
        self.machine.must("echo 'The text console of the emulated board.' >/dev/tty1")
        self.console = self.machine.picture(0)

    # ---- the board on this machine and the queue server ------------------------------------------------------------------

    def write_peer(self):
        """Its hall file, without the devices."""
        file = json.loads(json.dumps(self.file))
        file["board"] = "peer"
        file["broker"]["urls"] = [f"mqtt://127.0.0.1:{self.machine.port}"]
        file["buses"], file["chimes"] = [], []
        for desk in file["desks"]:
            desk.pop("led", None)
        for screen in file["screens"]:
            size = screen.pop("mode").split("@")[0]
            for key in ("output", "hours", "kms"):
                screen.pop(key, None)
            screen.update(driver="memory", size=size, path="screen-" + screen["id"])
        with open(os.path.join(self.folder, "hall.json"), "w") as f:
            json.dump(file, f, ensure_ascii=False)

    def start(self, name, *arguments):
        log = open(os.path.join(self.folder, name), "a")
        return subprocess.Popen(
            [os.path.join(BUILD, name), "-c", os.path.join(self.folder, "hall.json"), *arguments], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, env=dict(os.environ, KEZEK_RUNDIR=os.path.join(self.folder, "run")),
            preexec_fn=die_with_parent)

    def change_screen(self, wall, **keys):
        """In both hall files, None: away with the key. The emulated board reloads, the other one starts again."""
        screen = self.file["screens"][wall]
        screen.update(keys)
        for key in [key for key, value in screen.items() if value is None]:
            screen.pop(key)
        self.write_peer()
        self.restart_peer()
        reloads = self.reloads()
        self.write_file()
        self.machine.must("kezekctl reload")
        wait_for("the hall file is in force", lambda: self.reloads() > reloads)
        self.fresh()

    def write_file(self):
        """The hall file of the emulated board."""
        text = base64.b64encode(json.dumps(self.file).encode()).decode()
        self.machine.must(f"echo {text} | base64 -d >/etc/hall.json")

    def restart_peer(self):
        self.peer.kill()
        self.peer.wait()
        self.peer = self.start("kezekd")

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.page}{path}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def call(self, desk):
        """The server calls somebody to the desk: the receipt of the emulated board."""
        seen = len(self.receipts.poll())
        self.post("/api/desk", {"desk": desk, "action": "call"})
        return wait_for(f"receipt of a call to desk {desk}", lambda: next(
            (o for _, o in self.receipts.poll()[seen:] if o.get("desk") == desk), None), 60)

    def boot(self, image):
        """Another machine in the place of the first, without a chime: libgpiod 1.6 knows no lines of a kernel without the first
        version of its interface (GPIO_CDEV_V1)."""
        self.machine.power_cut()
        self.machine.image = image
        self.file["chimes"] = []
        self.machine.power_on()
        self.powered()
        self.write_file()
        self.write_peer()
        self.restart_peer()
        self.start_board()

    # ---- the emulated board ----------------------------------------------------------------------------------------------

    def start_board(self):
        self.machine.must("board >/dev/console 2>&1 &")
        self.fresh()
        self.wait_status("the chime is ready", lambda s: all(c["state"] == "ready" for c in s["chimes"]))

    def stop_board(self):
        ends = self.ends(0)
        self.machine.must("kill $(pidof kezekd)")
        wait_for("kezekd has ended", lambda: self.ends(0) > ends, 30)

    def ends(self, status):
        """How often kezekd ended with that status."""
        return self.machine.text("console").count(f"kezekd ended with status {status}")

    def reloads(self):
        return self.log().count("reload: /etc/hall.json is in force")

    def fresh(self):
        self.wait_status("the truth is known", lambda s: s["link"]["connected"] and s["feed"]["truth"] == "fresh"
                         and s["feed"]["profile"] == "full")

    def status(self):
        code, output = self.machine.run("kezekctl --json status")
        return json.loads(output) if code == 0 else None

    def wait_status(self, what, condition, seconds=60):
        def holds():
            status = self.status()
            return status and condition(status) and status
        return wait_for(what, holds, seconds, 0.1)

    def wait_screen(self, wall, state, seconds=60):
        """Until a screen is in that state; what is said about it."""
        def screen(status):
            return next(s for s in status["screens"] if s["id"] == WALLS[wall])
        return screen(self.wait_status(f"{WALLS[wall]} is {state}", lambda s: screen(s)["state"] == state, seconds))

    def tickets(self):
        return {d["desk"]: d["ticket"] for d in self.status()["desks"]}

    def led_texts(self):
        """What each LED board must show, by its desk's ticket: text to the right."""
        return [self.tickets()[desk].translate(FOLD).rjust(4) for desk in LED_UNITS]

    def boards_show(self, seconds=60):
        """Waits until each LED board's registers hold its desk's ticket."""
        wait_for("the LED boards show the tickets",
                 lambda: [self.slaves.text(int(desk)) for desk in LED_UNITS] == self.led_texts(), seconds)

    def snapshots(self):
        """Checksums of the PNGs of both walls, as the emulated board and as the other one make them."""
        def sums(run, program):
            return [run(f"{program} screen snapshot {wall} -o - | sha256sum") for wall in WALLS]

        def here(line):
            return subprocess.run(line, shell=True, check=True, capture_output=True, text=True, timeout=20).stdout
        return (sums(self.machine.must, "kezekctl"),
                sums(here, f"{os.path.join(BUILD, 'kezekctl')} -s {os.path.join(self.folder, 'run/control')}"))

    def expected(self, wall):
        return shared_picture(os.path.join(self.folder, "screen-" + WALLS[wall]))

    def dark(self, wall, seconds=60):
        """Waits until nothing is scanned out."""
        wait_for(f"{WALLS[wall]} is dark", lambda: self.machine.is_dark(wall), seconds, 0.1)

    def is_equal(self, wall):
        return self.machine.picture(wall) == self.expected(wall)

    def equal(self, what, seconds=60):
        """Waits until every wall is, pixel by pixel, what the other board shows."""
        for wall, _ in enumerate(WALLS):
            self.equal_on(wall, what, seconds)

    def equal_on(self, wall, what, seconds=60):
        try:
            wait_for(f"{what}: the picture of {WALLS[wall]} is the renderer's", lambda: self.is_equal(wall), seconds, 0.1)
        except AssertionError:
            self.keep_pictures(wall, what)
            raise

    def keep_pictures(self, wall, what):
        for kind, picture in (("seen", self.machine.picture(wall)), ("expected", self.expected(wall))):
            name = f"{what} {WALLS[wall]} {kind}.png".replace(" ", "-")
            write_png(os.path.join(SOURCE, "build-hil", name), picture)

    def log(self):
        return self.machine.text("console") if self.machine else ""

    def close(self):
        for process in (self.peer, self.server):
            if process:
                process.kill()
                process.wait()
        if self.receipts:
            self.receipts.close()
        if self.machine:
            self.machine.power_cut()
        if self.slaves:
            self.slaves.close()
        if os.environ.get("KEEP"):
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
