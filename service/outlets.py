"""What follows when a person says that two outlets are one, or whose they are? Stories are counted anew."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from service.errors import InvalidOutlet, NotFound
from service.store import Store, outlets, stories
from service.store.articles import chunks
from service.store.log import Journal
from service.store.records import OutletRecord


def describe_outlet(store: Store, said: OutletRecord, now: float) -> None:
    """Say of an outlet under which name it counts and who owns it. Raises InvalidOutlet for an alias of an
    alias, or of itself."""
    with store.write() as connection:
        _one_step(connection, said)
        outlets.put(connection, said)
    _count_anew(store, said.name, now)


def forget_outlet(store: Store, name: str, now: float) -> None:
    """Take back what was said of an outlet. Raises NotFound."""
    with store.write() as connection:
        if not outlets.drop(connection, name):
            raise NotFound()
    _count_anew(store, name, now)


def _one_step(connection: Connection, said: OutletRecord) -> None:
    if not said.alias_of:
        return
    elsewhere = [one.name for one in outlets.known(connection) if one.alias_of]
    if said.alias_of in (said.name, *elsewhere) or outlets.aliases(connection, said.name):
        raise InvalidOutlet("alias_of must be a name that is no alias itself.")


def _count_anew(store: Store, name: str, now: float) -> None:
    """Count the stories that the outlet covers, a part at a time; whoever places in between counts right."""
    with store.read() as connection:
        touched = outlets.covered_by(connection, [name, *outlets.aliases(connection, name)])
    for part in chunks(touched):
        _count_part(store, part, name, now)


def _count_part(store: Store, story_ids: Sequence[str], name: str, now: float) -> None:
    with store.write() as connection:
        there = stories.statuses(connection, story_ids)
        journal = Journal(connection, now)
        change = journal.changed("outlet.described", outlet=name)
        live = {id: change for id, status in there.items() if status == "live"}
        stories.recount(connection, live, (), now)
        journal.flush()
