"""What did each article of a window see of the others? Pairs of articles in arrays, judged without an object
between them.

All of a window is judged at the beginning of an epoch. Until the next one its pairs stay as they were: only
what came since is judged, in the window that goes on, and what went is left out. So the pairs are a function
of the articles of the epoch's beginning and of those of now, whatever came and went in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from service.index.terms import ARTICLES, CROWD
from service.index.terms import WIDTH as NEIGHBOURS
from service.index.window import TEXTUAL, Limits, Window, WindowArrays, candidates_of
from service.model import Evidence, Float32, Float64, Int32, Int64
from service.sketch.exact import MAX_RUNS
from service.sketch.jit import kernel
from service.stories.decide import copied_of
from service.stories.evidence import FEATURES, REPLACED, compare
from service.stories.judge import evidence_from, probabilities_of, tell
from service.stories.same_event import ModelArrays, SameEventModel, at_warmth
from service.stories.shared_text import KINDS, SHARES, kind_of
from service.stories.twins import votes_of

LEAST = 0.02  # pairs less probable than this are taken for certainly different

_CHUNK = 128  # articles judged at once: room is made for all that they may see
_MOST = NEIGHBOURS + 2 * TEXTUAL

# What articles see, candidate by candidate: others int32, votes float64, and how far either is a copy of the
# other, float64; where each article's end, int64 (articles + 1,). Of those worth keeping, which they are,
# int64; features and shares, float32; runs, int32 (r, 3), and where those of each end, int64.
_LookArrays = tuple[Int32, Float64, Float64, Int64, Int64, Float32, Float32, Int32, Int64]


class Pairs(NamedTuple):
    """Pairs of articles by their places in the window, each pair once, in order.

    a, b: int32 (n,), a < b; votes: float64 (n,), the mean of what either says of the other, or one side's
    word where the other did not see it. How it was seen, for `Seen.evidence`: by b: bool (n,), whether from
    b's side; features, shares: float32 (n, FEATURES) and (n, SHARES); runs: int32 (r, 3), those of a pair
    end where ends, int32 (n,), says.
    """

    a: Int32
    b: Int32
    votes: Float64
    by_b: np.ndarray[tuple[int], np.dtype[np.bool_]]
    features: Float32
    shares: Float32
    runs: Int32
    ends: Int32

    def at(self, rows: Int64) -> Pairs:
        """Some of the pairs, in this order."""
        lengths = np.diff(self.ends, prepend=0)[rows]
        starts = self.ends[rows] - lengths
        ends = np.cumsum(lengths, dtype=np.int32)
        places = np.arange(int(lengths.sum())) + np.repeat(starts - (ends - lengths), lengths)
        columns: list[Any] = [*(column[rows] for column in self[:6]), self.runs[places], ends]
        return Pairs(*columns)

    def renumbered(self, places: Int32) -> Pairs:
        """The pairs of articles that have new places, which keep their order; -1 for those that are gone."""
        a, b = places[self.a], places[self.b]
        kept = np.flatnonzero((a >= 0) & (b >= 0))
        return self.at(kept)._replace(a=a[kept], b=b[kept])

    def and_more(self, more: Pairs) -> Pairs:
        """These pairs and others, in order."""
        ends = (self.ends, more.ends + np.int32(len(self.runs)))
        joined: list[Any] = [_joined(both) for both in zip(self[:7], more[:7], strict=True)]
        both = Pairs(*[*joined, _joined(ends)])
        return both.at(np.lexsort((both.b, both.a)))


def _joined(arrays: Sequence[Any]) -> Any:
    return np.concatenate(arrays)


class Seen(NamedTuple):
    """The pairs of a window. copies: (copy, its original, Jaccard similarity) as each said, int32 (k,) twice
    and float64 (k,)."""

    pairs: Pairs
    copies: tuple[Int32, Int32, Float64]

    def renumbered(self, places: Int32) -> Seen:
        """What was seen of articles that have other places now, see `Pairs.renumbered`."""
        a, b = places[self.copies[0]], places[self.copies[1]]
        kept = (a >= 0) & (b >= 0)
        return Seen(self.pairs.renumbered(places), (a[kept], b[kept], self.copies[2][kept]))

    def evidence(
        self, row: int, model: SameEventModel, articles: int, threshold: float
    ) -> tuple[int, int, Evidence]:
        """The evidence of a pair: from whose side, of whom, and what."""
        pairs = self.pairs
        start = int(pairs.ends[row - 1]) if row else 0
        runs, shares = pairs.runs[start : pairs.ends[row]], pairs.shares[row].astype(np.float64)
        told = np.empty((2, len(FEATURES)))
        tell(pairs.features[row].astype(np.float64), model.curves(articles), told)
        kind = KINDS[kind_of(shares, len(runs))]
        named = tuple(map(tuple, runs.tolist()))
        vote = float(pairs.votes[row])
        found = evidence_from(kind, shares.tolist(), named, told.tolist(), vote, threshold)
        a, b = int(pairs.a[row]), int(pairs.b[row])
        return (b, a, found) if pairs.by_b[row] else (a, b, found)


def nothing() -> Seen:
    """No pairs, of no articles."""
    empty = np.empty(0, np.int32)
    features, shares = np.empty((0, len(FEATURES)), np.float32), np.empty((0, SHARES), np.float32)
    seen = Pairs(
        empty, empty, np.empty(0), np.empty(0, np.bool_), features, shares, empty.reshape(0, 3), empty
    )
    return Seen(seen, (empty, empty, np.empty(0)))


def look(window: Window, model: SameEventModel) -> Seen:
    """Judge all articles of a window that was filled in canonical order."""
    return _judged(window, np.arange(len(window), dtype=np.int32), model)


def look_on(window: Window, model: SameEventModel, before: Seen, places: Int32) -> Seen:
    """Judge the articles of a window that came since others saw each other `before`; what these saw stands.
    places: where those of then stand now, in order, -1 for the ones that are gone; who came follows them."""
    first, left, known = len(places), int((places >= 0).sum()), before.renumbered(places)
    came = np.arange(first, first + len(window) - left, dtype=np.int32)
    if not len(came):
        return known
    everywhere = np.concatenate((places, came - first + left)).astype(np.int32)
    fresh = _judged(window, came, model).renumbered(everywhere)
    a, b, alike = fresh.copies
    # Who was there before is not asked anew: that it is a copy of one that came since, that one says.
    back = b < left
    told = (_joined((a, b[back])), _joined((b, a[back])), _joined((alike, alike[back])))
    copies: Any = tuple(_joined(both) for both in zip(known.copies, told, strict=True))
    return Seen(known.pairs.and_more(fresh.pairs), copies)


def _judged(window: Window, slots: Int32, model: SameEventModel) -> Seen:
    """What these articles see of all."""
    looks = list(_looks(window, slots, model))
    if not looks:
        return nothing()
    sizes = np.concatenate([np.diff(one[3]) for one in looks])
    mine = np.repeat(slots, sizes)
    others, votes, alike = (_joined([one[k] for one in looks]) for k in range(3))
    offsets = np.cumsum([0, *(len(one[0]) for one in looks)])
    rows = np.concatenate([one[4] + offset for one, offset in zip(looks, offsets, strict=False)])
    features, shares, runs = (_joined([one[k] for one in looks]) for k in (5, 6, 7))
    ends = np.cumsum(np.concatenate([np.diff(one[8]) for one in looks]), dtype=np.int32)
    means = _means(mine, others, votes, rows, window.terms.size)
    a, b = mine[rows], others[rows]
    pairs = Pairs(np.minimum(a, b), np.maximum(a, b), means, a > b, features, shares, runs, ends)
    order = np.lexsort((pairs.by_b, pairs.b, pairs.a))
    first, second = pairs.a[order], pairs.b[order]
    fresh = np.append(True, (first[1:] != first[:-1]) | (second[1:] != second[:-1]))[: len(order)]
    copied = np.flatnonzero(alike)
    return Seen(pairs.at(order[fresh]), (mine[copied], others[copied], alike[copied]))


def _means(mine: Int32, others: Int32, votes: Float64, rows: Int64, size: int) -> Float64:
    """The votes of some rows, each with what the other side says of the pair, where it saw it."""
    keys = mine.astype(np.int64) * size + others
    order = np.argsort(keys, kind="stable")
    back = others[rows].astype(np.int64) * size + mine[rows]
    at = np.minimum(np.searchsorted(keys, back, sorter=order), len(keys) - 1)
    found = order[at]
    return np.where(keys[found] == back, (votes[rows] + votes[found]) / 2, votes[rows])


def _looks(window: Window, slots: Int32, model: SameEventModel) -> Iterator[_LookArrays]:
    """What articles see, so many at a time."""
    room = _CHUNK * _MOST
    out = (
        np.empty(room, np.int32),
        np.empty(room),
        np.empty(room),
        np.zeros(_CHUNK + 1, np.int64),
        np.empty(room, np.int64),
        np.empty((room, len(FEATURES)), np.float32),
        np.empty((room, SHARES), np.float32),
        np.empty((room * MAX_RUNS, 3), np.int32),
        np.zeros(room + 1, np.int64),
    )
    for first, last in pairwise([*range(0, len(slots), _CHUNK), len(slots)]):
        kept = _look_at(slots[first:last], window.limits, window.arrays, model.arrays, out)
        until, ends = out[3][: last - first + 1], out[8][: kept + 1]
        used = [until[-1]] * 3 + [len(until)] + [kept] * 3 + [ends[-1]] + [len(ends)]
        arrays: Any = out
        looked: Any = tuple(array[:size].copy() for array, size in zip(arrays, used, strict=True))
        yield looked


@kernel
def _look_at(slots: Int32, limits: Limits, window: WindowArrays, model: ModelArrays, out: _LookArrays) -> int:
    """Write what the articles of these slots see, all being entered; returns how many pairs are kept."""
    others_of, votes_of_all, alike, until, kept, all_features, all_shares, all_runs, all_ends = out
    curves = at_warmth(window[0][6][ARTICLES], model)[0]
    n = k = 0
    for i in range(len(slots)):
        others, near, textual, around = candidates_of(slots[i], limits, window)
        features, shares, runs, ends = compare(slots[i], others, near, textual, around, window)
        probabilities = probabilities_of(features, shares, min(CROWD, len(around[1])), curves)
        votes = votes_of(probabilities, features[:, REPLACED])
        copied = copied_of(features, shares)
        for row in range(len(others)):
            others_of[n], votes_of_all[n], alike[n] = others[row], votes[row], copied[row]
            if votes[row] >= LEAST or votes[row] < 0.0:
                kept[k] = n
                all_features[k], all_shares[k] = features[row], shares[row]
                count = ends[row + 1] - ends[row]
                all_runs[all_ends[k] : all_ends[k] + count] = runs[ends[row] : ends[row + 1]]
                all_ends[k + 1] = all_ends[k] + count
                k += 1
            n += 1
        until[i + 1] = n
    return k
