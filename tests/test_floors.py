"""Do imports only go down, is there no circle, are floors 1 and 2 pure, and do only kernels call what has no
door for Python? Read from the source alone.

Imports inside functions and under TYPE_CHECKING count like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
Sources = Mapping[str, ast.Module]

# The longest matching name decides; what is not named is a helper of the pipeline.
FLOORS = {
    "service.model": 0, "service.settings": 0, "service.errors": 0,
    "service.text": 1, "service.sketch": 1,
    "service.index": 2, "service.stories": 2,
    "service.store": 3, "service.feeds": 3,
    "service": 4,
    "service.holding": 5, "service.mandate": 5, "service.presence": 5, "service.fleet": 5,
    "service.computing": 5, "service.preparers": 5,
    "service.desk": 5, "service.runner": 5, "service.oneshot": 5, "service.doctor": 5, "service.logs": 5,
    "service.api": 5, "service.web": 5, "service.cli": 5,
    "workers": 6,
}  # fmt: skip
FACADE = "service"  # the package itself offers `cluster`, so it stands with the doors
FACADE_FLOOR = 5

# (who, whom, except): neighbours on one floor that may not see each other.
APART = (
    ("service.text", "service.sketch", ()),
    ("service.sketch", "service.text", ("service.text.normalise",)),  # the folding table is one for all
    ("service.index", "service.stories", ()),
    ("service.api", "service.cli", ()),
    ("service.web", "service.cli", ()),
)

IMPURE_MODULES = {
    "asyncio", "celery", "fastapi", "http", "httpx2", "logging", "multiprocessing", "os", "random", "redis",
    "secrets", "shutil", "socket", "sqlalchemy", "sqlite3", "structlog", "subprocess", "sys", "tempfile",
    "threading",
    "time", "urllib.request", "uuid",
}  # fmt: skip
IMPURE_CALLS = {
    "open",
    "input",
    "print",
    "now",
    "utcnow",
    "today",
    "urandom",
    "getenv",
    "write_text",
    "write_bytes",
}


def module_name(path: Path, root: Path) -> str:
    """service/text/clean.py -> service.text.clean."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parse(root: Path, tops: Iterable[str] = ("service", "workers")) -> Sources:
    """Every module of ours."""
    files = [path for top in tops for path in sorted((root / top).rglob("*.py"))]
    return {module_name(path, root): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def floor(module: str) -> int:
    """The floor a module stands on."""
    if module == FACADE:
        return FACADE_FLOOR
    named = max((name for name in FLOORS if module == name or module.startswith(f"{name}.")), key=len)
    return FLOORS[named]


def imported(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, name) of everything a module imports, as absolute dotted names with the imported member last."""
    return ((line, name) for line, _, name in named_imports(module, tree))


def named_imports(module: str, tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """(line, name here, name): what a module calls each thing that it imports."""
    package = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            yield from (
                (node.lineno, alias.asname or alias.name, f"{source}.{alias.name}") for alias in node.names
            )


def ours(name: str, known: Collection[str]) -> str | None:
    """The module of ours that an imported name lies in; None for other people's."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def edges(known: Sources) -> list[tuple[str, int, str]]:
    """(importer, line, imported) between modules of ours; a module does not import itself."""
    found = []
    for module, tree in known.items():
        for line, name in imported(module, tree):
            target = ours(name, known)
            if target and target != module:
                found.append((module, line, target))
    return found


def upward(known: Sources) -> list[str]:
    """Imports that go up."""
    return [
        f"{who}:{line} (floor {floor(who)}) imports {whom} (floor {floor(whom)})"
        for who, line, whom in edges(known)
        if floor(whom) > floor(who)
    ]


def trespasses(known: Sources) -> list[str]:
    """Imports between neighbours that stand apart."""

    def inside(module: str, package: str) -> bool:
        return module == package or module.startswith(f"{package}.")

    return [
        f"{who}:{line} imports {whom}"
        for who, line, whom in edges(known)
        for one, other, allowed in APART
        if inside(who, one) and inside(whom, other) and whom not in allowed
    ]


def circles(known: Sources) -> list[list[str]]:
    """Import circles: what remains when modules that import nothing (left) are taken away again and again."""
    graph = {module: set[str]() for module in known}
    for who, _, whom in edges(known):
        graph[who].add(whom)
    while leaves := [module for module, targets in graph.items() if not targets & graph.keys()]:
        for leaf in leaves:
            del graph[leaf]
    return [sorted(graph)] if graph else []


def impurities(known: Sources) -> list[str]:
    """What floors 1 and 2 may not touch: clock, environment, files, network, unseeded randomness."""
    found = []
    for module, tree in known.items():
        if floor(module) in (1, 2):
            found += [
                f"{module}:{line} imports {name}" for line, name in imported(module, tree) if impure(name)
            ]
            found += [
                f"{module}:{call.lineno} calls {called(call)}" for call in calls(tree) if impure_call(call)
            ]
    return found


def impure(name: str) -> bool:
    """Whether an imported name lies in an impure module."""
    return any(name == module or name.startswith(f"{module}.") for module in IMPURE_MODULES)


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def impure_call(call: ast.Call) -> bool:
    """A call that reaches outside, or a random generator without a seed."""
    return called(call) in IMPURE_CALLS or (called(call) == "default_rng" and not call.args)


def break_ins(known: Sources) -> list[str]:
    """Code that is no kernel and names what only kernels may call: to call that from Python ends the process,
    and whoever has it may call it."""
    closed = {
        module: {name: f"{module}.{name}" for name in inner_functions(known[module])} for module in known
    }
    names = {
        module: {here: name for _, here, name in named_imports(module, tree)} | closed[module]
        for module, tree in known.items()
    }
    forbidden = {name for own in closed.values() for name in own.values()}
    return [
        f"{module}:{node.lineno} names {whom}"
        for module, tree in known.items()
        for node in python_code(tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        if (whom := origin(module, dotted(node), names)) in forbidden
    ]


def inner_functions(tree: ast.Module) -> Iterator[str]:
    """The functions of a module that only kernels may call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and compiled(node, ("inner", "tight")):
            yield node.name


def compiled(function: ast.FunctionDef, how: Collection[str] = ("kernel", "inner", "tight")) -> bool:
    """Whether a function has such a decorator of `service.sketch.jit`."""
    return any(dotted(decorator).rpartition(".")[2] in how for decorator in function.decorator_list)


def python_code(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node outside kernels: what is not compiled, and what decorates a kernel or is its default."""
    left: list[ast.AST | None] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef) and compiled(node):
            left += [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
        elif node is not None:
            left += ast.iter_child_nodes(node)
            yield node


def dotted(node: ast.AST) -> str:
    """`a.b` of a name or of an attribute of a name; empty for anything else."""
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


def origin(module: str, name: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """Where a name of a module comes from, through however many modules it was imported; empty where the
    module neither imports it nor has it for kernels only. names: for each module, by the names there."""
    here, rest = name, ""
    while here not in names[module]:
        here, _, last = here.rpartition(".")
        rest = f".{last}{rest}"
        if not here:
            return ""
    found = names[module][here] + rest
    source = ours(found.rpartition(".")[0], names)
    if source is None or source == module:
        return found
    return origin(source, found.removeprefix(f"{source}."), names) or found


@pytest.fixture(scope="module")
def house() -> Sources:
    return parse(ROOT)


def test_every_floor_is_there(house: Sources) -> None:
    assert {floor(module) for module in house} == set(range(7))


@pytest.mark.parametrize("rule", [upward, trespasses, circles, impurities])
def test_the_house_stands(house: Sources, rule: object) -> None:
    assert callable(rule)
    assert rule(house) == []


def test_only_kernels_name_what_only_kernels_may_call() -> None:
    """Nor do tests and measurements."""
    assert break_ins(parse(ROOT, ("service", "workers", "bench", "tests"))) == []


# The rules themselves must be able to fail.
@pytest.mark.parametrize(
    ("rule", "module", "code"),
    [
        (upward, "service.text.clean", "def f():\n    from service.store import Store"),
        (upward, "service.store.articles", "from service import pipeline"),
        (upward, "service.desk", "import workers.app"),
        (
            upward,
            "service.index.copies",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import service.pipeline",
        ),
        (trespasses, "service.text.clean", "from service.sketch.tokens import tokenise"),
        (trespasses, "service.sketch.tokens", "from service.text.clean import clean"),
        (trespasses, "service.index.terms", "from service.stories import evidence"),
        (circles, "service.model", "from .errors import Gone\nfrom service.text.clean import clean"),
        (impurities, "service.text.clean", "import time"),
        (impurities, "service.text.clean", "from os import environ"),
        (impurities, "service.index.copies", "import datetime\nstamp = datetime.datetime.now()"),
        (impurities, "service.stories.place", "import numpy as np\nrng = np.random.default_rng()"),
        (impurities, "service.text.clean", "words = open('stop').read()"),
        (break_ins, "service.index.copies", "from service.sketch.kernels import mix\nmix(1)"),
    ],
)
def test_each_rule_can_fail(house: Sources, rule: object, module: str, code: str) -> None:
    assert callable(rule)
    assert rule({**house, module: ast.parse(code)}) != []


@pytest.fixture(scope="module")
def cellar(house: Sources) -> Sources:
    """Where most kernels are."""
    return {
        name: tree for name, tree in house.items() if name.startswith(("service.index", "service.sketch"))
    }


@pytest.mark.parametrize(
    "code",
    [
        "from service.sketch.kernels import mix\nmix(1)",
        "def test():\n    from service.sketch.kernels import mix as m\n    m(1)",
        "from service.sketch import kernels\nlist(map(kernels.mix, [1]))",
        "import service.sketch.kernels\nlookup = {1: service.sketch.kernels.mix}",
        "import service.sketch.kernels as k\nslow = k.mix.py_func",
        "from service.index.sketches import array_of\nclass A:\n    reads = array_of",
        "from service.index.window import array_of\narray_of(0, 0, [])",  # it is imported there
        "from service.index import window\nwindow.sketches.flags_of(0, [])",
        "@inner\ndef a():\n    pass\ndef b():\n    return a()",
        "@jit.inner\ndef a():\n    pass\n@kernel\ndef b(x=a):\n    return a()",
        "@inner\ndef a():\n    pass\n@cached(a)\n@kernel\ndef b(x):\n    return a()",
        "def make():\n    @inner\n    def a():\n        pass\n    return a",
    ],
)
def test_a_break_in_is_found(cellar: Sources, code: str) -> None:
    assert len(break_ins({**cellar, "tests.planted": ast.parse(code)})) == 1


@pytest.mark.parametrize(
    "code",
    [
        "from service.sketch.kernels import mix",
        "from service.sketch.kernels import mix\n@kernel\ndef a(x):\n    return mix(x)",
        "from service.sketch.kernels import mix\n@inner\ndef a(x):\n    return [mix(y) for y in x]",
        "from service.sketch import jit, kernels\n@jit.kernel\ndef a(x):\n    return kernels.mix(x)",
        "from service.sketch.kernels import shingles32\nshingles32([1], 1)",
        "from service.sketch import kernels\nkernels.shingles32([1], 1)",
        "def mix(x):\n    pass\nmix(1)",
        "class Bowl:\n    def mix(self):\n        pass\nBowl().mix()",
    ],
)
def test_kernels_may_call_each_other_and_python_may_call_kernels(cellar: Sources, code: str) -> None:
    assert break_ins({**cellar, "tests.planted": ast.parse(code)}) == []
