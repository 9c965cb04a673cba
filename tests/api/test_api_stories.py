"""Do stories answer as the contract says? Lists, cursors, members, evidence, history, pairs, matches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from reports import COMMUNIQUE, DAM_NAHAR, DAM_SADA, FERRY_COURIER, FERRY_LEDGER, REPORTS
from serving import Served, served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service of its own that holds nothing but the reports."""
    with served(tmp_path_factory.mktemp("stories")) as running:
        running.post_articles(REPORTS)
        yield running


def get(service: Served, path: str, **query: Any) -> Any:
    answer = service.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def story_of(service: Served, article_id: str) -> str:
    return str(get(service, f"/v1/articles/{article_id}")["story_id"])


def listed(service: Served, **query: Any) -> set[str]:
    return {story["id"] for story in get(service, "/v1/stories", **query)["stories"]}


def test_reports_of_one_event_are_in_one_story(service: Served) -> None:
    ferry = story_of(service, "ferry-courier")
    assert ferry == story_of(service, "ferry-ledger")
    assert len({ferry, story_of(service, "library"), story_of(service, "dam-sada")}) == 3
    assert story_of(service, "dam-nahar") == story_of(service, "dam-sada")


def test_a_story_carries_what_the_contract_names(service: Served) -> None:
    story = get(service, f"/v1/stories/{story_of(service, 'ferry-courier')}")
    assert (story["status"], story["life"], story["merged_into"]) == ("live", "active", None)
    assert (story["article_count"], story["outlet_count"], story["languages"]) == (2, 2, ["en"])
    assert story["title"] in (FERRY_COURIER["title"], FERRY_LEDGER["title"])
    assert story["first_published"] == FERRY_COURIER["published"]
    assert story["latest_published"] == FERRY_LEDGER["published"]
    founder, second = story["members"]
    assert (founder["relation"], founder["linked_to"], founder["score"]) == (None, None, 1.0)
    assert second["relation"] in ("shared_passages", "near_duplicate")
    assert second["linked_to"] == founder["article_id"]
    assert second["evidence"]["linked"] is True
    assert "passages" in second["evidence"]


def test_lists_are_filtered(service: Served) -> None:
    ferry, library, dam = (story_of(service, id) for id in ("ferry-courier", "library", "dam-sada"))
    assert listed(service) == {ferry, library, dam}
    assert listed(service, outlet="Kellan Courier") == {ferry, library}
    assert listed(service, lang="ar") == {dam}
    assert listed(service, min_outlets=2) == {ferry, dam}
    assert listed(service, since="2024-03-06T00:00:00Z") == {dam}
    assert listed(service, until="2024-03-05") == set()
    assert listed(service, until="2024-03-05T12:00:00") == {ferry, library}


def test_titles_are_searched_folded(service: Served) -> None:
    ferry, dam = story_of(service, "ferry-courier"), story_of(service, "dam-sada")
    assert listed(service, q="KELLAN ferry") == {ferry}
    assert listed(service, q="sandbank") == {ferry}
    assert listed(service, q="للمره الاولي") == {dam}
    assert listed(service, q="لِلمَرّة الأُولى") == {dam}
    assert listed(service, q="100%_") == set()


@pytest.mark.parametrize("sort", ["latest", "first", "size", "hot"])
def test_every_order_is_read_whole_page_by_page(service: Served, sort: str) -> None:
    whole = [story["id"] for story in get(service, "/v1/stories", sort=sort)["stories"]]
    found, cursor = [], None
    while True:
        page = get(service, "/v1/stories", sort=sort, limit=1, **({"cursor": cursor} if cursor else {}))
        found += [story["id"] for story in page["stories"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole
    assert len(set(found)) == 3


def test_a_cursor_of_another_list_is_refused(service: Served) -> None:
    cursor = get(service, "/v1/stories", limit=1)["next"]
    for path in ("/v1/stories?sort=size", "/v1/stories?lang=ar", "/v1/articles?"):
        assert service.client.get(f"{path}&cursor={cursor}").status_code == 400


def test_members_are_read_page_by_page(service: Served) -> None:
    path = f"/v1/stories/{story_of(service, 'dam-sada')}/articles"
    first = get(service, path, limit=1)
    second = get(service, path, limit=1, cursor=first["next"])
    found = [page["members"][0]["article_id"] for page in (first, second)]
    assert found == ["dam-nahar", "dam-sada"]
    assert second["next"] is None


def test_evidence_and_lineage_of_a_story(service: Served) -> None:
    ferry = story_of(service, "ferry-courier")
    links = get(service, f"/v1/stories/{ferry}/explain")["links"]
    assert [{link["a"], link["b"]} for link in links] == [{"ferry-courier", "ferry-ledger"}]
    told = get(service, f"/v1/stories/{ferry}/lineage")
    assert (told["story_id"], told["resolves_to"], told["split_from"]) == (ferry, ferry, None)
    lineage = told["lineage"]
    assert lineage[1]["cause_kind"] == "evidence"
    assert {lineage[1]["evidence"]["a"], lineage[1]["evidence"]["b"]} == {"ferry-courier", "ferry-ledger"}
    assert lineage[1]["summary"] == "ferry-ledger joined, by the evidence when an article was placed."
    assert lineage[0]["transition"] == "emerged"
    assert {id for entry in lineage for id in entry["article_ids"]} == {"ferry-courier", "ferry-ledger"}
    similar = get(service, "/v1/articles/ferry-ledger/similar")["links"]
    assert {similar[0]["a"], similar[0]["b"]} == {"ferry-courier", "ferry-ledger"}


def test_sentences_are_traced(service: Served) -> None:
    found = get(service, f"/v1/stories/{story_of(service, 'ferry-courier')}/provenance")
    assert found["left_out"] == 0
    for article in found["articles"]:
        assert {one["origin"] for one in article["sentences"]} == {"unique", "common_source"}
        shared = [one["text"] for one in article["sentences"] if one["origin"] == "common_source"]
        assert all(text.rstrip(".") in COMMUNIQUE for text in shared)


def test_unknown_stories_are_404(service: Served) -> None:
    for tail in ("", "/articles", "/explain", "/lineage", "/provenance"):
        assert service.client.get(f"/v1/stories/none{tail}").status_code == 404


def test_a_pair_of_one_story_shows_its_passage_in_both_texts(service: Served) -> None:
    pair = get(service, "/v1/pairs/ferry-courier/ferry-ledger")
    assert pair["same_story"] is True
    assert pair["reasons"]
    longest = max(pair["passages"], key=lambda passage: len(passage["text_a"]))
    assert longest["text_a"] in COMMUNIQUE
    assert len(longest["text_a"]) > 0.9 * len(COMMUNIQUE)
    for side, article in (("a", FERRY_COURIER), ("b", FERRY_LEDGER)):
        start, end = longest[side]
        assert article["text"][start:end] == longest[f"text_{side}"]


def test_a_pair_of_two_stories_says_why_not(service: Served) -> None:
    pair = get(service, "/v1/pairs/ferry-courier/library")
    assert (pair["same_story"], pair["evidence"]["linked"], pair["passages"]) == (False, False, [])
    assert pair["why_not"]
    assert service.client.get("/v1/pairs/ferry-courier/none").status_code == 404


def test_a_match_finds_the_story_and_stores_nothing(service: Served) -> None:
    before = service.engine.store.last_change()
    sent = {"title": "سد وادي الريحان", "text": DAM_SADA["text"], "lang": "ar"}
    answer = service.client.post("/v1/match", json=sent)
    assert answer.status_code == 200
    best = answer.json()["matches"][0]
    assert best["story_id"] == story_of(service, "dam-nahar")
    assert best["evidence"]["probability"] > 0.5
    assert service.engine.store.last_change() == before
    nothing = {"text": "Quite another matter, of which nobody here ever wrote a word in any of the papers."}
    matches = service.client.post("/v1/match", json=nothing).json()["matches"]
    assert not any(match["evidence"]["linked"] for match in matches)
    assert service.client.post("/v1/match", json={"text": 7}).status_code == 422
    assert service.client.post("/v1/match", json=[DAM_NAHAR]).status_code == 400


def test_every_get_is_conditional(service: Served) -> None:
    ferry = story_of(service, "ferry-courier")
    documents = ["/v1/stories", f"/v1/stories/{ferry}", "/v1/articles/library", "/v1/changes"]
    for path in [*documents, "/", f"/stories/{ferry}", "/compare/ferry-courier/library"]:
        first = service.client.get(path)
        again = service.client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert service.client.head(path).headers["etag"] == first.headers["etag"]


def test_a_tag_changes_with_its_story(tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("tags")) as service:
        service.post_articles(FERRY_COURIER)
        path = f"/v1/stories/{story_of(service, 'ferry-courier')}"
        tag = service.client.get(path).headers["etag"]
        service.post_articles(DAM_NAHAR)
        assert service.client.get(path, headers={"if-none-match": tag}).status_code == 304
        service.post_articles(FERRY_LEDGER)
        assert service.client.get(path, headers={"if-none-match": tag}).status_code == 200


def test_a_story_names_what_is_beside_it_and_why(service: Served) -> None:
    for number in (1, 2):
        words = " ".join(f"w{number}{n}x" for n in range(60))
        beside = {"id": f"beside-{number}", "title": f"Zephyrine Ottokar {number}", "text": words}
        service.post_articles({**beside, "outlet": f"Beside {number}"})
    stories = [service.client.get(f"/v1/articles/beside-{n}").json()["story_id"] for n in (1, 2)]
    (one,) = service.client.get(f"/v1/stories/{stories[0]}/related").json()["related"]
    assert one["story"]["id"] == stories[1]
    assert [(reason["kind"], set(reason["words"])) for reason in one["reasons"]] == [
        ("words", {"Zephyrine", "Ottokar"})
    ]
    assert service.client.get("/v1/stories/nothing/related").status_code == 404
    for number in (1, 2):
        service.client.delete(f"/v1/articles/beside-{number}")
