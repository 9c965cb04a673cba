"""What does a re-clustering know from the ones before? What all articles saw of each other when the epoch
began, the window of then, and what was found last.

The statistics of the stream, how rare words are and who is whose neighbour, stand still during an epoch: a
run judges what came since, against all that is there, in the window of the epoch's beginning, which goes on.
So what it finds depends on the articles of the epoch's beginning and of now alone, and it reads only what
came. What is kept beside the store is numbers, no text; a file that is missing or does not fit costs time,
nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import orjson
import structlog

from service.index.keeping import Arrays, arrays_of, window_of
from service.model import Int64, WindowArticle
from service.settings import Settings
from service.sketch import jit
from service.stories.constraints import Constraints
from service.stories.recluster import View, group, view_and_window, view_of
from service.stories.same_event import SameEventModel
from service.stories.seen import Pairs, Seen
from service.stories.since import view_on

LEAST = 2048  # articles: a smaller window is judged anew each time, which takes a second or two
SHARE = 1 / 8  # of the window may be new in an epoch
BEGINNING, WINDOW, NEWEST, GROUPS = "epoch.npz", "window.npz", "newest.npz", "groups.npz"

Read = Callable[[Iterable[int]], Iterable[WindowArticle]]

log = structlog.get_logger()


class Known(NamedTuple):
    """Of which articles a view was kept. seqs: int64, the places in the store of its articles, which name
    their versions, in the view's order; others: those of the articles of then that cannot be matched; epoch:
    which one."""

    seqs: Int64
    others: Int64
    epoch: str

    def is_of(self, seqs: Int64) -> bool:
        """Whether it is of these articles, which are sorted."""
        return np.array_equal(np.sort(np.concatenate((self.seqs, self.others))), seqs)


class Epochs:
    """What is kept in a directory, of one model and these settings.

    ids: of the articles of now by their place in the store; read: reads them by these places, in order;
    anew: begin a new epoch, unless nothing has changed since this one began.
    """

    def __init__(self, settings: Settings, model: SameEventModel, least: int = LEAST) -> None:
        self._settings, self._model, self._least = settings, model, least
        self._folder = settings.data / "reclustering"
        given = (model.to_json(), settings.sketch_parameters(), jit.stamp())
        shape = [settings.window_days, settings.copy_days, settings.bands, settings.rows]
        self._fits = blake2b(orjson.dumps([*given, shape]), digest_size=16).hexdigest()

    def groups(
        self, ids: Mapping[int, str], constraints: Constraints, view: Callable[[], View], *, anew: bool
    ) -> Int64:
        """The number of each article's group, by place; `view` is what `self.view` gives for the same, and
        only asked for where these articles were not grouped last."""
        seqs, large = _sorted(ids), len(ids) >= self._least
        if large and (known := self._read(GROUPS, self._name(seqs, constraints, anew=anew))):
            kept: Int64 = known["labels"]
            return kept
        seen = view()
        matchable = set(seen.ids)
        found = group(seen, [id for id in ids.values() if id not in matchable], self._model, constraints)
        number = {id: label for label, each in enumerate(found) for id in each}
        labels = np.array([number[ids[seq]] for seq in seqs.tolist()], np.int64)
        if large:
            self._keep(GROUPS, self._name(seqs, constraints, anew=anew), {"labels": labels})
        return labels

    def view(self, ids: Mapping[int, str], read: Read, *, anew: bool) -> View:
        """All articles seen at once."""
        seqs = _sorted(ids)
        if len(seqs) < self._least:
            return view_of(read(seqs.tolist()), self._model, self._settings)
        began = self._going_on(seqs, anew=anew)
        if began is None:
            return self._begin(ids, read)
        for name in (BEGINNING, NEWEST):
            known = self._known(name)
            of_these = known is not None and known.epoch == began.epoch and known.is_of(seqs)
            view = self._view(name, began.epoch, _named(known.seqs, ids)) if known and of_these else None
            if view is not None:
                return view
        return self._go_on(began, ids, read) or self._begin(ids, read)

    def _name(self, seqs: Int64, constraints: Constraints, *, anew: bool) -> str:
        """What groups depend on: the epoch, the articles, and what people demand of them."""
        began = self._going_on(seqs, anew=anew)
        epoch = _digest(seqs.tobytes()) if began is None else began.epoch
        of = [(id, constraints.name(id)) for id in constraints.articles()]
        demanded = [[id, name, sorted(constraints.apart(name))] for id, name in of]
        return _digest(seqs.tobytes(), epoch.encode(), orjson.dumps(demanded))

    def _going_on(self, seqs: Int64, *, anew: bool) -> Known | None:
        """The epoch if it goes on: with the articles that it began with, or with few new ones."""
        began = self._known(BEGINNING)
        if began is None or began.is_of(seqs):
            return began
        new = ~np.isin(seqs, np.concatenate((began.seqs, began.others)), assume_unique=True)
        return None if anew or new.sum() > SHARE * len(seqs) else began

    def _begin(self, ids: Mapping[int, str], read: Read) -> View:
        seqs = _sorted(ids)
        view, window = view_and_window(read(seqs.tolist()), self._model, self._settings)
        epoch = _digest(seqs.tobytes())
        self._keep(WINDOW, epoch, arrays_of(window))
        self._keep_view(BEGINNING, view, epoch, ids)
        return view

    def _go_on(self, began: Known, ids: Mapping[int, str], read: Read) -> View | None:
        """What is to be seen now; None where what is kept is not enough for it."""
        named = _named(began.seqs, ids)
        view, arrays = self._view(BEGINNING, began.epoch, named), self._read(WINDOW, began.epoch)
        if view is None or arrays is None:
            return None
        then = {*began.seqs.tolist(), *began.others.tolist()}
        came = read([seq for seq in ids if seq not in then])
        gone = [name for seq, name in zip(began.seqs.tolist(), named, strict=True) if seq not in ids]
        place_of = {id: seq for seq, id in ids.items()}

        def by_id(wanted: Sequence[str]) -> Iterable[WindowArticle]:
            return read(sorted(place_of[id] for id in wanted))

        window = window_of(self._settings, named, arrays)
        found = view_on(view, window, came, gone, by_id, self._model, self._settings)
        self._keep_view(NEWEST, found, began.epoch, ids)
        return found

    def _keep_view(self, name: str, view: View, epoch: str, ids: Mapping[int, str]) -> None:
        at = {id: seq for seq, id in ids.items()}
        own = np.array([at[id] for id in view.ids], np.int64)
        arrays: dict[str, Any] = {f"pairs_{field}": part for field, part in view.seen.pairs._asdict().items()}
        arrays |= {f"copies_{k}": part for k, part in enumerate(view.seen.copies)}
        arrays |= {"across": _table(view.across), "alike": _table(view.alike)}
        arrays |= {"seqs": own, "others": np.setdiff1d(_sorted(ids), own, assume_unique=True)}
        self._keep(name, epoch, {**arrays, "originals": np.array(view.originals, np.int64)})

    def _known(self, name: str) -> Known | None:
        found = self._read(name, None, ("seqs", "others", "of"))
        return None if found is None else Known(found["seqs"], found["others"], str(found["of"]))

    def _view(self, name: str, epoch: str, ids: Sequence[str]) -> View | None:
        found = self._read(name, epoch)
        if found is None:
            return None
        pairs = Pairs(*[found[f"pairs_{field}"] for field in Pairs._fields])
        seen = Seen(pairs, (found["copies_0"], found["copies_1"], found["copies_2"]))
        across = {(int(i), int(j)): value for i, j, value in found["across"].tolist()}
        alike = {(int(i), int(j)): bool(value) for i, j, value in found["alike"].tolist()}
        return View(ids, seen, found["originals"].tolist(), across, alike)

    def _keep(self, name: str, of: str, arrays: Arrays) -> None:
        """Write down what was found, and of what; a disk that is full costs the next run time."""
        unfinished = self._folder / f"{name}.{os.getpid()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            log.warning("what was judged before cannot be read", reason=str(error))
            return None


def _sorted(ids: Mapping[int, str]) -> Int64:
    return np.array(sorted(ids), np.int64)


def _digest(*of: bytes) -> str:
    return blake2b(b"".join(of), digest_size=16).hexdigest()


def _named(seqs: Int64, ids: Mapping[int, str]) -> list[str]:
    """What articles of then are called; those that are gone have no id any more, or another has it."""
    return [ids.get(seq) or f"\0{seq}" for seq in seqs.tolist()]


def _table(said: Mapping[tuple[int, int], float]) -> np.ndarray[Any, Any]:
    return np.array([(*pair, value) for pair, value in said.items()], np.float64).reshape(-1, 3)
