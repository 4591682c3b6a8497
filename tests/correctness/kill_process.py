"""Processes of the kill campaign: started, looked at, stopped, killed, and waited for.

Where a process stands when it is killed is read from the control page of the store (libevstore/file.h), of which this file
knows the few words that it needs; kill_check.py holds them against the journal at rest, so that a page that changed its form
is told and not misread. Children of killed processes become ours (PR_SET_CHILD_SUBREAPER), so that rest is when we have none left.
"""

import ctypes
import mmap
import os
import signal
import struct
import subprocess
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
MAGIC = b"evstore-page-02\0"
WORDS = struct.Struct("<9I4x5Q")  # from byte 56 on
READY, CHANGING, FAILED, HOLDER, SYNCER = 14, 15, 16, 17, 20  # the same as numbers of 32-bit words
SEQ_MASK = (1 << 53) - 1
STOP_SECONDS = 5.0  # longest wait for a stop to arrive: a sync is not interrupted


def place_of(pid, ready, changing, failed, holder, syncer):
    if holder == pid:
        if not ready or failed:
            return "recovering"
        return "writing" if changing else "holding the lock"
    return "syncing" if syncer == pid else ""


class Page:
    """The control page as it is now; without one, nobody holds or syncs anything."""

    def __init__(self, store):
        try:
            with open(os.path.join(store, "control"), "rb", buffering=0) as file:
                content = file.read(256)
        except FileNotFoundError:
            content = b""
        if len(content) < 256 or content[:16] == bytes(16):
            self.known = False
            self.ready = self.changing = self.failed = self.holder = self.syncer = 0
            self.durable = self.tail_seq = self.tail_bytes = self.file_size = 0
            return
        if content[:16] != MAGIC:
            raise SystemExit("the control page has a form that kill_process.py does not know: %r" % content[:16])
        self.known = True
        (self.ready, self.changing, self.failed, self.holder, _, _, self.syncer, _, _, durable, self.tail_seq, _,
         self.tail_bytes, self.file_size) = WORDS.unpack_from(content, 56)
        self.durable = durable & SEQ_MASK

    def place_of(self, pid):
        """Where the process stands, as far as the page tells."""
        return place_of(pid, self.ready, self.changing, self.failed, self.holder, self.syncer)


class Watch:
    """Looks at the page without a system call each time, to catch a process in a place where it is for microseconds."""

    def __init__(self, store):
        self.path = os.path.join(store, "control")
        self.map, self.inode = None, 0

    def look(self, pid):
        """Looks some hundred times. True when the process is somewhere: ask place_of()."""
        for _ in range(200):
            if self.map is None:
                return self.open()
            if self.map[HOLDER] == pid or self.map[SYNCER] == pid:
                return True
        return self.open()

    def open(self):
        """Maps the page of that name, unless it is the one already. False: look again."""
        try:
            with open(self.path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self.inode and status.st_size >= 4096:
                    self.map = memoryview(mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ)).cast("I")
                    self.inode = status.st_ino
        except FileNotFoundError:
            pass
        return False

    def place_of(self, pid):
        """As Page.place_of(), of the mapped page."""
        return place_of(pid, *(self.map[word] for word in (READY, CHANGING, FAILED, HOLDER, SYNCER)))


def become_subreaper():
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def read_proc(pid, name):
    try:
        with open("/proc/%d/%s" % (pid, name), "rb", buffering=0) as file:
            return file.read(4096).decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    return [int(word) for word in read_proc(pid, "task/%d/children" % pid).split()]


def state(pid):
    """R, S, D, T ... of /proc/PID/stat; "" when it is gone."""
    text = read_proc(pid, "stat")
    return text[text.rfind(")") + 2:][:1]


def has_begun(pid, store):
    """Does it have the store's journal open? (The command of a consumer has begun when it runs.)"""
    try:
        for fd in os.listdir("/proc/%d/fd" % pid):
            try:
                if os.readlink("/proc/%d/fd/%s" % (pid, fd)).startswith(os.path.join(store, "journal")):
                    return True
            except FileNotFoundError:
                pass
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return False


def is_waiting(pid):
    """Asleep on a futex: for the lock, for the sync of somebody else, or (--follow) for news."""
    return "futex" in read_proc(pid, "wchan")


def stop(pid):
    """SIGSTOP, and waits until it stands still. False where it ended instead."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    deadline = time.monotonic() + STOP_SECONDS
    while (now := state(pid)) not in ("T", "Z", "X", ""):
        if time.monotonic() > deadline:
            raise SystemExit("process %d does not stop: state %s" % (pid, now))
    return now == "T"


class Process:
    """A command that runs with its outputs in files."""

    def __init__(self, command, environment, stdin=None):
        self.command = command
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        source = subprocess.DEVNULL
        if stdin is not None:
            source = tempfile.TemporaryFile()
            source.write(stdin.encode())
            source.seek(0)
        self.started = time.monotonic()
        self.popen = subprocess.Popen(command, stdin=source, stdout=self.out, stderr=self.err, env=environment)
        if stdin is not None:
            source.close()
        self.pid = self.popen.pid
        self.handle = os.pidfd_open(self.pid)

    def finish(self):
        """After it ended: (exit code, stdout, stderr, seconds)."""
        code = self.popen.wait()
        seconds = time.monotonic() - self.started
        os.close(self.handle)
        said = []
        for file in (self.out, self.err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "surrogateescape"))  # a kill may halve a character
            file.close()
        return code, said[0], said[1], seconds

    def age(self):
        return time.monotonic() - self.started


def reap_orphans(seconds):
    """Waits for what killed processes left running. Returns how many there were."""
    deadline = time.monotonic() + seconds
    count = 0
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return count
        if pid:
            count += 1
        elif time.monotonic() > deadline:
            raise SystemExit("a child of a killed process does not end: %s" % [
                read_proc(one, "cmdline").replace("\0", " ") for one in children(os.getpid())])
        else:
            time.sleep(0.002)
