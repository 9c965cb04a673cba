"""Are stories counted right, listed in order, filtered exactly, and found under every id they ever had?"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from store_making import NOW, add, article, candidate, founder, make_story

from service.errors import InvalidInput, NotFound
from service.model import Evidence, Link, Member, Relation
from service.store import Store, members, stories
from service.store.members import Membership
from service.store.outlets import Voices
from service.store.queries import Sort
from service.store.records import StoryRecord

DAY = 86_400.0


def member(id: str, outlet: str, relation: Relation | None = None, linked_to: str | None = None) -> Member:
    return Member(id, outlet, f"Title {id}", "en", 100, relation, linked_to, None, NOW)


@pytest.mark.parametrize(
    ("listed", "independent"),
    [
        ([member("a", "A"), member("b", "B", "same_event", "a")], 2),
        ([member("a", "A"), member("b", "B", "exact_copy", "a")], 1),
        ([member("a", "A"), member("b", "B", "near_duplicate", "a"), member("c", "B", "same_event", "a")], 2),
        ([member("a", "A"), member("b", "A", "near_duplicate", "a")], 1),
        ([member("a", "")], 0),
        ([member("b", "B", "exact_copy", "gone")], 1),
    ],
)
def test_independent_outlets(listed: list[Member], independent: int) -> None:
    assert stories.independent_outlets(listed, Voices({}, {})) == independent


def test_a_story_is_counted(store: Store) -> None:
    add(
        store,
        candidate(article("a", outlet="A"), published_at=NOW - DAY),
        candidate(article("b", outlet="B"), published_at=NOW - 2 * DAY, lang="fr"),
        candidate(article("c", outlet="B")),
    )
    rest = [Membership("b", "st-1", "same_event", 0.8, "a"), Membership("c", "st-1", "same_event", 0.7, "a")]
    with store.write() as connection:
        make_story(connection, "st-1", [founder("a", "st-1"), *rest])
    story = store.stories.get("st-1")
    assert (story.status, story.article_count, story.outlet_count) == ("live", 3, 2)
    assert (story.first_published, story.latest_published) == (NOW - 2 * DAY, NOW - DAY)
    assert (story.first_reported, story.languages) == (NOW, ["en", "fr"])
    assert story.title in {"Title a", "Title b", "Title c"}
    assert story.updated_change == store.last_change()


def test_members_come_in_pages_with_their_evidence(store: Store) -> None:
    names = [f"m{n}" for n in range(7)]
    add(store, *(candidate(article(name)) for name in names))
    evidence = Evidence(
        "passage", True, 0.9, 0.1, 0.2, 0.3, ((0, 4, 9),), {"contrast": 0.5}, {"contrast": 1.5}
    )
    rest = [Membership(name, "st-1", "shared_passages", 0.9, "m0") for name in names[1:]]
    with store.write() as connection:
        make_story(connection, "st-1", [founder("m0", "st-1"), *rest])
        members.add_links(connection, [Link(name, "m0", evidence) for name in names[1:]])
    first = store.stories.articles("st-1", limit=4)
    second = store.stories.articles("st-1", limit=4, after=first.after)
    assert [item.article_id for item in (*first.items, *second.items)] == names
    assert second.after is None
    assert first.items[0].evidence is None
    found = first.items[1].evidence
    assert found is not None
    assert (found["probability"], found["passages"]) == (0.9, [[0, 4, 9]])
    assert len(store.stories.links("st-1")) == 6
    link = store.articles.link("m0", "m3")
    assert link is not None
    assert (link.a, link.b) == ("m3", "m0")


@pytest.fixture
def listed(store: Store) -> list[StoryRecord]:
    """Two hundred stories of one or two articles, with many equal sort keys."""
    rng = random.Random(3)
    made = []
    for n in range(200):
        outlets = rng.sample(["A", "B", "C_%"], rng.choice([1, 1, 2]))
        published = rng.choice([None, NOW - rng.randrange(10) * DAY])
        for k, outlet in enumerate(outlets):
            item = article(
                f"s{n}-{k}", outlet=outlet, title=f"{rng.choice(['Ärger', 'Bridge 50%', 'مَطَر'])} {n}"
            )
            made.append(candidate(item, published, lang=rng.choice(["en", "ar"])))
    add(store, *made)
    with store.write() as connection:
        by_story: dict[str, list[str]] = {}
        for item in made:
            by_story.setdefault(item.id.split("-")[0], []).append(item.id)
        for story_id, ids in by_story.items():
            rest = [Membership(id, story_id, "same_event", 0.9, ids[0]) for id in ids[1:]]
            make_story(connection, story_id, [founder(ids[0], story_id), *rest])
    return [store.stories.get(story_id) for story_id in by_story]


def latest(story: StoryRecord) -> float:
    return story.latest_published or NOW


def first(story: StoryRecord) -> float:
    return story.first_published or NOW


KEYS: dict[Sort, Callable[[StoryRecord], tuple[float, str]]] = {
    "latest": lambda story: (latest(story), story.id),
    "first": lambda story: (first(story), story.id),
    "size": lambda story: (story.article_count, story.id),
}


@pytest.mark.parametrize("sort", list(KEYS))
def test_pages_hold_each_story_once_in_order(store: Store, listed: list[StoryRecord], sort: Sort) -> None:
    found: list[StoryRecord] = []
    after = None
    while True:
        page = store.stories.list(sort=sort, after=after, limit=17)
        found += page.items
        after = page.after
        if after is None:
            break
    assert found == sorted(listed, key=KEYS[sort], reverse=sort != "first")


def test_hot_prefers_more_outlets_and_younger_ones(store: Store, listed: list[StoryRecord]) -> None:
    found = store.stories.list(sort="hot", limit=200).items
    assert len(found) == 200
    newest_twice = [s for s in found if latest(s) == NOW and s.independent_outlet_count == 2]
    assert list(found[: len(newest_twice)]) == newest_twice


def test_filters(store: Store, listed: list[StoryRecord]) -> None:
    def ids(**filters: object) -> set[str]:
        return {story.id for story in store.stories.list(limit=500, **filters).items}  # type: ignore[arg-type]

    assert ids() == {story.id for story in listed}
    assert ids(since=NOW - 3 * DAY) == {s.id for s in listed if latest(s) >= NOW - 3 * DAY}
    assert ids(until=NOW - 3 * DAY) == {s.id for s in listed if first(s) <= NOW - 3 * DAY}
    assert ids(min_outlets=2) == {s.id for s in listed if s.outlet_count >= 2}
    assert ids(lang="ar") == {s.id for s in listed if "ar" in s.languages}
    by_outlet = {
        s.id for s in listed if any(m.outlet == "C_%" for m in store.stories.articles(s.id, limit=10).items)
    }
    assert ids(outlet="C_%") == by_outlet
    assert ids(outlet="C") == set()


@pytest.mark.parametrize(
    ("asked", "word"), [("ärger", "Ärger"), ("50%", "50%"), ("مطر", "مَطَر"), ("BRIDGE 50", "Bridge 50")]
)
def test_titles_are_searched_folded_and_taken_literally(
    store: Store, listed: list[StoryRecord], asked: str, word: str
) -> None:
    found = store.stories.list(q=asked, limit=500).items
    titles = {
        s.id for s in listed if any(word in m.title for m in store.stories.articles(s.id, limit=10).items)
    }
    assert {story.id for story in found} == titles
    assert titles


def test_an_unknown_order_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="latest"):
        store.stories.list(sort="newest")  # type: ignore[arg-type]


def test_every_old_id_resolves(store: Store) -> None:
    names = ["a", "b", "c"]
    add(store, *(candidate(article(name)) for name in names))
    with store.write() as connection:
        for name in names:
            make_story(connection, f"st-{name}", [founder(name, f"st-{name}")])
    for source, target in (("a", "b"), ("b", "c")):
        with store.write() as connection:
            moved = [
                id for id, story in members.story_of(connection, names).items() if story == f"st-{source}"
            ]
            members.reassign(connection, [founder(id, f"st-{target}") for id in moved])
            stories.merge(connection, [(f"st-{source}", f"st-{target}")])
            stories.recount(connection, {f"st-{source}": 1, f"st-{target}": 1}, (), NOW)
    assert [store.stories.resolve(f"st-{name}") for name in names] == ["st-c"] * 3
    merged = store.stories.get("st-a")
    assert (merged.status, merged.merged_into, merged.article_count, merged.title) == (
        "merged",
        "st-b",
        0,
        "",
    )
    assert [story.id for story in store.stories.list().items] == ["st-c"]
    assert store.stories.count() == 1
    with pytest.raises(NotFound):
        store.stories.resolve("st-none")


def test_a_story_without_articles_is_closed(store: Store) -> None:
    add(store, candidate(article("a")))
    with store.write() as connection:
        make_story(connection, "st-1", [founder("a", "st-1")])
        assert members.withdraw(connection, "a") == "st-1"
        assert stories.close_empty(connection, ["st-1"]) == ["st-1"]
        assert stories.close_empty(connection, ["st-1"]) == []
        stories.recount(connection, {"st-1": 1}, (), NOW)
    story = store.stories.get("st-1")
    assert (story.status, story.article_count, story.title) == ("closed", 0, "")
    assert store.stories.resolve("st-1") == "st-1"


@pytest.mark.parametrize("published_at", [None, NOW - DAY])
@pytest.mark.parametrize("said", ["Title", ""])
def test_one_member_is_counted_like_several(said: str, published_at: float | None) -> None:
    alone = Member("a", said and "Daily", said, said and "en", 100, None, None, published_at, NOW)
    assert stories._count_one(alone, said.lower()) == stories._count(
        [(alone, said.lower())], {}, Voices({}, {})
    )
