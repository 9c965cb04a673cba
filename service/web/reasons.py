"""What does evidence say in the reader's language? The sentences of `service.reasons`, in Arabic and French.

English has them from there. A feature without a sentence here is told in English, and a test looks for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, expm1
from typing import Any, NamedTuple

from service.reasons import ANCHORS_NAMED, CLEAR, CONTAINED, MATTERS, NAMED, NEAR, STRONG
from service.web.words import Tongue


class Reason(NamedTuple):
    """A sentence; `english` where the page's language is another and has no words for it."""

    text: str
    english: bool = False


# Of each feature: what a value says, and what its absence says. {p} is a share, {x} the value itself, {r} one
# in so many, {w} so many words, {n} so many places.
FEATURES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "contrast": {
        "fr": (
            "Les mots marquants des deux articles se ressemblent à {p}",
            "Les mots marquants des deux articles n’ont rien en commun",
        ),
        "ar": (
            "الكلمات الدالة في التقريرين متشابهة بنسبة {p}",
            "لا شيء مشترك بين الكلمات الدالة في التقريرين",
        ),
    },
    "beginning": {
        "fr": (
            "Les mots marquants de leurs débuts, titre et première phrase, se ressemblent à {p}",
            "Les mots marquants de leurs débuts, titre et première phrase, n’ont rien en commun",
        ),
        "ar": (
            "الكلمات الدالة في بدايتيهما، العنوان والجملة الأولى، متشابهة بنسبة {p}",
            "لا شيء مشترك بين الكلمات الدالة في بدايتيهما، العنوان والجملة الأولى",
        ),
    },
    "title_cosine": {
        "fr": ("Leurs titres se ressemblent à {p}", "Leurs titres n’ont rien en commun"),
        "ar": ("عنواناهما متشابهان بنسبة {p}", "لا شيء مشترك بين عنوانيهما"),
    },
    "title_told": {
        "fr": (
            "{p} des mots marquants d’un titre se trouvent dans l’autre article",
            "Aucun mot marquant d’un titre ne se trouve dans l’autre article",
        ),
        "ar": (
            "{p} من الكلمات الدالة في أحد العنوانين موجودة في التقرير الآخر",
            "لا توجد أي كلمة دالة من أحد العنوانين في التقرير الآخر",
        ),
    },
    "lead_cover": {
        "fr": (
            "{p} d’une ouverture se trouvent dans l’autre article",
            "Rien d’une ouverture ne se trouve dans l’autre article",
        ),
        "ar": ("{p} من إحدى المقدمتين موجودة في التقرير الآخر", "لا شيء من أي مقدمة موجود في التقرير الآخر"),
    },
    "lead_cover_least": {
        "fr": (
            "{p} de l’une des deux ouvertures se trouvent dans l’autre article, et davantage de l’autre",
            "Rien de l’une des deux ouvertures ne se trouve dans l’autre article",
        ),
        "ar": (
            "{p} من إحدى المقدمتين موجودة في التقرير الآخر، ومن الأخرى أكثر",
            "لا شيء من إحدى المقدمتين موجود في التقرير الآخر",
        ),
    },
    "lead_told_least": {
        "fr": (
            "{p} des mots marquants d’une ouverture sont dans l’autre article, et davantage de l’autre",
            "Aucun mot marquant de l’une des ouvertures ne se trouve dans l’autre article",
        ),
        "ar": (
            "{p} من الكلمات الدالة في إحدى المقدمتين موجودة في التقرير الآخر، ومن الأخرى أكثر",
            "لا توجد أي كلمة دالة من إحدى المقدمتين في التقرير الآخر",
        ),
    },
    "rarest": {
        "fr": (
            "Leurs mots communs les plus marquants sont aussi rares qu’un article sur {r}",
            "Ils n’ont aucun mot marquant en commun",
        ),
        "ar": ("أندر الكلمات الدالة المشتركة بينهما ترد في تقرير من كل {r}", "لا كلمة دالة مشتركة بينهما"),
    },
    "numbers": {
        "fr": (
            "Ils donnent les mêmes nombres : {p} de ce que vaudraient beaucoup de nombres rares",
            "Ils n’ont aucun nombre en commun",
        ),
        "ar": ("يذكران الأرقام نفسها، ووزنها {p} من وزن أرقام نادرة كثيرة", "لا رقم مشترك بينهما"),
    },
    "numbers_apart": {
        "fr": (
            "L’un donne des nombres que l’autre n’a pas, d’une rareté totale de {x}",
            "Aucun ne donne de nombres que l’autre n’ait pas",
        ),
        "ar": ("يذكر أحدهما أرقامًا ليست في الآخر، مجموع ندرتها {x}", "لا يذكر أي منهما أرقامًا ليست في الآخر"),
    },
    "days_apart": {
        "fr": ("Ils ont paru à {x} jours d’écart", "On ne sait pas combien de temps les sépare"),
        "ar": ("نُشرا بفارق {x} يوم", "لا يُعرف فارق زمني بينهما"),
    },
    "untitled": {
        "fr": ("L’un des deux n’a pas de titre", "Les deux ont un titre"),
        "ar": ("أحدهما بلا عنوان", "لكليهما عنوان"),
    },
    "standing": {
        "fr": (
            "Le second article est proche du premier à {p} de ce qu’est le plus proche",
            "Le second article n’est pas proche du premier",
        ),
        "ar": ("قرب التقرير الثاني من الأول {p} من قرب الأقرب إليه", "التقرير الثاني ليس قريبًا من الأول"),
    },
    "passage": {
        "fr": (
            "Ils partagent {w} mots dans des passages que peu d’autres reprennent",
            "Ils ne partagent aucun passage que peu d’autres reprennent",
        ),
        "ar": ("يشتركان في {w} كلمة ضمن مقاطع قلّما ترد في غيرهما", "لا يشتركان في مقطع قلّما يرد في غيرهما"),
    },
    "copied": {
        "fr": (
            "{p} d’un texte se trouvent dans l’autre et dans peu d’autres",
            "Rien d’un texte ne se trouve dans l’autre",
        ),
        "ar": ("{p} من أحد النصين موجودة في الآخر وفي قليل سواه", "لا شيء من أحد النصين موجود في الآخر"),
    },
    "replaced": {
        "fr": (
            "L’un des textes est l’autre avec un autre nom, mot, nombre ou une autre date (endroits : {n})",
            "Aucun des textes n’est l’autre avec un autre nom ou nombre",
        ),
        "ar": (
            "أحد النصين هو الآخر باسم أو كلمة أو تاريخ أو رقم آخر (عدد المواضع: {n})",
            "ليس أحد النصين هو الآخر باسم أو رقم آخر",
        ),
    },
}  # fmt: skip
WEIGHTS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "strongly": "fortement", "clearly": "nettement", "a little": "un peu",
        "for": "{said} : plaide {weight} pour un même événement ({pull}).",
        "against": "{said} : plaide {weight} contre un même événement ({pull}).",
    },
    "ar": {
        "strongly": "بقوة", "clearly": "بوضوح", "a little": "قليلًا",
        "for": "{said}: يدل {weight} على أن الحدث واحد ({pull}).",
        "against": "{said}: يدل {weight} على أن الحدث ليس واحدًا ({pull}).",
    },
}  # fmt: skip
SENTENCES: Mapping[str, Mapping[str, str]] = {
    "same": {
        "fr": "Leurs textes sont presque les mêmes : {p} de leurs suites de mots sont communes.",
        "ar": "النصان متطابقان تقريبًا: {p} من تتابعات كلماتهما مشتركة.",
    },
    "contained": {
        "fr": "{p} d’un texte se trouvent dans l’autre.",
        "ar": "{p} من أحد النصين موجودة في الآخر.",
    },
    "passage": {"fr": "Ils partagent un passage de {n} mots.", "ar": "يشتركان في مقطع من {n} كلمة."},
    "passages": {
        "fr": "Ils partagent {m} passages, {n} mots en tout, le plus long de {l} mots.",
        "ar": "يشتركان في {m} مقاطع، {n} كلمة معًا، أطولها {l} كلمة.",
    },
    "anchors": {
        "fr": "D’une langue à l’autre, ils partagent {n} noms, nombres et mots : {named}.",
        "ar": "يشتركان رغم اختلاف اللغة في {n} من الأسماء والأرقام والكلمات: {named}.",
    },
    "improbable": {
        "fr": "La probabilité qu’ils racontent le même sujet est de {x} : trop peu pour un lien.",
        "ar": "احتمال أن يرويا القصة نفسها {x}: أقل من أن يربط بينهما.",
    },
    "no_passage": {
        "fr": "Ils ne partagent aucun passage de huit mots ou plus que d’autres articles n’aient pas aussi.",
        "ar": "لا يشتركان في مقطع من ثماني كلمات أو أكثر لا يرد في تقارير أخرى أيضًا.",
    },
    "languages": {"fr": "Leurs langues diffèrent.", "ar": "لغتاهما مختلفتان."},
    "wholes": {
        "fr": "Ils sont liés, mais les sujets dans leur ensemble ont trop peu en commun.",
        "ar": "هما مرتبطان، لكن ما يجمع القصتين كاملتين قليل جدًا.",
    },
}


def reasons(pair: Mapping[str, Any], tongue: Tongue) -> list[Reason]:
    """What speaks for one story."""
    if tongue == "en":
        return [Reason(text) for text in pair["reasons"]]
    said, evidence = Speaker(tongue), pair["evidence"]
    contained = max(evidence["containment_a"], evidence["containment_b"])
    found = []
    if evidence["jaccard"] >= NEAR:
        found.append(said("same", p=f"{evidence['jaccard']:.0%}"))
    elif contained >= CONTAINED:
        found.append(said("contained", p=f"{contained:.0%}"))
    lengths = [length for _, _, length in evidence["passages"]]
    if lengths:
        form = "passage" if len(lengths) == 1 else "passages"
        found.append(said(form, m=len(lengths), n=sum(lengths), l=max(lengths)))
    found += said.features(evidence, 1)
    if pair["anchors"]:
        named = [anchor["text_a"] for anchor in pair["anchors"][:ANCHORS_NAMED]]
        found.append(said("anchors", n=len(pair["anchors"]), named=" · ".join(named)))
    return found


def why_not(pair: Mapping[str, Any], langs: tuple[str, str] | None, tongue: Tongue) -> list[Reason]:
    """What speaks against one story. langs: of both, where they are certain and differ."""
    if tongue == "en":
        return [Reason(text) for text in pair["why_not"]]
    said, evidence = Speaker(tongue), pair["evidence"]
    found = []
    if not evidence["linked"]:
        found.append(said("improbable", x=f"{evidence['probability']:.2f}"))
        if not evidence["passages"]:
            found.append(said("no_passage"))
    if langs is not None:
        found.append(said("languages"))
    if evidence["linked"] and not pair["same_story"]:
        found.append(said("wholes"))
    return found + said.features(evidence, -1)


class Speaker:
    """Makes sentences in one language."""

    def __init__(self, tongue: Tongue) -> None:
        self.tongue = tongue

    def __call__(self, name: str, **values: Any) -> Reason:
        """One of the sentences that no feature stands behind."""
        return Reason(SENTENCES[name][self.tongue].format(**values))

    def features(self, evidence: Mapping[str, Any], sign: int) -> list[Reason]:
        """The features that pull most to this side, strongest first."""
        pulls = {name: pull for name, pull in evidence["contributions"].items() if sign * pull >= MATTERS}
        strongest = sorted(pulls, key=lambda name: -sign * pulls[name])[:NAMED]
        return [self._feature(name, evidence["features"].get(name, 0.0), pulls[name]) for name in strongest]

    def _feature(self, name: str, value: float, pull: float) -> Reason:
        if name not in FEATURES:
            return Reason(f"{name.replace('_', ' ').capitalize()}: {value:.2f} ({pull:+.1f}).", english=True)
        there, absent = FEATURES[name][self.tongue]
        bounded = min(value, 50.0)
        numbers = {"r": f"{exp(bounded):,.0f}", "w": f"{expm1(bounded):.0f}", "n": f"{value:.0f}"}
        said = there.format(p=f"{value:.0%}", x=f"{value:.1f}", **numbers) if value else absent
        words = WEIGHTS[self.tongue]
        strength = "strongly" if abs(pull) >= STRONG else "clearly" if abs(pull) >= CLEAR else "a little"
        side = words["for" if pull > 0 else "against"]
        # The sign stays before its number whatever the direction of the sentence.
        return Reason(side.format(said=said, weight=words[strength], pull=f"\u2066{pull:+.1f}\u2069"))
