"""How do archives come in? `samestory import` reads files in order, in batches, and shows how far it is.

It can be stopped or killed and run again: an article that is there with the same content is left alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Full, Queue
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import json_line, progress, say, wants_json

if TYPE_CHECKING:
    from service.cli.door import Door
    from service.cli.reading import Item, Source
    from service.preparers import Preparers
    from service.runner import EmbeddedEngine
    from service.settings import Settings

Outcome = tuple[str, str | None, str | None]  # status, id, why it was rejected
STATUSES = ("accepted", "unchanged", "updated", "rejected")
SHOWN = 20  # reasons written out; the rest is counted
SENT_BYTES = 4 << 20  # one request to a running serve, well under its limit
LARGE_BYTES = 1 << 20  # files of so much are worth a process that prepares
AHEAD = 4  # batches that may be stored and wait to be placed
RUN = 8  # batches placed in one go: nobody asks questions meanwhile
LOOK_SECONDS = 0.2  # whoever waits for room looks this often whether placing has failed
PATIENCE_SECONDS = 600.0  # how long a running serve may take to place what it was sent


def import_(
    paths: Annotated[
        list[str], typer.Argument(help="Files or folders; - is standard input.", metavar="PATH...")
    ],
    format: Annotated[
        str | None, typer.Option(help="jsonl, txt, html or warc  [default: by file name]")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Bring articles in and place them. Run it again after an interruption: nothing is doubled."""
    from service.cli.reading import sources
    from service.holding import holder_address
    from service.preparers import Preparers

    settings = settings_from(data)
    found = sources(paths, checked_format(format))
    started = time.monotonic()
    with Preparers() as preparers:
        if sum(source.bytes for source in found) >= LARGE_BYTES and not holder_address(settings.data):
            preparers.start()  # before the rest of this process is loaded
        from service.cli.door import open_door

        with open_door(settings) as door:
            counts = Importer(door, settings, found, preparers).run()
    report(counts, time.monotonic() - started, as_json)
    if counts["rejected"]:
        raise typer.Exit(1)


def checked_format(format: str | None) -> Any:
    """The format named on the command line. Raises a usage error for another."""
    if format not in (None, "jsonl", "txt", "html", "warc"):
        raise typer.BadParameter("choose jsonl, txt, html or warc", param_hint="--format")
    return format


def batches(found: Sequence[Source], settings: Settings) -> Iterator[tuple[list[Item], int]]:
    """All articles in order, cut by number and by bytes, each batch with the bytes of input read so far."""
    from service.cli.reading import read

    batch: list[Item] = []
    size = before = position = 0
    for source in found:
        for item in read(source, settings.article_bytes):
            batch.append(item)
            size, position = size + item.bytes, before + item.position
            if len(batch) >= settings.prepare_batch or size >= SENT_BYTES:
                yield batch, position
                batch, size = [], 0
        before += source.bytes
    if batch:
        yield batch, position


class Placer:
    """Places what is stored in a thread of its own, at most AHEAD batches behind: while it decides, the
    interpreter is free for the thread that stores."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._stored: Queue[bool] = Queue(AHEAD)
        self._stopping = False
        self._thread = ThreadPoolExecutor(1, "placing")

    def __enter__(self) -> Placer:
        self._done = self._thread.submit(self._run)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = kind is not None
        self._tell(False)
        self._thread.shutdown()
        if kind is None:
            self._done.result()

    def nudge(self) -> None:
        """Say that a batch is stored. Raises what placing has raised."""
        self._tell(True)
        if self._done.done():
            self._done.result()

    def _tell(self, more: bool) -> None:
        """Wait for room, as long as there is somebody to make it."""
        while not self._done.done():
            with suppress(Full):
                return self._stored.put(more, timeout=LOOK_SECONDS)

    def _run(self) -> None:
        self._engine.warm()
        while self._stored.get():
            while not self._stopping and self._engine.turn(RUN):
                pass
            if self._stopping:
                return


class Importer:
    """One run over the files: counts what became of each article and says why one was rejected."""

    def __init__(self, door: Door, settings: Settings, found: Sequence[Source], preparers: Preparers) -> None:
        self._door = door
        self._preparers = preparers
        self._settings = settings
        self._found = found
        self._last: list[str] = []
        self.counts: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))

    def run(self) -> Counter[str]:
        """Bring everything in, then wait until it is placed."""
        if self._door.engine:
            self._door.engine.claim()
        total = sum(source.bytes for source in self._found) or None
        with progress() as bar:
            task = bar.add_task("importing", total=total, done=0)
            for position in self._brought():
                bar.update(task, completed=position, done=sum(self.counts.values()))
            bar.update(task, description="placing", completed=total)
            self._settle()
        return self.counts

    def _brought(self) -> Iterator[int]:
        """Bring batch after batch; yields the bytes of input that are done."""
        found = batches(self._found, self._settings)
        if self._door.engine is None:
            for batch, position in found:
                self._count(batch, self._sent(batch))
                yield position
            return
        desk = self._door.engine.desk
        preparers, limit = self._preparers, self._settings.article_bytes
        with Placer(self._door.engine) as placer:
            raws = (((batch, position), [item.found for item in batch]) for batch, position in found)
            for (batch, position), made in preparers.prepared(raws, desk.sketcher, limit, desk.clock()):
                if made is not None:
                    receipts = desk.take(made)
                else:  # what may have killed a process is stored first, and given up after a few attempts
                    bring = desk.submit if preparers.broken else desk.ingest
                    receipts = bring([item.found for item in batch])
                self._count(batch, [(receipt.status, receipt.id, receipt.error) for receipt in receipts])
                placer.nudge()
                yield position

    def _count(self, batch: list[Item], receipts: list[Outcome]) -> None:
        for item, (status, _, error) in zip(batch, receipts, strict=True):
            self.counts[status] += 1
            if status == "rejected" and self.counts["rejected"] <= SHOWN:
                say(f"{item.place}: {error}")
        self._last = [id for _, id, _ in receipts if id] or self._last

    def _sent(self, batch: list[Item]) -> list[Outcome]:
        """The batch through a running serve; what could not be read here is not sent."""
        import orjson

        raws = [item.raw for item in batch]
        sent = [orjson.dumps(raw) for raw in raws if isinstance(raw, Mapping)]
        if not sent:
            return [("rejected", None, str(raw)) for raw in raws]
        results = iter(self._door.ask("POST", "/v1/articles", body=b"\n".join(sent))["results"])
        return [
            _receipt(next(results)) if isinstance(raw, Mapping) else ("rejected", None, str(raw))
            for raw in raws
        ]

    def _settle(self) -> None:
        """Wait for the last batch: articles are placed in the order in which they came."""
        if self._door.engine:
            self._door.engine.drain()
            return
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and any(map(self._waits, self._last[-1:])):
            time.sleep(0.1)

    def _waits(self, article_id: str) -> bool:
        from service.cli.door import segment

        article = self._door.ask("GET", f"/v1/articles/{segment(article_id)}")
        return article["state"] in ("received", "prepared")


def _receipt(result: Mapping[str, Any]) -> Outcome:
    error = result.get("error") or {}
    return result["status"], result.get("id"), error.get("detail") or error.get("title")


def report(counts: Mapping[str, int], seconds: float, as_json: bool) -> None:
    """The closing line: what became of the articles, and how fast."""
    total = sum(counts.values())
    if wants_json(as_json):
        json_line({"articles": total, **counts, "seconds": round(seconds, 3)})
        return
    parts = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES)
    say(f"{total:,} articles in {seconds:.1f} s ({total / max(seconds, 1e-9):,.0f} a second): {parts}")
