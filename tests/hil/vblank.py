"""Page flips as the kernel sees them, where they wait for a vblank: its trace events, by the clock that the board reads, too.

The two graphics cards have vblanks of their own, 60 and 75 a second; each is a file that kezekd has open. A commit is the system
call that queues a frame (DRM_IOCTL_MODE_ATOMIC); a flip is the event that tells of it (drm_trace.h), with the number of
its vblank.
"""
import json
import re
import subprocess

from harness import die_with_parent, wait_for

FOLDER = "/sys/kernel/tracing"
ATOMIC = "0xc03864bc"  # DRM_IOCTL_MODE_ATOMIC
COMMIT = re.compile(r"(\d+\.\d+): sys_ioctl\(fd: (\w+),")
FLIP = re.compile(r"(\d+\.\d+): drm_vblank_event_delivered: file=(\w+), crtc=\d+, seq=(\d+)")
MARK = re.compile(r"(\d+\.\d+): tracing_mark_write: ")


def start(machine):
    machine.must(f"[ -e {FOLDER}/trace ] || mount -t tracefs tracefs {FOLDER}; cd {FOLDER}; echo 0 >tracing_on; echo mono >trace_clock;"
                 f"echo 8192 >buffer_size_kb; echo 'cmd == {ATOMIC}' >events/syscalls/sys_enter_ioctl/filter;"
                 "echo 1 >events/syscalls/sys_enter_ioctl/enable; echo 1 >events/drm/drm_vblank_event_delivered/enable;"
                 "echo >trace; echo 1 >tracing_on")


def stop(machine):
    """(commits, flips, marks): [(time, fd)], [(time, file, vblank)], [time], in seconds."""
    text = machine.must(f"cd {FOLDER}; echo 0 >tracing_on; cat trace")
    assert "entries-in-buffer/entries-written" not in text or len(set(re.search(r"written: (\d+)/(\d+)", text).groups())) == 1
    return ([(float(at), fd) for at, fd in COMMIT.findall(text)],
            [(float(at), file, int(vblank)) for at, file, vblank in FLIP.findall(text)],
            [float(at) for at in MARK.findall(text)])


def of_cards(commits, flips):
    """[(commits, flips)] of each card: [time], [(time, vblank)]. Which open file is which number the trace does not say: they
    belong together if a flip follows each commit before the next one."""
    fds, files = sorted({fd for _, fd in commits}), sorted({file for _, file, _ in flips})
    assert len(fds) == len(files) == 2, (fds, files)
    pairings = []
    for order in (files, files[::-1]):
        cards = [([at for at, of in commits if of == fd], [(at, vblank) for at, of, vblank in flips if of == file])
                 for fd, file in zip(fds, order)]
        pairings.append((sum(early_commits(*card) for card in cards), cards))
    return min(pairings)[1]


def early_commits(commits, flips):
    """How many commits were made before the flip of the one before."""
    order = sorted([(at, "commit") for at in commits] + [(at, "flip") for at, _ in flips])
    return sum(a[1] == b[1] == "commit" for a, b in zip(order, order[1:]))


def steps(flips):
    """How many vblanks from each flip to the next."""
    return [b[1] - a[1] for a, b in zip(flips, flips[1:])]


def rate(flips):
    """Vblanks a second."""
    return (flips[-1][1] - flips[0][1]) / (flips[-1][0] - flips[0][0])


class Server:
    """Publishes calls over one connection, as fast as it is told to."""

    def __init__(self, room):
        self.process = subprocess.Popen(
            ["mosquitto_pub", "-p", str(room.machine.port), "-q", "1", "-l", "-t", room.prefix + "/event"],
            stdin=subprocess.PIPE, text=True, preexec_fn=die_with_parent)

    def call(self, *calls):
        """Each (desk, ticket)."""
        for desk, ticket in calls:
            event = {"v": 1, "type": "call", "desk": desk, "ticket": ticket}
            self.process.stdin.write(json.dumps(event, ensure_ascii=False) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def receipt_of(room, ticket):
    return wait_for(f"receipt of {ticket}", lambda: next((o for _, o in room.receipts.poll() if o.get("ticket") == ticket), None), 60)
