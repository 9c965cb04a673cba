"""What does a test of the pipeline hold in its hands? A store, a sketcher, an owner, a clock that ticks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpus import NOW

from service import pipeline
from service.model import DecisionKind, Placement
from service.pipeline import Raw, Receipt
from service.settings import Settings

KEY = b"a key for tests."


class Rig:
    """An open data directory with everything that works on it."""

    def __init__(self, directory: Path, **changes: object) -> None:
        self.settings = Settings(data=directory, **changes)  # type: ignore[arg-type]
        self.store = pipeline.open_store(self.settings, key=KEY)
        self.sketcher = pipeline.make_sketcher(self.store)
        self.now = NOW
        self.owner = pipeline.rebuild_owner(self.store, self.settings, self.now)

    def tick(self) -> float:
        self.now += 1.0
        return self.now

    def reopen(self) -> None:
        """As after a restart: the owner's memory comes from the store."""
        self.store.close()
        self.store = pipeline.open_store(self.settings)
        self.rebuild_owner()

    def rebuild_owner(self) -> None:
        self.owner = pipeline.rebuild_owner(self.store, self.settings, self.now)

    def submit(self, *raws: Raw) -> list[Receipt]:
        return pipeline.submit(self.store, raws, self.tick())

    def ingest(self, *raws: Raw) -> list[Receipt]:
        return pipeline.ingest(self.store, self.sketcher, raws, self.tick())

    def prepare(self, ids: Sequence[str] | None = None) -> int:
        return pipeline.prepare(self.store, self.sketcher, self.tick(), ids=ids)

    def place(self, limit: int = 500) -> list[Placement]:
        return pipeline.place(self.store, self.owner, limit, self.tick())

    def take_in(self, *raws: Raw) -> None:
        """All the way: in, prepared, placed."""
        self.ingest(*raws)
        while self.place():
            pass

    def delete(self, article_id: str, *, owner_away: bool = False) -> None:
        pipeline.delete(self.store, None if owner_away else self.owner, article_id, self.tick())

    def decide(self, kind: DecisionKind, *articles: str, stories: Sequence[str] = ()) -> str:
        wish = pipeline.Wish(kind, articles, stories)
        return pipeline.decide(self.store, self.owner, wish, self.tick())

    def ignore(self, **what: str) -> str:
        """Leave an `outlet` or a `passage` out of account."""
        [name] = what
        wish = pipeline.Wish(f"ignore_{name}", **what)  # type: ignore[arg-type]
        return pipeline.decide(self.store, self.owner, wish, self.tick())

    def undo(self, decision_id: str) -> None:
        pipeline.undo(self.store, self.owner, decision_id, "", self.tick())

    def recluster(self) -> None:
        """Group anew, in this process, and apply."""
        recluster_id = pipeline.request_recluster(self.store, False, self.tick())
        pipeline.compute_recluster(self.settings, recluster_id, self.tick)
        pipeline.apply_recluster(self.store, self.owner, recluster_id, self.tick())

    def stories(self) -> set[frozenset[str]]:
        """Which articles are together, whatever their stories' ids."""
        groups: dict[str, set[str]] = {}
        for article_id, story_id in self.store.stories.assignments().items():
            groups.setdefault(story_id, set()).add(article_id)
        return {frozenset(group) for group in groups.values()}

    def story_of(self, article_id: str) -> str:
        return self.store.stories.assignments()[article_id]

    def changes(self, since: int = 0) -> list[tuple[str, str | None, str | None]]:
        return [(c.type, c.article_id, c.story_id) for c in self.store.changes(since, 10_000)]
