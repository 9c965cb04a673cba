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
    # Files
    "Articles from a file. Sent again, nothing is doubled. Of a table you say which column is what.": _said(
        "مقالات من ملف. إعادة الإرسال لا تكرر شيئًا، وفي الجداول تُسأل عن معنى كل عمود.",
        "Articles d’un fichier. Renvoyé, rien n’est doublé. D’un tableau, vous dites le sens des colonnes.",
    ),
    "A file (.csv, .jsonl, .json, .warc, .warc.gz, .txt, .html)": _said(
        "ملف (.csv أو .jsonl أو .json أو .warc أو .warc.gz أو .txt أو .html)",
        "Un fichier (.csv, .jsonl, .json, .warc, .warc.gz, .txt, .html)",
    ),
    "Of {of} articles {done} are placed.": _said(
        "وُزّع {done} من أصل {of} من المقالات.", "{done} articles sur {of} sont classés."
    ),
    "Which column is what?": _said("ما معنى كل عمود؟", "Que contient chaque colonne ?"),
    "Choose a column for the title or for the text.": _said(
        "اختر عمودًا للعنوان أو للنص.", "Choisissez une colonne pour le titre ou pour le texte."
    ),
    "no column": _said("لا عمود", "aucune colonne"),
    "Import": _said("استيراد", "Importer"),
    "The first rows": _said("الصفوف الأولى", "Les premières lignes"),
    "Its id": _said("معرّفه", "Son identifiant"),
    "Address": _said("العنوان الإلكتروني", "Adresse"),
    "Title": _said("العنوان", "Titre"),
    "Text": _said("النص", "Texte"),
    "Text as HTML": _said("النص بصيغة HTML", "Texte en HTML"),
    "Date of publication": _said("تاريخ النشر", "Date de publication"),
    # What is new, and what is beside a story
    "Show what is new in each report": _said(
        "أظهر الجديد في كل تقرير", "Montrer ce que chaque article apporte de nouveau"
    ),
    "It came first: all of it is new.": _said(
        "هو الأول: كل ما فيه جديد.", "Il est le premier : tout y est nouveau."
    ),
    "Nothing in it is new: reports before it have every sentence.": _said(
        "لا جديد فيه: كل جمله في تقارير سبقته.",
        "Rien de nouveau : toutes ses phrases sont dans des articles précédents.",
    ),
    "What is new here: {n} of {of} sentences": _said(
        "الجديد هنا: {n} من أصل {of} من الجمل", "Ce qui est nouveau ici : {n} phrases sur {of}"
    ),
    "The rest of what is new is left out here.": _said(
        "حُذفت هنا بقية الجديد.", "La suite de ce qui est nouveau est omise ici."
    ),
    "Related stories": _said("قصص ذات صلة", "Sujets voisins"),
    "It was split off from this story.": _said("فُصلت عن هذه القصة.", "Il a été séparé de ce sujet."),
    "This story was split off from it.": _said("فُصلت هذه القصة عنها.", "Ce sujet en a été séparé."),
    "Reports moved between the two.": _said(
        "انتقلت تقارير بينهما.", "Des articles sont passés de l’un à l’autre."
    ),
    "Two of their reports are alike.": _said(
        "بين تقاريرهما تقريران متشابهان.", "Deux de leurs articles se ressemblent."
    ),
    "Both titles say:": _said("في عناوينهما معًا:", "Mots communs des titres :"),
    "Found by history, by comparisons, and by rare words in titles of the same days.": _said(
        "وُجدت بالتاريخ والمقارنات والكلمات النادرة في عناوين الأيام نفسها.",
        "Par l’historique, les comparaisons et les mots rares des titres des mêmes jours.",
    ),
    "No story has matched yet.": _said("لم تطابق أي قصة بعد.", "Aucun sujet ne correspond pour l’instant."),
}
