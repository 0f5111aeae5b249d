"""Synthetic papers, written for these tests, and the digests that are made of them."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest

from litwatch.digest.build import build
from litwatch.digest.issue import CorrectionEntry, Coverage, Digest, TopicCoverage
from litwatch.digest.period import slot
from litwatch.models import (
    AbstractSection,
    Article,
    Author,
    Category,
    Change,
    Correction,
    Evidence,
    Fact,
    Facts,
    Field,
    Finding,
    Findings,
    Journal,
    Notice,
    Stored,
    Tag,
)
from litwatch.settings import Mail, Subscriber, Topic

GOLDEN = Path(__file__).parent.parent / "golden"
NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
LAST_WEEK = datetime(2026, 11, 16, 6, 10, tzinfo=UTC)

TOPICS = (
    Topic("scleromyxedema", "Scleromyxedema", "scleromyxedema[tiab]"),
    Topic("scleredema", "Scleredema", "scleredema[tiab]"),
)
READER = Subscriber(email="a.reader@example.org", name="A. Reader", timezone="Europe/Berlin")
MAIL = Mail(
    sender="litwatch <litwatch@example.org>",
    reply_to="The Desk <desk@example.org>",
    unsubscribe="mailto:litwatch@example.org?subject=unsubscribe",
)


def evidence(string: str, text: str, field: Field = "abstract", index: int = 0) -> Evidence:
    """A proof whose sentence is the one of `string` that holds `text`; sentences end in ". "."""
    start = string.index(text)
    before = string.rfind(". ", 0, start)
    begin = 0 if before < 0 else before + 2
    after = string.find(". ", start)
    end = len(string) if after < 0 else after + 1
    return Evidence(
        field, index, start, start + len(text), text, string[begin:end], text.lower().split()[0]
    )


def finding(category: Category, id_: str, label: str, role: str, proof: Evidence) -> Finding:
    return Finding(Tag(category, id_, label), role, (proof,))


def article(number: int, title: str, abstract: str = "", **more: object) -> Article:
    base = Article(
        uid=f"pubmed:{number}",
        title=title,
        abstract=(AbstractSection("", abstract),) if abstract else (),
        authors=(Author("Sample", "Ada", "A"), Author("Probe", "Ben", "B")),
        journal=Journal("Synthetic Journal of Dermatology", "Synth J Dermatol"),
        volume="12",
        issue="3",
        pages="45-50",
        published="2026 Nov",
        published_on=date(2026, 11, 1),
        created_on=date(2026, 11, 18),
        languages=("eng",),
        publication_types=("Journal Article",),
        doi=f"10.5555/synthetic.{number}",
    )
    return replace(base, **more)  # type: ignore[arg-type]


def stored(
    article_: Article, findings: Findings | None = None, topic: str = "scleromyxedema"
) -> Stored:
    return Stored(article_, findings or Findings(), (topic,), first_run=2, news_topics=(topic,))


# ---- the papers ------------------------------------------------------------------------------

HEART = (
    "A woman of 58 years had widespread waxy papules and an IgG lambda paraprotein. "
    "Treatment with thalidomide had failed after four months. "
    "Monthly intravenous immunoglobulin (2 g/kg) was started, and after six infusions the skin "
    "had softened and mouth opening had returned to normal. "
    "Echocardiography showed no cardiac involvement, and she still responded at two years."
)
SERIES = (
    "We describe eleven patients seen at four centres between 2009 and 2025. "
    "Nine received intravenous immunoglobulin and five of them lenalidomide as well; two died of "
    "dermato-neuro syndrome and seven responded. "
    "Pulmonary function was impaired in three and normal in eight (p<0.05 & n=11). "
    "Bortezomib may be considered where both fail."
)
FIBROBLASTS = (
    "Fibroblasts from two donors with scleredema were cultured with high glucose. "
    "Hyaluronan synthase 2 rose threefold in comparison with controls."
)


def heart_paper() -> Stored:
    found = Findings(
        treatments=(
            finding("treatment", "ivig", "Intravenous immunoglobulin", "given",
                    evidence(HEART, "intravenous immunoglobulin")),
            finding("treatment", "thalidomide", "Thalidomide", "failed",
                    evidence(HEART, "thalidomide")),
        ),
        organs=(
            finding("organ", "skin", "Skin and soft tissue", "involved",
                    evidence(HEART, "waxy papules")),
            finding("organ", "cardiovascular", "Heart and circulation", "excluded",
                    evidence(HEART, "cardiac involvement")),
        ),
        facts=Facts(
            study_type=Fact("case_report"),
            patients=Fact(1),
            outcome=Fact("response", (evidence(HEART, "responded"),)),
        ),
    )  # fmt: skip
    return stored(
        article(
            90000001,
            "Intravenous immunoglobulin for scleromyxedema after thalidomide failed: "
            "two years of follow-up.",
            HEART,
            pmcid="PMC90000001",
        ),
        found,
    )


def series_paper() -> Stored:
    found = Findings(
        treatments=(
            finding("treatment", "ivig", "Intravenous immunoglobulin", "given",
                    evidence(SERIES, "intravenous immunoglobulin")),
            finding("treatment", "lenalidomide", "Lenalidomide", "given",
                    evidence(SERIES, "lenalidomide")),
            finding("treatment", "bortezomib", "Bortezomib", "considered",
                    evidence(SERIES, "Bortezomib")),
        ),
        organs=(
            finding("organ", "neuro_central", "Central nervous system", "involved",
                    evidence(SERIES, "dermato-neuro syndrome")),
            finding("organ", "pulmonary", "Lungs and lower airways", "involved",
                    evidence(SERIES, "Pulmonary function")),
        ),
        facts=Facts(
            study_type=Fact("case_series"),
            patients=Fact(11),
            outcome=Fact("mixed", (evidence(SERIES, "seven responded"),)),
        ),
    )  # fmt: skip
    names = ("Muster", "Ejemplo", "Exemple", "Esempio", "Voorbeeld", "Příklad", "Örnek", "Näidis")
    return stored(
        article(
            90000002,
            "Eleven patients with scleromyxedema at four centres: IgG <sup>λ</sup> and course",
            SERIES,
            authors=tuple(Author(name, "Alex", "A") for name in names),
            created_on=date(2026, 11, 20),
            corrections=(Correction("ErratumIn", "pubmed:90000009"),),
        ),
        found,
    )


def german_paper() -> Stored:
    title = "[Lenalidomide in a patient with scleromyxedema]."
    found = Findings(
        treatments=(
            finding("treatment", "lenalidomide", "Lenalidomide", "given",
                    evidence(title, "Lenalidomide", "title")),
        ),
        facts=Facts(study_type=Fact("case_report"), patients=Fact(1)),
    )  # fmt: skip
    return stored(
        article(
            90000003,
            title,
            vernacular_title="Lenalidomid bei einer Patientin mit Skleromyxödem",
            journal=Journal("Synthetische Dermatologie", "Synth Dermatol (Heidelb)"),
            languages=("ger",),
            publication_types=("Case Reports", "Journal Article"),
        ),
        found,
    )


def laboratory_paper() -> Stored:
    found = Findings(facts=Facts(study_type=Fact("basic_science")))
    return stored(
        article(90000004, "High glucose and hyaluronan in scleredema fibroblasts", FIBROBLASTS),
        found,
        "scleredema",
    )


def late_paper() -> Stored:
    return stored(
        article(
            90000005,
            "Scleredema in an archive of 1987: a note",
            published="1987 May",
            published_on=date(1987, 5, 1),
            created_on=date(2026, 11, 19),
            publication_types=("Historical Article", "Journal Article"),
            doi="",
        ),
        topic="scleredema",
    )


def retracted_paper() -> Stored:
    abstract = "Twelve patients received melphalan and all were said to be in remission."
    found = Findings(
        treatments=(
            finding("treatment", "melphalan", "Melphalan", "given",
                    evidence(abstract, "melphalan")),
        ),
    )  # fmt: skip
    return stored(
        article(
            90000006,
            "Melphalan for scleromyxedema: a series without relapse",
            abstract,
            publication_types=("Journal Article", "Retracted Publication"),
            published="2026 Sep",
            created_on=date(2026, 9, 3),
        ),
        found,
    )


def corrected_paper() -> Stored:
    return stored(
        article(90000007, "Skin scores in scleromyxedema", "Scores were taken in five patients.")
    )


def some_corrections() -> tuple[CorrectionEntry, ...]:
    notice = article(90000008, "Retraction: Melphalan for scleromyxedema: a series without relapse")
    return (
        CorrectionEntry(
            Change(7, "pubmed:90000006", "retraction", 3, NOW, notice.uid, ""),
            retracted_paper(),
            LAST_WEEK,
            notice,
        ),
        CorrectionEntry(
            Change(8, "pubmed:90000007", "erratum", 3, NOW, "", "Synth J Dermatol. 2026;12(4):99."),
            corrected_paper(),
            LAST_WEEK,
        ),
    )


def final_version() -> CorrectionEntry:
    """A paper that was ahead of print when it was sent, and has its pages now."""
    change = Change(9, "pubmed:90000002", "final", 3, NOW)
    return CorrectionEntry(change, series_paper(), LAST_WEEK)


def of_type(study_type: str) -> Findings:
    return Findings(facts=Facts(study_type=Fact(study_type)))


def all_papers() -> tuple[Stored, ...]:
    return (late_paper(), laboratory_paper(), german_paper(), series_paper(), heart_paper())


def well_covered() -> Coverage:
    return Coverage(
        LAST_WEEK,
        NOW,
        (
            TopicCoverage("scleromyxedema", "Scleromyxedema", 812, 3),
            TopicCoverage("scleredema", "Scleredema", 1204, 2),
        ),
    )


def doubted(code: str = "phrase-not-found", pending: int = 1) -> Coverage:
    """A search that came to its end, and does not prove that nothing is missing."""
    notice = Notice(code, 'PubMed did not find the phrase "mucinosis papulous"')
    well = well_covered()
    one, other = well.topics
    doubt = replace(one, pending=pending, unread=pending, warnings=(notice,) if code else ())
    return replace(well, topics=(doubt, other))


def make_issue(
    papers: tuple[Stored, ...] | None = None,
    corrections: tuple[CorrectionEntry, ...] = (),
    coverage: Coverage | None = None,
    reader: Subscriber = READER,
    **more: object,
) -> Digest:
    """One issue of the synthetic papers for the synthetic reader."""
    return build(
        reader,
        slot(reader, NOW),
        TOPICS,
        all_papers() if papers is None else papers,
        corrections,
        coverage or well_covered(),
        rules_version="2026.11-ab12cd",
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The synthetic papers and digests of this file."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def issue() -> Callable[..., Digest]:
    """Makes one issue for the synthetic reader; see `make_issue`."""
    return make_issue


# ---- golden files ----------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regold",
        action="store_true",
        help="Rewrite the golden files: pytest tests/digest --regold.",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, bytes], None]:
    """Compares bytes with a golden file, or rewrites the file with --regold."""

    def compare(name: str, actual: bytes) -> None:
        path = GOLDEN / name
        if request.config.getoption("--regold", default=False):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(actual)
        assert actual == path.read_bytes()

    return compare


@pytest.fixture
def golden_names() -> set[str]:
    """The names of all golden files."""
    return {path.name for path in GOLDEN.iterdir()}
