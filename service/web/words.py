"""In which language does a page speak? English, Arabic or French: the phrases of all pages, and how to count.

A phrase is looked up by its English text. What has no translation stands in English; a test looks for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from babel import Locale

from service.web.later_phrases import MORE
from service.web.phrases import COUNTS, PHRASES

ALL_PHRASES = {**PHRASES, **MORE}
Tongue = Literal["en", "ar", "fr"]
TONGUES: Mapping[Tongue, str] = {"en": "English", "ar": "العربية", "fr": "Français"}
COOKIE = "samestory_language"


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language."""

    tongue: Tongue

    def __call__(self, phrase: str, **values: Any) -> str:
        """A phrase, with its `{names}` filled in."""
        found = phrase if self.tongue == "en" else ALL_PHRASES.get(phrase, {}).get(self.tongue, phrase)
        return found.format(**values) if values else found

    def count(self, thing: str, number: int) -> str:
        """So many of a thing, in the form that the language has for the number."""
        forms = COUNTS[thing][self.tongue]
        form = Locale(self.tongue).plural_form(number)
        return forms.get(form, forms["other"]).format(n=f"{number:,}")


def choose(chosen: str, accepted: str) -> Tongue:
    """The language of a page: the one that was chosen, else the first of the browser's that we have."""
    wanted = [chosen, *_by_preference(accepted)]
    for lang in wanted:
        for tongue in TONGUES:
            if lang.partition("-")[0].lower() == tongue:
                return tongue
    return "en"


def _by_preference(accepted: str) -> list[str]:
    """The languages of an Accept-Language header, the most wanted first."""
    found = []
    for place, item in enumerate(accepted[:500].split(",")):
        lang, _, weight = item.strip().partition(";q=")
        try:
            found.append((-float(weight or 1), place, lang))
        except ValueError:
            continue
    return [lang for weight, _, lang in sorted(found) if weight < 0]
