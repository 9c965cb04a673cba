"""Which feeds are polled? `feeds` lists them; its commands add, remove, poll, import and export."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import safe, say, show_rows, wants_json, writing

if TYPE_CHECKING:
    from service.cli.door import Door

EVERYTHING = 5000
COLUMNS = {
    "id": "id",
    "name": "feed",
    "state": "state",
    "items": "items",
    "polled": "polled",
    "reason": "why",
}
FeedArgument = Annotated[str, typer.Argument(metavar="FEED", help="Id, as `samestory feeds` lists it.")]
FullText = Annotated[bool, typer.Option("--full-text", help="Read its articles from their pages.")]

feeds = typer.Typer(help="Feeds that are polled.", invoke_without_command=True)


@feeds.callback()
def list_(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """List the feeds that are polled; those that fail say why."""
    if context.invoked_subcommand is not None:
        return
    from service.cli.door import open_door

    with open_door(settings_from(data)) as door:
        _show(list(_all(door)), as_json)


@feeds.command()
def add(
    url: Annotated[str, typer.Argument(help="Of a feed, or of a web page that names it.")],
    outlet: Annotated[str, typer.Option(help="Of its articles  [default: the feed's title]")] = "",
    full_text: FullText = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Poll a feed from now on."""
    from service.cli.door import open_door

    asked = {"url": url, "outlet": outlet, "full_text": full_text}
    with open_door(settings_from(data)) as door:
        _show([door.ask("POST", "/v1/feeds", body=asked)], as_json)


@feeds.command()
def remove(feed: FeedArgument, data: Data = None) -> None:
    """Poll a feed no more; its articles stay."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        door.ask("DELETE", f"/v1/feeds/{segment(feed)}")


@feeds.command()
def poll(
    feed: Annotated[str | None, typer.Argument(metavar="[FEED]", help="Id; else all that are due.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Poll a feed now; a dead one lives again. A running server does so by itself, else this command does."""
    from service.cli.door import open_door, segment

    with open_door(settings_from(data)) as door:
        if feed is not None:
            door.ask("POST", f"/v1/feeds/{segment(feed)}/poll")
        if door.engine is not None:
            _poll_here(door.engine)
        _show([one for one in _all(door) if feed in (None, one["id"])], as_json)


def _poll_here(engine: Any) -> None:
    """Poll all that is due, host by host at their pace, and place what came."""
    from service.polling import polling

    engine.claim()
    store = engine.store
    while due := polling.due(store, store.now()):
        for feed_id in due:
            polling.turn(store, engine.settings, feed_id, store.now)
        time.sleep(0.1)
    engine.drain()


@feeds.command("import")
def import_(
    path: Annotated[str, typer.Argument(metavar="FILE", help="OPML.")],
    full_text: FullText = False,
    data: Data = None,
) -> None:
    """Poll the feeds of an OPML file from now on, each once."""
    from service.cli.door import open_door
    from service.errors import UnreadableInput

    try:
        with open(path, "rb") as stream:  # noqa: PTH123 a path as it was typed
            body = stream.read()
    except OSError as error:
        raise UnreadableInput(f"Path: {path}, {error.strerror}.") from None
    with open_door(settings_from(data)) as door:
        told = door.ask("POST", "/v1/opml", body=(body, "text/x-opml"), params={"full_text": full_text})
    for one in told["refused"]:
        say(f"{safe(one['url'])}: {safe(one['reason'])}")
    say(f"{told['added']} feeds added, {told['known']} known, {len(told['refused'])} refused")
    if told["refused"]:
        raise typer.Exit(1)


@feeds.command("export")
def export(
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="File, or - .")] = "-",
    deduped: Annotated[
        bool, typer.Option("--deduped", help="Each feed's deduplicated twin instead; needs a server.")
    ] = False,
    data: Data = None,
) -> None:
    """Write the feeds as OPML, for any reader."""
    from service.cli.door import open_door

    with open_door(settings_from(data)) as door:
        found = door.ask("GET", "/v1/opml", params={"deduped": deduped})
    with writing(output) as stream:
        stream.write(found)


def _all(door: Door) -> Iterator[Any]:
    from service.cli.door import pages

    return pages(door, "/v1/feeds", "feeds", {}, EVERYTHING)


def _show(found: list[Any], as_json: bool) -> None:
    show_rows(COLUMNS, found if wants_json(as_json) else map(_row, found), as_json)


def _row(feed: Mapping[str, Any]) -> dict[str, Any]:
    polled = (feed["polled_at"] or "")[:16].replace("T", " ")
    name = feed["outlet"] or feed["title"] or feed["url"]
    return {**feed, "name": name, "polled": polled, "items": str(feed["items"])}
