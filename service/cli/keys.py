"""Who may ask a service that others can reach? `keys create`, `list`, `revoke`: in the store, not by HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import say, show_rows

if TYPE_CHECKING:
    from service.store import Store
    from service.store.records import KeyRecord

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
COLUMNS = {
    "id": "key",
    "name": "name",
    "scopes": "scopes",
    "state": "state",
    "created_at": "made",
    "expires_at": "expires",
    "revoked_at": "revoked",
}


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose it is, or what for.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            "--scope",
            help="read: look and follow; write: send articles, decide; admin: everything. Say it again for "
            "more  [default: read]",
        ),
    ] = None,
    days: Annotated[float, typer.Option(min=0, help="Days until it expires; 0 never.")] = 0,
    data: Data = None,
) -> None:
    """Make a key and print it, this once. From then on requests need one, on loopback too."""
    from service.keys import create as make

    with _store(data, create=True) as store:
        record, key = make(store, name, [one.value for one in scope or [Scope.READ]], days)
    say(f"Key {record.id} ({', '.join(record.scopes)}). It is shown only now; only its digest is kept.")
    sys.stdout.write(f"{key}\n")


@keys.command("list")
def listed(data: Data = None, as_json: AsJson = False) -> None:
    """Every key with its scopes and what became of it; never the keys themselves."""
    from service.keys import listed as known

    with _store(data) as store:
        show_rows(COLUMNS, [_row(key, store.now()) for key in known(store)], as_json)


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="As `keys list` shows it.")], data: Data = None
) -> None:
    """Make a key worthless, within five seconds everywhere."""
    from service.keys import revoke as end

    with _store(data) as store:
        end(store, key_id)
    say(f"Key {key_id} is revoked.")


@contextmanager
def _store(data: Data, *, create: bool = False) -> Iterator[Store]:
    from service.fleet import with_its_servers
    from service.opening import open_store

    with open_store(with_its_servers(settings_from(data)), create=create) as store:
        yield store


def _row(key: KeyRecord, now: float) -> dict[str, Any]:
    from service.keys import good

    ended = "expired" if key.revoked_at is None else "revoked"
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "state": "good" if good(key, now) else ended,
        "created_at": _moment(key.created_at),
        "expires_at": _moment(key.expires_at),
        "revoked_at": _moment(key.revoked_at),
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
