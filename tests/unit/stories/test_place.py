"""Does an article join the story it belongs to and found one otherwise, and does the owner's memory stay
whole?"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_articles import DAY, WORDS, article, edited, prose, story_ids, unrelated

from service.index.window import STAGED
from service.model import Change, Evidence, Placement, WindowArticle
from service.settings import Settings
from service.sketch.exact import resemblance
from service.stories import place
from service.stories.decide import (
    KEPT_LINKS,
    KEPT_MISSES,
    LAST_LOOK,
    MOST,
    SAME_TEXT,
    copied_of,
    decide,
    look_again,
    original_of,
)
from service.stories.evaluate import b_cubed
from service.stories.evidence import FEATURES, measure
from service.stories.judge import evidence_of, judge
from service.stories.place import Owner
from service.stories.shared_text import JACCARD, SHARES
from service.stories.ties import NONE

BACKGROUND = unrelated(300)


def owner_of(items: Iterable[WindowArticle] = BACKGROUND, **options: Any) -> Owner:
    """An owner whose window holds articles, each in a story of its own."""
    owner = Owner(Settings(**options), new_story_id=story_ids())
    for item in items:
        owner.restore(item, f"story of {item.article_id}")
    return owner


class Event:
    """Something that happened: its reports share words, and no passage."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.core = rng, rng.sample(WORDS, 40)

    def report(
        self, article_id: str, *, passage: str = "", share: float = 0.7, **options: object
    ) -> WindowArticle:
        words = [self.rng.choice(self.core if self.rng.random() < share else WORDS) for _ in range(120)]
        title = " ".join(self.rng.sample(self.core, 5) + self.rng.sample(WORDS, 1))
        return article(article_id, title, f"{' '.join(words)} {passage}", **options)  # type: ignore[arg-type]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(21)


def place_one(owner: Owner, item: WindowArticle) -> Placement:
    [placement] = owner.place(item)
    return placement


@pytest.fixture(scope="module", autouse=True)
def _there_is_always_room() -> Iterator[None]:
    """A kernel that writes beyond its arrays ruins the memory of the process: whatever these tests do, there
    must be room for all that the articles it is given may write."""
    real = decide

    def checked(first: int, last: int, *rest: Any) -> int:
        (story_at, sizes, _, _, following), (starts, _, _, others, _, used) = rest[3:5]
        assert last <= min(len(story_at), len(starts))
        assert following[0] + last - first <= len(sizes)
        assert used[0] + (last - first) * MOST <= len(others)
        return real(first, last, *rest)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(place, "decide", checked)
        yield


def assert_whole(owner: Owner) -> None:
    """Every article is in exactly one story, and every index of the memory says the same."""
    stories = owner.stories()
    members: dict[str, list[int]] = {}
    for id, story in stories.items():
        members.setdefault(story, []).append(owner._window.slot(id))
        assert id in owner
    assert list(stories) == list(owner._window)
    assert len(owner) == len(owner._window) == len(stories)
    assert owner._stories._numbers.keys() == set(owner._stories._ids.values()) == members.keys()
    for story, slots in members.items():
        assert list(owner._stories.of(story)) == sorted(slots)
        assert owner._stories.size(story) == len(slots)


def test_a_report_of_the_same_event_joins_its_story(rng: random.Random) -> None:
    owner, event = owner_of(), Event(rng)
    first = place_one(owner, event.report("first"))
    second = place_one(owner, event.report("second"))
    assert (first.founded, first.relation, first.linked_to, first.score, first.links) == (
        True,
        None,
        None,
        1.0,
        (),
    )
    assert (second.founded, second.story_id, second.relation) == (False, first.story_id, "same_event")
    assert (second.linked_to, second.article_id, second.version) == ("first", "second", 1)
    link = second.links[0]
    assert (link.a, link.b, link.evidence.kind, link.evidence.linked) == ("second", "first", "event", True)
    assert 0 < second.score <= 1
    assert_whole(owner)


def test_an_unrelated_report_founds_a_story(rng: random.Random) -> None:
    """Of sixty made of a thousand words, whose titles may share a rare one by chance, at least 57 do."""
    owner = owner_of()
    placements = owner.place(*(Event(rng).report(f"event {number}") for number in range(60)))
    founded = [placement for placement in placements if placement.founded]
    assert len({placement.story_id for placement in founded}) == len(founded) >= 57
    assert all(not link.evidence.linked for placement in founded for link in placement.near_misses)


def test_reports_that_quote_one_communique_are_one_story(rng: random.Random) -> None:
    owner, event, communique = owner_of(), Event(rng), prose(rng, 60)
    first = place_one(owner, event.report("first", passage=communique, share=0.3))
    second = place_one(owner, event.report("second", passage=communique, share=0.3))
    assert (second.story_id, second.relation) == (first.story_id, "shared_passages")
    assert sum(length for _, _, length in second.links[0].evidence.passages) >= 60


@pytest.mark.parametrize(
    ("words", "relation"), [(0, "exact_copy"), (3, "near_duplicate"), (8, "near_duplicate")]
)
def test_a_copy_says_how_near_it_is(rng: random.Random, words: int, relation: str) -> None:
    owner, text = owner_of(), prose(rng, 200)
    owner.place(article("original", "A title", text))
    copy = place_one(owner, article("copy", "Quite another one", edited(rng, text, words)))
    assert (copy.relation, copy.linked_to, copy.links[0].evidence.linked) == (relation, "original", True)
    assert copy.score == pytest.approx(1.0)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 60), st.booleans())
def test_copies_always_follow_their_original(seed: int, reports: int, copies: int, moved: bool) -> None:
    """Whatever the rest of that story says, how many there are, and where a person put it."""
    rng = random.Random(seed)
    owner, event = owner_of(BACKGROUND[:50]), Event(rng)
    for number in range(reports):
        owner.place(event.report(f"report {number}"))
    text = prose(rng, 150)
    original = article("original", "A title", text)
    owner.place(original)
    if moved:
        owner.move("original", "story of report 0")
    for number in range(copies):
        story = owner.stories()["original"]
        copy = article(f"copy {number}", "T", edited(rng, text, rng.randint(0, 5)))
        assert resemblance(copy.sketch.body, original.sketch.body)[0] >= SAME_TEXT
        assert place_one(owner, copy).story_id == story
        assert owner.stories()[copy.article_id] == owner.stories()["original"]
    assert_whole(owner)


def test_one_bridge_does_not_chain_two_stories(rng: random.Random) -> None:
    owner, left, right = owner_of(), Event(rng), Event(rng)
    for number in range(3):
        owner.place(left.report(f"left {number}"))
        owner.place(right.report(f"right {number}"))
    bridge = Event(rng)
    bridge.core = left.core[:20] + right.core[:20]
    owner.place(bridge.report("bridge", share=0.7))
    later = owner.place(left.report("left later"), right.report("right later"))
    stories = owner.stories()
    assert [placement.story_id for placement in later] == [stories["left 0"], stories["right 0"]]
    assert (
        len({stories[f"left {n}"] for n in range(3)}) == len({stories[f"right {n}"] for n in range(3)}) == 1
    )
    assert stories["left 0"] != stories["right 0"]


@pytest.mark.parametrize("background", [[], BACKGROUND])
def test_a_formula_of_twenty_words_links_nobody(rng: random.Random, background: list[WindowArticle]) -> None:
    owner, formula = owner_of(background), prose(rng, 20)
    items = [article(f"a{n}", prose(rng, 6), f"{prose(rng, 120)} {formula}") for n in range(30)]
    assert all(placement.founded for placement in owner.place(*items))


def test_an_unmatchable_article_never_links_and_is_not_kept() -> None:
    """Compared with its like it was a link with p = .999, and it never left the memory."""
    owner = owner_of()
    items = [
        article(name, "The very same title of both", text) for name, text in (("a", ""), ("b", "too short"))
    ]
    placements = owner.place(*items)
    assert [(p.founded, p.links, p.near_misses) for p in placements] == [(True, (), ())] * 2
    assert placements[0].story_id != placements[1].story_id
    evidence = owner.compare(*items)
    assert (evidence.linked, evidence.probability) == (False, 0.0)
    assert owner.match(items[0]) == []
    owner.restore(items[0], "somewhere")
    assert not any(item.article_id in owner for item in items)
    assert_whole(owner)


@pytest.mark.parametrize(("certain", "linked"), [(True, False), (False, True)])
def test_two_certain_languages_never_link(rng: random.Random, certain: bool, linked: bool) -> None:
    """A copy under another certain language joined the story."""
    event, passage = Event(rng), prose(rng, 60)
    items = [event.report("original", passage=passage), event.report("same event", passage=passage)]
    for other in (items[0], event.report("quotes", passage=passage), event.report("in other words")):
        owner = owner_of()
        for item in items:
            owner.place(item)
        foreign = replace(other, article_id="foreign", lang="fr", lang_certain=certain)
        assert owner.compare(foreign, items[0]).linked is linked
        assert bool(owner.match(foreign)) is linked
        placement = place_one(owner, foreign)
        assert placement.founded is not linked
        assert bool(placement.links or placement.near_misses) is linked


@pytest.mark.parametrize(
    ("kind", "days", "linked"),
    [
        ("event", 6.5, True),
        ("event", 7.5, False),
        ("copy", 29.5, True),
        ("copy", 30.5, False),
        ("copy", None, True),
    ],
)
def test_articles_are_compared_within_their_time(
    rng: random.Random, kind: str, days: float | None, linked: bool
) -> None:
    owner, event = owner_of(), Event(rng)
    original = event.report("original", published_at=0.0, share=0.8)
    other = original if kind == "copy" else event.report("other", share=0.8)
    later = replace(other, article_id="other", published_at=None if days is None else days * DAY)
    owner.place(original)
    assert owner.compare(later, original).linked is linked
    assert place_one(owner, later).founded is not linked


def test_members_out_of_time_are_not_asked_either(rng: random.Random) -> None:
    """A story's first member, 31 days older, was weighed and named as a link."""
    owner, text = owner_of(), prose(rng, 150)
    for name, days in (("first", 0), ("second", 29), ("third", 31)):
        placement = place_one(owner, article(name, "A title", text, published_at=days * DAY))
    assert [link.b for link in placement.links] == ["second"]
    assert placement.story_id == owner.stories()["first"]


def test_links_and_near_misses_are_named_strongest_first(rng: random.Random) -> None:
    owner, event = owner_of(), Event(rng)
    placements = []
    for number in range(20):
        placement = place_one(owner, event.report(f"report {number}"))
        placements.append(placement)
        stories = owner.stories()
        if not placement.changes:  # as the stories stood when it was placed
            assert {stories[link.b] for link in placement.links} <= {placement.story_id}
            assert placement.story_id not in {stories[link.b] for link in placement.near_misses}
        assert placement.linked_to == (placement.links[0].b if placement.links else None)
        for named in (placement.links, placement.near_misses):
            probabilities = [link.evidence.probability for link in named]
            assert probabilities == sorted(probabilities, reverse=True)
    assert max(len(placement.links) for placement in placements) == KEPT_LINKS
    assert max(len(placement.near_misses) for placement in placements) == KEPT_MISSES


def test_to_ask_is_to_leave_nothing_behind(rng: random.Random) -> None:
    """Every text that was only asked about left its words in the vocabulary for good."""
    owner, asked_nothing = owner_of(), owner_of()
    event = Event(rng)
    known, new, outside = event.report("known"), event.report("new"), event.report("outside")
    for one in (owner, asked_nothing):
        one.place(known)
    words, before = owner._window.terms.vocabulary.size, owner.stories()
    matches = owner.match(new)
    assert [(match.story_id, match.article_id) for match in matches] == [("s0", "known")]
    assert owner.compare(new, outside).linked
    assert owner.match(article("", "T", prose(rng, 100))) == []
    assert owner._window.terms.vocabulary.size == words
    assert owner.stories() == before
    assert_whole(owner)
    assert owner.place(new) == asked_nothing.place(new)


def test_comparing_is_what_placing_would_say(rng: random.Random) -> None:
    owner, event = owner_of(), Event(rng)
    communique = prose(rng, 30)
    first, second = event.report("first", passage=communique), event.report("second", passage=communique)
    owner.place(first)
    evidence, match = owner.compare(second, first), owner.match(second)[0]
    placed = place_one(owner, second).links[0].evidence
    assert evidence == match.evidence == placed


def test_a_new_version_is_no_candidate_of_its_old_self(rng: random.Random) -> None:
    owner, text = owner_of(), prose(rng, 100)
    old = article("a", "A title", text)
    owner.place(old)
    assert owner.match(replace(old, version=2)) == []


def test_an_article_that_was_removed_is_placed_anew(rng: random.Random) -> None:
    owner, text = owner_of(), prose(rng, 100)
    old = article("a", "A title", text)
    owner.place(old)
    owner.remove("a")
    again = place_one(owner, replace(old, version=2))
    assert (again.founded, again.version) == (True, 2)
    assert_whole(owner)


def test_the_versions_given_are_compared(rng: random.Random) -> None:
    """While a new version waits the window has the old one, and passages are shown in the new one's text."""
    owner, text = owner_of(), prose(rng, 100)
    a, b = article("a", "A title", text), article("b", "Another title", prose(rng, 100))
    owner.place(a, b)
    newer = replace(b, article_id="a", version=2)
    for one, other in ((newer, b), (b, newer)):
        evidence = owner.compare(one, other)
        assert (evidence.kind, evidence.jaccard, evidence.passages) == ("copy", 1.0, ((0, 0, 100),))


@pytest.mark.parametrize("known", [True, False])
def test_an_article_is_its_own_copy_wherever_it_is(rng: random.Random, known: bool) -> None:
    owner, item = owner_of(), article("a", "A title", prose(rng, 100))
    if known:
        owner.place(item)
    evidence = owner.compare(item, item)
    assert (evidence.kind, evidence.linked, evidence.probability) == ("copy", True, 1.0)


def by_events(rng: random.Random, count: int, prefix: str, events: list[Event]) -> list[WindowArticle]:
    """Reports of a few events, and copies of them, in a jumble."""
    made: list[WindowArticle] = []
    for number in range(count):
        if made and rng.random() < 0.2:
            source = rng.choice(made)
            made.append(replace(source, article_id=f"{prefix}{number}"))
        else:
            made.append(rng.choice(events).report(f"{prefix}{number}", arrived_at=float(number)))
    return made


def test_a_restored_owner_decides_as_the_one_that_never_stopped(rng: random.Random) -> None:
    events = [Event(rng) for _ in range(8)]
    before, after = by_events(rng, 60, "before", events), by_events(rng, 40, "after", events)
    running = owner_of()
    for item in before:
        running.place(item)
    restored = owner_of()
    for item in before:
        restored.restore(item, running.stories()[item.article_id])
    assert restored.stories() == running.stories()
    assert [restored.match(item) for item in after] == [running.match(item) for item in after]
    for item in after:
        restored.place(item)
        running.place(item)
    # The restored one asks old articles anew when it looks at a story, and knows more words by then.
    assert b_cubed(running.stories(), restored.stories()).f1 >= 0.9


def test_articles_restored_together_are_as_if_restored_one_by_one(rng: random.Random) -> None:
    items, later = stream(rng, 300), stream(rng, 340)[300:]
    placed = [(item, f"story {number % 90}") for number, item in enumerate(items)]
    together, one_by_one = owner_of(), owner_of()
    for batch in (placed[:1], placed[1:200], placed[200:]):
        together.restore_all(batch)
    for item, story_id in placed:
        one_by_one.restore(item, story_id)
    assert together.stories() == one_by_one.stories()
    assert [together.match(item) for item in later] == [one_by_one.match(item) for item in later]
    assert [place_one(together, item) for item in later] == [place_one(one_by_one, item) for item in later]


def test_a_restored_owner_decides_alike_until_a_story_is_looked_at(rng: random.Random) -> None:
    """What old articles have in common is found out anew then, by what is known now."""
    items = stream(rng, 300)
    running = owner_of([])
    running.place(*items[:200])
    stories = running.stories()
    restored = Owner(Settings(), new_story_id=story_ids(200))
    for item in items[:200]:
        if item.article_id in running:
            restored.restore(item, stories[item.article_id])
    names = {id: id for id in stories.values()}  # what the restored one calls stories of the other
    alike = 0
    for item in items[200:]:
        expected, found = place_one(running, item), place_one(restored, item)
        names.setdefault(expected.story_id, found.story_id)
        assert found.story_id == names[expected.story_id]
        assert replace(found, story_id="", changes=()) == replace(expected, story_id="", changes=())
        alike += 1
        if found.changes or expected.changes:
            break
    assert alike > 5


def stream(rng: random.Random, count: int) -> list[WindowArticle]:
    """Reports of events of which some are alike, so that stories merge and split; copies, a communique,
    languages, and articles that cannot be matched."""
    events, communique = [Event(rng) for _ in range(8)], prose(rng, 40)
    for event, other in zip(events[::2], events[1::2], strict=True):
        other.core = event.core[:20] + other.core[:20]
    made: list[WindowArticle] = []
    for number in range(count):
        id, kind = f"n{number}", rng.random()
        if made and kind < 0.2:
            made.append(replace(rng.choice(made), article_id=id))
        elif kind < 0.25:
            made.append(article(id, "A title", "too short"))
        elif kind < 0.3:
            made.append(article(id, prose(rng, 5), prose(rng, 100), lang=rng.choice(["fr", "de"])))
        else:
            passage, share = rng.choice(["", "", communique]), rng.choice([0.3, 0.45, 0.8])
            when = rng.choice([None, 0.0, 4 * DAY, 8 * DAY])
            made.append(rng.choice(events).report(id, passage=passage, share=share, published_at=when))
    return made


def obvious(owner: Owner, item: WindowArticle) -> tuple[dict[str, float], dict[str, Evidence]]:
    """What placing an article should find, from its measurement: the score of each story, and the evidence
    for each article compared."""
    window, model, stories = owner._window, owner._model, owner.stories()
    with window.visit():
        slot = window.stage(item)
        measured = measure(window, slot, window.candidates(slot))
    probabilities = judge(model, measured).tolist()
    others = [window.item(slot).article_id for slot in measured.slots.tolist()]
    scores: dict[str, float] = {}
    for other, probability in zip(others, probabilities, strict=True):
        members = list(stories.values()).count(stories[other])
        scores[stories[other]] = scores.get(stories[other], 0.0) + probability / members
    for row, other in enumerate(others):
        jaccard = float(measured.shared(row).shares[JACCARD])
        if jaccard >= SAME_TEXT:
            scores[stories[other]] = max(scores[stories[other]], 1.0 + jaccard)
    threshold = model.join_from(len(owner))
    found = {
        other: evidence_of(model, measured, row, probabilities[row], threshold)
        for row, other in enumerate(others)
    }
    return scores, found


@pytest.mark.parametrize("seed", range(3))
def test_decisions_are_those_of_the_obvious_way(seed: int) -> None:
    """The best mean over all members, those not compared counting as 0; a copy's original before all."""
    owner = owner_of([])
    joined = 0
    for item in stream(random.Random(100 + seed), 250):
        scores, found = obvious(owner, item) if item.sketch.matchable else ({}, {})
        stories, threshold = owner.stories(), owner._model.join_from(len(owner))
        placement = place_one(owner, item)
        best = max(scores.values(), default=0.0)
        assert placement.founded is (best < threshold)
        if placement.founded:
            assert placement.story_id not in stories.values()
            assert placement.score == 1.0
            assert placement.links == ()
        else:
            assert scores[placement.story_id] == pytest.approx(best)
            assert placement.score == pytest.approx(min(1.0, best))
            joined += 1
        for links, most, inside in (
            (placement.links, KEPT_LINKS, True),
            (placement.near_misses, KEPT_MISSES, False),
        ):
            named = [other for other in found if (stories[other] == placement.story_id) is inside]
            worthy = sorted((found[other].probability for other in named), reverse=True)
            worthy = [p for rank, p in enumerate(worthy[:most]) if p >= 0.1 or (inside and rank == 0)]
            assert [link.evidence.probability for link in links] == worthy
            assert all(link.a == item.article_id and link.b in named for link in links)
            assert all(link.evidence == found[link.b] for link in links)
    assert joined > 50


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([0.0, 0.69, 0.7, 0.8, 1.0])), unique_by=lambda t: t[0]
    ),
    st.integers(0, 9),
)
def test_the_original_is_the_article_before_that_is_most_alike(
    alike: list[tuple[int, float]], slot: int
) -> None:
    others, shares = np.array([other for other, _ in alike], np.int32), np.zeros((len(alike), SHARES))
    shares[:, JACCARD] = [jaccard for _, jaccard in alike]
    copied = copied_of(np.zeros((len(alike), len(FEATURES))), shares)
    before = [(jaccard, other) for other, jaccard in alike if other < slot and jaccard >= SAME_TEXT]
    assert original_of(slot, others, copied) == (max(before)[1] if before else NONE)


def cut(items: Sequence[WindowArticle], sizes: Iterable[int]) -> Iterator[Sequence[WindowArticle]]:
    """The articles in batches of these sizes, then the rest."""
    start = 0
    for size in sizes:
        yield items[start : start + size]
        start += size
    yield items[start:]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("known", [0, 60])
def test_how_articles_are_cut_into_batches_changes_nothing(seed: int, known: int) -> None:
    """Neither decisions, evidence and changes, nor what the owner knows afterwards; also where it has
    restored its first articles, and stories that ought to be one or two."""
    rng = random.Random(seed)
    items = stream(rng, 400)
    sizes: list[list[int]] = [
        [1] * len(items),
        [],
        [7] * 60,
        [STAGED, STAGED],
        [STAGED - 1, STAGED + 1, 0, 3],
        [rng.randint(0, 150) for _ in range(9)],
    ]
    outcomes = []
    for way in sizes:
        owner = owner_of([])
        for number, item in enumerate(items[:known]):
            owner.restore(item, f"old {number % 5}")
        placements = [p for batch in cut(items[known:300], way) for p in owner.place(*batch)]
        assert_whole(owner)
        later = [place_one(owner, item) for item in items[300:]]
        outcomes.append((placements, owner.stories(), later))
    transitions = {change.transition for placement in outcomes[0][0] for change in placement.changes}
    assert transitions == {"merged", "emerged", "split"}
    for outcome in outcomes[1:]:
        assert outcome == outcomes[0]


def test_nothing_to_place() -> None:
    owner = owner_of()
    assert owner.place() == []
    placements = owner.place(*(article(f"a{number}", "A title", "") for number in range(2 * STAGED + 1)))
    assert [placement.story_id for placement in placements] == [f"s{n}" for n in range(2 * STAGED + 1)]
    assert len(owner) == len(BACKGROUND)


def in_languages_of_their_own(count: int) -> list[WindowArticle]:
    """Articles of which each founds a story."""
    return [replace(item, lang=f"language {n}") for n, item in enumerate(unrelated(count))]


def test_a_story_may_fall_into_many_while_others_of_its_batch_wait(rng: random.Random) -> None:
    """Stories that a split made took the numbers that those which the others found were to have, and the
    kernel wrote behind its arrays."""
    owner = owner_of([])
    texts = [article(f"a{number}", prose(rng, 5), prose(rng, 100)) for number in range(28)]
    others = in_languages_of_their_own(1100)
    for item in texts:
        owner.restore(item, "all")
    for item in others[: 1024 - STAGED - 1]:  # room for numbers is made by doubling 1024
        owner.restore(item, f"story of {item.article_id}")
    first, *rest = owner.place(replace(texts[0], article_id="copy"), *others[1 - STAGED :])
    assert len(first.changes) == 2 * 27
    assert all(placement.founded for placement in rest)
    assert_whole(owner)


def test_restored_articles_may_be_asked_while_others_of_their_batch_wait(rng: random.Random) -> None:
    """What they had in common took the room of those that wait, and the kernel wrote behind its arrays."""
    events, text = [Event(rng), Event(rng)], prose(rng, 150)
    owner = owner_of([])
    for number in range(256):
        owner.restore(events[number % 2].report(f"report {number}", share=0.95), f"story {number % 2}")
    for number in range(2):
        owner.restore(article(f"copy {number}", "", text), f"story {number}")
    owner.place(
        article("a copy", "", text),
        *(events[number % 2].report(f"later {number}", share=0.95) for number in range(STAGED - 1)),
    )
    assert owner._window.slot("later 0") in owner._ties
    assert owner._window.slot("report 0") in owner._ties
    assert_whole(owner)


def test_a_report_of_two_stories_of_one_event_merges_them(rng: random.Random) -> None:
    """The smaller into the larger, with every article, also just after a restart."""
    owner, event = owner_of(), Event(rng)
    for number in range(6):
        owner.restore(event.report(f"old {number}"), "large" if number < 4 else "small")
    [change] = place_one(owner, event.report("new")).changes
    assert (change.story_id, change.transition, change.other_story_id) == ("small", "merged", "large")
    assert {"old 4", "old 5"} <= set(change.article_ids) <= {"old 4", "old 5", "new"}
    assert {owner.stories()[f"old {number}"] for number in range(6)} == {"large"}
    assert owner.stories()["new"] == "large"
    assert_whole(owner)


def test_a_story_claimed_twice_merges_once(rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """By words of one language and by anchors of others."""
    owner, event = owner_of(cross_language=True), Event(rng)
    for number in range(6):
        story, share = ("large", 0.75) if number < 4 else ("small", 0.95)
        owner.restore(event.report(f"old {number}", share=share), story)
    both = {"small", "large"}
    monkeypatch.setattr(owner, "_placed_across", lambda *said: (said[-1], sorted(both - {said[-1].story_id})))
    placement = place_one(owner, event.report("new", share=0.95))
    assert placement.story_id == "small"
    assert [change.transition for change in placement.changes] == ["merged"]
    assert set(owner.stories().values()) >= {"large"}
    assert owner.stories()["new"] == owner.stories()["old 0"] == "large"


def test_a_story_of_two_events_falls_into_its_parts(rng: random.Random) -> None:
    owner, left, right = owner_of(), Event(rng), Event(rng)
    for number in range(5):
        owner.restore(left.report(f"left {number}", share=0.8), "both")
    for number in range(4):
        owner.restore(right.report(f"right {number}", share=0.8), "both")
    changes = place_one(owner, left.report("left 5", share=0.8)).changes
    parted = tuple(f"right {number}" for number in range(4))
    assert changes == (Change("s0", "emerged", parted, None), Change("both", "split", parted, "s0"))
    stories = owner.stories()
    assert {stories[f"left {number}"] for number in range(6)} == {"both"}
    assert {stories[name] for name in parted} == {"s0"}
    assert_whole(owner)


def test_how_stories_are_looked_at() -> None:
    """At four articles, and whenever one has grown by a quarter: rarely, less and less often, and in the end
    no more."""
    looks = [now for now in range(2, 300) if look_again(now - 1, now)]
    assert looks[:4] == [4, 5, 6, 8]
    assert len(looks) < 20
    assert max(looks) <= LAST_LOOK
    assert look_again(4, 8)  # merged
    assert not look_again(2, 3)
    assert not look_again(50, LAST_LOOK + 1)


OPERATION = st.one_of(
    st.tuples(st.just("place"), st.lists(st.integers(0, 44), max_size=6, unique=True)),
    st.tuples(st.just("restore"), st.lists(st.integers(0, 44), max_size=3, unique=True)),
    st.tuples(st.just("remove"), st.integers(0, 45)),
    st.tuples(st.just("move"), st.tuples(st.integers(0, 45), st.integers(0, 20))),
    st.tuples(st.just("rename"), st.tuples(st.integers(0, 20), st.integers(0, 20))),
    st.tuples(st.just("expire"), st.integers(0, 40)),
)
SOME = [
    *by_events(random.Random(5), 40, "a", [Event(random.Random(n)) for n in range(6)]),
    *(article(f"a{number}", "A title", "too short") for number in range(40, 45)),
]


@settings(deadline=None, max_examples=60)
@given(st.lists(OPERATION, max_size=60))
def test_whatever_happens_every_article_is_in_exactly_one_story(operations: list[tuple[str, Any]]) -> None:
    new_ids = map("new {}".format, itertools.count())
    owner = Owner(Settings(window_days=1, window_articles=15), new_story_id=new_ids.__next__)
    stories: dict[str, str] = {}
    arrived: dict[str, float] = {}

    def named(number: int) -> str:
        """A story by its name, or that of an article."""
        return f"s{number}" if number < 5 else stories.get(f"a{number}", "s5")

    for time, (what, how) in enumerate(operations):
        if what in ("place", "restore"):
            items = [replace(SOME[number], arrived_at=time * DAY / 20) for number in how]
            items = [item for item in items if item.article_id not in stories]
            arrived |= {item.article_id: item.arrived_at for item in items}
            kept = [item.article_id for item in items if item.sketch.matchable]
        if what == "restore":
            for item in items:
                owner.restore(item, "s0")
            stories |= dict.fromkeys(kept, "s0")
        elif what == "place":
            placements = owner.place(*items)
            assert [placement.article_id for placement in placements] == [item.article_id for item in items]
            for placement in placements:
                stories |= {placement.article_id: placement.story_id} if placement.article_id in kept else {}
                for change in placement.changes:
                    stories |= dict.fromkeys(change.article_ids, change.other_story_id or change.story_id)
        elif what == "remove":
            owner.remove(f"a{how}")
            stories.pop(f"a{how}", None)
        elif what == "move":
            number, story = how[0], named(how[1])
            owner.move(f"a{number}", story)
            if f"a{number}" in stories:
                stories[f"a{number}"] = story
        elif what == "rename":
            old, new = (named(number) for number in how)
            owner.rename(old, new)
            stories = {id: new if story == old else story for id, story in stories.items()}
        else:
            now = time * DAY / 20 + how * DAY / 40
            order = sorted(stories, key=lambda id: arrived[id])
            late = [id for id in order if arrived[id] < now - DAY]
            gone = order[: max(len(late), len(order) - 15)]
            assert sorted(owner.expire(now)) == sorted(gone)
            for id in gone:
                del stories[id]
        assert owner.stories() == stories
        assert_whole(owner)


@pytest.mark.parametrize("restored", [True, False])
def test_a_window_that_grew_sparse_is_entered_anew_and_decides_on(restored: bool) -> None:
    owner = owner_of([], window_articles=10)
    texts = unrelated(50)
    items = [
        replace(texts[number % 50], article_id=f"n{number}", arrived_at=float(number))
        for number in range(4200)
    ]
    if restored:
        for number, item in enumerate(items):
            owner.restore(item, f"s of {number % 50}")
    else:
        owner.place(*items)
    story = owner.stories()["n4197"]
    assert len(owner.expire(5000.0)) == 4190
    assert owner._window.slot("n4199") == len(owner) - 1 == 9
    assert_whole(owner)
    copy = replace(texts[(4200 - 3) % 50], article_id="copy")
    assert place_one(owner, copy).story_id == story
    assert_whole(owner)
