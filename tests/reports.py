"""Which reports do the tests of the doors send? Invented ones: three events in two languages."""

from __future__ import annotations

from typing import Any

COMMUNIQUE = (
    "The harbour authority confirms that the ferry Meridian ran aground at a quarter past six this "
    "morning on the "
    "sandbank off Kellan Point, that all one hundred and twelve passengers were brought ashore by "
    "lifeboat, and that "
    "no fuel has leaked into the bay."
)
BAYAN = (
    "تعلن وزارة الموارد المائية أن سد وادي الريحان بلغ طاقته التخزينية الكاملة فجر اليوم للمرة "
    "الأولى منذ تشييده، "
    "وأن فرق الصيانة فتحت البوابات الثلاث تدريجيا حفاظا على سلامة القرى الواقعة أسفل المجرى."
)

FERRY_COURIER: dict[str, Any] = {
    "id": "ferry-courier",
    "outlet": "Kellan Courier",
    "title": "Ferry runs aground off Kellan Point, passengers safe",
    "url": "https://courier.example/news/ferry",
    "published": "2024-03-05T09:10:00Z",
    "lang": "en",
    "text": "Lifeboats were called out before dawn on Tuesday after the Meridian struck a sandbank "
    "in thick fog.\n\n"
    f"{COMMUNIQUE}\n\n"
    "Passengers who spoke to the Courier described a long scraping noise and then silence. A relief "
    "crossing is "
    "planned for the afternoon tide, and tickets for the morning sailing stay valid until the end "
    "of the week.",
}
FERRY_LEDGER: dict[str, Any] = {
    "id": "ferry-ledger",
    "outlet": "The Island Ledger",
    "title": "All rescued as Meridian strikes sandbank",
    "url": "https://ledger.example/2024/meridian",
    "published": "2024-03-05T11:40:00Z",
    "lang": "en",
    "text": "The island's only car ferry will be out of service for days, its operator said, while "
    "divers look at "
    f"the hull.\n\n{COMMUNIQUE}\n\nShops on the western quay expect late deliveries. The council has "
    f"asked two "
    "fishing cooperatives to carry medicine and post until the vessel floats again.",
}
LIBRARY: dict[str, Any] = {
    "id": "library",
    "outlet": "Kellan Courier",
    "title": "Town library to open on Sundays from April",
    "url": "https://courier.example/news/library",
    "published": "2024-03-05T10:00:00Z",
    "lang": "en",
    "text": "Readers in Kellan will be able to borrow books seven days a week from next month. "
    "Councillors voted by "
    "nine to four for the longer hours, which are paid for by the sale of an old depot. Volunteers "
    "will staff the "
    "children's corner, and a reading group in three languages meets there for the first time on "
    "Easter Monday.",
}
DAM_NAHAR: dict[str, Any] = {
    "id": "dam-nahar",
    "outlet": "صحيفة ضفاف",
    "title": "سد وادي الريحان يمتلئ للمرة الأولى",
    "url": "https://difaf.example/dam",
    "published": "2024-03-06T06:00:00+03:00",
    "lang": "ar",
    "text": "تدفقت السيول بعد ثلاثة أيام من الأمطار المتواصلة على المرتفعات الجنوبية، فامتلأت "
    "الأودية المغذية للسد.\n\n"
    f"{BAYAN}\n\n"
    "وقال مزارعون من قرية العين إنهم لم يروا منسوب المياه بهذا الارتفاع منذ طفولتهم، وإن موسم القمح "
    "سيكون وفيرا.",
}
DAM_SADA: dict[str, Any] = {
    "id": "dam-sada",
    "outlet": "صدى الوادي",
    "title": "فتح بوابات السد حفاظا على القرى",
    "url": "https://sada.example/2024/gates",
    "published": "2024-03-06T08:30:00+03:00",
    "lang": "ar",
    "text": "نقلت فرق الدفاع المدني عشر أسر من منازلها القريبة من المجرى إلى مدرسة في البلدة احتياطا.\n\n"
    f"{BAYAN}\n\n"
    "وأغلقت البلدية الجسر القديم أمام المركبات حتى إشعار آخر، ودعت السكان إلى الابتعاد عن ضفاف الوادي.",
}
REPORTS = [FERRY_COURIER, FERRY_LEDGER, LIBRARY, DAM_NAHAR, DAM_SADA]
