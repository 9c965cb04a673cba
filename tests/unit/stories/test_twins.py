"""Does a text in which one anchor was replaced count as another event, and one that was edited as a copy?"""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from window_articles import WORDS, article, prose, story_ids, unrelated

from service.index.window import Window
from service.model import WindowArticle
from service.settings import Settings
from service.stories.decide import SAME_TEXT
from service.stories.evidence import REPLACED, measure
from service.stories.judge import judge
from service.stories.place import Owner
from service.stories.recluster import recluster
from service.stories.same_event import default_model
from service.stories.shared_text import JACCARD
from service.stories.twins import AGAINST, ALIKE, LONGEST, UNEQUAL, votes_of

TOWN, OTHER_TOWN = "Norwick", "Eastvale"
TITLE = f"Fire in {TOWN} harbour"


def told(seed: int = 3, town: str = TOWN) -> str:
    """A report of 120 words that names its town three times."""
    words = prose(random.Random(seed), 117).split()
    for place in (5, 60, 110):
        words.insert(place, town)
    return " ".join(words)


def report(article_id: str, title: str, text: str) -> WindowArticle:
    return article(article_id, title, text, outlet=article_id)


def places(a: tuple[str, str], b: tuple[str, str], others: int = 40) -> float:
    """In how many places b, met after a among others, is a with something else in it."""
    window = Window(Settings())
    window.add(*unrelated(others), report("a", *a))
    slot = window.stage(report("b", *b))
    measured = measure(window, slot, window.candidates(slot))
    row = measured.slots.tolist().index(window.slot("a"))
    assert measured.shares[row, JACCARD] >= ALIKE
    return float(measured.features[row, REPLACED])


def swapped(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def test_a_name_replaced_wherever_it_stood_makes_a_twin() -> None:
    change = (TOWN, OTHER_TOWN)
    assert places((TITLE, told()), (swapped(TITLE, change), swapped(told(), change))) == 4


def test_a_name_of_two_words_may_stand_for_one_of_three() -> None:
    a, b = "Anna Berg", "Carl van Dorn"
    text = f"{a} resigned. {told()} So said {a} today again."
    assert places(("Resigned", text), ("Resigned", text.replace(a, b))) == 2


@pytest.mark.parametrize(("old", "new"), [(" 12 ", " 15 "), ("3 March", "21 March"), (" 4,8 ", " 7,2 ")])
def test_a_figure_in_the_lead_makes_a_twin(old: str, new: str) -> None:
    text = f"There were {old} in all. {told()}"
    assert places((TITLE, text), (TITLE, text.replace(old, new))) >= 1


def test_two_equal_texts_are_no_twins() -> None:
    assert places((TITLE, told()), (TITLE, told())) == 0


def test_another_headline_alone_makes_no_twin() -> None:
    assert places((TITLE, told()), (f"Fire in {OTHER_TOWN} harbour", told())) == 0


def test_what_is_replaced_far_below_alone_makes_no_twin() -> None:
    words = told().split()
    words[80] = "Replaced"
    assert places((TITLE, told()), (TITLE, " ".join(words))) == 0


@pytest.mark.parametrize("edit", ["left out", "put in", "moved"])
def test_a_copy_that_was_also_edited_is_no_twin(edit: str) -> None:
    """An editor who also leaves out, puts in or moves words may have spelt a name in his own way."""
    words = told(town=OTHER_TOWN).split()
    if edit == "left out":
        del words[40:44]
    elif edit == "put in":
        words[40:40] = ["according", "to", "our", "own", "correspondent", "there", "tonight"]
    else:
        words[40:60] = words[50:60] + words[40:50]
    assert places((TITLE, told()), (TITLE, " ".join(words))) == 0


def test_a_common_word_says_neither_who_nor_where() -> None:
    """Half the window says "today" or "yesterday": outlets exchange these in one report."""
    rng = random.Random(1)
    days = [f"{prose(rng, 20)} {day} {prose(rng, 60)}" for day in ("today", "yesterday") * 20]
    text = told()
    a, b = (text.replace(TOWN, day) for day in ("today", "yesterday"))
    window = Window(Settings())
    window.add(*(report(f"day-{n}", "", text) for n, text in enumerate(days)), report("a", TITLE, a))
    slot = window.stage(report("b", TITLE, b))
    measured = measure(window, slot, window.candidates(slot))
    assert measured.features[measured.slots.tolist().index(window.slot("a")), REPLACED] == 0


@given(st.integers(0, 10_000), st.integers(1, LONGEST), st.integers(1, LONGEST), st.integers(1, 4))
def test_one_thing_is_replaced_whatever_its_length(seed: int, old: int, new: int, count: int) -> None:
    """In one to four places, the first in the lead."""
    rng = random.Random(seed)
    words = rng.sample(WORDS, 90)
    at = sorted({rng.randrange(3, 30), *rng.sample(range(36, 84, 6), count - 1)})
    made = []
    for size in (old, new):
        text = list(words)
        for place in reversed(at):
            text[place:place] = [f"Name{size}{'abcdef'[k]}" for k in range(size)]
        made.append(("", " ".join(text)))
    expected = len(at) if old != new and abs(old - new) <= UNEQUAL else 0
    assert places(made[0], made[1], others=2) == expected


def test_a_text_with_many_different_words_exchanged_is_a_copy() -> None:
    words = told().split()
    for place in (10, 30, 50):
        words[place] = f"Name{'abc'[place // 20]}"
    assert places((TITLE, told()), (TITLE, " ".join(words))) == 0


def test_a_word_in_small_letters_exchanged_once_is_a_copy() -> None:
    """Where names have capitals; in other scripts it may be one."""
    text = f"It was called reckless yesterday. {told()}"
    assert places((TITLE, text), (TITLE, text.replace("reckless", "careless"))) == 0
    lower = [text.lower() for text in (TITLE, text, text.replace("reckless", "careless"))]
    assert places((lower[0], lower[1]), (lower[0], lower[2])) == 1


def test_votes_are_probabilities_but_for_twins() -> None:
    votes = votes_of(np.array([0.9, 0.2, 0.6]), np.array([0.0, 2.0, 0.0]))
    assert votes.tolist() == [0.9, -AGAINST, 0.6]


def test_a_twin_is_no_copy_and_hardly_probable() -> None:
    change = (TOWN, OTHER_TOWN)
    window = Window(Settings())
    window.add(*unrelated(40), report("a", TITLE, told()))
    slot = window.stage(report("b", swapped(TITLE, change), swapped(told(), change)))
    measured = measure(window, slot, window.candidates(slot))
    row = measured.slots.tolist().index(window.slot("a"))
    assert measured.shares[row, JACCARD] >= SAME_TEXT
    assert judge(default_model(), measured)[row] < 0.2


@pytest.mark.parametrize("way", ["online", "reclustered"])
def test_a_twin_stays_out_of_a_story_that_others_share(way: str) -> None:
    """Two more reports of the first event have much in common with the twin too."""
    rng = random.Random(9)
    change = (TOWN, OTHER_TOWN)
    common = told()
    quoted = " ".join(common.split()[3:64])
    more = [f"In {TOWN} {prose(rng, 20)} {TOWN} {prose(rng, 10)} {quoted}" for _ in range(2)]
    first = [report("a", TITLE, common), *(report(f"more-{n}", TITLE, text) for n, text in enumerate(more))]
    twin = report("twin", swapped(TITLE, change), swapped(common, change))
    items = [*unrelated(60), *first, twin]
    if way == "online":
        owner = Owner(Settings(), new_story_id=story_ids())
        owner.place(*items)
        stories = owner.stories()
    else:
        clusters = recluster(items, settings=Settings())
        stories = {id: cluster.article_ids[0] for cluster in clusters for id in cluster.article_ids}
    assert stories["a"] == stories["more-0"] == stories["more-1"]
    assert stories["twin"] != stories["a"]
