"""docs/faults.md is true: every fault is in it once, with the tests of its number and no others."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "faults.md"
FAULTS = range(1, 94)
"""Those that can reach a client of PubMed."""
EXIT_CODES = {"0", "1", "2", "75"}
ROW = re.compile(r"^\| F(\d+) \|(.*)\|$", re.MULTILINE)
NUMBERED = re.compile(r"test_f(\d\d)_")


def rows() -> list[tuple[int, list[str]]]:
    """The number of each row, and its other cells."""
    text = TABLE.read_text(encoding="utf-8")
    return [
        (int(number), [cell.strip() for cell in cells.split("|")])
        for number, cells in ROW.findall(text)
    ]


def functions(folder: Path = TESTS) -> Iterator[str]:
    """The name of every test."""
    for path in folder.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


@cache
def numbered() -> Mapping[int, set[str]]:
    """The tests of whole runs, by the number of their fault."""
    numbered = defaultdict(set)
    for name in functions(TESTS / "faults"):
        if found := NUMBERED.match(name):
            numbered[int(found[1])].add(name)
    return numbered


def test_every_fault_is_in_the_table_exactly_once_and_in_order() -> None:
    assert [number for number, _ in rows()] == list(FAULTS)


@pytest.mark.parametrize(("number", "cells"), rows(), ids=[f"F{number}" for number, _ in rows()])
def test_a_row_says_what_happens_and_names_all_tests_of_its_number(
    number: int, cells: list[str]
) -> None:
    happens, does, code, tests = cells
    named = re.findall(r"`(test_\w+)`", tests)

    assert happens
    assert does
    assert code.partition(" ")[0].rstrip(";,") in EXIT_CODES
    assert named
    assert set(named) == numbered()[number]


def test_every_test_that_the_table_mentions_exists() -> None:
    mentioned = re.findall(r"`(test_\w+)`", TABLE.read_text(encoding="utf-8"))

    assert set(mentioned) <= set(functions())
    assert max(Counter(mentioned).values()) == 1


def test_every_warning_that_the_table_mentions_can_be_met() -> None:
    """The codes in the table are those that the code says."""
    codes = set(re.findall(r"`([a-z]+(?:-[a-z]+)+|blocked|unreachable)`", TABLE.read_text("utf-8")))
    sources = [path.read_text("utf-8") for path in (TESTS.parent / "litwatch").rglob("*.py")]

    assert len(codes) > 10
    for code in codes - {"record-missing", "record-malformed"}:  # put together from a reason
        assert any(f'"{code}"' in source for source in sources), code
