"""What does each index add? Same-event pairs of the gold labels among the candidates of a full window."""

from __future__ import annotations

from collections import Counter

from service.index.window import TEXTUAL
from service.settings import Settings
from service.stories.examples import LabelledSet
from service.stories.recluster import fill


def ablate(labelled: LabelledSet, settings: Settings) -> None:
    """Print how many true pairs each index finds, and how many only it finds; passages what copies have
    not."""
    items = [item for item in labelled.items if item.sketch.matchable]
    window = fill(items, settings)
    partners = _partners(labelled)
    found: Counter[str] = Counter()
    for item in items:
        wanted = {window.slot(id) for id in partners.get(item.article_id, ()) if id in window}
        if not wanted:
            continue
        candidates = window.candidates(window.slot(item.article_id))
        copies = window._copies.candidates(item.sketch.signature, TEXTUAL + 1).tolist()
        by = {
            "copies": wanted.intersection(copies),
            "passages": wanted.intersection(set(candidates.texts.tolist()) - set(copies)),
            "terms": wanted.intersection(candidates.neighbours.tolist()),
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
