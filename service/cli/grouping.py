"""How are files grouped in one go, with nothing kept? `cluster` finds stories, `pairs` near-duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import settings_from
from service.cli.output import progress, say, writing

if TYPE_CHECKING:
    from service.cli.reading import Item

In = Annotated[
    list[str],
    typer.Argument(help="Files or folders (.jsonl, .txt, .html); - is standard input.", metavar="IN..."),
]
Out = Annotated[
    str, typer.Option("--output", "-o", help="File to write; - is standard output.", metavar="OUT")
]


def cluster(
    paths: In,
    output: Out = "-",
    online_only: Annotated[
        bool, typer.Option("--online-only", help="Leave out the closing re-clustering.")
    ] = False,
) -> None:
    """Group articles into stories in one go: lines {"id", "story"}, a summary on standard error."""
    import orjson

    from service.oneshot import cluster as group

    with writing(output) as stream:
        items = read_all(paths)
        with progress() as bar:
            task = bar.add_task("grouping", total=len(items), done=0)
            found = group(
                [item.raw for item in items],
                online_only=online_only,
                settings=settings_from(),
                on_progress=lambda done: bar.update(task, completed=done, done=done),
            )
        stream.writelines(
            orjson.dumps({"id": one.id, "story": one.story}) + b"\n" for one in found if one.story
        )
    rejected = [(item, one.error) for item, one in zip(items, found, strict=True) if one.story is None]
    stories = len({one.story for one in found if one.story})
    say(f"{len(found) - len(rejected):,} articles in {stories:,} stories, {len(rejected):,} rejected")
    close(rejected)


def pairs(
    paths: In,
    output: Out = "-",
    min_jaccard: Annotated[float, typer.Option(min=0.01, max=1.0, help="Report from this Jaccard on.")] = 0.5,
    min_containment: Annotated[
        float,
        typer.Option(min=0.01, max=1.0, help="Or from this share of the smaller text in the larger on."),
    ] = 0.8,
) -> None:
    """Find all near-duplicate pairs, exactly: lines of id, id, Jaccard, containment, separated by tabs."""
    from service.errors import SamestoryError
    from service.stories.near_duplicates import pairs as find
    from service.text.intake import read_article

    texts: list[tuple[str, str]] = []
    rejected: list[tuple[Item, object]] = []
    with writing(output) as stream:
        for item in read_all(paths):
            try:
                article = read_article(readable(item))
                texts.append((article.id, article.text))
            except SamestoryError as error:
                rejected.append((item, error))
        found = find(texts, min_jaccard=min_jaccard, min_containment=min_containment)
        stream.writelines(f"{p.a}\t{p.b}\t{p.jaccard:.9f}\t{p.containment:.9f}\n".encode() for p in found)
    say(f"{len(found):,} pairs among {len(texts):,} articles, {len(rejected):,} rejected")
    close(rejected)


def readable(item: Item) -> Mapping[str, Any]:
    """The item's fields. Raises the error that reading it met."""
    raw = item.raw
    if isinstance(raw, Exception):
        raise raw
    return raw


def read_all(paths: Sequence[str]) -> list[Item]:
    """Every article of the files, in order."""
    from service.cli.reading import read, sources

    limit = settings_from().article_bytes
    return [item for source in sources(paths) for item in read(source, limit)]


def close(rejected: Sequence[tuple[Item, object]]) -> None:
    """Name what was rejected; the exit code says that there was something."""
    for item, error in rejected:
        say(f"{item.place}: {error}")
    if rejected:
        raise typer.Exit(1)
