"""Where do log lines go? To standard error, one each, as JSON where nobody is watching."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Set logging up, once, by whoever starts the process; standard output carries results only."""
    watched = sys.stderr.isatty()
    render = structlog.dev.ConsoleRenderer() if watched else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *([] if watched else [structlog.processors.dict_tracebacks]),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
