"""What an issue holds beyond what a mail can show: counted, linked, named, and in the text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from litwatch.digest.issue import CorrectionEntry, Digest
from litwatch.digest.pieces import Memory
from litwatch.digest.render import MAX_HTML_BYTES, Rendered, render
from litwatch.models import Change, Stored

Issue = Callable[..., Digest]


@dataclass(frozen=True)
class Shown:
    """What the HTML shows, what it lists by links, and what it names."""

    titles: tuple[str, ...]
    listed: tuple[str, ...]
    gone: tuple[str, ...]
    said: str
    page: str


def shown(mail: Rendered) -> Shown:
    page = html.fromstring(mail.html)
    links = [str(link) for link in page.xpath("//a/@href") if "?term=" in link]
    text = " ".join(page.text_content().split())
    said = re.search(r"hold (.*?) more belongs? to this issue", text)
    return Shown(
        tuple(title.text_content() for title in page.xpath("//h3")),
        tuple(uid for link in links for uid in link.partition("?term=")[2].split("+")),
        tuple(re.findall(r"No longer in PubMed: ([0-9]+), ", text)),
        said[1] if said else "",
        text,
    )


def size(mail: Rendered) -> int:
    """As a mail has it, where each line ends in CRLF."""
    return len(mail.html.replace("\n", "\r\n").encode())


def papers(samples: ModuleType, number: int, title: str = "") -> tuple[Stored, ...]:
    heart = samples.heart_paper()
    return tuple(
        replace(
            heart,
            article=replace(
                heart.article, uid=f"pubmed:{91000000 + n}", title=f"Paper {n}.{title}"
            ),
        )
        for n in range(number)
    )


def corrections(
    samples: ModuleType, number: int, kinds: tuple[str, ...] = ("retraction",), title: str = ""
) -> tuple[CorrectionEntry, ...]:
    """Each kind of change for so many papers, kind by kind."""
    return tuple(entries(samples, number, kinds, title))


def entries(
    samples: ModuleType, number: int, kinds: tuple[str, ...], title: str
) -> Iterator[CorrectionEntry]:
    for rank, kind in enumerate(kinds):
        for n in range(number):
            article = samples.article(92000000 + n, f"Told of {n}.{title}", samples.HEART)
            notice = "" if kind == "withdrawn" else f"pubmed:{93000000 + rank * number + n}"
            change = Change(rank * number + n, article.uid, kind, 3, samples.NOW, notice, "")
            paper = replace(samples.stored(article), withdrawn="withdrawn" in kinds)
            yield CorrectionEntry(change, paper, samples.LAST_WEEK)


def test_corrections_that_do_not_fit_are_counted_as_such_and_their_papers_listed_once(
    issue: Issue, samples: ModuleType
) -> None:
    told = corrections(samples, 100, ("retraction", "erratum", "update"))

    mail = render(issue(papers(samples, 12), corrections=told), samples.MAIL)

    seen = shown(mail)
    left = 300 - len(seen.titles)
    assert seen.said == f"{left} corrections and 12 papers"
    at_top = {title.split()[2].rstrip(".") for title in seen.titles}
    of_corrections = [uid for uid in seen.listed if uid.startswith("92")]
    assert len(at_top) + len(of_corrections) == 100
    assert not {f"{92000000 + int(n)}" for n in at_top} & set(of_corrections)
    assert len(seen.listed) == len(set(seen.listed)) == len(of_corrections) + 12
    assert mail.text.count("Told of ") == 300


def test_records_that_are_gone_are_named_and_not_linked(issue: Issue, samples: ModuleType) -> None:
    told = corrections(samples, 65, ("withdrawn", "erratum"))

    seen = shown(render(issue((), corrections=told), samples.MAIL))

    at_top = {title.split()[2].rstrip(".") for title in seen.titles}
    assert len(seen.titles) == len(at_top) < 65
    assert not seen.listed
    assert set(seen.gone) <= {f"{92000000 + n}" for n in range(65)}
    rest = re.search(r"([0-9]+) papers? more stands? in the text part alone", seen.page)
    assert len(at_top) + len(seen.gone) + (int(rest[1]) if rest else 0) == 65
    assert f"No longer in PubMed: {seen.gone[0]}, Told of " in seen.page


def test_a_record_under_another_number_is_listed_under_that(
    issue: Issue, samples: ModuleType
) -> None:
    told = [
        replace(entry, change=replace(entry.change, notice_uid=f"pubmed:{95000000 + number}"))
        for number, entry in enumerate(corrections(samples, 100, ("withdrawn",)))
    ]

    seen = shown(render(issue((), corrections=tuple(told)), samples.MAIL))

    assert not seen.gone
    assert len(seen.listed) == 100 - len(seen.titles)
    assert all(uid.startswith("95") for uid in seen.listed)


def test_one_outsize_title_is_cut_in_the_html_and_whole_in_the_text(
    issue: Issue, samples: ModuleType
) -> None:
    long, *others = papers(samples, 7)
    title = "Scleromyxedema " + "x " * 50_000 + "end"
    long = replace(long, article=replace(long.article, title=title, vernacular_title=title))

    mail = render(issue((long, *others)), samples.MAIL)

    seen = shown(mail)
    assert len(seen.titles) == 7
    assert not seen.said
    assert "x x …" in mail.html
    assert " ".join(mail.text.split()).count("x x end") == 2


@pytest.mark.parametrize("place", [0, 3, 6])
def test_one_outsize_paper_is_left_out_and_counted_and_the_others_stay(
    issue: Issue, samples: ModuleType, place: int
) -> None:
    several = list(papers(samples, 7))
    fact = replace(several[place].findings.facts, conclusion=samples.Fact("We conclude. " * 7000))
    several[place] = replace(several[place], findings=replace(several[place].findings, facts=fact))

    mail = render(issue(tuple(several)), samples.MAIL)

    seen = shown(mail)
    assert seen.said == "1 paper"
    assert "1 paper more belongs to this issue" in seen.page
    assert len(seen.titles) == 6
    assert seen.listed == (f"{91000000 + place}",)
    assert "We conclude." in mail.text


def test_however_many_papers_there_are_the_html_has_its_size_and_says_how_many(
    issue: Issue, samples: ModuleType
) -> None:
    mail = render(issue(papers(samples, 10_000)), samples.MAIL)

    seen = shown(mail)
    assert size(mail) <= MAX_HTML_BYTES
    left = 10_000 - len(seen.titles)
    assert seen.said == f"{left:,} papers"
    assert len(seen.listed) == 2000
    assert f"{left - 2000:,} papers more stand in the text part alone" in seen.page
    assert len(seen.titles) > 20


@given(
    new=st.integers(0, 250),
    told=st.integers(0, 100),
    kinds=st.sampled_from([("retraction",), ("withdrawn", "erratum", "update")]),
    title=st.sampled_from(["", "&" * 300, "<b>" * 600, " 皮膚" * 200, "x" * 20_000, "𝛼" * 600]),
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_html_never_passes_its_size_and_nothing_is_dropped_in_silence(
    issue: Issue,
    samples: ModuleType,
    new: int,
    told: int,
    kinds: tuple[str, ...],
    title: str,
) -> None:
    digest = issue(
        papers(samples, new, title), corrections=corrections(samples, told, kinds, title)
    )

    mail = render(digest, samples.MAIL)

    assert size(mail) <= MAX_HTML_BYTES
    seen = shown(mail)
    everything = new + told * len(kinds)
    counts = [int(number.replace(",", "")) for number in re.findall("[0-9][0-9,]*", seen.said)]
    assert len(seen.titles) + sum(counts) == everything
    text = " ".join(mail.text.split())
    assert text.count("Paper ") >= new
    assert text.count("Told of ") >= told * len(kinds)


# ---- each piece is made once -------------------------------------------------------------------


def test_a_piece_is_made_once_though_an_issue_has_more_than_are_remembered() -> None:
    memory = Memory[tuple[int, ...]](keep=10)
    first = [(key, 0) for key in range(100)]

    for reader in range(5):
        memory.begin_issue()
        asked = [(key, 0) for key in range(100)] if reader else first
        again = [memory.known(each) for each in asked]
        assert all(one is other for one, other in zip(again, first, strict=True))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_what_is_remembered_is_bounded_by_the_issues(sizes: list[int]) -> None:
    memory = Memory[int](keep=10)
    start = 0

    for number in sizes:
        memory.begin_issue()
        for key in range(start, start + number):
            assert memory.known(key) == key
        start += number
        assert len(memory) <= 2 * (10 + max(sizes))
