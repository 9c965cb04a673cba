"""What does a feed hold without what other feeds had before? Each story stands in one twin only."""

from __future__ import annotations

from fastapi import Request

from service.feeds.entries import Feed, Mode, entries_of_feed
from service.store import Store, feed_items, feeds

STORIES = 100  # of one feed, the newest
LINKS = 500  # reports of one story that an entry links to


def twin(request: Request, store: Store, feed_id: str, mode: Mode) -> Feed:
    """The deduplicated twin of a feed. Raises NotFound."""
    with store.read() as connection:
        feed = feeds.get(connection, feed_id)
        ids = feed_items.newest_stories(connection, feed_id, STORIES)
    stories = store.stories.several(ids)
    reports = store.stories.reports(ids, LINKS)
    with store.read() as connection:
        articles = [member.article_id for members in reports.values() for member in members]
        bringers = feed_items.bringers(connection, articles)
    changed = store.change_times([story.updated_change for story in stories])
    times = {story.id: changed.get(story.updated_change, story.created_at) for story in stories}
    home = str(request.base_url)
    return Feed(
        title=feed.outlet or feed.title or feed.url,
        home=feed.home or home,
        address=str(request.url),
        following=None,
        lang=None,
        entries=entries_of_feed(stories, reports, times, mode, home, bringers, feed_id),
    )
