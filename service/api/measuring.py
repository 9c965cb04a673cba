"""How much is asked, how fast is it answered, how is the engine? Prometheus metrics of one application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry import Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class Meter:
    """Counts requests by route, never by path: paths hold ids, and there is no end of them."""

    def __init__(
        self, statistics: Callable[[], dict[str, float]], telemetry: Callable[[], Mapping[str, Snapshot]]
    ) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "samestory_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "samestory_http_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Told(statistics, telemetry))

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


class _Told:
    """What the engine and the processes at work say of themselves, read when it is scraped."""

    def __init__(
        self, statistics: Callable[[], dict[str, float]], telemetry: Callable[[], Mapping[str, Snapshot]]
    ) -> None:
        self.statistics = statistics
        self.telemetry = telemetry

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for name, value in sorted(self.statistics().items()):
            _add(families, name, value)
        for process, snapshot in sorted(self.telemetry().items()):
            for name, value in sorted(snapshot.items()):
                _add(families, name, value, process=process)
        return families.values()

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked of the engine at registration."""
        return ()


def _add(families: dict[str, Metric], told: str, value: float, **labels: str) -> None:
    """Put `name{label=value}` where the others of its name are; what ends in `_total` only grows."""
    name, _, said = told.partition("{")
    if said:
        label, _, content = said.rstrip("}").partition("=")
        labels = {label: content, **labels}
    kind = "counter" if name.endswith("_total") else "gauge"
    base = f"samestory_{name.removesuffix('_total')}"
    family = families.get(name)
    if family is None:
        family = families[name] = Metric(base, name.replace("_", " ").capitalize() + ".", kind)
    family.add_sample(f"samestory_{name}", labels, value)


class Measured:
    """ASGI middleware that reports each answer to the meter."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self.app = app
        self.meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path_format", "other")
            self.meter.observe(scope["method"], route, status, time.perf_counter() - began)
