"""How is Celery set up? One app, whose settings answer faults that were measured (docs/decisions.md).

No setting makes Celery over Redis lossless: the article's row is the queue, a message is a nudge, and
the sweep is the promise.
"""

from __future__ import annotations

from typing import Any

from celery import Celery

from service.broker import PREFIX
from service.settings import Settings
from workers import transport
from workers.schedule import beat_schedule

PREPARE, OUTSIDE, OWNER = "prepare", "outside", "owner"
QUEUES = {
    PREPARE: "what any worker may do: prepare articles, sweep",
    OUTSIDE: "what calls other hosts, which may be slow: read feeds, send to webhooks",
    OWNER: "what needs the window: placing, questions, decisions, re-clusterings; one process consumes it",
}
OWNED = (
    "place",
    "recluster",
    "match",
    "explain",
    "apply_recluster",
    "decide",
    "adopt",
    "undo",
)  # tasks that need the window
CALLING = ("poll_feed", "deliver_webhook")

# A silent network cut then costs about a second (by default 8 to 18, and a publish into a hung Redis 40).
SOCKET = {
    "socket_timeout": 10.0,
    "socket_connect_timeout": 5.0,
    "socket_keepalive": True,
    "health_check_interval": 5,
}
# A killed worker's message comes back after the visibility timeout; every app on the broker states the same.
TRANSPORT = {
    **SOCKET,
    "global_keyprefix": PREFIX,
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
ONCE = {"max_retries": 0}  # a nudge that cannot be sent at once is left to the sweep


def configuration(settings: Settings | None = None) -> dict[str, Any]:
    """The whole of Celery's configuration; read when the app is first used, never at import."""
    settings = settings or Settings()
    return {
        "broker_url": settings.broker_url(),
        "broker_use_ssl": settings.broker_tls() or None,  # kombu alone would not check a certificate
        "accept_content": ["json"],
        "task_serializer": "json",
        "event_serializer": "json",
        "task_ignore_result": True,
        # A worker that dies gives its task back; attempts are counted in the row, so poison comes to an end.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": 20,
        "task_time_limit": 30,
        "worker_max_memory_per_child": 600_000,  # KiB: a child for each GiB of its container
        # SIGTERM (as SIGQUIT, by REMAP_SIGTERM) lets running tasks end within a supervisor's 10 s of grace.
        "worker_soft_shutdown_timeout": 8.0,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": TRANSPORT,
        "task_publish_retry_policy": ONCE,
        "task_default_queue": PREPARE,
        "task_queues": {name: {"exchange": name, "exchange_type": "direct"} for name in QUEUES},
        "task_create_missing_queues": False,
        "task_routes": {
            **{f"samestory.{name}": {"queue": OWNER} for name in OWNED},
            **{f"samestory.{name}": {"queue": OUTSIDE} for name in CALLING},
        },
        "beat_scheduler": "workers.schedule:Metronome",
        "beat_schedule": beat_schedule(settings),
        "worker_send_task_events": False,
        "timezone": "UTC",
    }


transport.install()
app = Celery("samestory", include=["workers.tasks", "workers.roles"], set_as_current=False)
app.add_defaults(configuration)
