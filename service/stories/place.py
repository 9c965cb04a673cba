"""Which story does an article belong to? The owner of decisions, in memory: articles in, placements out.

An article joins the story whose members, on average, it is most probably one event with; where no story reaches the
model's threshold it founds one. Nothing here reads a clock, a file or a random number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from service.index.terms import Query
from service.index.window import Candidates, Window
from service.model import Evidence, Float64, Link, Placement, Sketch, WindowArticle
from service.settings import Settings
from service.stories.evidence import Measure, Measured
from service.stories.judge import evidence_of, judge, relation_of
from service.stories.same_event import SameEventModel, default_model

RIVALS = 4  # stories that are compared as wholes: those of the best candidates
MEMBERS = 24  # members of a story that an article is compared with: candidates first, then the newest
KEPT_LINKS = 8  # links kept of one placement, strongest first
KEPT_MISSES = 3  # near misses kept, best first
WORTH_KEEPING = 0.1  # a near miss is at least this probable

# What the best member's probability counts beside the mean over all members: a report may take up one thread of a
# story that has several.
BEST_SHARE = 0.2

# From this Jaccard similarity on two texts are the same text with small edits.
SAME_TEXT = 0.7


class Match(NamedTuple):
    """A story that a text would join, the member it is nearest to, and why."""

    story_id: str
    article_id: str
    evidence: Evidence


class _Choice(NamedTuple):
    """The pairs that were measured, their probabilities, and the score of each rival story."""

    measured: Measured
    probabilities: Float64
    scores: dict[str, float]


class Owner:
    """Holds the window and the stories of its articles; decides one article after the other.

    settings: window lengths and index shape. model: the shipped one by default. new_story_id: called for each story
    that is founded. Not for use from several threads at once.
    """

    def __init__(
        self,
        settings: Settings,
        model: SameEventModel | None = None,
        *,
        new_story_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._model = model or default_model()
        self._new_story_id = new_story_id
        self._window = Window(settings)
        self._story_of: dict[str, str] = {}
        # Members in order of arrival; a dict is an ordered set.
        self._members: dict[str, dict[str, None]] = defaultdict(dict)

    def __contains__(self, article_id: str) -> bool:
        """Whether an article is in the window."""
        return article_id in self._story_of

    def __len__(self) -> int:
        return len(self._story_of)

    def place(self, item: WindowArticle) -> Placement:
        """Decide which story an article joins or founds, and enter it into the window."""
        if not item.sketch.matchable:
            return self._found(item, None)
        query = self._window.query(item)
        choice = self._choose(item, query, self._window.candidates(item, query))
        story_id = _best(choice.scores, self._threshold)
        placement = self._found(item, choice) if story_id is None else self._joined(item, story_id, choice)
        self._window.add(item, query)
        self._enter(item.article_id, placement.story_id)
        return placement

    def restore(self, item: WindowArticle, story_id: str) -> None:
        """Enter an article that was placed before; in order of arrival."""
        if item.sketch.matchable:
            self._window.add(item, self._window.query(item))
        self._enter(item.article_id, story_id)

    def remove(self, article_id: str) -> None:
        """Forget an article; one that is not there is no error."""
        self._window.remove(article_id)
        self._leave(article_id)

    def move(self, article_id: str, story_id: str) -> None:
        """Put an article into another story."""
        self._leave(article_id)
        self._enter(article_id, story_id)

    def rename(self, story_id: str, new_story_id: str) -> None:
        """Give a story another id."""
        for article_id in list(self._members.get(story_id, ())):
            self.move(article_id, new_story_id)

    def expire(self, now: float) -> list[str]:
        """Let go of articles that arrived too long before `now` or are too many; returns their ids."""
        gone = self._window.expire(now)
        for article_id in gone:
            self._leave(article_id)
        if self._window.sparse:
            self._window.renew()
        return gone

    def match(self, title: str, sketch: Sketch, lang: str, published_at: float | None) -> list[Match]:  # noqa: ARG002
        """The stories that a text would be linked to, most probable first; nothing is kept. The title is already in the
        sketch."""
        if not sketch.matchable:
            return []
        item = WindowArticle("", 0, "", lang, bool(lang), published_at, 0.0, sketch)
        query = self._window.query(item)
        choice = self._choose(item, query, self._window.candidates(item, query))
        best: dict[str, Match] = {}
        for row in _descending(choice.probabilities):
            article_id = self._window.item(int(choice.measured.slots[row])).article_id
            story_id = self._story_of[article_id]
            if story_id not in best and choice.probabilities[row] >= self._threshold:
                best[story_id] = Match(story_id, article_id, self._evidence(choice, row))
        return list(best.values())

    def compare(self, a: WindowArticle, b: WindowArticle) -> Evidence:
        """The evidence for two articles, weighed with the window's statistics as if `a` came now. Neither needs to be in
        the window."""
        query = self._window.query(a)
        measure = Measure(self._window, a, query, self._window.candidates(a, query))
        if b.article_id in self._window:
            slot = self._window.slot(b.article_id)
        else:
            slot = self._window.terms.stage(self._window.query(b))
        measured = measure.one(slot, b)
        return evidence_of(self._model, measured, 0, float(judge(self._model, measured)[0]), self._threshold)

    @property
    def _threshold(self) -> float:
        return self._model.join_from(len(self._window))

    def _choose(self, item: WindowArticle, query: Query, candidates: Candidates) -> _Choice:
        """Measure the candidates, then the rest of the best candidates' stories, and score these stories."""
        measure = Measure(self._window, item, query, candidates)
        slots = dict.fromkeys((*candidates.neighbours.tolist(), *candidates.copies, *candidates.passages))
        measured = measure.against(slots)
        probabilities = judge(self._model, measured)
        rivals = self._rivals(measured, probabilities)
        rest = [slot for story in rivals for slot in self._sample(story, slots) if slot not in slots]
        if rest:
            more = measure.against(rest)
            measured = measured._replace(
                slots=np.concatenate((measured.slots, more.slots)),
                features=np.concatenate((measured.features, more.features)),
                shared={**measured.shared, **more.shared},
            )
            probabilities = np.concatenate((probabilities, judge(self._model, more)))
        return _Choice(measured, probabilities, self._scores(rivals, measured, probabilities))

    def _rivals(self, measured: Measured, probabilities: Float64) -> list[str]:
        rivals: dict[str, None] = {}
        for row in _descending(probabilities):
            if len(rivals) == RIVALS or probabilities[row] < WORTH_KEEPING:
                break
            rivals[self._story_at(int(measured.slots[row]))] = None
        return list(rivals)

    def _sample(self, story_id: str, measured: dict[int, None]) -> list[int]:
        """The slots of the members that stand for a story: those measured already, then the newest."""
        slots = [self._window.slot(id) for id in self._members[story_id] if id in self._window]
        known = [slot for slot in slots if slot in measured]
        fresh = [slot for slot in reversed(slots) if slot not in measured]
        return (known + fresh)[:MEMBERS]

    def _scores(self, rivals: Sequence[str], measured: Measured, probabilities: Float64) -> dict[str, float]:
        found: dict[str, list[float]] = {story: [] for story in rivals}
        for slot, probability in zip(measured.slots.tolist(), probabilities.tolist(), strict=True):
            story = self._story_at(slot)
            if story in found:
                found[story].append(probability)
        scores = {}
        for story, values in found.items():
            mean = sum(values) / len(values)
            scores[story] = (1 - BEST_SHARE) * mean + BEST_SHARE * max(values)
        return self._copied(scores, measured)

    def _copied(self, scores: dict[str, float], measured: Measured) -> dict[str, float]:
        """A near-identical text goes where its original went, whatever the rest of that story says."""
        for slot, shared in measured.shared.items():
            if shared.jaccard >= SAME_TEXT:
                story = self._story_at(slot)
                scores[story] = max(scores.get(story, 0.0), 1.0 + shared.jaccard)
        return scores

    def _joined(self, item: WindowArticle, story_id: str, choice: _Choice) -> Placement:
        order = _descending(choice.probabilities)
        inside = [row for row in order if self._story_at(int(choice.measured.slots[row])) == story_id]
        strongest = self._evidence(choice, inside[0])
        links = tuple(
            self._link(item, choice, row)
            for row in inside[:KEPT_LINKS]
            if row == inside[0] or choice.probabilities[row] >= WORTH_KEEPING
        )
        outside = [row for row in order if self._story_at(int(choice.measured.slots[row])) != story_id]
        return Placement(
            article_id=item.article_id,
            version=item.version,
            story_id=story_id,
            founded=False,
            relation=relation_of(strongest),
            score=min(1.0, choice.scores[story_id]),
            linked_to=links[0].b,
            links=links,
            near_misses=self._misses(item, choice, outside),
        )

    def _found(self, item: WindowArticle, choice: _Choice | None) -> Placement:
        misses = self._misses(item, choice, _descending(choice.probabilities)) if choice else ()
        story_id = self._new_story_id()
        if choice is None:
            self._enter(item.article_id, story_id)
        return Placement(item.article_id, item.version, story_id, True, None, 1.0, None, (), misses)

    def _misses(self, item: WindowArticle, choice: _Choice, rows: Sequence[int]) -> tuple[Link, ...]:
        near = [row for row in rows[:KEPT_MISSES] if choice.probabilities[row] >= WORTH_KEEPING]
        return tuple(self._link(item, choice, row) for row in near)

    def _link(self, item: WindowArticle, choice: _Choice, row: int) -> Link:
        other = self._window.item(int(choice.measured.slots[row])).article_id
        return Link(item.article_id, other, self._evidence(choice, row))

    def _evidence(self, choice: _Choice, row: int) -> Evidence:
        return evidence_of(
            self._model, choice.measured, row, float(choice.probabilities[row]), self._threshold
        )

    def _story_at(self, slot: int) -> str:
        return self._story_of[self._window.item(slot).article_id]

    def _enter(self, article_id: str, story_id: str) -> None:
        self._story_of[article_id] = story_id
        self._members[story_id][article_id] = None

    def _leave(self, article_id: str) -> None:
        story_id = self._story_of.pop(article_id, None)
        if story_id is not None:
            self._members[story_id].pop(article_id, None)
            if not self._members[story_id]:
                del self._members[story_id]


def _best(scores: dict[str, float], threshold: float) -> str | None:
    """The story with the highest score that reaches the threshold; of equal ones the one found first."""
    best = max(scores, key=lambda story: scores[story], default=None)
    return best if best is not None and scores[best] >= threshold else None


def _descending(values: Float64) -> list[int]:
    order: list[int] = np.argsort(-values, kind="stable").tolist()
    return order
