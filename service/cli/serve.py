"""How does `samestory serve` open its door? On a port that is bound before all else; to others, with keys."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import Data, settings_from
from service.cli.output import say

if TYPE_CHECKING:
    from service.runner import EmbeddedEngine
    from service.settings import Settings

SEEDS = Path(__file__).parents[2] / "seeds" / "articles.jsonl"


def serve(
    port: Annotated[int | None, typer.Option(help="Port; 0 takes any free one  [default: 8420]")] = None,
    host: Annotated[
        str | None, typer.Option(help="Address; beyond loopback a key is needed  [default: 127.0.0.1]")
    ] = None,
    data: Data = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the repository's sample articles first.")
    ] = False,
) -> None:
    """API, web page and engine in one process."""
    settings = settings_from(data, port=port, host=host)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    refuse_unguarded(settings)
    with bind(settings.host, settings.port) as listening:
        from service import collecting, logs
        from service.runner import EmbeddedEngine

        logs.configure(settings)
        with EmbeddedEngine(settings) as engine:
            engine.claim()
            say("Starting; the first time after an update takes half a minute longer, to compile.")
            engine.start()
            collecting.settled()
            if demo:
                load_seeds(engine)
            run(engine, listening)


def stop(*_: object) -> None:
    """End in order, whenever the signal comes: uvicorn sends it once more when its last answer is out."""
    raise SystemExit(0)


def refuse_unguarded(settings: Settings) -> None:
    """Serve others only where somebody has a key. Raises UnsafeBinding."""
    from service import keys
    from service.errors import StoreMismatch, UnsafeBinding
    from service.opening import open_store

    if settings.local():
        return
    with suppress(StoreMismatch), open_store(settings, create=False) as store:
        if keys.guarded(store):
            return
    raise UnsafeBinding(f"Host: {settings.host}.")


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Raises InvalidSetting, PortTaken."""
    from service.errors import InvalidSetting, PortTaken

    family, address = numeric(host)
    # Named TCP, or asyncio leaves Nagle's delay on: an answer's body then waits 40 ms behind its head.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen()
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port: {port}.") from None
        raise InvalidSetting(f"host {host} port {port}: {error.strerror}.") from None
    return listening


def numeric(host: str) -> tuple[socket.AddressFamily, str]:
    """The address that is listened on. Raises InvalidSetting for other names than localhost."""
    from service.errors import InvalidSetting

    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        raise InvalidSetting(f"host {host}: give an address, such as 127.0.0.1 or 0.0.0.0.") from None
    return (socket.AF_INET6 if address.version == 6 else socket.AF_INET), str(address)


def load_seeds(engine: EmbeddedEngine) -> None:
    """Put the sample articles in; those that are there already stay as they are."""
    from service.cli.reading import read, sources

    raws = [item.raw for item in read(sources([str(SEEDS)])[0], engine.settings.article_bytes)]
    receipts = engine.ingest(raws)
    engine.wait_placed([receipt.id for receipt in receipts if receipt.id], seconds=60.0)
    say(f"{len(receipts)} sample articles are loaded.")


def run(engine: EmbeddedEngine, listening: socket.socket) -> None:
    """Serve until told to stop; the address is printed once it answers."""
    from service.api import create_app
    from service.api.server import Server

    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 where commands find it
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    class Announcing(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            engine.announce(address)
            say(f"samestory is at {address}/ (stop it with Ctrl+C)")

    Announcing(create_app(engine, engine.settings)).run(sockets=[listening])
