"""How does the owner answer a question from another process? Into a list in Redis that only the asker knows.

Celery's result backend was tried first: one connection lost while a question was open, and it asked to be
restarted.
"""

from __future__ import annotations

import functools
import secrets
from typing import Any

import orjson
import structlog
from redis import Redis
from redis.exceptions import RedisError

from service import errors
from service.broker import PREFIX, connect
from service.errors import SamestoryError, Unavailable
from service.settings import Settings
from workers.nudging import send

ANSWER_SECONDS = 5  # how long a question waits
KEPT_SECONDS = 60  # how long an answer lies that nobody fetches
CONNECT_SECONDS = 1.0
ASKED, REPLY = PREFIX + "asked:", PREFIX + "reply:"

log = structlog.get_logger()


@functools.cache
def connections() -> Redis:
    """This process's connections for questions and answers."""
    return connect(Settings(), CONNECT_SECONDS, ANSWER_SECONDS + 1)


def broker_answers() -> bool:
    """Whether Redis answers within a second or so."""
    try:
        with connect(Settings(), CONNECT_SECONDS, CONNECT_SECONDS) as once:
            return bool(once.ping())
    except RedisError:
        return False


def ask(name: str, *args: object) -> Any:
    """The owner's answer to a question. Raises the error that it names, Unavailable when it is away."""
    reply_to = secrets.token_hex(16)
    try:
        if not broker_answers():
            raise Unavailable("The broker is away.")
        connections().set(ASKED + reply_to, 1, ex=ANSWER_SECONDS)
        if not send(name, *args, reply_to):
            raise Unavailable("The broker is away.")
        found = connections().blpop([REPLY + reply_to], timeout=ANSWER_SECONDS)
    except RedisError as error:
        raise Unavailable("The broker is away.") from error
    if found is None:
        raise Unavailable("The owner of decisions does not answer.")
    reply = orjson.loads(found[1])
    if "error" in reply:
        kind: type[SamestoryError] = getattr(errors, reply["error"], SamestoryError)
        raise kind(reply["detail"])
    return reply["answer"]


def awaited(reply_to: str) -> bool:
    """Whether somebody still waits for this answer: a question outlives its asker when the owner was away."""
    try:
        return bool(connections().exists(ASKED + reply_to))
    except RedisError:
        return False


def answer(reply_to: str, reply: dict[str, Any]) -> None:
    """Put an answer where its asker waits; if that fails, the asker will ask again."""
    packed = orjson.dumps(reply, default=list, option=orjson.OPT_SERIALIZE_NUMPY)  # spans are named tuples
    try:
        with connections().pipeline() as pipe:
            pipe.rpush(REPLY + reply_to, packed)
            pipe.expire(REPLY + reply_to, KEPT_SECONDS)
            pipe.delete(ASKED + reply_to)
            pipe.execute()
    except RedisError as error:
        log.warning("answer not sent", reason=type(error).__name__)
