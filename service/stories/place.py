"""Which story does an article belong to? The owner of decisions, in memory: articles in, placements out.

An article joins the story whose members, on average, it is most probably one event with; where no story
reaches the model's threshold it founds one. An article that has as much in common with a second story may
show that the two are one, and a story that has grown that it is two. Nothing here reads a clock, a file or a
random number.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from service.index.terms import Look, Query
from service.index.window import Candidates, Window
from service.model import Change, Evidence, Kind, Link, Placement, WindowArticle
from service.settings import Settings
from service.stories.evidence import Measure, Measured
from service.stories.judge import evidence_of, judge, relation_of
from service.stories.same_event import SameEventModel, default_model, warmth_of
from service.stories.ties import Ties

KEPT_LINKS = 3  # links kept of one placement, strongest first
KEPT_MISSES = 1  # near misses kept, best first
WORTH_KEEPING = 0.1  # a near miss is at least this probable

# The larger two stories, the surer they must be to merge: each doubling of the smaller one asks for so much
# more. Without it a busy subject grows into one story.
MERGE_GUARD = 0.04

# A story's parts must hold together by so much more than two stories must to merge: a wrong member lets in
# others like it, and one that was put out may come back with the next report. Cold windows are cautious as it
# is.
SPLIT_GUARD = 0.1

# A story is looked at as a whole when it has four articles, and again whenever it has grown by a quarter.
FIRST_LOOK, LOOK_AGAIN = 4, 1.25
# A larger one is looked at no more: it held together when it was smaller, and a look takes milliseconds.
LAST_LOOK = 100

# From this Jaccard similarity on two texts are the same text with small edits.
SAME_TEXT = 0.7


class Match(NamedTuple):
    """A story that a text would join, the member it is nearest to, and why."""

    story_id: str
    article_id: str
    evidence: Evidence


class _Choice(NamedTuple):
    """The pairs that were measured, with the story of each other article; their probabilities, the rows in
    order of these, and the mean over each story's members, those that were not measured counting as 0."""

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
        self._ties = Ties()
        self._story_of: dict[str, str] = {}
        self._story_at: list[str] = []  # by slot of the window; stale where the article has gone
        # A dict is an ordered set.
        self._members: dict[str, dict[str, None]] = defaultdict(dict)

    def __contains__(self, article_id: str) -> bool:
        """Whether an article is in the window."""
        return article_id in self._story_of

    def __len__(self) -> int:
        return len(self._story_of)

    def stories(self) -> dict[str, str]:
        """The story of each article in the window, now: later articles may have merged or split it."""
        return dict(self._story_of)

    def place(self, item: WindowArticle) -> Placement:
        """Decide which story an article joins or founds, and enter it into the window. An unmatchable one
        founds a story and is not kept: nothing will ever be compared with it."""
        if not item.sketch.matchable:
            return self._found(item, None)
        look = self._window.look(item)
        choice = self._choose(item, look, self._window.candidates(item, look))
        story_id = self._best(choice.scores)
        placement = self._found(item, choice) if story_id is None else self._joined(item, story_id, choice)
        self._add(item, look.query, placement.story_id)
        self._remember(self._window.slot(item.article_id), choice)
        changes = self._changes(choice, placement)
        return replace(placement, changes=tuple(changes)) if changes else placement

    def restore(self, item: WindowArticle, story_id: str) -> None:
        """Enter an article that was placed before; in order of arrival. What it has in common with others is
        found out when that matters."""
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
            self._renew()
        return gone

    def _renew(self) -> None:
        slots = {article_id: self._window.slot(article_id) for article_id in self._story_of}
        items = self._window.renew()
        self._story_at = [self._story_of[item.article_id] for item in items]
        self._ties.renumber({slots[item.article_id]: new for new, item in enumerate(items)})

    def match(self, item: WindowArticle) -> list[Match]:
        """The stories that an article would be linked to, most probable first; nothing is kept."""
        if not item.sketch.matchable:
            return []
        with self._window.visit():
            look = self._window.look(item)
            choice = self._choose(item, look, self._window.candidates(item, look))
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
            look = self._window.look(a)
            measure = Measure(self._window, a, look, self._window.candidates(a, look))
            if b.article_id in self._window:
                slot = self._window.slot(b.article_id)
            else:
                slot = self._window.terms.stage(self._window.query(b))
            measured = measure.one(slot, b)
        probability = float(judge(self._model, measured)[0])
        evidence = evidence_of(self._model, measured, 0, probability, self._threshold)
        if a.sketch.matchable and b.sketch.matchable and self._comparable(look.query, slot, evidence.kind):
            return evidence
        return replace(evidence, linked=False, probability=0.0)

    def _comparable(self, query: Query, slot: int, kind: Kind = "event") -> bool:
        """Whether an article and the one in a slot may be linked at all."""
        settings = self._settings
        days = settings.copy_days if kind == "copy" else settings.window_days
        return bool(self._window.comparable(query, [slot], days))

    @property
    def _threshold(self) -> float:
        return self._model.join_from(len(self._window))

    def _choose(self, item: WindowArticle, look: Look, candidates: Candidates) -> _Choice:
        """Measure the candidates, and score their stories."""
        measured = Measure(self._window, item, look, candidates).candidates()
        probabilities = judge(self._model, measured).tolist()
        stories = [self._story_at[slot] for slot in measured.slots.tolist()]
        scores = self._scores(stories, probabilities)
        self._copied(scores, measured)
        return _Choice(measured, stories, probabilities, _descending(probabilities), scores)

    def _scores(self, stories: Sequence[str], probabilities: Sequence[float]) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        for story, probability in zip(stories, probabilities, strict=True):
            sums[story] += probability
        return {story: total / len(self._members[story]) for story, total in sums.items()}

    def _best(self, scores: dict[str, float]) -> str | None:
        """The story with the highest score, if that reaches the threshold."""
        best = max(scores, key=lambda story: scores[story], default=None)
        return best if best is not None and scores[best] >= self._threshold else None

    def _copied(self, scores: dict[str, float], measured: Measured) -> None:
        """A near-identical text goes where its original went, whatever the rest of that story says."""
        for slot, shared in measured.shared.items():
            if shared.jaccard >= SAME_TEXT:
                story = self._story_at[slot]
                scores[story] = max(scores.get(story, 0.0), 1.0 + shared.jaccard)

    def _remember(self, slot: int, choice: _Choice) -> None:
        shared = choice.measured.shared.items()
        alike = [(s.jaccard, other) for other, s in shared if s.jaccard >= SAME_TEXT and other < slot]
        others = zip(choice.measured.slots.tolist(), choice.probabilities, strict=True)
        self._ties.see(slot, others, max(alike)[1] if alike else None)

    def _changes(self, choice: _Choice, placement: Placement) -> list[Change]:
        """What becomes of the stories that an article of its story now shows in another light."""
        if placement.founded:
            return []
        story_id = placement.story_id
        before = len(self._members[story_id]) - 1
        changes: list[Change] = []
        for other in self._claimed(choice):
            gone = {change.story_id for change in changes}
            if other != story_id and other not in gone and self._one(story_id, other):
                before = max(len(self._members[story_id]), len(self._members[other]))
                changes.append(self._merged(story_id, other))
                story_id = changes[-1].other_story_id or story_id
        if _look_again(before, len(self._members[story_id])):
            changes += self._parted(story_id)
        return changes

    def _claimed(self, choice: _Choice) -> list[str]:
        """The stories that an article would have joined, best first. Only these may be one with that which it
        did join: the mean between two stories cannot rise by an article with a lower mean to either."""
        merge = self._model.merge_from(len(self._window))
        claimed = [story for story in choice.scores if choice.scores[story] >= merge]
        return sorted(claimed, key=lambda story: -choice.scores[story])

    def _one(self, a: str, b: str) -> bool:
        """Whether two stories are one event, as far as their members saw each other."""
        fewer = min(len(self._members[a]), len(self._members[b]))
        asked = self._model.merge_from(len(self._window)) + MERGE_GUARD * math.log2(fewer)
        return self._ties.mean(self._slots(a), self._slots(b)) >= asked

    def _merged(self, a: str, b: str) -> Change:
        """Put the articles of the smaller story into the larger, of the younger into the older of equals."""
        gone, kept = sorted((a, b), key=lambda story: (len(self._members[story]), -min(self._slots(story))))
        article_ids = tuple(self._members[gone])
        for article_id in article_ids:
            self.move(article_id, kept)
        return Change(gone, "merged", article_ids, kept)

    def _parted(self, story_id: str) -> list[Change]:
        """Look at a story as a whole: what does not hold together becomes stories of its own; the largest
        part keeps the id."""
        slots = self._slots(story_id)
        if len(slots) > LAST_LOOK:
            return []
        changes = []
        articles = len(self._window)
        asked = self._model.merge_from(articles) + SPLIT_GUARD * warmth_of(articles)
        for part in self._ties.groups(slots, asked)[1:]:
            article_ids = tuple(self._window.item(slot).article_id for slot in part)
            new = self._new_story_id()
            for article_id in article_ids:
                self.move(article_id, new)
            changes.append(Change(new, "emerged", article_ids, None))
            changes.append(Change(story_id, "split", article_ids, new))
        return changes

    def _slots(self, story_id: str) -> list[int]:
        """The slots of a story's articles, whose ties are known from now on."""
        slots = [self._window.slot(article_id) for article_id in self._members[story_id]]
        for slot in slots:
            if slot not in self._ties:  # restored
                item = self._window.item(slot)
                look = self._window.look(item)
                self._remember(slot, self._choose(item, look, self._window.candidates(item, look)))
        return slots

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


def _look_again(before: int, now: int) -> bool:
    """Whether a story that grows has passed one of the sizes at which it is looked at."""
    if now < FIRST_LOOK:
        return False
    return int(math.log(now, LOOK_AGAIN)) > int(math.log(max(before, 1), LOOK_AGAIN))


def _descending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=values.__getitem__, reverse=True)
