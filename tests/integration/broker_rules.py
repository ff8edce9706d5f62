#!/usr/bin/python3
"""The broker's configuration that is shipped, in the real mosquitto: who is let in, who may say what, and who hears it; a client
tries everything. And it keeps the calls for a board that does not read for a while."""
import os
import shutil
import signal
import subprocess
import tempfile

from harness import GUARD_S, SOURCE, Hall, certificate, die_with_parent, free_port, run, wait_for

SHIPPED = os.path.join(SOURCE, "board/mosquitto")
ROOT = "kezek/v1/open-almaty/"
CLIENTS = ("queue-server", "technician", "hall-1", "hall-2")
NOBODY = ()
# topic: who may say it, and who hears it. With %u, queue-server and technician are boards, too.
RULES = {
    "event": (("queue-server",), CLIENTS),
    "state": (("queue-server",), CLIENTS),
    "server": (("queue-server",), CLIENTS),
    "hello": (CLIENTS, ("queue-server", "technician")),
    "board/hall-1/state": (("queue-server",), ("technician", "hall-1")),
    "board/hall-1/command": (("technician",), ("technician", "hall-1")),
    "board/hall-1/status": (("hall-1",), ("queue-server", "technician", "hall-1")),
    "board/hall-1/health": (("hall-1",), ("queue-server", "technician")),
    "board/hall-1/receipt": (("hall-1",), ("queue-server", "technician")),
    "board/hall-1/result": (("hall-1",), ("technician",)),
    "board/hall-2/state": (("queue-server",), ("technician", "hall-2")),
    "board/hall-2/status": (("hall-2",), ("queue-server", "technician", "hall-2")),
    "board/hall-2/receipt": (("hall-2",), ("queue-server", "technician")),
    "elsewhere": (NOBODY, NOBODY),
}


class Broker:
    """The shipped files with another port and folder, beside Debian's own settings (persistence, include_dir)."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="kezek-test.")
        self.keys = os.path.join(self.folder, "kezek")
        self.port = free_port()
        certificate(self.keys, "server", "localhost")
        for name in CLIENTS:
            certificate(self.keys, "client", name)
        certificate(os.path.join(self.folder, "foreign"), "client", "queue-server")
        shutil.copy(os.path.join(SHIPPED, "kezek.acl"), self.keys)
        included = os.path.join(self.folder, "conf.d")
        os.mkdir(included)
        with open(os.path.join(SHIPPED, "kezek.conf")) as source, open(os.path.join(included, "kezek.conf"), "w") as copy:
            copy.write(source.read().replace("/etc/mosquitto/kezek", self.keys).replace("listener 8883", f"listener {self.port}"))
        self.main = os.path.join(self.folder, "mosquitto.conf")
        with open(self.main, "w") as f:
            f.write(f"persistence true\npersistence_location {self.folder}/\nlog_dest stderr\ninclude_dir {included}\n"
                    + ("user root\n" if os.getuid() == 0 else ""))
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = subprocess.Popen([program, "-c", self.main], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_for("the broker lets a technician in", lambda: self.publish("technician", ROOT + "elsewhere", "").returncode == 0)

    def words(self, name, keys=None):
        keys = keys or self.keys
        return ["-h", "localhost", "-p", str(self.port), "-V", "5", "--cafile", os.path.join(self.keys, "ca.crt"),
                *(["--cert", os.path.join(keys, name + ".crt"), "--key", os.path.join(keys, name + ".key")] if name else [])]

    def publish(self, name, topic, text, *options, keys=None):
        return subprocess.run(["mosquitto_pub", *self.words(name, keys), "-q", "1", "-t", topic, "-m", text, *options],
                              timeout=GUARD_S, capture_output=True, text=True)

    def speaks(self, version):
        """Is a connection with this version of TLS made?"""
        answer = subprocess.run(["openssl", "s_client", version, "-cipher", "ALL@SECLEVEL=0", "-connect", f"localhost:{self.port}"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=GUARD_S)
        return "Cipher is (NONE)" not in answer.stdout and "Cipher is" in answer.stdout

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)


class Ear:
    """Subscribes to everything, by wildcards and by each topic's name."""

    def __init__(self, broker, name):
        topics = ["#", "$SYS/broker/version", *(ROOT + topic for topic in RULES)]
        self.process = subprocess.Popen(["mosquitto_sub", *broker.words(name), "-q", "1", "-F", "%t %p",
                                         *(word for topic in topics for word in ("-t", topic))],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = b""

    def heard(self):
        self.text += self.process.stdout.read() or b""
        return {tuple(line.split(" ", 1)) for line in self.text.decode().split("\n")[:-1]}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


# What each client hears often, while one waits for its subscription.
PROBES = {"queue-server": ("hello", "hall-1"), "technician": ("hello", "hall-1"), "hall-1": ("server", "queue-server"),
          "hall-2": ("server", "queue-server")}


def each_says_and_hears_what_is_its_own_and_nothing_else():
    broker = Broker()
    ears = {name: Ear(broker, name) for name in CLIENTS}
    try:
        for name, ear in ears.items():
            topic, writer = PROBES[name]
            wait_for(f"{name} is subscribed", lambda: broker.publish(writer, ROOT + topic, "probe") and ear.heard())
        refused = 0
        for topic, (writers, _) in RULES.items():
            for name in CLIENTS:
                answer = broker.publish(name, ROOT + topic, f"by {name}")
                is_refused = "Not authorized" in answer.stderr
                assert is_refused == (name not in writers), (name, topic, answer.stderr)
                refused += is_refused
        for topic, writer in set(PROBES.values()):
            broker.publish(writer, ROOT + topic, "end")
        for name, ear in ears.items():
            topic, _ = PROBES[name]
            wait_for(f"{name} hears the end", lambda: (ROOT + topic, "end") in ear.heard())
            heard = {(topic, text) for topic, text in ear.heard() if text not in ("probe", "end")}
            wanted = {(ROOT + topic, f"by {writer}") for topic, (writers, hearers) in RULES.items()
                      for writer in writers if name in hearers}
            assert heard == wanted, (name, heard ^ wanted)
        print(f"        {refused} of {len(RULES) * len(CLIENTS)} publications refused")
    finally:
        for ear in ears.values():
            ear.close()
        broker.close()


def nobody_is_let_in_without_a_certificate_of_this_authority():
    broker = Broker()
    try:
        for what, answer in {
                "no certificate": broker.publish(None, ROOT + "event", "x"),
                "a name and no certificate": broker.publish(None, ROOT + "event", "x", "-u", "queue-server", "-P", "x"),
                "another authority's": broker.publish("queue-server", ROOT + "event", "x",
                                                      keys=os.path.join(broker.folder, "foreign"))}.items():
            assert answer.returncode != 0, what
        assert not broker.speaks("-tls1_1") and broker.speaks("-tls1_2")
        answer = broker.publish("hall-2", ROOT + "board/hall-1/status", "x", "-u", "hall-1", "-P", "x")
        assert "Not authorized" in answer.stderr, "a certificate's name holds, not the one that is told"
        assert not os.path.exists(os.path.join(broker.folder, "mosquitto.db"))
    finally:
        broker.close()


def a_board_that_does_not_read_for_a_while_misses_no_call():
    """Ten times what mosquitto keeps by default."""
    broker = Broker()
    count = 10000

    def secure(file):
        file["broker"] = {"urls": [f"mqtts://localhost:{broker.port}"], "ca_file": os.path.join(broker.keys, "ca.crt"),
                          "cert_file": os.path.join(broker.keys, "hall-1.crt"),
                          "key_file": os.path.join(broker.keys, "hall-1.key")}

    hall = Hall(edit=secure)
    try:
        hall.connected()
        link = hall.child("link")
        os.kill(link, signal.SIGSTOP)
        lines = "".join(f'{{"v":1,"type":"call","desk":"1","ticket":"A{n}"}}\n' for n in range(count))
        subprocess.run(["mosquitto_pub", *broker.words("queue-server"), "-q", "1", "-t", ROOT + "event", "-l"],
                       input=lines.encode(), check=True, timeout=GUARD_S, stderr=subprocess.DEVNULL)
        os.kill(link, signal.SIGCONT)
        wait_for("every call arrives", lambda: hall.status()["feed"]["events"] == count)
    finally:
        hall.close()
        broker.close()


run([
    each_says_and_hears_what_is_its_own_and_nothing_else,
    nobody_is_let_in_without_a_certificate_of_this_authority,
    a_board_that_does_not_read_for_a_while_misses_no_call,
])
