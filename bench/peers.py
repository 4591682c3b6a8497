"""peers - starts and stops what we are compared with, on loopback, each in a directory of its own.

Every peer is a context manager: inside the `with` it answers, behind it the process is gone. Durability is the same on
every side: what was acknowledged is on the disk. Beyond that each is configured as its own documentation recommends
for speed; what was set is said here.
"""

import os
import shutil
import socket
import subprocess
import time

from context import BenchError

START_SECONDS = 30


class _Server:
    """A server process: started, waited for, ended."""

    def __init__(self, directory):
        self.directory = directory
        self._process = None
        self._log = os.path.join(directory, "log")

    def _start(self, args):
        if not shutil.which(args[0]):
            raise BenchError(f"there is no {args[0]}; 'make bench-deps' installs the peers")
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             cwd=self.directory)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                with open(self._log, encoding="utf-8", errors="replace") as log:
                    raise BenchError(f"{args[0]} did not start: {log.read()[-2000:]}")
            time.sleep(0.01)

    def _answers(self):
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class Redis(_Server):
    """redis-server, reached over the unix socket `self.socket`.

    Durable: appendonly, appendfsync always; not durable, for what is only read: no log. Fast: a unix socket in place of
    TCP, no RDB snapshots beside the log, and io-threads as redis.conf says: none below 4 processors, then 3 of 4, at
    most 8."""

    def __init__(self, directory, durable=True):
        super().__init__(directory)
        self.durable = durable
        self.socket = os.path.join(directory, "redis.sock")

    def __enter__(self):
        cores = os.cpu_count() or 1
        threads = min(8, cores * 3 // 4) if cores >= 4 else 1
        self._start(["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.directory,
                     "--appendonly", "yes" if self.durable else "no", "--appendfsync", "always", "--save", "",
                     "--io-threads", str(threads), "--daemonize", "no"])
        return self

    def _answers(self):
        try:
            return self.call("PING") == b"+PONG"
        except OSError:
            return False

    def call(self, *words):
        """One command; returns the first line of its reply, undecoded."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.socket)
            client.sendall(b"*%d\r\n" % len(words) +
                           b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in map(str.encode, words)))
            with client.makefile("rb") as reply:
                return reply.readline().rstrip()


def sqlite(database, sql):
    """Runs SQL by the sqlite3 shell and returns what it prints."""
    done = subprocess.run(["sqlite3", "-batch", "-bail", database], input=sql, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise BenchError(f"sqlite3: {done.stderr.strip()}")
    return done.stdout
