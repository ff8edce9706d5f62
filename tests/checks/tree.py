"""What the checks share: the files of the project, and how a complaint is printed."""
import os
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def files(*suffixes):
    """Paths of the project's own files, sorted. Outside a git checkout: everything but build folders."""
    os.chdir(ROOT)
    git = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = git.stdout.splitlines() if git.returncode == 0 else walk()
    return sorted(n for n in set(names) if n.endswith(suffixes) and os.path.isfile(n))


def walk():
    for folder, folders, names in os.walk("."):
        folders[:] = [f for f in folders if not f.startswith((".git", "node_modules", "build", "__pycache__"))]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ".")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().split("\n")


class Complaints:
    def __init__(self):
        self.count = 0

    def add(self, path, line, text):
        self.count += 1
        print(f"{path}:{line}: {text}")

    def exit(self, checked):
        print(f"{checked}: {self.count or 'no'} complaint{'' if self.count == 1 else 's'}")
        sys.exit(1 if self.count else 0)
