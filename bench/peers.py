"""How fast and how complete is copy detection beside the libraries that do it? Prints three tables.

    pip install -e '.[bench]' && pip install --no-deps text-dedup
    python bench/peers.py [--articles 100000] [--texts 500] [--detected 20000] [--rounds 9] [--indexes rensa]

(a) from a text to its 128-slot signature, one text per call and many; (b) asking an index for candidates and
adding, signatures at hand, when so many articles are in it, one by one and a thousand in as few calls as the
library has for that, and its bytes per article; (c) all of copy
detection as articles come: text, candidates, verification, insertion, with recall and precision against the
exact list of all pairs. The same texts for all, one core, in rounds that take turns; medians of a round's
mean, and how many times ours each takes. Beside the signature alone, (a) has all that the service needs of a
text: the signature, tokens, flags and passages.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from corpus import ARABIC, Corpus, read_stream
from libraries import DETECTORS, INDEXES, SIGNERS, Library, Ours, installed

from service.stories.near_duplicates import pairs

Row = tuple[str, float, str]  # a library, its microseconds, what else is to be said
STEP = 1000  # articles of a round of (b) and (c)
DRAWN = 3000  # different signatures that an index is filled with, each changed in most of its slots
LEAST_WORDS = 30  # some libraries fail on texts of no shingle
QUOTE_WORDS, HOST_WORDS, EDIT_WORDS = (80, 150), (300, 800), 8
COPIES = 0.15  # of the texts of (c) are edited copies, and as many quotes and hosts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000, help="in the index of (b)")
    parser.add_argument("--texts", type=int, default=500, help="of a round of (a)")
    parser.add_argument("--detected", type=int, default=20_000, help="texts of (c)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--indexes", nargs="+", metavar="NAME")
    parser.add_argument("--stream", type=Path, default=ARABIC)
    options = parser.parse_args()
    corpus = Corpus(read_stream(options.stream))
    wanted = max(DRAWN, 0 if options.indexes else 2 * max(options.detected, options.texts))
    drawn = (raw["text"] or "" for raw in corpus.grown(wanted))
    texts = [text for text in drawn if len(text.split()) >= LEAST_WORDS]
    words = statistics.mean(len(text.split()) for text in texts)
    print(f"texts of {words:.0f} words on average; {options.rounds} rounds")
    if not options.indexes:
        show("(a) text to signature, one per call", signing(texts[: options.texts], options.rounds, False))
        show("(a) the same, all texts in one call", signing(texts[: options.texts], options.rounds, True))
    kinds = [
        kind
        for kind in INDEXES
        if kind is Ours or not options.indexes or kind.name.startswith(tuple(options.indexes))
    ]
    one, many = indexing(kinds, texts[:DRAWN], options.articles, options.rounds)
    show(f"(b) candidates and insertion at {options.articles:,}, one article per call", one)
    show("(b) the same, a thousand articles at once", many)
    if not options.indexes:
        show(f"(c) copies as they come, {options.detected:,} texts", detecting(texts[: options.detected]))


def show(title: str, rows: Sequence[Row]) -> None:
    own = next(microseconds for name, microseconds, _ in rows if name == Ours.name)
    print(f"\n{title}\n{'':<34} {'us':>8} {'ratio':>7}")
    for name, microseconds, said in sorted(rows, key=lambda row: row[1]):
        print(f"{name:<34} {microseconds:>8.1f} {microseconds / own:>7.1f}  {said}", flush=True)


def in_turns(work: dict[str, Callable[[], None]], rounds: int, each: int) -> dict[str, float]:
    """The median microseconds of one thing of `each` in a round, all taking turns after a first round."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    gc.collect()
    for _ in range(rounds + 1):
        for name, run in work.items():
            before = time.thread_time()
            run()
            spent[name].append((time.thread_time() - before) / each * 1e6)
    return {name: statistics.median(times[1:]) for name, times in spent.items()}


def signing(texts: Sequence[str], rounds: int, batched: bool) -> list[Row]:
    def run(library: Library) -> None:
        if batched:
            library.signatures(texts)
        else:
            for text in texts:
                library.signature(text)

    work = {library.name: (lambda library=library: run(library)) for library in installed(SIGNERS)}
    return [(name, found, "") for name, found in in_turns(work, rounds, len(texts)).items()]


def indexing(
    kinds: Sequence[type[Any]], texts: Sequence[str], articles: int, rounds: int
) -> tuple[list[Row], list[Row]]:
    """One process for each library fills an index; what it has grown by is the memory."""
    one, many = [], []
    for library in installed(kinds):
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            name, single, at_once, grown = process.submit(
                _indexed, type(library), texts, articles, rounds
            ).result()
        one.append((name, single, f"{grown:,.0f} bytes an article"))
        many.append((name, at_once, ""))
    return one, many


def _indexed(
    kind: type[Any], texts: Sequence[str], articles: int, rounds: int
) -> tuple[str, float, float, float]:
    """Returns the name, microseconds of an article one by one and many at once, and bytes."""
    library = kind()
    variants = itertools.cycle(texts)
    fresh = (library.signature(_varied(next(variants), number)) for number in itertools.count())
    ask, ask_all = library.index()
    for key in range(STEP):
        ask(key, next(fresh))
    gc.collect()
    before = _resident()
    for key in range(STEP, articles):
        ask(key, next(fresh))
    gc.collect()
    grown = (_resident() - before) / (articles - STEP)
    one, many = [], []
    for first in range(articles, articles + 2 * STEP * (rounds + 1), 2 * STEP):
        waiting = list(itertools.islice(fresh, 2 * STEP))
        began = time.thread_time()
        for key, signature in enumerate(waiting[:STEP], first):
            ask(key, signature)
        one.append((time.thread_time() - began) / STEP * 1e6)
        together = library.together(waiting[STEP:])
        began = time.thread_time()
        ask_all(first + STEP, together)
        many.append((time.thread_time() - began) / STEP * 1e6)
    return library.name, statistics.median(one[1:]), statistics.median(many[1:]), grown


def _varied(text: str, number: int) -> str:
    """A short text that is another one each time: what an index costs does not depend on a text's length."""
    words = text.split()[:40]
    return " ".join(f"{word}{number}" if i % 2 else word for i, word in enumerate(words))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def detecting(stream: Sequence[str]) -> list[Row]:
    texts = planted(stream, random.Random(1))
    gold = pairs([(str(i), text) for i, text in enumerate(texts)], 0.7, 0.8)
    similar = {(int(p.a), int(p.b)) for p in gold if p.jaccard >= 0.7}
    contained = {(int(p.a), int(p.b)) for p in gold} - similar
    detectors = {library.name: library.detector() for library in installed(DETECTORS)}
    spent: dict[str, list[float]] = {name: [] for name in detectors}
    found: dict[str, set[tuple[int, int]]] = {name: set() for name in detectors}
    for first in range(0, len(texts), STEP):
        for name, detect in detectors.items():
            began = time.thread_time()
            for key in range(first, min(first + STEP, len(texts))):
                found[name].update((other, key) for other, _, _ in detect(key, texts[key]))
            spent[name].append((time.thread_time() - began) / STEP * 1e6)
    print(f"\n{len(similar):,} pairs of Jaccard >= .7, {len(contained):,} contained copies")
    return [
        (
            name,
            statistics.median(spent[name][len(spent[name]) // 2 :]),
            f"recall {_share(similar, found[name]):.4f}, contained {_share(contained, found[name]):.4f}, "
            f"precision {_share(found[name], similar | contained):.4f}",
        )
        for name in detectors
    ]


def _share(wanted: set[tuple[int, int]], found: set[tuple[int, int]]) -> float:
    return len(wanted & found) / max(1, len(wanted))


def planted(stream: Sequence[str], rng: random.Random) -> list[str]:
    """The texts, some followed later by an edited copy, or by a host that holds a part of them."""
    texts = list(stream)
    hosts = [text for text in texts if HOST_WORDS[0] <= len(text.split()) <= HOST_WORDS[1]]
    for _ in range(int(COPIES * len(stream))):
        words = rng.choice(stream).split()
        host = rng.choice(hosts).split()
        at, edit = rng.randint(0, len(host)), rng.randrange(max(1, len(words)))
        length = min(len(words), rng.randint(*QUOTE_WORDS))
        texts.append(" ".join([*host[:at], *words[:length], *host[at:]]))
        texts.append(" ".join(words[:length]))
        texts.append(" ".join([*words[:edit], *words[edit + EDIT_WORDS :]]))
    rng.shuffle(texts)
    return texts


if __name__ == "__main__":
    main()
