"""In which stories are the articles that people decided about? Whoever places must not undo what they said.

They are few. Those that have left the window count too: their story is still about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from service.stories.constraints import Constraints

_NOWHERE: Mapping[str, str] = MappingProxyType({})


class Homes:
    """The constraints, and the story of each article that they name, as stories merge and split."""

    def __init__(
        self, constraints: Constraints | None = None, story_of: Mapping[str, str] = _NOWHERE
    ) -> None:
        self._constraints = constraints or Constraints()
        self._story_of = {id: story for id, story in story_of.items() if id in self._constraints}

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._constraints

    @property
    def story_of(self) -> dict[str, str]:
        """The story of each article that is in one, to be given back to `put_back`."""
        return dict(self._story_of)

    def put_back(self, story_of: Mapping[str, str]) -> None:
        """Take back what has changed since."""
        self._story_of = dict(story_of)

    def move(self, article_ids: Iterable[str], story_id: str) -> None:
        """These articles are in this story now."""
        self._story_of |= {id: story_id for id in article_ids if id in self._constraints}

    def rename(self, story_id: str, new_story_id: str) -> None:
        """All of a story's articles are in another one now, also those that have left the window."""
        self.move(self._inside(story_id), new_story_id)

    def may_merge(self, a: str, b: str) -> bool:
        """Whether nobody said that articles of these two stories are apart."""
        return not self._constraints.clash(self._inside(a), self._inside(b))

    def due(self, article_id: str, story_id: str) -> str | None:
        """The story that an article must be in where it was placed in `story_id`: that of those it must be
        with, else the one it was in before if somebody here must be apart from it. None: a new one."""
        bundle = self._constraints.bundle(article_id) - {article_id}
        mates = [self._story_of[id] for id in sorted(bundle) if id in self._story_of]
        if mates:
            return mates[0]
        inside = [id for id in self._inside(story_id) if id != article_id]
        if not self._constraints.clash([article_id], inside):
            return story_id
        return self._story_of.get(article_id)

    def unite(self, story_id: str, parts: Sequence[Sequence[str]]) -> list[list[int]]:
        """Which parts of a story must stay one part, as their numbers; the one with the first part is first,
        as those are that are in no part."""
        part_of = {id: number for number, part in enumerate(parts) for id in part if id in self._constraints}
        into = list(range(len(parts)))
        bundles: dict[str, int] = {}
        for id in self._inside(story_id):
            number = into[part_of.get(id, 0)]
            first = bundles.setdefault(self._constraints.name(id), number)
            low, high = sorted((into[first], number))
            into = [low if part == high else part for part in into]
        return [[n for n in range(len(parts)) if into[n] == whole] for whole in sorted(set(into))]

    def _inside(self, story_id: str) -> list[str]:
        return [id for id, story in self._story_of.items() if story == story_id] if self._story_of else []
