"""What can be asked of the workers? Ids in, one call, nothing else; doing a task twice changes nothing.

`prepare` and `sweep` run anywhere, `deliver_webhook` and `poll_feed` where a slow host holds up nobody else;
the others run in the owner's process, one at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from service import pipeline
from service.errors import SamestoryError
from service.polling import polling
from service.webhooks import delivering
from workers import process
from workers.app import OUTSIDE, app
from workers.asking import answer, awaited
from workers.nudging import send, send_prepare
from workers.turns import take_turn, waiting

SWEEP_SHARE = 0.9  # of its interval: beats are not punctual to the millisecond
MOST_CALLS = 200  # messages of calls that wait; each sweep would send those again that nobody made
SENDING_SECONDS = 4.0  # a try takes 15 s at most, and a task is stopped after 20

log = structlog.get_logger()


@app.task(name="samestory.prepare")
def prepare(ids: Sequence[str]) -> None:
    """received -> prepared for these articles; then the owner is told."""
    pipeline.prepare(process.store(), process.sketcher(), process.store().now(), ids=ids)
    send("place")


@app.task(name="samestory.sweep")
def sweep() -> None:
    """What was lost on the way is sent again, and the owner looks at what waits; once in a while, though two
    beats may ask, and a thousand messages wait after a night without workers."""
    if not take_turn("sweep", SWEEP_SHARE * process.settings().sweep_seconds):
        return
    stuck = pipeline.sweep(process.store(), process.store().now())
    log.info("swept", sent_again=len(stuck))
    send_prepare(stuck)
    send("place")
    if waiting(OUTSIDE) > MOST_CALLS:
        return  # nobody calls at present; what is due now is due at a later sweep, too
    for webhook_id in delivering.due(process.store(), process.store().now()):
        send("deliver_webhook", webhook_id)
    for feed_id in polling.due(process.store(), process.store().now()):
        send("poll_feed", feed_id)


@app.task(name="samestory.deliver_webhook")
def deliver_webhook(webhook_id: str) -> None:
    """Send to one webhook what is due, and leave the rest to the next sweep before a task's time is over."""
    ends = time.monotonic() + SENDING_SECONDS
    while time.monotonic() < ends:
        if not delivering.turn(process.store(), process.settings(), webhook_id, process.store().now()):
            return


@app.task(name="samestory.poll_feed")
def poll_feed(feed_id: str) -> None:
    """Poll a feed that is due, or read one page for it."""
    done = polling.turn(process.store(), process.settings(), feed_id, process.store().now)
    send_prepare(done.articles)


@app.task(name="samestory.place")
def place() -> None:
    """Decide until nothing waits."""
    while process.desk().turn():
        pass


@app.task(name="samestory.recluster")
def recluster() -> None:
    """Begin what was requested, apply what is computed. A process of its own computes, with no time limit."""
    process.desk().follow_reclusters()


@app.task(name="samestory.match")
def match(raw: Mapping[str, Any], reply_to: str) -> None:
    """The stories that this article would join."""
    reply(reply_to, lambda: process.desk().match(raw))


@app.task(name="samestory.explain")
def explain(a: str, b: str, reply_to: str) -> None:
    """Why these two articles are (not) in one story."""
    reply(reply_to, lambda: process.desk().explain(a, b))


@app.task(name="samestory.apply_recluster")
def apply_recluster(request_id: str, reply_to: str) -> None:
    """Apply a re-clustering that was computed as a dry run."""
    reply(reply_to, lambda: process.desk().apply_recluster(request_id))


@app.task(name="samestory.decide")
def decide(wish: Mapping[str, Any], reply_to: str) -> None:
    """Make a person's decision."""
    reply(reply_to, lambda: process.desk().decide(wish))


@app.task(name="samestory.adopt")
def adopt(exported: Mapping[str, Any], reply_to: str) -> None:
    """Make a decision that was exported."""
    reply(reply_to, lambda: process.desk().adopt(exported))


@app.task(name="samestory.undo")
def undo(decision_id: str, by: str, reply_to: str) -> None:
    """Take a decision back."""
    reply(reply_to, lambda: process.desk().undo(decision_id, by))


def reply(reply_to: str, work: Callable[[], Any]) -> None:
    """Send the answer, or our error by its name: no exception object crosses the broker.

    A question that nobody waits for any more is dropped.
    """
    if not awaited(reply_to):
        log.info("question dropped", reason="nobody waits for the answer any more")
        return
    try:
        answer(reply_to, {"answer": work()})
    except SamestoryError as error:
        answer(reply_to, {"error": type(error).__name__, "detail": error.detail})
