#!/usr/bin/python3
"""The processes of the network give up what they do not need, and still do all that they are for."""
import os
import signal
import socket
import subprocess
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
        assert "anybody on this board" not in hall.log("board"), "its password file is nobody else's"
    finally:
        hall.close()


class ManyDoors(Hall):
    """Its broker has more listeners, by their lines of configuration; the hall file names those that lead nowhere, not the last."""

    def __init__(self, make_doors):
        self.make_doors = make_doors
        super().__init__(edit=self.add_doors)

    def add_doors(self, file):
        scheme, doors, more = self.make_doors(self.folder)
        ports = [free_port() for _ in doors]
        self.broker.stop()
        with open(self.broker.path) as f:
            first = f.read()
        with open(self.broker.path, "w") as f:
            f.write("per_listener_settings true\n" + first + "".join(
                f"listener {port} 127.0.0.1\n{lines}\n" for port, lines in zip(ports, doors) if lines))
        self.broker.start()
        *leading_nowhere, self.last = [f"{scheme}://localhost:{port}" for port in ports]
        file["broker"] = {"urls": leading_nowhere} | more

    def told(self, *reasons):
        """By the board or by its broker, each of them once every URL was tried."""
        with open(self.broker.log, errors="replace") as f:
            log = f.read() + self.log("board")
        return all(reason in log for reason in reasons)

    def add_the_last(self):
        self.board.send_signal(signal.SIGTERM)
        self.board.wait()
        self.file["broker"]["urls"].append(self.last)
        self.write()
        self.start_board()


def passes_to_the_last(make_doors, *reasons):
    """Over every URL that leads nowhere, and only to one that is right."""
    hall = ManyDoors(make_doors)
    try:
        wait_for(f"it is told: {reasons}", lambda: hall.told(*reasons))
        assert not hall.status()["link"]["connected"], hall.status()["link"]
        hall.add_the_last()
        for _ in range(2):
            hall.connected()
            link = hall.status()["link"]
            assert link["url"] == hall.last and link["starts"] == 1, link
            hall.broker.stop()
            wait_for("the loss is told", lambda: not hall.status()["link"]["connected"])
            hall.broker.start()
    finally:
        hall.close()


def doors_with_passwords(folder):
    """Nobody at home; another password; the right one."""
    for name in ("another", "secret"):
        path = os.path.join(folder, name)
        subprocess.run(["mosquitto_passwd", "-b", "-c", path + ".list", "hall-1", name], check=True, timeout=GUARD_S,
                       stderr=subprocess.DEVNULL)
        with open(path, "w") as f:
            f.write(name + "\n")
        os.chmod(path, 0o600)
    return ("mqtt", ["", *(f"allow_anonymous false\npassword_file {folder}/{name}.list" for name in ("another", "secret"))],
            {"username": "hall-1", "password_file": os.path.join(folder, "secret")})


def a_dead_port_and_a_wrong_password_are_passed_over():
    passes_to_the_last(doors_with_passwords, "Connection refused", "not authorised")


def doors_with_certificates(folder):
    """One that has expired, one for another name, a good one: all of one authority."""
    keys = os.path.join(folder, "keys")
    doors = []
    for door, host, days in (("expired", "localhost", 0), ("elsewhere", "broker.example", 2), ("good", "localhost", 2)):
        os.environ["DAYS"] = str(days)
        certificate(keys, "server", host)
        path = os.path.join(keys, door)
        for kind in ("crt", "key"):
            os.rename(os.path.join(keys, f"server.{kind}"), f"{path}.{kind}")
        doors.append(f"allow_anonymous true\ncafile {keys}/ca.crt\ncertfile {path}.crt\nkeyfile {path}.key")
    del os.environ["DAYS"]
    wait_for("the certificate has expired", lambda: subprocess.run(
        ["openssl", "x509", "-checkend", "0", "-noout", "-in", os.path.join(keys, "expired.crt")], timeout=GUARD_S,
        stdout=subprocess.DEVNULL, check=False).returncode)
    return "mqtts", doors, {"ca_file": os.path.join(keys, "ca.crt")}


def a_certificate_that_has_expired_and_one_for_another_name_are_passed_over():
    passes_to_the_last(doors_with_certificates, "certificate expired", "the host name of the broker's certificate")


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
    a_dead_port_and_a_wrong_password_are_passed_over,
    a_certificate_that_has_expired_and_one_for_another_name_are_passed_over,
    the_watchdog_is_fed_without_broker_and_link_and_not_when_the_loop_stands,
])
