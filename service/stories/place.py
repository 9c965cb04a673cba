"""Which story does an article belong to? The owner of decisions, in memory: articles in, placements out.

An article joins the story whose members, on average, it is most probably one event with; where no story
reaches the model's threshold it founds one. Nothing here reads a clock, a file or a random number.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from service.index.terms import Query
from service.index.window import Candidates, Window
from service.model import Evidence, Kind, Link, Placement, WindowArticle
from service.settings import Settings
from service.stories.evidence import Measure, Measured
from service.stories.judge import evidence_of, judge, relation_of
from service.stories.same_event import SameEventModel, default_model

RIVALS = 4  # stories that are compared as wholes: those of the best candidates
MEMBERS = 24  # members of a story that an article is compared with: candidates first, then the newest
KEPT_LINKS = 3  # links kept of one placement, strongest first
KEPT_MISSES = 1  # near misses kept, best first
WORTH_KEEPING = 0.1  # a near miss is at least this probable

# What the best member's probability counts beside the mean over all members: a report may take up one thread
# of a story that has several.
BEST_SHARE = 0.2

# The larger a story, the surer an article must be to join: each doubling of its members asks for so much
# more, up to the most that is asked for. Without it a busy subject grows into one story, article by article.
SIZE_GUARD = 0.08
MOST_ASKED = 0.65

# From this Jaccard similarity on two texts are the same text with small edits.
SAME_TEXT = 0.7


class Match(NamedTuple):
    """A story that a text would join, the member it is nearest to, and why."""

    story_id: str
    article_id: str
    evidence: Evidence


class _Choice(NamedTuple):
    """The pairs that were measured, with the story of each other article; their probabilities, the rows in
    order of these, and the score of each rival story."""

    measured: Measured
    stories: list[str]
    probabilities: list[float]
    order: list[int]
    scores: dict[str, float]


class Owner:
    """Holds the window and the stories of its articles; decides one article after the other.

    settings: window lengths and index shape. model: the shipped one by default. new_story_id: called for
    each story that is founded. Not for use from several threads at once.
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
        self._story_at: list[str] = []  # by slot of the window; stale where the article has gone
        # Members in order of arrival; a dict is an ordered set.
        self._members: dict[str, dict[str, None]] = defaultdict(dict)

    def __contains__(self, article_id: str) -> bool:
        """Whether an article is in the window."""
        return article_id in self._story_of

    def __len__(self) -> int:
        return len(self._story_of)

    def place(self, item: WindowArticle) -> Placement:
        """Decide which story an article joins or founds, and enter it into the window. An unmatchable one
        founds a story and is not kept: nothing will ever be compared with it."""
        if not item.sketch.matchable:
            return self._found(item, None)
        query = self._window.query(item)
        choice = self._choose(item, query, self._window.candidates(item, query))
        story_id = self._best(choice.scores)
        placement = self._found(item, choice) if story_id is None else self._joined(item, story_id, choice)
        self._add(item, query, placement.story_id)
        return placement

    def restore(self, item: WindowArticle, story_id: str) -> None:
        """Enter an article that was placed before; in order of arrival."""
        if item.sketch.matchable:
            self._add(item, self._window.query(item), story_id)

    def remove(self, article_id: str) -> None:
        """Forget an article; one that is not there is no error."""
        self._window.remove(article_id)
        self._leave(article_id)

    def move(self, article_id: str, story_id: str) -> None:
        """Put an article into another story; one that is not there is no error."""
        if article_id in self:
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
            self._story_at = [self._story_of[item.article_id] for item in self._window.renew()]
        return gone

    def match(self, item: WindowArticle) -> list[Match]:
        """The stories that an article would be linked to, most probable first; nothing is kept."""
        if not item.sketch.matchable:
            return []
        with self._window.visit():
            query = self._window.query(item)
            choice = self._choose(item, query, self._window.candidates(item, query))
        best: dict[str, Match] = {}
        for row in choice.order:
            story_id = choice.stories[row]
            if story_id not in best and choice.probabilities[row] >= self._threshold:
                best[story_id] = Match(story_id, self._article_at(choice, row), self._evidence(choice, row))
        return list(best.values())

    def compare(self, a: WindowArticle, b: WindowArticle) -> Evidence:
        """The evidence for two articles, weighed with the window's statistics as if `a` came now. Neither
        needs to be in the window."""
        with self._window.visit():
            query = self._window.query(a)
            measure = Measure(self._window, a, query, self._window.candidates(a, query))
            if b.article_id in self._window:
                slot = self._window.slot(b.article_id)
            else:
                slot = self._window.terms.stage(self._window.query(b))
            measured = measure.one(slot, b)
        probability = float(judge(self._model, measured)[0])
        evidence = evidence_of(self._model, measured, 0, probability, self._threshold)
        if a.sketch.matchable and b.sketch.matchable and self._comparable(query, slot, evidence.kind):
            return evidence
        return replace(evidence, linked=False, probability=0.0)

    def _comparable(self, query: Query, slot: int, kind: Kind = "event") -> bool:
        """Whether an article and the one in a slot may be linked at all."""
        settings = self._settings
        days = settings.copy_days if kind == "copy" else settings.window_days
        return self._window.comparable(query, slot, days)

    @property
    def _threshold(self) -> float:
        return self._model.join_from(len(self._window))

    def _choose(self, item: WindowArticle, query: Query, candidates: Candidates) -> _Choice:
        """Measure the candidates, then the rest of the best candidates' stories, and score these stories."""
        measure = Measure(self._window, item, query, candidates)
        slots = candidates.slots()
        measured = measure.against(slots)
        probabilities = judge(self._model, measured).tolist()
        stories = [self._story_at[slot] for slot in slots]
        rivals = self._rivals(stories, probabilities)
        known = set(slots)
        fresh = (self._sample(story, query, known, stories.count(story)) for story in rivals)
        rest = [slot for sample in fresh for slot in sample]
        if rest:
            more = measure.against(rest)
            measured = measured._replace(
                slots=np.concatenate((measured.slots, more.slots)),
                features=np.concatenate((measured.features, more.features)),
                shared={**measured.shared, **more.shared},
            )
            probabilities += judge(self._model, more).tolist()
            stories += [self._story_at[slot] for slot in rest]
        scores = self._scores(rivals, stories, probabilities)
        self._copied(scores, measured)
        return _Choice(measured, stories, probabilities, _descending(probabilities), scores)

    def _best(self, scores: dict[str, float]) -> str | None:
        """The story with the highest score, of those that reach what their size asks for."""
        reached = [story for story in scores if scores[story] >= self._asked(len(self._members[story]))]
        return max(reached, key=lambda story: scores[story], default=None)

    def _asked(self, members: int) -> float:
        guarded = min(MOST_ASKED, self._threshold + SIZE_GUARD * math.log2(members))
        return max(self._threshold, guarded)

    def _rivals(self, stories: Sequence[str], probabilities: Sequence[float]) -> list[str]:
        rivals: dict[str, None] = {}
        for row in _descending(probabilities):
            if len(rivals) == RIVALS or probabilities[row] < WORTH_KEEPING:
                break
            rivals[stories[row]] = None
        return list(rivals)

    def _sample(self, story_id: str, query: Query, measured: set[int], known: int) -> list[int]:
        """The newest members of a story that were not measured yet and may be, so many that MEMBERS stand for
        it."""
        fresh: list[int] = []
        for article_id in reversed(self._members[story_id]):
            if known + len(fresh) >= MEMBERS:
                break
            if article_id in self._window:  # a member without words is not
                slot = self._window.slot(article_id)
                if slot not in measured and self._comparable(query, slot):
                    fresh.append(slot)
        return fresh

    def _scores(
        self, rivals: Sequence[str], stories: Sequence[str], probabilities: Sequence[float]
    ) -> dict[str, float]:
        found: dict[str, list[float]] = {story: [] for story in rivals}
        for story, probability in zip(stories, probabilities, strict=True):
            if story in found:
                found[story].append(probability)
        return {
            story: (1 - BEST_SHARE) * sum(values) / len(values) + BEST_SHARE * max(values)
            for story, values in found.items()
        }

    def _copied(self, scores: dict[str, float], measured: Measured) -> None:
        """A near-identical text goes where its original went, whatever the rest of that story says."""
        for slot, shared in measured.shared.items():
            if shared.jaccard >= SAME_TEXT:
                story = self._story_at[slot]
                scores[story] = max(scores.get(story, 0.0), 1.0 + shared.jaccard)

    def _joined(self, item: WindowArticle, story_id: str, choice: _Choice) -> Placement:
        inside = [row for row in choice.order if choice.stories[row] == story_id]
        outside = [row for row in choice.order if choice.stories[row] != story_id]
        weighty = [row for row in inside[:KEPT_LINKS] if choice.probabilities[row] >= WORTH_KEEPING]
        links = tuple(self._link(item, choice, row) for row in weighty or inside[:1])
        return Placement(
            article_id=item.article_id,
            version=item.version,
            story_id=story_id,
            founded=False,
            relation=relation_of(links[0].evidence),
            score=min(1.0, choice.scores[story_id]),
            linked_to=links[0].b,
            links=links,
            near_misses=self._misses(item, choice, outside),
        )

    def _found(self, item: WindowArticle, choice: _Choice | None) -> Placement:
        misses = self._misses(item, choice, choice.order) if choice else ()
        story_id = self._new_story_id()
        return Placement(item.article_id, item.version, story_id, True, None, 1.0, None, (), misses)

    def _misses(self, item: WindowArticle, choice: _Choice, rows: Sequence[int]) -> tuple[Link, ...]:
        near = [row for row in rows[:KEPT_MISSES] if choice.probabilities[row] >= WORTH_KEEPING]
        return tuple(self._link(item, choice, row) for row in near)

    def _link(self, item: WindowArticle, choice: _Choice, row: int) -> Link:
        return Link(item.article_id, self._article_at(choice, row), self._evidence(choice, row))

    def _article_at(self, choice: _Choice, row: int) -> str:
        return self._window.item(int(choice.measured.slots[row])).article_id

    def _evidence(self, choice: _Choice, row: int) -> Evidence:
        return evidence_of(self._model, choice.measured, row, choice.probabilities[row], self._threshold)

    def _add(self, item: WindowArticle, query: Query, story_id: str) -> None:
        self._window.add(item, query)
        self._story_at.append(story_id)
        self._enter(item.article_id, story_id)

    def _enter(self, article_id: str, story_id: str) -> None:
        self._story_of[article_id] = story_id
        self._members[story_id][article_id] = None
        if article_id in self._window:
            self._story_at[self._window.slot(article_id)] = story_id

    def _leave(self, article_id: str) -> None:
        story_id = self._story_of.pop(article_id, None)
        if story_id is not None:
            self._members[story_id].pop(article_id, None)
            if not self._members[story_id]:
                del self._members[story_id]


def _descending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=values.__getitem__, reverse=True)
