"""A hall on this machine for tests: the real broker, the real board, and the virtual hall where a test wants it.

Everything runs in a temporary folder and ends with the test. Conditions are waited for, never slept for.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True

SOURCE = os.path.abspath(os.environ.get("KEZEK_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.path.join(SOURCE, os.environ.get("BUILD", "build"))

# The run directory of a real board is memory, too: a disk would be in every figure.
RAM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# When a test gives up: nothing that works takes so long, not even on a machine that builds something else meanwhile. Shorter
# than a minute, since each minute of the clock repairs what an event has missed.
GUARD_S = 30


def die_with_parent():
    """In a child: a test that is killed leaves nothing behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, seconds=GUARD_S, pause=0.02):
    """The first true value of condition(); an AssertionError naming `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(child) for child in f.read().split()]


def cmdline(pid):
    """The words it was started with; [] when it is gone, or going."""
    try:
        with open(f"/proc/{pid}/cmdline") as f:
            return f.read().split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def certificate(folder, kind, name):
    """A key for `kind` (server or client) `name`, by the script that is shipped."""
    subprocess.run([os.path.join(SOURCE, "board/mosquitto/certificates"), folder, kind, name], check=True,
                   timeout=GUARD_S, stdout=subprocess.DEVNULL)


class Broker:
    is_recorded = True  # and judged when the hall closes

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.log = os.path.join(folder, "broker.log")
        self.process = self.record = None
        self.published, self.bad = set(), set()  # (topic, bytes)
        self.prepare()
        self.start()

    def prepare(self):
        self.path = os.path.join(self.folder, "mosquitto.conf")
        with open(self.path, "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                    "max_packet_size 65536\npersistence false\nlog_dest stderr\n")
            if os.getuid() == 0:
                f.write("user root\n")

    def command(self):
        """Its words and its environment."""
        return [shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", self.path], None

    def start(self):
        words, environment = self.command()
        self.process = subprocess.Popen(words, stdout=open(self.log, "a"), stderr=subprocess.STDOUT, env=environment,
                                        stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, start_new_session=True)
        wait_for(f"{words[0]} listens", lambda: is_open(self.port), 90)
        self.record = Record(self) if self.is_recorded else None

    def stop(self):
        self.kill()
        self.process.wait()
        if self.record:
            self.published.update(self.record.poll())
            self.record.close()
            self.record = None

    def kill(self):
        self.process.kill()

    def publish(self, topic, payload, *options):
        if not isinstance(payload, (str, bytes)):
            payload = json.dumps(payload, ensure_ascii=False)
        if isinstance(payload, str):
            payload = payload.encode()
        subprocess.run(["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", topic, *options,
                        *(["-s"] if payload else ["-n"])], input=payload, check=True, timeout=GUARD_S,
                       stderr=subprocess.DEVNULL)

    def publish_bad(self, topic, payload):
        """What the schemas refuse, and they must."""
        self.bad.add((topic, payload))
        self.publish(topic, payload)

    def defects(self):
        """Ends it, when all who publish have ended: what is wrong with what was published, TOPIC: WHY: PAYLOAD."""
        if self.record and self.process.poll() is None:
            self.record.hear_to_the_end()
        self.stop()
        if not self.published:
            return []
        sys.path.insert(0, os.path.join(SOURCE, "tests/checks"))
        import judge  # pylint: disable=import-outside-toplevel; measuring needs none of its packages
        found = []
        for topic, payload in sorted(self.published):
            why = judge.published(topic, payload)
            if (topic, payload) in self.bad:
                why = None if why else "bad, and nothing is wrong with it"
            if why:
                found.append(f"{topic}: {why}: {payload[:400].decode(errors='replace')}")
        return found


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Listener:
    """What the broker delivers on some topics, as (topic, object) pairs."""
    payload = "%p"  # as mosquitto_sub prints it, in one line

    def __init__(self, broker, *topics):
        self.broker = broker
        command = ["mosquitto_sub", "-p", str(broker.port), "-q", "1", "-F", f"%t {self.payload}", "-v"]
        for topic in topics:
            command += ["-t", topic]
        self.ready = f"kezek-test/{os.getpid()}/{id(self)}"
        command += ["-t", self.ready]
        self.output = tempfile.TemporaryFile(dir=RAM)  # a pipe would be full one day, and the broker would drop
        self.process = subprocess.Popen(command, stdout=self.output, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.size = 0
        self.buffer = b""
        self.seen = []
        self.hear_to_the_end("listener is subscribed")

    def hear_to_the_end(self, what="all is heard"):
        """Of what was published before."""
        self.is_ready = False

        def is_there():
            try:
                self.broker.publish(self.ready, "{}")
            except subprocess.CalledProcessError:  # a broker that has not found itself yet
                return False
            self.poll()
            return self.is_ready
        wait_for(what, is_there)

    def poll(self):
        while chunk := os.pread(self.output.fileno(), 1 << 20, self.size):
            self.size += len(chunk)
            self.buffer += chunk
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            topic, _, payload = line.partition(b" ")
            if topic.decode() == self.ready:
                self.is_ready = True
            else:
                self.seen.append((topic.decode(), self.read(payload)))
        return self.seen

    def read(self, payload):
        return json.loads(payload)

    def wait(self, what, match, seconds=GUARD_S):
        """The first message for which match(topic, object) holds."""
        return wait_for(what, lambda: next((o for t, o in self.poll() if match(t, o)), None), seconds)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.output.close()


class Record(Listener):
    """What is published in every hall, as (topic, bytes) pairs."""
    payload = "%x"

    def __init__(self, broker):
        super().__init__(broker, "kezek/v1/#")

    def read(self, payload):
        return bytes.fromhex(payload.decode())


class Hall:
    def __init__(self, edit=None, with_sim=False, hall_file="sim/demo.json", sim_arguments=("--pace", "off"),
                 make_broker=None):
        self.folder = tempfile.mkdtemp(prefix="kezek-test.", dir=RAM)
        self.rundir = os.path.join(self.folder, "run")
        self.broker = (make_broker or Broker)(self.folder)
        with open(os.path.join(SOURCE, hall_file)) as f:
            self.file = json.load(f)
        self.file.pop("$schema", None)
        self.file["broker"]["urls"] = [f"mqtt://127.0.0.1:{self.broker.port}"]
        self.file.pop("console", None)
        if edit:
            edit(self.file)
        self.prefix = f"kezek/v1/{self.file['hall']}"
        self.board_topic = f"{self.prefix}/board/{self.file['board']}"
        self.path = os.path.join(self.folder, "hall.json")
        self.write()
        self.environment = dict(os.environ, KEZEK_RUNDIR=self.rundir)
        self.processes = []
        self.board = self.sim = None
        if with_sim:
            self.page = free_port()
            self.sim = self.start("sim", os.path.join(BUILD, "kezek-sim"), "-c", self.path, "--listen",
                                  f"127.0.0.1:{self.page}", *sim_arguments)
        self.start_board()

    def write(self):
        with open(self.path, "w") as f:
            json.dump(self.file, f, ensure_ascii=False)

    def start(self, name, *command, before_exec=lambda: None):
        log = open(os.path.join(self.folder, name + ".log"), "a")
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   preexec_fn=lambda: (die_with_parent(), before_exec()))
        self.processes.append(process)
        return process

    def start_board(self):
        self.board = self.start("board", os.path.join(BUILD, "kezekd"), "-c", self.path)
        wait_for("control socket answers", self.is_answering)

    def is_answering(self):
        if self.board.poll() is not None:
            raise AssertionError(f"kezekd ended with status {self.board.returncode}:\n{self.log('board')}")
        try:
            return self.ask({"cmd": "status"}).get("ok")
        except OSError:
            return False

    def log(self, name):
        with open(os.path.join(self.folder, name + ".log")) as f:
            return f.read()

    def socket(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(GUARD_S)
        s.connect(os.path.join(self.rundir, "control"))
        return s

    def ask(self, request):
        """The line that answers it; what follows (a picture) may have come with it."""
        with self.socket() as s:
            s.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
            answer = b""
            while b"\n" not in answer:
                chunk = s.recv(65536)
                if not chunk:
                    raise OSError("control socket closed")
                answer += chunk
        return json.loads(answer.split(b"\n", 1)[0])

    def status(self):
        return self.ask({"cmd": "status"})

    def unit(self, desk):
        for bus in self.status()["buses"]:
            for unit in bus["units"]:
                if unit["desk"] == desk:
                    return unit
        raise KeyError(desk)

    def child(self, name):
        """The process id of "link" or "console"; None: it does not run."""
        return next((pid for pid in children(self.board.pid) if cmdline(pid)[:1] == [f"kezek-{name}"]), None)

    def connected(self):
        wait_for("link is connected", lambda: self.status()["link"]["connected"])

    def buses_are_open(self):
        wait_for("the buses are open", lambda: all(bus["open"] for bus in self.status()["buses"]))

    def ctl(self, *words, answers="", seconds=GUARD_S):
        """What a technician types."""
        return subprocess.run([os.path.join(BUILD, "kezekctl"), *words], input=answers, capture_output=True, text=True,
                              timeout=seconds, env=self.environment, check=False)

    def job(self, bus):
        return self.ask({"cmd": "led-job", "bus": bus})["job"]

    def reload(self):
        """The file as it is edited now comes into force."""
        self.write()
        reply = self.ask({"cmd": "reload"})
        assert reply["ok"], reply

    def fresh(self):
        wait_for("the queue server is heard", lambda: self.status()["feed"]["truth"] == "fresh")

    def boards_answer(self):
        """Every LED board of the hall has confirmed something."""
        wait_for("LED boards answer", lambda: all(
            u["certainty"] != "unknown" and not u["dead"] for b in self.status()["buses"] for u in b["units"]))

    def call(self, desk, ticket, **more):
        self.broker.publish(f"{self.prefix}/event", {"v": 1, "type": "call", "desk": desk, "ticket": ticket, **more})

    def page_get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.page}{path}", timeout=GUARD_S) as answer:
            return answer.read()

    def page_post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.page}{path}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=GUARD_S) as answer:
            return json.loads(answer.read() or b"{}")

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        defects = self.broker.defects()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
        judged["published"] += len(self.broker.published)
        judged["bad"] += len(self.broker.bad & self.broker.published)
        for defect in defects[:5]:
            print(f"        {defect}")
        if defects and not sys.exc_info()[0]:
            raise AssertionError(f"{len(defects)} of {len(self.broker.published)} messages are wrong by their schemas: {defects[0]}")


def led_hall(edit=None, *sim_arguments):
    """The demo hall for tests of its LED boards: nobody calls but the test."""
    hall = Hall(edit, with_sim=True, sim_arguments=("--pace", "off", "--no-server", *sim_arguments))
    try:
        hall.buses_are_open()
    except BaseException:
        hall.close()
        raise
    return hall


class Glass:
    """What the simulated boards show, as eyes see it: the page's stream of changes."""
    def __init__(self, hall):
        self.stream = urllib.request.urlopen(f"http://127.0.0.1:{hall.page}/api/watch", timeout=GUARD_S)
        self.leds = []

    def see(self):
        line = self.stream.readline()
        if line.startswith(b'data: [{"desk"') and b'"segments"' in line:
            self.leds = json.loads(line.removeprefix(b"data: "))

    def wait(self, what, desk, is_it):
        def look():
            if any(led["desk"] == desk and is_it(led) for led in self.leds):
                return True
            self.see()
            return False
        wait_for(what, look, pause=0)


# Different messages that halls published, and those of them that a test meant to be bad.
judged = {"published": 0, "bad": 0}


NO_PEER = 77  # the status of what installs a peer that cannot be had


class Skipped(Exception):
    """What a test raises whose peer cannot be had here, with the reason."""


def install_node():
    """Other people's JavaScript, and the environment that finds it."""
    done = subprocess.run([os.path.join(SOURCE, "tests/integration/node/install"), os.path.relpath(BUILD, SOURCE)], timeout=300,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode == NO_PEER:
        raise Skipped("the registry of npm cannot be reached")
    done.check_returncode()
    return dict(os.environ, NODE_PATH=os.path.join(BUILD, "node/node_modules"))


class Source:
    """tests/bench/source: a broker that floods the link of a hall. Start it before the board."""
    def __init__(self, port, hall, desks):
        self.process = subprocess.Popen([os.path.join(BUILD, "tests/bench/source"), str(port), hall, str(desks)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the source of the flood has ended")
        return line

    def flood(self, kind, rate, seconds, qos):
        self.process.stdin.write(f"{kind} {rate} {seconds} {qos}\n")
        self.process.stdin.flush()
        return json.loads(self.line())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def run(tests):
    """Runs test functions, prints a line for each, then "N passed, N failed"; exits accordingly."""
    passed = failed = skipped = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends, too
    wanted = sys.argv[1:]
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        start = time.monotonic()
        try:
            test()
            passed += 1
            print(f"ok      {test.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except Skipped as reason:
            skipped += 1
            print(f"skipped {test.__name__}: {reason}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED  {test.__name__}: {type(error).__name__}: {error}", flush=True)
            if error.__context__:
                print(f"        after {error.__context__!r}", flush=True)
    if judged["published"]:
        print(f"{judged['published']} different messages judged, {judged['bad']} of them bad on purpose")
    if skipped and not passed + failed:
        sys.exit(NO_PEER)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
