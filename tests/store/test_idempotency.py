"""Does a repeated request get the answer of the first, and a different one under the same key a refusal?"""

from __future__ import annotations

import pytest
from store_making import NOW

from service.errors import Conflict
from service.store import Store, idempotency


def test_the_first_answer_is_remembered(store: Store) -> None:
    with store.write() as connection:
        assert idempotency.recall(connection, "key", b"digest") is None
        idempotency.remember(connection, "key", b"digest", [{"id": "a"}], NOW)
    with store.write() as connection:
        assert idempotency.recall(connection, "key", b"digest") == [{"id": "a"}]
        with pytest.raises(Conflict, match="another request"):
            idempotency.recall(connection, "key", b"other")


def test_old_answers_are_forgotten(store: Store) -> None:
    with store.write() as connection:
        idempotency.remember(connection, "old", b"", 1, NOW - 100)
        idempotency.remember(connection, "new", b"", 2, NOW)
        idempotency.forget(connection, before=NOW - 50)
        assert idempotency.recall(connection, "old", b"") is None
        assert idempotency.recall(connection, "new", b"") == 2
