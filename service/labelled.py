"""How are labelled articles read from files? Prepared as the service prepares what it is sent."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from service.incoming import prepare_article
from service.model import WindowArticle
from service.sketch.sketch import Sketcher
from service.stories.examples import LabelledSet
from service.text.intake import read_article


def read_items(
    articles: Path, arrived_at: float, sketcher: Sketcher, most: int | None = None
) -> list[WindowArticle]:
    """Read articles, all or the first so many, as `read_set` does."""
    return [_item(sketcher, raw, arrived_at) for raw in islice(_lines(articles), most)]


def read_set(
    name: str, articles: Path, gold: Path, arrived_at: float, sketcher: Sketcher | None = None
) -> LabelledSet:
    """Read articles and their gold file, whose lines are {"id", "story"} or {"a", "b", "same_event"}.
    Articles are taken to arrive together, at `arrived_at` (Unix seconds), as in an import."""
    items = read_items(articles, arrived_at, sketcher or Sketcher())
    labels = list(_lines(gold))
    pairs = {}
    for label in labels:
        if "same_event" in label:
            pairs[label["a"], label["b"]] = pairs[label["b"], label["a"]] = bool(label["same_event"])
    stories = {label["id"]: label["story"] for label in labels if label.get("story")}
    return LabelledSet(name, items, stories, pairs)


def _item(sketcher: Sketcher, raw: dict[str, Any], arrived_at: float) -> WindowArticle:
    article = read_article({key: value for key, value in raw.items() if value is not None})
    ready = prepare_article(sketcher, article, arrived_at)
    language = ready.lang, ready.lang_certain
    return WindowArticle(
        article.id, 1, article.outlet, *language, ready.published_at, arrived_at, ready.sketch
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        yield from (orjson.loads(line) for line in file if line.strip())
