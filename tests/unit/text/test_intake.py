"""Is every article accepted that can be stored, and every other one refused by name?"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidArticle, TooLarge
from service.text.intake import canonical_address, read_article, read_json


def test_reads_our_own_names() -> None:
    raw = {
        "id": "a1",
        "url": "https://example.org/a1",
        "outlet": "The Harbour Post",
        "title": "Ferry is back",
        "text": "The ferry is back.",
        "published": "2024-06-17T10:00:00Z",
        "lang": "en",
        "html": "<p>The ferry is back.</p>",
    }
    article = read_article(raw)
    assert {name: getattr(article, name) for name in raw} == raw
    assert article.extra == {}
    assert article.notes == ()


def test_reads_the_names_of_schema_org() -> None:
    article = read_article(
        {
            "@type": "NewsArticle",
            "headline": "Ferry is back",
            "articleBody": "The ferry is back.",
            "publisher": {"@type": "Organization", "name": "The Harbour Post"},
            "inLanguage": {"@type": "Language", "alternateName": "en"},
            "datePublished": "2024-06-17",
        }
    )
    assert (article.title, article.text, article.outlet) == (
        "Ferry is back",
        "The ferry is back.",
        "The Harbour Post",
    )
    assert (article.lang, article.published) == ("en", "2024-06-17")
    assert article.extra == {"@type": "NewsArticle"}


def test_our_own_name_wins_and_null_is_absent() -> None:
    raw = {"title": "Ours", "headline": "Theirs", "text": None, "articleBody": "Theirs too."}
    article = read_article(raw)
    assert (article.title, article.text) == ("Ours", "Theirs too.")


def test_unknown_fields_are_kept() -> None:
    extra = {"section": "sport", "tags": ["a", {"b": [1, 2.5, None, True]}], "n": 1 << 63}
    assert read_article({"id": "a", **extra}).extra == extra


@pytest.mark.parametrize("text", ["", " ", "\n\u200b", None])
def test_an_article_without_text_is_accepted(text: str | None) -> None:
    assert read_article({"id": "a", "text": text}).text == (text or "")


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"id": 5}, "id"),
        ({"id": "a\x00b"}, "id"),
        ({"id": "a\ud800"}, "id"),
        ({"id": "a\tb"}, "id"),
        ({"id": "  "}, "id"),
        ({"id": "a" * 257}, "id"),
        ({"id": "a", "title": ["x"]}, "title"),
        ({"id": "a", "headline": {"x": 1}}, "headline"),
        ({"id": "a", "text": 5}, "text"),
        ({"id": "a", "articleBody": False}, "articleBody"),
        ({"id": "a", "html": b"<p>"}, "html"),
        ({"id": "a", "published": True}, "published"),
        ({"id": "a", "published": float("nan")}, "published"),
        ({"id": "a", "lang": 1}, "lang"),
        ({"id": "a", "url": "https://example.org/" + "a" * 4_000}, "url"),
        ({"id": "a", "title": "a" * 2_001}, "title"),
        ({"id": "a", "extra": {"x": float("inf")}}, "unknown field"),
        ({"id": "a", "extra": 1 << 64}, "unknown field"),
        ({"id": "a", "extra": {1: 2}}, "names of fields"),
        ({"id": "a", "extra": object()}, "unknown field"),
        ({}, "at least one"),
        ({"outlet": "The Harbour Post", "title": " "}, "at least one"),
    ],
)
def test_refuses_and_names_the_field(raw: dict[Any, Any], named: str) -> None:
    with pytest.raises(InvalidArticle) as caught:
        read_article(raw)
    assert named in caught.value.detail
    assert caught.value.status == 422


@pytest.mark.parametrize("raw", [[], "text", 5, None])
def test_refuses_what_is_no_object(raw: Any) -> None:
    with pytest.raises(InvalidArticle, match="JSON object"):
        read_article(raw)


def test_extra_fields_may_not_nest_without_end() -> None:
    nested: Any = "x"
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(InvalidArticle, match="nests too deeply"):
        read_article({"id": "a", "extra": nested})


def test_all_that_read_json_lets_through_can_be_stored() -> None:
    document = b'{"id":"a","x":' + b"[" * 63 + b"1" + b"]" * 63 + b"}"
    assert read_article(read_json(document)).extra["x"]


def test_lone_surrogates_and_nul_are_removed_and_noted() -> None:
    raw = {"id": "a", "text": "be\x00fore\ud800 after", "title": "\x00T", "outlet": "\udfffO"}
    article = read_article({**raw, "extra": ["\ud800"]})
    assert (article.text, article.title, article.outlet) == ("before after", "T", "O")
    assert article.extra == {"extra": [""]}
    assert article.notes == (
        "outlet: 1 NUL characters or lone surrogates removed",
        "title: 1 NUL characters or lone surrogates removed",
        "text: 2 NUL characters or lone surrogates removed",
        "extra: 1 NUL characters or lone surrogates removed",
    )


def test_too_large_texts_are_refused_by_bytes() -> None:
    assert read_article({"id": "a", "text": "é" * 500, "html": "x" * 24}, max_bytes=1024)
    with pytest.raises(TooLarge, match="1024 bytes"):
        read_article({"id": "a", "text": "é" * 500, "html": "x" * 25}, max_bytes=1024)


@pytest.mark.parametrize("number", [0, 1437437773, 1437437773000, 1.5])
def test_dates_as_numbers_are_kept_as_given(number: float) -> None:
    assert read_article({"id": "a", "published": number}).published == repr(number)


@pytest.mark.parametrize("published", ["0001-01-01", "1970-01-01T00:00:00Z", "yesterday", "1437437773000"])
def test_dates_are_kept_as_given(published: str) -> None:
    assert read_article({"id": "a", "published": published}).published == published


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/2024/ferry",
        "https://example.org/2024/ferry/",
        "HTTPS://Example.org/2024/ferry#comments",
        "https://example.org/2024/ferry?utm_source=feed",
    ],
)
def test_one_address_gives_one_id(url: str) -> None:
    expected = read_article({"url": "https://example.org/2024/ferry", "text": "other"}).id
    assert read_article({"url": url}).id == expected
    assert expected.startswith("url-")


def test_what_matters_in_an_address_makes_another_id() -> None:
    ids = {read_article({"url": f"https://example.org/?article={n}"}).id for n in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x/y", "not a url", "http://[::1", "http://"])
def test_other_addresses_identify_nothing(url: str) -> None:
    assert canonical_address(url) == ""
    assert read_article({"url": url, "text": "x"}).id.startswith("text-")


def test_without_an_address_outlet_title_and_text_identify() -> None:
    base = {"outlet": "o", "title": "t", "text": "x"}
    changes = ({}, {"outlet": "p"}, {"title": "u"}, {"text": "y"})
    ids = [read_article({**base, **change}).id for change in changes]
    assert len(set(ids)) == 4
    assert read_article({**base, "published": "2024-01-01"}).id == ids[0]
    shifted = {"outlet": "ot", "title": "", "text": "x"}
    assert read_article(shifted).id != ids[0]


@given(st.dictionaries(st.sampled_from(["outlet", "title", "text", "url", "extra"]), st.text(), min_size=1))
def test_any_text_gives_an_article_that_can_be_stored_or_a_named_refusal(raw: dict[str, str]) -> None:
    try:
        article = read_article(raw)
    except InvalidArticle:
        return
    again = read_article(raw)
    assert again == article
    for value in (article.id, article.text, article.title, article.outlet, article.url):
        value.encode()
        assert "\x00" not in value
