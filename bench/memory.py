"""How much memory does an article of the window take, and for what?

    python bench/memory.py [--articles 50000] [--stream FILE]

Places the Arabic stream, or another one, grown to any size as `bench/corpus.py` does, and prints the bytes
per article of each part of the window: those in use, and those for which there is room, since arrays grow by
doubling. What the process has grown by is printed beside their sum; the rest of it are Python's objects and
the allocator's gaps.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from corpus import ARABIC, Corpus, read_stream, window_articles

from service.index.sketches import BODY, FLAGS, PASSAGES, TITLE
from service.index.window import Window
from service.settings import Settings
from service.stories.place import Owner

BATCH = 500

Part = tuple[str, float, int]  # name, part of the room that is in use, bytes of the room


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--stream", type=Path, default=ARABIC)
    options = parser.parse_args()
    placed = window_articles(Corpus(read_stream(options.stream)).grown(options.articles))
    numbers = itertools.count()
    owner = Owner(Settings(), new_story_id=lambda: str(next(numbers)))
    owner.place(*itertools.islice(placed, BATCH))  # all kernels are loaded
    before, first = _resident(), len(owner)
    while chunk := list(itertools.islice(placed, BATCH)):
        owner.place(*chunk)
    print(f"{'bytes an article':<44} {'in use':>8} {'room':>8}")
    parts = list(_parts(owner))
    for name, used, room in parts:
        print(f"{name:<44} {used * room / len(owner):>8,.0f} {room / len(owner):>8,.0f}")
    used, room = sum(part[1] * part[2] for part in parts), sum(part[2] for part in parts)
    print(f"{'all arrays':<44} {used / len(owner):>8,.0f} {room / len(owner):>8,.0f}")
    print(f"{'the process has grown by':<44} {'':>8} {(_resident() - before) / (len(owner) - first):>8,.0f}")


def _parts(owner: Owner) -> Iterator[Part]:
    window = owner._window
    terms, copies, passages, rows = window.arrays
    words, cards, sums, summed, postings, vocabulary, _ = terms
    slots, laid = len(window._articles), int(words[3][len(window._articles)])
    yield from _texts(window, rows, slots)
    yield _part("terms: words, counts and places", words[:3], laid / len(words[0]))
    yield _part("terms: cards, sums, ends", (cards, sums, summed, words[3]), slots / len(cards))
    yield _part("terms: postings", (postings[1],), int(postings[2][0]) / len(postings[1]))
    known = int(vocabulary[4][0]) / len(vocabulary[1])
    yield _part("terms: heads of postings, by word", (postings[0],), known)
    yield _part("terms: vocabulary", vocabulary[:4], known)
    yield _part("copies", copies[:6], len(window._copies) / copies[0].shape[1])
    yield _part("passages", passages[:4], int(passages[4][2]) / passages[0].size)
    yield _part("where sketches lie", (rows,), slots / len(rows))
    ties = owner._ties.arrays
    yield _part("ties: by article", ties[:3], slots / len(ties[0]))
    yield _part("ties: pairs", ties[3:5], int(ties[5][0]) / len(ties[3]))
    membership = owner._stories.arrays
    yield _part("stories: by article", (membership[0], membership[3]), slots / len(membership[0]))
    yield _part("stories: by story", membership[1:3], int(membership[4][0]) / len(membership[1]))


def _texts(window: Window, rows: np.ndarray, slots: int) -> Iterator[Part]:
    """The words that are kept, and what the last block has room for."""
    used = 0
    for name, column, size in (
        ("titles", TITLE, 4),
        ("bodies", BODY, 4),
        ("flags", FLAGS, 1),
        ("passages", PASSAGES, 4),
    ):
        of_all = size * int(rows[:slots, column + 1].sum())
        used += of_all
        yield f"texts: {name}", 1.0, of_all
    yield "texts: room", 0.0, window._texts.nbytes - used
    told = window._articles
    yield _part("told of articles", (told._times, told._told), slots / len(told._times))


def _part(name: str, arrays: Sequence[np.ndarray], used: float) -> Part:
    return name, min(1.0, used), sum(array.nbytes for array in arrays)


def _resident() -> int:
    """Bytes of the process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main()
