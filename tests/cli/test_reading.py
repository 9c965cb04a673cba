"""Which articles do files hold? Every format, and every way in which one line can be wrong."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import orjson
import pytest

from service.cli.reading import Item, read, sources
from service.errors import InvalidArticle, InvalidInput, TooLarge, UnreadableFile, UnreadableInput
from service.warc import pages

LIMIT = 1000


def all_items(*paths: Path | str, limit: int = LIMIT) -> list[Item]:
    return [item for source in sources(map(str, paths)) for item in read(source, limit)]


def test_json_lines_come_in_order_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": "1"}\n\n{"id": "2"}', encoding="utf-8")
    items = all_items(file)
    assert [item.raw for item in items] == [{"id": "1"}, {"id": "2"}]
    assert [item.place for item in items] == [f"{file}:1", f"{file}:3"]
    assert items[-1].position == file.stat().st_size


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id": "1"}\n{"id": "2"}\n'))
    assert [item.raw for item in all_items(file)] == [{"id": "1"}, {"id": "2"}]


def record(address: str, status: str, kind: str, body: bytes) -> bytes:
    """One record of a web archive."""
    http = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {address}\r\n"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    return head.encode() + http + b"\r\n\r\n"


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_that_is_cut_within_a_record_says_so_wherever_that_is(packed: bool) -> None:
    """And loses no page that is whole. What follows a page's last byte may be missing."""
    made = [record(f"https://h.example/{n}", "200", "text/html", b"<p>one</p>" * 9) for n in range(2)]
    parts = [gzip.compress(one) for one in made] if packed else made
    whole, first = b"".join(parts), len(parts[0])
    least = 1 if packed else len(b"\r\n\r\n")
    for end in range(3, len(whole) + 1):
        found = [one for _, one, _ in pages(BytesIO(whole[:end]), 1000)]
        good = [one for one in found if isinstance(one, dict)]
        assert len(good) >= (end >= first) + (end == len(whole)), end
        if end in (first, len(whole)):
            assert len(good) == len(found)
        elif not first - least <= end < first and not len(whole) - least <= end:
            assert isinstance(found[-1], UnreadableFile), end
    (*_, told) = (one for _, one, _ in pages(BytesIO(whole[:-20]), 1000))
    assert "cut off within a record" in str(told)


def test_an_archive_is_unpacked_no_further_than_asked() -> None:
    bomb = gzip.compress(record("https://h.example/", "200", "text/html", b" " * 3_000_000))
    found = [one for _, one, _ in pages(BytesIO(bomb * 3), 1000, 7_000_000)]
    assert [type(one) for one in found] == [TooLarge, TooLarge, TooLarge]
    assert "7000000 bytes are unpacked" in str(found[-1])


@pytest.mark.parametrize(
    "endless", [b"WARC/1.0\r\n" + b"a: b\r\n" * 50_000, b"\n" * 200_000, b"filedesc://" + b"x" * 200_000]
)
def test_a_head_without_end_is_given_up(endless: bytes) -> None:
    """However small it is packed; so are formats that are no WARC."""
    [(_, told, _)] = pages(BytesIO(gzip.compress(endless * 10)), 1000)
    assert isinstance(told, UnreadableFile)


def test_a_web_archive_gives_its_pages(tmp_path: Path) -> None:
    """Packed record by record; what is no page is passed over, what is broken ends it and says so."""
    file = tmp_path / "news.warc.gz"
    file.write_bytes(
        b"".join(
            gzip.compress(record(f"https://h.example/{name}", status, kind, body))
            for name, status, kind, body in (
                ("1", "200 OK", "text/html; charset=windows-1256", "خبر".encode("windows-1256")),
                ("robots.txt", "200 OK", "text/plain", b"no"),
                ("old", "301 Moved", "text/html", b"no"),
                ("large", "200 OK", "text/html", b"x" * 2000),
                ("bomb", "200 OK", "text/html", b"0" * (4 << 20)),
            )
        )
    )
    items = all_items(file)
    assert items[0].raw == {"url": "https://h.example/1", "outlet": "h.example", "html": "خبر"}
    assert [type(item.raw) for item in items[1:]] == [TooLarge, TooLarge]
    file.write_bytes(file.read_bytes() + b"what follows is no record\r\n")
    assert isinstance(all_items(file)[-1].raw, UnreadableFile)
    (tmp_path / "no.warc").write_bytes(b"nothing of the kind\n")
    [item] = all_items(tmp_path / "no.warc")
    assert isinstance(item.raw, UnreadableFile)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"not json", InvalidInput),
        (b'{"id": "1", "id": "2"}', InvalidInput),
        (b'{"score": NaN}', InvalidInput),
        (b'{"text": "\xff"}', InvalidInput),
        (b"[1, 2]", InvalidArticle),
        (b'{"text": "' + b"x" * LIMIT + b'"}', TooLarge),
    ],
)
def test_a_bad_line_costs_the_others_nothing(tmp_path: Path, line: bytes, kind: type[Exception]) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"id": "before"}\n' + line + b'\n{"id": "after"}\n')
    before, bad, after = all_items(file)
    assert (before.raw, after.raw) == ({"id": "before"}, {"id": "after"})
    assert isinstance(bad.raw, kind)
    assert bad.place == f"{file}:2"


def test_a_line_that_is_much_too_long_is_not_read_into_memory(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"x" * (3 << 20) + b'\n{"id": "after"}\n')
    bad, after = all_items(file)
    assert isinstance(bad.raw, TooLarge)
    assert after.raw == {"id": "after"}


def test_pages_take_their_names_as_ids(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_bytes("\ufeffplain ف".encode())
    (tmp_path / "deep" / "a.html").write_text("<p>page</p>", encoding="utf-8")
    (tmp_path / "ignored.csv").write_text("x", encoding="utf-8")
    items = all_items(tmp_path)
    assert [item.raw for item in items] == [
        {"id": "b", "text": "plain ف"},
        {"id": "deep/a", "html": "<p>page</p>"},
    ]
    assert all_items(tmp_path / "b.txt")[0].raw == {"id": "b", "text": "plain ف"}


def test_a_page_that_is_not_utf8_or_too_large_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc \xe9")
    (tmp_path / "b.txt").write_bytes(b"x" * (LIMIT + 1))
    first, second = (item.raw for item in all_items(tmp_path))
    assert isinstance(first, InvalidInput)
    assert "byte 4" in str(first)
    assert isinstance(second, TooLarge)


def test_a_format_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "dump.log"
    file.write_bytes(orjson.dumps({"id": "1"}))
    (source,) = sources([str(file)], "jsonl")
    assert [item.raw for item in read(source, LIMIT)] == [{"id": "1"}]


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableInput):
        sources([str(tmp_path / name)])


def test_a_damaged_gzip_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id": "1"}\n' * 1000)[:-20])
    with pytest.raises(UnreadableInput, match=r"a\.jsonl\.gz"):
        all_items(file)
