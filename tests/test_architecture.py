"""The layers of the design, held by reading the imports of every module.

errors <- models, settings, reports <- web, markup <- classify | config | digest | fetch | store
       <- filing, mailing, pipeline and their like <- demo <- cli
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "litwatch"
MODULES = sorted(ROOT.rglob("*.py"))

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"__init__"}),
    frozenset({"errors"}),
    frozenset({"models", "settings", "reports"}),
    frozenset({"markup", "web"}),
    frozenset({"classify", "config", "digest", "fetch", "store", "publish"}),
    frozenset(
        {
            "accepting",
            "blocks",
            "checking",
            "delivery",
            "filing",
            "filters",
            "gaps",
            "issues",
            "mailing",
            "outgoing",
            "pipeline",
            "previewing",
            "readers",
            "reading",
            "retagging",
            "standing",
            "wanted",
            "watch",
            "welcome",
            "why",
        }
    ),
    frozenset({"demo", "schedule", "serve"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
ORDER = (
    "models",
    "settings",
    "reports",
    "filters",
    "blocks",
    "watch",
    "wanted",
    "filing",
    "welcome",
    "issues",
    "retagging",
    "mailing",
    "delivery",
    "checking",
    "pipeline",
    "standing",
    "readers",
    "outgoing",
    "previewing",
)
"""Modules of one layer that may know each other: each those before it."""

HOMES = {
    "Bio": {"fetch"},
    "lxml": {"fetch", "demo"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "jinja2": {"markup"},
    "nh3": {"markup"},
    "markupsafe": {"markup"},
    "css_inline": {"digest"},
    "PIL": {"digest"},
    "smtplib": {"digest"},
    "pydantic": {"config"},
    "platformdirs": {"config"},
    "ahocorasick": {"classify"},
    "apscheduler": {"schedule"},
    "click": {"cli"},
    "rich": {"cli"},
    "pandas": {"publish"},
    "requests": {"web"},
}
"""The one home of each outside library."""

MAX_LINES = 400
MAX_FUNCTION_LINES = 60


def name_of(path: Path) -> str:
    """The top-level part of the package that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layer(name: str) -> int:
    """How high a part stands; a part that is in no layer fails the test."""
    for height, members in enumerate(LAYERS):
        if name in members:
            return height
    pytest.fail(f"litwatch/{name} stands in no layer: add it to LAYERS")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_the_layers_only(path: Path) -> None:
    here = name_of(path)
    for imported in imports(path):
        parts = imported.split(".")
        if parts[0] != "litwatch":
            continue
        there = parts[1] if len(parts) > 1 else "__init__"
        if there == "__version__" or there == here:
            continue
        if layer(there) == layer(here):
            allowed = here in ORDER and there in ORDER and ORDER.index(there) < ORDER.index(here)
            assert allowed, f"{here} imports its neighbour {there}"
        else:
            assert layer(there) < layer(here), f"{here} imports {there}, which stands above it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_outside_library_is_imported_in_its_home_only(path: Path) -> None:
    for imported in imports(path):
        library = imported.split(".")[0]
        if library in HOMES:
            assert name_of(path) in HOMES[library], f"{library} is at home in {HOMES[library]}"
        elif library != "litwatch":
            assert library in sys.stdlib_module_names, f"{library} has no home: add it to HOMES"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)

    assert ast.get_docstring(tree), "no docstring"
    assert text.count("\n") <= MAX_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"


def test_the_environment_is_read_by_the_command_line_and_passed_down() -> None:
    readers = {
        name_of(path)
        for path in MODULES
        if any(name in {"os.environ", "os.getenv"} for name in attributes(path))
    }

    assert readers <= {"cli", "config"}


def attributes(path: Path) -> Iterator[str]:
    """Every `name.attribute` in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
