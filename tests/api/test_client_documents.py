"""Do the client's types say what the OpenAPI document says? They are written from it:

python tests/api/test_client_documents.py > service/client/documents.py
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "service" / "client" / "documents.py"
HEAD = '''"""Which types have the API's documents? Written from the OpenAPI document.

See tests/api/test_client_documents.py. Times are text in ISO 8601. A key that may be missing is NotRequired.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''
# What the calls of the client take and give, in the order in which one needs the other.
ROOTS = (
    "ArticleInput", "Submission", "ArticleSummary", "ArticleDetail", "StorySummary", "StoryDetail", "Member",
    "LinkDocument", "PairDocument", "Match", "Lineage", "Provenance", "Change", "Decision",
)  # fmt: skip
WORDS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
Schemas = Mapping[str, Mapping[str, Any]]


def the_document() -> Mapping[str, Any]:
    """The OpenAPI document; nothing of an engine is asked for it."""
    from types import SimpleNamespace
    from typing import cast

    from service.api import create_app
    from service.runner import Engine
    from service.settings import Settings

    store = SimpleNamespace()
    engine = SimpleNamespace(store=store, statistics=dict, telemetry=dict, submit=None)
    return create_app(cast(Engine, engine), Settings()).openapi()


def module(schemas: Schemas) -> str:
    """The text of service/client/documents.py, as ruff formats it."""
    parts = [HEAD, *(_class(name, schemas[name]) for name in _in_order(schemas))]
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(FILE), "-"]
    done = subprocess.run(command, input="\n\n".join(parts), capture_output=True, text=True, check=True)
    return done.stdout


def _in_order(schemas: Schemas) -> list[str]:
    """The roots, each after the documents that it is made of."""
    found: list[str] = []

    def visit(name: str) -> None:
        for inner in _references(schemas[name]):
            if inner != name:
                visit(inner)
        if name not in found:
            found.append(name)

    for root in ROOTS:
        visit(root)
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _class(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    lines = [f"class {name}(TypedDict):", f'    """{_first_sentence(schema)}"""', ""]
    for field, inner in schema["properties"].items():
        kind = _type(inner)
        lines.append(f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}")
    return "\n".join(lines)


def _first_sentence(schema: Mapping[str, Any]) -> str:
    told = " ".join(str(schema["description"]).split())
    return told.partition(". ")[0].rstrip(".") + "."


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    kind = schema.get("type")
    if kind == "array":
        inner = {_type(one) for one in schema.get("prefixItems") or [schema.get("items", {})]}
        return f"list[{' | '.join(sorted(inner))}]"  # a tuple, too, comes as a list
    if kind == "object":
        extra = schema.get("additionalProperties")
        return f"dict[str, {_type(extra) if isinstance(extra, Mapping) else 'Any'}]"
    return WORDS[kind] if isinstance(kind, str) else "Any"


def test_the_types_are_those_of_the_document() -> None:
    """If this fails, write the file anew with the command above, and look whether callers must change."""
    assert FILE.read_text(encoding="utf-8") == module(the_document()["components"]["schemas"])


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.stdout.write(module(the_document()["components"]["schemas"]))
