"""How is the service, in figures, and what is it set to? Rows for the page, without secrets."""

from __future__ import annotations

from collections.abc import Mapping

from service.settings import Settings
from service.store import Store, webhooks
from service.store.records import WebhookRecord

NAMES = {
    "articles_received": "Articles that wait to be prepared",
    "articles_prepared": "Articles that wait for a decision",
    "articles_placed": "Articles in stories",
    "articles_rejected": "Articles that were rejected",
    "articles_deleted": "Articles that were deleted",
    "stories": "Stories",
    "window_articles": "Articles in the window",
    "last_change": "Changes in the log",
    "seconds_since_turn": "Seconds since the last turn",
    "webhooks_disabled": "Webhooks that are disabled",
    "feeds_broken": "Feeds that cannot be read",
}


def figures(statistics: Mapping[str, float]) -> list[tuple[str, str]]:
    """The figures with names for a reader."""
    known = [(name, label) for name, label in NAMES.items() if name in statistics]
    return [(label, _number(statistics[name])) for name, label in known]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value > 100 else f"{value:,.1f}"


def disabled_webhooks(store: Store) -> list[WebhookRecord]:
    """Webhooks that nothing is sent to any more, with their reasons."""
    with store.read() as connection:
        return [hook for hook in webhooks.listed(connection, None, webhooks.MOST) if hook.state == "disabled"]


def settings_in_force(settings: Settings) -> list[tuple[str, str, str, bool]]:
    """Variable, value, what it does, whether it is not the default; without what may hold a password."""
    return [
        (f"SAMESTORY_{name.upper()}", _value(getattr(settings, name)), field.description or "", changed)
        for name, field in Settings.model_fields.items()
        if field.repr and not name.startswith("redis_")
        for changed in [getattr(settings, name) != field.default]
    ]


def _value(value: object) -> str:
    return "—" if value is None or value == () else str(value)
