"""What is computed from one article for matching, and how is it stored?

A `Sketcher` is made once from the parameters and the installation's hash key; its fingerprint says whether
two sketches may be compared. Everything here is pure in text and parameters.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple, get_args

import numpy as np

from service.errors import StoreCorrupt, StoreMismatch
from service.model import Int32, Sketch, UInt8, UInt32
from service.sketch import kernels
from service.sketch.jit import door
from service.sketch.tokens import (
    as_spans,
    token_powers,
    tokenise_spans,
    tokens_of,
    unit_table,
)
from service.sketch.unspaced import Unspaced, icu_version, spaced
from service.text.normalise import FOLD

DEFAULT_PARAMETERS: Mapping[str, Any] = {
    "cross_language": False,
    "fold": 1,
    "max_tokens": 2000,
    "num_perm": 128,
    "passage_shingle": 5,
    "passage_window": 4,
    "scheme": "affine32",
    "seed": 1,
    "shingle": 3,
    "unspaced": "ngrams",
}
LEAST_SHINGLES = 8  # under this many different shingles nothing can be said: ten words at the default length

_ALL = as_spans([(0, (1 << 31) - 1)])  # all of any text
_NAMES = frozenset({"scheme", "unspaced"})  # parameters that are no numbers
_FORMAT = 3
_MAGIC = b"SK"
_HEADER = struct.Struct("<2sHIIIII")  # magic, format, lengths of signature, title, body, passages, anchors
_STRENGTH_BITS = 8  # of the second column of anchors


class _Shape(NamedTuple):
    """The parameters in the order in which `kernels.sketch` takes them."""

    max_tokens: int
    shingle: int
    least_shingles: int
    a: UInt32
    b: UInt32
    passage_shingle: int
    passage_window: int


class Sketcher:
    """Turns articles into sketches.

    parameters: as of `Settings.sketch_parameters()`; missing ones take their defaults.
    key: the installation's hash key; None is the fixed key of commands that store nothing.

    >>> Sketcher().sketch("A title", "too short").matchable
    False
    """

    def __init__(self, parameters: Mapping[str, Any] | None = None, key: bytes | None = None) -> None:
        self.parameters = {**DEFAULT_PARAMETERS, **(parameters or {})}
        _check(self.parameters)
        self._key = key

    def __reduce__(self) -> tuple[Any, ...]:
        """To other processes it goes as what it was made from: to one there, for all that are alike."""
        return _alike, (tuple(sorted(self.parameters.items())), self._key)

    @cached_property
    def _shape(self) -> _Shape:
        number = {name: int(value) for name, value in self.parameters.items() if name not in _NAMES}
        return _Shape(
            number["max_tokens"],
            number["shingle"],
            LEAST_SHINGLES,
            *permutations(number["num_perm"], number["seed"]),
            number["passage_shingle"],
            number["passage_window"],
        )

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of everything that shapes a sketch, the hash key's digest included: sketches are
        comparable where fingerprints are equal."""
        shape = {**self.parameters, "format": _FORMAT, "least_shingles": LEAST_SHINGLES}
        if self.parameters["unspaced"] == "icu":
            shape["icu"] = icu_version()
        shape["key"] = hashlib.sha256(self._key or b"").hexdigest()
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    @property
    def cross_language(self) -> bool:
        """Whether sketches hold what may be known again in other languages."""
        return bool(self.parameters["cross_language"])

    def anchored(self, sketch: Sketch, words: Iterable[Mapping[str, int]]) -> Sketch:
        """Return a sketch with the keys of its anchors, word by word, and their strengths in hundredths."""
        rows = [
            (self._hash(key), number << _STRENGTH_BITS | strength)
            for number, keys in enumerate(words)
            for key, strength in keys.items()
        ]
        return replace(sketch, anchors=np.array(rows, np.uint32).reshape(-1, 2))

    def _hash(self, key: str) -> int:
        digest = hashlib.blake2b(key.encode(), digest_size=4, key=self._key or b"")
        return int.from_bytes(digest.digest(), "little")

    def sketch(self, title: str, text: str, spans: Sequence[tuple[int, int]] | None = None) -> Sketch:
        """Return the sketch of one article, whose main story is the given parts of `text` (default: all)."""
        if not self._groups:
            put = spaced(text)
            parts = ((0, len(text)),) if spans is None else spans
            title, text = spaced(title).text, put.text
            spans = [(put.there(start), put.there(end)) for start, end in parts]
        covered, *arrays = self._sketch(title, text, _ALL if spans is None else as_spans(spans))
        return Sketch(*arrays) if covered else self._assemble(title, text, spans)

    def words(self, text: str) -> UInt32:
        """Return the hashes of a text's words, as the body of a sketch has them."""
        unspaced: Unspaced = "ngrams" if self._groups else "icu"
        return tokenise_spans(text, [(0, len(text))], self._key, self._shape.max_tokens, unspaced).hashes

    def signature(self, text: str) -> UInt32:
        """Return the MinHash of a text alone, as the sketch of an article without a title has it."""
        covered, found = self._sign(text, _ALL)
        return found if covered else self.sketch("", text).signature

    @cached_property
    def _sketch(self) -> Callable[[str, str, Int32], tuple[Any, ...]]:
        return partial(door(kernels.sketch, *self._tables, "", "", _ALL), *self._tables)

    @cached_property
    def _sign(self) -> Callable[[str, Int32], tuple[bool, UInt32]]:
        tables = self._tables[:-2]  # all but what passages need
        return partial(door(kernels.signature, *tables, "", _ALL), *tables)

    @cached_property
    def _tables(self) -> tuple[Any, ...]:
        """What the kernels take in front of a text and its spans."""
        return unit_table(self._groups), token_powers(self._key), *self._shape

    @cached_property
    def _groups(self) -> bool:
        """Whether letters of scripts without spaces are tokens in groups."""
        return bool(self.parameters["unspaced"] == "ngrams")

    def _assemble(self, title: str, text: str, spans: Sequence[tuple[int, int]] | None) -> Sketch:
        """The same step by step, for text that the folding table does not cover."""
        parts = [(0, len(text))] if spans is None else spans
        head = tokens_of(title, [(0, len(title))], self._key, self._shape.max_tokens, self._groups)
        body = tokens_of(text, parts, self._key, self._shape.max_tokens, self._groups)
        return self.again(head.hashes, body.hashes, np.concatenate((head.flags, body.flags)))

    def again(self, title: UInt32, body: UInt32, flags: UInt8) -> Sketch:
        """Return the sketch of an article of which the words were kept."""
        return Sketch(title, body, flags, *kernels.summarise(body, *self._shape[1:]))

    def batch(self, articles: Iterable[tuple[str, str, Sequence[tuple[int, int]] | None]]) -> list[Sketch]:
        """Return the sketches of (title, text, spans) articles, in order."""
        return [self.sketch(*article) for article in articles]


@lru_cache(maxsize=4)
def _alike(parameters: tuple[tuple[str, Any], ...], key: bytes | None) -> Sketcher:
    return Sketcher(dict(parameters), key)


def permutations(num_perm: int, seed: int) -> tuple[UInt32, UInt32]:
    """Return the factors and summands of datasketch's `affine32` permutations, each uint32, shape
    (num_perm,)."""
    # Drawn as `MinHash` draws them, odd factors first. Its package loads scipy, for which every start would
    # wait half a second; that both are equal is tested, and `samestory doctor` looks again.
    drawn = np.random.RandomState(seed)
    a = drawn.randint(0, 1 << 31, num_perm, np.uint32) * np.uint32(2) + np.uint32(1)
    return a, drawn.randint(0, 1 << 32, num_perm, np.uint32)


def pack(sketch: Sketch) -> bytes:
    """Return the stored form of a sketch: a header, the uint32 arrays, the flags; all little-endian."""
    arrays = (sketch.signature, sketch.title, sketch.body, sketch.passages, sketch.anchors.reshape(-1))
    header = _HEADER.pack(_MAGIC, _FORMAT, *(len(array) for array in arrays))
    return b"".join(
        (header, *(array.astype("<u4", copy=False).tobytes() for array in arrays), sketch.flags.tobytes())
    )


def unpack(blob: bytes) -> Sketch:
    """Return the sketch that `pack` stored. The arrays share one writable copy of the blob.

    Raises:
        StoreCorrupt: the blob is not a whole sketch.
        StoreMismatch: another version wrote it.
    """
    if len(blob) < _HEADER.size or blob[:2] != _MAGIC:
        raise StoreCorrupt("(a sketch has no header)")
    _, version, *lengths = _HEADER.unpack_from(blob)
    if version != _FORMAT:
        raise StoreMismatch(f"(sketches of format {version}, not {_FORMAT}: run `samestory rebuild`)")
    signature, title, body, passages, anchors = lengths
    if anchors % 2 or len(blob) != _HEADER.size + 4 * sum(lengths) + title + body:
        raise StoreCorrupt("(a sketch is cut short)")
    buffer = bytearray(blob)  # kernels are compiled for writable arrays
    words = np.frombuffer(buffer, "<u4", sum(lengths), _HEADER.size)
    flags = np.frombuffer(buffer, np.uint8, title + body, _HEADER.size + 4 * sum(lengths))
    after_title, after_body = signature + title, signature + title + body
    after_passages = after_body + passages
    return Sketch(
        title=words[signature:after_title],
        body=words[after_title:after_body],
        flags=flags,
        signature=words[:signature],
        passages=words[after_body:after_passages],
        anchors=words[after_passages:].reshape(-1, 2),
    )


def _check(parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that this version cannot honour."""
    if unknown := parameters.keys() - DEFAULT_PARAMETERS.keys():
        raise ValueError(f"unknown sketch parameters: {', '.join(sorted(unknown))}")
    if parameters["scheme"] != "affine32" or parameters["fold"] != FOLD:
        raise ValueError(f"this version sketches with scheme affine32 and fold {FOLD} only")
    if parameters["unspaced"] not in get_args(Unspaced):
        raise ValueError(f"unspaced is one of {', '.join(get_args(Unspaced))}")
