"""An arm64 board in QEMU, driven and looked at from outside: what is scanned out, the edges of a GPIO line, the serial line
of a USB adapter, the network; and a shell inside.

The two graphics cards are of different makes: virtio-gpu is told what has changed of a picture (damage clips) and sends
uevents, bochs has memory of its own that is scanned out as it is. With the kernels of Debian 12 and 13 both answer a page
flip as soon as it is done; since Linux 6.19 they do so at the next vblank of a timer (vblank.py).

Everything lies in one folder and ends with the test.
"""
import json
import os
import re
import socket
import struct
import subprocess
import zlib

from harness import die_with_parent, free_port, wait_for

CHIME_LINE = 5
GPUS = ("gpu0", "gpu1")


class Machine:
    def __init__(self, image, folder):
        self.image, self.folder = image, folder
        self.port = free_port()  # the guest's broker
        self.process = self.qmp = self.agent = self.serial = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def power_on(self):
        for name in ("qmp", "agent"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", "1024", "-display", "none", "-no-reboot",
             "-nodefaults", "-kernel", os.path.join(self.image, "vmlinuz"), "-initrd", os.path.join(self.image, "initrd"),
             "-append", "console=ttyAMA0 panic=-1 quiet vt.global_cursor_default=0",
             "-chardev", f"file,id=console,append=on,path={self.path('console')}", "-serial", "chardev:console",
             "-device", "virtio-gpu-pci,id=gpu0", "-device", "bochs-display,id=gpu1,romfile=",
             "-device", "qemu-xhci,id=usb", "-chardev", "pty,id=rs485", "-device", "usb-serial,chardev=rs485,id=adapter",
             "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={self.path('agent')},server=on,wait=off",
             "-device", "virtserialport,chardev=agent,name=agent",
             "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-10.0.2.15:1883",
             "-device", "virtio-net-pci,netdev=net,romfile=",
             "-trace", "pl061_set_output", "-trace", "virtio_gpu_cmd_set_scanout", "-msg", "timestamp=on", "-D", self.path("trace"),
             "-qmp", f"unix:{self.path('qmp')},server=on,wait=off"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.path("qemu"), "a"), preexec_fn=die_with_parent)
        self.qmp = self.connect("qmp")
        self.read(self.qmp)
        self.command("qmp_capabilities")
        chardevs = self.command("query-chardev")
        self.serial = next(c["filename"][4:] for c in chardevs if c["label"] == "rs485")
        self.agent = self.connect("agent")

    def connect(self, name):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)

        def is_connected():
            assert self.process.poll() is None, self.text("qemu")
            try:
                s.connect(self.path(name))
                return True
            except (FileNotFoundError, ConnectionRefusedError):
                return False
        wait_for(f"QEMU's socket {name}", is_connected)
        return s.makefile("rw", encoding="utf-8")

    def read(self, channel):
        try:
            line = channel.readline()
        except ConnectionResetError:
            line = ""
        if not line:
            raise AssertionError("the machine has ended:\n" + self.text("qemu") + self.text("console"))
        return line

    def power_cut(self):
        self.process.kill()
        self.process.wait()
        for channel in (self.qmp, self.agent):
            if channel:
                channel.close()

    def command(self, name, **arguments):
        """A QMP command's answer."""
        self.qmp.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.qmp.flush()
        while True:
            answer = json.loads(self.read(self.qmp))
            if "error" in answer:
                raise AssertionError(f"{name}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def run(self, line):
        """A shell line inside: (status, output)."""
        self.agent.write(line + "\n")
        self.agent.flush()
        output = ""
        while True:
            answer = self.read(self.agent)
            if answer.startswith("status "):
                return int(answer.split()[1]), output
            output += answer

    def must(self, line):
        status, output = self.run(line)
        assert status == 0, f"{line}: status {status}: {output}"
        return output

    def text(self, name):
        try:
            with open(self.path(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    # ---- what can be seen ------------------------------------------------------------------------------------------------

    def picture(self, gpu):
        """What is scanned out: (width, height, RGB)."""
        path = self.path("screendump")
        self.command("screendump", filename=path, device=GPUS[gpu], head=0)
        with open(path, "rb") as f:
            data = f.read()
        width, height = map(int, re.match(rb"P6\n(\d+) (\d+)\n255\n", data).groups())
        return width, height, data[-3 * width * height:]

    def is_dark(self, gpu):
        """QEMU writes a line of its own, grey on black, in the place of a picture that is not scanned out."""
        _, _, rgb = self.picture(gpu)
        return set(zip(rgb[::3], rgb[1::3], rgb[2::3])) == {(0, 0, 0), (170, 170, 170)}

    def traced(self, pattern, since):
        """What the pattern finds in the trace, from its byte `since`."""
        with open(self.path("trace"), "rb") as f:
            f.seek(since)
            return re.findall(pattern, f.read().decode())

    def edges(self, since=0):
        """The chime line's edges as (seconds, level)."""
        found = self.traced(rf"@(\d+\.\d+):pl061_set_output .*output {CHIME_LINE} to (\d)", since)
        return [(float(seconds), int(level)) for seconds, level in found]

    def scanouts_ended(self, since):
        """How often the guest told a card to scan nothing out."""
        return len(self.traced(r"virtio_gpu_cmd_set_scanout id \d+, res 0x0,", since))

    def trace_size(self):
        return os.path.getsize(self.path("trace"))

    # ---- what can be done ------------------------------------------------------------------------------------------------

    def unplug_adapter(self):
        self.command("device_del", id="adapter")

    def plug_adapter(self):
        self.command("device_add", driver="usb-serial", chardev="rs485", id="adapter", bus="usb.0")


def shared_picture(path):
    """What a memory screen of a board on this machine shows (struct screen_share): (width, height, RGB)."""
    with open(path, "rb") as f:
        data = f.read()
    _, _, width, height, stride, _, *offset, front = struct.unpack_from("<IIHHIIIII", data)
    rgb = bytearray(3 * width * height)
    for y in range(height):
        row = data[offset[front] + y * stride:offset[front] + y * stride + 4 * width]
        for channel in range(3):
            rgb[3 * width * y + channel:3 * width * (y + 1):3] = row[2 - channel::4]
    return width, height, bytes(rgb)


def write_png(path, picture):
    width, height, rgb = picture
    rows = b"".join(b"\0" + rgb[3 * width * y:3 * width * (y + 1)] for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))
