"""Which pages do the tests of cleaning and extraction share? All of our own writing."""

import os
from html import escape
from pathlib import Path

ENGLISH_STORY = (
    "The harbour ferry returned to service on Monday after eleven weeks in dry dock, the port said.\n"
    "Engineers replaced both propellers and found a crack in the rudder that had gone unnoticed for years.\n"
    "“We would rather be late than sorry,” said the harbour master, Ilse Brand. She promised extra trips."
)
ENGLISH_TITLE = "Harbour ferry sails again after eleven weeks"
ENGLISH_PAGE = f"""Home | News | Sport | Weather | Contact
The Harbour Post
{ENGLISH_TITLE}
17 June 2024, 10:30
{ENGLISH_TITLE}
Photo: the ferry at her berth
{ENGLISH_STORY}
Share this
Read also
Lighthouse keeper retires at ninety
Six boats race for the autumn cup
Leave a reply
Name *
E-mail *
Your address will not be published. Required fields are marked *
© 2024 The Harbour Post. All rights reserved
"""

ARABIC_STORY = (
    "استأنفت عبّارة الميناء رحلاتها صباح الاثنين بعد أحد عشر أسبوعا في حوض الإصلاح، حسب سلطة الميناء.\n"
    "وقال مهندسون إنهم استبدلوا المروحتين واكتشفوا شرخا في الدفة لم ينتبه إليه أحد طوال سنوات عديدة.\n"
    "وأضافت مديرة الميناء أن السلامة تسبق المواعيد، ووعدت برحلات إضافية خلال الأسابيع المقبلة"
    " حتى يتمكن سكان الجزيرة من زيارة أهلهم في المدينة قبل نهاية الصيف وبداية الموسم الدراسي الجديد"
)
ARABIC_TITLE = "عبارة الميناء تبحر من جديد بعد أحد عشر أسبوعا"
ARABIC_PAGE = f"""• سباق القوارب ينطلق السبت المقبل
• تقاعد حارس المنارة
عاجل
الاثنين 17 حزيران / يونيو 2024 على الساعة 10:30
{ARABIC_TITLE}
بريد الساحل -
{ARABIC_TITLE}
{ARABIC_STORY}
قد يهمك أيضا
تقاعد حارس المنارة في التسعين من عمره
GMT 08:57 2023 الاثنين ,05 شباط / فبراير
الاسم *
البريد الإلكتروني *
جميع الحقوق محفوظة 2024 ©
"""

FRENCH_STORY = (
    "Le bac du port a repris son service lundi après onze semaines en cale sèche, a annoncé le port.\n"
    "Les ingénieurs ont remplacé les deux hélices et découvert une fissure du gouvernail inaperçue.\n"
    "« Mieux vaut tard que jamais », a dit la capitaine du port, qui promet d'autres traversées."
)

FIRST_STORY = (
    f"{ARABIC_STORY}.\n"
    "وتنقل عبّارة الميناء نحو ألف مسافر في اليوم، وقد توقفت رحلاتها أحد عشر أسبوعا بسبب إصلاح المروحتين."
)
SECOND_STORY = (
    "من جهة أخرى، افتتح وزير الفلاحة معرض الزيتون في قرية الجبل بحضور مئات المزارعين والتجار والزوار.\n"
    "وتشارك في المعرض ستون تعاونية تعرض زيوتا ومصبرات وصابونا تقليديا، وتستمر أنشطته خمسة أيام كاملة.\n"
    "من جهة أخرى، وعد الوزير التعاونيات بقروض ميسرة لشراء معاصر حديثة تقتصد الماء والكهرباء."
)

FURNITURE = """<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>"""
ASIDE = """<aside><h3>Most read</h3><a href="/1">Ten things nobody knows about cheese</a></aside>"""
FOOTER = """<footer><p>About us</p><p>© 2024 All rights reserved</p></footer>"""


def paragraphs(text: str, tag: str = "p") -> str:
    return "".join(f"<{tag}>{escape(line)}</{tag}>" for line in text.split("\n") if line.strip())


def _page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{FURNITURE}{body}{ASIDE}{FOOTER}</body></html>"


# The ways in which text comes as HTML.
WRAPPINGS = {
    "paragraphs": lambda text: _page(f"<main><article>{paragraphs(text)}</article></main>"),
    "paragraphs on lines": lambda text: _page("<article>\n" + paragraphs(text).replace("</p>", "</p>\n")),
    "a named section": lambda text: _page(f"<article>{paragraphs(text)}</article>", "<title>News</title>"),
    "divisions": lambda text: _page(f"<div>{paragraphs(text, 'div')}</div>"),
    "breaks": lambda text: _page("<div>" + "<br>".join(map(escape, text.split("\n"))) + "</div>"),
    "bare text": lambda text: _page(f"<article>{escape(text)}</article>"),
    "preformatted": lambda text: _page(f"<pre>{escape(text)}</pre>"),
    "a layout table": lambda text: f"<table><tr><td>{FURNITURE}</td><td>{paragraphs(text)}</td></tr></table>",
    "a fragment": paragraphs,
}


def shared_folder() -> Path:
    """Return where the shared seeds and data are, if they are on this machine."""
    default = Path(__file__).resolve().parents[4] / "shared"
    return Path(os.environ.get("SAMESTORY_SHARED", default))


def seed_pages() -> dict[str, str]:
    """Return the real pages by their number; none where they are not: they are not ours to distribute."""
    return {path.name[:3]: path.read_text() for path in sorted(shared_folder().glob("seeds/*.txt"))}
