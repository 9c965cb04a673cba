"""Which letters are these bytes? What is valid UTF-8 is UTF-8, whatever is claimed; else what was declared,
else a guess.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python knows further ones, of which some (punycode) take quadratic time.
KNOWN = re.compile(
    r"(utf-?(8|16|32)(le|be)?|us-ascii|iso-?8859-?\d{1,2}|iso-2022-jp|windows-?\d{3,4}|cp\d{3,4}|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5|big5-hkscs|euc-?(jp|kr)|shift_?jis|macintosh|tis-620)"
)
DECLARED = re.compile(rb"""(?:encoding|charset)\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_-]{3,20})""")
SAMPLE = 1 << 15
HEAD = 1024


def decode(body: bytes, content_type: str) -> str:
    """The text of a document that came over HTTP; never fails.

    >>> decode("مرحبا".encode("windows-1256"), "text/xml; charset=windows-1256")
    'مرحبا'
    """
    for bom, name in BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace").lstrip("\ufeff")
    inside = _declared(body[:HEAD].replace(b"\0", b""))
    outside = _declared(content_type.encode("ascii", "ignore"))
    wide = [name for name in (outside, inside) if name.startswith(("utf-16", "utf-32", "iso-2022"))]
    for name in (*wide, "utf-8", outside, inside):
        try:
            return body.decode(name or "utf-8")
        except (UnicodeError, LookupError):
            continue
    guess = from_bytes(body[:SAMPLE]).best()
    return body.decode(guess.encoding if guess else "utf-8", "replace")


def _declared(text: bytes) -> str:
    found = DECLARED.search(text)
    name = found[1].decode().lower() if found else ""
    return name if KNOWN.fullmatch(name) else ""
