"""What does evidence say, in sentences? Every feature that decided, with its value and its weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, expm1

from service.model import Evidence

NEAR = 0.5  # Jaccard from which texts are called nearly the same
CONTAINED = 0.5
MATTERS = 0.3  # contributions to the log-odds under this say nothing to a reader
CLEAR, STRONG = 1.0, 2.0  # contributions from which a feature speaks clearly, and strongly
NAMED = 5
ANCHORS_NAMED = 12

Saying = Callable[[float], str]


def _alike(what: str) -> Saying:
    return lambda value: f"{what} are {value:.0%} alike" if value else f"{what} have nothing in common"


def _part(what: str) -> Saying:
    return lambda value: f"{value:.0%} of {what}" if value else f"nothing of {what}"


# What each value of a feature says. Telling words are rare ones that few similar reports use.
SAYINGS: Mapping[str, Saying] = {
    "contrast": _alike("the telling words of the two reports"),
    "beginning": _alike("the telling words of their beginnings, title and first sentence,"),
    "title_cosine": _alike("their titles"),
    "title_told": _part("one title's telling words stands in the other report"),
    "lead_cover": _part("one opening stands in the other report"),
    "lead_cover_least": _part(
        "one of the two openings stands in the other report, and more of the other one"
    ),
    "lead_told_least": _part(
        "one opening's telling words stands in the other report, and more of the other opening's"
    ),
    "rarest": lambda value: (
        f"their most telling common words are as rare as one report in {exp(value):,.0f}"
        if value
        else "they have no telling word in common"
    ),
    "numbers": lambda value: (
        f"they give the same numbers, which count {value:.0%} of what many rare ones would"
        if value
        else "they have no number in common"
    ),
    "numbers_apart": lambda value: (
        f"one gives numbers that the other does not, whose rarity adds up to {value:.1f}"
        if value
        else "neither gives numbers that the other lacks"
    ),
    "days_apart": lambda value: (
        f"they were published {value:.1f} days apart" if value else "no time is known to lie between them"
    ),
    "untitled": lambda value: "one of them has no title" if value else "both have a title",
    "standing": lambda value: (
        f"the second report is {value:.0%} as near to the first as the nearest one is"
        if value
        else "the second report is not near to the first"
    ),
    "passage": lambda value: (
        f"they share {expm1(value):.0f} words in passages that few others carry"
        if value
        else "they share no passage that few others carry"
    ),
    "copied": _part("one text stands in the other and in few others"),
    "replaced": lambda value: (
        f"one text is the other with another name, word, date or number in {value:.0f} place(s)"
        if value
        else "neither text is the other with another name or number in it"
    ),
}


def for_one_story(evidence: Evidence) -> list[str]:
    """What speaks for one story, the text that they share first."""
    reasons = []
    if evidence.jaccard >= NEAR:
        reasons.append(
            f"Their texts are nearly the same: {evidence.jaccard:.0%} of their word sequences are common."
        )
    contained = max(evidence.containment_a, evidence.containment_b)
    if contained >= CONTAINED and evidence.jaccard < NEAR:
        reasons.append(f"{contained:.0%} of one text stands in the other.")
    if evidence.passages:
        lengths = [length for _, _, length in evidence.passages]
        several = f"{len(lengths)} passages, {sum(lengths)} words together, the longest {max(lengths)} words"
        one = f"a passage of {sum(lengths)} words"
        reasons.append(f"They share {one if len(lengths) == 1 else several}.")
    return reasons + _features(evidence, 1)


def same_in_both(words: Sequence[tuple[str, str]]) -> list[str]:
    """What texts in two languages share, the rarest named."""
    if not words:
        return []
    named = ", ".join(a if a.casefold() == b.casefold() else f"{a} ({b})" for a, b in words[:ANCHORS_NAMED])
    count = "one name, number or word" if len(words) == 1 else f"{len(words)} names, numbers and words"
    return [
        f"Across their languages they share {count}: {named}{' and others' if words[ANCHORS_NAMED:] else ''}."
    ]


def against_one_story(evidence: Evidence, langs: tuple[str, str] | None, *, same_story: bool) -> list[str]:
    """What speaks against one story; empty when nothing does. `langs`: where both are certain and differ."""
    against = []
    if not evidence.linked:
        against.append(
            f"The probability that they tell one story is {evidence.probability:.2f}: too low for a link."
        )
        if not evidence.passages:
            against.append(
                "They share no passage of eight or more words that other articles do not carry too."
            )
    if langs is not None:
        against.append(f"Their languages differ: {langs[0]} and {langs[1]}.")
    if evidence.linked and not same_story:
        against.append("They are linked, but the stories as wholes have too little in common.")
    return against + _features(evidence, -1)


def _features(evidence: Evidence, sign: int) -> list[str]:
    """The features that pull most to this side, strongest first, with what each adds to the log-odds."""
    pulls = {name: value for name, value in evidence.contributions.items() if sign * value >= MATTERS}
    strongest = sorted(pulls, key=lambda name: -sign * pulls[name])[:NAMED]
    return [_sentence(name, evidence.features.get(name, 0.0), pulls[name]) for name in strongest]


def _sentence(name: str, value: float, pull: float) -> str:
    said = SAYINGS[name](value)
    weight = "strongly" if abs(pull) >= STRONG else "clearly" if abs(pull) >= CLEAR else "a little"
    side = "for" if pull > 0 else "against"
    return f"{said[0].upper()}{said[1:]}: speaks {weight} {side} one event ({pull:+.1f})."
