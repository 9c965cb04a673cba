"""Is Celery set up against the faults that were measured? Each figure was chosen by a test of what breaks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from databases import free_port
from fleet import eventually
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from service.broker import connect
from service.errors import InvalidSetting
from service.settings import Settings
from workers import health, tasks
from workers.app import TRANSPORT, app, configuration
from workers.schedule import beat_schedule
from workers.servers import program


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
    assert ours - set(routes) == {"samestory.prepare", "samestory.sweep"}
    calling = {name for name, route in routes.items() if route["queue"] == "outside"}
    assert calling == {"samestory.poll_feed", "samestory.deliver_webhook"}
    assert {route["queue"] for route in routes.values()} == {"outside", "owner"}


def test_calls_do_not_pile_up_where_nobody_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep sends all that is due; what waits without a worker for it would fill Redis."""
    sent: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda name, *_: sent.append(name))
    monkeypatch.setattr(tasks, "send_prepare", lambda _: None)
    monkeypatch.setattr(tasks, "take_turn", lambda *_: True)
    monkeypatch.setattr(tasks.process, "store", lambda: SimpleNamespace(now=lambda: 0.0))
    monkeypatch.setattr(tasks.process, "settings", Settings)
    monkeypatch.setattr(tasks.pipeline, "sweep", lambda *_: [])
    monkeypatch.setattr(tasks.delivering, "due", lambda *_: ["w"])
    monkeypatch.setattr(tasks.polling, "due", lambda *_: ["f"])
    for waiting, expected in (
        (0, ["place", "deliver_webhook", "poll_feed"]),
        (tasks.MOST_CALLS + 1, ["place"]),
    ):
        monkeypatch.setattr(tasks, "waiting", lambda _, waiting=waiting: waiting)
        sent.clear()
        tasks.sweep()
        assert sent == expected


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


def test_a_certificate_of_the_broker_is_checked(tmp_path: Path) -> None:
    """A Redis that speaks TLS: Celery's connection and ours take its certificate, and no other."""
    port, folder = free_port(), tmp_path / "redis"
    folder.mkdir()
    key, certificate = certified(folder)
    command = [program("redis-server"), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"]
    command += ["--tls-key-file", str(key), "--tls-cert-file", str(certificate), "--tls-auth-clients", "no"]
    command += ["--tls-ca-cert-file", str(certificate), "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            address = f"rediss://127.0.0.1:{port}/0"
            trusted = Settings(redis_url=address, redis_ca_file=certificate)
            eventually(lambda: answers(trusted), 20)
            assert celery_connects(trusted)
            stranger = Settings(redis_url=address)  # the system's authorities know nothing of it
            assert not answers(stranger)
            assert not celery_connects(stranger)
        finally:
            process.kill()
    with pytest.raises(ValueError, match="redis_ca_file"):
        Settings(redis_ca_file=certificate)


def certified(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate of its own for this machine."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


def answers(settings: Settings) -> bool:
    """Whether our own connection works."""
    try:
        with connect(settings, 2, 2) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def celery_connects(settings: Settings) -> bool:
    """Whether a connection as Celery makes it works."""
    conf = configuration(settings)
    with Connection(
        conf["broker_url"], ssl=conf["broker_use_ssl"], transport_options=TRANSPORT
    ) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0)
        except OperationalError:
            return False
    return True


def test_health_is_a_fresh_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "mark_file", lambda: tmp_path / "mark")
    assert not health.alive(0.0)
    health.mark()
    written = (tmp_path / "mark").stat().st_mtime
    assert health.alive(written + 10)
    assert not health.alive(written + health.STALE_SECONDS + 1)
