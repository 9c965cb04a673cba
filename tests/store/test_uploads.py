"""Do files that wait for a word go when their time is over, and make room for newer ones?"""

from __future__ import annotations

import pytest
from store_making import NOW

from service.errors import NotFound
from service.store import Store, uploads


def test_a_file_waits_an_hour_and_the_newest_outlive_the_others(store: Store) -> None:
    file = uploads.Upload("sheet.csv", b"title\n\xff\x00")
    with store.write() as connection:
        for number in range(uploads.MOST + 2):
            uploads.keep(connection, f"up-{number:02}", file, NOW + number)
        assert uploads.get(connection, "up-02") == file
        for gone in ("up-00", "up-01"):
            with pytest.raises(NotFound):
                uploads.get(connection, gone)
        uploads.drop(connection, "up-05")
        uploads.keep(connection, "later", file, NOW + uploads.KEPT_SECONDS + 10.5)
        for gone in ("up-05", "up-10"):
            with pytest.raises(NotFound):
                uploads.get(connection, gone)
        assert uploads.get(connection, "up-11") == file
