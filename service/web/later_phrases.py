"""What do saved searches, files that are sent in and what is beside a story say in Arabic and French?"""

from __future__ import annotations

from collections.abc import Mapping


def _said(arabic: str, french: str) -> Mapping[str, str]:
    return {"ar": arabic, "fr": french}


MORE: Mapping[str, Mapping[str, str]] = {
    # Saved searches
    "Searches": _said("عمليات البحث", "Recherches"),
    "Saved searches": _said("عمليات البحث المحفوظة", "Recherches enregistrées"),
    "A story that comes to match is told of once: in the changes, to webhooks, and here.": _said(
        "حين تطابق قصة بحثًا يُعلَن عنها مرة واحدة: في التغييرات وعبر خطاطيف الويب وهنا.",
        "Un sujet qui se met à correspondre est signalé une fois : aux changements, aux webhooks et ici.",
    ),
    "Save a search": _said("احفظ بحثًا", "Enregistrer une recherche"),
    "Save this search": _said("احفظ هذا البحث", "Enregistrer cette recherche"),
    "Save": _said("حفظ", "Enregistrer"),
    "Name": _said("الاسم", "Nom"),
    "Independent outlets, at least": _said("المصادر المستقلة، على الأقل", "Médias indépendants, au moins"),
    "Reports, at least": _said("التقارير، على الأقل", "Articles, au moins"),
    "Searches that are saved": _said("المحفوظ منها", "Recherches en place"),
    "No search is saved yet.": _said("لا بحث محفوظ بعد.", "Aucune recherche enregistrée."),
    "came to match": _said("طابقت في", "correspond depuis"),
    "matched before it could be told of": _said("كانت تطابق من قبل", "correspondait déjà"),
    "No story has matched yet.": _said("لم تطابق أي قصة بعد.", "Aucun sujet ne correspond pour l’instant."),
}
