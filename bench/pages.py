"""How fast are the pages and lists over many articles? Rows are made directly, questions asked over HTTP.

PYTHONPATH=.:tests:tests/store python bench/pages.py [--articles 100000] [--data DIR] [--postgres]

An existing DIR is asked as it is. With --postgres the rows are in a fresh PostgreSQL of their own.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import httpx2
from databases import running_postgres
from serving import served
from store_making import KEY, article, prepared

from service.opening import open_database
from service.settings import Settings
from service.store import Store, articles, log, members, stories
from service.store.members import Membership
from service.store.rows import candidate, content_hash
from service.store.sqlite import FILE_NAME

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
BATCH, OUTLETS, WORDS, ASKED = 2000, 300, 40_000, 60
START = 1_700_000_000.0
TEXT = "Words of one text."
SKETCHED = prepared(article("one", text=TEXT), START, "ar")  # titles are what is searched


def main() -> None:
    """Make the store where there is none, and time each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    data = given.data or Path(tempfile.mkdtemp())
    titles = Titles(random.Random(1))
    with running_postgres(()) if given.postgres else nullcontext() as server:
        changes = server.given(server.fresh()) if server else {}
        if server or not (data / FILE_NAME).exists():
            fill(Settings(data=data, **changes), given.articles, titles)
        if server:
            server.run("VACUUM ANALYZE", changes["store_url"].rpartition("/")[2])  # as it does in a minute
        with served(data, working=False, **changes) as service:
            report(service.client, titles)


class Titles:
    """Titles of invented Arabic words, few of them common and most of them rare."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.words = ["".join(chance.choices(LETTERS, k=chance.randint(3, 8))) for _ in range(WORDS)]
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))

    def draw(self, number: int) -> list[str]:
        """So many words."""
        return self.chance.choices(self.words, cum_weights=self.weights, k=number)


def fill(settings: Settings, number: int, titles: Titles) -> None:
    """Articles in stories of one to five."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with Store(open_database(settings), settings, KEY) as store:
        for start in range(0, number, BATCH):
            add_batch(store, start, titles)


def add_batch(store: Store, start: int, titles: Titles) -> None:
    """One transaction of articles with their stories."""
    chance, now = titles.chance, START + start
    with store.write() as connection:
        journal = log.Journal(connection, now)
        first = articles.last_seq(connection) + 1
        rows, joined, touched = [], [], {}
        while len(rows) < BATCH:
            story_id, common = f"st-{start + len(rows):09d}", titles.draw(5)
            founder = None
            for _ in range(min(BATCH - len(rows), chance.choice((1, 1, 1, 1, 2, 2, 3, 5)))):
                name = f"a{start + len(rows)}"
                title = " ".join(common + titles.draw(4))
                at = now + len(rows)
                item = article(name, title=title, outlet=f"Outlet {chance.randrange(OUTLETS)}", text=TEXT)
                made = replace(SKETCHED, article_id=name, title=title, published_at=at)
                rows.append((first + len(rows), 1, at, candidate(item, content_hash(item), made)))
                relation = "same_event" if founder else None
                joined.append(Membership(name, story_id, relation, 1.0, founder))
                founder = founder or name
            touched[story_id] = journal.changed("story.emerged", None, story_id)
        articles.add(connection, rows, now)
        members.join(connection, joined)
        stories.recount(connection, touched, set(touched), now)
        journal.flush()


def report(client: httpx2.Client, titles: Titles) -> None:
    """The table."""
    story_id = client.get("/v1/stories", params={"sort": "size", "limit": 1}).json()["stories"][0]["id"]
    asked: dict[str, tuple[str, Callable[[], dict[str, str]]]] = {
        "the first page": ("/", dict),
        "a story's page": (f"/stories/{story_id}", dict),
        "search, one word": ("/v1/stories", lambda: {"q": titles.draw(1)[0]}),
        "search, two words": ("/v1/stories", lambda: {"q": " ".join(titles.draw(2))}),
        "search, no match": ("/v1/stories", lambda: {"q": "none" + titles.draw(1)[0]}),
        "search on the page": ("/", lambda: {"q": titles.draw(1)[0]}),
        "an outlet": ("/v1/stories", lambda: {"outlet": f"Outlet {titles.chance.randrange(OUTLETS)}"}),
        "no such outlet": ("/v1/stories", lambda: {"outlet": "none"}),
        "no such language": ("/v1/stories", lambda: {"lang": "xx"}),
        "a feed": ("/v1/stories.atom", dict),
    }
    print(f"{'':22}{'median':>10}{'p95':>10}  ms")
    for name, (path, query) in asked.items():
        times = sorted(timed(client, path, query()) for _ in range(ASKED))
        print(f"{name:22}{times[ASKED // 2]:10.1f}{times[int(ASKED * 0.95)]:10.1f}")


def timed(client: httpx2.Client, path: str, query: dict[str, str]) -> float:
    """Milliseconds for one answer."""
    began = time.perf_counter()
    client.get(path, params=query).raise_for_status()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
