"""PubMed as a source: nothing is missed, and every asked record is accounted for."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from litwatch.errors import (
    HistoryLost,
    Inconsistent,
    KeyRefused,
    MalformedRecord,
    SourceBlocked,
    SourceBusy,
    SourceError,
    TooMuch,
)
from litwatch.fetch import Source
from litwatch.fetch.pubmed import PubMed
from litwatch.fetch.records import Parsed
from litwatch.models import Article, Batch, Search
from litwatch.settings import Ncbi, Secret, Topic

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TOPIC = Topic("scleromyxedema", "Scleromyxedema", "scleromyxedema[tiab]\nOR papular[tiab]")


def found(count: int, pmids: Iterable[object], more: str = "") -> bytes:
    ids = "".join(f"<Id>{pmid}</Id>" for pmid in pmids)
    return (
        f"<eSearchResult><Count>{count}</Count><IdList>{ids}</IdList>{more}</eSearchResult>"
    ).encode()


def record(pmid: object, *, version: int = 1, title: str = "Written by us") -> str:
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="{version}">{pmid}</PMID><Article>'
        f"<ArticleTitle>{title} {version}</ArticleTitle></Article></MedlineCitation>"
        "</PubmedArticle>"
    )


def book(pmid: object) -> str:
    return (
        f'<PubmedBookArticle><BookDocument><PMID Version="1">{pmid}</PMID><Book><BookTitle>Skin'
        "</BookTitle></Book></BookDocument></PubmedBookArticle>"
    )


def answer(*records: str) -> bytes:
    return f"<PubmedArticleSet>{''.join(records)}</PubmedArticleSet>".encode()


def uids(*pmids: object) -> tuple[str, ...]:
    return tuple(f"pubmed:{pmid}" for pmid in pmids)


def accounted(batches: Iterable[Batch]) -> dict[str, str]:
    """What became of each asked uid; fails where one is accounted for twice, or not at all."""
    fates: dict[str, str] = {}
    for batch in batches:
        named = (
            [(article.uid, "article") for article in batch.articles]
            + [(uid, "missing") for uid in batch.missing]
            + [(uid, f"malformed: {reason}") for uid, reason in batch.malformed]
        )
        assert sorted(uid for uid, _ in named) == sorted(batch.asked)
        assert not fates.keys() & dict(named).keys()
        fates.update(named)
    return fates


def until_error(batches: Iterator[Batch]) -> tuple[list[Batch], SourceError]:
    """The batches that come before the error that ends them."""
    came: list[Batch] = []
    try:
        came.extend(batches)  # keeps what it took before an error
    except SourceError as error:
        return came, error
    pytest.fail("no error ended the batches")


@pytest.fixture
def make(server, virtual_time, tmp_path: Path) -> Callable[..., PubMed]:
    def build(key: str = "") -> PubMed:
        ncbi = Ncbi("watcher@example.org", server.url, str(tmp_path / "pace"), Secret(key))
        return PubMed.over_network(
            ncbi,
            clock=lambda: NOW,
            sleep=virtual_time.sleep,
            random=Random(1),
            monotonic=virtual_time.monotonic,
        )

    return build


@pytest.fixture
def pubmed(make: Callable[..., PubMed]) -> PubMed:
    return make()


def hand_out(does, make_record: Callable[[str], str] = record):
    """A server that hands out every record it is asked for."""
    return lambda call: does.answer(answer(*map(make_record, call.pmids)))


# ---- search ----------------------------------------------------------------------------------


def test_it_is_a_source(pubmed) -> None:
    source: Source = pubmed

    assert callable(source.search)


def test_a_search_is_one_request_with_the_whole_query(server, does, pubmed) -> None:
    more = "<QueryTranslation>&quot;x&quot;[Title/Abstract]</QueryTranslation>"
    server.steps = [does.answer(found(3, [33, 11, 22], more))]

    search = pubmed.search(TOPIC)

    assert search == Search(uids(33, 11, 22), 3, '"x"[Title/Abstract]')
    (call,) = server.calls
    assert call.endpoint == "esearch"
    assert {"term": TOPIC.query, "retmax": "9999", "retmode": "xml"}.items() <= call.params.items()


def test_a_quiet_run_is_two_searches_and_one_fetch(server, does, pubmed) -> None:
    server.steps = [
        does.answer(found(1, [7])),
        does.answer(found(0, [])),
        does.answer(answer(record(7))),
    ]

    pubmed.search(TOPIC)
    pubmed.changed(TOPIC, date(2026, 11, 21))
    assert accounted(pubmed.fetch(["pubmed:7"])) == {"pubmed:7": "article"}

    assert len(server.calls) == 3


def test_the_calls_keep_to_the_pace(server, does, make, virtual_time) -> None:
    server.otherwise = lambda _: does.answer(found(0, []))
    for key, interval in (("", 0.4), ("f" * 36, 0.12)):
        virtual_time.now += 10
        virtual_time.sleeps.clear()
        pubmed = make(key)

        for _ in range(3):
            pubmed.search(TOPIC)

        assert virtual_time.sleeps == [pytest.approx(interval)] * 2


def test_the_changed_records_are_those_of_the_query_by_their_revision_date(
    server, does, pubmed
) -> None:
    server.steps = [does.answer(found(2, [5, 4]))]

    assert pubmed.changed(TOPIC, date(2026, 1, 2)) == uids(5, 4)
    assert server.calls[0].params["term"] == (
        f'({TOPIC.query}) AND ("2026/01/02"[mdat] : "3000"[mdat])'
    )


def test_warnings_come_with_the_hits(server, does, pubmed) -> None:
    more = "<ErrorList><PhraseNotFound>scleromyxedma</PhraseNotFound></ErrorList>"
    server.steps = [does.answer(found(1, [7], more))]

    search = pubmed.search(TOPIC)

    assert search.uids == uids(7)
    assert [notice.code for notice in search.notices] == ["phrase-not-found"]


def test_a_count_that_the_list_does_not_bear_out_is_asked_once_more(server, does, pubmed) -> None:
    server.steps = [does.answer(found(5, [1, 2, 3, 4])), does.answer(found(5, [1, 2, 3, 4, 5]))]

    assert pubmed.search(TOPIC).count == 5


def test_a_list_that_pubmed_shortens_is_continued_where_it_ended(server, does, pubmed) -> None:
    """It says so in RetMax: a limit of its own that we do not know of."""
    pages = [[1, 2], [3, 4], [5]]
    server.steps = [does.answer(found(5, page, f"<RetMax>{len(page)}</RetMax>")) for page in pages]

    assert pubmed.search(TOPIC).uids == uids(1, 2, 3, 4, 5)
    assert [call.params.get("retstart") for call in server.calls] == [None, "2", "4"]


def test_a_list_that_is_shortened_to_the_same_again_is_no_answer(server, does, pubmed) -> None:
    server.otherwise = lambda _: does.answer(found(5, [1, 2], "<RetMax>2</RetMax>"))

    with pytest.raises(Inconsistent, match="counts 5 hits, and lists 2"):
        pubmed.search(TOPIC)

    assert len(server.calls) == 4


@pytest.mark.parametrize(
    "body",
    [
        found(5, [1, 2, 3, 4]),
        found(2, [1, 2, 3]),
        found(2, [1, 1]),
        found(1, ["abc"]),
        found(1, [0]),
        b"<eSearchResult><IdList><Id>1</Id></IdList></eSearchResult>",
        b"<eSearchResult><Count>1</Count><IdList><Id>1</IdList></eSearchResult>",
    ],
    ids=["short", "long", "twice", "letters", "zero", "no count", "no XML"],
)
def test_a_list_that_contradicts_itself_twice_is_no_answer(
    server, does, pubmed, body: bytes
) -> None:
    server.steps = [does.answer(body), does.answer(body)]

    with pytest.raises(Inconsistent, match=r"^PubMed"):
        pubmed.search(TOPIC)

    assert len(server.calls) == 2


def test_a_history_that_pubmed_lost_is_no_loss_to_us(server, does, pubmed) -> None:
    lost = b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"
    server.steps = [
        does.answer(lost),
        does.answer(found(1, [7])),
        does.answer(lost, status=400),
        does.answer(answer(record(7))),
    ]

    assert accounted(pubmed.fetch(pubmed.search(TOPIC).uids)) == {"pubmed:7": "article"}


def test_a_history_that_stays_lost_is_not_asked_for_without_end(server, does, pubmed) -> None:
    server.otherwise = lambda _: does.answer(b"<x><ERROR>Unable to obtain query #1</ERROR></x>")

    with pytest.raises(HistoryLost):
        pubmed.search(TOPIC)

    assert len(server.calls) == 2


# ---- past 9,999 hits -------------------------------------------------------------------------


@dataclass
class Library:
    """A PubMed of create dates: it answers searches of [crdt] ranges, 9,999 hits at most."""

    created: dict[int, date]
    lost: set[int] = field(default_factory=set)
    terms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.newest_first = [
            (f"{day:%Y/%m/%d}", pmid) for pmid, day in sorted(self.created.items(), reverse=True)
        ]

    def call(self, _endpoint: str, params: dict[str, str], **_tries: None) -> bytes:
        term = params["term"]
        self.terms.append(term)
        prefix, _, dates = term.partition(' AND ("')
        first, last = "1000/01/01", "3000/01/01"
        if dates:
            assert prefix == f"({TOPIC.query})"
            first, last = dates[:10], dates[dates.index(': "') + 3 :][:10]
        hits = [pmid for day, pmid in self.newest_first if first <= day <= last]
        listed = [pmid for pmid in hits if pmid not in self.lost]
        return found(len(hits), listed[:9999], "<QueryTranslation>all</QueryTranslation>")


def over(library: Library) -> PubMed:
    return PubMed(library, clock=lambda: NOW)  # type: ignore[arg-type]


def spread(count: int, days: int) -> dict[int, date]:
    """So many records, created evenly over the days that end tomorrow."""
    last = NOW.date() + timedelta(days=1)
    return {
        pmid: last - timedelta(days=(count - pmid) * days // count) for pmid in range(1, count + 1)
    }


@settings(deadline=None, max_examples=10, phases=[Phase.generate])  # large: slow to shrink
@given(st.integers(10_000, 25_000), st.integers(20, 80_000))
def test_past_the_cap_every_hit_is_listed_once_and_in_order(count: int, days: int) -> None:
    search = over(Library(spread(count, days))).search(TOPIC)

    assert search.count == count
    assert search.uids == uids(*range(count, 0, -1))
    assert search.query_translation == "all"


def test_up_to_the_cap_no_slice_is_asked_for() -> None:
    library = Library(spread(9_999, 50))

    assert len(over(library).search(TOPIC).uids) == 9_999
    assert library.terms == [TOPIC.query]


def test_the_slices_tile_from_long_ago_until_tomorrow() -> None:
    library = Library(spread(25_000, 300))
    over(library).search(TOPIC)
    days = set()
    asked = [term.split('"')[1::2] for term in library.terms[1:]]
    for first, last in asked:
        if not any(first <= a and b <= last and (a, b) != (first, last) for a, b in asked):
            days.add((first, last))

    ordered = sorted(days)
    assert ordered[0][0] == "1800/01/01"
    assert ordered[-1][1] == "2026/11/25"
    for (_, last), (first, _) in pairwise(ordered):
        following = datetime.strptime(last, "%Y/%m/%d").replace(tzinfo=UTC) + timedelta(days=1)
        assert f"{following:%Y/%m/%d}" == first


def test_slices_that_do_not_add_up_are_done_once_more_and_then_reported() -> None:
    library = Library(spread(12_000, 100), lost={77})

    with pytest.raises(Inconsistent, match=r"counts .* and lists"):
        over(library).search(TOPIC)

    assert library.terms.count(TOPIC.query) == 2


def test_hits_outside_every_slice_are_missed_by_the_sum() -> None:
    """A clock that is wrong by years must not make the newest papers vanish."""
    pubmed = PubMed(  # type: ignore[arg-type]
        Library(spread(12_000, 100)), clock=lambda: datetime(1970, 1, 1, tzinfo=UTC)
    )

    with pytest.raises(Inconsistent, match="counts 12000 hits, and lists 0 by their create dates"):
        pubmed.search(TOPIC)


def test_more_hits_of_one_day_than_can_be_listed_are_said_plainly() -> None:
    day = date(2026, 3, 1)

    with pytest.raises(SourceError, match="10001 hits that PubMed created on 2026-03-01") as caught:
        over(Library(dict.fromkeys(range(1, 10_002), day))).search(TOPIC)

    assert not isinstance(caught.value, SourceBusy)


# ---- fetch -----------------------------------------------------------------------------------


def test_nothing_is_asked_for_nothing(server, pubmed) -> None:
    assert list(pubmed.fetch([])) == []
    assert server.calls == []


def test_records_come_200_at_a_time_in_the_order_asked(server, does, pubmed) -> None:
    server.otherwise = hand_out(does)
    asked = uids(*range(450, 0, -1))

    batches = list(pubmed.fetch(asked))

    assert [len(batch.asked) for batch in batches] == [200, 200, 50]
    assert [article.uid for batch in batches for article in batch.articles] == [*asked]
    assert {call.method for call in server.calls} == {"POST"}


def test_a_record_asked_for_in_several_spellings_is_fetched_once(server, does, pubmed) -> None:
    server.otherwise = hand_out(does)

    (batch,) = pubmed.fetch(["pubmed:7", "7", "pubmed:007", "pubmed:8"])

    assert batch.asked == uids(7, 8)
    assert server.calls[0].pmids == ["7", "8"]


@pytest.mark.parametrize("uid", ["", "pubmed:", "pubmed:0", "pubmed:abc", "europepmc:7", "7,8"])
def test_what_names_no_record_of_pubmed_is_never_sent(server, does, pubmed, uid: str) -> None:
    server.otherwise = hand_out(does)

    fates = accounted(pubmed.fetch([uid, "pubmed:9"]))

    assert fates == {uid: "malformed: this names no record of PubMed", "pubmed:9": "article"}
    assert [call.pmids for call in server.calls] == [["9"]]


def test_a_book_among_articles_is_a_record_like_them(server, does, pubmed) -> None:
    server.steps = [does.answer(answer(record(1), book(2), record(3)))]

    (batch,) = pubmed.fetch(uids(1, 2, 3))

    assert [article.kind for article in batch.articles] == ["article", "book", "article"]


def test_a_missing_record_is_asked_for_alone_once(server, does, pubmed) -> None:
    server.steps = [
        does.answer(answer(record(1), record(4))),
        does.answer(answer(record(2))),
        does.answer(answer()),
    ]

    (batch,) = pubmed.fetch(uids(1, 2, 3, 4))

    assert [article.uid for article in batch.articles] == [*uids(1, 2, 4)]
    assert batch.missing == uids(3)
    assert [call.pmids for call in server.calls] == [["1", "2", "3", "4"], ["2"], ["3"]]


def test_many_missing_records_are_asked_for_together_first(server, does, pubmed) -> None:
    pmids = [str(number) for number in range(1, 201)]
    server.steps = [
        does.answer(answer(*map(record, pmids[:100]))),
        does.answer(answer(*map(record, pmids[100:198]))),
    ]
    server.otherwise = lambda _: does.answer(answer())

    (batch,) = pubmed.fetch(uids(*pmids))

    assert batch.missing == uids(199, 200)
    assert [len(call.pmids) for call in server.calls] == [200, 100, 1, 1]


def test_a_page_of_which_nothing_comes_costs_two_requests(server, does, pubmed) -> None:
    server.otherwise = lambda _: does.answer(answer())

    (batch,) = pubmed.fetch(uids(*range(1, 151)))

    assert batch.missing == uids(*range(1, 151))
    assert len(server.calls) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_what_is_missing_stays_so_when_the_second_asking_fails(
    server, does, pubmed, status: int
) -> None:
    server.steps = [does.answer(answer(record(1)))]
    server.otherwise = lambda _: does.answer(b"", status=status)

    (batch,) = pubmed.fetch(uids(1, 2, 3))

    assert accounted([batch]) == {
        "pubmed:1": "article",
        "pubmed:2": "missing",
        "pubmed:3": "missing",
    }
    assert {tuple(call.pmids) for call in server.calls[1:]} == {("2",)}


def test_a_record_not_asked_for_is_ignored_and_logged(
    server, does, pubmed, caplog: pytest.LogCaptureFixture
) -> None:
    server.steps = [does.answer(answer(record(666), record(7)))]

    (batch,) = pubmed.fetch(uids(7))

    assert [article.uid for article in batch.articles] == ["pubmed:7"]
    assert "pubmed:666, which was not asked for" in caplog.text


@pytest.mark.parametrize("versions", [(1, 3, 2), (3, 2, 1), (1, 2, 3)])
def test_of_a_record_that_comes_twice_the_newest_version_is_kept(
    server, does, pubmed, versions: Sequence[int]
) -> None:
    server.steps = [does.answer(answer(*(record(7, version=version) for version in versions)))]

    (batch,) = pubmed.fetch(uids(7))

    assert [(article.version, article.title) for article in batch.articles] == [
        (3, "Written by us 3")
    ]


def test_one_broken_record_is_reported_and_the_others_come(server, does, pubmed) -> None:
    server.steps = [does.answer(answer(record(1), record(2, title="a <b> c"), record(3)))]

    fates = accounted(pubmed.fetch(uids(1, 2, 3)))

    assert (fates["pubmed:1"], fates["pubmed:3"]) == ("article", "article")
    assert fates["pubmed:2"].startswith("malformed: ")
    assert len(server.calls) == 1


def test_a_broken_record_that_names_nobody_is_found_by_asking_alone(server, does, pubmed) -> None:
    broken = "<PubmedArticle><MedlineCitation/></PubmedArticle>"
    server.steps = [does.answer(answer(record(1), broken)), does.answer(answer(broken))]

    fates = accounted(pubmed.fetch(uids(1, 2)))

    assert fates["pubmed:1"] == "article"
    assert fates["pubmed:2"].startswith("malformed: ")


# ---- pages that fail -------------------------------------------------------------------------


def test_a_page_that_is_too_large_is_fetched_in_halves(server, does, pubmed) -> None:
    server.otherwise = lambda call: (
        does.answer(b"", status=502) if len(call.pmids) > 60 else hand_out(does)(call)
    )

    batches = list(pubmed.fetch(uids(*range(1, 201))))

    assert [len(batch.asked) for batch in batches] == [50, 50, 50, 50]
    assert set(accounted(batches).values()) == {"article"}


@pytest.mark.parametrize("status", [500, 400], ids=["a server's error", "an unknown refusal"])
@pytest.mark.parametrize("poison", [2, 77, 201])
def test_the_one_record_over_which_pubmed_fails_is_found_and_the_others_come(
    server, does, pubmed, poison: int, status: int
) -> None:
    server.otherwise = lambda call: (
        does.answer(b"<x>no</x>", status=status)
        if str(poison) in call.pmids
        else hand_out(does)(call)
    )

    fates = accounted(pubmed.fetch(uids(*range(2, 202))))

    blamed = fates.pop(f"pubmed:{poison}")
    assert blamed.startswith(f"malformed: NCBI efetch: HTTP status {status}")
    assert set(fates.values()) == {"article"}
    assert len(fates) == 199


def test_several_records_over_which_pubmed_fails_are_all_found(server, does, pubmed) -> None:
    poison = {"10", "11", "12", "13", "150"}
    server.otherwise = lambda call: (
        does.answer(b"", status=500) if poison & {*call.pmids} else hand_out(does)(call)
    )

    fates = accounted(pubmed.fetch(uids(*range(10, 210))))

    broken = {uid for uid, fate in fates.items() if fate != "article"}
    assert broken == {*uids(*poison)}


def test_a_page_that_cannot_be_parsed_is_fetched_in_halves(server, does, make) -> None:
    def parse(xml: bytes) -> Parsed:
        if b"<PMID>13<" in xml:
            raise MalformedRecord("the answer cannot be read")
        numbers = [part.split(b"<")[0].decode() for part in xml.split(b"<PMID>")[1:]]
        return Parsed(tuple(Article(f"pubmed:{number}") for number in numbers))

    server.otherwise = hand_out(does, lambda pmid: f"<PMID>{pmid}</PMID>")
    pubmed = PubMed(make()._entrez, clock=lambda: NOW, parse=parse)

    fates = accounted(pubmed.fetch(uids(*range(10, 20))))

    assert fates.pop("pubmed:13") == "malformed: the answer cannot be read"
    assert set(fates.values()) == {"article"}


def test_a_server_that_goes_down_is_not_halved_to_death(server, does, pubmed) -> None:
    """What came before stands; then one page, and one single record, are proof enough."""
    server.steps = [_first_page(does)]
    server.otherwise = lambda _: does.answer(b"", status=503)

    batches, error = until_error(pubmed.fetch(uids(*range(1, 601))))

    assert str(error) == "NCBI efetch: HTTP status 503 (5 tries)"
    assert [len(batch.articles) for batch in batches] == [200]
    assert [len(call.pmids) for call in server.calls] == [200] + [200] * 3 + [1] * 5


def _first_page(does):
    return does.answer(answer(*map(record, range(1, 201))))


def test_a_server_that_goes_down_in_the_middle_of_a_page_leaves_the_half_that_came(
    server, does, pubmed
) -> None:
    server.steps = [does.answer(b"", status=502)] * 3
    server.steps += [does.answer(answer()), does.answer(answer(*map(record, (1, 2, 3, 4))))]
    server.otherwise = lambda _: does.answer(b"", status=502)

    batches, error = until_error(pubmed.fetch(uids(1, 2, 3, 4, 5, 6, 7, 8)))

    assert isinstance(error, SourceBusy)
    assert [batch.asked for batch in batches] == [uids(1, 2, 3, 4)]


def test_nothing_is_halved_when_nobody_answers(make, server, does) -> None:
    server.otherwise = lambda _: does.answer(b"", status=429)

    with pytest.raises(SourceBusy, match="too many calls") as caught:
        list(make().fetch(uids(1, 2, 3, 4)))

    assert not isinstance(caught.value, TooMuch)
    assert {len(call.pmids) for call in server.calls} == {4}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html><h1>Access Denied</h1></html>", SourceBlocked),
        (400, b'{"error":"API key invalid"}', KeyRefused),
    ],
)
def test_a_block_or_a_refused_key_ends_everything_at_once(
    server, does, make, status: int, body: bytes, kind: type[SourceError]
) -> None:
    server.steps = [_first_page(does), does.answer(body, status=status)]

    batches, error = until_error(make("key-of-nobody").fetch(uids(*range(1, 601))))

    assert type(error) is kind
    assert len(batches) == 1
    assert len(server.calls) == 2


def test_a_block_during_the_second_asking_ends_everything_too(server, does, pubmed) -> None:
    server.steps = [does.answer(answer()), does.answer(b"<html>Access Denied</html>")]

    with pytest.raises(SourceBlocked):
        list(pubmed.fetch(uids(7)))


def test_what_is_retried_is_told(server, does, pubmed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server.steps = [does.answer(b"", status=503), does.answer(found(0, []))]

    pubmed.search(TOPIC)

    assert "NCBI esearch: HTTP status 503; trying again in 2 s" in caplog.text
