"""Is this installation sound? `samestory doctor` runs these checks; each says what it found."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import httpx2
import numpy as np
from datasketch import MinHash

from service import __version__, keys, pipeline
from service.broker import connect
from service.errors import SamestoryError, StoreCorrupt, Unavailable, UnsafeBinding
from service.holding import holder_address
from service.presence import present
from service.settings import Settings
from service.sketch.exact import shingle_hashes
from service.sketch.sketch import Sketcher
from service.store import Store
from service.stories.evidence import FEATURES
from service.weights import model_of

PACKAGES = ("datasketch", "numpy", "numba", "scikit-learn", "celery", "redis", "SQLAlchemy")
SAMPLE = (
    "The harbour of the old town opens again on Monday after eleven months of repairs, its keeper said. "
    "فتح ميناء المدينة القديمة أبوابه من جديد يوم الاثنين بعد أحد عشر شهرا من الترميم، كما قال حارسه."
)
ANSWER_SECONDS = 2.0
NEEDED = ("owner", "worker", "caller", "beat")  # of a fleet
SCARCE_BYTES = 1 << 30
SOON_DAYS = 7  # a key that ends within so many is told of


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is sound, and what was seen."""

    check: str
    ok: bool
    detail: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Every check in turn. Redis is looked at only where its address was set."""
    checks: dict[str, Callable[[Settings], str]] = {
        "versions": _versions,
        "kernels": _kernels,
        "model": _model,
        "disk": _disk,
        "store": _store,
        "keys": _keys,
        "holder": _holder,
    }
    if settings.model_fields_set & {"redis_url", "redis_password_file"}:
        checks["redis"] = _redis
        checks["parts"] = _parts
    for name, check in checks.items():
        try:
            yield Finding(name, True, check(settings))
        except Exception as error:  # whatever a check meets is its finding
            yield Finding(name, False, str(error) or type(error).__name__)


def _versions(_: Settings) -> str:
    found = [f"{package} {version(package)}" for package in PACKAGES]
    return ", ".join([f"samestory {__version__}", f"Python {platform.python_version()}", *found])


def _kernels(settings: Settings) -> str:
    """Our signature must equal, bit by bit, the one that datasketch computes from the same shingle hashes."""
    parameters = settings.sketch_parameters()
    sketch = Sketcher(parameters).sketch("", SAMPLE)
    oracle = MinHash(settings.num_perm, settings.seed, hashfunc=int, scheme=parameters["scheme"])
    for shingle in shingle_hashes(sketch.body, settings.shingle):
        oracle.update(shingle)
    if not np.array_equal(sketch.signature, oracle.hashvalues):
        raise SamestoryError("Signatures differ from datasketch's: reinstall with constraints.txt.")
    return f"{settings.num_perm} slots, bit-identical to datasketch"


def _model(settings: Settings) -> str:
    model_of(settings)
    return f"{settings.weights or 'the shipped weights'}, {len(FEATURES)} features"


def _disk(settings: Settings) -> str:
    place = next(path for path in (settings.data, *settings.data.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < SCARCE_BYTES:
        raise SamestoryError(f"Only {free >> 20:,} MiB are free at {place}: make room.")
    return f"{free >> 30:,} GiB free"


def _store(settings: Settings) -> str:
    if settings.store_url is None and not settings.data.exists():
        return f"nothing is stored in {settings.data} yet"
    with pipeline.open_store(settings, create=False) as store:
        problems = store.check()
        careless = store.database.careless()
        if careless:
            raise SamestoryError(f"{'; '.join(careless)}: a crash there loses what was acknowledged.")
        if problems:
            raise StoreCorrupt("; ".join(problems[:3]))
        return _contents(store)


def _contents(store: Store) -> str:
    counts = ", ".join(f"{count:,} {state}" for state, count in sorted(store.counts().items()))
    return f"{store.database.name}: {store.stories.count():,} stories; articles: {counts or 'none'}"


def _keys(settings: Settings) -> str:
    """Who may ask: an address that others reach needs a key, and keys that end soon lock programs out."""
    if settings.store_url is None and not settings.data.exists():
        if not settings.local():
            raise UnsafeBinding(f"Host: {settings.host}.")
        return "none was made yet"
    with pipeline.open_store(settings, create=False) as store:
        if not keys.guarded(store):
            raise UnsafeBinding(f"Host: {settings.host}.")
        now = store.now()
        useful = [key for key in keys.listed(store) if keys.good(key, now) and key.name != keys.COMMAND]
        if not useful:
            if keys.some(store):
                raise SamestoryError("Every key has ended and one is needed: samestory keys create NAME.")
            return "none was made: on this address none is needed"
        ends = [key.expires_at for key in useful if key.expires_at is not None]
        soon = sum(end < now + SOON_DAYS * keys.DAY for end in ends)
        return f"{len(useful)} in use, {soon} of them end within {SOON_DAYS} days"


def _holder(settings: Settings) -> str:
    address = holder_address(settings.data)
    if not address:
        return (
            "nobody holds the data directory" if address is None else "held by a process without an address"
        )
    try:
        answer = httpx2.get(f"{address}/readyz", timeout=ANSWER_SECONDS, trust_env=False)
    except httpx2.HTTPError as error:
        raise Unavailable(f"{address} does not answer ({type(error).__name__}).") from None
    if answer.status_code != httpx2.codes.OK:
        raise Unavailable(f"{address} is not ready: {answer.text}")
    return f"{address} is ready"


def _parts(settings: Settings) -> str:
    """Who said within the last minute that work was done."""
    found = present(settings)
    missing = [role for role in NEEDED if not found[role]]
    if missing:
        raise Unavailable(f"No {' and no '.join(missing)} has finished anything within a minute.")
    counted = ", ".join(f"{count} {role}" for role, count in sorted(found.items()))
    return counted if found["standby"] else f"{counted}; no owner stands by"


def _redis(settings: Settings) -> str:
    with connect(settings, ANSWER_SECONDS, ANSWER_SECONDS) as redis:
        info: Mapping[str, Any] = redis.info()
        if info.get("aof_enabled") != 1:
            raise SamestoryError("Redis runs without appendonly: messages are lost when it restarts.")
        return f"Redis {info['redis_version']}, appendonly"
