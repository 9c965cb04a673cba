"""Is one text the other with something else in its place? Twins tell two events in one set of words: another
person, town, date or number stands wherever the first one stood, and nothing else differs.

Editors of a copy add, leave out and move words; a text in which words were only replaced, by words that the
other text has nowhere, tells of somebody or something else.
"""

from __future__ import annotations

import numpy as np

from service.index.rarity import IMAGINED
from service.index.sketches import BODY, TITLE, array_of, flags_of
from service.index.terms import ARTICLES
from service.index.vocabulary import VocabularyArrays, users_of
from service.index.window import WindowArrays
from service.model import Float64, Int32, UInt8, UInt32
from service.sketch.jit import inner, kernel
from service.sketch.kernels import FLAG_CAPITAL, FLAG_DIGIT

# Twins share most of their words. Of two less alike a reader cannot say what stands in whose place.
ALIKE = 0.3

LONGEST = 6  # words that stand in the place of others, at most; a group of letters counts as a word
UNEQUAL = 3  # and so many more or fewer than these
BEGINNING = 64  # words of a body among which what decides is named
MOST = 32  # places in which twins differ, at most

CAPITALS = 25  # of so many words at least one has a capital, in a script that has them

# A word that a larger part of the window uses says neither who nor where: an outlet prints "today" where
# another one prints "yesterday".
COMMON = 1 / 12

# A report that is a member's twin speaks against the story as loud as so many reports may speak for it.
AGAINST = 3.0

# A title, a body and the flags of both.
Text = tuple[UInt32, UInt32, UInt8]

# Columns of a place: whether it is in the body, where it begins in either text, and its words there.
BODY_OF, A, A_WORDS, B, B_WORDS = range(5)


@inner
def places_apart(slot: int, other: int, window: WindowArrays) -> int:
    """Return in how many places two texts differ, where they are twins; else 0.

    They are where titles and bodies are equal but for places that hold other words, in the body and in the
    title or the beginning. What is replaced are numbers, or words that the other text has nowhere and few
    articles use. It is one thing in all places, or two numbers, or two words of which the title has one (one
    name, inflected); and it is replaced in more than one place, or begins with a capital, where the script
    has capitals.
    """
    rows = window[3]
    a = array_of(slot, TITLE, rows), array_of(slot, BODY, rows), flags_of(slot, rows)
    b = array_of(other, TITLE, rows), array_of(other, BODY, rows), flags_of(other, rows)
    places = np.empty((MOST, 5), np.int32)
    in_title = _differ(a, b, 0, 0, places)
    count = _differ(a, b, 1, in_title, places) if in_title >= 0 else 0
    if count <= in_title:  # nothing in the body, or texts that differ elsewhere too
        return 0
    common = COMMON * (window[0][6][ARTICLES] + IMAGINED)
    for k in range(count):
        if not _says_another(a, b, places[k], common, window[0][5]):
            return 0
    numbers, names = _numbers_and_names(a, b, places[:count])
    anchors = _anchors(a, b, places[:count])
    early = in_title > 0 or places[in_title, A] < BEGINNING
    certain = in_title > 0 or anchors < count or numbers + names > 0 or not _has_capitals(a)
    one = anchors == 1 or (anchors == 2 and (numbers == count or _are_alike(places[:count], in_title)))
    return count if early and certain and one else 0


@inner
def _are_alike(places: Int32, in_title: int) -> bool:
    """Tell whether places in the title and in the body hold as many words each: a name in two cases."""
    for place in places:
        for column in (A_WORDS, B_WORDS):
            if place[column] != places[0, column]:
                return False
    return in_title > 0


@inner
def _part(text: Text, body: int) -> tuple[UInt32, UInt8]:
    """The words of a title or of a body, and their flags."""
    title, words, flags = text
    return (words, flags[len(title) :]) if body else (title, flags[: len(title)])


@inner
def _differ(a: Text, b: Text, body: int, count: int, places: Int32) -> int:
    """Write the places in which two titles or bodies differ behind the `count` known ones; returns how many
    are known then, -1 where they differ otherwise or in too many."""
    words, others = _part(a, body)[0], _part(b, body)[0]
    i = j = 0
    while i < len(words) or j < len(others):
        if i < len(words) and j < len(others) and words[i] == others[j]:
            i += 1
            j += 1
            continue
        left, right = _gap(words, others, i, j)
        if left == 0 or count == MOST:
            return -1
        places[count, BODY_OF], places[count, A], places[count, B] = body, i, j
        places[count, A_WORDS], places[count, B_WORDS] = left, right
        count += 1
        i += left
        j += right
    return count


@inner
def _gap(words: UInt32, others: UInt32, i: int, j: int) -> tuple[int, int]:
    """Return how many words of either text stand in each other's place from i and j on: the fewest after
    which two equal words follow or both texts end; 0 where they are too many."""
    for total in range(2, 2 * LONGEST + 1):
        for left in range(max(1, total - LONGEST), min(LONGEST, total - 1) + 1):
            right = total - left
            if abs(left - right) > UNEQUAL or i + left > len(words) or j + right > len(others):
                continue
            if _resume(words, others, i + left, j + right):
                return left, right
    return 0, 0


@inner
def _resume(words: UInt32, others: UInt32, i: int, j: int) -> bool:
    """Tell whether two texts go on alike: two equal words, or what is left of both."""
    left, right = len(words) - i, len(others) - j
    if left < 2 or right < 2:
        return left == right and (left == 0 or words[i] == others[j])
    return bool(words[i] == others[j] and words[i + 1] == others[j + 1])


@inner
def _says_another(a: Text, b: Text, place: Int32, common: float, vocabulary: VocabularyArrays) -> bool:
    """Tell whether the words in a place say two different things. Words that moved say the same."""
    mine, theirs = _old(a, place), _new(b, place)
    my_flags = _part(a, place[BODY_OF])[1][place[A] : place[A] + place[A_WORDS]]
    their_flags = _part(b, place[BODY_OF])[1][place[B] : place[B] + place[B_WORDS]]
    for k in range(len(mine)):
        moved = not (len(mine) == len(theirs) and mine[k] == theirs[k])
        if moved and not my_flags[k] & FLAG_DIGIT and _has(theirs, mine[k]):
            return False
    told = _tells(mine, theirs, my_flags, b, common, vocabulary)
    return told and _tells(theirs, mine, their_flags, a, common, vocabulary)


@inner
def _tells(
    words: UInt32, place: UInt32, flags: UInt8, other: Text, common: float, vocabulary: VocabularyArrays
) -> bool:
    """Tell whether one of the words is a number that the other text does not have in this place, or a rare
    word that it has nowhere."""
    for k in range(len(words)):
        if flags[k] & FLAG_DIGIT and not _has(place, words[k]):
            return True
        elsewhere = _has(other[0], words[k]) or _has(other[1], words[k])
        if not elsewhere and users_of(words[k], vocabulary) < common:
            return True
    return False


@inner
def _has(words: UInt32, wanted: int) -> bool:
    for word in words:  # noqa: SIM110 -- kernels have no generators
        if word == wanted:
            return True
    return False


@inner
def _anchors(a: Text, b: Text, places: Int32) -> int:
    """Return how many different things are replaced: a surname and the full name are one."""
    anchor = np.arange(len(places))
    for k in range(len(places)):
        for h in range(k):
            if anchor[h] != anchor[k] and _same_anchor(a, b, places[h], places[k]):
                anchor[anchor == anchor[k]] = anchor[h]
    return len(np.unique(anchor))


@inner
def _same_anchor(a: Text, b: Text, one: Int32, other: Int32) -> bool:
    """Tell whether in both places one word of a, among others, makes place for one of b."""
    return _meet(_old(a, one), _old(a, other)) and _meet(_new(b, one), _new(b, other))


@inner
def _old(a: Text, place: Int32) -> UInt32:
    """The words that a has in a place."""
    return _part(a, place[BODY_OF])[0][place[A] : place[A] + place[A_WORDS]]


@inner
def _new(b: Text, place: Int32) -> UInt32:
    """The words that b has there."""
    return _part(b, place[BODY_OF])[0][place[B] : place[B] + place[B_WORDS]]


@inner
def _meet(words: UInt32, others: UInt32) -> bool:
    for word in words:  # noqa: SIM110 -- kernels have no generators
        if _has(others, word):
            return True
    return False


@inner
def _numbers_and_names(a: Text, b: Text, places: Int32) -> tuple[int, int]:
    """Return in how many places a number makes place for another, and a word with a capital for another."""
    numbers = names = 0
    for place in places:
        mine, theirs = _part(a, place[BODY_OF])[1], _part(b, place[BODY_OF])[1]
        here = there = 0
        for k in range(place[A_WORDS]):
            here |= mine[place[A] + k]
        for k in range(place[B_WORDS]):
            there |= theirs[place[B] + k]
        numbers += (here & there & FLAG_DIGIT) != 0
        names += (here & there & FLAG_CAPITAL) != 0
    return numbers, names


@inner
def _has_capitals(text: Text) -> bool:
    """Tell whether a text is written with capitals: not only in an acronym that it quotes."""
    return bool(((text[2] & FLAG_CAPITAL) != 0).sum() * CAPITALS >= len(text[2]))


@kernel
def votes_of(probabilities: Float64, places: Float64) -> Float64:
    """Return what each pair has to say on whether its articles belong in one story: its probability, or
    minus AGAINST where it is a pair of twins, float64 (n,)."""
    votes = probabilities.copy()
    for row in range(len(votes)):
        if places[row] > 0.0:
            votes[row] = -AGAINST
    return votes
