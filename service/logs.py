"""Where do log lines go? To standard error, one each, as JSON where nobody is watching.

Other packages' lines go the same way, so that one reader understands all.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from functools import lru_cache
from typing import Any, TextIO, cast

import structlog

from service.settings import Settings

OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "celery.task", "celery.redirected")

# Where each line of a traceback is, not what its variables hold: those are texts and passwords.
WITHOUT_VALUES = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


class Lossy:
    """A stream whose lines are lost where there is no room for them: a full disk ends nobody's work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write it, if there is room."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Have it written, if there is room."""
        with suppress(OSError):
            self._stream.flush()


@lru_cache(maxsize=1)
def _lossy(stream: TextIO) -> TextIO:
    """The same one for the same stream: by it structlog keeps threads' lines apart."""
    return cast(TextIO, Lossy(stream))


def configure(settings: Settings | None = None) -> None:
    """Set logging up, once, by whoever starts the process; standard output carries results only. Services
    give their settings; commands tell of trouble alone."""
    level = logging.WARNING if settings is None else getattr(logging, settings.log_level.upper())
    shape = "auto" if settings is None else settings.log_format
    text = shape == "text" or (shape == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        *([] if text else [WITHOUT_VALUES]),
    ]
    for_people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render = for_people if text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(_lossy(sys.stderr)),
        cache_logger_on_first_use=False,
    )
    if settings is not None:
        _take_others_in(shared, render, level)


def _take_others_in(shared: list[Any], render: Any, level: int) -> None:
    """Send the standard library's log lines, which most packages write, the same way."""
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[remove, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("trafilatura").setLevel(logging.ERROR)  # it warns of every page without a text
    for name in OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(level, logging.INFO))
