"""Is the representative the member that speaks best, whatever the order of the members?"""

from __future__ import annotations

import random

import pytest

from service.model import Member
from service.stories.representative import ENOUGH_WORDS, choose

PLAIN = Member("m", "Outlet", "A title", "en", 200, None, None, 1000.0, 2000.0)


def member(article_id: str, **changes: object) -> Member:
    return PLAIN._replace(article_id=article_id, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"title": "", "words": 300, "published_at": 0.0}),
        ({"words": 50, "cited": 1}, {"words": 300, "published_at": 0.0}),
        ({"words": 250}, {"words": 249, "published_at": 0.0}),
        ({"words": ENOUGH_WORDS, "published_at": 5.0}, {"words": 5000, "published_at": 6.0}),
        ({"published_at": None, "arrived_at": 900.0}, {"published_at": 1000.0, "arrived_at": 0.0}),
        ({"published_at": 900.0}, {"published_at": None, "arrived_at": 1000.0}),
    ],
)
def test_who_speaks_for_a_story(better: dict[str, object], worse: dict[str, object]) -> None:
    for names in (("a", "z"), ("z", "a")):  # the smaller id is not what decides
        best, other = (
            member(name, **{key: value for key, value in changes.items() if key != "cited"})
            for name, changes in zip(names, (better, worse), strict=True)
        )
        followers = [member("f", words=1, title="", linked_to=best.article_id)] if better.get("cited") else []
        assert choose([other, *followers, best]) == best.article_id


def test_equals_are_told_apart_by_id_not_by_order() -> None:
    members = [member(f"m{number}") for number in range(10)]
    rng = random.Random(1)
    assert {choose(rng.sample(members, 10)) for _ in range(20)} == {"m0"}
    assert choose([member("only", title="")]) == "only"


def test_a_story_without_members_has_no_representative() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose([])
