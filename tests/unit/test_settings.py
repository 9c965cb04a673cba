"""Are settings one table, read from the environment, checked once and never changed?"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.settings import Settings
from service.sketch.sketch import DEFAULT_PARAMETERS


def test_every_setting_says_what_it_does() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description[0].isupper(), name
        assert field.description.endswith("."), name


def test_the_environment_is_read_and_arguments_outrank_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESTORY_PORT", "9000")
    monkeypatch.setenv("SAMESTORY_WINDOW_DAYS", "3.5")
    assert (Settings().port, Settings().window_days) == (9000, 3.5)
    assert Settings(port=9001).port == 9001


def test_they_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 70_000},
        {"window_days": 0},
        {"bands": 64, "rows": 4},
        {"article_bytes": 2 << 20, "batch_bytes": 1 << 20},
        {"windowdays": 7},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"bands": 64}, {"rows": 4}),
        ({"article_bytes": 2 << 20}, {"batch_bytes": 1 << 20}),
        ({"quiet_hours": 200}, {"close_days": 2}),
        ({"batch_articles": 100}, {"backlog_articles": 50}),
        ({"store_url": "postgresql://a:hunter2@h/d"}, {"store_password_file": "/run/secret"}),
        ({"redis_url": "redis://:hunter2@h/0"}, {"redis_password_file": "/run/secret"}),
        ({"redis_url": "redis://:hunter2@h/0"}, {"redis_ca_file": "/run/ca"}),
    ],
)
def test_settings_that_contradict_each_other_are_both_named(
    one: dict[str, object], other: dict[str, object]
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(one | other)
    said = str(refused.value)
    assert [name for name in (*one, *other) if name not in said] == []
    assert "hunter2" not in said


def test_the_defaults_shape_the_sketch_floors_own_default() -> None:
    assert Settings().sketch_parameters() == dict(DEFAULT_PARAMETERS)


def test_secrets_are_not_shown() -> None:
    assert "hunter2" not in repr(Settings(redis_url="redis://:hunter2@host/0"))
