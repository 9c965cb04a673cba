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
from service.errors import SamestoryError, Unavailable
from service.settings import Settings
from workers.nudging import send

ANSWER_SECONDS = 5  # how long a question waits
KEPT_SECONDS = 60  # how long an answer lies that nobody fetches
CONNECT_SECONDS = 1.0

log = structlog.get_logger()


@functools.cache
def connections() -> Redis:
    """This process's connections for questions and answers."""
    return Redis.from_url(
        Settings().broker_url(),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS + 1,
        health_check_interval=5,
    )


def broker_answers() -> bool:
    """Whether Redis answers within a second or so."""
    try:
        with Redis.from_url(
            Settings().broker_url(), socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as once:
            return bool(once.ping())
    except RedisError:
        return False


def ask(name: str, *args: object) -> Any:
    """The owner's answer to a question. Raises the error that it names, Unavailable when it is away."""
    reply_to = f"samestory:reply:{secrets.token_hex(16)}"
    try:
        if not broker_answers() or not send(name, *args, reply_to):
            raise Unavailable("The broker is away.")
        found = connections().blpop([reply_to], timeout=ANSWER_SECONDS)
    except RedisError as error:
        raise Unavailable("The broker is away.") from error
    if found is None:
        raise Unavailable("The owner of decisions does not answer.")
    reply = orjson.loads(found[1])
    if "error" in reply:
        kind: type[SamestoryError] = getattr(errors, reply["error"], SamestoryError)
        raise kind(reply["detail"])
    return reply["answer"]


def answer(reply_to: str, reply: dict[str, Any]) -> None:
    """Put an answer where its asker waits; if that fails, the asker will ask again."""
    packed = orjson.dumps(reply, default=list, option=orjson.OPT_SERIALIZE_NUMPY)  # spans are named tuples
    try:
        with connections().pipeline() as pipe:
            pipe.rpush(reply_to, packed)
            pipe.expire(reply_to, KEPT_SECONDS)
            pipe.execute()
    except RedisError as error:
        log.warning("answer not sent", reason=type(error).__name__)
