"""A kiosk page in headless Chromium, fed by MQTT.js over WebSocket: what a wall screen usually is. Needs Chromium, and npm for MQTT.js.

The page (kiosk.html) comes from a server of our own on the loopback interface, isolated from other origins: only then are its
times fine. It reports there what was presented and when. What does not come in time is an AssertionError that says what, and what
Chromium said last.
"""
import http.server
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time

from harness import Broker, SOURCE, die_with_parent, free_port, wait_for

PAGE = os.path.join(SOURCE, "tests/bench/kiosk.html")
PEERS = os.environ.get("BUILD", "build")
MQTT = os.path.join(SOURCE, PEERS, "node/node_modules/mqtt/dist/mqtt.min.js")
OPTIONS = ("--headless", "--kiosk", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-breakpad", "--hide-scrollbars")


def missing():
    """Why there can be no kiosk page, "" if there can."""
    if not shutil.which("chromium"):
        return "chromium is not installed"
    if not shutil.which("npm"):
        return "npm, which brings MQTT.js, is not installed"
    if subprocess.run([os.path.join(SOURCE, "tests/integration/node/install"), PEERS], capture_output=True, timeout=300).returncode:
        return "MQTT.js cannot be had: the registry of npm was not reached"
    return ""


class WebSocketBroker(Broker):
    def start(self):
        self.web_port = free_port()
        with open(self.path, "a") as f:
            f.write(f"max_queued_messages 0\nlistener {self.web_port} 127.0.0.1\nprotocol websockets\n")
        super().start()


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.reports = {key: queue.Queue() for key in ("first_ms", "is_connected", "waited_ms")}  # they come in any order
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = {"/": PAGE, "/mqtt.js": MQTT}.get(self.path.split("?")[0])
        if not path:
            self.send_error(404)
            return
        with open(path, "rb") as f:
            body = f.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if path == MQTT else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for key in self.server.reports.keys() & report.keys():
            self.server.reports[key].put(report)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def descendants(pid):
    """pid and all that come from it."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as f:
                parents.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return found


class Kiosk:
    """Started and connected. The profile folder is kept between starts, as on a kiosk; the first start fills it."""

    def __init__(self, folder, broker, hall, size):
        self.server = Server()
        url = f"http://127.0.0.1:{self.server.server_port}/?port={broker.web_port}&topic=kezek/v1/{hall}/event"
        command = ["chromium", *OPTIONS, *(["--no-sandbox"] if os.getuid() == 0 else []), f"--user-data-dir={folder}/profile",
                   f"--screen-info={{{size}}}", url]
        self.pids = []
        self.log = f"{folder}/chromium.log"
        start = time.time()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        try:
            self.first_ms = self.report("first_ms", "its first picture")["first_ms"] - start * 1000
            self.report("is_connected", "that it is connected to the broker")
            self.pids = descendants(self.process.pid)
        except BaseException:
            self.close()
            raise

    def report(self, key, what, seconds=60):
        """The next report that has this key."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.server.reports[key].get(timeout=0.5)
            except queue.Empty:
                pass
            if self.process.poll() is not None:
                raise AssertionError(f"Chromium has ended with status {self.process.returncode}; {self.last_words()}")
            if time.monotonic() > end:
                raise AssertionError(f"the page did not tell {what} within {seconds} s; {self.last_words()}")

    def last_words(self):
        with open(self.log, errors="replace") as f:
            lines = f.read().split("\n")
        return "Chromium said: " + next((line for line in reversed(lines) if line.strip()), "nothing")

    def close(self):
        pids = set(self.pids) | set(descendants(self.process.pid))
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        wait_for("Chromium's processes have ended", lambda: not self.still(pids), 10)
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def still(pids):
        """Ends those of a Chromium that are left; true if there were any."""
        left = False
        for pid in pids:
            try:
                with open(f"/proc/{pid}/stat") as f:
                    name, state = f.read().split("(", 1)[1].rsplit(")", 1)
                if name.startswith("chrom") and state.split()[0] != "Z":
                    os.kill(pid, signal.SIGKILL)
                    left = True
            except (FileNotFoundError, ProcessLookupError):
                pass
        return left
