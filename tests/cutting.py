"""How is a network cut in a test? By a proxy in between, which then forwards nothing and tells nobody."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65_536
LOOK_SECONDS = 0.1


@dataclass
class Wire:
    """A port that leads to another one, as long as it is whole.

    A cut is silent: nobody is refused, nothing is closed, and what was sent waits, as TCP sends it again,
    until the wire is mended. After `mend(forget=True)` the connections of before stay dead, as behind a
    router that has forgotten them.
    """

    port: int
    whole: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    age: int = 0  # connections of another age are forgotten

    def cut(self) -> None:
        """From now on nothing goes through."""
        self.whole.clear()

    def mend(self, *, forget: bool = False) -> None:
        """What is sent goes through again."""
        self.age += forget
        self.whole.set()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """A proxy to a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(listener.getsockname()[1])
        wire.mend()
        listener.settimeout(LOOK_SECONDS)
        accepting = threading.Thread(target=_accept, args=(wire, listener, port), daemon=True)
        accepting.start()
        try:
            yield wire
        finally:
            wire.ended.set()
            accepting.join()


def _accept(wire: Wire, listener: socket.socket, port: int) -> None:
    while not wire.ended.is_set():
        try:
            client, _ = listener.accept()
        except TimeoutError:
            continue
        threading.Thread(target=_guarded, args=(wire, client, port), daemon=True).start()


def _guarded(wire: Wire, client: socket.socket, port: int) -> None:
    with suppress(OSError):  # nobody listens there just now
        _carry(wire, client, port)


def _carry(wire: Wire, client: socket.socket, port: int) -> None:
    """Forward both ways until either side closes."""
    age = wire.age
    with client, socket.create_connection(("127.0.0.1", port)) as server, suppress(OSError):
        other = {client: server, server: client}
        while not wire.ended.is_set():
            if not wire.whole.wait(LOOK_SECONDS):
                continue
            if wire.age != age:
                wire.ended.wait()
                return
            for one in select.select([client, server], [], [], LOOK_SECONDS)[0]:
                said = one.recv(CHUNK)
                if not said:
                    return
                other[one].sendall(said)
