"""What does a web page say, as plain text with a title and a date?

trafilatura finds the main text; where it finds nothing, or far less than the page shows, the visible text
goes on to `clean`. Size and nesting are checked before anything is parsed; nothing is fetched.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from service.errors import InvalidInput
from service.text.clean import clean, may_be_title
from service.text.lines import is_hard_wrapped, lines_of
from service.text.strict_json import read_json

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# libxml2 returns nothing beyond 256 levels; 100,000 nested tags took another parser 19 s.
_MOST_LEVELS = 200
_MOST_TAGS = 20_000  # an article's page has some 2,000; these take trafilatura 0.8 s

_FAR_LESS = 0.5  # of the story in the visible text: trafilatura dropped paragraphs
_GLUED = 1.5  # times the longest line of the visible text: it lost the breaks between paragraphs

# Comments, and tags with their slash and name. Every choice is final, so that matching is linear.
_MARKUP = re.compile(r"<!--(?:[^-]++|-(?!->))*+(?:-->)?|<([/!?]?)([a-zA-Z][a-zA-Z0-9:-]*+)?[^<>]*+>")
_SPACE = re.compile(r"\s+")
_LINE_BREAK = "\n"
_NEW_PARAGRAPH = "</p><p>"
_VERBATIM = frozenset(("pre", "script", "style"))
_BULLETS = frozenset("•·▪●■►")


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Elements that need no end tag, that are never shown, and that do not begin a new line.
_FLAT = _names(
    "area base br col embed hr img input link meta source track wbr p li dt dd option tr td th thead tbody "
    "tfoot colgroup optgroup rt rp"
)
_UNSEEN = _names("script style noscript template title svg iframe textarea select")
_INLINE = _names(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strong sub sup time "
    "tt u var wbr"
)

_TITLE_KEYS = ("og:title", "twitter:title", "headline", "dc.title")
_DATE_KEYS = (
    *("article:published_time", "datepublished", "og:published_time", "dc.date.issued", "dcterms.created"),
    *("parsely-pub-date", "publishdate", "pubdate", "dc.date", "date"),
)


class Extracted(NamedTuple):
    """A page's title, text and date of publication, each empty if the page does not have it."""

    title: str
    text: str
    published: str


def extract(html: str) -> Extracted:
    """Return what a page says: its main text, or all its visible text where no main text stands out.

    >>> extract("<html><h1>Rain on the coast</h1><p>It rained on Monday.</p></html>").title
    'Rain on the coast'
    """
    html = _with_line_breaks(html)
    visible = visible_text(html)
    tree = _parse(html) if _is_parseable(html) else None
    if tree is None:
        return Extracted("", visible, "")
    title, published = _metadata(tree, visible)
    if not may_be_title(title):  # a menu's entry or a kicker that was marked up as the heading
        title = clean(visible).title
    main = _main_text(tree)
    return Extracted(title, main if _says_enough(main, visible, title) else visible, published)


def visible_text(html: str) -> str:
    """Return all text of a page, block by block in lines, for pages of any depth in linear time."""
    pieces: list[str] = []
    for text, name in _text_and_tags(html):
        pieces.append(_SPACE.sub(" ", text))
        if name not in _INLINE:
            pieces.append("\n")
    lines = (line.strip() for line in entities.unescape("".join(pieces)).split("\n"))
    return "\n".join(line for line in lines if line)


def _text_and_tags(html: str) -> Iterator[tuple[str, str]]:
    """Yield each stretch of text that is shown, with the name of the tag after it."""
    position = 0
    unseen = ""
    for markup in _MARKUP.finditer(html):
        slash, name = markup[1], (markup[2] or "").lower()
        if unseen:
            if slash == "/" and name == unseen:
                unseen, position = "", markup.end()
            continue
        yield html[position : markup.start()], name or "wbr"  # a comment does not end a line
        position = markup.end()
        if not slash and name in _UNSEEN and not markup[0].endswith("/>"):
            unseen = name
    if not unseen:
        yield html[position:], ""


def _with_line_breaks(html: str) -> str:
    """Make paragraphs of what only looks like them: lines of plain text put into HTML, and <br> tags."""
    pieces: list[str] = []
    position = 0
    within = ""  # the element whose text has rules of its own
    for markup in _MARKUP.finditer(html):
        name = (markup[2] or "").lower()
        pieces.append(_with_paragraphs(html[position : markup.start()], within))
        pieces.append(_NEW_PARAGRAPH if name == "br" and not within else markup[0])
        position = markup.end()
        if name in _VERBATIM and within in ("", name):
            within = "" if markup[1] == "/" else name
    return "".join([*pieces, _with_paragraphs(html[position:], within)])


def _with_paragraphs(text: str, within: str) -> str:
    if _LINE_BREAK not in text or within in ("script", "style"):
        return text
    if within == "pre" or _is_plain_text(text.strip()):
        return f"<p>{text.replace(_LINE_BREAK, _NEW_PARAGRAPH)}</p>"
    return text


def _is_plain_text(text: str) -> bool:
    """Tell whether line breaks mean something here, where HTML takes them for spaces."""
    if any(not line.strip() or line.strip()[0] in _BULLETS for line in text.split("\n")):
        return True
    lines = lines_of(text)
    return len(lines) > 1 and not is_hard_wrapped(lines)


def _is_parseable(html: str) -> bool:
    """Tell whether a page is small and flat enough to be parsed, counting tags that can nest."""
    depth = deepest = tags = 0
    for markup in _MARKUP.finditer(html):
        tags += 1
        name = markup[2]
        if name and name.lower() not in _FLAT and not markup[0].endswith("/>"):
            depth = max(0, depth + (-1 if markup[1] == "/" else 1))
            deepest = max(deepest, depth)
    return deepest <= _MOST_LEVELS and tags <= _MOST_TAGS


def _parse(html: str) -> HtmlElement | None:
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        return lxml_html.document_fromstring(html.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None  # nothing in it


def _main_text(tree: HtmlElement) -> str:
    """Return what trafilatura takes for the main text; importing it takes 0.6 s, so only when needed."""
    import trafilatura

    text = trafilatura.extract(tree, include_comments=False, include_tables=True, with_metadata=False)
    return str(text or "")


def _says_enough(main: str, visible: str, title: str) -> bool:
    """Tell whether the main text neither lacks paragraphs that the page shows nor glues them to one."""
    if not main or _longest_line(main) > _GLUED * _longest_line(visible):
        return False
    return _story_length(main, title) >= _FAR_LESS * _story_length(visible, title)


def _longest_line(text: str) -> int:
    return max(map(len, text.split("\n")))


def _story_length(text: str, title: str) -> int:
    cleaned = clean(text, title)
    return sum(end - start for story in (cleaned.spans, *cleaned.others) for start, end in story)


def _metadata(tree: HtmlElement, visible: str) -> tuple[str, str]:
    """Return a page's title and date of publication from its metadata, else from its heading and <time>."""
    named = _named_metadata(tree)
    linked = _linked_data(tree)
    title = _first(named, _TITLE_KEYS) or _text(linked.get("headline")) or _heading(tree, visible)
    published = _first(named, _DATE_KEYS) or _text(linked.get("datePublished")) or _time_element(tree)
    return _SPACE.sub(" ", title).strip(), published.strip()


def _named_metadata(tree: HtmlElement) -> dict[str, str]:
    """Return the page's <meta> elements, first one of a name first, by lower-case name."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        found.setdefault(name.lower(), element.get("content") or "")
    return found


def _first(named: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((named[key] for key in keys if named.get(key)), "")


def _linked_data(tree: HtmlElement) -> dict[str, Any]:
    """Return the first JSON-LD object that describes an article; what is not strict JSON is passed over."""
    for element in tree.iter("script"):
        if element.get("type") == "application/ld+json":
            try:
                described = _article_in(read_json((element.text or "").encode()))
            except InvalidInput:
                continue
            if described:
                return described
    return {}


def _article_in(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "headline" in value and "datePublished" in value:
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := _article_in(part))), {})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _heading(tree: HtmlElement, visible: str) -> str:
    """Return the only <h1>, or else the <title>, without the site's name if the page shows it so."""
    headings = {text for element in tree.iter("h1") if (text := str(element.text_content()).strip())}
    if len(headings) == 1:
        return headings.pop()
    title = next((str(element.text_content()).strip() for element in tree.iter("title")), "")
    shown = [line for line in visible.split("\n") if may_be_title(line) and line in title]
    return max(shown, key=len, default=title)


def _time_element(tree: HtmlElement) -> str:
    """Return the date of the <time> that is marked as the article's, or of the only one."""
    times = [element for element in tree.iter("time") if element.get("datetime")]
    marked = [e for e in times if e.get("pubdate") is not None or e.get("itemprop") == "datePublished"]
    only = times if len({element.get("datetime") for element in times}) == 1 else []
    return next((str(element.get("datetime")) for element in (*marked, *only)), "")
