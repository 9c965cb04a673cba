"""How good are the stories, on every labelled set, by a model that was trained on other stories?

    python bench/quality.py --cross-fit [--data DIR] [--sets allsides,ecb,arabic] [--without-leave-out]
        [--without-rivals] [--report FILE]

Runs the pipeline's own owner and re-clustering with the shipped thresholds. `fold`: the model was trained on
all sets without the stories scored; `left out`: without the whole set. Intervals are 95 % bootstraps over
stories or pairs. The control deals the same texts out to the articles at random, so that dates and outlets
alone must do. The rivals of `rivals.py` are tuned on the other folds of the same set and compared on the
same draws. Sentence embeddings need `pip install -e '.[bench]'`; a CPU build of torch is enough.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ablation import ablate
from labelled_sets import read_sets, read_texts
from mistakes import document, mistakes, page
from rivals import RIVALS, Corpus, cross_fit
from scoring import Rows, difference, figures, interval, rows_of, summary

from service.model import WindowArticle
from service.settings import Settings
from service.stories.examples import FOLDS, Examples, LabelledSet, examples, join
from service.stories.place import Owner
from service.stories.recluster import recluster
from service.stories.same_event import SameEventModel
from service.stories.train import train

SETTINGS = Settings()
Predict = Callable[[Sequence[WindowArticle], SameEventModel], Mapping[str, str]]
Texts = Callable[[], Mapping[str, tuple[str, str]]]


@dataclass(frozen=True)
class Measured:
    """A labelled set with what the model learns from it."""

    labelled: LabelledSet
    examples: Examples


class Grouped(NamedTuple):
    """How one way of ours grouped a set: what is resampled, and the grouping of each fold."""

    rows: Rows
    predictions: Sequence[Mapping[str, str]]


def main() -> None:
    options = _options()
    print("reading and measuring the labelled sets ...", flush=True)
    sets = {name: Measured(s, examples(s, SETTINGS)) for name, s in read_sets(options.data).items()}
    wanted = options.sets.split(",")
    models = [_train(sets, fold=fold) for fold in range(FOLDS)]
    print(f"\nJOIN {models[0].join}  MERGE {models[0].merge}  CAUTIOUS {models[0].cautious}\n")
    headings = f"{'set':<10} {'trained':<9} {'way':<16} {'P':>6} {'R':>6} {'F1':>6}  {'95 %':<15}"
    print(f"{headings} {'largest':>7}  control, or parameter by fold")
    pages = []
    for name in wanted:
        labelled, texts = sets[name].labelled, partial(read_texts, options.data, name)
        ours = _score(labelled, "fold", models)
        if not options.without_leave_out:
            left_out = _train({other: s for other, s in sets.items() if other != name})
            _score(labelled, "left out", [left_out] * FOLDS)
        if name == "arabic":
            _pairs_alone(labelled, models)
        _compare(labelled, ours, {} if options.without_rivals else _score_rivals(labelled, texts))
        if options.report:
            pages.append(_page(sets[name], ours["reclustered"].predictions, models, texts()))
            options.report.write_text(document(pages), "utf-8")
    print("\nWhat each index adds: same-event pairs of the gold labels among the candidates of a full window")
    for name in wanted:
        ablate(sets[name].labelled, SETTINGS)


def _options() -> argparse.Namespace:
    shared = Path(os.environ.get("SAMESTORY_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--cross-fit", action="store_true", required=True, help="the only way these sets are scored"
    )
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument("--sets", default="allsides,ecb,arabic")
    parser.add_argument("--without-leave-out", action="store_true", help="score by fold only")
    parser.add_argument("--without-rivals", action="store_true", help="score our own ways only")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the worst mistakes there (HTML)")
    return parser.parse_args()


def _page(
    measured: Measured,
    predictions: Sequence[Mapping[str, str]],
    models: Sequence[SameEventModel],
    texts: Mapping[str, tuple[str, str]],
) -> str:
    """The worst mistakes of a set. Where there is no title, the first words stand for it."""
    labelled = measured.labelled
    found = mistakes(labelled, predictions, models, measured.examples, SETTINGS)
    return page(labelled, found, lambda id: texts[id][0] or texts[id][1][:100])


def _train(sets: Mapping[str, Measured], fold: int | None = None) -> SameEventModel:
    together = join([measured.examples for measured in sets.values()])
    return train(together if fold is None else together.outside(fold))


def _online(items: Sequence[WindowArticle], model: SameEventModel) -> dict[str, str]:
    numbers = itertools.count()
    owner = Owner(SETTINGS, model, new_story_id=lambda: str(next(numbers)))
    placed = {placement.article_id: placement.story_id for placement in owner.place(*items)}
    return placed | owner.stories()


def _reclustered(items: Sequence[WindowArticle], model: SameEventModel) -> dict[str, str]:
    clusters = recluster(items, model, SETTINGS)
    return {id: str(number) for number, cluster in enumerate(clusters) for id in cluster.article_ids}


def _score(labelled: LabelledSet, trained: str, models: Sequence[SameEventModel]) -> dict[str, Grouped]:
    """Print our rows, and return how each way grouped."""
    ways = {}
    for way, predict in (("online", _online), ("reclustered", _reclustered)):
        predictions = _predictions(labelled, models, predict)
        rows = _scored(labelled, predictions)
        dealt = _dealt(labelled)
        blind = summary(dealt, _scored(dealt, _predictions(dealt, [models[0]] * FOLDS, predict)))[2]
        largest = max(max(Counter(predicted.values()).values()) for predicted in predictions)
        _print(labelled, trained, way, rows, largest, f"{blind:.3f}")
        ways[way] = Grouped(rows, predictions)
    return ways


def _score_rivals(labelled: LabelledSet, texts: Texts) -> dict[str, Rows]:
    """Print and return the rows of each rival that can run here."""
    corpus, scored = Corpus(labelled.items, texts), {}
    for rival in RIVALS:
        unfit = rival.unfit(corpus)
        if unfit:
            print(f"{labelled.name:<10} {'fold':<9} {rival.name:<16} {unfit}", flush=True)
            continue
        fitted = cross_fit(labelled, rival.group(corpus))
        chosen = " ".join(f"{value:g}" for value in fitted.chosen)
        _print(labelled, "fold", rival.name, fitted.rows, fitted.largest, f"chose {chosen}")
        scored[rival.name] = fitted.rows
    return scored


def _compare(labelled: LabelledSet, ours: Mapping[str, Grouped], rivals: Mapping[str, Rows]) -> None:
    """Print whether we are above each rival, and re-clustered stories above those that grew."""
    for way, grouped in ours.items():
        for name, rows in rivals.items():
            print(f"  {way + ' - ' + name:<30} {difference(labelled, grouped.rows, rows)}")
    online, reclustered = ours["online"].rows, ours["reclustered"].rows
    print(f"  {'reclustered - online':<30} {difference(labelled, reclustered, online)}", flush=True)


def _predictions(
    labelled: LabelledSet, models: Sequence[SameEventModel], predict: Predict
) -> list[Mapping[str, str]]:
    """The grouping of each fold, by the model of that fold; no model is asked twice."""
    known: dict[int, Mapping[str, str]] = {}
    for model in models:
        if id(model) not in known:
            known[id(model)] = predict(labelled.items, model)
    return [known[id(model)] for model in models]


def _scored(labelled: LabelledSet, predictions: Sequence[Mapping[str, str]]) -> Rows:
    rows: Rows = {}
    for fold, predicted in enumerate(predictions):
        rows |= rows_of(labelled, predicted, fold)
    return rows


def _print(labelled: LabelledSet, trained: str, way: str, rows: Rows, largest: int, more: str) -> None:
    precision, recall, f1 = summary(labelled, rows)
    low, high = interval(labelled, rows)
    print(
        f"{labelled.name:<10} {trained:<9} {way:<16} {precision:6.3f} {recall:6.3f} {f1:6.3f}  "
        f"[{low:.3f}, {high:.3f}]  {largest:>7}  {more}",
        flush=True,
    )


def _dealt(labelled: LabelledSet) -> LabelledSet:
    """The control: every article keeps its date, outlet and label, and gets the text of another."""
    sketches = [item.sketch for item in labelled.items]
    random.Random(1).shuffle(sketches)
    items = [replace(item, sketch=sketch) for item, sketch in zip(labelled.items, sketches, strict=True)]
    return replace(labelled, items=items)


def _pairs_alone(labelled: LabelledSet, models: Sequence[SameEventModel]) -> None:
    """Each labelled pair in a store of its own."""
    items = {item.article_id: item for item in labelled.items}
    total = np.zeros(3)
    for (a, b), same in labelled.pairs.items():
        if a < b:
            predicted = _online([items[a], items[b]], models[labelled.fold(a)])
            together = predicted[a] == predicted[b]
            total += np.array([same and together, together, same], np.float64)
    precision, recall, f1 = figures(labelled, total)
    print(f"{'arabic':<10} {'fold':<9} {'pair alone':<16} {precision:6.3f} {recall:6.3f} {f1:6.3f}")


if __name__ == "__main__":
    main()
