"""What does a re-clustering know from the ones before? What all articles saw of each other when the epoch
began, and what was found last.

The statistics of the stream, how rare words are and who is whose neighbour, stand still during an epoch: a
run judges what came since, against all that is there. So what it finds depends on the articles of the
epoch's beginning and of now alone. What is kept beside the store is numbers, no text; a file that is missing
or does not fit costs time, nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import orjson
import structlog

from service.model import Int64, WindowArticle
from service.settings import Settings
from service.sketch import jit
from service.stories.recluster import View, view_of
from service.stories.same_event import SameEventModel
from service.stories.seen import Pairs, Seen

LEAST = 2048  # articles: a smaller window is judged anew each time, which takes a second or two
SHARE = 1 / 8  # of the window may be new in an epoch
BEGINNING, NEWEST = "epoch.npz", "newest.npz"

log = structlog.get_logger()


class Known(NamedTuple):
    """A view that was kept. seqs: int64, the places in the store of its articles, which name their versions,
    in the view's order; others: those of the articles of then that cannot be matched; epoch: which one."""

    seqs: Int64
    others: Int64
    view: View
    epoch: str

    def is_of(self, seqs: Int64) -> bool:
        """Whether it is of these articles, which are sorted."""
        return np.array_equal(np.sort(np.concatenate((self.seqs, self.others))), seqs)


class Epochs:
    """The views kept in a directory, of one model and these settings."""

    def __init__(self, settings: Settings, model: SameEventModel, least: int = LEAST) -> None:
        self._settings, self._model, self._least = settings, model, least
        self._folder = settings.data / "reclustering"
        given = (model.to_json(), settings.sketch_parameters(), jit.stamp())
        shape = [settings.window_days, settings.copy_days, settings.bands, settings.rows]
        self._fits = blake2b(orjson.dumps([*given, shape]), digest_size=16).hexdigest()

    def view(self, ids: dict[int, str], items: Callable[[], Iterable[WindowArticle]], *, anew: bool) -> View:
        """All articles seen at once. ids: of the articles by their place in the store; items: reads them, in
        the order of these places. `anew` begins a new epoch, unless nothing has changed since this one
        began."""
        seqs = np.array(sorted(ids), np.int64)
        if len(seqs) < self._least:
            return view_of(items(), self._model, self._settings)
        began = self._read(BEGINNING)
        if began is not None and began.is_of(seqs):
            return self._named(began, ids)
        if anew or began is None or self._over(began, seqs):
            return self._begin(seqs, items)
        newest = self._read(NEWEST)
        if newest is not None and newest.epoch == began.epoch and newest.is_of(seqs):
            return self._named(newest, ids)
        then = [ids.get(seq, "") for seq in began.seqs.tolist()]
        view = view_of(items(), self._model, self._settings, began.view.seen, then)
        self._keep(NEWEST, seqs, ids, view, began.epoch)
        return view

    def _over(self, began: Known, seqs: Int64) -> bool:
        """Whether too much is new."""
        new = ~np.isin(seqs, np.concatenate((began.seqs, began.others)), assume_unique=True)
        return bool(new.sum() > SHARE * len(seqs))

    def _begin(self, seqs: Int64, items: Callable[[], Iterable[WindowArticle]]) -> View:
        read = list(items())
        view = view_of(read, self._model, self._settings)
        named = {int(seq): item.article_id for seq, item in zip(seqs, read, strict=True)}
        epoch = blake2b(seqs.tobytes(), digest_size=16).hexdigest()
        self._keep(BEGINNING, seqs, named, view, epoch)
        return view

    def _named(self, known: Known, ids: dict[int, str]) -> View:
        return known.view._replace(ids=[ids[seq] for seq in known.seqs.tolist()])

    def _keep(self, name: str, seqs: Int64, ids: dict[int, str], view: View, epoch: str) -> None:
        """Write a view down; a disk that is full costs the next run time."""
        at = {id: seq for seq, id in ids.items()}
        own = np.array([at[id] for id in view.ids], np.int64)
        others = np.setdiff1d(seqs, own, assume_unique=True)
        across = np.array([(*pair, value) for pair, value in view.across.items()]).reshape(-1, 3)
        arrays: dict[str, Any] = {f"pairs_{field}": part for field, part in view.seen.pairs._asdict().items()}
        arrays |= {f"copies_{k}": part for k, part in enumerate(view.seen.copies)}
        arrays |= {"seqs": own, "others": others, "across": across, "originals": np.array(view.originals)}
        unfinished = self._folder / f"{name}.{os.getpid()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                np.savez(file, fits=np.array([self._fits, epoch]), **arrays)
            unfinished.replace(self._folder / name)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            log.warning("what was judged is not kept", reason=str(error))

    def _read(self, name: str) -> Known | None:
        try:
            with (self._folder / name).open("rb") as raw, np.load(raw) as file:
                fits, epoch = file["fits"].tolist()
                return _known(file, epoch) if fits == self._fits else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            log.warning("what was judged before cannot be read", reason=str(error))
            return None


def _known(file: Any, epoch: str) -> Known:
    pairs = Pairs(*[file[f"pairs_{name}"] for name in Pairs._fields])
    seen = Seen(pairs, (file["copies_0"], file["copies_1"], file["copies_2"]))
    across = {(int(i), int(j)): value for i, j, value in file["across"].tolist()}
    return Known(file["seqs"], file["others"], View((), seen, file["originals"].tolist(), across), epoch)
