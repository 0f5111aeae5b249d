"""What a reader gets, whole: `pytest tests/digest --regold` writes the files anew, to be looked at.

Each issue is held as HTML, as text, and as the bytes that go to the server.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import ModuleType

import pytest

from litwatch.digest.issue import Coverage, Digest, TopicCoverage
from litwatch.digest.message import compose
from litwatch.digest.render import render
from litwatch.digest.table import Reported, reported
from litwatch.models import Author

Scenario = Callable[[ModuleType], Digest]
PER_YEAR = {year: (year * 7) % 5 + (year - 1960) // 12 for year in range(1961, 2027)}


def on_file(samples: ModuleType) -> list[Reported]:
    return reported([*samples.all_papers(), samples.heart_paper(), samples.series_paper()])


def quiet(samples: ModuleType) -> Coverage:
    """A search that found nothing new."""
    well = samples.well_covered()
    return replace(well, topics=tuple(replace(topic, new=0) for topic in well.topics))


def rich(samples: ModuleType) -> Digest:
    """Something of everything."""
    review = samples.article(90000020, "Mucinoses of the skin: a review.")
    guideline = samples.article(90000021, "Scleredema: a guideline.", vernacular_title="")
    notice = samples.article(
        90000022,
        "Retraction: Melphalan in a series.",
        publication_types=("Journal Article", "Retraction of Publication"),
    )
    more = (
        samples.stored(review, samples.of_type("review")),
        samples.stored(guideline, samples.of_type("guideline")),
        samples.stored(notice),
    )
    return samples.make_issue(
        (*samples.all_papers(), *more),
        (*samples.some_corrections(), samples.final_version()),
        coverage=samples.doubted(),
        filed_only=12,
        on_file=2016,
        on_file_reports=on_file(samples),
        per_year=PER_YEAR,
    )


def first(samples: ModuleType) -> Digest:
    """What a new reader gets."""
    return samples.make_issue(
        kind="first", on_file=2016, on_file_reports=on_file(samples), per_year=PER_YEAR
    )


def empty(samples: ModuleType) -> Digest:
    """A week without news: the search ran, and says so."""
    return samples.make_issue((), coverage=quiet(samples), per_year=PER_YEAR)


def incomplete(samples: ModuleType) -> Digest:
    """A week in which a topic could not be searched."""
    well = quiet(samples)
    failed = TopicCoverage("scleredema", "Scleredema", None, error="PubMed answered 502 five times")
    coverage = replace(
        well, complete=False, topics=(well.topics[0], failed), errors=("disk is full",)
    )
    return samples.make_issue((), coverage=coverage)


def corrections(samples: ModuleType) -> Digest:
    """Nothing new, and something to know of what was sent."""
    entries = (*samples.some_corrections(), samples.final_version())
    return samples.make_issue((), entries, coverage=quiet(samples), per_year=PER_YEAR)


def flood(samples: ModuleType) -> Digest:
    """300 papers, more than a mail holds."""
    papers = [
        samples.stored(
            samples.article(
                90001000 + number, f"Immunoglobulin in scleromyxedema, number {number}.", doi=""
            )
        )
        for number in range(300)
    ]
    return samples.make_issue(tuple(papers), on_file_reports=reported(papers), per_year=PER_YEAR)


def scripts(samples: ModuleType) -> Digest:
    """Titles that run from right to left, and such as have no blanks."""
    titles = {
        "ara": ("[Scleromyxedema: a case.]", "داء الوذمة المخاطية التصلبية: تقرير حالة مع IVIG."),
        "heb": ("[Scleredema of the neck.]", "סקלרדמה של הצוואר: תיאור מקרה."),
        "jpn": ("[Scleromyxedema with dysphagia.]", "嚥下障害を伴った硬化性粘液水腫の一例。"),
        "chi": ("[Papular mucinosis.]", "丘疹性黏蛋白沉积症一例并文献复习。"),
        "kor": ("[Lichen myxedematosus.]", "점액수종성 태선의 증례 보고."),
        "rus": ("[Scleredema.]", "Склередема Бушке: клинический случай."),
    }
    return samples.make_issue(
        tuple(
            samples.stored(
                samples.article(
                    90000030 + number,
                    title,
                    vernacular_title=original,
                    languages=(language,),
                    doi="",
                    authors=(Author("Ōsawa", "Ken", "K"), Author("Þór", "Ása", "Á")),
                )
            )
            for number, (language, (title, original)) in enumerate(titles.items())
        )
    )


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> in scleromyxedema",
    "=cmd|' /C calc'!A0",
    "Two\r\nBcc: everyone@example.org\r\n\r\nlines",
    "Long " + "x" * 5000,
    "A private \x92 quote and \x00 nothing",
    "Zero\u200bwidth\u200d and \u202eturned\u202c",
    "p < 0.05 and n > 3 with <i>in vivo</i> and <b>unclosed",
    "{{ 7 * 7 }} {% raw %} ${x} %s %(x)s",
)


def hostile(samples: ModuleType) -> Digest:
    """Titles that want to be more than titles."""
    return samples.make_issue(
        tuple(
            samples.stored(samples.article(90000040 + number, title, created_on=date(2026, 11, 20)))
            for number, title in enumerate(HOSTILE)
        ),
        coverage=Coverage(
            samples.LAST_WEEK, samples.NOW, (TopicCoverage("scleromyxedema", "<b>T</b>", 8, 8),)
        ),
    )


SCENARIOS: Mapping[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        rich,
        first,
        empty,
        incomplete,
        corrections,
        flood,
        scripts,
        hostile,
    )
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_issue_is_what_it_was(
    name: str, samples: ModuleType, golden: Callable[[str, bytes], None]
) -> None:
    digest = SCENARIOS[name](samples)
    rendered = render(digest, samples.MAIL)
    _, message = compose(
        rendered,
        subscriber=samples.READER,
        period=digest.period,
        mail=samples.MAIL,
        at=samples.NOW,
    )

    golden(f"{name}.html", rendered.html.encode())
    golden(f"{name}.txt", rendered.text.encode())
    golden(f"{name}.eml", message)


def test_no_golden_file_is_left_over(golden_names: set[str]) -> None:
    assert golden_names == {
        f"{name}.{part}" for name in SCENARIOS for part in ("html", "txt", "eml")
    }


def test_a_flood_fits_into_a_mail_and_names_what_it_leaves_out(samples: ModuleType) -> None:
    digest = flood(samples)
    rendered = render(digest, samples.MAIL)

    assert len(rendered.html.encode()) <= 90_000
    for paper in digest.papers:
        pmid = paper.article.uid.removeprefix("pubmed:")
        assert pmid in rendered.html
        assert pmid in rendered.text
