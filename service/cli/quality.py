"""How good are the stories? `evaluate` asks a reader's labels, `train` fits the same-event model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AsJson, Data, settings_from
from service.cli.output import console, json_line, say, show_rows, wants_json, writing

if TYPE_CHECKING:
    from service.stories.examples import Examples
    from service.stories.train import Fit

Gold = Annotated[
    Path, typer.Argument(metavar="GOLD.jsonl", help='A reader\'s labels: lines {"id", "story"}.')
]
Sets = Annotated[
    list[Path], typer.Argument(metavar="ARTICLES GOLD ...", help="Labelled sets, two files each.")
]
Clusters = Annotated[
    Path | None, typer.Option(help="Judge this output of `samestory cluster` instead of the data directory.")
]


def evaluate(gold: Gold, clusters: Clusters = None, data: Data = None, as_json: AsJson = False) -> None:
    """How good are the stories, by a reader's labels? B-cubed and pairwise precision, recall and F1."""
    from service.stories.evaluate import b_cubed, pairwise

    labels = read_labels(gold)
    found = read_labels(clusters) if clusters else stored_stories(data)
    scores = {"b_cubed": b_cubed(labels, found), "pairwise": pairwise(labels, found)}
    missing = sum(article_id not in found for article_id in labels)
    show_scores(scores, len(labels), missing, as_json)


def read_labels(path: Path) -> dict[str, str]:
    """Article id -> label, of lines {"id", "story"}; unlabelled lines left out. Raises UnreadableInput."""
    from service.cli.reading import read, source_of
    from service.errors import UnreadableInput

    labels = {}
    for item in read(source_of(path), limit=1 << 20):
        raw = item.raw
        if isinstance(raw, Exception) or "id" not in raw:
            raise UnreadableInput(f'{item.place} is no object with "id" and "story".')
        if raw.get("story"):
            labels[str(raw["id"])] = str(raw["story"])
    return labels


def stored_stories(data: Path | None) -> dict[str, str]:
    """Article id -> story id, as the data directory has it now."""
    from service import pipeline

    with pipeline.open_store(settings_from(data), create=False) as store:
        return dict(store.stories.assignments())


def show_scores(scores: Mapping[str, Any], labelled: int, missing: int, as_json: bool) -> None:
    """The measures as a table, or as one line of JSON."""
    rows = {name: (score.precision, score.recall, score.f1) for name, score in scores.items()}
    if wants_json(as_json):
        fields = ("precision", "recall", "f1")
        named = {name: dict(zip(fields, row, strict=True)) for name, row in rows.items()}
        json_line({"labelled": labelled, "missing": missing, **named})
        return
    from rich.table import Table

    table = Table("measure", "precision", "recall", "F1", box=None, pad_edge=False)
    for name, row in rows.items():
        table.add_row(name.replace("_", "-"), *(f"{value:.4f}" for value in row))
    console().print(table)
    say(f"{labelled:,} labelled articles, {missing:,} of them not in any story")


def train(
    files: Sets,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the weights go.")] = Path(
        "same_event.json"
    ),
    as_json: AsJson = False,
) -> None:
    """Fit the same-event model to labelled articles, and judge it on stories that it was not fitted to.

    GOLD has lines {"id", "story"}, or {"a", "b", "same_event"} for labelled pairs. Every set weighs the same.
    """
    import orjson

    from service.stories.examples import join
    from service.stories.train import train as fit

    if len(files) % 2:
        raise typer.BadParameter(
            "name a gold file after each file of articles", param_hint="ARTICLES GOLD ..."
        )
    with writing(str(output)) as stream:
        measured = {
            articles.name: measure(articles, gold)
            for articles, gold in zip(files[::2], files[1::2], strict=True)
        }
        together = join(list(measured.values()))
        stream.write(orjson.dumps(fit(together).to_json(), option=orjson.OPT_INDENT_2) + b"\n")
        show_fits(cross_fit(measured), as_json)
    say(f"The weights are in {output}.")


def measure(articles: Path, gold: Path) -> Examples:
    """The labelled pairs of one set, in numbers."""
    from service.labelled import read_set
    from service.stories.examples import examples

    say(f"measuring {articles.name}")
    return examples(read_set(articles.name, articles, gold, time.time()), settings_from())


def cross_fit(measured: Mapping[str, Examples]) -> dict[str, list[Fit]]:
    """How models, each fitted without one fold of the stories, judge that fold of each set."""
    from service.stories.examples import FOLDS, join
    from service.stories.train import judge_fit
    from service.stories.train import train as fit

    together = join(list(measured.values()))
    fits: dict[str, list[Fit]] = {name: [] for name in measured}
    for fold in range(FOLDS):
        model = fit(together.outside(fold))
        for name, part in measured.items():
            unseen = part.where(part.folds[:, 0] == fold)
            if unseen.same.any():
                fits[name].append(judge_fit(model, unseen))
    return fits


def show_fits(fits: Mapping[str, Sequence[Fit]], as_json: bool) -> None:
    """The mean over folds of each measure, set by set."""
    rows = []
    for name, folds in fits.items():
        measures = ("average_precision", "log_loss", "brier")
        means = {measure: round(fmean(getattr(fold, measure) for fold in folds), 4) for measure in measures}
        rows.append({"set": name, "pairs": sum(fold.pairs for fold in folds), **means})
    headings = {
        "set": "set",
        "pairs": "pairs",
        "average_precision": "average precision",
        "log_loss": "log loss",
        "brier": "Brier",
    }
    show_rows(headings, rows, as_json)
