"""Which outlets are one, and whose are they? Rows of `outlets`, which people write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from service.store.records import OutletRecord
from service.store.schema import articles, members, outlets

_KNOWN = select(outlets.c.name, outlets.c.alias_of, outlets.c.owner).order_by(outlets.c.name)


class Voices(NamedTuple):
    """Under which name each outlet counts, and whose voice it is: what is not there stands for itself."""

    names: Mapping[str, str]
    owners: Mapping[str, str]

    def name(self, outlet: str) -> str:
        """The name under which an outlet counts."""
        return self.names.get(outlet, outlet)

    def voice(self, outlet: str) -> str:
        """Who speaks through an outlet: its owner, else itself."""
        name = self.name(outlet)
        return self.owners.get(outlet) or self.owners.get(name) or name


def known(connection: Connection) -> list[OutletRecord]:
    """All that was said, by name."""
    return [OutletRecord(*row) for row in connection.execute(_KNOWN)]


def voices(connection: Connection) -> Voices:
    """What was said, to be asked."""
    said = known(connection)
    names = {one.name: one.alias_of for one in said if one.alias_of}
    return Voices(names, {one.name: f"owner {one.owner}" for one in said if one.owner})


def put(connection: Connection, outlet: OutletRecord) -> None:
    """Say this of an outlet in place of what was said before."""
    drop(connection, outlet.name)
    row = {"name": outlet.name, "alias_of": outlet.alias_of, "owner": outlet.owner}
    connection.execute(insert(outlets), row)


def drop(connection: Connection, name: str) -> bool:
    """Forget what was said of an outlet; False when nothing was."""
    return bool(connection.execute(delete(outlets).where(outlets.c.name == name)).rowcount)


def aliases(connection: Connection, name: str) -> list[str]:
    """The outlets that count under this name."""
    query = select(outlets.c.name).where(outlets.c.alias_of == name)
    return list(connection.execute(query.order_by(outlets.c.name)).scalars())


def covered_by(connection: Connection, names: Sequence[str]) -> list[str]:
    """The stories that have an article of one of these outlets."""
    query = select(members.c.story_id).join(articles, articles.c.id == members.c.article_id)
    found = connection.execute(query.where(articles.c.outlet.in_(names)).distinct()).scalars()
    return sorted(found)
