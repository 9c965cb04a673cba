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


def direction(lang: str) -> str:
    """`rtl`, `ltr`, or `auto` where the language is not known: the browser then looks at the letters."""
    primary = lang.lower().partition("-")[0]
    if primary in ("", "und"):
        return "auto"
    return "rtl" if primary in RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=256)
def language_name(lang: str) -> str:
    """The English name of a language code; the code itself where CLDR has none."""
    try:
        return Locale.parse(lang, sep="-").get_language_name("en") or lang
    except (ValueError, UnknownLocaleError):
        return lang or "unknown language"
