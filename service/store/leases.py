"""Who owns decisions now? A lease with a fencing token, which every placing transaction checks.

Writers follow one another, so nobody can become the owner between a transaction's check and its commit.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select, update

from service.errors import LeaseLost
from service.store.schema import leases

OWNER = "owner"  # the lease of the one who decides


def acquire(connection: Connection, name: str, holder: str, now: float, seconds: float) -> int | None:
    """Take or renew the lease for `seconds` from `now`. Returns its token, None while another one holds it.

    The token grows whenever the holder changes, so that an owner which slept through its lease can tell.
    """
    row = connection.execute(select(leases).where(leases.c.name == name)).mappings().one_or_none()
    if row is None:
        values = {"name": name, "holder": holder, "token": 1, "expires_at": now + seconds}
        connection.execute(insert(leases), values)
        return 1
    # A lease that ends implausibly late was written by a clock that jumped: it does not bind.
    held = now < row["expires_at"] <= now + 10 * seconds
    if row["holder"] != holder and held:
        return None
    token: int = row["token"] if row["holder"] == holder else row["token"] + 1
    change = {"holder": holder, "token": token, "expires_at": now + seconds}
    connection.execute(update(leases).where(leases.c.name == name), change)
    return token


def renew(connection: Connection, name: str, holder: str, token: int, now: float, seconds: float) -> bool:
    """Keep a lease that is still the holder's; False when another one has it. Safe beside other writers."""
    mine = (leases.c.name == name) & (leases.c.token == token) & (leases.c.holder == holder)
    found = connection.execute(update(leases).where(mine), {"expires_at": now + seconds})
    return bool(found.rowcount)


def release(connection: Connection, name: str, token: int) -> None:
    """Give the lease back at once; nothing happens when it was lost already."""
    mine = (leases.c.name == name) & (leases.c.token == token)
    connection.execute(update(leases).where(mine), {"expires_at": 0.0})


_TOKEN = select(leases.c.token).where(leases.c.name == bindparam("name"))


def check(connection: Connection, name: str, token: int) -> None:
    """Raises LeaseLost unless `token` is still the newest one of the lease."""
    newest = connection.execute(_TOKEN, {"name": name}).scalar()
    if newest != token:
        raise LeaseLost()


def fence(connection: Connection, token: int | None) -> None:
    """Stop an owner of decisions that is none any more. None: who writes is no owner. Raises LeaseLost."""
    if token is not None:
        check(connection, OWNER, token)


def holder(connection: Connection, name: str, now: float) -> str:
    """Who has the lease now; empty when nobody has."""
    mine = select(leases.c.holder).where(leases.c.name == name, leases.c.expires_at > now)
    found: str | None = connection.execute(mine).scalar()
    return found or ""


def expires_at(connection: Connection, name: str) -> float:
    """When the lease ends unless it is renewed; 0 when nobody ever had it."""
    ends: float | None = connection.execute(select(leases.c.expires_at).where(leases.c.name == name)).scalar()
    return ends or 0.0
