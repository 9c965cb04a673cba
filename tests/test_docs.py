"""Do the documents say what the code does? Settings and commands are read from the code and compared.

`python tests/test_docs.py > docs/settings.md` writes the table of settings anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from typer.main import get_command

from service import __version__
from service.cli import app
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Settings

Environment variables, read once at start; options of a command outrank them. This table is made from
`service/settings.py`.

| variable | type | default | what it does |
|---|---|---|---|
"""


def settings_page() -> str:
    """Every setting as a row."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or field.default == () else f"`{field.default}`"
        kind = kind_of(field.annotation)
        rows.append(f"| `SAMESTORY_{name.upper()}` | {kind} | {default} | {field.description} |\n")
    return HEAD + "".join(rows)


def kind_of(annotation: object) -> str:
    """A type as a reader knows it, the same on every version of Python."""
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return re.sub(r"(\w+\.)+(\w)", r"\2", name).replace(" | ", " or ")


def test_every_setting_is_documented() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_the_readme_and_the_commands_agree() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = "".join(readme.split("```")[1::2])
    assert set(re.findall(r"^\s*samestory (\w+)", blocks, flags=re.MULTILINE)) <= commands
    told = readme + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert {name for name in commands if not re.search(rf"`(samestory )?{name}\b", told)} == set()


def test_the_readme_leads_with_the_two_commands() -> None:
    first = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[1]
    assert [line.split()[0] for line in first.splitlines()[1:]] == ["scripts/demo", "scripts/test"]


def test_the_version_is_said_once() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.write(settings_page())
