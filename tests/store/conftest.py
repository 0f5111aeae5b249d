"""A store, in memory and in a file, and the values that the tests put into it; all made up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from litwatch.models import (
    AbstractSection,
    Article,
    Evidence,
    Fact,
    Facts,
    Finding,
    Findings,
    MeshHeading,
    Tag,
)
from litwatch.store import Store, open_store

MONDAY = datetime(2026, 11, 2, 6, 10, tzinfo=UTC)

SENTENCE = "She was given IVIG for two years."
PROOF = Evidence("abstract", 0, 14, 18, "IVIG", SENTENCE, "ivig")


@pytest.fixture
def monday() -> datetime:
    return MONDAY


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{tmp_path}/litwatch.db"


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    """The file of `url`."""
    return tmp_path / "litwatch.db"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as store:
        yield store


@pytest.fixture
def run_id(store: Store) -> int:
    return store.runs.start(MONDAY)


@pytest.fixture
def article() -> Article:
    return Article(
        "pubmed:90000001",
        title="Immunoglobulin in an invented case of scleromyxedema",
        abstract=(AbstractSection("CASE", SENTENCE),),
        published="2026 Oct",
        published_on=date(2026, 10, 1),
        created_on=date(2026, 10, 20),
        revised_on=date(2026, 10, 21),
        mesh=(MeshHeading("Scleromyxedema", ("drug therapy",), major=True),),
        doi="10.5555/made-up.1",
        status="In-Process",
    )


@pytest.fixture
def findings() -> Findings:
    return Findings(
        treatments=(
            Finding(Tag("treatment", "ivig", "IVIg", "immunoglobulin"), "given", (PROOF,)),
        ),
        organs=(
            Finding(Tag("organ", "skin", "Skin"), "involved", (PROOF, PROOF)),
            Finding(Tag("organ", "heart", "Heart"), "excluded", (PROOF,)),
        ),
        facts=Facts(
            topics=(Fact("scleromyxedema", (PROOF,)),),
            study_type=Fact("case_report", (PROOF,)),
            patients=Fact(1, (PROOF,)),
        ),
    )


@pytest.fixture
def reading(run_id: int) -> dict[str, Any]:
    """The circumstances under which an article is saved."""
    return {"rules_version": "rules-1", "run_id": run_id, "at": MONDAY}
