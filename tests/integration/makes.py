"""Brokers of other makes, as a hall of a test takes them (make_broker)."""
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request

from harness import BUILD, GUARD_S, NO_PEER, SOURCE, Broker, Record, Skipped, die_with_parent, free_port, install_node, wait_for


class Foreign(Broker):
    """A broker of another make."""
    version = 4

    def prepare(self):
        pass


class Aedes(Foreign):
    def command(self):
        return ["node", os.path.join(SOURCE, "tests/integration/node/aedes.js"), str(self.port)], install_node()


def unpacked(name, *packages):
    """The folder with Debian's packages of a broker, as peers/unpack leaves it."""
    done = subprocess.run([os.path.join(SOURCE, "tests/integration/peers/unpack"), os.path.relpath(BUILD, SOURCE), name, *packages],
                          stdout=subprocess.PIPE, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False)
    if done.returncode == NO_PEER:
        raise Skipped(f"Debian's {packages[0]} cannot be had: {done.stdout.strip()}")
    done.check_returncode()
    return os.path.join(BUILD, name)


def nats_server():
    return os.path.join(unpacked("nats", "nats-server"), "usr/sbin/nats-server")


class Nats(Foreign):
    def command(self):
        path = os.path.join(self.folder, "nats.conf")
        with open(path, "w") as f:
            f.write(f'server_name: n1\nhost: 127.0.0.1\nport: {free_port()}\n'
                    f'jetstream {{ store_dir: "{self.folder}/jetstream", max_mem: 64MB, max_file: 256MB }}\n'
                    f'mqtt {{ host: 127.0.0.1, port: {self.port} }}\n')
        return [nats_server(), "-c", path], None


class NatsNode:
    """One of a cluster whose streams, and so retained messages and sessions, have a copy on each node."""

    def __init__(self, folder, name, cluster_port):
        self.folder, self.name, self.cluster_port = folder, name, cluster_port
        self.port, self.monitor = free_port(), free_port()
        self.process = None

    def start(self, nodes):
        path = os.path.join(self.folder, self.name)
        routes = ", ".join(f"nats-route://127.0.0.1:{node.cluster_port}" for node in nodes if node is not self)
        with open(path + ".conf", "w") as f:
            f.write(f'server_name: {self.name}\nhost: 127.0.0.1\nport: {free_port()}\nhttp: "127.0.0.1:{self.monitor}"\n'
                    f'jetstream {{ store_dir: "{path}", max_mem: 64MB, max_file: 256MB }}\n'
                    f'cluster {{ name: hall, listen: "127.0.0.1:{self.cluster_port}", routes: [{routes}] }}\n'
                    f'mqtt {{ host: 127.0.0.1, port: {self.port}, stream_replicas: 3, consumer_memory_storage: true }}\n')
        self.process = subprocess.Popen([nats_server(), "-c", path + ".conf"], stdout=open(path + ".log", "a"),
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def is_alive(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def jetstream(self):
        """What /jsz tells; {} while it tells nothing."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/jsz?streams=true", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            return {}


class NatsCluster(Foreign):
    """Three nodes, the one that leads them first; the port is that of the last."""

    def prepare(self):
        ports = [free_port() for _ in range(3)]
        self.nodes = [NatsNode(self.folder, f"n{i + 1}", port) for i, port in enumerate(ports)]

    def start(self):
        for node in self.nodes:
            node.start(self.nodes)
        wait_for("the nodes have elected who leads them", self.is_led, 90)
        leader = self.nodes[0].jetstream()["meta_cluster"]["leader"]
        self.nodes.sort(key=lambda node: node.name != leader)
        self.port, self.process = self.nodes[-1].port, self.nodes[-1].process
        for node in self.nodes:
            wait_for(f"{node.name} takes a session", lambda: self.is_taken(node), 90)
        self.record = Record(self)

    def is_led(self):
        """All who live agree on a leader, of the cluster and of each stream, that lives, too."""
        alive = [node for node in self.nodes if node.is_alive()]
        told = [node.jetstream() for node in alive]
        leaders = {report.get("meta_cluster", {}).get("leader") for report in told}
        leaders |= {stream.get("cluster", {}).get("leader") for report in told for account in report.get("account_details", [])
                    for stream in account.get("stream_detail", [])}
        return leaders <= {node.name for node in alive}

    def is_taken(self, node):
        return subprocess.run(["mosquitto_pub", "-p", str(node.port), "-q", "1", "-t", "kezek-test/session", "-n"], check=False,
                              timeout=GUARD_S, stderr=subprocess.DEVNULL).returncode == 0

    def kill(self):
        for node in self.nodes:
            node.kill()


class Rabbit(Foreign):
    """Lets guests in from loopback, by default."""

    def prepare(self):
        self.root = os.path.join(unpacked("rabbitmq", "rabbitmq-server", "erlang-[a-z0-9-]+"), "usr/lib")
        release, = os.listdir(os.path.join(self.root, "rabbitmq/lib"))
        self.version = 5 if [int(word) for word in re.findall(r"\d+", release)[:2]] >= [3, 13] else 4  # 4.0 in Debian 13
        self.epmd_port, amqp = free_port(), free_port()
        for name, text in (("rabbitmq.conf", f"listeners.tcp.1 = 127.0.0.1:{amqp}\nmqtt.listeners.tcp.1 = 127.0.0.1:{self.port}\n"),
                           ("enabled_plugins", "[rabbitmq_mqtt].\n"),
                           ("advanced.config", "[{kernel,[{inet_dist_use_interface,{127,0,0,1}}]}].\n")):
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(text)
        erlang = os.path.join(self.root, "erlang")
        self.environment = dict(os.environ, PATH=f"{erlang}/bin:{os.environ['PATH']}", HOME=self.folder,
                                ERL_EPMD_PORT=str(self.epmd_port), ERL_EPMD_ADDRESS="127.0.0.1",
                                RABBITMQ_NODENAME="kezek@localhost", RABBITMQ_CONF_ENV_FILE="/dev/null")
        for variable, name in (("CONFIG_FILE", "rabbitmq.conf"), ("ADVANCED_CONFIG_FILE", "advanced.config"),
                               ("ENABLED_PLUGINS_FILE", "enabled_plugins"), ("MNESIA_BASE", "mnesia"), ("LOG_BASE", "log")):
            self.environment["RABBITMQ_" + variable] = os.path.join(self.folder, name)
        subprocess.Popen([f"{erlang}/bin/epmd"], env=self.environment, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def command(self):
        return [os.path.join(self.root, "rabbitmq/bin/rabbitmq-server")], self.environment

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # a shell and its node


class Mosquitto(Broker):
    version = 5
