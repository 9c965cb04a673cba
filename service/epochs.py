"""What does a re-clustering know from the ones before? What all articles saw of each other when the epoch
began, the window of then, and what was found last.

The statistics of the stream, how rare words are and who is whose neighbour, stand still during an epoch: a
run judges what came since, against all that is there, in the window of the epoch's beginning, which goes on.
So what it finds depends on the articles of the epoch's beginning and of now alone, and it reads only what
came. What is kept beside the store is numbers, no text; a file that is missing or does not fit costs time,
nothing else.
"""

from __future__ import annotations

import secrets
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import structlog

from service.index.keeping import Arrays, arrays_of, window_of
from service.index.window import Window
from service.model import Int64, UInt32, WindowArticle
from service.settings import Settings
from service.sketch import jit
from service.stories.constraints import Constraints
from service.stories.recluster import View, group, view_and_window, view_of
from service.stories.same_event import SameEventModel
from service.stories.seen import Pairs, Seen
from service.stories.since import view_on

LEAST = 2048  # articles: a smaller window is judged anew each time, which takes a second or two
SHARE = 1 / 8  # of the window may be new in an epoch
UNFINISHED_SECONDS = 3600.0  # a file that took longer to write was left by a process that was killed
BEGINNING, WINDOW, NEWEST, GROUPS = "epoch.npz", "window.npz", "newest.npz", "groups.npz"

_PAIRS = tuple(f"pairs_{field}" for field in Pairs._fields)
_VIEW = (*_PAIRS, "copies_0", "copies_1", "copies_2", "across", "alike", "originals")

Read = Callable[[Iterable[int]], Iterable[WindowArticle]]

log = structlog.get_logger()


class Known(NamedTuple):
    """Of which articles a view was kept. seqs: int64, the places in the store of its articles, which name
    their versions, in the view's order; all: those of all articles of then, also of those that cannot be
    matched, sorted; marks: uint32, like `all`, see `_marks`; epoch: which one."""

    seqs: Int64
    all: Int64
    marks: UInt32
    epoch: str

    def is_of(self, ids: Mapping[int, str]) -> bool:
        """Whether it is of these articles."""
        return np.array_equal(self.all, _sorted(ids)) and np.array_equal(self.marks, _marks(ids, self.all))

    def goes_on(self, ids: Mapping[int, str]) -> bool:
        """Whether few of these articles are new and few have gone, and the others are the same: places name
        other articles where a store was put back to an earlier state."""
        seqs = _sorted(ids)
        there = np.isin(self.all, seqs, assume_unique=True)
        new, gone = len(seqs) - there.sum(), (~there).sum()
        if new > SHARE * len(seqs) or gone > SHARE * len(self.all):
            return False
        return np.array_equal(self.marks[there], _marks(ids, self.all[there]))


class Epochs:
    """What is kept in a directory, of one model, these settings, and sketches of this fingerprint.

    ids: of the articles of now by their place in the store; read: reads them by these places, each once, in
    the order of `recluster.in_order`, those left out that cannot be matched;
    anew: begin a new epoch, unless nothing has changed since this one began.
    """

    def __init__(
        self, settings: Settings, model: SameEventModel, fingerprint: str, least: int = LEAST
    ) -> None:
        self._settings, self._model, self._least = settings, model, least
        self._folder = _folder(settings)
        given = (model.to_json(), fingerprint, jit.stamp())
        shape = [settings.window_days, settings.copy_days, settings.bands, settings.rows]
        self._fits = blake2b(orjson.dumps([*given, shape]), digest_size=16).hexdigest()

    def groups(
        self, ids: Mapping[int, str], constraints: Constraints, view: Callable[[], View], *, anew: bool
    ) -> Int64:
        """The number of each article's group, by place; `view` is what `self.view` gives for the same, and
        only asked for where these articles were not grouped last."""
        seqs, large = _sorted(ids), len(ids) >= self._least
        if large and (known := self._read(GROUPS, self._name(ids, constraints, anew=anew), ("labels",))):
            kept: Int64 = known["labels"]
            return kept
        seen = view()
        matchable = set(seen.ids)
        found = group(seen, [id for id in ids.values() if id not in matchable], self._model, constraints)
        number = {id: label for label, each in enumerate(found) for id in each}
        labels = np.array([number[ids[seq]] for seq in seqs.tolist()], np.int64)
        if large:
            self._keep(GROUPS, self._name(ids, constraints, anew=anew), {"labels": labels})
        return labels

    def view(self, ids: Mapping[int, str], read: Read, *, anew: bool) -> View:
        """All articles seen at once."""
        seqs = _sorted(ids)
        if len(seqs) < self._least:
            return view_of(read(seqs.tolist()), self._model, self._settings)
        began = self._going_on(ids, anew=anew)
        if began is None:
            return self._begin(ids, read)
        for name in (BEGINNING, NEWEST):
            known = self._known(name)
            of_these = known is not None and known.epoch == began.epoch and known.is_of(ids)
            view = self._view(name, began.epoch, _named(known.seqs, ids)) if known and of_these else None
            if view is not None:
                return view
        return self._go_on(began, ids, read) or self._begin(ids, read)

    def _name(self, ids: Mapping[int, str], constraints: Constraints, *, anew: bool) -> str:
        """What groups depend on: the epoch, the articles, and what people demand of them."""
        began, articles = self._going_on(ids, anew=anew), _articles(ids)
        epoch = articles if began is None else began.epoch
        of = [(id, constraints.name(id)) for id in constraints.articles()]
        demanded = [[id, name, sorted(constraints.apart(name))] for id, name in of]
        return _digest(articles.encode(), epoch.encode(), orjson.dumps(demanded))

    def _going_on(self, ids: Mapping[int, str], *, anew: bool) -> Known | None:
        """The epoch if it goes on: with the articles that it began with, or with few others."""
        began = self._known(BEGINNING)
        if began is None or began.is_of(ids):
            return began
        return None if anew or not began.goes_on(ids) else began

    def _begin(self, ids: Mapping[int, str], read: Read) -> View:
        view, window = view_and_window(read(_sorted(ids).tolist()), self._model, self._settings)
        epoch = _articles(ids)
        self._keep(WINDOW, epoch, arrays_of(window))
        self._keep_view(BEGINNING, view, epoch, ids)
        return view

    def _go_on(self, began: Known, ids: Mapping[int, str], read: Read) -> View | None:
        """What is to be seen now; None where what is kept is not enough for it."""
        named = _named(began.seqs, ids)
        view, window = self._view(BEGINNING, began.epoch, named), self._window(began.epoch, named)
        if view is None or window is None:
            return None
        then = set(began.all.tolist())
        came = read([seq for seq in ids if seq not in then])
        gone = [name for seq, name in zip(began.seqs.tolist(), named, strict=True) if seq not in ids]
        place_of = {id: seq for seq, id in ids.items()}

        def by_id(wanted: Sequence[str]) -> Iterable[WindowArticle]:
            return read(sorted(place_of[id] for id in wanted))

        found = view_on(view, window, came, gone, by_id, self._model, self._settings)
        self._keep_view(NEWEST, found, began.epoch, ids)
        return found

    def _keep_view(self, name: str, view: View, epoch: str, ids: Mapping[int, str]) -> None:
        at = {id: seq for seq, id in ids.items()}
        own = np.array([at[id] for id in view.ids], np.int64)
        arrays: dict[str, Any] = {f"pairs_{field}": part for field, part in view.seen.pairs._asdict().items()}
        arrays |= {f"copies_{k}": part for k, part in enumerate(view.seen.copies)}
        arrays |= {"across": _table(view.across), "alike": _table(view.alike)}
        every = _sorted(ids)
        arrays |= {"seqs": own, "all": every, "marks": _marks(ids, every)}
        self._keep(name, epoch, {**arrays, "originals": np.array(view.originals, np.int64)})

    def _known(self, name: str) -> Known | None:
        found = self._read(name, None, ("seqs", "all", "marks", "of"))
        return None if found is None else Known(found["seqs"], found["all"], found["marks"], str(found["of"]))

    def _window(self, epoch: str, ids: Sequence[str]) -> Window | None:
        arrays = self._read(WINDOW, epoch)
        try:
            return None if arrays is None else window_of(self._settings, ids, arrays)
        except (KeyError, ValueError) as error:
            log.warning("the window of before cannot be read", reason=str(error))
            return None

    def _view(self, name: str, epoch: str, ids: Sequence[str]) -> View | None:
        found = self._read(name, epoch, _VIEW)
        if found is None:
            return None
        pairs = Pairs(*[found[name] for name in _PAIRS])
        seen = Seen(pairs, (found["copies_0"], found["copies_1"], found["copies_2"]))
        across = {(int(i), int(j)): value for i, j, value in found["across"].tolist()}
        alike = {(int(i), int(j)): bool(value) for i, j, value in found["alike"].tolist()}
        return View(ids, seen, found["originals"].tolist(), across, alike)

    def _keep(self, name: str, of: str, arrays: Arrays) -> None:
        """Write down what was found, and of what; a disk that is full costs the next run time."""
        unfinished = self._folder / f"{name}.{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self._folder.glob("*.npz.*"):
                if left.stat().st_mtime < time.time() - UNFINISHED_SECONDS:
                    left.unlink(missing_ok=True)
            with unfinished.open("wb") as file:
                np.savez(file, fits=np.array(self._fits), of=np.array(of), **arrays)
            unfinished.replace(self._folder / name)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            log.warning("what was judged is not kept", reason=str(error))

    def _read(self, name: str, of: str | None, wanted: Sequence[str] = ()) -> Arrays | None:
        """What was written down, all or what is wanted of it, if it is of this."""
        try:
            with (self._folder / name).open("rb") as raw, np.load(raw) as file:
                if file["fits"] != self._fits or of not in (None, str(file["of"])):
                    return None
                return {field: file[field] for field in wanted or file.files}
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever a damaged file makes its readers say: it costs time alone
            log.warning("what was judged before cannot be read", reason=str(error))
            return None


def forget(settings: Settings) -> None:
    """Let go of all that is kept: of articles that are taken down nothing may be left."""
    shutil.rmtree(_folder(settings), ignore_errors=True)


def _folder(settings: Settings) -> Path:
    return settings.data / "reclustering"


def _sorted(ids: Mapping[int, str]) -> Int64:
    return np.array(sorted(ids), np.int64)


def _marks(ids: Mapping[int, str], seqs: Int64) -> UInt32:
    """Numbers that stand for the ids at these places."""
    return np.array([zlib.crc32(ids[seq].encode()) for seq in seqs.tolist()], np.uint32)


def _articles(ids: Mapping[int, str]) -> str:
    """A digest of which articles these are."""
    seqs = _sorted(ids)
    return _digest(seqs.tobytes(), _marks(ids, seqs).tobytes())


def _digest(*of: bytes) -> str:
    return blake2b(b"".join(of), digest_size=16).hexdigest()


def _named(seqs: Int64, ids: Mapping[int, str]) -> list[str]:
    """What articles of then are called; those that are gone have no id any more, or another has it."""
    return [ids.get(seq) or f"\0{seq}" for seq in seqs.tolist()]


def _table(said: Mapping[tuple[int, int], float]) -> np.ndarray[Any, Any]:
    return np.array([(*pair, value) for pair, value in said.items()], np.float64).reshape(-1, 3)
