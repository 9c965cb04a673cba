"""How good are the stories, on every labelled set, by a model that was trained on other stories?

    python bench/quality.py --cross-fit [--data DIR] [--sets allsides,ecb,arabic] [--without-leave-out]

Runs the pipeline's own owner and re-clustering with the shipped thresholds. `fold`: the model was trained on
all sets without the stories scored; `left out`: without the whole set. Intervals are 95 % bootstraps over
stories or pairs. The control deals the same texts out to the articles at random, so that dates and outlets
alone must do.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from service.index.window import TEXTUAL
from service.labelled import read_set
from service.model import Float64, WindowArticle
from service.settings import Settings
from service.stories.evaluate import b_cubed_each
from service.stories.examples import FOLDS, Examples, LabelledSet, examples, join
from service.stories.place import Owner
from service.stories.recluster import fill, recluster
from service.stories.same_event import SameEventModel
from service.stories.train import train

SETTINGS = Settings()
ARRIVED = 1_700_000_000.0  # later than every article of the sets; only its being later matters
SAMPLES = 1000
LARGE = 60
Predict = Callable[[Sequence[WindowArticle], SameEventModel], Mapping[str, str]]


@dataclass(frozen=True)
class Measured:
    """A labelled set with what the model learns from it."""

    labelled: LabelledSet
    examples: Examples


def main() -> None:
    options = _options()
    print("reading and measuring the labelled sets ...", flush=True)
    sets = {name: Measured(s, examples(s, SETTINGS)) for name, s in _read(options.data).items()}
    wanted = options.sets.split(",")
    models = [_train(sets, fold=fold) for fold in range(FOLDS)]
    print(f"\nJOIN {models[0].join}  MERGE {models[0].merge}  CAUTIOUS {models[0].cautious}\n")
    headings = f"{'set':<10} {'trained':<9} {'way':<11} {'P':>6} {'R':>6} {'F1':>6}  {'95 %':<15}"
    print(f"{headings} {'largest':>7}  control")
    for name in wanted:
        measured = sets[name]
        _score(measured.labelled, "fold", models)
        if not options.without_leave_out:
            left_out = _train({other: s for other, s in sets.items() if other != name})
            _score(measured.labelled, "left out", [left_out] * FOLDS)
    if "arabic" in wanted:
        _alone(sets["arabic"].labelled, models)
    print("\nWhat each index adds: same-event pairs of the gold labels among the candidates of a full window")
    for name in wanted:
        _ablate(sets[name].labelled)


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
    return parser.parse_args()


def _read(data: Path) -> dict[str, LabelledSet]:
    if not data.is_dir():
        raise SystemExit(f"There is no evaluation data at {data}; name its directory with --data.")
    events = data / "same_event"
    ecb = [_read_named(events, f"ecbplus_{part}") for part in ("train", "dev")]
    stories = {id: f"{part.name} {story}" for part in ecb for id, story in part.stories.items()}
    stream = data / "streams" / "saudinewsnet.jsonl.gz"
    return {
        "allsides": replace(_read_named(events, "allsides_dev"), name="allsides"),
        "ecb": LabelledSet("ecb", [item for part in ecb for item in part.items], stories),
        "arabic": read_set("arabic", stream, events / "arabic_pairs_dev.jsonl", ARRIVED),
    }


def _read_named(folder: Path, name: str) -> LabelledSet:
    return read_set(name, folder / f"{name}.jsonl", folder / f"{name}.gold.jsonl", ARRIVED)


def _train(sets: Mapping[str, Measured], fold: int | None = None) -> SameEventModel:
    together = join([measured.examples for measured in sets.values()])
    return train(together if fold is None else together.outside(fold))


def _online(items: Sequence[WindowArticle], model: SameEventModel) -> dict[str, str]:
    numbers = itertools.count()
    owner = Owner(SETTINGS, model, new_story_id=lambda: str(next(numbers)))
    placed = {item.article_id: owner.place(item).story_id for item in items}
    return placed | owner.stories()


def _reclustered(items: Sequence[WindowArticle], model: SameEventModel) -> dict[str, str]:
    clusters = recluster(items, model, SETTINGS)
    return {id: str(number) for number, cluster in enumerate(clusters) for id in cluster.article_ids}


def _score(labelled: LabelledSet, trained: str, models: Sequence[SameEventModel]) -> None:
    for way, predict in (("online", _online), ("reclustered", _reclustered)):
        rows, largest = _rows(labelled, models, predict)
        precision, recall, f1 = _summary(labelled, rows)
        low, high = _interval(labelled, rows)
        blind = _summary(labelled, _rows(_dealt(labelled), models[:1] * FOLDS, predict)[0])[2]
        print(
            f"{labelled.name:<10} {trained:<9} {way:<11} {precision:6.3f} {recall:6.3f} {f1:6.3f}  "
            f"[{low:.3f}, {high:.3f}]  {largest:>7}  {blind:.3f}",
            flush=True,
        )


def _rows(
    labelled: LabelledSet, models: Sequence[SameEventModel], predict: Predict
) -> tuple[dict[str, Float64], int]:
    """What is resampled, and the largest story. Per gold story: its articles' summed precision, recall and
    number; per labelled pair: true positives, reported, true."""
    rows: dict[str, Float64] = {}
    largest = 0
    predictions: dict[int, Mapping[str, str]] = {}
    for fold, model in enumerate(models):
        if id(model) not in predictions:
            predictions[id(model)] = predict(labelled.items, model)
        predicted = predictions[id(model)]
        largest = max(largest, *Counter(predicted.values()).values())
        rows |= (
            _pair_rows(labelled, predicted, fold)
            if labelled.pairs
            else _story_rows(labelled, predicted, fold)
        )
    return rows, largest


def _story_rows(labelled: LabelledSet, predicted: Mapping[str, str], fold: int) -> dict[str, Float64]:
    rows: dict[str, Float64] = {}
    for article_id, (precision, recall) in b_cubed_each(labelled.stories, predicted).items():
        if labelled.fold(article_id) == fold:
            story = labelled.stories[article_id]
            rows[story] = rows.get(story, np.zeros(3)) + np.array([precision, recall, 1.0])
    return rows


def _pair_rows(labelled: LabelledSet, predicted: Mapping[str, str], fold: int) -> dict[str, Float64]:
    rows = {}
    for (a, b), same in labelled.pairs.items():
        if a < b and labelled.fold(a) == fold:
            together = predicted[a] == predicted[b]
            rows[f"{a} {b}"] = np.array([same and together, together, same], np.float64)
    return rows


def _summary(labelled: LabelledSet, rows: Mapping[str, Float64]) -> tuple[float, float, float]:
    return _figures(bool(labelled.pairs), np.array(list(rows.values())).sum(axis=0))


def _figures(pairs: bool, total: Float64) -> tuple[float, float, float]:
    if pairs:
        precision, recall = total[0] / max(1.0, total[1]), total[0] / max(1.0, total[2])
    else:
        precision, recall = total[0] / total[2], total[1] / total[2]
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _interval(labelled: LabelledSet, rows: Mapping[str, Float64]) -> tuple[float, float]:
    """95 % of F1 over bootstrap samples of stories (or pairs)."""
    table = np.array(list(rows.values()))
    draws = np.random.default_rng(1).integers(0, len(table), (SAMPLES, len(table)))
    scores = [_figures(bool(labelled.pairs), table[draw].sum(axis=0))[2] for draw in draws]
    return float(np.quantile(scores, 0.025)), float(np.quantile(scores, 0.975))


def _dealt(labelled: LabelledSet) -> LabelledSet:
    """The control: every article keeps its date, outlet and label, and gets the text of another."""
    sketches = [item.sketch for item in labelled.items]
    random.Random(1).shuffle(sketches)
    items = [replace(item, sketch=sketch) for item, sketch in zip(labelled.items, sketches, strict=True)]
    return replace(labelled, items=items)


def _alone(labelled: LabelledSet, models: Sequence[SameEventModel]) -> None:
    """Each labelled pair in a store of its own."""
    items = {item.article_id: item for item in labelled.items}
    total = np.zeros(3)
    for (a, b), same in labelled.pairs.items():
        if a < b:
            predicted = _online([items[a], items[b]], models[labelled.fold(a)])
            together = predicted[a] == predicted[b]
            total += np.array([same and together, together, same], np.float64)
    precision, recall, f1 = _figures(True, total)
    print(f"{'arabic':<10} {'fold':<9} {'pair alone':<11} {precision:6.3f} {recall:6.3f} {f1:6.3f}")


def _ablate(labelled: LabelledSet) -> None:
    """How many true pairs each index finds, and how many only it finds; passages what copies have not."""
    items = [item for item in labelled.items if item.sketch.matchable]
    window = fill(items, SETTINGS)
    partners = _partners(labelled)
    found: Counter[str] = Counter()
    for item in items:
        wanted = {window.slot(id) for id in partners.get(item.article_id, ()) if id in window}
        if not wanted:
            continue
        candidates = window.candidates(item, window.look(item))
        copies = window._copies.candidates(item.sketch.signature, TEXTUAL + 1).tolist()
        by = {
            "copies": wanted.intersection(copies),
            "passages": wanted.intersection(candidates.texts - set(copies)),
            "terms": wanted.intersection(candidates.neighbours.slots.tolist()),
        }
        found["pairs"] += len(wanted)
        found["any"] += len(set().union(*by.values()))
        for name, slots in by.items():
            others = set().union(*(by[other] for other in by if other != name))
            found[name] += len(slots)
            found[f"only {name}"] += len(slots - others)
    total = max(1, found["pairs"])
    shares = "  ".join(
        f"{name} {found[name] / total:.3f} (only it {found[f'only {name}'] / total:.3f})"
        for name in ("copies", "passages", "terms")
    )
    print(f"{labelled.name:<10} {shares}  all three {found['any'] / total:.3f}")


def _partners(labelled: LabelledSet) -> dict[str, set[str]]:
    partners: dict[str, set[str]] = {}
    for (a, b), same in labelled.pairs.items():
        if same:
            partners.setdefault(a, set()).add(b)
    groups: dict[str, set[str]] = {}
    for article_id, story in labelled.stories.items():
        groups.setdefault(story, set()).add(article_id)
    for article_id, story in labelled.stories.items():
        partners[article_id] = groups[story] - {article_id}
    return partners


if __name__ == "__main__":
    main()
