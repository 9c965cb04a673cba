"""What do pages say in Arabic and French? Phrases by their English text, and forms for counting."""

from __future__ import annotations

from collections.abc import Mapping

COUNTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "report": {
        "en": {"one": "{n} report", "other": "{n} reports"},
        "fr": {"one": "{n} article", "other": "{n} articles"},
        "ar": {
            "zero": "لا تقارير", "one": "تقرير واحد", "two": "تقريران", "few": "{n} تقارير",
            "many": "{n} تقريرًا", "other": "{n} تقرير",
        },
    },
    "outlet": {
        "en": {"one": "{n} outlet", "other": "{n} outlets"},
        "fr": {"one": "{n} média", "other": "{n} médias"},
        "ar": {
            "zero": "لا مصادر", "one": "مصدر واحد", "two": "مصدرين", "few": "{n} مصادر",
            "many": "{n} مصدرًا", "other": "{n} مصدر",
        },
    },
    "independent": {
        "en": {"other": "{n} independent"},
        "fr": {"one": "{n} indépendant", "other": "{n} indépendants"},
        "ar": {"other": "المستقل منها {n}"},
    },
    "row": {
        "en": {"one": "{n} row", "other": "{n} rows"},
        "fr": {"one": "{n} ligne", "other": "{n} lignes"},
        "ar": {
            "zero": "لا صفوف", "one": "صف واحد", "two": "صفان", "few": "{n} صفوف",
            "many": "{n} صفًّا", "other": "{n} صف",
        },
    },
    "passage": {
        "en": {"one": "{n} shared passage", "other": "{n} shared passages"},
        "fr": {"one": "{n} passage commun", "other": "{n} passages communs"},
        "ar": {
            "zero": "لا مقاطع مشتركة", "one": "مقطع مشترك واحد", "two": "مقطعان مشتركان",
            "few": "{n} مقاطع مشتركة", "many": "{n} مقطعًا مشتركًا", "other": "{n} مقطع مشترك",
        },
    },
}  # fmt: skip


def _said(arabic: str, french: str) -> Mapping[str, str]:
    return {"ar": arabic, "fr": french}


PHRASES: Mapping[str, Mapping[str, str]] = {
    # Every page
    "Skip to the content": _said("انتقل إلى المحتوى", "Aller au contenu"),
    "Which reports are about the same event, and how do we know?": _said(
        "أي التقارير تتناول الحدث نفسه، وكيف نعرف ذلك؟",
        "Quels articles parlent du même événement, et comment le sait-on ?",
    ),
    "Site": _said("الموقع", "Site"),
    "Stories": _said("القصص الإخبارية", "Sujets"),
    "stories": _said("القصص", "sujets"),
    "changes": _said("التغييرات", "changements"),
    "Why not?": _said("لماذا لا؟", "Pourquoi pas ?"),
    "Health": _said("حالة الخدمة", "État du service"),
    "Sign in": _said("تسجيل الدخول", "Se connecter"),
    "Sign out": _said("تسجيل الخروج", "Se déconnecter"),
    "Key": _said("المفتاح", "Clé"),
    "Here one reads with a key.": _said("القراءة هنا تحتاج إلى مفتاح.", "Ici, il faut une clé pour lire."),
    "Who runs this service makes one with this command:": _said(
        "يُنشئه من يدير هذه الخدمة بهذا الأمر:", "Qui gère ce service en crée une avec cette commande :"
    ),
    "That key is unknown, expired or revoked.": _said(
        "هذا المفتاح غير معروف أو انتهت صلاحيته أو أُلغي.", "Cette clé est inconnue, expirée ou révoquée."
    ),
    "Language of the page": _said("لغة الصفحة", "Langue de la page"),
    "Feeds": _said("الخلاصات", "Flux"),
    "For programs": _said("للبرامج", "Pour les programmes"),
    "Pages": _said("الصفحات", "Pages"),
    "To the stories": _said("إلى القصص", "Vers les sujets"),
    "date unknown": _said("التاريخ غير معروف", "date inconnue"),
    "from": _said("من", "de"),
    ", ": _said("، ", ", "),
    "live": _said("تحديث مباشر", "en direct"),
    "no outlet named": _said("مصدر غير مذكور", "média non précisé"),
    "Untitled story": _said("قصة بلا عنوان", "Sujet sans titre"),
    "Untitled report": _said("تقرير بلا عنوان", "Article sans titre"),
    "and {n} more": _said("و{n} غيرها", "et {n} autres"),
    # The list
    "Words in a title": _said("كلمات في العنوان", "Mots d’un titre"),
    "Outlet": _said("المصدر", "Média"),
    "Language": _said("اللغة", "Langue"),
    "any": _said("أي لغة", "toutes"),
    "At least": _said("على الأقل", "Au moins"),
    "any number": _said("أي عدد", "peu importe"),
    "From": _said("من تاريخ", "Du"),
    "Until": _said("إلى تاريخ", "Au"),
    "Order": _said("الترتيب", "Ordre"),
    "latest first": _said("الأحدث أولًا", "les plus récents"),
    "earliest first": _said("الأقدم أولًا", "les plus anciens"),
    "most reports": _said("الأكثر تقارير", "le plus d’articles"),
    "rising": _said("الصاعدة", "en hausse"),
    "Show": _said("عرض", "Afficher"),
    "Reports over time": _said("التقارير عبر الوقت", "Articles dans le temps"),
    "First reported by": _said("أول من نشر:", "D’abord publié par"),
    "This list as a feed": _said("هذه القائمة خلاصةً", "Cette liste en flux"),
    "More stories": _said("قصص أخرى", "Plus de sujets"),
    "No story fits.": _said("لا قصة تطابق البحث.", "Aucun sujet ne correspond."),
    "Show all stories": _said("عرض كل القصص", "Afficher tous les sujets"),
    "No stories yet. Articles appear here within a second of their arrival; send them with:": _said(
        "لا قصص بعد. تظهر المقالات هنا خلال ثانية من وصولها؛ أرسلها بالأمر:",
        "Pas encore de sujet. Les articles apparaissent ici dans la seconde ; envoyez-les avec :",
    ),
    # One story
    "First published": _said("أول نشر", "Première publication"),
    "latest": _said("آخر نشر", "dernière"),
    "Seen here since": _said("وصلت إلى هنا في", "Vu ici depuis"),
    "It speaks for the story:": _said("الممثّل للقصة:", "L’article représentatif est de :"),
    "speaks for the story": _said("يمثّل القصة", "représente le sujet"),
    "This story is closed: its reports were deleted or moved to other stories.": _said(
        "أُغلقت هذه القصة: حُذفت تقاريرها أو نُقلت إلى قصص أخرى.",
        "Ce sujet est clos : ses articles ont été supprimés ou déplacés vers d’autres sujets.",
    ),
    "Timeline": _said("التسلسل الزمني", "Chronologie"),
    "When each outlet reported; a dot is a report.": _said(
        "متى نشر كل مصدر؛ كل نقطة تقرير.", "Quand chaque média a publié ; un point est un article."
    ),
    "First": _said("أول تقرير", "Premier"),
    "Reports": _said("التقارير", "Articles"),
    "Outlets": _said("المصادر", "Médias"),
    "read it there": _said("اقرأه في مصدره", "le lire là-bas"),
    "another report": _said("تقرير آخر", "un autre article"),
    "this report": _said("هذا التقرير", "cet article"),
    "the other report": _said("التقرير الآخر", "l’autre article"),
    "score {score}": _said("الدرجة {score}", "score {score}"),
    "compare the two": _said("قارن بينهما", "comparer les deux"),
    "All {n} are marked where the two are compared.": _said(
        "المقاطع الـ{n} كلها معلَّمة في صفحة المقارنة.", "Les {n} sont marqués dans la comparaison."
    ),
    "The whole report": _said("التقرير كاملًا", "L’article entier"),
    "The rest of this long report is left out here.": _said(
        "حُذفت هنا بقية هذا التقرير الطويل.", "La suite de ce long article est omise ici."
    ),
    "More reports of this story": _said("تقارير أخرى من هذه القصة", "Plus d’articles de ce sujet"),
    "This report has no text.": _said("لا نص لهذا التقرير.", "Cet article n’a pas de texte."),
    "First report": _said("التقرير الأول", "Premier article"),
    "The report this story began with.": _said(
        "التقرير الذي بدأت به القصة.", "L’article par lequel ce sujet a commencé."
    ),
    "Linked to": _said("مرتبط بـ", "Lié à"),
    "Exact copies": _said("نسخ مطابقة", "Copies exactes"),
    "The same text, word for word.": _said("النص نفسه حرفيًا.", "Le même texte, mot pour mot."),
    "Copy of": _said("نسخة من", "Copie de"),
    "Near-duplicates": _said("نسخ شبه مطابقة", "Quasi-copies"),
    "Nearly the same text: edited, shortened, or placed inside a longer report.": _said(
        "النص نفسه تقريبًا: محرَّر أو مختصر أو داخل تقرير أطول.",
        "Presque le même texte : remanié, abrégé ou placé dans un article plus long.",
    ),
    "Nearly the same as": _said("يكاد يطابق", "Presque identique à"),
    "Shared passages": _said("مقاطع مشتركة", "Passages communs"),
    "Texts of their own around the same quoted or copied words.": _said(
        "نصوص مستقلة حول الكلمات المقتبسة أو المنقولة نفسها.",
        "Des textes propres autour des mêmes mots cités ou repris.",
    ),
    "Shares passages with": _said("يشترك في مقاطع مع", "Partage des passages avec"),
    "In other words": _said("بصياغة أخرى", "En d’autres mots"),
    "Different words, the same event.": _said(
        "كلمات مختلفة والحدث واحد.", "D’autres mots, le même événement."
    ),
    "Same event as": _said("الحدث نفسه كما في", "Même événement que"),
    "Updates": _said("تحديثات", "Mises à jour"),
    "Later versions of a report.": _said("نسخ لاحقة من تقرير.", "Versions ultérieures d’un article."),
    "What happened to this story": _said("ما جرى لهذه القصة", "Ce qui est arrivé à ce sujet"),
    "It began.": _said("بدأت.", "Il a commencé."),
    "A report joined.": _said("انضم تقرير.", "Un article l’a rejoint."),
    "A report left.": _said("خرج تقرير.", "Un article l’a quitté."),
    "Two stories became one.": _said("اندمجت قصتان في واحدة.", "Deux sujets n’en font plus qu’un."),
    "It split in two.": _said("انقسمت إلى قصتين.", "Il s’est divisé en deux."),
    "It got another title.": _said("تغيّر عنوانها.", "Il a changé de titre."),
    "It closed.": _said("أُغلقت.", "Il a été clos."),
    "the other story": _said("القصة الأخرى", "l’autre sujet"),
    "by a re-clustering": _said("بإعادة التجميع", "par un regroupement"),
    # Two reports
    "Two reports compared": _said("مقارنة تقريرين", "Comparaison de deux articles"),
    "What do you say?": _said("ما رأيك؟", "Qu’en dites-vous ?"),
    "Somebody decided that they are of one event.": _said(
        "قرّر أحدهم أنهما عن حدث واحد.", "Quelqu’un a décidé qu’il s’agit d’un même événement."
    ),
    "Somebody decided that they are not of one event.": _said(
        "قرّر أحدهم أنهما ليسا عن حدث واحد.", "Quelqu’un a décidé qu’il ne s’agit pas d’un même événement."
    ),
    "Undo": _said("تراجع", "Annuler"),
    "What you say outranks the evidence, until it is undone.": _said(
        "ما تقرره يعلو على الأدلة إلى أن يُتراجع عنه.",
        "Votre avis l’emporte sur les indices, jusqu’à son annulation.",
    ),
    "Same event": _said("الحدث نفسه", "Même événement"),
    "Not the same event": _said("ليس الحدث نفسه", "Pas le même événement"),
    "In one story": _said("في قصة واحدة", "Dans un même sujet"),
    "Linked, but in two stories": _said("مرتبطان، لكن في قصتين", "Liés, mais dans deux sujets"),
    "Not in one story": _said("ليسا في قصة واحدة", "Pas dans un même sujet"),
    "What speaks for one story": _said("ما يدل على قصة واحدة", "Ce qui plaide pour un même sujet"),
    "What speaks against it": _said("ما يدل على خلاف ذلك", "Ce qui plaide contre"),
    "Why not": _said("لماذا لا", "Pourquoi pas"),
    "The figures": _said("الأرقام", "Les chiffres"),
    "Computed over the two texts as they are matched: cleaned and folded.": _said(
        "محسوبة على النصين كما يقارَنان: بعد التنظيف والتوحيد.",
        "Calculés sur les deux textes tels qu’ils sont comparés : nettoyés et normalisés.",
    ),
    "Kind of evidence": _said("نوع الدليل", "Type d’indice"),
    "Probability of one event": _said("احتمال أن يكون الحدث واحدًا", "Probabilité d’un même événement"),
    "Common word sequences (Jaccard)": _said(
        "تتابعات الكلمات المشتركة (جاكار)", "Suites de mots communes (Jaccard)"
    ),
    "Of the first report in the second": _said(
        "من التقرير الأول في الثاني", "Du premier article dans le second"
    ),
    "Of the second report in the first": _said(
        "من التقرير الثاني في الأول", "Du second article dans le premier"
    ),
    "its story": _said("قصته", "son sujet"),
    "Passage {n} in the other report": _said(
        "المقطع {n} في التقرير الآخر", "Passage {n} dans l’autre article"
    ),
    # Why not
    "Find any two reports by words of their titles, and see why they are, or are not, in one story.": _said(
        "ابحث عن أي تقريرين بكلمات من عنوانيهما، واعرف لماذا هما في قصة واحدة أو ليسا فيها.",
        "Trouvez deux articles par des mots de leurs titres : sont-ils d’un même sujet, et pourquoi ?",
    ),
    "The first report": _said("التقرير الأول", "Le premier article"),
    "The second report": _said("التقرير الثاني", "Le second article"),
    "No report fits.": _said("لا تقرير يطابق البحث.", "Aucun article ne correspond."),
    "Search": _said("بحث", "Chercher"),
    "Compare the two": _said("قارن بينهما", "Comparer les deux"),
    # Feeds in
    "Articles come in from these feeds by themselves.": _said(
        "تصل المقالات من هذه الخلاصات تلقائيًّا.", "Les articles arrivent d’eux-mêmes par ces flux."
    ),
    "Feeds added: {n}": _said("الخلاصات المضافة: {n}", "Flux ajoutés : {n}"),
    "refused: {n}": _said("المرفوضة: {n}", "refusés : {n}"),
    "Add a feed": _said("أضف خلاصة", "Ajouter un flux"),
    "Address of a feed, or of a page that names it": _said(
        "عنوان خلاصة أو صفحة تشير إليها", "Adresse d’un flux, ou d’une page qui l’indique"
    ),
    "Read articles from their pages": _said("اقرأ المقالات من صفحاتها", "Lire les articles sur leurs pages"),
    "Add": _said("أضف", "Ajouter"),
    "A list of feeds (OPML)": _said("قائمة خلاصات (OPML)", "Une liste de flux (OPML)"),
    "Add all": _said("أضف الكل", "Tout ajouter"),
    "Feeds that are read": _said("الخلاصات المقروءة", "Flux suivis"),
    "As a file": _said("ملفًا", "En fichier"),
    "As OPML": _said("بصيغة OPML", "En OPML"),
    "these feeds": _said("هذه الخلاصات", "ces flux"),
    "each without what another had first": _said(
        "كل خلاصة دون ما سبقتها إليه غيرها", "chacun sans ce qu’un autre avait d’abord"
    ),
    "its page": _said("صفحتها", "sa page"),
    "without copies": _said("دون نسخ مكررة", "sans doublons"),
    "It is read.": _said("تُقرأ.", "Il est lu."),
    "It fails.": _said("تتعذر قراءتها.", "Il échoue."),
    "It is given up.": _said("تُركت.", "Il est abandonné."),
    "Items: {n}": _said("العناصر: {n}", "Éléments : {n}"),
    "last read": _said("آخر قراءة", "dernière lecture"),
    "next": _said("القراءة التالية", "prochaine"),
    "Read it now": _said("اقرأها الآن", "Le lire maintenant"),
    "Remove": _said("إزالة", "Retirer"),
    "More feeds": _said("خلاصات أخرى", "Plus de flux"),
    "No feed yet.": _said("لا خلاصات بعد.", "Pas encore de flux."),
    "Feeds that cannot be read": _said("خلاصات تتعذر قراءتها", "Flux illisibles"),
    # Pages of decisions, of re-clustering and of imports
    "Decisions": _said("القرارات", "Décisions"),
    "Stories merged": _said("دُمجت قصص", "Sujets fusionnés"),
    "Reports split off": _said("فُصلت تقارير", "Articles séparés"),
    "Reports moved": _said("نُقلت تقارير", "Articles déplacés"),
    "Speaks for its story": _said("يمثّل قصته", "Représente son sujet"),
    "Passage ignored": _said("فقرة متجاهَلة", "Passage ignoré"),
    "Outlet ignored": _said("مصدر متجاهَل", "Média ignoré"),
    "Leave out of account": _said("استبعاد من الحساب", "Ne pas en tenir compte"),
    "Ignore this outlet": _said("تجاهل هذا المصدر", "Ignorer ce média"),
    "Ignore this passage": _said("تجاهل هذه الفقرة", "Ignorer ce passage"),
    "Reports of an ignored outlet stand alone. A passage that is ignored speaks for nothing: what stands is "
    "mended by the next re-clustering.": _said(
        "تقف تقارير المصدر المتجاهَل وحدها. ولا تشهد الفقرة المتجاهَلة على شيء، "
        "وتُصلح إعادة التجميع التالية ما هو قائم.",
        "Les articles d’un média ignoré restent seuls. Un passage ignoré ne prouve rien : le prochain "
        "regroupement corrige ce qui existe.",
    ),
    "Undone": _said("تُراجع عنه", "Annulée"),
    "Earlier decisions": _said("قرارات أقدم", "Décisions antérieures"),
    "Nobody decided anything yet.": _said("لا قرارات بعد.", "Aucune décision pour l’instant."),
    "Re-clustering": _said("إعادة التجميع", "Regroupement"),
    "Groups the whole window anew. The preview changes nothing; applying it does what was shown.": _said(
        "يعيد تجميع تقارير النافذة كلها. المعاينة لا تغيّر شيئًا، والتطبيق ينفذ ما عُرض تمامًا.",
        "Regroupe toute la fenêtre. L’aperçu ne change rien ; l’appliquer fait ce qu’il montre.",
    ),
    "Preview": _said("معاينة", "Aperçu"),
    "Apply": _said("تطبيق", "Appliquer"),
    "Look again": _said("انظر مجددًا", "Regarder à nouveau"),
    "Earlier ones": _said("السابقة", "Les précédents"),
    "Of {articles} reports {moved} change their story; {before} stories become {after}.": _said(
        "من أصل {articles} من التقارير تتغير قصة {moved}؛ وعدد القصص {before} يصبح {after}.",
        "Sur {articles} articles, {moved} changent de sujet ; {before} sujets deviennent {after}.",
    ),
    "It waits.": _said("في الانتظار.", "En attente."),
    "It is being computed.": _said("قيد الحساب.", "Calcul en cours."),
    "It is ready.": _said("جاهزة.", "Prêt."),
    "It waits to be applied.": _said("بانتظار التطبيق.", "En attente d’application."),
    "It is applied.": _said("طُبّقت.", "Appliqué."),
    "It failed.": _said("تعذّرت.", "Échec."),
    "Imports": _said("الاستيراد", "Importations"),
    "Send": _said("إرسال", "Envoyer"),
    "accepted": _said("مقبولة", "acceptés"),
    "updated": _said("محدَّثة", "mis à jour"),
    "unchanged": _said("دون تغيير", "inchangés"),
    "rejected": _said("مرفوضة", "refusés"),
    "Progress": _said("التقدم", "Avancement"),
    "Articles that are on their way": _said("مقالات في الطريق", "Articles en cours de traitement"),
    # Health
    "Articles that arrive now are placed.": _said(
        "المقالات التي تصل الآن تُوزَّع على القصص.", "Les articles qui arrivent sont classés."
    ),
    "Work is not being done.": _said("العمل متوقف.", "Le travail est à l’arrêt."),
    "Figures": _said("أرقام", "Chiffres"),
    "As they stand now.": _said("كما هي الآن.", "À cet instant."),
    "Settings in force": _said("الإعدادات السارية", "Réglages en vigueur"),
    "Set by environment variables; read once at start.": _said(
        "تُضبط بمتغيرات البيئة وتُقرأ عند البدء.", "Par variables d’environnement, lues au démarrage."
    ),
    "Variable": _said("المتغير", "Variable"),
    "Value": _said("القيمة", "Valeur"),
    "What it does": _said("ما يفعله", "Ce qu’il fait"),
    "Webhooks that are disabled": _said("خطاطيف الويب المعطَّلة", "Webhooks désactivés"),
    "Articles that wait to be prepared": _said("مقالات تنتظر التحضير", "Articles en attente de préparation"),
    "Articles that wait for a decision": _said("مقالات تنتظر القرار", "Articles en attente de décision"),
    "Articles in stories": _said("مقالات في قصص", "Articles classés"),
    "Articles that were rejected": _said("مقالات مرفوضة", "Articles refusés"),
    "Articles that were deleted": _said("مقالات محذوفة", "Articles supprimés"),
    "Articles in the window": _said("مقالات في النافذة", "Articles dans la fenêtre"),
    "Changes in the log": _said("تغييرات في السجل", "Changements dans le journal"),
    "Seconds since the last turn": _said("ثوانٍ منذ آخر دورة", "Secondes depuis le dernier tour"),
}
