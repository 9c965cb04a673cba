"""Which articles do the pipeline's tests work on? Invented events in invented words, and copies of them."""

from __future__ import annotations

import random
from typing import Any

NOW = 1_700_000_000.0
SYLLABLES = ["ba", "ko", "ri", "mu", "te", "sha", "lin", "dor", "fe", "zan", "pri", "go", "wel", "tas", "nu"]
Raw = dict[str, Any]


def vocabulary(rng: random.Random, size: int = 30_000) -> list[str]:
    """Words that mean nothing."""
    return ["".join(rng.choices(SYLLABLES, k=rng.choice([3, 4, 5]))) for _ in range(size)]


def events(number: int, copies: int = 3, seed: int = 1) -> list[Raw]:
    """`number` events, each told by `copies` outlets in nearly the same words, shuffled."""
    rng = random.Random(seed)
    words = vocabulary(rng)
    made = [report(rng, words, event, copy) for event in range(number) for copy in range(copies)]
    rng.shuffle(made)
    return made


def report(rng: random.Random, words: list[str], event: int, copy: int) -> Raw:
    """One outlet's copy of an event's report: the first one's words, some of them changed."""
    told = random.Random(event)
    body = told.choices(words, k=150)
    title = " ".join(told.choices(words, k=6)).capitalize()
    for place in rng.sample(range(150), 4 if copy else 0):
        body[place] = rng.choice(words)
    sentences = [" ".join(body[start : start + 15]).capitalize() + "." for start in range(0, 150, 15)]
    return {
        "id": f"e{event}-{copy}",
        "outlet": f"Outlet {copy}",
        "title": title,
        "text": " ".join(sentences),
        "published": f"2023-11-{1 + event % 14:02}T10:00:00Z",
        "lang": "en",
    }
