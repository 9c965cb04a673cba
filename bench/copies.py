"""Does `samestory pairs` find all near-duplicates, with the right figures? Prints one table.

    python bench/copies.py [--sets saudinewsnet,reuters21578] [--cases 500]

Reads the evaluation streams from $SAMESTORY_SHARED (default: ../shared beside the repository). Recall is
against their exact all-pairs lists, by tools/score.py; every figure reported is counted again on strings and
Python sets.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from service.model import Pair
from service.stories.near_duplicates import pairs
from service.text.normalise import fold

SHARED = Path(os.environ.get("SAMESTORY_SHARED") or Path(__file__).resolve().parents[2] / "shared")
STREAMS = SHARED / "data" / "streams"
MIN_JACCARD, MIN_CONTAINMENT = 0.5, 0.8
QUOTE_WORDS, HOST_WORDS = (80, 150), (300, 800)

Text = tuple[str, str]
Shingles = frozenset[tuple[str, ...]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--sets", default="saudinewsnet,reuters21578")
    options.add_argument("--cases", type=int, default=500)
    chosen = options.parse_args()
    pairs([("", "compile the kernels before the clock runs")])
    rows = [row for name in chosen.sets.split(",") for row in measure(name, chosen.cases)]
    for name, figure in rows:
        print(f"{name:<58} {figure}")


def measure(name: str, cases: int) -> Iterable[tuple[str, str]]:
    """Yield the table's rows for one stream."""
    articles = load(STREAMS / f"{name}.jsonl.gz")
    began = time.perf_counter()
    found = pairs(articles, MIN_JACCARD, MIN_CONTAINMENT)
    seconds = time.perf_counter() - began
    yield f"{name}: articles, seconds", f"{len(articles):,} in {seconds:.1f} s"
    yield f"{name}: pairs with J >= .5 or containment >= .8", f"{len(found):,}"
    for measured, value in score(found, STREAMS / f"{name}_jaccard3.tsv.gz").items():
        yield f"{name}: {measured} (score.py)", f"{value}"
    yield from check(name, articles, found)
    quotes, planted = plant(articles, cases, random.Random(name))
    reported = pairs(quotes, MIN_JACCARD, MIN_CONTAINMENT)
    hits = len(planted & {frozenset((pair.a, pair.b)) for pair in reported})
    yield f"{name}: planted quotes found", f"{hits} of {len(planted)} = {hits / len(planted):.1%}"
    yield from check(f"{name} with quotes", quotes, reported)


def load(path: Path) -> list[Text]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [(article["id"], article["text"] or "") for article in map(json.loads, lines)]


def score(found: Sequence[Pair], gold: Path) -> dict[str, float]:
    """Return what the scoring tool says of the reported pairs."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as table:
        table.writelines(f"{pair.a}\t{pair.b}\t{pair.jaccard}\n" for pair in found)
        table.flush()
        command = [sys.executable, str(SHARED / "tools" / "score.py"), "copies", str(gold), table.name]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: value for name, value in json.loads(answer).items() if name.startswith("recall")}


def check(name: str, articles: Sequence[Text], found: Sequence[Pair]) -> Iterable[tuple[str, str]]:
    """Count every reported pair again by brute force."""
    needed = {name for pair in found for name in (pair.a, pair.b)}
    sets = {name: shingles(text) for name, text in articles if name in needed}
    worst, below = 0.0, 0
    for pair in found:
        a, b = sets[pair.a], sets[pair.b]
        jaccard, containment = len(a & b) / len(a | b), len(a & b) / min(len(a), len(b))
        worst = max(worst, abs(jaccard - pair.jaccard), abs(containment - pair.containment))
        below += jaccard < MIN_JACCARD and containment < MIN_CONTAINMENT
    yield f"{name}: largest error of a reported figure", f"{worst:.1e} over {len(found):,} pairs"
    yield f"{name}: pairs reported under both thresholds", f"{below}"


def shingles(text: str) -> Shingles:
    words = re.findall(r"\w+", fold(text))[:2000]
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def plant(articles: Sequence[Text], cases: int, rng: random.Random) -> tuple[list[Text], set[frozenset[str]]]:
    """Put pieces of articles into other articles; return all texts, and which pairs belong together."""
    sources = [text for _, text in articles if len(text.split()) >= QUOTE_WORDS[0]]
    hosts = [text for _, text in articles if HOST_WORDS[0] <= len(text.split()) <= HOST_WORDS[1]]
    texts, planted = list[Text](), set[frozenset[str]]()
    for case in range(cases):
        quote, host = rng.choice(sources).split(), rng.choice(hosts).split()
        length = min(len(quote), rng.randint(*QUOTE_WORDS))
        begin, at = rng.randint(0, len(quote) - length), rng.randint(0, len(host))
        piece = quote[begin : begin + length]
        texts.append((f"quote {case}", " ".join(piece)))
        texts.append((f"host {case}", " ".join([*host[:at], *piece, *host[at:]])))
        planted.add(frozenset((f"quote {case}", f"host {case}")))
    return texts, planted


if __name__ == "__main__":
    main()
