"""How is a request sent? Where the server is busy or away again after a while, if that is safe."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from service.client.answers import given, retry_after, value_of
from service.errors import Unavailable

ANSWER_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds; each pause doubles, less up to half by chance
REFUSED, AWAY = 429, 503


class Asker:
    """Sends requests to one server. patience: seconds for which a request is sent again before it fails."""

    def __init__(
        self, address: str, key: str, patience: float, transport: httpx2.BaseTransport | None
    ) -> None:
        self.address, self.patience = address, patience
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx2.Client(
            base_url=address, headers=headers, timeout=ANSWER_SECONDS, trust_env=False, transport=transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """What is there."""
        return self.ask("GET", path, params=params)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        key: str | None = None,
        safe: bool = True,
        wait: float = 0.0,
    ) -> Any:
        """The answer's JSON. key: the Idempotency-Key that makes a POST safe to send again. safe: whether the
        same request may be carried out twice. wait: seconds by which the answer may be later than usual.

        Raises the SamestoryError that the server names, Unavailable when it does not answer.
        """
        request = self._http.build_request(
            method, path, params=given(params or {}), json=body,
            headers={"idempotency-key": key} if key else {}, timeout=ANSWER_SECONDS + wait,
        )  # fmt: skip
        return value_of(self._send(request, safe))

    def _send(self, request: httpx2.Request, safe: bool) -> httpx2.Response:
        """The first answer that is worth having, or the last one within our patience."""
        ends, pause = time.monotonic() + self.patience, FIRST_PAUSE
        while True:
            answer = self._once(request)
            seconds = pause * random.uniform(0.5, 1.0)  # noqa: S311
            if isinstance(answer, httpx2.Response):
                seconds = retry_after(answer) or seconds
            if not _again(answer, safe) or time.monotonic() + seconds > ends:
                break
            time.sleep(seconds)
            pause = min(2 * pause, LONGEST_PAUSE)
        if isinstance(answer, httpx2.Response):
            return answer
        raise Unavailable(f"Address: {self.address} ({type(answer).__name__}).") from answer

    def _once(self, request: httpx2.Request) -> httpx2.Response | httpx2.HTTPError:
        try:
            return self._http.send(request)
        except httpx2.HTTPError as error:
            return error


def _again(answer: httpx2.Response | httpx2.HTTPError, safe: bool) -> bool:
    """Whether to send a request again. What was refused, or never arrived, has done nothing."""
    if isinstance(answer, httpx2.Response):
        return answer.status_code == REFUSED or (answer.status_code == AWAY and safe)
    return safe or isinstance(answer, httpx2.ConnectError)
