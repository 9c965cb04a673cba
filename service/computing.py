"""How is a re-clustering computed beside the live path? In its own process, at low priority, one at a time.

Settings travel over standard input: no secret shows in the process list, and no time limit of a task applies.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog

from service import logs, pipeline
from service.errors import LeaseLost
from service.settings import Settings
from service.store import Store

NICENESS = 10  # the live path goes first
log = structlog.get_logger()


class Computing:
    """At most one child process, watched by a thread; `on_end` is called after each."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: threading.Thread | None = None
        self._stopped = False
        self.on_end: Callable[[], object] = lambda: None

    @property
    def busy(self) -> bool:
        """Whether one is being computed."""
        return self._watch is not None and self._watch.is_alive()

    def start(self, request_id: str, token: int | None = None) -> None:
        """Begin to compute the requested re-clustering for the owner with this token."""
        given = (request_id, token)
        self._watch = threading.Thread(target=self._run, args=given, name="recluster", daemon=True)
        self._watch.start()

    def wait(self) -> None:
        """Wait for the one that is being computed, if there is one."""
        if self._watch is not None:
            self._watch.join()

    def stop(self) -> None:
        """End the child; its request stays and is computed anew by the next owner."""
        self._stopped = True
        if self._child is not None:
            self._child.kill()
        self.wait()

    def _run(self, request_id: str, token: int | None) -> None:
        command = [sys.executable, "-m", "service.computing", request_id, *([str(token)] if token else ())]
        given = self._settings.model_dump_json().encode()
        pipe = subprocess.PIPE
        try:
            with subprocess.Popen(command, stdin=pipe, stderr=pipe) as child:  # noqa: S603 our own module
                self._child = child
                if self._stopped:
                    child.kill()
                _, errors = child.communicate(given)
            reason = _reason(child.returncode, errors.decode(errors="replace"))
        except OSError as error:  # no memory or no room for another process
            reason = f"It could not be started: {error.strerror}."
        if reason and not self._stopped:
            log.error("recluster failed", request=request_id, reason=reason)
            with suppress(LeaseLost):  # then it is the next owner's to say
                pipeline.fail_recluster(self._store, request_id, reason, self._clock(), token)
        self.on_end()


def _reason(code: int, said: str) -> str:
    """Why a child ended that way; nothing if it did its work."""
    if code < 0:
        return f"It was killed by signal {-code}, which the system sends when memory runs out."
    return (said.strip().splitlines() or [f"exit code {code}"])[-1] if code else ""


def main() -> None:
    """The child process: settings on standard input, the request's id and its owner's token as arguments."""
    os.nice(NICENESS)
    logs.configure()
    settings = Settings.model_validate_json(sys.stdin.buffer.read())
    request_id, *token = sys.argv[1:]
    pipeline.compute_recluster(settings, request_id, token=int(token[0]) if token else None)


if __name__ == "__main__":
    main()
