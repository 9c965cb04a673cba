"""The libraries that find copies, ours among them, behind one face for `bench/peers.py`.

Each is used as its documentation has it, with 128 slots, 3-word shingles and 32 bands of 4. Only gaoya takes
texts; for the others, words are cut by one regular expression, and each shingle is joined to a string.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from service.index.copies import CopiesArrays, CopiesIndex, enter_copy, find_by_keys, keys_of
from service.index.passages import PassagesIndex
from service.model import Sketch, UInt32
from service.sketch.exact import SHINGLE, resemblance
from service.sketch.jit import kernel
from service.sketch.sketch import Sketcher

NUM_PERM, BANDS, ROWS = 128, 32, 4
MIN_JACCARD, MIN_CONTAINMENT = 0.7, 0.8
LEAST_PASSAGES = 3  # that two texts share before they are compared, as in the window
TEXTUAL = 16  # candidates of either index that are compared, as in the window
SEED = 1
WORDS = re.compile(r"\w+")

# What asks an index for a signature's candidates and then adds it, and what does so for many signatures, with
# keys from one on, in as few calls as the library has for it. Many are a matrix where the library takes one.
Index = tuple[Callable[[int, Any], Any], Callable[[int, Any], Any]]
Found = list[tuple[int, float, float]]  # key, Jaccard similarity, containment of the smaller in the larger


class Library(Protocol):
    """What is measured. Keys grow by one from 0."""

    name: str

    def signature(self, text: str) -> Any:
        """One text's signature."""

    def signatures(self, texts: Sequence[str]) -> Any:
        """Those of many texts in one call, where there is such a call."""

    def together(self, signatures: Sequence[Any]) -> Any:
        """Signatures as the index takes many."""

    def index(self) -> Index:
        """A new index."""

    def detector(self) -> Callable[[int, str], Found]:
        """A function from text to verified copies, which then adds the text."""


def shingles_of(text: str) -> list[str]:
    words = WORDS.findall(text.lower())
    return [" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)]


class Ours:
    """The service's own functions, with its defaults: to sketch an article is to tokenise and sign it, as
    here, and then to choose its passages. `OursWhole` is all of that: what is called for every article."""

    name = "samestory"

    def __init__(self) -> None:
        self._sketcher = Sketcher()

    def signature(self, text: str) -> Any:
        return self._sketcher.signature(text)

    def signatures(self, texts: Sequence[str]) -> Any:
        return list(map(self._sketcher.signature, texts))

    def together(self, signatures: Sequence[Any]) -> Any:
        return np.stack(signatures)

    def index(self) -> Index:
        index = CopiesIndex()

        def ask(key: int, signature: Any) -> Any:
            found = index.candidates(signature)
            index.add(key, signature)
            return found

        def ask_all(first: int, signatures: Any) -> int:
            while len(index) + len(signatures) > index._capacity:
                index._grow()
            return _ask_all(first, signatures, index.arrays)

        return ask, ask_all

    def detector(self) -> Callable[[int, str], Found]:
        copies, passages = CopiesIndex(), PassagesIndex()
        bodies: list[Any] = []

        def detect(key: int, text: str) -> Found:
            sketch = self._sketcher.sketch("", text)
            bodies.append(sketch.body)
            if not sketch.matchable:
                return []
            candidates = set(copies.candidates(sketch.signature, TEXTUAL).tolist())
            shared = passages.candidates(sketch.passages, TEXTUAL)
            candidates.update(shared.seqs[shared.hits >= LEAST_PASSAGES].tolist())
            found = []
            for other in candidates:
                jaccard, one, two = resemblance(sketch.body, bodies[other])
                if jaccard >= MIN_JACCARD or max(one, two) >= MIN_CONTAINMENT:
                    found.append((other, jaccard, max(one, two)))
            copies.add(key, sketch.signature)
            passages.add(key, sketch.passages)
            return found

        return detect


@kernel
def _ask_all(first: int, signatures: UInt32, index: CopiesArrays) -> int:
    """Ask for each article's candidates and enter it, by the functions that the kernel of a decision calls,
    in the same order and one after the other."""
    found = 0
    for i in range(len(signatures)):
        found += len(find_by_keys(keys_of(signatures[i], index), TEXTUAL + 1, index))
        enter_copy(first + i, signatures[i], index)
    return found


class OursWhole(Ours):
    name = "samestory, all of a sketch"

    def signature(self, text: str) -> Sketch:
        return self._sketcher.sketch("", text)

    def signatures(self, texts: Sequence[str]) -> list[Sketch]:
        return self._sketcher.batch([("", text, None) for text in texts])


class Peer:
    """What the peers have in common: none of them verifies, so their candidates are compared as sets of
    shingles' hashes."""

    name = ""

    def signature(self, text: str) -> Any:
        raise NotImplementedError

    def signatures(self, texts: Sequence[str]) -> Any:
        return [self.signature(text) for text in texts]

    def together(self, signatures: Sequence[Any]) -> Any:
        return signatures

    def index(self) -> Index:
        raise NotImplementedError

    def detector(self) -> Callable[[int, str], Found]:
        ask, _ = self.index()
        sets: list[frozenset[int]] = []

        def detect(key: int, text: str) -> Found:
            own = frozenset(map(hash, shingles_of(text)))
            sets.append(own)
            if not own:
                return []
            return _verified(own, ask(key, self.signature(text)), sets)

        return detect


def _verified(own: frozenset[int], candidates: Any, sets: Sequence[frozenset[int]]) -> Found:
    found = []
    for other in candidates:
        shared = len(own & sets[other])
        jaccard = shared / (len(own) + len(sets[other]) - shared)
        contained = shared / min(len(own), len(sets[other]))
        if jaccard >= MIN_JACCARD or contained >= MIN_CONTAINMENT:
            found.append((other, jaccard, contained))
    return found


class Datasketch(Peer):
    name = "datasketch, update"

    def signature(self, text: str) -> Any:
        from datasketch import MinHash

        found = MinHash(num_perm=NUM_PERM, seed=SEED, scheme="affine32")
        for one in shingles_of(text):
            found.update(one.encode())
        return found

    def index(self) -> Index:
        from datasketch import MinHashLSH

        index = MinHashLSH(num_perm=NUM_PERM, params=(BANDS, ROWS))

        def ask(key: int, signature: Any) -> Any:
            found = index.query(signature)
            index.insert(key, signature, check_duplication=False)
            return found

        def ask_all(first: int, signatures: Any) -> list[Any]:
            return list(map(ask, itertools.count(first), signatures))

        return ask, ask_all


class DatasketchBatch(Datasketch):
    name = "datasketch, update_batch, xxh32"

    def signature(self, text: str) -> Any:
        import xxhash
        from datasketch import MinHash

        found = MinHash(num_perm=NUM_PERM, seed=SEED, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)
        found.update_batch([one.encode() for one in shingles_of(text)])
        return found


class Rensa(Peer):
    name = "rensa, RMinHash"

    def signature(self, text: str) -> Any:
        from rensa import RMinHash

        found = RMinHash(NUM_PERM, SEED)
        found.update(shingles_of(text))
        return found

    def signatures(self, texts: Sequence[str]) -> Any:
        from rensa import RMinHash

        return RMinHash.digest_matrix_from_token_sets(list(map(shingles_of, texts)), NUM_PERM, SEED)

    def index(self) -> Index:
        from rensa import RMinHashLSH

        index = RMinHashLSH(MIN_JACCARD, NUM_PERM, BANDS)

        def ask(key: int, signature: Any) -> Any:
            found = index.query(signature)
            index.insert(key, signature)
            return found

        def ask_all(first: int, signatures: Any) -> Any:
            found = index.query_all(signatures)
            index.insert_many(signatures, first)
            return found

        return ask, ask_all


class RensaC(Rensa):
    name = "rensa, CMinHash"

    def signature(self, text: str) -> Any:
        from rensa import CMinHash

        found = CMinHash(NUM_PERM, SEED)
        found.update(shingles_of(text))
        return found

    def signatures(self, texts: Sequence[str]) -> Any:
        from rensa import CMinHash

        return CMinHash.digests_from_token_sets(list(map(shingles_of, texts)), NUM_PERM, SEED)


class FastSketch(Peer):
    name = "FastSketchLSH"

    def __init__(self) -> None:
        from FastSketchLSH import FastSimilaritySketch

        self._sketch = FastSimilaritySketch(NUM_PERM, SEED)

    def signature(self, text: str) -> Any:
        return self._sketch.batch([shingles_of(text)], num_threads=1)[0]

    def signatures(self, texts: Sequence[str]) -> Any:
        return self._sketch.batch(list(map(shingles_of, texts)), num_threads=1)

    def together(self, signatures: Sequence[Any]) -> Any:
        return np.stack(signatures)

    def index(self) -> Index:
        from FastSketchLSH import LSH

        index = LSH(NUM_PERM, BANDS, num_threads=1)

        def ask(key: int, signature: Any) -> Any:  # noqa: ARG001 it counts its rows itself
            found = index.query(signature)
            index.insert(signature.reshape(1, -1))
            return found

        def ask_all(first: int, signatures: Any) -> Any:  # noqa: ARG001
            found = index.query(signatures, format="csr")
            index.insert(signatures)
            return found

        return ask, ask_all


class Gaoya(Peer):
    """Takes texts; its index takes no signature that is at hand."""

    name = "gaoya"

    def _new(self) -> Any:
        from gaoya.minhash import MinHashStringIndex

        return MinHashStringIndex(
            hash_size=32, num_bands=BANDS, band_size=ROWS, jaccard_threshold=MIN_JACCARD, analyzer="word",
            lowercase=True, ngram_range=(SHINGLE, SHINGLE), id_container="vec",
        )  # fmt: skip

    def __init__(self) -> None:
        self._native = self._new().minhash_index

    def signature(self, text: str) -> Any:
        return self._native.tokenize_and_minhash(text)

    def detector(self) -> Callable[[int, str], Found]:
        index = self._new()
        sets: list[frozenset[int]] = []

        def detect(key: int, text: str) -> Found:
            own = frozenset(map(hash, shingles_of(text)))
            sets.append(own)
            if not own:
                return []
            found = _verified(own, index.query(text), sets)
            index.insert_document(key, text)
            return found

        return detect


class TextDedup(Peer):
    """Its signature function alone: the module around it starts with pyspark and data sets."""

    name = "text-dedup, embed_func xxh3"

    def __init__(self) -> None:
        import xxhash

        module: dict[str, Any] = {"np": np, "re": re, "Any": Any, "Callable": Callable, "tee": None}
        exec("from itertools import tee\nfrom typing import List", module)  # noqa: S102
        for file, name in (("utils/tokenization.py", "ngrams"), ("minhash.py", "embed_func")):
            exec(_function("text-dedup", f"text_dedup/{file}", name), module)  # noqa: S102
        module |= {"NON_ALPHA": re.compile(r"\W"), "SIGNATURE_COLUMN": "s", "INDEX_COLUMN": "i"}
        prime, rng = np.uint32((1 << 32) - 5), np.random.RandomState(42)
        permutations = rng.randint(1, prime, NUM_PERM, np.uint32), rng.randint(0, prime, NUM_PERM, np.uint32)
        self._embed = module["embed_func"]
        self._shape = {
            "num_perm": NUM_PERM, "ngram_size": SHINGLE, "min_length": 0, "permutations": permutations,
            "hashranges": [(i * ROWS, i * ROWS + ROWS) for i in range(BANDS)], "dtype": np.uint32,
            "hash_func": xxhash.xxh32_intdigest, "max_hash": np.uint32(0xFFFFFFFF), "modulo_prime": prime,
        }  # fmt: skip

    def signature(self, text: str) -> Any:
        return self._embed(text, 0, **self._shape)


def _function(package: str, file: str, name: str) -> Any:
    """The code of one function of an installed package, none of whose modules is imported."""
    path = importlib.metadata.distribution(package).locate_file(file)
    tree = ast.parse(open(str(path), encoding="utf-8").read())  # noqa: PTH123, SIM115
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    future = ast.parse("from __future__ import annotations").body
    return compile(ast.Module([*future, found], []), str(path), "exec")


SIGNERS: Sequence[type[Any]] = (
    Ours,
    OursWhole,
    Rensa,
    RensaC,
    Gaoya,
    FastSketch,
    TextDedup,
    DatasketchBatch,
    Datasketch,
)
INDEXES: Sequence[type[Any]] = (Ours, Rensa, FastSketch, Datasketch)
DETECTORS: Sequence[type[Any]] = (Ours, Rensa, FastSketch, Gaoya, DatasketchBatch)


def installed(kinds: Sequence[type[Any]]) -> list[Library]:
    """Those of these libraries that are installed; says which are not."""
    found: list[Library] = []
    for kind in kinds:
        try:
            library = kind()
            library.signature("a text of some few words")
            found.append(library)
        except (ImportError, importlib.metadata.PackageNotFoundError) as error:
            print(f"{kind.name}: not installed ({error})")
    return found
