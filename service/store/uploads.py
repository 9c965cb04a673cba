"""Which tables were sent in and wait until somebody has said which column is what? For an hour, then gone."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from service.errors import NotFound
from service.store.schema import uploads

KEPT_SECONDS = 3600.0
MOST = 20  # that wait; the oldest goes


class Upload(NamedTuple):
    """A file as it was sent."""

    name: str
    data: bytes


def keep(connection: Connection, upload_id: str, upload: Upload, now: float) -> None:
    """Keep a file for a while."""
    forget(connection, now - KEPT_SECONDS)
    newest = select(uploads.c.id).order_by(uploads.c.at.desc(), uploads.c.id).offset(MOST - 1)
    connection.execute(delete(uploads).where(uploads.c.id.in_(list(connection.execute(newest).scalars()))))
    connection.execute(insert(uploads), {"id": upload_id, "at": now, **upload._asdict()})


def get(connection: Connection, upload_id: str) -> Upload:
    """A file that waits. Raises NotFound."""
    query = select(uploads.c.name, uploads.c.data).where(uploads.c.id == upload_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("The file waited for an hour, or was imported; send it again.")
    return Upload(*row)


def drop(connection: Connection, upload_id: str) -> None:
    """Forget a file."""
    connection.execute(delete(uploads).where(uploads.c.id == upload_id))


def forget(connection: Connection, before: float) -> None:
    """Forget files that were sent before then."""
    connection.execute(delete(uploads).where(uploads.c.at < before))
