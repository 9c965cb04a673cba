"""Which articles do the tests of index and stories work on? Invented words, and a slow way to weigh them."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from service.model import Sketch, WindowArticle
from service.sketch.sketch import Sketcher

DAY = 86_400.0
SKETCHER = Sketcher()
DIGIT = 2  # bit of Sketch.flags
LEAD = 40


def vocabulary(size: int, seed: int = 0) -> list[str]:
    """Words that mean nothing, no two alike."""
    rng = random.Random(seed)
    return ["".join(rng.choices("abdefgiklmnoprstu", k=5)) + str(number) for number in range(size)]


WORDS = vocabulary(20_000)


def article(
    article_id: str,
    title: str = "",
    text: str = "",
    *,
    lang: str = "en",
    certain: bool = True,
    published_at: float | None = 0.0,
    arrived_at: float = 0.0,
    outlet: str = "Outlet",
) -> WindowArticle:
    """An article as the owner gets it."""
    sketch = SKETCHER.sketch(title, text)
    return WindowArticle(article_id, 1, outlet, lang, certain, published_at, arrived_at, sketch)


def prose(rng: random.Random, words: int, among: Sequence[str] = WORDS) -> str:
    """Text of so many words."""
    return " ".join(rng.choices(among, k=words))


def edited(rng: random.Random, text: str, words: int) -> str:
    """The text with so many words exchanged."""
    kept = text.split()
    for place in rng.sample(range(len(kept)), words):
        kept[place] = rng.choice(WORDS)
    return " ".join(kept)


def unrelated(count: int, seed: int = 7, prefix: str = "other") -> list[WindowArticle]:
    """Articles about nothing in particular, so that a window knows which words are rare."""
    rng = random.Random(seed)
    return [article(f"{prefix}-{n:04}", prose(rng, 6), prose(rng, 100)) for n in range(count)]


def story_ids(first: int = 0) -> Callable[[], str]:
    """Story ids s0, s1, ..."""
    numbers = itertools.count(first)
    return lambda: f"s{next(numbers)}"


class Word(NamedTuple):
    """How one article uses one word."""

    count: int
    in_title: bool
    in_lead: bool
    is_number: bool


def words_of(sketch: Sketch) -> dict[int, Word]:
    """The different words of title and body in the order of first use: the obvious way."""
    title, body, flags = sketch.title.tolist(), sketch.body.tolist(), sketch.flags.tolist()
    numbers = {key for key, flag in zip(title + body, flags, strict=True) if flag & DIGIT}
    return {
        key: Word(min(255, body.count(key)), key in title, key in body[:LEAD], key in numbers)
        for key in dict.fromkeys(title + body)
    }


class Statistics:
    """How many articles use each word, and what the words of an article weigh then."""

    def __init__(self, articles: Iterable[Mapping[int, Word]]) -> None:
        held = list(articles)
        self.articles = len(held)
        self.frequency = Counter(key for words in held for key in words)

    def idf(self, key: int) -> float:
        """How rare a word is, among 20 imagined articles more."""
        return max(0.05, math.log(self.articles + 20) - math.log(self.frequency[key] + 0.5))

    def weights(self, words: Mapping[int, Word]) -> dict[int, float]:
        """log(1 + uses) * idf, a use in the title counting as one more."""
        return {key: math.log1p(w.count + w.in_title) * self.idf(key) for key, w in words.items()}

    def cosine(self, a: Mapping[int, Word], b: Mapping[int, Word]) -> float:
        """The cosine of two articles."""
        one, other = self.weights(a), self.weights(b)
        dot = sum(weight * other[key] for key, weight in one.items() if key in other)
        return dot / math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()) + 1e-12)
