"""How much is asked, how fast is it answered, how is the engine? Prometheus metrics of one application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class Meter:
    """Counts requests by route, never by path: paths hold ids, and there is no end of them."""

    def __init__(self, statistics: Callable[[], dict[str, float]]) -> None:
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
        self.registry.register(_Gauges(statistics))

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


class _Gauges:
    """The engine's statistics, read when they are scraped."""

    def __init__(self, statistics: Callable[[], dict[str, float]]) -> None:
        self.statistics = statistics

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, value in sorted(self.statistics().items()):
            yield GaugeMetricFamily(
                f"samestory_{name}", name.replace("_", " ").capitalize() + ".", value=value
            )

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing is asked of the engine at registration."""
        return ()


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
