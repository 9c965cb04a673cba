"""Is each item stored once, is every broken feed marked with its reason, and is no host called too fast?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_checks import all_feeds, check, stored
from feed_world import BAD, GOOD, START, quick, run, subscribe, world

from service import pipeline
from service.polling import polling, subscribing
from service.settings import Settings
from service.store import Store, feeds


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with pipeline.open_store(Settings(data=tmp_path, **quick())) as opened:
        yield opened


def test_twenty_minutes_of_feeds_of_every_kind(store: Store) -> None:
    with world(hosts=5) as made:
        kinds = subscribe(made, store, store.settings, [*GOOD, *BAD])
        run(made, store, store.settings, minutes=20)
    check(made, store, kinds)


def test_who_dies_while_polling_is_followed_by_another(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed whose polls kill their process is given up after a few."""
    with world(hosts=1) as made:
        subscribe(made, store, store.settings, ["rss"])

        def dies(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(polling, "read_document", dies)
        for _ in range(store.settings.feed_attempts):
            feed = all_feeds(store)[0]
            with pytest.raises(KeyboardInterrupt):
                polling.turn(store, store.settings, feed.id, made.clock, made.clock.sleep)
            assert not polling.due(store, made.clock.now)
            made.clock.sleep(polling.CLAIM_SECONDS + 10)
        polling.turn(store, store.settings, feed.id, made.clock, made.clock.sleep)
    feed = all_feeds(store)[0]
    assert (feed.state, feed.reason) == ("dead", "Polling it never came to an end.")
    assert subscribing.poll_now(store, feed.id, made.clock.now).state == "active"


def test_a_feed_that_brings_nothing_new_is_polled_less(store: Store) -> None:
    with world(hosts=1) as made:
        subscribe(made, store, store.settings, ["article"])  # a page: fails
        kinds = {0: "rss"}
        pauses = []
        with store.write() as connection:
            feeds.change(connection, all_feeds(store)[0].id, url=made.url(0, kinds[0]))
        made.clock.now = START
        for _ in range(4):
            feed = all_feeds(store)[0]
            made.clock.now = START + 1  # time stands still: no new items
            with store.write() as connection:
                feeds.change(connection, feed.id, due_at=START)
                connection.exec_driver_sql("DELETE FROM hosts")
            polling.turn(store, store.settings, feed.id, made.clock, made.clock.sleep)
            pauses.append(all_feeds(store)[0].pause_seconds)
    assert pauses[0] == 120  # as short as it may be: there was news
    assert pauses[1:] == [180, 270, 405]


def test_a_web_page_leads_to_its_feed_and_is_remembered(store: Store) -> None:
    with world(hosts=1) as made:
        subscribe(made, store, store.settings, ["page"])
        page = made.url(0, "page")
        run(made, store, store.settings, minutes=0.2)
        feed = all_feeds(store)[0]
        assert (feed.page, feed.url) == (page, made.url(0, "rss"))
        again = subscribing.register(store, store.settings, page, "", False, made.clock.now)
        assert again.id == feed.id
    assert len(stored(store)) == 3
