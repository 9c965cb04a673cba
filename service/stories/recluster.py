"""How would the whole window be grouped, seen at once? As in placing, but without an order of arrival.

Articles enter in an order that depends on them alone (time, then id), are all counted before any is compared,
and each pair is judged from both sides; so the stories depend on articles and settings, and on nothing else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from service.index.window import Window
from service.model import Link, WindowArticle
from service.settings import Settings
from service.stories.evidence import Measure, Measured
from service.stories.judge import evidence_of, judge
from service.stories.linkage import average_linkage
from service.stories.same_event import SameEventModel, default_model

LEAST = 0.02  # pairs less probable than this are taken for certainly different
KEPT_LINKS = 8  # links kept per article, strongest first


class Cluster(NamedTuple):
    """Articles of one story, sorted, and links between them."""

    article_ids: tuple[str, ...]
    links: tuple[Link, ...]


def recluster(
    items: Sequence[WindowArticle],
    model: SameEventModel | None = None,
    settings: Settings | None = None,
) -> list[Cluster]:
    """Group articles into stories; every article is in exactly one cluster."""
    model, settings = model or default_model(), settings or Settings()
    matchable = sorted((item for item in items if item.sketch.matchable), key=_canonical)
    view = _View(matchable, model, settings)
    groups = average_linkage(len(matchable), ((i, j, p) for (i, j), p in view.pairs.items()), view.threshold)
    clusters = [_cluster(view, group) for group in groups]
    clusters += [Cluster((item.article_id,), ()) for item in items if not item.sketch.matchable]
    return sorted(clusters, key=lambda cluster: cluster.article_ids)


def fill(ordered: Sequence[WindowArticle], settings: Settings) -> Window:
    """A window of all the articles, each counted before the first was entered: slot i holds article i."""
    window = Window(settings)
    queries = [window.query(item) for item in ordered]
    for query in queries:
        window.terms.count(query)
    for item, query in zip(ordered, queries, strict=True):
        window.add(item, query, counted=True)
    return window


class _View:
    """All articles seen at once. pairs: the mean of what either side says of (i, j), i < j; one side's word
    alone where the other did not see it."""

    def __init__(self, items: Sequence[WindowArticle], model: SameEventModel, settings: Settings) -> None:
        self.items, self._model = items, model
        self.threshold = model.merge_from(len(items))
        self._measured: list[Measured] = []
        self._rows: dict[tuple[int, int], tuple[int, float]] = {}
        window = fill(items, settings)
        for i, item in enumerate(items):
            self._judge(window, i, item)
        self.pairs: dict[tuple[int, int], float] = {}
        for (i, j), (_, probability) in self._rows.items():
            back = self._rows.get((j, i), (0, probability))[1]
            self.pairs[min(i, j), max(i, j)] = (probability + back) / 2

    def _judge(self, window: Window, i: int, item: WindowArticle) -> None:
        query = window.query(item)
        candidates = window.candidates(item, query)
        slots = dict.fromkeys((*candidates.neighbours.tolist(), *candidates.copies, *candidates.passages))
        measured = Measure(window, item, query, candidates).against(slots)
        self._measured.append(measured)
        probabilities = judge(self._model, measured)
        for row in np.flatnonzero(probabilities >= LEAST).tolist():
            self._rows[i, int(measured.slots[row])] = row, float(probabilities[row])

    def link(self, i: int, j: int) -> Link:
        """The link between two articles that see each other, with the evidence of the side that saw it."""
        a, b = (i, j) if (i, j) in self._rows else (j, i)
        row, _ = self._rows[a, b]
        probability = self.pairs[i, j]
        evidence = evidence_of(self._model, self._measured[a], row, probability, self.threshold)
        return Link(self.items[a].article_id, self.items[b].article_id, evidence)


def _cluster(view: _View, group: Sequence[int]) -> Cluster:
    """A group with the strongest links inside it, a few for each article."""
    inside = [(view.pairs[i, j], i, j) for i, j in combinations(group, 2) if (i, j) in view.pairs]
    kept: Counter[int] = Counter()
    links = []
    for _, i, j in sorted(inside, key=lambda pair: (-pair[0], pair[1:])):
        if min(kept[i], kept[j]) < KEPT_LINKS:
            kept.update((i, j))
            links.append(view.link(i, j))
    return Cluster(tuple(sorted(view.items[i].article_id for i in group)), tuple(links))


def _canonical(item: WindowArticle) -> tuple[float, str]:
    return (math.inf if item.published_at is None else item.published_at, item.article_id)
