"""How well are reports linked across languages, by weights fitted to other stories?

    python bench/cross_language.py [--data DIR]

Needs a set of the same stories in several languages, and streams of other articles. The weights are fitted
once for each of five folds of stories, to windows that are whole, halved, quartered and thinner, so that many
articles have no counterpart, and to windows with strangers among them.
Each fold's weights group the whole set, and are scored on the pairs that touch the fold. A pair of one
language in one story counts as wrong: no two of the set tell one event, as its labels have it. Printed last:
the weights fitted to all.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from labelled_sets import ARRIVED
from sklearn.linear_model import LogisticRegression

from service.labelled import read_items, read_set
from service.model import WindowArticle
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.stories import cross_language
from service.stories.cross_language import CrossLanguage, Weights, features
from service.stories.place import Owner
from service.stories.recluster import recluster

SETTINGS = Settings(cross_language=True)
FOLDS = 5
# Which part of the articles a window has, whether strangers are among them, and how many such are drawn.
WINDOWS = (
    (1.0, False, 1), (0.5, False, 3), (0.25, False, 5), (0.12, False, 10), (1.0, True, 1), (0.5, True, 2),
)  # fmt: skip
STRANGERS = {"saudinewsnet": 300, "english_fulltext": 200, "reuters21578": 100}
Stories = Mapping[str, str]
Example = tuple[tuple[float, float], str, str, float]  # features, the two stories, size


def strangers(data: Path, sketcher: Sketcher, rng: random.Random) -> list[WindowArticle]:
    """Articles of other times, undated so that they are compared."""
    found: list[WindowArticle] = []
    for name, wanted in STRANGERS.items():
        items = read_items(data / "streams" / f"{name}.jsonl.gz", ARRIVED, sketcher, most=5 * wanted)
        found += (replace(item, published_at=None) for item in rng.sample(items, wanted))
    return found


def examples(
    items: Sequence[WindowArticle], stories: Stories, others: Sequence[WindowArticle], rng: random.Random
) -> list[Example]:
    """What is measured of the pairs in windows of all sizes; each size counts alike."""
    found: list[Example] = []
    for part, mixed, times in WINDOWS:
        drawn: list[Example] = []
        for _ in range(times):
            window = [item for item in items if part == 1.0 or rng.random() < part]
            seen = CrossLanguage(SETTINGS.window_days)
            for slot, item in enumerate((*window, *(others if mixed else ()))):
                seen.add(slot, item)
            for (a, b), measured in seen.measured().items():
                pair = (stories[window[s].article_id] if s < len(window) else f"stranger {s}" for s in (a, b))
                drawn.append((features(*measured), *pair, 1.0))
        found += [(seen, a, b, 1.0 / len(drawn)) for seen, a, b, _ in drawn]
    return found


def fit(drawn: Sequence[Example]) -> Weights:
    """The weights that tell pairs of one story best."""
    same = [a == b for _, a, b, _ in drawn]
    sizes = np.array([weight for *_, weight in drawn])
    model = LogisticRegression(C=10.0)
    model.fit([seen for seen, *_ in drawn], same, sample_weight=sizes * len(drawn) / sizes.sum())
    return Weights(float(model.intercept_[0]), *map(float, model.coef_[0]))


def online(items: Sequence[WindowArticle]) -> Stories:
    """The stories as the articles come."""
    numbers = itertools.count()
    owner = Owner(SETTINGS, new_story_id=lambda: str(next(numbers)))
    owner.place(*items)
    return owner.stories()


def reclustered(items: Sequence[WindowArticle]) -> Stories:
    """The stories seen at once."""
    clusters = recluster(items, None, SETTINGS)
    return {id: str(number) for number, cluster in enumerate(clusters) for id in cluster.article_ids}


class Counts:
    """Pairs by their languages: put together, rightly, and of one story."""

    def __init__(self) -> None:
        self.together: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.wanted: Counter[str] = Counter()

    def add(self, items: Sequence[WindowArticle], gold: Stories, said: Stories, touched: set[str]) -> None:
        """Count the pairs that touch some stories; one that touches them with one side only counts half."""
        groups: dict[str, list[WindowArticle]] = defaultdict(list)
        wanted: dict[str, list[WindowArticle]] = defaultdict(list)
        for item in items:
            groups[said.get(item.article_id, item.article_id)].append(item)
            wanted[gold[item.article_id]].append(item)
        for members in groups.values():
            for a, b in itertools.combinations(members, 2):
                one, other = gold[a.article_id], gold[b.article_id]
                share = ((one in touched) + (other in touched)) / 2
                for name in (languages(a, b), "all"):
                    self.together[name] += share  # type: ignore[assignment]
                    self.right[name] += share if one == other else 0.0  # type: ignore[assignment]
        for story in touched:
            for a, b in itertools.combinations(wanted[story], 2):
                self.wanted.update((languages(a, b), "all"))

    def rows(self) -> list[str]:
        """A line for each pair of languages, and one for all."""
        names = sorted((self.together | self.wanted).keys() - {"all"})
        return [self._row(name) for name in (*names, "all")]

    def _row(self, name: str) -> str:
        together, right, wanted = self.together[name], self.right[name], self.wanted[name]
        precision = f"{right / together:9.3f}" if together else "        -"
        recall = f"{right / wanted:6.3f}" if wanted else "     -"
        return f"{name:7} {precision} {recall} {together:9.0f} {wanted:9.0f}"


def languages(a: WindowArticle, b: WindowArticle) -> str:
    """A pair's languages."""
    return "-".join(sorted((a.lang, b.lang)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    folder = data / "crosslingual"
    sketcher = Sketcher(SETTINGS.sketch_parameters())
    labelled = read_set(
        "ntrex", folder / "ntrex_dev.jsonl", folder / "ntrex_dev.gold.jsonl", ARRIVED, sketcher
    )
    rng = random.Random(1)
    shuffled = rng.sample(labelled.items, len(labelled.items))
    names = rng.sample(sorted(set(labelled.stories.values())), len(set(labelled.stories.values())))
    least, cross_language.LEAST = cross_language.LEAST, 0.0  # also what the shipped weights call impossible
    drawn = examples(labelled.items, labelled.stories, strangers(data, sketcher, rng), rng)
    cross_language.LEAST = least
    ways: Mapping[str, tuple[Callable[[Sequence[WindowArticle]], Stories], Sequence[WindowArticle]]] = {
        "re-clustered": (reclustered, labelled.items),
        "online, in the file's order": (online, labelled.items),
        "online, shuffled": (online, shuffled),
    }
    for way, (group, items) in ways.items():
        counts = Counts()
        for fold in range(FOLDS):
            touched = set(names[fold::FOLDS])
            cross_language.WEIGHTS = fit([e for e in drawn if not touched & {e[1], e[2]}])
            counts.add(items, labelled.stories, group(items), touched)
        print(f"\n{way}\n        precision recall  together of stories", *counts.rows(), sep="\n", flush=True)
    found = fit(drawn)
    print("\nfitted to all:", found._make(round(value, 2) for value in found))


if __name__ == "__main__":
    main()
