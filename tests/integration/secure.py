#!/usr/bin/python3
"""The processes of the network give up what they do not need, and still do all that they are for."""
import os
import signal
import socket
import tempfile

from harness import GUARD_S, Hall, certificate, free_port, run, wait_for


def privileges(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def check_privileges(pid, is_somebody_else):
    status = privileges(pid)
    for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert int(status[name], 16) == 0, (name, status[name])
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    if is_somebody_else and os.getuid() == 0:
        assert "0" not in status["Uid"].split() + status["Gid"].split() + status["Groups"].split(), status
    opened = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    assert not [path for path in opened if path.startswith("/dev/") and not path.startswith(("/dev/null", "/dev/shm/"))], opened


class SecureHall(Hall):
    """With TLS by name, client certificates, password file and console."""

    def __init__(self):
        self.page = free_port()
        super().__init__(edit=self.secure)

    def secure(self, file):
        folder = os.path.join(self.folder, "keys")
        os.mkdir(folder)
        for words in (("server", "localhost"), ("client", "hall-1")):
            certificate(folder, *words)
        path = {name: os.path.join(folder, name) for name in os.listdir(folder)}
        with open(os.path.join(folder, "password"), "w") as f:
            f.write("secret\n")
        os.chmod(os.path.join(folder, "password"), 0o600)
        self.tls_port = free_port()
        with open(self.broker.path, "a") as f:
            f.write(f"listener {self.tls_port}\ncafile {path['ca.crt']}\ncertfile {path['server.crt']}\n"
                    f"keyfile {path['server.key']}\nrequire_certificate true\n")
        self.broker.stop()
        self.broker.start()
        file["broker"] = {"urls": [f"mqtts://localhost:{self.tls_port}"], "username": "hall-1",
                          "password_file": os.path.join(folder, "password"), "ca_file": path["ca.crt"],
                          "cert_file": path["hall-1.crt"], "key_file": path["hall-1.key"]}
        file["console"] = {"listen": f"127.0.0.1:{self.page}"}


def the_link_talks_tls_by_name_and_comes_back_without_any_privilege():
    hall = SecureHall()
    try:
        hall.connected()
        for _ in range(2):
            hall.broker.stop()
            wait_for("the loss is told", lambda: not hall.status()["link"]["connected"])
            hall.broker.start()
            hall.connected()
        hall.call("1", "А001")
        wait_for("shown", lambda: any(d["ticket"] == "А001" for d in hall.status()["desks"]))
        wait_for("the page answers", lambda: page_answers(hall))
        assert b"hall" in hall.page_get("/api/hall") and hall.page_get("/api/screens/main.png")[:4] == b"\x89PNG"
        assert b"kezek_" in hall.page_get("/metrics")
        check_privileges(hall.child("link"), True)
        check_privileges(hall.child("console"), False)
        assert "sandbox" not in hall.log("board"), hall.log("board")
    finally:
        hall.close()


def the_watchdog_is_fed_without_broker_and_link_and_not_when_the_loop_stands():
    path = os.path.join(tempfile.mkdtemp(prefix="kezek-test."), "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(GUARD_S)
        hall = Hall(edit=lambda _: os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="600000"))  # the broker would tell, too
        try:
            first = manager.recv(64)
            assert first == b"READY=1", first
            hall.connected()
            hall.broker.stop()
            os.kill(hall.child("link"), signal.SIGSTOP)
            for _ in range(5):
                told = manager.recv(64)
                assert told == b"WATCHDOG=1", told
            os.kill(hall.board.pid, signal.SIGSTOP)
            wait_for("the board stands", lambda: privileges(hall.board.pid)["State"].startswith("T"))
            drain(manager)
            manager.settimeout(2)  # ten times its period
            try:
                assert not manager.recv(64), "a loop that stands is not fed"
            except socket.timeout:
                pass
        finally:
            os.kill(hall.board.pid, signal.SIGCONT)
            hall.close()
            for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
                del os.environ[name]
            os.unlink(path)
            os.rmdir(os.path.dirname(path))


def drain(manager):
    manager.setblocking(False)
    try:
        while manager.recv(64):
            pass
    except BlockingIOError:
        pass


def page_answers(hall):
    try:
        return hall.page_get("/api/status")
    except OSError:
        return False


run([
    the_link_talks_tls_by_name_and_comes_back_without_any_privilege,
    the_watchdog_is_fed_without_broker_and_link_and_not_when_the_loop_stands,
])
