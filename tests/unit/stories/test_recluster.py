"""Do the stories depend on the articles alone, and does each article lie in exactly one?"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_articles import DAY, WORDS, article, edited, prose, unrelated

from service.model import WindowArticle
from service.settings import Settings
from service.stories.constraints import Constraints, Ruling, contradiction, ruling
from service.stories.evidence import REPLACED, measure
from service.stories.judge import judge
from service.stories.recluster import KEPT_LINKS, Cluster, canonical, fill, recluster, view_of
from service.stories.same_event import default_model
from service.stories.seen import LEAST
from service.stories.twins import votes_of

SETTINGS = Settings()
BACKGROUND = unrelated(120)


def event(rng: random.Random, name: str, reports: int, **options: object) -> list[WindowArticle]:
    """Reports of one event: nine in ten of their words are the event's own."""
    core = rng.sample(WORDS, 40)

    def one(number: int) -> WindowArticle:
        words = rng.sample(core, 20)  # what happened stands at the beginning
        words += [rng.choice(core if rng.random() < 0.9 else WORDS) for _ in range(100)]
        title = " ".join(rng.sample(core[:7], 5) + rng.sample(WORDS, 1))
        return article(f"{name}-{number:03}", title, " ".join(words), **options)  # type: ignore[arg-type]

    return [one(number) for number in range(reports)]


def jumble(rng: random.Random) -> list[WindowArticle]:
    """Events, copies, background and what cannot be matched, dated and not."""
    dates = [None, 0.0, DAY]
    items = [item for n in range(4) for item in event(rng, f"e{n}", 3, published_at=rng.choice(dates))]
    text = prose(rng, 100)
    items += [
        article(f"copy-{n}", "T", edited(rng, text, n), published_at=rng.choice(dates)) for n in range(5)
    ]
    return [
        *items,
        *BACKGROUND[:20],
        article("empty", "A title", ""),
        article("brief", "A title", "too short"),
    ]


def ids(clusters: Sequence[Cluster]) -> set[frozenset[str]]:
    return {frozenset(cluster.article_ids) for cluster in clusters}


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_the_order_of_articles_changes_nothing_at_all(seed: int) -> None:
    rng = random.Random(seed)
    items = jumble(rng)
    clusters = recluster(items, settings=SETTINGS)
    assert recluster(rng.sample(items, len(items)), settings=SETTINGS) == clusters
    assert sorted(id for c in clusters for id in c.article_ids) == sorted(item.article_id for item in items)
    assert clusters == sorted(clusters, key=lambda cluster: cluster.article_ids)
    assert {frozenset({"empty"}), frozenset({"brief"})} <= ids(clusters)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_decisions_are_kept_whatever_the_order(seed: int) -> None:
    rng = random.Random(seed)
    items = jumble(rng)
    names = sorted(item.article_id for item in items)
    rulings: list[Ruling] = []
    for _ in range(8):
        new = ruling("d", rng.choice(["must_link", "cannot_link"]), rng.sample(names, 2), ())  # type: ignore[arg-type]
        rulings += [] if contradiction(rulings, new) else [new]
    constraints = Constraints(rulings)
    clusters = recluster(items, None, SETTINGS, constraints)
    assert recluster(rng.sample(items, len(items)), None, SETTINGS, Constraints(rulings[::-1])) == clusters
    assert sorted(id for c in clusters for id in c.article_ids) == names
    assert all(any(bundle <= group for group in ids(clusters)) for bundle in constraints.bundles())
    assert not any(constraints.clash(group, group) for group in ids(clusters))
    assert all({link.a, link.b} <= {*c.article_ids} for c in clusters for link in c.links)


def test_arrival_changes_nothing() -> None:
    rng = random.Random(1)
    items = jumble(rng)
    later = [
        WindowArticle(
            i.article_id, i.version, i.outlet, i.lang, i.lang_certain, i.published_at, rng.random(), i.sketch
        )
        for i in items
    ]
    assert recluster(later, settings=SETTINGS) == recluster(items, settings=SETTINGS)


def test_reports_of_one_event_are_one_story_and_others_are_not() -> None:
    rng = random.Random(2)
    events = [event(rng, f"e{n}", 3) for n in range(5)]
    clusters = ids(
        recluster([*BACKGROUND, *(item for reports in events for item in reports)], settings=SETTINGS)
    )
    assert {frozenset(item.article_id for item in reports) for reports in events} <= clusters
    assert {frozenset({item.article_id}) for item in BACKGROUND} <= clusters


@pytest.mark.parametrize("copies", [20, 150])
def test_a_report_that_very_many_reprint_is_one_story(copies: int) -> None:
    """A hundred equal copies came out as 45 stories: each sees the same few newest ones, and nobody the
    others."""
    rng = random.Random(3)
    text = prose(rng, 150)
    equal = [article(f"equal-{n:03}", "A title", text) for n in range(copies)]
    near = [article(f"near-{n:03}", "A title", edited(rng, text, 4)) for n in range(copies // 5)]
    found = ids(recluster([*equal, *near, *BACKGROUND], settings=SETTINGS))
    assert frozenset(item.article_id for item in (*equal, *near)) in found
    assert len(found) == len(BACKGROUND) + 1


def test_copies_count_once() -> None:
    """A story with a much reprinted report takes the same articles in as one without the reprints."""
    rng = random.Random(4)
    reports = event(rng, "event", 4)
    once = ids(recluster([*BACKGROUND, *reports], settings=SETTINGS))
    text = prose(rng, 110)
    source = article("event-source", "T", f"{text} {' '.join(rng.sample(WORDS, 10))}")
    reprints = [article(f"reprint-{n}", "T", edited(rng, text, 3)) for n in range(8)]
    again = ids(recluster([*BACKGROUND, *reports, source, *reprints], settings=SETTINGS))
    assert {group for group in once if any(id.startswith("event") for id in group)} <= again


def test_small_edits_do_not_add_up() -> None:
    """A copy is one of its original, not of a copy's copy: a text that was changed word by word is another
    in the end."""
    rng = random.Random(5)
    words = prose(rng, 100).split()
    items = []
    for step in range(12):
        words[step * 8 : step * 8 + 8] = prose(rng, 8).split()
        items.append(article(f"step-{step:02}", "", " ".join(words)))
    originals = view_of(items, default_model(), SETTINGS).originals
    assert 1 < len(set(originals)) < 12
    assert all(originals[original] == original for original in originals)


def test_what_one_side_sees_and_dismisses_counts() -> None:
    """Where the other side had looked and given less than LEAST, the first one's word was taken alone."""
    rng = random.Random(6)
    items = [item for item in jumble(rng) if item.sketch.matchable]
    ordered = sorted(items, key=lambda item: canonical(item.published_at, item.article_id))
    window, model = fill(ordered, SETTINGS), default_model()
    said: dict[tuple[int, int], float] = {}
    for i in range(len(ordered)):
        measured = measure(window, i, window.candidates(i))
        votes = votes_of(judge(model, measured), measured.features[:, REPLACED])
        said |= {(i, j): vote for j, vote in zip(measured.slots.tolist(), votes.tolist(), strict=True)}
    expected = {
        (min(pair), max(pair)): (vote + said.get(pair[::-1], vote)) / 2
        for pair, vote in said.items()
        if vote >= LEAST or vote < 0.0
    }
    pairs = view_of(items, model, SETTINGS).seen.pairs
    found = zip(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True), pairs.votes.tolist(), strict=True)
    assert dict(found) == expected
    assert len(pairs.votes) == len(expected)
    assert sum(pair in said and pair[::-1] in said for pair in expected) > 10


def test_links_are_inside_their_story_strongest_first_and_few() -> None:
    rng = random.Random(7)
    items = [*BACKGROUND, *event(rng, "event", 6)]
    by_id = {item.article_id for item in items}
    for cluster in recluster(items, settings=SETTINGS):
        members = set(cluster.article_ids)
        assert members <= by_id
        probabilities = [link.evidence.probability for link in cluster.links]
        assert probabilities == sorted(probabilities, reverse=True)
        assert len({frozenset((link.a, link.b)) for link in cluster.links}) == len(cluster.links)
        assert all({link.a, link.b} <= members for link in cluster.links)
        if len(members) > 1:
            assert {id for link in cluster.links for id in (link.a, link.b)} == members
    text = prose(rng, 100)
    copies = [article(f"c{n:02}", "T", text) for n in range(40)]
    (cluster,) = recluster(copies, settings=SETTINGS)
    assert len(cluster.links) <= 40 * KEPT_LINKS


def test_two_certain_languages_and_other_times_stay_apart() -> None:
    text = prose(random.Random(8), 120)
    items = [
        article("a", "T", text, lang="en"),
        article("b", "T", text, lang="fr"),
        article("c", "T", text, lang="en", published_at=31 * DAY),
        article("d", "T", text, lang="en", published_at=None),
        article("e", "T", text, lang="en", published_at=29 * DAY),
    ]
    found = ids(recluster(items[:3], settings=SETTINGS))
    assert found == {frozenset("a"), frozenset("b"), frozenset("c")}
    assert ids(recluster([items[0], items[3], items[4]], settings=SETTINGS)) == {frozenset("ade")}


def test_nothing_to_group() -> None:
    assert recluster([], settings=SETTINGS) == []
    assert [c.article_ids for c in recluster([article("a"), article("b")], settings=SETTINGS)] == [
        ("a",),
        ("b",),
    ]
