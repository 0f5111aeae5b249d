"""A topic of 50,000 hits, five times what PubMed lists of one result, asked for over HTTP."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from litwatch.demo.bulk import FIRST_PMID, bulk, bulk_library
from litwatch.demo.library import Library, Revision
from litwatch.demo.server import StandIn
from litwatch.demo.service import Request
from litwatch.errors import SourceError
from litwatch.fetch.pubmed import PAGE, ROOMY, WINDOW, PubMed
from litwatch.models import Batch, Search
from litwatch.settings import Ncbi, Topic

NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
COUNT = 50_000
TOPIC = Topic(id="scleromyxedema", label="Scleromyxedema", query="scleromyxedema[tiab]")
CREATED = re.compile(r'"(\d{4}/\d\d/\d\d)"\[crdt\] : "(\d{4}/\d\d/\d\d)"\[crdt\]')


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn(bulk_library(COUNT, seed=1), lambda: NOW, rate_limit=False) as running:
        yield running


@pytest.fixture
def pubmed_at(tmp_path: Path):
    """A client of a stand-in, at the virtual now, that waits for nothing."""

    def make(stand_in: StandIn, clock=lambda: NOW) -> PubMed:
        ncbi = Ncbi(
            email="a@example.org", base_url=stand_in.base_url, pace_file=str(tmp_path / "pace")
        )
        return PubMed.over_network(ncbi, clock=clock, sleep=lambda _: None)

    return make


@pytest.fixture(scope="module")
def found(stand_in: StandIn, tmp_path_factory) -> tuple[Search, Sequence[Request]]:
    """What the first search gave, and its requests."""
    pace = tmp_path_factory.mktemp("bulk") / "pace"
    ncbi = Ncbi(email="a@example.org", base_url=stand_in.base_url, pace_file=str(pace))
    before = len(stand_in.log)
    search = PubMed.over_network(ncbi, clock=lambda: NOW, sleep=lambda _: None).search(TOPIC)
    return search, stand_in.log[before:]


@pytest.fixture(scope="module")
def fetched(stand_in: StandIn, found, tmp_path_factory) -> tuple[Sequence[Batch], int]:
    """All that it found, fetched, and with how many requests."""
    pace = tmp_path_factory.mktemp("bulk") / "pace"
    ncbi = Ncbi(email="a@example.org", base_url=stand_in.base_url, pace_file=str(pace))
    pubmed = PubMed.over_network(ncbi, clock=lambda: NOW, sleep=lambda _: None)
    before = len(stand_in.log)
    batches = tuple(pubmed.fetch(found[0].uids))
    return batches, len(stand_in.log) - before


def test_every_one_of_fifty_thousand_hits_is_listed_once(found):
    search, _ = found

    assert search.count == COUNT
    assert Counter(search.uids) == Counter(f"pubmed:{FIRST_PMID + n}" for n in range(COUNT))
    assert search.notices == ()


def _slices(requests: Sequence[Request]) -> list[tuple[date, date]]:
    """The spans of create dates that were asked and not asked again in parts, oldest first."""
    spans = {
        tuple(date.fromisoformat(day.replace("/", "-")) for day in match.groups())
        for request in requests
        if (match := CREATED.search(request.params.get("term")))
    }

    def is_whole(span: tuple[date, date]) -> bool:
        return not any(span[0] <= o[0] and o[1] <= span[1] for o in spans - {span})

    return sorted(filter(is_whole, spans))


def test_the_slices_tile_all_days_without_gap_or_overlap(found):
    slices = _slices(found[1])

    assert len(slices) > COUNT // WINDOW
    assert slices[0][0] <= date(1800, 1, 1)
    assert slices[-1][1] >= NOW.date()
    for before, after in pairwise(slices):
        assert after[0] - before[1] == timedelta(days=1)


def test_every_one_of_fifty_thousand_records_is_fetched_once(found, fetched):
    search, _ = found
    batches, requests = fetched

    assert Counter(article.uid for batch in batches for article in batch.articles) == Counter(
        search.uids
    )
    assert all(not batch.missing and not batch.malformed for batch in batches)
    assert requests == COUNT // PAGE


def test_a_second_search_plans_its_slices_and_costs_one_search_for_each_and_one_for_all(
    stand_in, found, fetched, pubmed_at
):
    first, requests = found
    batches, _ = fetched
    created = [article.created_on for batch in batches for article in batch.articles]
    assert len(requests) <= 2 * len(_slices(requests)) - 1
    before = len(stand_in.log)
    second = pubmed_at(stand_in).search(TOPIC, created)
    again = stand_in.log[before:]

    assert second.count == first.count
    assert Counter(second.uids) == Counter(first.uids)
    assert {request.endpoint for request in again} == {"esearch"}
    assert len(again) == 1 + len(_slices(again)) == 1 + math.ceil(COUNT / ROOMY)


def test_what_comes_to_fifty_thousand_is_the_only_difference_of_the_next_search(pubmed_at):
    """A record that is back-dated by thirty years is among it: no window can hide it."""
    count = 12_000
    records = dict(bulk(count, seed=2))
    late = dict(bulk(1, seed=3, first=date(1996, 5, 4), last=date(1996, 5, 4)))
    xml = late[str(FIRST_PMID)][0].xml.replace(str(FIRST_PMID).encode(), b"95000001")
    records["95000001"] = (Revision(NOW + timedelta(hours=1), xml),)
    moment = [NOW]
    with StandIn(Library(records), lambda: moment[0], rate_limit=False) as stand_in:
        pubmed = pubmed_at(stand_in, lambda: moment[0])
        before = pubmed.search(TOPIC)
        moment[0] += timedelta(days=1)
        after = pubmed.search(TOPIC)

    assert (before.count, after.count) == (count, count + 1)
    assert set(after.uids) - set(before.uids) == {"pubmed:95000001"}
    assert set(before.uids) < set(after.uids)


def test_more_than_the_window_on_one_day_is_an_error_and_never_a_part_of_the_list(pubmed_at):
    """F57: the day on which PubMed was filled with a backlog cannot be listed; it is named."""
    day = date(2003, 4, 5)
    library = bulk_library(WINDOW + 1, seed=4, first=day, last=day)
    with (
        StandIn(library, lambda: NOW, rate_limit=False) as stand_in,
        pytest.raises(SourceError, match="created on 2003-04-05"),
    ):
        pubmed_at(stand_in).search(TOPIC)
