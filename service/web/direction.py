"""How is a text of some language written? Its direction and its name, for the attributes of a page."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

RIGHT_TO_LEFT = frozenset(
    {
        "ar",
        "arc",
        "azb",
        "ckb",
        "dv",
        "fa",
        "glk",
        "he",
        "ks",
        "lrc",
        "mzn",
        "nqo",
        "pnb",
        "ps",
        "sd",
        "syr",
        "ug",
        "ur",
        "yi",
    }
)

UNKNOWN = {"en": "unknown language", "ar": "لغة غير معروفة", "fr": "langue inconnue"}


def direction(lang: str) -> str:
    """`rtl`, `ltr`, or `auto` where the language is not known: the browser then looks at the letters."""
    primary = lang.lower().partition("-")[0]
    if primary in ("", "und"):
        return "auto"
    return "rtl" if primary in RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=1024)
def language_name(lang: str, tongue: str) -> str:
    """The name of a language code in the language `tongue`; the code itself where CLDR has none."""
    if not lang:
        return UNKNOWN[tongue]
    try:
        return Locale.parse(lang, sep="-").get_language_name(tongue) or lang
    except (ValueError, UnknownLocaleError):
        return lang
