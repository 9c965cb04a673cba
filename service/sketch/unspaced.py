"""What is a word where a script writes no spaces? Groups of letters, or what ICU's dictionaries say.

Groups overlap, need nothing installed and never miss a word for having cut it wrongly; a run of letters
shorter than a group is one. They are so long that the halves of one article find each other as well as in
scripts with spaces: 2 letters of Han and kana; 4 where letters stand for sounds and folding drops most
vowels.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from service.errors import InvalidSetting
from service.model import Int32

if TYPE_CHECKING:
    from icu import BreakIterator

Unspaced = Literal["ngrams", "icu"]

_HAN_AND_KANA, _SOUNDS = 2, 4

# Letters in a group, by ranges of code points.
_GROUPS = (
    ((0x3005, 0x3008), _HAN_AND_KANA),
    ((0x3040, 0x3100), _HAN_AND_KANA),
    ((0x31F0, 0x3200), _HAN_AND_KANA),
    ((0x3400, 0xA000), _HAN_AND_KANA),
    ((0xF900, 0xFB00), _HAN_AND_KANA),
    ((0x0E00, 0x0F00), _SOUNDS),  # Thai, Lao
    ((0x1000, 0x10A0), _SOUNDS),  # Myanmar
    ((0x1780, 0x1800), _SOUNDS),  # Khmer
    ((0xA9E0, 0xAA00), _SOUNDS),  # more Myanmar
    ((0xAA60, 0xAA80), _SOUNDS),
)
_ALSO_WRITTEN = ((0xFF66, 0xFFA0), (0x20000, 0x40000))  # half-width kana, rare ideographs


def letters_in_group(letter: int) -> int:
    """Return how many letters make a token where this (folded) one stands; 0 if a word is between spaces."""
    return next((letters for (start, end), letters in _GROUPS if start <= letter < end), 0)


class Spaced(NamedTuple):
    """A text with blanks between the words of unspaced scripts; blanks: int32, sorted, the places in the new
    text of those put in."""

    text: str
    blanks: Int32

    def there(self, place: int) -> int:
        """Where a place of the original text, the beginning or end of a part, is now."""
        before = self.blanks - np.arange(len(self.blanks), dtype=np.int32)
        return place + int(np.searchsorted(before, place))

    def back(self, places: Int32) -> Int32:
        """Where places of the new text, beginnings and ends of words, were in the original."""
        return places - np.searchsorted(self.blanks, places).astype(np.int32)


def spaced(text: str) -> Spaced:
    """Put a blank between any two words of an unspaced script, and between such a word and another.

    Raises InvalidSetting where the extra `cjk` is not installed.
    """
    cuts: Int32 = np.array(_cuts(text) if _unspaced().search(text) else [], np.int32)
    bounds = [0, *cuts.tolist(), len(text)]
    pieces = (text[start:end] for start, end in pairwise(bounds))
    return Spaced(" ".join(pieces), (cuts + np.arange(len(cuts))).astype(np.int32))


def icu_version() -> str:
    """The version of ICU, whose dictionaries are part of what a sketch depends on. Raises InvalidSetting."""
    _segmenter()
    import icu

    return str(icu.ICU_VERSION)


def _cuts(text: str) -> list[int]:
    """Return where ICU begins a new word beside a letter of an unspaced script."""
    segmenter = _segmenter()
    segmenter.setText(text)
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    character = np.cumsum((units < 0xDC00) | (units > 0xDFFF)) - 1
    places = character[[unit for unit in segmenter if unit < len(units)]].tolist()
    beside = _unspaced().match
    return [place for place in places if beside(text, place) or beside(text, place - 1)]


def _segmenter() -> BreakIterator:
    """Return a new one: they hold a text, and threads may not share them."""
    try:
        from icu import BreakIterator, Locale
    except ImportError:
        raise InvalidSetting("unspaced: icu needs the extra: pip install 'samestory[cjk]'.") from None
    return BreakIterator.createWordInstance(Locale.getRoot())


@cache
def _unspaced() -> re.Pattern[str]:
    ranges = (*(span for span, _ in _GROUPS), *_ALSO_WRITTEN)
    return re.compile("[" + "".join(f"\\U{start:08x}-\\U{end - 1:08x}" for start, end in ranges) + "]")
