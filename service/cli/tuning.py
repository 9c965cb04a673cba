"""What would each threshold do to a user's own labelled articles? `tune` shows it, and stores the choice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import AsJson, settings_from
from service.cli.output import say, show_rows, writing

if TYPE_CHECKING:
    from service.stories.same_event import SameEventModel
    from service.tuning import Tried

THRESHOLDS = [step / 100 for step in range(10, 95, 5)]
COLUMNS = {"threshold": "threshold"} | {
    f"{way}_{measure}": f"{shown} {name}"
    for way, shown in (("online", "online"), ("reclustered", "re-clustered"))
    for measure, name in (("precision", "P"), ("recall", "R"), ("f1", "F1"))
}


def tune(
    articles: Annotated[Path, typer.Argument(metavar="ARTICLES", help="Articles, as `import` takes them.")],
    gold: Annotated[
        Path,
        typer.Argument(metavar="GOLD", help='Lines {"id", "story"}, or {"a", "b", "same_event"} for pairs.'),
    ],
    choose: Annotated[
        float | None, typer.Option(help="Store this threshold in the file of --output.", min=0.01, max=0.99)
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the weights go.")] = Path(
        "same_event.json"
    ),
    as_json: AsJson = False,
) -> None:
    """Show how good stories of labelled articles are with each threshold; store the one that you choose.

    A pair of articles is in one story, or not: precision, recall and F1 say how often as labelled. A lower
    threshold joins more. The choice is stored for windows like this one: of few articles, or of many.
    """
    from service.labelled import read_set
    from service.tuning import tune as tried
    from service.weights import model_of

    settings = settings_from()
    model, labelled = model_of(settings), read_set(articles.name, articles, gold, time.time())
    number = sum(item.sketch.matchable for item in labelled.items)
    if not labelled.pairs and not labelled.stories:
        raise typer.BadParameter("has no label of an article or a pair", param_hint="GOLD")
    if choose is not None:
        _store(model, choose, number, output)
        return
    show_rows(COLUMNS, [_row(one) for one in tried(labelled, model, settings, THRESHOLDS)], as_json)
    now = f"{model.join_from(number):.2f} online and {model.merge_from(number):.2f} re-clustering"
    say(f"A window of these {number:,} articles asks for {now}. `--choose THRESHOLD` stores another one.")


def _row(tried: Tried) -> dict[str, float]:
    row = {"threshold": tried.threshold}
    for way, quality in (("online", tried.online), ("reclustered", tried.reclustered)):
        row |= {f"{way}_{name}": round(value, 4) for name, value in quality._asdict().items()}
    return row


def _store(model: SameEventModel, threshold: float, articles: int, output: Path) -> None:
    import orjson

    from service.tuning import chosen

    with writing(str(output)) as stream:
        made = chosen(model, threshold, articles).to_json()
        stream.write(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")
    say(f"The weights are in {output}; they are used where SAMESTORY_WEIGHTS names the file.")
