"""Every fault that the stand-in can play, met once by the search and once by the fetch."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from litwatch.demo import records
from litwatch.demo.faults import FAULTS
from litwatch.demo.library import Library
from litwatch.demo.server import StandIn
from litwatch.errors import KeyRefused, SourceBlocked, SourceError
from litwatch.fetch.entrez import Entrez, Limits
from litwatch.fetch.pace import Pace
from litwatch.fetch.pubmed import PubMed
from litwatch.settings import Ncbi, Secret, Topic

KEY = "key-of-nobody"
NOW = datetime(2026, 11, 16, 6, 30, tzinfo=UTC)
TOPIC = Topic("scleromyxedema", "Scleromyxedema", "scleromyxedema[tiab]")

ENDS_EVERYTHING = {
    "key-invalid": KeyRefused,
    "blocked": SourceBlocked,
    "blocked-page": SourceBlocked,
}
ENDS_A_SEARCH = ENDS_EVERYTHING | dict.fromkeys(
    (
        "id-list-empty",
        "uri-too-long",
        "proxy-login",
        "flood",
        "entity-bomb",
        "past-reach",
        "link-backend",
    ),
    SourceError,
)
"""What is no passing trouble; over records, though, the others may go on in smaller requests."""


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(records.load())


@pytest.fixture
def stand_in(library: Library) -> Iterator[StandIn]:
    with StandIn(library, lambda: NOW, rate_limit=False, known_keys={KEY}) as stand_in:
        yield stand_in


@pytest.fixture
def pubmed(stand_in: StandIn, virtual_time, tmp_path: Path) -> PubMed:
    sleep, monotonic = virtual_time.sleep, virtual_time.monotonic
    entrez = Entrez(
        Ncbi("watcher@example.org", stand_in.base_url, "", Secret(KEY)),
        pace=Pace(tmp_path / "pace", 0.0, sleep=sleep, monotonic=monotonic),
        clock=lambda: NOW,
        sleep=sleep,
        random=Random(1),
        monotonic=monotonic,
        limits=Limits(timeout_seconds=0.3, deadline_seconds=60.0, answer_bytes=10_000_000),
    )
    return PubMed(entrez, clock=lambda: NOW)


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - ENDS_A_SEARCH.keys() - {"zero-count"}))
def test_a_search_survives(stand_in, pubmed, fault: str) -> None:
    whole = pubmed.search(TOPIC)
    stand_in.fail("esearch", fault)

    search = pubmed.search(TOPIC)

    assert whole.count > 40
    assert (search.count, search.uids) == (whole.count, whole.uids)


@pytest.mark.parametrize(("fault", "kind"), ENDS_A_SEARCH.items())
def test_a_search_ends_at_once(stand_in, pubmed, fault: str, kind: type[SourceError]) -> None:
    stand_in.fail("esearch", fault)

    with pytest.raises(kind):
        pubmed.search(TOPIC)

    assert len(stand_in.log) == 1


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - ENDS_EVERYTHING.keys()))
def test_a_fetch_survives_with_every_record_accounted_for(stand_in, pubmed, fault: str) -> None:
    asked = pubmed.search(TOPIC).uids[:10]
    stand_in.fail("efetch", fault)

    batches = list(pubmed.fetch(asked))

    came = [article.uid for batch in batches for article in batch.articles]
    broken = [uid for batch in batches for uid, _ in batch.malformed]
    assert sorted(came + broken) == sorted(asked)
    assert len(broken) == (fault == "malformed-record")


@pytest.mark.parametrize(("fault", "kind"), ENDS_EVERYTHING.items())
def test_a_fetch_ends_at_once(stand_in, pubmed, fault: str, kind: type[SourceError]) -> None:
    asked = pubmed.search(TOPIC).uids[:10]
    stand_in.fail("efetch", fault)

    with pytest.raises(kind):
        list(pubmed.fetch(asked))

    assert len(stand_in.log) == 2
