"""Which process holds this data directory, and at which address does it answer?

A lock of the operating system on DATA/owner.lock: it ends with its holder, even one that was killed. The file
says the holder's name in the store's lease (line 1) and its address (line 2, empty when it serves none).
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from service.errors import StoreBusy

FILE = "owner.lock"
MODE = 0o600
PATIENCE_SECONDS = 1.0  # a reader that merely looks holds the lock for microseconds; a real holder for longer


class Holding:
    """The right to decide for one data directory, until `release` or the end of the process.

    `former` is the name of the holder before, whose process has ended. Who takes no lease needs no `name`.
    Raises StoreBusy.
    """

    def __init__(self, data: Path, name: str = "") -> None:
        self._descriptor = os.open(data / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            _lock_patiently(self._descriptor, data)
        except StoreBusy:
            os.close(self._descriptor)
            raise
        self.former = _content(self._descriptor)[0]
        self._name = name or self.former
        self.announce("")

    def announce(self, address: str) -> None:
        """Write down where this process answers, for commands that find the directory held."""
        written = f"{self._name}\n{address}\n".encode()
        os.pwrite(self._descriptor, written, 0)
        os.ftruncate(self._descriptor, len(written))

    def release(self) -> None:
        """Give the directory back; closing the descriptor ends the lock."""
        self.announce("")
        os.close(self._descriptor)


def holder_address(data: Path) -> str | None:
    """None when nobody holds the directory, else the holder's address ("" when it serves none)."""
    try:
        descriptor = os.open(data / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _content(descriptor)[1]
    finally:
        os.close(descriptor)
    return None


def _content(descriptor: int) -> tuple[str, str]:
    name, _, rest = os.pread(descriptor, 1000, 0).decode(errors="replace").partition("\n")
    return name, rest.strip()


def _lock_patiently(descriptor: int, data: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                address = _content(descriptor)[1] or "none (an import or a worker)"
                raise StoreBusy(f"Directory: {data}, address: {address}.") from None
            time.sleep(0.01)
