"""The same invented events told in several languages, for tests across languages."""

from __future__ import annotations

# (event, language): title and text. All places, people and figures are invented, but for countries and days.
TOLD = {
    ("ferry", "en"): (
        "Ferry Meridian runs aground off Kellan Point",
        "The ferry Meridian ran aground on Monday off Kellan Point with 112 passengers on board, the harbour "
        "authority of Norrvik said. Captain Olaf Brandis told Radio Tessin that the engine had failed. All "
        "112 were brought to Norrvik by 23.45; repairs will cost 4.8 million euros.",
    ),
    ("ferry", "fr"): (
        "Le ferry Meridian s'échoue au large de Kellan Point",
        "Le ferry Meridian s'est échoué lundi au large de Kellan Point avec 112 passagers à bord, selon "
        "l'autorité portuaire de Norrvik. Le capitaine Olaf Brandis a dit à Radio Tessin que le moteur était "
        "en panne. Les 112 ont gagné Norrvik ; les réparations coûteront 4,8 millions d'euros.",
    ),
    ("ferry", "ar"): (
        "جنوح العبارة ميريديان قبالة كيلان بوينت",
        "جنحت العبارة ميريديان يوم الاثنين قبالة كيلان بوينت وعلى متنها 112 راكبا، حسب سلطة ميناء نورفيك. "
        "وقال القبطان أولاف برانديس لراديو تيسين إن المحرك تعطل. ونقل الركاب وعددهم 112 إلى نورفيك، "
        "وستكلف الإصلاحات 4.8 مليون يورو.",
    ),
    ("ferry", "zh"): (
        "渡轮Meridian号搁浅",
        "渡轮Meridian号星期一在Kellan Point附近搁浅，船上有112名乘客，Norrvik港务局说。船长Olaf Brandis告诉"
        "Tessin电台，发动机出了故障。112人全部被送往Norrvik，修理费用为480万欧元。",
    ),
    ("trial", "en"): (
        "Court fines Castellan Paper 18.4 million",
        "The High Court in Branstad fined Castellan Paper 18.4 million crowns on Thursday for poisoning the "
        "river Ashwell in 2019. Judge Miriam Okafor said 7,350 fish had died. The company, owned by Dietmar "
        "Vosskamp, has 28 days to appeal to the court in Lindholm.",
    ),
    ("trial", "fr"): (
        "Castellan Paper condamné à 18,4 millions",
        "La Haute Cour de Branstad a condamné jeudi Castellan Paper à 18,4 millions de couronnes pour avoir "
        "pollué la rivière Ashwell en 2019. La juge Miriam Okafor a parlé de 7 350 poissons morts. La "
        "société de Dietmar Vosskamp a 28 jours pour faire appel à Lindholm.",
    ),
    ("trial", "ar"): (
        "تغريم شركة كاستيلان 18.4 مليون",
        "غرمت المحكمة العليا في برانستاد يوم الخميس شركة كاستيلان للورق 18.4 مليون كرونة لتلويثها نهر أشويل "
        "عام 2019. وقالت القاضية ميريام أوكافور إن 7350 سمكة نفقت. ولدى الشركة التي يملكها ديتمار فوسكامب 28 "
        "يوما للاستئناف أمام محكمة ليندهولم.",
    ),
    ("trial", "zh"): (
        "Castellan Paper被罚1840万",
        "Branstad高等法院星期四判处Castellan Paper公司罚款1840万克朗，因其2019年污染Ashwell河。"
        "法官Miriam Okafor说有7350条鱼死亡。Dietmar Vosskamp拥有的这家公司可在28天内向Lindholm法院上诉。",
    ),
    ("match", "en"): (
        "Candil beat San Elmo 3-1 in cup final",
        "Deportivo Candil beat San Elmo 3-1 in the cup final on Saturday before 41,260 spectators in "
        "Penaventosa. Tomé Arrieta scored in minutes 17 and 63, Gustav Lindqvist in minute 88. It is the "
        "first title for coach Renata Falkenhorst since 1994.",
    ),
    ("match", "fr"): (
        "Candil bat San Elmo 3-1 en finale",
        "Le Deportivo Candil a battu San Elmo 3-1 samedi en finale de la coupe devant 41 260 spectateurs à "
        "Penaventosa. Tomé Arrieta a marqué aux 17e et 63e minutes, Gustav Lindqvist à la 88e. C'est le "
        "premier titre de l'entraîneuse Renata Falkenhorst depuis 1994.",
    ),
    ("match", "ar"): (
        "كانديل يهزم سان إلمو 3-1 في النهائي",
        "هزم ديبورتيفو كانديل فريق سان إلمو 3-1 يوم السبت في نهائي الكأس أمام 41260 متفرجا في بينافينتوسا. "
        "وسجل تومي أرييتا في الدقيقتين 17 و63 وغوستاف ليندكفيست في الدقيقة 88. وهو أول لقب للمدربة ريناتا "
        "فالكنهورست منذ 1994.",
    ),
    ("match", "zh"): (
        "Candil以3比1战胜San Elmo",
        "Deportivo Candil星期六在Penaventosa的杯赛决赛中以3比1战胜San Elmo，41260名观众到场。"
        "Tomé Arrieta在第17和63分钟进球，Gustav Lindqvist在第88分钟进球。"
        "这是教练Renata Falkenhorst自1994年以来的第一个冠军。",
    ),
    ("fire", "en"): (
        "Fire at Montvallon sawmill forces 620 from homes",
        "A fire at the Delacourt sawmill in Montvallon forced 620 people from their homes on Wednesday, the "
        "prefect Solange Perrichon said. Some 95 firefighters from Bellonde and Port-Serin fought it for 14 "
        "hours; 3,900 cubic metres of timber burnt.",
    ),
    ("fire", "fr"): (
        "Incendie à la scierie de Montvallon, 620 évacués",
        "Un incendie à la scierie Delacourt de Montvallon a forcé mercredi 620 habitants à quitter leur "
        "logement, a dit la préfète Solange Perrichon. Quelque 95 pompiers de Bellonde et de Port-Serin ont "
        "lutté 14 heures ; 3 900 mètres cubes de bois ont brûlé.",
    ),
    ("fire", "ar"): (
        "حريق في منشرة مونفالون وإجلاء 620",
        "أجبر حريق في منشرة ديلاكور في مونفالون 620 شخصا على مغادرة منازلهم يوم الأربعاء، كما قالت المحافظة "
        "سولانج بيريشون. وكافحه نحو 95 من رجال الإطفاء من بيلوند وبور سيران 14 ساعة، واحترق 3900 متر مكعب "
        "من الخشب.",
    ),
    ("fire", "zh"): (
        "Montvallon锯木厂起火，620人撤离",
        "Montvallon的Delacourt锯木厂星期三起火，620人被迫离家，省长Solange Perrichon说。"
        "来自Bellonde和Port-Serin的约95名消防员扑救了14小时，3900立方米木材被烧毁。",
    ),
    ("garden", "en"): (
        "Botanic garden shows a rare flower",
        "Visitors queued for two hours to see a flower that opens once in nine years. The botanic garden "
        "stays open until midnight, and school classes may come without paying. A keeper said that the smell "
        "was less terrible than everybody had feared.",
    ),
    ("bread", "fr"): (
        "Le prix du pain augmente encore",
        "Les boulangers de la région annoncent une hausse du prix du pain avant l'automne. La farine et "
        "l'électricité coûtent plus cher, disent-ils, et les clients comprennent. Une association demande "
        "que les cantines des écoles soient aidées.",
    ),
    ("bees", "ar"): (
        "مربو النحل يشكون قلة العسل",
        "يشكو مربو النحل في الجبال من قلة العسل هذا الموسم بسبب الجفاف وتأخر الأمطار. ويقول أحدهم إن الخلايا "
        "فقدت نصف ما كانت تنتجه، وإن الأسعار سترتفع في الأسواق قبل الشتاء المقبل.",
    ),
    ("library", "zh"): (
        "图书馆延长开放时间",
        "市立图书馆宣布今年夏天延长开放时间，读者周末也可以借还书籍，儿童阅览室会增加许多座位。馆长说，"
        "新的目录系统使查找变得容易，老年读者也可以请志愿者帮忙。",
    ),
}  # fmt: skip
TOLD_EVERYWHERE = ("ferry", "trial", "match", "fire")


def articles() -> list[dict[str, str]]:
    """All of them as they are sent, with ids like "ferry-en"."""
    return [
        {"id": f"{event}-{lang}", "title": title, "text": text, "lang": lang}
        for (event, lang), (title, text) in TOLD.items()
    ]
