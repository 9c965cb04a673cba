"""Which language is a text in, and how certain is that?

The script decides where it can, then function words, then py3langid's model among the languages of the
script; each step costs ten times the one before. Stories keep within one language only where it is certain.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE = 600  # characters looked at for script and words
_MODEL_SAMPLE = 200  # the model was right on all of 244 texts of 200 characters in four languages
_FEWEST_LETTERS = 20
_CLEAR_MAJORITY = 0.7
_CERTAIN = 0.9  # of the model's probability


def _codes(codes: str) -> tuple[str, ...]:
    return tuple(codes.split())


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The languages a script may stand for, likeliest first, and its code point ranges.
_SCRIPTS: tuple[tuple[tuple[str, ...], tuple[tuple[int, int], ...]], ...] = (
    (
        _codes(
            "en fr es de it pt nl tr sv da no nn pl ro cs hu fi id ms vi ca hr bs sk sl sq lt lv et sw az af "
            "eu gl is ga cy so ha tl uz ku mt lb ht mg rw yo ig zu xh eo la"
        ),
        ((0x41, 0x5B), (0x61, 0x7B), (0xC0, 0x250), (0x1E00, 0x1F00), (0xFF21, 0xFF5B)),
    ),
    (
        _codes("ar fa ur ps ug sdh"),
        ((0x620, 0x66E), (0x671, 0x6D4), (0x750, 0x780), (0xFB50, 0xFF00)),
    ),
    (_codes("ru uk be bg mk sr kk ky mn tg tt ba"), ((0x400, 0x530),)),
    (("zh",), ((0x3400, 0xA000), (0xF900, 0xFB00))),
    (("ja",), ((0x3040, 0x3100), (0xFF66, 0xFFA0))),
    (("ko",), ((0x1100, 0x1200), (0x3130, 0x3190), (0xAC00, 0xD7B0))),
    (("hi", "mr", "ne", "sa"), ((0x900, 0x980),)),
    (("bn", "as"), ((0x980, 0xA00),)),
    (("pa",), ((0xA00, 0xA80),)),
    (("gu",), ((0xA80, 0xB00),)),
    (("or",), ((0xB00, 0xB80),)),
    (("ta",), ((0xB80, 0xC00),)),
    (("te",), ((0xC00, 0xC80),)),
    (("kn",), ((0xC80, 0xD00),)),
    (("ml",), ((0xD00, 0xD80),)),
    (("si",), ((0xD80, 0xE00),)),
    (("th",), ((0xE00, 0xE80),)),
    (("lo",), ((0xE80, 0xF00),)),
    (("my",), ((0x1000, 0x10A0),)),
    (("ka",), ((0x10A0, 0x1100), (0x1C90, 0x1CC0))),
    (("am",), ((0x1200, 0x13A0),)),
    (("km",), ((0x1780, 0x1800),)),
    (("el",), ((0x370, 0x400), (0x1F00, 0x2000))),
    (("hy",), ((0x530, 0x590),)),
    (("he",), ((0x590, 0x600),)),
)
_SCRIPT_OF = {language: number for number, (languages, _) in enumerate(_SCRIPTS) for language in languages}
_HAN, _KANA, _ARABIC = _SCRIPT_OF["zh"], _SCRIPT_OF["ja"], _SCRIPT_OF["ar"]

# Letters that the languages beside Arabic write with its script; they make up 3-20 % of Persian and Urdu.
_NOT_ARABIC = "پچژگکیےٹڈڑںہھېۆەټړ"
_NOT_ARABIC_SHARE = 0.02

# Words that a language cannot do without and its neighbours do not have.
_FUNCTION_WORDS = {
    "en": _word_set("the of and to that with from was were has have this which their been will by"),
    "fr": _word_set("le les des du et est une dans pour qui au sur pas par avec sont cette ont été aux"),
    "es": _word_set("el los las del y una que por con para es su al como más pero fue sus entre"),
    "de": _word_set("der die das und den von zu mit dem des ist im nicht ein eine auf für sich auch"),
    "it": _word_set("il di che la per un del è della con gli le nel alla dei sono dal anche ha delle"),
    "pt": _word_set("o os do da em um uma para com não dos no na que ao pelo mais foi são das"),
    "nl": _word_set("de het een van en dat niet te zijn met voor op aan door ook naar heeft"),
    "tr": _word_set("ve bir bu için ile olarak da de olan daha çok gibi sonra kadar olduğu"),
}
_FEWEST_FUNCTION_WORDS = 5


class Language(NamedTuple):
    """An ISO 639 code, "und" for none, and whether it may be relied upon."""

    code: str
    certain: bool


def detect(text: str, given: str = "") -> Language:
    """Return the language of a text; a given code is believed if the text is in a script of that language.

    >>> detect("The ship left the harbour with all of them that were on board, and has been seen since.")
    Language(code='en', certain=True)
    """
    sample = text[:_SAMPLE]
    hint = _language_code(given)
    script, letters, share = _script(sample)
    if letters == 0:
        return Language(hint or "und", False)
    if hint and _SCRIPT_OF.get(hint) == script:
        return Language(hint, True)
    enough = letters >= _FEWEST_LETTERS and share >= _CLEAR_MAJORITY
    languages = _SCRIPTS[script][0] if script >= 0 else ()
    if len(languages) == 1 or (script == _ARABIC and _is_arabic(sample, letters)):
        return Language(languages[0], enough)
    by_words = _by_function_words(sample) if script == 0 else ""
    if by_words:
        return Language(by_words, enough)
    return _by_model(sample, languages, enough)


def _language_code(given: str) -> str:
    """Return the primary subtag of a language tag ("en-GB", "ar_MA"), empty if we do not know it."""
    code = given.strip().lower().replace("_", "-").partition("-")[0]
    return code if code in _SCRIPT_OF else ""


def _script(sample: str) -> tuple[int, int, float]:
    """Return the prevailing script (-1: none we know), how many letters there are, and its share of them."""
    units = np.frombuffer(sample.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    # A list: two dozen numbers are summed in less time than one array operation begins.
    _, *counts = np.bincount(_script_table()[units], minlength=len(_SCRIPTS) + 1).tolist()
    for wide in (_HAN, _KANA):
        counts[wide] *= 2  # one such character says as much as two or three letters
    letters = sum(counts)
    if letters == 0:
        others = sum(map(str.isalpha, sample))
        return -1, others, 1.0
    if counts[_KANA] * 10 > counts[_HAN]:  # Japanese is Han characters with a good deal of kana between them
        counts[_KANA] += counts[_HAN]
    most = max(counts)
    return counts.index(most), letters, min(1.0, most / letters)


@cache
def _script_table() -> npt.NDArray[np.uint8]:
    """Return uint8, shape (65536,): 1 + the script's number by UTF-16 unit, 0 for anything but letters."""
    table = np.zeros(0x10000, dtype=np.uint8)
    for number, (_, ranges) in enumerate(_SCRIPTS):
        for start, end in ranges:
            table[start:end] = number + 1
    return table


def _is_arabic(sample: str, letters: int) -> bool:
    return sum(map(sample.count, _NOT_ARABIC)) < _NOT_ARABIC_SHARE * letters


def _by_function_words(sample: str) -> str:
    """Return the language whose function words clearly prevail, empty if none do."""
    words = set(sample.lower().split())
    counts = sorted((len(words & known), language) for language, known in _FUNCTION_WORDS.items())
    (second, _), (best, language) = counts[-2:]
    return language if best >= _FEWEST_FUNCTION_WORDS and best >= 2 * second else ""


def _by_model(sample: str, languages: tuple[str, ...], enough: bool) -> Language:
    code, probability = _identifier(languages).classify(sample[:_MODEL_SAMPLE])
    return Language(str(code), enough and probability >= _CERTAIN)


@cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """Return the model restricted to some languages, to all if none are named."""
    identifier = copy.copy(_model())
    if languages:
        identifier.set_languages([language for language in languages if language in identifier.labels])
    return identifier


@cache
def _model() -> LanguageIdentifier:
    """Load the model when it is first needed: that takes 0.9 s, and its package 0.2 s to import."""
    from py3langid import langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
