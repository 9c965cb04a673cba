"""What happens to an article, stage by stage? Submit, prepare, place; delete; decide; re-cluster.

Read this first. Every stage is a function over an open store. The row in the store is the queue: a stage may
be stopped at any moment, or run twice. Time comes as `now` in Unix seconds; `token` fences an owner that has
lost its lease.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.current import fill
from service.decisions import Wish, adopt, decide, undo
from service.explain import Explanation, SharedPassage, explain, match
from service.following import follow
from service.incoming import Made, Raw, Receipt, candidate_of, make, read_raws
from service.opening import make_sketcher, open_store, rebuild, story_ids
from service.outlets import describe_outlet, forget_outlet
from service.preparation import prepare_all
from service.reclustering import (
    apply_recluster,
    compute_recluster,
    fail_recluster,
    last_requested,
    request_recluster,
)
from service.relay import place
from service.retention import close_stories, give_room_back, retire
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.store import Store, articles, idempotency, leases, queue, reclusters, uploads
from service.store.rows import Candidate, candidate, content_hash
from service.stories.place import Owner
from service.submission import Admission, IdempotencyKey, from_json, to_json
from service.takedown import delete, erase
from service.telemetry import telemetry
from service.weights import model_of

__all__ = [
    "Explanation",
    "IdempotencyKey",
    "Made",
    "Raw",
    "Receipt",
    "SharedPassage",
    "Wish",
    "acquire_lease",
    "adopt",
    "apply_recluster",
    "close_stories",
    "compute_recluster",
    "decide",
    "delete",
    "describe_outlet",
    "expire",
    "explain",
    "fail_recluster",
    "follow",
    "forget_outlet",
    "give_room_back",
    "ingest",
    "last_requested",
    "lease_ends",
    "make",
    "make_sketcher",
    "match",
    "open_store",
    "place",
    "prepare",
    "prune",
    "rebuild",
    "rebuild_owner",
    "release_lease",
    "renew_lease",
    "request_recluster",
    "retire",
    "story_ids",
    "submit",
    "sweep",
    "take",
    "undo",
]

DAY = 86_400.0
HELD_DAYS = 7.0  # how long a re-clustering waits to be applied: it is as large as the window


def submit(
    store: Store, raws: Sequence[Raw], now: float, idempotency_key: IdempotencyKey | None = None
) -> list[Receipt]:
    """Take articles in as `received`; when this returns they are on disk. One receipt each, in their order.

    An item that is an exception, or no article, is rejected by name and costs the others nothing.
    Raises Conflict when the idempotency key came with another request.
    """
    readable, refused = read_raws(raws, store.settings.article_bytes)
    candidates = [(index, candidate(item, content_hash(item))) for index, item in readable.items()]
    return admit(store, candidates, refused, now, idempotency_key)


def ingest(
    store: Store,
    sketcher: Sketcher,
    raws: Sequence[Raw],
    now: float,
    idempotency_key: IdempotencyKey | None = None,
    *,
    pages: bool = True,
) -> list[Receipt]:
    """`submit` and `prepare` at once: prepared in memory, one insert; what is stored is left out. Without
    `pages`, what must be extracted from HTML is left to `prepare`. Raises Conflict as `submit` does.
    """
    readable, refused = read_raws(raws, store.settings.article_bytes)
    hashes = {index: content_hash(item) for index, item in readable.items()}
    with store.read() as connection:
        known = articles.known(connection, [item.id for item in readable.values()])
    left = {
        index
        for index, item in readable.items()
        if not (pages or item.text) or _is_known(known.get(item.id), hashes[index])
    }
    with telemetry.stage("prepare", len(readable) - len(left)):
        candidates = [
            (index, candidate(item, hashes[index]))
            if index in left
            else (index, candidate_of(sketcher, item, hashes[index], now))
            for index, item in readable.items()
        ]
    return admit(store, candidates, refused, now, idempotency_key)


def _is_known(old: articles.Known | None, digest: bytes) -> bool:
    """Whether an article is stored as it is, or gone for good: nothing is to be prepared of it."""
    return old is not None and (old.content_hash == digest or old.state == "deleted")


def take(store: Store, made: Made, now: float) -> list[Receipt]:
    """`ingest` for articles that another process read and prepared: what `make` gave."""
    return admit(store, made.candidates, made.refused, now)


def admit(
    store: Store,
    candidates: Sequence[tuple[int, Candidate]],
    refused: Sequence[Receipt],
    now: float,
    key: IdempotencyKey | None = None,
) -> list[Receipt]:
    """Store what was read, prepared or not; `refused` are the receipts of what could not be read."""
    with telemetry.stage("submit", len(candidates)), store.write() as connection:
        if key is not None:
            answered = idempotency.recall(connection, key.key, key.request_digest)
            if answered is not None:
                return from_json(answered)
        admission = Admission(connection, [item.id for _, item in candidates], now)
        receipts = [admission.admit(index, item) for index, item in candidates]
        admission.finish()
        receipts = sorted([*receipts, *refused], key=lambda receipt: receipt.index)
        if key is not None:
            idempotency.remember(connection, key.key, key.request_digest, to_json(receipts), now)
    store.handover.put(admission.sketches)
    for receipt in receipts:
        telemetry.add(f"articles_taken_total{{result={receipt.status}}}")
    return receipts


def prepare(
    store: Store,
    sketcher: Sketcher,
    now: float,
    *,
    ids: Sequence[str] | None = None,
    limit: int | None = None,
) -> int:
    """received -> prepared for these articles, or for the next `limit` in order of arrival.

    Returns how many were tried; 0 says that nothing waits. What fails too often is rejected with its reason.
    """
    with store.read() as connection:
        if ids is not None:
            drafts = queue.drafts_of(connection, ids)
        else:
            drafts = queue.drafts(connection, limit or store.settings.prepare_batch)
    if drafts:
        with telemetry.stage("prepare", len(drafts)):
            prepare_all(store, sketcher, drafts, now)
    return len(drafts)


def rebuild_owner(store: Store, settings: Settings, now: float) -> Owner:
    """An owner with the window as the store knows it, restored in order of arrival."""
    owner = Owner(settings, model_of(settings), new_story_id=story_ids())
    with store.read() as connection:
        fill(store, connection, owner, now)
    return owner


def expire(owner: Owner, now: float) -> list[str]:
    """Let articles leave the window; their stories stay. Returns the ids that left."""
    return owner.expire(now)


def sweep(store: Store, now: float) -> list[str]:
    """Received articles without progress for `stuck_seconds`: their message was lost, send it again."""
    with store.read() as connection:
        return queue.stuck(connection, now - store.settings.stuck_seconds, store.settings.prepare_batch)


def prune(store: Store, now: float, token: int | None = None) -> None:
    """Drop what has had its time: old answers to idempotency keys, re-clusterings that nobody applied, files
    that wait for a word, last traces of deleted articles.

    Raises LeaseLost.
    """
    with store.write() as connection:
        leases.fence(connection, token)
        idempotency.forget(connection, now - store.settings.idempotency_hours * 3600.0)
        reclusters.forget_held(connection, now - HELD_DAYS * DAY, now)
        uploads.forget(connection, now - uploads.KEPT_SECONDS)
    erase(store)


def acquire_lease(store: Store, holder: str, now: float) -> int | None:
    """Become or stay the owner of decisions for `lease_seconds`. Returns the token, None while another is."""
    shared = store.database.clock(now)
    with store.write() as connection:
        return leases.acquire(connection, leases.OWNER, holder, shared, store.settings.lease_seconds)


def renew_lease(store: Store, holder: str, token: int) -> bool:
    """Stay the owner of decisions; False when another one is. Waits for no other writer."""
    now = store.now()
    with store.database.touch() as connection:
        return leases.renew(connection, leases.OWNER, holder, token, now, store.settings.lease_seconds)


def lease_ends(store: Store) -> float:
    """When the owner's lease ends unless it is renewed; 0 when there never was one."""
    with store.read() as connection:
        return leases.expires_at(connection, leases.OWNER)


def release_lease(store: Store, token: int) -> None:
    """Let another owner begin at once."""
    with store.write() as connection:
        leases.release(connection, leases.OWNER, token)
