"""Whose request is this, and what may it do? API keys: made once, shown once, kept as a digest.

A key is `ss_`, its id, `_` and 256 random bits. The id is no secret: lists show it, and the key is looked up
by it, so that the secret part is only ever compared, in constant time.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256

from service.errors import InvalidInput
from service.model import Scope
from service.store import Store, keys
from service.store.records import KeyRecord

SCOPES: tuple[Scope, ...] = ("read", "write", "admin")
KEY = re.compile(r"ss_([0-9a-f]{12})_[0-9a-f]{64}")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
DAY = 86_400.0
COMMAND = "(command)"  # keys that commands on this machine make for themselves
COMMAND_SECONDS = 600.0


def create(
    store: Store, name: str, scopes: Sequence[Scope] = ("read",), days: float = 0.0
) -> tuple[KeyRecord, str]:
    """A new key, good for `days` (0: until it is revoked); returns the key itself too, said only here.

    Raises InvalidInput.
    """
    if not NAME.fullmatch(name) or name == COMMAND:
        raise InvalidInput("The name of a key has 1 to 100 letters and no control characters.")
    if not scopes:
        raise InvalidInput(f"A key needs a scope: {', '.join(SCOPES)}.")
    return _make(store, name, scopes, days * DAY)


def _make(store: Store, name: str, scopes: Sequence[Scope], seconds: float) -> tuple[KeyRecord, str]:
    now = store.now()
    key_id = secrets.token_hex(6)
    key = f"ss_{key_id}_{secrets.token_hex(32)}"
    chosen: list[Scope] = [scope for scope in SCOPES if scope in scopes]
    record = KeyRecord(key_id, name, chosen, now, now + seconds if seconds else None, None)
    with store.write() as connection:
        keys.add(connection, record, _digest(key))
    return record, key


def for_command(store: Store) -> str:
    """A key that is good for some minutes. Who can write the store may do everything anyway."""
    with store.write() as connection:
        keys.drop_expired(connection, COMMAND, store.now())
    return _make(store, COMMAND, ("admin",), COMMAND_SECONDS)[1]


def check(store: Store, key: str) -> KeyRecord | None:
    """What is known of a key; None when it is unknown, expired or revoked."""
    shape = KEY.fullmatch(key)
    if shape is None:
        return None
    with store.read() as connection:
        found = keys.find(connection, shape[1])
    if found is None or not hmac.compare_digest(found[1], _digest(key)):
        return None
    return found[0] if good(found[0], store.now()) else None


def good(record: KeyRecord, now: float) -> bool:
    """Whether a key is neither revoked nor expired."""
    return record.revoked_at is None and (record.expires_at is None or now < record.expires_at)


def listed(store: Store) -> Sequence[KeyRecord]:
    """Every key that was made and not forgotten, oldest first."""
    with store.read() as connection:
        return keys.known(connection)


def some(store: Store) -> bool:
    """Whether a key was ever made: from then on requests need one."""
    with store.read() as connection:
        return keys.some(connection)


def guarded(store: Store) -> bool:
    """Whether it is safe to listen: on loopback, or where somebody has a key."""
    return store.settings.local() or any(good(key, store.now()) for key in listed(store))


def revoke(store: Store, key_id: str) -> None:
    """Make a key worthless. Raises NotFound."""
    with store.write() as connection:
        keys.revoke(connection, key_id, store.now())


def allows(record: KeyRecord, scope: Scope) -> bool:
    """Whether a key has a scope; `admin` includes the others."""
    return scope in record.scopes or "admin" in record.scopes


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()
