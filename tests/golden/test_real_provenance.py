"""Are the sentences of the communique that two real pages quote told from all others?

Where the real pages are not at hand the record says so; our own seeds of the same shapes are traced in
`tests/pipeline/test_story_provenance.py` either way.
"""

from __future__ import annotations

from pathlib import Path

from service import pipeline
from service.provenance import provenance
from service.settings import Settings
from tests.golden.conftest import Say
from tests.unit.text.pages import seed_pages

NOW = 1_750_000_000.0


def test_the_communique_of_the_real_pages_is_a_common_source(tmp_path: Path, say: Say) -> None:
    pages = {id: text for id, text in seed_pages().items() if id in ("000", "001")}
    say(f"{len(pages)} of the two real pages are on this machine: {'traced' if pages else 'not traced'}")
    if not pages:
        return
    settings = Settings(data=tmp_path)
    with pipeline.open_store(settings) as store:
        owner, sketcher = pipeline.rebuild_owner(store, settings, NOW), pipeline.make_sketcher(store)
        raws = [{"id": id, "outlet": f"Outlet {id}", "text": text} for id, text in pages.items()]
        pipeline.ingest(store, sketcher, raws, NOW)
        pipeline.place(store, owner, 10, NOW)
        story_of = store.stories.assignments()
        assert story_of["000"] == story_of["001"]
        for article in provenance(store, story_of["000"]).articles:
            origins = {sentence.origin for sentence in article.sentences}
            assert origins == {"common_source", "unique"}  # nobody copied from the other
            others = [span for part in store.articles.text(article.article_id).others for span in part]
            assert bool(others) == (article.article_id == "000")
            for sentence in article.sentences:  # the page's second story is no part of it
                assert all(sentence.span.end <= o.start or sentence.span.start >= o.end for o in others)
