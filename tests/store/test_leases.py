"""Is there one owner at a time, and does an owner that lost its lease find out before it writes?"""

from __future__ import annotations

import pytest
from store_making import NOW

from service.errors import LeaseLost
from service.store import Store, leases


def acquire(store: Store, holder: str, now: float) -> int | None:
    with store.write() as connection:
        return leases.acquire(connection, leases.OWNER, holder, now, seconds=10.0)


def check(store: Store, token: int) -> None:
    with store.read() as connection:
        leases.check(connection, leases.OWNER, token)


def test_one_holder_at_a_time(store: Store) -> None:
    assert acquire(store, "first", NOW) == 1
    assert acquire(store, "second", NOW + 5) is None
    assert acquire(store, "first", NOW + 9) == 1
    assert acquire(store, "second", NOW + 15) is None
    check(store, 1)


def test_the_next_holder_fences_the_last(store: Store) -> None:
    acquire(store, "first", NOW)
    assert acquire(store, "second", NOW + 11) == 2
    with pytest.raises(LeaseLost):
        check(store, 1)
    check(store, 2)


def test_a_lease_given_back_is_free(store: Store) -> None:
    acquire(store, "first", NOW)
    with store.write() as connection:
        leases.release(connection, leases.OWNER, 1)
    assert acquire(store, "second", NOW + 1) == 2
    with store.write() as connection:
        leases.release(connection, leases.OWNER, 1)  # too late: it is not the first one's any more
    assert acquire(store, "third", NOW + 2) is None


def test_a_clock_that_jumped_does_not_hold_the_lease_for_hours(store: Store) -> None:
    acquire(store, "ahead", NOW + 7200)
    assert acquire(store, "second", NOW) == 2


def test_a_token_is_needed(store: Store) -> None:
    with pytest.raises(LeaseLost):
        check(store, 1)
