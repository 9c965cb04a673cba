"""Are words found in titles as they stand in the store, however it changes, and whatever the spelling?"""

from __future__ import annotations

from pathlib import Path

import pytest
from reports import DAM_NAHAR, DAM_SADA, FERRY_COURIER, LIBRARY
from statements import listening_to

from service.runner import EmbeddedEngine
from service.settings import Settings
from service.store import finder


def placed(engine: EmbeddedEngine, *articles: object) -> None:
    engine.ingest(articles)  # type: ignore[arg-type]
    engine.drain()


def found(engine: EmbeddedEngine, words: str) -> set[str]:
    """Titles of the stories that a search finds, and the same through their articles."""
    stories = {story.id for story in engine.store.stories.list(q=words).items}
    articles = engine.store.articles.search(words, 50)
    assert {article.story_id for article in articles} == stories
    return {article.id for article in articles}


@pytest.mark.parametrize("most", [1000, 0])
def test_a_search_follows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Whether the stories are named by the finder, or are so many that the database looks itself."""
    monkeypatch.setattr(finder, "MOST", most)
    monkeypatch.setattr(finder, "FEWEST_NEWER", 2)
    with EmbeddedEngine(Settings(data=tmp_path)) as engine:
        assert found(engine, "library") == set()
        placed(engine, LIBRARY, FERRY_COURIER)
        title = LIBRARY["title"].split()
        assert found(engine, title[0].upper()) == {"library"}
        assert found(engine, f"{title[-1][1:]} {title[0][:-1]}") == {"library"}  # parts, in any order
        assert found(engine, f"{title[0]} {FERRY_COURIER['title'].split()[0]}") == set()
        assert found(engine, "100%_") == set()
        placed(engine, {**LIBRARY, "title": "Quite another heading"})
        assert found(engine, "another head") == {"library"}
        assert found(engine, title[0]) == set()
        placed(
            engine,
            *({**LIBRARY, "id": f"n{n}", "text": f"{n} " * 9, "title": f"Number{n}"} for n in range(5)),
        )
        assert found(engine, "number3") == {"n3"}
        engine.delete("n3")
        engine.drain()
        assert found(engine, "number3") == set()
        assert found(engine, "number4") == {"n4"}


def test_a_language_is_found_by_its_whole_name(tmp_path: Path) -> None:
    with EmbeddedEngine(Settings(data=tmp_path)) as engine:
        placed(engine, LIBRARY, FERRY_COURIER, DAM_SADA)

        def listed(lang: str, q: str | None = None) -> set[str]:
            return {story.title for story in engine.store.stories.list(lang=lang, q=q).items}

        assert listed("en") == {LIBRARY["title"], FERRY_COURIER["title"]}
        assert listed("ar") == {DAM_SADA["title"]}
        assert listed("en", LIBRARY["title"].split()[0]) == {LIBRARY["title"]}
        for other in ("e", "n", "xx", "en-GB", "\x01", "\x02", "%", ""):
            assert listed(other) == set()


def test_a_language_that_nobody_uses_reads_no_stories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read them all: .1 s of a processor over 50,000."""
    with EmbeddedEngine(Settings(data=tmp_path)) as engine:
        placed(engine, LIBRARY, DAM_SADA)
        engine.store.stories.list(lang="ar")
        asked: list[str] = []

        with listening_to(lambda _, statement, __: asked.append(statement)):
            assert engine.store.stories.list(lang="xx").items == ()
            assert not [statement for statement in asked if "FROM stories" in statement]
            engine.store.stories.list(lang="ar")
            assert [statement for statement in asked if "FROM stories" in statement]


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("إعادة فتح المدرسة", "اعاده المدرسه"),
        ("أُعيد فتحُ المدرسةِ", "اعيد فتح"),
        ("على المستشفى", "علي المستشفي"),
        ("آثار ٢٠٢٤", "أثار 2024"),
        ("الحـــكومة", "حكومه"),
    ],
)
def test_arabic_spellings_find_the_same(tmp_path: Path, title: str, asked: str) -> None:
    with EmbeddedEngine(Settings(data=tmp_path)) as engine:
        placed(engine, DAM_SADA, {**DAM_NAHAR, "id": "asked", "title": title})
        assert "asked" in {article.id for article in engine.store.articles.search(asked, 50)}
        assert found(engine, asked) == found(engine, title)
