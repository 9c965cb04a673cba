"""How do articles of the window hang together? What each, on arrival, was found to have in common with those
before it.

Re-clustering sees all pairs anew; placing remembers them, so that a story can be looked at as a whole at any
time without comparing a single pair again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from service.stories.linkage import linked

LEAST = 0.05  # pairs less probable than this are taken for certainly different and not remembered


class Ties:
    """The probabilities of pairs, by slot of the window. Memory: some 500 bytes per article, which has five
    ties on average. What is known of an article that left the window is kept until the next `renumber`."""

    def __init__(self) -> None:
        self._seen: dict[int, dict[int, float]] = {}
        self._originals: dict[int, int] = {}

    def __contains__(self, slot: int) -> bool:
        """Whether an article was asked what it has in common with the others."""
        return slot in self._seen

    def see(self, slot: int, others: Iterable[tuple[int, float]], original: int | None) -> None:
        """Remember what an article says of those before it, so that each pair counts once; `original` is the
        one of them whose copy it is, if any."""
        self._seen[slot] = {other: value for other, value in others if value >= LEAST and other < slot}
        if original is not None:
            self._originals[slot] = original

    def renumber(self, slots: Mapping[int, int]) -> None:
        """Articles lie in new slots, by old ones; what is in none is forgotten."""
        self._seen = {
            slots[slot]: {slots[other]: value for other, value in said.items() if other in slots}
            for slot, said in self._seen.items()
            if slot in slots
        }
        both = ((a, b) for a, b in self._originals.items() if a in slots and b in slots)
        self._originals = {slots[a]: slots[b] for a, b in both}

    def mean(self, slots: Collection[int], others: Collection[int]) -> float:
        """The mean probability over all pairs between two stories, unseen ones counting as 0."""
        total = 0.0
        for these, those in ((slots, set(others)), (others, set(slots))):
            for slot in these:
                total += sum(value for other, value in self._seen.get(slot, {}).items() if other in those)
        return total / (len(slots) * len(others))

    def groups(self, slots: Sequence[int], threshold: float) -> list[list[int]]:
        """The parts of a story that hold together, largest first, of equal ones that with the older article;
        copies stay with their originals."""
        ordered = sorted(slots)
        number = {slot: index for index, slot in enumerate(ordered)}
        originals: list[int] = []
        for index, slot in enumerate(ordered):
            original = number.get(self._originals.get(slot, slot), index)
            originals.append(originals[original] if original < index else index)
        pairs = [
            (number[other], index, probability)
            for slot, index in number.items()
            for other, probability in self._seen.get(slot, {}).items()
            if other in number
        ]
        parts: dict[int, list[int]] = {}
        for slot, part in zip(ordered, linked(originals, pairs, threshold), strict=True):
            parts.setdefault(part, []).append(slot)
        return sorted(parts.values(), key=lambda part: (-len(part), part[0]))
