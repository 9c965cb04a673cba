"""How is a stream of news made as large as one asks, so that its articles still cost what news costs?

    python bench/corpus.py STREAM.jsonl[.gz] --articles N [--seed S] [--out FILE]

The first copy is the stream itself. Each further one tells of another world's news on the same days: every
word that fewer than one in ten articles use stands for another one, the same one throughout the copy, of the
same kind (name, number, other word) and as frequent. So who, where, what and how many differ from copy to
copy, while the events, the copies and quotations among a copy's articles stay what they are. Of the words
that one article alone uses, half become words that nobody has used, so that the vocabulary grows on as
that of a longer stream does. What comes out depends on the stream, the number and the seed alone.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import random
import re
import sys
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from service.incoming import prepare_article
from service.model import WindowArticle
from service.sketch.sketch import Sketcher
from service.text.intake import read_article
from service.text.normalise import fold

SHARED = Path(os.environ.get("SAMESTORY_SHARED") or Path(__file__).resolve().parents[2] / "shared")
ARABIC = SHARED / "data" / "streams" / "saudinewsnet.jsonl.gz"
ENGLISH = SHARED / "data" / "streams" / "english_fulltext.jsonl.gz"
ARRIVED = 1_700_000_000.0  # later than every article of the streams; only its being later matters
COMMON = 0.1  # of the articles: a word that more of them use is of the language, not of an event
ALIKE = 100  # words next to each other by frequency, among which one is drawn for each

# With the marks that stand within Arabic words, so that a word is one piece.
WORD = re.compile(r"[\w\u0610-\u061a\u0640\u064b-\u065f]+")
CONSONANTS = "bcdfghjklmnpqrstvwxz", "بتثجحخدذرزسشصضطظعغفقكمن", "0123456789"

Raw = dict[str, Any]


class Corpus:
    """A stream that can be grown. seed: of the words that stand for others.

    >>> [one["id"] for one in Corpus([{"id": "a", "title": "", "text": "A bridge fell."}]).grown(2)]
    ['a', 'a-1']
    """

    def __init__(self, articles: Sequence[Raw], seed: int = 1) -> None:
        self.articles = articles
        self._seed = seed
        self._pieces: dict[str, int] = {}  # words and what stands between them, numbered
        self._titles = [self._numbered(article.get("title") or "") for article in articles]
        self._texts = [self._numbered(article.get("text") or "") for article in articles]
        self._words = {number: _folded(piece) for piece, number in self._pieces.items() if WORD.match(piece)}
        self._written = self._usual_forms()
        self._alike, self._unique = self._ranked()

    def __len__(self) -> int:
        return len(self.articles)

    def grown(self, number: int, first: int = 0) -> Iterator[Raw]:
        """So many articles, copy after copy; `first` is the number of the first copy."""
        copies = itertools.chain.from_iterable(map(self.copy, itertools.count(first)))
        return itertools.islice(copies, number)

    def copy(self, number: int) -> Iterator[Raw]:
        """One copy of the stream; number 0 is the stream itself."""
        if number == 0:
            yield from self.articles
            return
        pieces = self._replaced(random.Random(f"{self._seed} {number}"))
        for article, title, text in zip(self.articles, self._titles, self._texts, strict=True):
            told = {"title": _joined(title, pieces), "text": _joined(text, pieces)}
            url = article.get("url")
            yield {**article, "id": f"{article['id']}-{number}", "url": url and f"{url}-{number}", **told}

    def _numbered(self, text: str) -> array[int]:
        known = self._pieces
        return array("L", [known.setdefault(piece, len(known)) for piece in _pieces(text)])

    def _usual_forms(self) -> dict[str, str]:
        """How each folded word is mostly written, in small letters unless it is always a name."""
        forms: dict[str, str] = {}
        for piece, number in self._pieces.items():
            if number in self._words:
                known = forms.setdefault(self._words[number], piece)
                if known[0].isupper() and not piece[0].isupper():
                    forms[self._words[number]] = piece
        return forms

    def _ranked(self) -> tuple[list[list[str]], list[str]]:
        """The words that are to be replaced, among others as frequent; and those that one article has."""
        used: Counter[str] = Counter()
        for title, text in zip(self._titles, self._texts, strict=True):
            used.update({self._words[number] for number in {*title, *text} if number in self._words})
        ranked = [word for word, count in used.most_common() if 1 < count <= COMMON * len(self.articles)]
        kinds = [[word for word in ranked if self._kind(word) == kind] for kind in range(3)]
        alike = [kind[at : at + ALIKE] for kind in kinds for at in range(0, len(kind), ALIKE)]
        return alike, [word for word, count in used.items() if count == 1]

    def _kind(self, word: str) -> int:
        """Whether a word is a number, a name as far as capitals tell, or another word."""
        return 0 if word[0].isdigit() else 1 if self._written[word][0].isupper() else 2

    def _replaced(self, rng: random.Random) -> list[str]:
        """The pieces of a copy's texts."""
        other: dict[str, str] = {}
        for words in self._alike:
            drawn = rng.sample(words, len(words))
            other |= {word: self._written[drawn] for word, drawn in zip(words, drawn, strict=True)}
        new = rng.sample(self._unique, len(self._unique) // 2)
        letters = str.maketrans(
            "".join(CONSONANTS), "".join("".join(rng.sample(kind, len(kind))) for kind in CONSONANTS)
        )
        other |= zip(new, "\n".join(new).translate(letters).split("\n"), strict=True)
        pieces = list(self._pieces)
        for number, word in self._words.items():
            if word in other:
                pieces[number] = _as_written(other[word], pieces[number])
        return pieces


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for word in WORD.finditer(text):
        yield text[at : word.start()]
        yield word.group()
        at = word.end()
    yield text[at:]


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else fold(word) or word


def _as_written(word: str, like: str) -> str:
    """A word in capitals where another one is."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word


def _joined(numbers: array[int], pieces: list[str]) -> str:
    return "".join(map(pieces.__getitem__, numbers))


def read_stream(path: Path, most: int | None = None) -> list[Raw]:
    """The articles of a file of JSON lines, all or the first so many."""
    if not path.exists():
        raise SystemExit(f"There is no stream at {path}; SAMESTORY_SHARED names the directory above data/.")
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as lines:
        return [orjson.loads(line) for line in itertools.islice(lines, most)]


def window_articles(raws: Iterator[Raw], sketcher: Sketcher | None = None) -> Iterator[WindowArticle]:
    """The articles as the owner of decisions gets them, prepared by the service's own functions; those too
    short to be compared are left out."""
    sketcher = sketcher or Sketcher()
    for raw in raws:
        article = read_article({name: value for name, value in raw.items() if value is not None})
        ready = prepare_article(sketcher, article, ARRIVED)
        said = (article.id, 1, article.outlet, ready.lang, ready.lang_certain, ready.published_at)
        if ready.sketch.matchable:
            yield WindowArticle(*said, ARRIVED, ready.sketch)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stream", type=Path)
    parser.add_argument("--articles", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="standard output when it is not named")
    options = parser.parse_args()
    corpus = Corpus(read_stream(options.stream), options.seed)
    with options.out.open("wb") if options.out else sys.stdout.buffer as out:
        out.writelines(orjson.dumps(raw) + b"\n" for raw in corpus.grown(options.articles))


if __name__ == "__main__":
    main()
