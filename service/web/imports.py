"""How does a file of articles come in by hand? Lines of JSON, texts, web pages, web archives, and tables.

Of a table a person first checks which column is what; it waits in the store meanwhile.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service import pipeline
from service.api.bodies import WHITESPACE, Body, parse
from service.api.context import CurrentEngine, CurrentSettings, CurrentStore
from service.api.paths import StoryId as UploadId
from service.errors import SamestoryError, UnreadableFile, UnsupportedMedia
from service.incoming import Raw
from service.runner import Engine
from service.settings import Settings
from service.store import Store, uploads
from service.text import table
from service.warc import pages
from service.web.deciding import Ours
from service.web.rendering import render
from service.web.uploads import Upload, read_upload

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

TEXTS = {".txt": "text", ".html": "html", ".htm": "html"}
LINES = (".jsonl", ".ndjson", ".json")
TABLES = (".csv", ".tsv")
ARCHIVES = (".warc", ".warc.gz")
UNPACKED = 20  # times the largest body: what an archive may be unpacked to
REASONS = 20  # why articles were rejected, written out
SAMPLES = 3  # rows of a table that are shown
SAMPLE = 60  # letters of a cell
FIELDS = {
    "id": "Its id",
    "url": "Address",
    "outlet": "Outlet",
    "title": "Title",
    "text": "Text",
    "html": "Text as HTML",
    "published": "Date of publication",
    "lang": "Language",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a file: how many articles each way, and why some were rejected."""

    name: str
    counts: Mapping[str, int]
    wrong: Sequence[str]

    @property
    def waited(self) -> int:
        """How many were to be placed."""
        return self.counts["accepted"] + self.counts["updated"]


@router.get("/imports")
def imports(request: Request, store: CurrentStore, of: int = 0) -> HTMLResponse:
    """Where a file of articles is sent, and how many articles wait. of: how many the last one brought."""
    return _page(request, store, of=max(0, of))


@router.post("/imports")
async def bring(request: Request, engine: CurrentEngine, settings: CurrentSettings) -> Response:
    """Take the articles of a file in; of a table, ask first which column is what."""
    sent = await read_upload(request, settings)
    if sent.name.lower().endswith(TABLES):
        made = await run_sync(_keep, engine.store, sent, settings)
        return RedirectResponse(f"/imports/{quote(made)}", 303)
    return await run_sync(_bring, request, engine, sent, settings)


@router.get("/imports/{upload_id:id}")
def columns(
    upload_id: UploadId, request: Request, store: CurrentStore, settings: CurrentSettings
) -> Response:
    """Which column of a table is which field: as its headings say, to be corrected."""
    sent = _waiting(store, upload_id)
    return _columns(request, upload_id, sent, _table(sent.data, settings), None)


@router.post("/imports/{upload_id:id}")
def bring_table(
    upload_id: UploadId, request: Request, engine: CurrentEngine, settings: CurrentSettings, form: Ours
) -> HTMLResponse:
    """Take the rows of a table in, by the columns that were chosen."""
    sent = _waiting(engine.store, upload_id)
    read = _table(sent.data, settings)
    chosen = {field: int(form[field]) for field in FIELDS if form.get(field, "").isdecimal()}
    chosen = {field: column for field, column in chosen.items() if column < len(read.headings)}
    if not chosen.keys() & {"title", "text", "html"}:
        return _columns(request, upload_id, sent, read, chosen, 422)
    raws = table.articles(read, chosen)
    lines = [line for line, _ in read.rows]
    told = _told(engine, sent.name, raws, lambda at, why: table.placed(why, lines[at], read, chosen))
    with engine.store.write() as connection:
        uploads.drop(connection, upload_id)
    return _page(request, engine.store, told)


def _keep(store: Store, sent: Upload, settings: Settings) -> str:
    """Keep a table that can be read. Raises InvalidInput."""
    _table(sent.data, settings)
    made = f"up-{secrets.token_hex(16)}"
    with store.write() as connection:
        uploads.keep(connection, made, uploads.Upload(sent.name[:200], sent.data), store.now())
    return made


def _waiting(store: Store, upload_id: str) -> uploads.Upload:
    with store.read() as connection:
        return uploads.get(connection, upload_id)


def _table(data: bytes, settings: Settings) -> table.Table:
    return table.read_table(data, settings.batch_articles, settings.article_bytes)


def _bring(request: Request, engine: Engine, sent: Upload, settings: Settings) -> HTMLResponse:
    raws, places = _raws(sent, settings)
    return _page(request, engine.store, _told(engine, sent.name, raws, lambda at, why: f"{places[at]}{why}"))


def _told(engine: Engine, name: str, raws: Sequence[Raw], placed: Callable[[int, str], str]) -> Told:
    """Take articles in. placed: an error with its place in the file, by the article's number."""
    receipts = pipeline.submit(engine.store, raws, engine.store.now())
    engine.nudge([one.id for one in receipts if one.id and one.status in ("accepted", "updated")])
    counts = {"accepted": 0, "updated": 0, "unchanged": 0, "rejected": 0}
    for one in receipts:
        counts[one.status] += 1
    wrong = [placed(one.index, one.error or "") for one in receipts if one.status == "rejected"]
    return Told(name, counts, wrong[:REASONS])


def _raws(sent: Upload, settings: Settings) -> tuple[list[Raw], Sequence[str]]:
    """The articles of a file, told by its name, and how the place of each is put. Raises UnsupportedMedia,
    InvalidInput, TooLarge."""
    name = sent.name.lower()
    if name.endswith(ARCHIVES):
        return _archived(sent.data, settings)
    if name.endswith(LINES):
        single = name.endswith(".json")
        raws: list[Raw] = list(parse(Body(sent.data, not single), settings).items)
        numbers = range(1, len(raws) + 1) if single else _lines(sent.data)
        return raws, [f"{'Article' if single else 'Line'} {number}: " for number in numbers]
    field = next((field for suffix, field in TEXTS.items() if name.endswith(suffix)), None)
    if field is None:
        raise UnsupportedMedia("A file is .csv, .tsv, .jsonl, .json, .warc, .warc.gz, .txt or .html.")
    try:
        return [{"id": sent.name.rpartition(".")[0][:200], field: sent.data.decode("utf-8-sig")}], [""]
    except UnicodeDecodeError as error:
        return [UnreadableFile(f"Not UTF-8 at byte {error.start}.")], [""]


def _lines(data: bytes) -> list[int]:
    """The numbers of the lines that are not empty."""
    return [number for number, line in enumerate(BytesIO(data), 1) if line.strip(WHITESPACE)]


def _archived(data: bytes, settings: Settings) -> tuple[list[Raw], list[str]]:
    """The pages of a web archive, as many as a request may hold."""
    raws: list[Raw] = []
    places: list[str] = []
    for address, found, _ in pages(BytesIO(data), settings.article_bytes, UNPACKED * settings.batch_bytes):
        if len(raws) == settings.batch_articles:
            found = UnreadableFile(f"The rest is left out: a file brings at most {len(raws)} articles.")
        raws.append(found)
        places.append(f"{address}: " if address else "")
        if len(raws) > settings.batch_articles:
            break
    if not raws:
        raws, places = [UnreadableFile("The archive holds no web page.")], [""]
    return raws, places


def _columns(
    request: Request,
    upload_id: str,
    sent: uploads.Upload,
    read: table.Table,
    chosen: Mapping[str, int] | None,
    status: int = 200,
) -> HTMLResponse:
    good = [row for _, row in read.rows if not isinstance(row, SamestoryError)]
    return render(
        request,
        "columns.html",
        status,
        here="/imports",
        upload_id=upload_id,
        name=sent.name,
        headings=read.headings,
        rows=len(read.rows),
        samples=[[cell[:SAMPLE] for cell in row] for row in good[:SAMPLES]],
        fields=FIELDS,
        chosen=table.guess(read.headings) if chosen is None else chosen,
        wrong=chosen is not None,
    )


def _page(request: Request, store: Store, told: Told | None = None, of: int = 0) -> HTMLResponse:
    counts = store.counts()
    waiting = counts.get("received", 0) + counts.get("prepared", 0)
    of = told.waited if told else of
    return render(
        request,
        "imports.html",
        here="/imports",
        told=told,
        of=of,
        done=max(0, of - waiting),  # articles are placed in the order in which they came
        waiting=waiting,
        placed=counts.get("placed", 0),
    )
