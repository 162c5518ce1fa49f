"""A hostile process in a workspace, and the slow reference that reads all of it.

One JSON request a line, one JSON answer a line. Shares no code with what it is held against.
"""
import hashlib
import json
import os
import shutil
import socket
import stat
import sys
import time

ROOT = b""
CHANGES = ("unseen", "truncate", "chmod", "utime", "swap", "swap_for_link", "rename", "remove", "hardlink")
MAX_BYTES, MAX_COMPONENTS = 2048, 128


def at(path):
    """Links may lead out of the workspace; this process never follows one there."""
    full = os.path.join(ROOT, path.encode("latin-1"))
    for real in (os.path.realpath(full), os.path.realpath(os.path.dirname(full))):
        if os.path.commonpath([real, ROOT]) != ROOT:
            raise OSError("outside")
    return full


def remove(path):
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
    else:
        shutil.rmtree(path)


def write(path, text, offset=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | (os.O_TRUNC if offset is None else 0)
    descriptor = os.open(path, flags, 0o644)
    try:
        os.pwrite(descriptor, text.encode("latin-1"), offset or 0)
    finally:
        os.close(descriptor)


def rewrite_unseen(path):
    """Other bytes of the same size under the old times."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return
    before = os.lstat(path)
    with open(path, "r+b") as file:
        first = file.read(1)
        if first:
            file.seek(0)
            file.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def dig(path, levels):
    os.makedirs(path, exist_ok=True)
    home = os.getcwd()
    try:
        os.chdir(path)
        for _ in range(levels):
            os.makedirs(b"d", exist_ok=True)
            os.chdir(b"d")
        open(b"end", "wb").close()
    finally:
        os.chdir(home)


def swap(path):
    """A directory for a file, and the other way round."""
    was_directory = os.path.isdir(path) and not os.path.islink(path)
    remove(path)
    if was_directory:
        write(path, "was a directory")
    else:
        write(os.path.join(path, b"a"), "was a file")


def swap_for_link(path):
    """A directory moved away, and a link to it in its place: every file below keeps its inode and times."""
    moved = path + b"-moved"
    os.rename(path, moved)
    os.symlink(os.path.basename(moved), path)


def bind(path):
    home = os.getcwd()
    try:
        os.chdir(os.path.dirname(path))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.basename(path))
    finally:
        os.chdir(home)


def some_entry(number):
    """One of what is there, by choice of the seed, not of chance."""
    found = sorted(os.path.join(parent, name) for parent, folders, files in os.walk(ROOT) for name in folders + files)
    if not found:
        raise OSError("nothing there")
    return found[number * 7 % len(found)]


def apply(kind, path, other, number, text):
    here, there = at(path), at(other)
    if kind in CHANGES and not os.path.lexists(here):
        here = some_entry(number)
    if kind == "write":
        write(here, text)
    elif kind == "patch":
        write(here, text, number % 5)
    elif kind == "sparse":
        write(here, text, 3 * 1024 * 1024 + number)
    elif kind == "truncate":
        os.truncate(here, number % 7)
    elif kind == "unseen":
        rewrite_unseen(here)
    elif kind == "remove":
        remove(here)
    elif kind == "rename":
        os.rename(here, there)
    elif kind == "hardlink":
        os.link(here, there, follow_symlinks=False)
    elif kind == "symlink":
        os.symlink(text.encode("latin-1") or b".", here)
    elif kind == "swap":
        swap(here)
    elif kind == "swap_for_link":
        swap_for_link(here)
    elif kind == "chmod":
        if not os.path.islink(here):
            os.chmod(here, [0o600, 0o644, 0o755, 0, 0o4755, 0o2770, 0o1777, 0o7777][number % 8])
    elif kind == "utime":
        os.utime(here, [(0, 0), (1e9, 1e9), (4e9, 4e9)][number % 3], follow_symlinks=False)
    elif kind == "mkdir":
        os.makedirs(here, exist_ok=True)
    elif kind == "dig":
        dig(here, 100 + number * 20)
    elif kind == "fifo":
        os.mkfifo(here)
    elif kind == "device":
        os.mknod(here, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    elif kind == "socket":
        bind(here)
    else:
        raise ValueError(kind)


def hashed(path):
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def read_everything():
    lines, unsupported = [], []

    def visit(directory, prefix, components):
        for name in os.listdir(directory or b"."):
            path = prefix + name
            shown = path.decode("utf-8", "replace")
            if path == b".git":
                continue
            try:
                name.decode("utf-8")
            except UnicodeDecodeError:
                unsupported.append(["path_not_utf8", shown])
                continue
            full = os.path.join(directory, name)
            found = os.lstat(full)
            mode = found.st_mode
            if name == b"ign" and stat.S_ISDIR(mode):
                continue
            if name == b".git":
                unsupported.append(["nested_git", shown])
                continue
            if components + 1 > MAX_COMPONENTS or len(path) > MAX_BYTES:
                unsupported.append(["path_too_long", shown])
                continue
            if not stat.S_ISLNK(mode):
                for bit, reason in ((0o4000, "setuid"), (0o2000, "setgid"), (0o1000, "sticky")):
                    if mode & bit:
                        unsupported.append([reason, shown])
            if stat.S_ISREG(mode):
                lines.append((path, b"file", mode & 0o777, hashed(full)))
            elif stat.S_ISLNK(mode):
                lines.append((path, b"symlink", 0o777, hashlib.sha256(os.readlink(full)).hexdigest()))
            elif stat.S_ISDIR(mode):
                visit(full, path + b"/", components + 1)
            else:
                kind = "fifo" if stat.S_ISFIFO(mode) else "socket" if stat.S_ISSOCK(mode) else "device"
                unsupported.append([kind, shown])

    visit(ROOT, b"", 0)
    total = hashlib.sha256()
    for path, kind, bits, content in sorted(lines):
        total.update(b"%s\0%s\0%o\0%s\n" % (path, kind, bits, content.encode()))
    return {"digest": "sha256:" + total.hexdigest(), "unsupported": sorted(unsupported)}


sys.setrecursionlimit(10_000)
os.umask(0o022)
for line in sys.stdin:
    request = json.loads(line)
    ROOT = os.path.realpath(os.fsencode(request["root"]))
    for operation in request["operations"]:
        try:
            apply(*operation)
        except (OSError, shutil.Error):
            pass  # What does not fit what is there changes nothing more.
    # Until what was changed is older than the distrust of the cache: else nothing would ever be believed.
    time.sleep(request["settleMs"] / 1000)
    print(json.dumps(read_everything()), flush=True)
