"""What has to be known of an article before it can be sketched?

Composes the text floor: extract, clean, language, dates. Pure in the article and its time of arrival.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from service.model import Article, Span
from service.text.clean import Cleaned, clean
from service.text.dates import effective, from_page
from service.text.extract import Extracted, extract
from service.text.language import detect

Basis = Literal["given", "page", "unknown"]


class PreparedText(NamedTuple):
    """An article's text made ready: the fields of `model.Prepared` that come before the sketch."""

    title: str
    text: str
    spans: tuple[Span, ...]
    others: tuple[tuple[Span, ...], ...]
    lang: str
    lang_certain: bool
    published_at: float | None
    basis: Basis
    notes: tuple[str, ...]


def prepare_text(article: Article, arrived_at: float) -> PreparedText:
    """Find the article's text, its stories, language and date; `arrived_at` is in Unix seconds.

    >>> prepare_text(Article(id="a", text="Rain fell on the coast.", published="2024-06-17"), 2e9).basis
    'given'
    """
    page = _page(article)
    cleaned = clean(page.text, page.title)
    lang, certain = detect(_sample(page.text, cleaned), article.lang)
    published_at, basis, notes = _published(article.published, page, cleaned, lang, arrived_at)
    return PreparedText(
        cleaned.title,
        page.text,
        cleaned.spans,
        cleaned.others,
        lang,
        certain,
        published_at,
        basis,
        (*article.notes, *notes),
    )


def _page(article: Article) -> Extracted:
    """Return the article's own text, or what its HTML says if it came without; its own title comes first."""
    if article.text or not article.html:
        return Extracted(article.title, article.text, "")
    found = extract(article.html)
    return found._replace(title=article.title or found.title)


def _sample(text: str, cleaned: Cleaned) -> str:
    """Return what shows the article's language: its story, not the page's furniture."""
    spans = cleaned.spans
    return text[spans[0].start : spans[-1].end] if spans else cleaned.title


def _published(
    said: str, page: Extracted, cleaned: Cleaned, lang: str, arrived_at: float
) -> tuple[float | None, Basis, tuple[str, ...]]:
    """Return the sender's date if it can be trusted, else the page's, else none, and the notes on either."""
    given, notes = effective(said, arrived_at)
    if given is not None:
        return given, "given", notes
    stories = (*cleaned.spans, *(span for other in cleaned.others for span in other))
    shown, more_notes = effective(page.published or from_page(page.text, stories, lang), arrived_at)
    return shown, "unknown" if shown is None else "page", (*notes, *more_notes)
