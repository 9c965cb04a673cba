"""What must happen around the tasks? Warm up before forking, become owner before consuming, mark work."""

from __future__ import annotations

import atexit
import os
import signal
from typing import Any

import structlog
from celery import signals
from celery.concurrency.solo import TaskPool as SoloPool

from service import broker, logs
from service.errors import InvalidSetting
from service.telemetry import telemetry
from workers import process
from workers.app import OUTSIDE, OWNER, PREPARE
from workers.health import mark
from workers.nudging import send
from workers.transport import dropped, on_drop

role = "beat"  # which runs no tasks and takes no other

log = structlog.get_logger()


@signals.setup_logging.connect
def set_up_logging(**_: object) -> None:
    """One way of logging for all processes; Celery leaves its own aside where this is connected."""
    logs.configure(process.settings())


@signals.celeryd_after_setup.connect
def take_role(instance: Any, **_: object) -> None:
    """Runs before the pool forks and before anything is consumed. A worker that cannot take its role ends."""
    try:
        _take_role(instance)
    except Exception as error:  # Celery would log it and go on
        log.exception("cannot work")
        raise SystemExit(1) from error


def _take_role(instance: Any) -> None:
    global role  # a process has one
    queues = instance.app.amqp.queues.consume_from
    broker.check(process.settings(), process.store_key())
    if OWNER in queues:
        if not issubclass(instance.pool_cls, SoloPool):
            raise InvalidSetting("The queue `owner` needs --pool solo: its window lives in one process.")
        role = "standby"
        process.become_owner(meanwhile=finished)
        role = "owner"
        atexit.register(process.resign)  # Celery sends no signal when it is told to stop at once
        process.desk().mandate.on_lost = step_down
        process.desk().computing.on_end = lambda: send("recluster")
    if OUTSIDE in queues:
        role = "caller"
        if PREPARE in queues:
            raise InvalidSetting("The queue `outside` needs a worker of its own: hosts may hold it up.")
    if PREPARE in queues:
        role = "worker"
        process.warm()


def step_down() -> None:
    """End this process: it would only take messages away from the owner. Its supervisor starts a standby."""
    os.kill(os.getpid(), signal.SIGTERM)


def finished(**_: object) -> None:
    """Something was finished just now; a receiver of Celery's signals."""
    mark()
    process.presence().say(role)


def unknown(name: str = "", **_: object) -> None:
    """A message of a task that there is not, which Celery lets go; a receiver of its signal."""
    dropped("unknown", task=name)


def failed(sender: Any, **_: object) -> None:
    """A task that raised, after which Celery goes on; a receiver of its signal. Told at once: the process
    may be idle for long."""
    telemetry.add(f"tasks_failed_total{{task={sender.name}}}")
    process.presence().tell(role)


on_drop.append(lambda: process.presence().tell(role))
signals.task_unknown.connect(unknown)
signals.task_failure.connect(failed)
signals.worker_ready.connect(finished)
signals.task_success.connect(finished)
signals.after_task_publish.connect(finished)
