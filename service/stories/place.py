"""Which story does an article belong to? The owner of decisions, in memory: articles in, placements out.

An article joins the story whose members, on average, it is most probably one event with; where no story
reaches the model's threshold it founds one. An article that has as much in common with a second story may
show that the two are one, and a story that has grown that it is two. Nothing here reads a clock, a file or a
random number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from service.index.window import STAGED, Window
from service.model import Change, Evidence, Link, Placement, WindowArticle
from service.settings import Settings
from service.stories.cross_language import CrossLanguage, evidence_across
from service.stories.decide import (
    KEPT_LINKS,
    MOST,
    Decided,
    Outcomes,
    are_one,
    copied_of,
    decide,
    look_again,
    original_of,
    split_from,
)
from service.stories.evidence import REPLACED, measure, measure_against
from service.stories.homes import Homes
from service.stories.ignored import Ignored
from service.stories.judge import evidence_of, judge, relation_of
from service.stories.membership import Membership
from service.stories.same_event import SameEventModel, default_model
from service.stories.ties import Ties
from service.stories.twins import votes_of


class Match(NamedTuple):
    """A story that a text would join, the member it is nearest to, and why."""

    story_id: str
    article_id: str
    evidence: Evidence


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
        self.clear(Ignored())
        self.homes = Homes()  # what people decided, and where the articles are that it is about

    def clear(self, ignored: Ignored) -> None:
        """Forget all articles; those that come from now on are compared without what is ignored."""
        self.ignored = ignored
        self._window = Window(self._settings)
        self._ties = Ties()
        self._across = CrossLanguage(self._settings.window_days)
        self._stories = Membership()

    def __contains__(self, article_id: str) -> bool:
        """Whether an article is in the window."""
        return article_id in self._window

    def __len__(self) -> int:
        return len(self._window)

    def stories(self) -> dict[str, str]:
        """The story of each article in the window, now: later articles may have merged or split it."""
        return {article_id: self._stories[self._window.slot(article_id)] for article_id in self._window}

    def place(self, *items: WindowArticle) -> list[Placement]:
        """Decide one after the other which story an article joins or founds, and enter it into the window:
        no two are the same, and none is there. An unmatchable one founds a story and is not kept: nothing
        will ever be compared with it."""
        placements = []
        for start in range(0, len(items), STAGED):
            chunk = [self.ignored.narrowed(item) for item in items[start : start + STAGED]]
            decided = self._decided([item for item in chunk if item.sketch.matchable])
            placements += [
                next(decided) if i.sketch.matchable else self._as_decided(self._unmatchable(i)) for i in chunk
            ]
        return placements

    def restore(self, item: WindowArticle, story_id: str) -> None:
        """Enter an article that was placed before; in order of arrival. What it has in common with others is
        found out when that matters."""
        self.restore_all([(item, story_id)])

    def restore_all(self, placed: Sequence[tuple[WindowArticle, str]]) -> None:
        """`restore` for many articles, no two the same, each with its story: in half the time."""
        narrowed = ((self.ignored.narrowed(item), story_id) for item, story_id in placed)
        kept = [(item, story_id) for item, story_id in narrowed if item.sketch.matchable]
        self._window.add(*(item for item, _ in kept))
        for item, story_id in kept:
            slot = self._window.slot(item.article_id)
            self._stories.put(slot, story_id)
            self._across.add(slot, item)

    def remove(self, article_id: str) -> None:
        """Forget an article; one that is not there is no error."""
        if article_id in self:
            slot = self._window.slot(article_id)
            self._stories.take(slot)
            self._across.remove(slot)
            self._window.remove(article_id)

    def move(self, article_id: str, story_id: str) -> None:
        """Put an article into another story; one that is not there is no error."""
        self.homes.move([article_id], story_id)
        if article_id in self:
            self._stories.move(self._window.slot(article_id), story_id)

    def rename(self, story_id: str, new_story_id: str) -> None:
        """Give a story another id."""
        self.homes.rename(story_id, new_story_id)
        for slot in self._stories.of(story_id):
            self._stories.move(slot, new_story_id)

    def expire(self, now: float) -> list[str]:
        """Let go of articles that arrived too long before `now` or are too many; returns their ids."""
        gone = self._window.expire(now)
        for slot, _ in gone:
            self._stories.take(slot)
            self._across.remove(slot)
        if self._window.sparse:
            slots = np.array([self._window.slot(article_id) for article_id in self._window], np.int32)
            self._window.renew()
            self._stories.renumber(slots)
            self._ties.renumber(slots)
            self._across.renumber(slots)
        return [article_id for _, article_id in gone]

    def match(self, item: WindowArticle) -> list[Match]:
        """The stories that an article would be linked to, most probable first; nothing is kept."""
        item = self.ignored.narrowed(item)
        if not item.sketch.matchable:
            return []
        with self._window.visit():
            slot = self._window.stage(item)
            measured = measure(self._window, slot, self._window.candidates(slot))
            with self._across.visit(slot, item):
                foreign = self._across.ties(slot)
        probabilities = judge(self._model, measured).tolist()
        best: dict[str, Match] = {}
        for row in sorted(range(len(probabilities)), key=probabilities.__getitem__, reverse=True):
            story_id = self._stories[int(measured.slots[row])]
            if story_id not in best and probabilities[row] >= self._threshold:
                other = self._window.id(int(measured.slots[row]))
                evidence = evidence_of(self._model, measured, row, probabilities[row], self._threshold)
                best[story_id] = Match(story_id, other, evidence)
        for slot, probability in foreign.items():
            story_id, evidence = self._stories[slot], evidence_across(probability, self._threshold)
            known = best[story_id].evidence.probability if story_id in best else 0.0
            if evidence.linked and probability > known:
                best[story_id] = Match(story_id, self._window.id(slot), evidence)
        return sorted(best.values(), key=lambda match: -match.evidence.probability)

    def compare(self, a: WindowArticle, b: WindowArticle) -> Evidence:
        """The evidence for two articles, weighed with the window's statistics as if `a` came now. Neither
        needs to be in the window."""
        a, b = self.ignored.narrowed(a), self.ignored.narrowed(b)
        with self._window.visit():
            slot = self._window.stage(a, b)
            other = slot + 1
            found = self._window.candidates(slot)
            measured = measure_against(self._window, slot, found, [other], np.ones(1, np.bool_))
            kind = measured.shared(0).kind
            days = self._settings.copy_days if kind == "copy" else self._settings.window_days
            comparable = self._window.comparable(slot, other, days)
        probability = float(judge(self._model, measured)[0])
        evidence = evidence_of(self._model, measured, 0, probability, self._threshold)
        if a.sketch.matchable and b.sketch.matchable and comparable:
            return evidence
        with self._side_by_side(a, b) as (one, two):
            probability = self._across.ties(one).get(two, 0.0)
        if probability:
            return evidence_across(probability, self._threshold)
        return replace(evidence, linked=False, probability=0.0)

    def anchors(self, a: WindowArticle, b: WindowArticle) -> list[tuple[int, int, float]]:
        """The words that two articles share across languages, by number in either (see `text.anchors`), and
        what they weigh, most first."""
        with self._side_by_side(a, b) as (one, two):
            return self._across.words(one, two)

    @contextmanager
    def _side_by_side(self, a: WindowArticle, b: WindowArticle) -> Iterator[tuple[int, int]]:
        """The slots of two articles among the anchors, for which those not in the window come on a visit."""
        with ExitStack() as visits:
            slots = []
            for guest, item in enumerate((a, b)):
                if item.article_id in self:
                    slots.append(self._window.slot(item.article_id))
                else:
                    slots.append(self._window.terms.size + guest)
                    visits.enter_context(self._across.visit(slots[-1], item))
            yield slots[0], slots[1]

    @property
    def _threshold(self) -> float:
        return self._model.join_from(len(self._window))

    def _decided(self, items: Sequence[WindowArticle]) -> Iterator[Placement]:
        """The placements of matchable articles, each made when it is asked for."""
        window, stories, ties, model = self._window, self._stories, self._ties, self._model
        first = window.stage(*items)
        last = first + len(items)
        outcomes = Outcomes(len(items))
        decided = first
        while decided < last:
            start = decided
            stop = start + 1 if self._settings.cross_language else last
            # What was split and asked meanwhile has used some of the room.
            stories.make_room(last, last - start)
            ties.make_room(last, (last - start) * MOST)
            decided = decide(
                start, stop, first, window.arrays, window.limits, stories.arrays, ties.arrays,
                model.arrays, outcomes.arrays,
            )  # fmt: skip
            window.entered(range(start, decided))
            for slot, said in enumerate(outcomes.decided(start - first, decided - first), start):
                placement = self._placement(items[slot - first], said)
                foreign: list[str] = []
                if self._settings.cross_language:
                    placement, foreign = self._placed_across(slot, items[slot - first], placement)
                placement = self._as_decided(placement)
                if slot == decided - 1 and not placement.founded:
                    numbers = () if said.founded else outcomes.claimed()
                    claimed = [stories.named(number, self._new_story_id) for number in numbers]
                    # A story may be claimed on both grounds.
                    changes = self._changes(placement.story_id, list(dict.fromkeys(claimed + foreign)))
                    placement = replace(placement, changes=tuple(changes)) if changes else placement
                yield placement

    def _placement(self, item: WindowArticle, said: Decided) -> Placement:
        links, misses = (
            tuple(Link(item.article_id, self._window.id(slot), told) for slot, told in pairs)
            for pairs in (said.links, said.misses)
        )
        return Placement(
            article_id=item.article_id,
            version=item.version,
            story_id=self._stories.named(said.story, self._new_story_id),
            founded=said.founded,
            relation=relation_of(links[0].evidence) if links else None,
            score=min(1.0, said.score),
            linked_to=links[0].b if links else None,
            links=links,
            near_misses=misses,
        )

    def _as_decided(self, placement: Placement) -> Placement:
        """The placement as it may be: an article that people decided about is where they want it."""
        article_id, story_id = placement.article_id, placement.story_id
        if article_id not in self.homes:
            return placement
        due = self.homes.due(article_id, story_id)
        if due != story_id:
            story_id = due or self._new_story_id()
            near_misses = placement.near_misses
            placement = Placement(
                article_id, placement.version, story_id, due is None, None, 1.0, None, (), near_misses
            )
        self.move(article_id, story_id)
        return placement

    def _placed_across(
        self, slot: int, item: WindowArticle, placement: Placement
    ) -> tuple[Placement, list[str]]:
        """The placement seen together with articles in other languages, and the stories that the article
        would have joined too, best first."""
        self._across.add(slot, item)
        foreign = self._across.ties(slot)
        self._ties.add(slot, foreign)
        told = {self._stories[other] for other in self._ties.others(slot)}
        if not foreign or not told:
            return placement, []
        means = {story: self._ties.between([slot], self._stories.of(story)) for story in told}
        ordered = sorted(means, key=lambda story: (-means[story], self._stories.of(story)[0]))
        if placement.founded and means[ordered[0]] >= self._threshold:
            story = ordered[0]
            self._stories.move(slot, story)
            near = sorted((-p, other) for other, p in foreign.items() if self._stories[other] == story)
            links = tuple(
                Link(item.article_id, self._window.id(other), evidence_across(-p, self._threshold))
                for p, other in near[:KEPT_LINKS]
            )
            placement = replace(
                placement,
                story_id=story,
                founded=False,
                relation="same_event",
                score=means[story],
                linked_to=links[0].b if links else None,
                links=links,
            )
        return placement, [s for s in ordered if s != placement.story_id and means[s] >= self._threshold]

    def _unmatchable(self, item: WindowArticle) -> Placement:
        return Placement(item.article_id, item.version, self._new_story_id(), True, None, 1.0, None, (), ())

    def _changes(self, story_id: str, claimed: Sequence[str]) -> list[Change]:
        """What becomes of a story that has just grown, and of those that the article would have joined too,
        best first."""
        before = self._stories.size(story_id) - 1
        changes: list[Change] = []
        for other in claimed:
            gone = {change.story_id for change in changes}
            if other not in gone and self.homes.may_merge(story_id, other) and self._one(story_id, other):
                before = max(self._stories.size(story_id), self._stories.size(other))
                changes.append(self._merged(story_id, other))
                story_id = changes[-1].other_story_id or story_id
        if look_again(before, self._stories.size(story_id)):
            changes += self._parted(story_id)
        return changes

    def _one(self, a: str, b: str) -> bool:
        """Whether two stories are one event."""
        one, other = (np.array(self._slots(story_id), np.int32) for story_id in (a, b))
        return are_one(one, other, len(self._window), self._model.arrays, self._ties.arrays)

    def _merged(self, a: str, b: str) -> Change:
        """Put the articles of the smaller story into the larger, of the younger into the older of equals."""
        rank = {story: (self._stories.size(story), -self._stories.of(story)[0]) for story in (a, b)}
        gone, kept = sorted(rank, key=rank.__getitem__)
        self.homes.rename(gone, kept)
        return Change(gone, "merged", self._moved(self._stories.of(gone), kept), kept)

    def _parted(self, story_id: str) -> list[Change]:
        """Look at a story as a whole: what does not hold together becomes stories of its own; the largest
        part keeps the id."""
        least = split_from(len(self._window), self._model.arrays)
        changes = []
        parts = self._ties.parts(self._slots(story_id), least)
        named = [[self._window.id(slot) for slot in part] for part in parts]
        for numbers in self.homes.unite(story_id, named)[1:]:
            part = sorted(slot for number in numbers for slot in parts[number])
            new = self._new_story_id()
            article_ids = self._moved(part, new)
            changes.append(Change(new, "emerged", article_ids, None))
            changes.append(Change(story_id, "split", article_ids, new))
        return changes

    def _moved(self, slots: Sequence[int], story_id: str) -> tuple[str, ...]:
        for slot in slots:
            self._stories.move(slot, story_id)
        article_ids = tuple(self._window.id(slot) for slot in slots)
        self.homes.move(article_ids, story_id)
        return article_ids

    def _slots(self, story_id: str) -> Sequence[int]:
        """The slots of a story's articles, whose ties are known from now on."""
        slots = self._stories.of(story_id)
        for slot in slots:
            if slot not in self._ties:  # restored
                measured = measure(self._window, slot, self._window.candidates(slot))
                original = original_of(slot, measured.slots, copied_of(measured.features, measured.shares))
                votes = votes_of(judge(self._model, measured), measured.features[:, REPLACED])
                self._ties.see(slot, measured.slots, votes, original)
                self._ties.add(slot, self._across.ties(slot))
        return slots
