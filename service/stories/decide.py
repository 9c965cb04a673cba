"""The decisions for many articles in one go, without a Python object between them: which story each joins or
that it founds one, and the evidence to keep.

It is the owner's inner loop. Whoever runs it names the stories and mends them afterwards: the loop stops
where an article shows that stories may have to merge or split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from service.index.ranking import largest
from service.index.terms import ARTICLES, CROWD
from service.index.terms import WIDTH as NEIGHBOURS
from service.index.window import TEXTUAL, Limits, WindowArrays, candidates_of, enter, room_for
from service.model import Evidence, Float64, Int32, Int64
from service.sketch.exact import MAX_RUNS
from service.sketch.jit import inner, kernel
from service.stories.evidence import FEATURES, REPLACED, compare
from service.stories.judge import evidence_from, probabilities_of, tell
from service.stories.membership import MembershipArrays, join_story, members_of
from service.stories.same_event import CurveArrays, ModelArrays, at_warmth, warmth_of
from service.stories.shared_text import JACCARD, KINDS, SHARES, kind_of
from service.stories.ties import NONE, TiesArrays, all_asked, mean_of, parts_of, remember
from service.stories.twins import votes_of

KEPT_LINKS = 3  # links kept of one placement, strongest first
KEPT_MISSES = 1  # near misses kept, best first
WORTH_KEEPING = 0.1  # a near miss is at least this probable

# From this Jaccard similarity on two texts are the same text with small edits.
SAME_TEXT = 0.7

# A story is looked at as a whole when it has four articles, and again whenever it has grown by a quarter.
FIRST_LOOK, LOOK_AGAIN = 4, 1.25

MOST = NEIGHBOURS + 2 * TEXTUAL  # candidates of one article
_KEPT = KEPT_LINKS + KEPT_MISSES

# Columns of what was decided for an article: its story, whether it founded it, the first of its kept pairs,
# the number of its links, and that of its near misses. Of a kept pair: the other's slot and the kind of the
# evidence.
STORY, FOUNDED, FIRST, LINKS, MISSES = range(5)
OTHER, KIND = range(2)

# The larger two stories, the surer they must be to merge: each doubling of the smaller one asks for so much
# more. Without it a busy subject grows into one story.
MERGE_GUARD = 0.04

# A story's parts must hold together by so much more than two stories must to merge: a wrong member lets in
# others like it, and one that was put out may come back with the next report. Cold windows are cautious as it
# is.
SPLIT_GUARD = 0.1

# A larger story is looked at no more: it held together when it was smaller, and a look takes milliseconds.
LAST_LOOK = 100

# decided int64 (articles, 5), scores float64 (articles, 2): that of the story, and the threshold it was held
# against; of the kept pairs: int64 (k, 2), probabilities float64 (k,), shares float64 (k, SHARES), what
# `judge.tell` wrote float64 (k, 2, features), and runs int32 (r, 3) with their ends int64 (k + 1,); stories
# claimed by the last article int32 (MOST,); and how many pairs are kept and stories claimed, int64 (2,).
OutcomeArrays = tuple[Int64, Float64, Int64, Float64, Float64, Float64, Int32, Int64, Int32, Int64]
_PAIRS, _CLAIMED = 0, 1


class Decided(NamedTuple):
    """What was decided for an article: the number of its story, whether the article founded it, its score,
    and the pairs kept, each with the slot of the other article: with members of the story, strongest first,
    and the best with others."""

    story: int
    founded: bool
    score: float
    links: Sequence[tuple[int, Evidence]]
    misses: Sequence[tuple[int, Evidence]]


class Outcomes:
    """Room for the decisions on so many articles, and a look at them."""

    def __init__(self, articles: int) -> None:
        pairs = articles * _KEPT
        self.arrays: OutcomeArrays = (
            np.zeros((articles, 5), np.int64),
            np.zeros((articles, 2)),
            np.empty((pairs, 2), np.int64),
            np.empty(pairs),
            np.empty((pairs, SHARES)),
            np.empty((pairs, 2, len(FEATURES))),
            np.empty((pairs * MAX_RUNS, 3), np.int32),
            np.zeros(pairs + 1, np.int64),
            np.empty(MOST, np.int32),
            np.zeros(2, np.int64),
        )

    def decided(self, first: int, last: int) -> Iterator[Decided]:
        """The decisions on some articles."""
        rows, scores = self.arrays[0][first:last].tolist(), self.arrays[1][first:last].tolist()
        start = rows[0][FIRST] if rows else 0
        pairs = self._pairs(start, int(self.arrays[9][_PAIRS]))
        for (story, founded, at, links, misses), (score, threshold) in zip(rows, scores, strict=True):
            kept = [
                (slot, evidence_from(KINDS[kind], shares, runs, told, probability, threshold))
                for (slot, kind), shares, runs, told, probability in pairs[at - start :][: links + misses]
            ]
            yield Decided(story, bool(founded), score, kept[:links], kept[links:])

    def claimed(self) -> Sequence[int]:
        """The stories that the last article would have joined too, best first."""
        claimed: list[int] = self.arrays[8][: self.arrays[9][_CLAIMED]].tolist()
        return claimed

    def _pairs(self, first: int, last: int) -> list[tuple[Any, ...]]:
        """The kept pairs as plain numbers, all at once: one by one takes ten times as long."""
        _, _, pairs, probabilities, shares, told, runs, ends, _, _ = self.arrays
        bounds = ends[first : last + 1].tolist()
        passages = [tuple(map(tuple, runs[a:b].tolist())) if a < b else () for a, b in pairwise(bounds)]
        of = slice(first, last)
        numbers = pairs[of].tolist(), shares[of].tolist(), told[of].tolist(), probabilities[of].tolist()
        return list(zip(*numbers[:2], passages, *numbers[2:], strict=True))


@kernel
def decide(
    first: int,
    last: int,
    base: int,
    window: WindowArrays,
    limits: Limits,
    membership: MembershipArrays,
    ties: TiesArrays,
    model: ModelArrays,
    out: OutcomeArrays,
) -> int:
    """Decide for the staged articles from slot `first` to `last` in turn, each entered before the next one.
    Row 0 of `out` is for slot `base`.

    Returns the slot after the last one decided: behind one after which stories may merge or split, or where
    the window has no room for the next one.
    """
    for slot in range(first, last):
        if not room_for(slot, window):
            return slot
        articles = window[0][6][ARTICLES]
        curves, join, _ = at_warmth(articles, model)
        others, near, textual, around = candidates_of(slot, limits, window)
        features, shares, runs, ends = compare(slot, others, near, textual, around, window)
        probabilities = probabilities_of(features, shares, min(CROWD, len(around[1])), curves)
        votes = votes_of(probabilities, features[:, REPLACED])
        copied = copied_of(features, shares)
        stories, scores = story_scores(others, votes, copied, membership)
        best = _best(scores, join)
        story = stories[best] if best >= 0 else membership[4][0]
        kept = _keep(others, probabilities, story, membership[0])
        _tell_all(slot - base, kept, others, probabilities, features, shares, runs, ends, curves, out)
        remember(slot, others, votes, original_of(slot, others, copied), ties)
        enter(slot, False, window)
        score = scores[best] if best >= 0 else 1.0
        out[0][slot - base, STORY], out[0][slot - base, FOUNDED] = story, best < 0
        out[1][slot - base, 0], out[1][slot - base, 1] = score, join
        join_story(slot, story, membership)
        if best >= 0:
            least = at_warmth(articles + 1, model)[1]
            out[9][_CLAIMED] = _claim(stories, scores, story, least, out[8])
            if _unsettled(story, out[8][: out[9][_CLAIMED]], articles + 1, model, membership, ties):
                return slot + 1
    return last


@inner
def _unsettled(
    story: int,
    claimed: Int32,
    articles: int,
    model: ModelArrays,
    membership: MembershipArrays,
    ties: TiesArrays,
) -> bool:
    """Tell whether a story that has just grown may have to merge or to split."""
    for other in claimed:
        a, b = members_of(story, membership), members_of(other, membership)
        if not (all_asked(a, ties) and all_asked(b, ties)) or are_one(a, b, articles, model, ties):
            return True
    size = membership[1][story]
    if not look_again(size - 1, size):
        return False
    slots = members_of(story, membership)
    return not all_asked(slots, ties) or bool(parts_of(slots, split_from(articles, model), ties).any())


@kernel
def are_one(a: Int32, b: Int32, articles: int, model: ModelArrays, ties: TiesArrays) -> bool:
    """Tell whether two stories of these articles are one event, as far as these saw each other."""
    asked = at_warmth(articles, model)[1] + MERGE_GUARD * np.log2(min(len(a), len(b)))
    return bool(mean_of(a, b, ties) >= asked)


@kernel
def split_from(articles: int, model: ModelArrays) -> float:
    """The mean probability under which parts of a story are stories of their own."""
    return at_warmth(articles, model)[1] + SPLIT_GUARD * warmth_of(articles)


@kernel
def look_again(before: int, now: int) -> bool:
    """Whether a story that grows has passed one of the sizes at which it is looked at."""
    if now < FIRST_LOOK or now > LAST_LOOK:
        return False
    base = np.log(LOOK_AGAIN)
    return int(np.log(now) / base) > int(np.log(max(before, 1)) / base)


@inner
def story_scores(
    others: Int32, votes: Float64, copied: Float64, membership: MembershipArrays
) -> tuple[Int32, Float64]:
    """Return the stories of the articles compared, and each one's mean vote over its members, those that were
    not compared counting as 0. A near-identical text goes where its original went, whatever the rest of that
    story says."""
    story_at, sizes, _, _, _ = membership
    stories, scores, same = np.empty(len(others), np.int32), np.zeros(len(others)), np.zeros(len(others))
    count = 0
    for row in range(len(others)):
        at = 0
        while at < count and stories[at] != story_at[others[row]]:
            at += 1
        if at == count:
            stories[at] = story_at[others[row]]
            count += 1
        scores[at] += votes[row]
        same[at] = max(same[at], copied[row])
    for at in range(count):
        scores[at] = max(1.0 + same[at] if same[at] else 0.0, scores[at] / sizes[stories[at]])
    return stories[:count], scores[:count]


@kernel
def copied_of(features: Float64, shares: Float64) -> Float64:
    """Return the Jaccard similarity of the pairs that are the same text but for small edits; 0 of the others,
    twins among them. float64 (n,)."""
    copied = np.zeros(len(shares))
    for row in range(len(shares)):
        if shares[row, JACCARD] >= SAME_TEXT and features[row, REPLACED] == 0.0:
            copied[row] = shares[row, JACCARD]
    return copied


@kernel
def original_of(slot: int, others: Int32, copied: Float64) -> int:
    """The article before this one whose copy it is, the most alike, of equal ones the last; else NONE."""
    found, most = NONE, 0.0
    for row in range(len(others)):
        alike = copied[row]
        if others[row] < slot and alike > 0.0 and (alike > most or (alike == most and others[row] > found)):
            found, most = others[row], alike
    return found


@inner
def _best(scores: Float64, least: float) -> int:
    """The first story of the highest score, if that is enough; else -1."""
    best = -1
    for at in range(len(scores)):
        if scores[at] >= least and (best < 0 or scores[at] > scores[best]):
            best = at
    return best


@kernel
def _keep(others: Int32, probabilities: Float64, story: int, story_at: Int32) -> tuple[Int64, int]:
    """Return the rows to keep, links first, and how many of them are links: the strongest of the story, at
    least one of them, and the best of others."""
    rows, misses = np.empty(_KEPT, np.int64), np.empty(KEPT_MISSES, np.int64)
    links = missed = inside = outside = 0
    for row in largest(probabilities, len(probabilities)):
        worthy = probabilities[row] >= WORTH_KEEPING
        if story_at[others[row]] == story:
            if inside < KEPT_LINKS and (worthy or inside == 0):
                rows[links] = row
                links += 1
            inside += 1
        else:
            if outside < KEPT_MISSES and worthy:
                misses[missed] = row
                missed += 1
            outside += 1
    for k in range(missed):
        rows[links + k] = misses[k]
    return rows[: links + missed], links


@inner
def _tell_all(
    i: int,
    kept: tuple[Int64, int],
    others: Int32,
    probabilities: Float64,
    features: Float64,
    shares: Float64,
    runs: Int32,
    ends: Int32,
    curves: CurveArrays,
    out: OutcomeArrays,
) -> None:
    """Write the evidence of the kept rows for the article of row i of `out`."""
    decided, _, pairs, kept_probabilities, kept_shares, told, kept_runs, kept_ends, _, counts = out
    rows, links = kept
    decided[i, FIRST], decided[i, LINKS], decided[i, MISSES] = counts[_PAIRS], links, len(rows) - links
    for row in rows:
        k = counts[_PAIRS]
        count = ends[row + 1] - ends[row]
        pairs[k, OTHER], pairs[k, KIND] = others[row], kind_of(shares[row], count)
        kept_probabilities[k], kept_shares[k] = probabilities[row], shares[row]
        tell(features[row], curves, told[k])
        kept_runs[kept_ends[k] : kept_ends[k] + count] = runs[ends[row] : ends[row + 1]]
        kept_ends[k + 1] = kept_ends[k] + count
        counts[_PAIRS] += 1


@inner
def _claim(stories: Int32, scores: Float64, joined: int, least: float, claimed: Int32) -> int:
    """Fill `claimed` with the other stories that an article would have joined, best first; returns how many
    they are. Only these may be one with that which it did join: the mean between two stories cannot rise by
    an article with a lower mean to either."""
    count = 0
    for at in largest(scores, len(scores)):
        if stories[at] != joined and scores[at] >= least:
            claimed[count] = stories[at]
            count += 1
    return count
