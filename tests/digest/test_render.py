"""A digest as a mail: what it says, and that mail clients can show it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from litwatch.digest.issue import Coverage, Digest, TopicCoverage
from litwatch.digest.render import MAX_HTML_BYTES, Rendered, render
from litwatch.digest.table import reported
from litwatch.models import (
    AbstractSection,
    Article,
    Author,
    Evidence,
    Finding,
    Findings,
    Journal,
    Notice,
    Stored,
    Tag,
)
from litwatch.settings import Filters

BLOCKED = "PubMed answered 502 five times"


@pytest.fixture
def whole(issue: Callable[..., Digest], samples: ModuleType) -> Rendered:
    """An issue with everything in it."""
    return render(everything(issue, samples), samples.MAIL)


def everything(issue: Callable[..., Digest], samples: ModuleType) -> Digest:
    return issue(
        corrections=(*samples.some_corrections(), samples.final_version()),
        filed_only=12,
        on_file_reports=reported(samples.all_papers()),
        per_year={2019: 3, 2024: 4, 2026: 1},
    )


def rendered(samples: ModuleType, digest: Digest) -> Rendered:
    return render(digest, samples.MAIL)


def broken(samples: ModuleType) -> Coverage:
    well = samples.well_covered()
    failed = TopicCoverage("scleredema", "Scleredema", None, error=BLOCKED)
    return replace(well, complete=False, topics=(well.topics[0], failed), errors=("disk is full",))


def text_of(part: str) -> str:
    return " ".join(html.fromstring(part).text_content().split())


def unwrapped(text: str) -> str:
    return " ".join(text.split())


# ---- both parts say it all -------------------------------------------------------------------


def test_both_parts_hold_every_paper_tag_sentence_and_link(
    whole: Rendered, samples: ModuleType
) -> None:
    page, text = text_of(whole.html), unwrapped(whole.text)
    for paper in samples.all_papers():
        title = re.sub("<.*?>", "", paper.article.title)
        assert title in page
        assert title in text
        link = f"https://pubmed.ncbi.nlm.nih.gov/{paper.article.uid.removeprefix('pubmed:')}/"
        assert link in whole.html
        assert link in whole.text
        if paper.article.doi:
            assert f'href="https://doi.org/{paper.article.doi}"' in whole.html
            assert f"https://doi.org/{paper.article.doi}\n" in whole.text
        for finding in (*paper.findings.treatments, *paper.findings.organs):
            assert finding.tag.label in page
            assert finding.tag.label in text
            assert finding.evidence[0].sentence in page
            assert finding.evidence[0].sentence in text.replace("*", "")


def test_corrections_come_first_and_say_what_happened(whole: Rendered) -> None:
    for part in (text_of(whole.html), unwrapped(whole.text)):
        retraction = part.index("This paper has been retracted. It was sent to you on 16 November")
        erratum = part.index("A correction to this paper has been published.")
        assert retraction < erratum < part.lower().index("eleven patients")
        assert "2026, tagged Melphalan — given." in part
        assert "Retraction: Melphalan for scleromyxedema: a series without relapse" in part


def test_a_retracted_paper_is_marked_wherever_it_appears(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    mail = rendered(samples, issue((samples.retracted_paper(),)))

    stamp = html.fromstring(mail.html).xpath("//p[contains(@class,'grave')]")
    assert [element.text_content() for element in stamp] == ["Retracted"]
    assert "!! Retracted\nMelphalan for scleromyxedema" in mail.text


def test_the_words_that_earned_a_tag_are_marked_in_both_parts(whole: Rendered) -> None:
    marked = html.fromstring(whole.html).xpath("//span[@class='mark']/text()")

    assert "cardiac involvement" in marked
    assert "*cardiac involvement*" in unwrapped(whole.text)


def test_the_foot_says_how_the_issue_was_made(whole: Rendered) -> None:
    for part in (text_of(whole.html), unwrapped(whole.text)):
        assert "put to PubMed on 23 November 2026 at 07:10 (Europe/Berlin)" in part
        assert "the search was complete. Covered without a gap since 16 November 2026." in part
        assert "Scleromyxedema: 812 in PubMed, 3 new in this issue, 0 pending." in part
        assert "version 2026.11-ab12cd" in part
        assert "no medical advice" in part
        assert "Source: PubMed, U.S. National Library of Medicine." in part
        assert "12 papers from before a change of the topics or of your filters" in part
        assert "desk@example.org" in part
    assert 'href="mailto:litwatch@example.org?subject=unsubscribe"' in whole.html
    assert "Unsubscribe: mailto:litwatch@example.org?subject=unsubscribe" in whole.text


DOUBTFUL = {
    "control-failed": "A paper by which the search for Scleromyxedema is tested was not found as",
    "phrase-not-found": "PubMed did not understand a part of the search for Scleromyxedema:",
    "field-not-found": "PubMed did not understand a part of the search for Scleromyxedema:",
    "too-quiet": "The search for Scleromyxedema has found unusually few new papers lately:",
}


@pytest.mark.parametrize("code", DOUBTFUL)
def test_a_search_in_doubt_is_not_said_to_be_without_a_gap(
    issue: Callable[..., Digest], samples: ModuleType, code: str
) -> None:
    coverage = samples.doubted(code, pending=0)
    empty = rendered(samples, issue((), coverage=coverage))

    assert empty.subject.startswith("Search in doubt: ")
    for mail in (empty, rendered(samples, issue(coverage=coverage))):
        for part in (text_of(mail.html), unwrapped(mail.text)):
            assert DOUBTFUL[code] in part
            assert f"Warning {code}: PubMed did not find the phrase" in part
            assert "may be missing from this issue until the search has been looked at" in part
            assert "complete" not in part
            assert "without a gap" not in part


def test_a_record_that_could_not_be_read_is_named_and_nothing_is_said_to_be_complete(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    one = rendered(samples, issue((), coverage=samples.doubted("", pending=1)))
    more = rendered(samples, issue(coverage=samples.doubted("", pending=3)))

    assert one.subject.startswith("Nothing new so far: ")
    said = "PubMed lists for Scleromyxedema could not be read yet;"
    for part in (text_of(one.html), unwrapped(one.text)):
        assert f"1 record that {said} it is asked for again." in part
        assert "So far nothing came that is new to you." in part
    for part in (text_of(more.html), unwrapped(more.text)):
        assert f"3 records that {said} they are asked for again." in part
    for part in (one.html, one.text, more.html, more.text):
        assert "complete" not in text_of(part)
        assert "without a gap" not in unwrapped(part)


def test_an_incomplete_search_is_said_aloud(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    mail = rendered(samples, issue((), coverage=broken(samples)))

    assert mail.subject.endswith("(23 Nov 2026, search incomplete)")
    for part in (text_of(mail.html), unwrapped(mail.text)):
        assert "This search was not complete." in part
        assert f"Scleredema: {BLOCKED}" in part
        assert "Scleredema: not searched" in part
        assert "Error: disk is full" in part
        assert "the search was complete" not in part
        assert "without a gap" not in part


def test_an_empty_issue_says_that_the_search_ran(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    mail = rendered(samples, issue(()))

    sentence = "The search ran and was complete: since 16 November 2026 nothing came that is new"
    assert sentence in text_of(mail.html)
    assert sentence in unwrapped(mail.text)


def test_an_empty_issue_of_a_reader_with_filters_does_not_say_that_nothing_came(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    picky = replace(samples.READER, filters=Filters(treatments=("ivig",)))

    mail = rendered(samples, issue((), reader=picky))

    assert "nothing came that passes your filters" in unwrapped(mail.text)
    assert "You asked for treatments: ivig." in unwrapped(mail.text)


def test_a_first_issue_counts_what_is_on_file_and_calls_nothing_new(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    mail = rendered(samples, issue(kind="first", on_file=2016))

    assert mail.subject == "2,016 papers on file: Scleromyxedema and Scleredema (23 Nov 2026)"
    assert "2,016 papers are on file" in unwrapped(mail.text)
    assert "new paper" not in mail.subject


# ---- subject and preheader -------------------------------------------------------------------


def test_the_subject_brings_the_news_first(
    issue: Callable[..., Digest], samples: ModuleType, whole: Rendered
) -> None:
    one = rendered(samples, issue((samples.heart_paper(),)))
    erratum = rendered(samples, issue((), corrections=samples.some_corrections()[1:]))
    nothing = rendered(samples, issue(()))

    assert one.subject == "1 new paper: Intravenous immunoglobulin (23 Nov 2026)"
    assert whole.subject[:40] == "1 retraction, 1 correction, 4 new papers"
    assert erratum.subject == "1 correction: Skin scores in scleromyxedema (23 Nov 2026)"
    assert nothing.subject == "Nothing new: Scleromyxedema and Scleredema (23 Nov 2026)"


def test_no_two_issues_have_the_same_subject(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    """Gmail threads equal subjects of one sender and folds what repeats."""
    often = replace(samples.READER, frequency="every-run")
    moments = [samples.NOW, samples.NOW + timedelta(minutes=50), samples.NOW + timedelta(days=7)]

    subjects = [
        rendered(
            samples,
            replace(issue((), reader=often, coverage=replace(samples.well_covered(), end=moment))),
        ).subject
        for moment in moments
    ]

    assert len(set(subjects)) == 3


def test_the_preheader_is_one_line_that_fits_an_inbox(
    issue: Callable[..., Digest], samples: ModuleType, whole: Rendered
) -> None:
    assert whole.preheader == "Retracted: Melphalan for scleromyxedema: a series without relapse"
    for digest in (issue(), issue(()), issue(kind="first"), issue((), coverage=broken(samples))):
        preheader = rendered(samples, digest).preheader
        assert 40 <= len(preheader) <= 90
        assert preheader in text_of(rendered(samples, digest).html)


# ---- what mail clients need ------------------------------------------------------------------


def test_nothing_in_the_html_is_fetched(whole: Rendered) -> None:
    page = html.fromstring(whole.html)

    assert whole.chart
    assert page.xpath("//img/@src") == [whole.chart.url]
    assert whole.chart.url.startswith("cid:")
    assert page.xpath("//script | //link | //form | //iframe | //svg") == []
    assert "url(" not in whole.html
    assert "@import" not in whole.html


def test_every_element_brings_its_style_and_one_small_sheet_is_kept(whole: Rendered) -> None:
    page = html.fromstring(whole.html)
    (sheet,) = page.xpath("//style")

    assert len(sheet.text) < 4000
    assert "prefers-color-scheme: dark" in sheet.text
    assert "max-width: 660px" in sheet.text
    for cell in page.xpath("//td[contains(@class,'cell')]"):
        assert "font-family" in cell.get("style")
    for link in page.xpath("//a"):
        assert "underline" in link.get("style")


def test_the_structure_can_be_read_aloud(whole: Rendered) -> None:
    page = html.fromstring(whole.html)
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3")]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(next_ <= level + 1 for level, next_ in pairwise(levels))
    (data,) = page.xpath("//table[not(@role='presentation')]")
    assert data.xpath("caption")
    assert {cell.get("scope") for cell in data.xpath(".//th")} == {"col", "row"}
    assert page.xpath("//body/div")[0].get("lang") == "en"
    assert page.xpath("//body/div")[0].get("dir") == "ltr"
    assert page.xpath("//p[@lang='de']")[0].text_content().startswith("Lenalidomid bei")


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, 1.4.3)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SCHEMES = {
    "light": {
        "#ffffff": ("#1c2733", "#53606e", "#0a58a5", "#3d4a57", "#7a4f00", "#a31f18"),
        "#fdf1ef": ("#1c2733", "#53606e", "#0a58a5", "#a31f18"),
        "#fdf6e3": ("#1c2733", "#53606e", "#0a58a5", "#7a4f00"),
        "#ffe9a8": ("#1c2733",),
    },
    "dark": {
        "#1a222c": ("#e4e9ee", "#a9b5c1", "#8cbdf5", "#c9d2dc", "#f3cd77", "#ffa59e"),
        "#3a1f1d": ("#e4e9ee", "#a9b5c1", "#8cbdf5", "#ffa59e"),
        "#352a10": ("#e4e9ee", "#a9b5c1", "#8cbdf5", "#f3cd77"),
        "#5f4b00": ("#fff2c2",),
    },
}
"""Each ground with the inks that stand on it."""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read_in_light_and_dark(scheme: str, whole: Rendered) -> None:
    for ground, inks in SCHEMES[scheme].items():
        assert ground in whole.html
        for ink in inks:
            assert ink in whole.html
            assert contrast(ground, ink) >= 4.5, f"{ink} on {ground}"


def test_text_lines_are_at_most_78_columns_but_for_links(whole: Rendered) -> None:
    long = [line for line in whole.text.splitlines() if len(line) > 78]

    assert all(line.split(": ")[-1].strip().startswith(("https:", "mailto:")) for line in long)


# ---- foreign text ----------------------------------------------------------------------------


WILD = st.text(alphabet=st.characters(exclude_categories=()), max_size=30) | st.just(
    "</td></table><script>alert('x')</script><img src=x onerror=y>&lt;b&gt;{{ 7*7 }}"
)


@given(WILD, WILD, WILD, WILD)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_foreign_text_becomes_markup(
    issue: Callable[..., Digest], samples: ModuleType, title: str, name: str, word: str, url: str
) -> None:
    sentence = f"{name} IVIG {word}"
    at = len(name) + 1
    proof = Evidence("abstract", 0, at, at + 4, "IVIG", sentence, "ivig")
    paper = Stored(
        Article(
            "pubmed:1",
            title=title,
            vernacular_title=word,
            abstract=(AbstractSection("", sentence),),
            authors=(Author(name),),
            journal=Journal(word, name),
            published=title,
            languages=(name or "eng",),
            publication_types=(word,),
            doi=url,
            pmcid=url,
            keywords=(word,),
        ),
        Findings((Finding(Tag("treatment", "ivig", name or "IVIG"), "given", (proof,)),)),
        ("scleromyxedema",),
        1,
    )
    coverage = Coverage(
        None,
        samples.NOW,
        (TopicCoverage("scleromyxedema", title or "T", 1, warnings=(Notice(name, word),)),),
        (word,),
    )

    page = html.fromstring(rendered(samples, issue((paper,), coverage=coverage)).html)

    allowed = {"html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr"}
    allowed |= {
        "caption",
        "thead",
        "th",
        "td",
        "p",
        "br",
        "h1",
        "h2",
        "h3",
        "span",
        "b",
        "i",
        "a",
        "sub",
        "sup",
        "u",
    }
    assert {element.tag for element in page.iter()} <= allowed
    for link in page.xpath("//a/@href"):
        assert link.startswith(("https://pubmed.", "https://doi.org/", "https://pmc.", "mailto:"))
    assert not page.xpath("//@onerror | //@onclick")


# ---- size ------------------------------------------------------------------------------------


def many(samples: ModuleType, number: int) -> tuple[Stored, ...]:
    heart = samples.heart_paper()
    return tuple(
        replace(heart, article=replace(heart.article, uid=f"pubmed:{91000000 + count}"))
        for count in range(number)
    )


def test_gmail_does_not_clip_a_big_issue_and_no_paper_is_dropped_in_silence(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    papers = many(samples, 300)

    mail = rendered(samples, issue(papers))

    size = len(mail.html.encode())
    assert MAX_HTML_BYTES - 6000 < size <= MAX_HTML_BYTES
    page = html.fromstring(mail.html)
    titles = page.xpath("//h3/a/@href")
    lists = [link for link in page.xpath("//a/@href") if "?term=" in link]
    listed = [uid for link in lists for uid in link.partition("?term=")[2].split("+")]
    assert len(lists) == 2
    assert f"{len(listed)} papers more belong to this issue" in page.text_content()
    shown = [link.rstrip("/").rpartition("/")[2] for link in titles]
    assert sorted([*shown, *listed]) == sorted(
        p.article.uid.removeprefix("pubmed:") for p in papers
    )
    assert all(f"/{uid}/" in mail.text for uid in (*shown, *listed))
    assert "Unsubscribe" in mail.html
    assert mail.subject.startswith("300 new papers")
    heading = page.xpath("//h2")[0].text_content()
    assert heading == f"Intravenous immunoglobulin {len(titles)} of 300"


def test_a_record_that_is_gone_says_so_and_one_that_moved_says_where_it_is(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    entry = samples.some_corrections()[1]
    lost = replace(entry.change, kind="withdrawn", citation="2026-11-20")
    gone = replace(entry, change=lost)
    moved = replace(entry, change=replace(lost, notice_uid="pubmed:90000009"))

    without = rendered(samples, issue((), corrections=(gone,)))
    with_heir = rendered(samples, issue((), corrections=(moved,)))

    for part in (text_of(without.html), without.text):
        assert "No longer in PubMed" in part
        assert "Now:" not in part
        assert "2026-11-20" not in part
    for part in (text_of(with_heir.html), with_heir.text):
        assert "Under another number in PubMed" in part
        assert "Now:" in part
    assert "https://pubmed.ncbi.nlm.nih.gov/90000009/" in with_heir.text


def test_corrections_are_the_last_to_be_shortened(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    digest = issue(many(samples, 100), corrections=samples.some_corrections())

    page = html.fromstring(rendered(samples, digest).html)

    stamps = [stamp.text_content() for stamp in page.xpath("//p[contains(@class,'stamp')]")]
    assert stamps == ["Retracted", "Erratum"]


def test_equal_digests_make_equal_mails(
    issue: Callable[..., Digest], samples: ModuleType, whole: Rendered
) -> None:
    again = render(everything(issue, samples), samples.MAIL)

    assert again == whole


def test_a_day_is_the_readers_own(issue: Callable[..., Digest], samples: ModuleType) -> None:
    far = replace(samples.READER, timezone="Pacific/Apia")
    late = replace(samples.well_covered(), end=datetime(2026, 11, 23, 20, 0, tzinfo=UTC))

    assert "(24 Nov 2026)" in rendered(samples, issue(reader=far, coverage=late)).subject


CODES = ("count-collapsed", "count-exploded", "translation-changed", "too-quiet", "blocked")


@pytest.mark.parametrize("code", CODES)
@given(
    count=st.none() | st.integers(0, 10**6),
    held=st.integers(0, 2),
    error=st.none() | st.just(BLOCKED),
    kind=st.sampled_from(("issue", "first")),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_against_a_search_can_be_told(
    issue: Callable[..., Digest],
    samples: ModuleType,
    code: str,
    count: int | None,
    held: int,
    error: str | None,
    kind: str,
) -> None:
    """A warning stands until it is accepted, also while the next search counts nothing."""
    topic = TopicCoverage("rem", "REM", count, 0, 0, (Notice(code, "look"),), error, held)
    coverage = replace(samples.well_covered(), topics=(topic,), complete=error is None)

    mail = rendered(samples, issue((), coverage=coverage, kind=kind))

    assert "REM" in unwrapped(mail.text)
