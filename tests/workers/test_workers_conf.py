"""Is Celery set up against the faults that were measured? Each figure was chosen by a test of what breaks."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from service.errors import InvalidSetting
from service.settings import Settings
from workers import health
from workers.app import TRANSPORT, app, configuration
from workers.schedule import beat_schedule


def test_tasks_survive_their_worker() -> None:
    conf = configuration()
    assert conf["task_acks_late"]
    assert conf["task_reject_on_worker_lost"]
    assert conf["worker_prefetch_multiplier"] == 1
    assert (conf["task_soft_time_limit"], conf["task_time_limit"]) == (20, 30)
    assert conf["worker_soft_shutdown_timeout"] == 8
    assert TRANSPORT["visibility_timeout"] == 120 > conf["task_time_limit"]
    assert (TRANSPORT["unacked_restore_interval"], TRANSPORT["unacked_restore_throttle"]) == (5, 1)


def test_a_broker_that_is_away_holds_nobody_up() -> None:
    conf = configuration()
    assert conf["task_publish_retry_policy"] == {"max_retries": 0}
    assert (TRANSPORT["socket_timeout"], TRANSPORT["socket_connect_timeout"]) == (10, 5)
    assert TRANSPORT["socket_keepalive"] is True
    assert TRANSPORT["health_check_interval"] == 5


def test_only_json_crosses_the_broker() -> None:
    conf = configuration()
    assert conf["accept_content"] == ["json"]
    assert conf["task_serializer"] == "json"
    assert conf["task_ignore_result"]
    assert "result_backend" not in conf


def test_what_needs_the_window_goes_to_the_owner() -> None:
    routes = configuration()["task_routes"]
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith("samestory.")}
    assert ours - set(routes) == {"samestory.prepare", "samestory.sweep", "samestory.deliver_webhook"}
    assert {route["queue"] for route in routes.values()} == {"owner"}


def test_the_sweep_is_scheduled() -> None:
    assert beat_schedule(Settings(sweep_seconds=7))["sweep"]["schedule"] == 7


def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/word:1\n")
    settings = Settings(redis_url="redis://broker:6380/2", redis_password_file=file)
    parts = urlsplit(settings.broker_url())
    assert (parts.hostname, parts.port, parts.path, unquote(parts.password or "")) == (
        "broker",
        6380,
        "/2",
        "p@ss/word:1",
    )
    assert "p@ss" not in repr(settings)
    with pytest.raises(InvalidSetting):
        Settings(redis_password_file=tmp_path / "missing").broker_url()


def test_health_is_a_fresh_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "mark_file", lambda: tmp_path / "mark")
    assert not health.alive(0.0)
    health.mark()
    written = (tmp_path / "mark").stat().st_mtime
    assert health.alive(written + 10)
    assert not health.alive(written + health.STALE_SECONDS + 1)
