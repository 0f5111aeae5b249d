"""One paper in words: its citation, how it stands, and its tags with their proofs."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import ModuleType
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch.digest import words
from litwatch.digest.paper import list_url, marks, show
from litwatch.models import (
    ORGAN_ROLES,
    TREATMENT_ROLES,
    AbstractSection,
    Article,
    Author,
    Change,
    Correction,
    Evidence,
    Fact,
    Facts,
    Field,
    Finding,
    Findings,
    Journal,
    Stored,
    Tag,
)

MONDAY = datetime(2026, 11, 16, 6, 10, tzinfo=UTC)


def shown(samples: ModuleType, **changes: object):
    paper = replace(samples.article(1, "A title", "Some text."), **changes)
    return show(samples.stored(paper), {})


def tags(proofs) -> list[list[tuple[str, str]]]:
    return [list(proof.tags) for proof in proofs]


# ---- words -----------------------------------------------------------------------------------


def test_every_role_and_field_has_its_word() -> None:
    assert set(words.TREATMENT_WORDS) == set(TREATMENT_ROLES)
    assert set(words.ORGAN_WORDS) == set(ORGAN_ROLES)
    assert {*words.FIELD_WORDS, "abstract"} == set(get_args(Field))


def test_every_correction_has_its_words() -> None:
    from litwatch.digest.owed import CORRECTION_KINDS

    assert set(words.CORRECTION_WORDS) - {"moved", "replaced"} == set(CORRECTION_KINDS)


# ---- the citation ----------------------------------------------------------------------------


def test_a_citation_is_written_as_nlm_writes_it(samples: ModuleType) -> None:
    paper = shown(samples)

    assert paper.authors == "Sample A, Probe B"
    assert paper.journal == "Synth J Dermatol"
    assert paper.imprint == "2026 Nov;12(3):45-50"


@pytest.mark.parametrize(
    ("changes", "imprint"),
    [
        ({"issue": "", "pages": ""}, "2026 Nov;12"),
        ({"volume": "", "issue": "", "pages": ""}, "2026 Nov"),
        ({"published": ""}, "2026-11-01;12(3):45-50"),
        ({"published": "", "published_on": None}, "12(3):45-50"),
        ({"kind": "book", "publisher": "A Press"}, "A Press. 2026 Nov;12(3):45-50"),
    ],
)
def test_what_a_citation_lacks_leaves_no_gap(
    samples: ModuleType, changes: dict[str, object], imprint: str
) -> None:
    assert shown(samples, **changes).imprint == imprint


def test_of_many_authors_the_first_three_and_the_last_are_named(samples: ModuleType) -> None:
    people = tuple(Author(f"Name{number}", "A", "A") for number in range(8))

    assert shown(samples, authors=people[:4]).authors == "Name0 A, Name1 A, Name2 A, Name3 A"
    assert shown(samples, authors=people).authors == "Name0 A, Name1 A, Name2 A … Name7 A"


def test_a_group_and_a_name_suffix_are_authors_too(samples: ModuleType) -> None:
    people = (Author("Sample", "Ada", "A", suffix="Jr"), Author(collective="Mucinosis Group"))

    assert shown(samples, authors=people).authors == "Sample A Jr, Mucinosis Group"


def test_a_paper_links_to_its_record_its_publisher_and_its_free_text(samples: ModuleType) -> None:
    paper = shown(samples, doi="10.5555/(a)<b> c", pmcid="PMC1")

    assert paper.links == (
        ("PubMed 1", "https://pubmed.ncbi.nlm.nih.gov/1/"),
        ("doi:10.5555/(a)<b> c", "https://doi.org/10.5555/(a)%3Cb%3E%20c"),
        ("Free full text", "https://pmc.ncbi.nlm.nih.gov/articles/PMC1/"),
    )
    assert paper.url == "https://pubmed.ncbi.nlm.nih.gov/1/"


def test_a_record_of_another_source_has_no_pubmed_page(samples: ModuleType) -> None:
    assert shown(samples, uid="europepmc:PPR1", doi="10.5555/a").url == "https://doi.org/10.5555/a"
    assert shown(samples, uid="europepmc:PPR1", doi="").url == ""


def test_one_page_lists_many_records() -> None:
    assert list_url(["pubmed:1", "pubmed:22"]) == "https://pubmed.ncbi.nlm.nih.gov/?term=1+22"


def test_a_paper_without_english_title_shows_its_own(samples: ModuleType) -> None:
    paper = shown(samples, title="", vernacular_title="Ein Fall")

    assert (paper.title, paper.original_title) == ("Ein Fall", "")
    assert shown(samples, title="").title == "[no title]"


# ---- what kind of paper ----------------------------------------------------------------------


def test_language_and_missing_abstract_are_said_where_they_matter(samples: ModuleType) -> None:
    assert show(samples.german_paper(), {}).about == (
        "Case report",
        "1 patient",
        "in German",
        "no abstract",
    )
    assert shown(samples).about == ()
    assert shown(samples, languages=("xyz",)).about == ("in xyz",)
    assert shown(samples, languages=("und",)).about == ()


def test_publication_types_stand_in_where_the_study_is_unknown(samples: ModuleType) -> None:
    types = ("Journal Article", "Review", "Research Support, N.I.H., Extramural")

    assert shown(samples, publication_types=types).about == ("Review",)


def test_topics_are_named_where_there_are_several(samples: ModuleType) -> None:
    labels = {"scleromyxedema": "Scleromyxedema", "scleredema": "Scleredema"}

    assert show(samples.laboratory_paper(), labels).about == ("Basic science", "Scleredema")


# ---- how it stands ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "link", "mark", "is_grave"),
    [
        (("Retracted Publication",), "", "Retracted", True),
        ((), "RetractionIn", "Retracted", True),
        (("Retracted Publication",), "RetractionIn", "Retracted", True),
        ((), "ExpressionOfConcernIn", "Expression of concern", True),
        ((), "ErratumIn", "Erratum published", False),
        ((), "CorrectedandRepublishedIn", "Corrected and republished", False),
        ((), "RetractedandRepublishedIn", "Retracted and republished", True),
        ((), "RepublishedIn", "Republished", False),
        ((), "UpdateIn", "Update published", False),
        (("Retraction of Publication",), "RetractionOf", "Retraction notice", False),
        (("Published Erratum",), "ErratumFor", "Erratum", False),
        (("Preprint",), "", "Preprint, not peer reviewed", False),
        (("Journal Article",), "CommentIn", "", False),
    ],
)
def test_a_retraction_a_concern_and_an_erratum_are_kept_apart(
    samples: ModuleType, types: tuple[str, ...], link: str, mark: str, is_grave: bool
) -> None:
    links = (Correction(link, "pubmed:2"),) if link else ()

    paper = shown(samples, publication_types=types, corrections=links)

    assert paper.marks == ((mark,) if mark else ())
    assert paper.is_grave is is_grave


def test_a_record_that_pubmed_lost_is_marked(samples: ModuleType) -> None:
    assert marks(replace(samples.heart_paper(), withdrawn=True)) == ("No longer in PubMed",)


def test_a_record_that_pubmed_has_under_another_number_leads_there(samples: ModuleType) -> None:
    move = Change(1, "pubmed:90000001", "withdrawn", 3, MONDAY, "pubmed:90000009")
    paper = replace(samples.heart_paper(), withdrawn=True, changes=(move,))

    assert marks(paper) == ("Under another number in PubMed",)
    assert show(paper, {}).url == "https://pubmed.ncbi.nlm.nih.gov/90000009/"
    back = replace(paper, withdrawn=False)
    assert marks(back) == ()
    assert show(back, {}).url == "https://pubmed.ncbi.nlm.nih.gov/90000001/"


def test_what_is_on_file_of_a_paper_marks_it_before_its_record_says_so(
    samples: ModuleType,
) -> None:
    kinds = ["final", "erratum", "retraction", "erratum"]
    noted = tuple(
        Change(number, "pubmed:90000001", kind, 3, MONDAY) for number, kind in enumerate(kinds)
    )

    paper = show(replace(samples.heart_paper(), changes=noted), {})

    assert paper.marks == ("Erratum published", "Retracted")
    assert paper.is_grave


# ---- tags ------------------------------------------------------------------------------------


def test_each_tag_stands_over_the_sentence_that_earned_it(samples: ModuleType) -> None:
    proofs = show(samples.heart_paper(), {}).proofs

    assert tags(proofs) == [
        [("Intravenous immunoglobulin", "given, response")],
        [("Thalidomide", "failed")],
        [("Outcome", "response"), ("Heart and circulation", "excluded")],
        [("Skin and soft tissue", "involved")],
    ]
    first = proofs[0]
    assert [first.sentence[start:end] for start, end in first.spans] == [
        "intravenous immunoglobulin"
    ]
    assert first.sentence in samples.HEART


def test_tags_that_one_sentence_earned_stand_over_it_together(samples: ModuleType) -> None:
    first = show(samples.series_paper(), {}).proofs[0]

    assert tags([first]) == [
        [
            ("Intravenous immunoglobulin", "given"),
            ("Lenalidomide", "given"),
            ("Outcome", "mixed outcome"),
            ("Central nervous system", "involved"),
        ]
    ]
    assert [first.sentence[start:end] for start, end in first.spans] == [
        "intravenous immunoglobulin",
        "lenalidomide",
        "dermato-neuro syndrome",
        "seven responded",
    ]


def test_a_proof_outside_the_abstract_says_where_it_stands(samples: ModuleType) -> None:
    (proof,) = show(samples.german_paper(), {}).proofs

    assert proof.source == "title"
    assert proof.sentence == "[Lenalidomide in a patient with scleromyxedema]."


def test_an_outcome_is_said_with_a_treatment_only_where_one_was_given(samples: ModuleType) -> None:
    series = show(samples.series_paper(), {})

    assert ("Intravenous immunoglobulin", "given") in series.proofs[0].tags


def test_an_outcome_without_a_sentence_is_not_said(samples: ModuleType) -> None:
    heart = samples.heart_paper()
    unproved = replace(heart.findings, facts=Facts(outcome=Fact("response")))

    said = [
        tag for proof in show(replace(heart, findings=unproved), {}).proofs for tag in proof.tags
    ]

    assert ("Intravenous immunoglobulin", "given") in said
    assert all(label != "Outcome" for label, _ in said)


def test_the_very_mention_is_marked_not_the_first_like_it() -> None:
    text = "No IVIG. Then IVIG, and IVIG again. Then IVIG, and IVIG again."
    start = text.rindex("IVIG")
    proof = Evidence("abstract", 0, start, start + 4, "IVIG", "Then IVIG, and IVIG again.", "ivig")
    paper = Stored(
        Article("pubmed:1", abstract=(AbstractSection("", text),)),
        Findings((Finding(Tag("treatment", "ivig", "IVIG"), "given", (proof,)),)),
        (),
        1,
    )

    assert show(paper, {}).proofs[0].spans == ((15, 19),)


@given(st.text(alphabet="ab. ", min_size=1, max_size=30), st.data())
def test_a_span_shows_the_words_of_its_proof(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text) - 1))
    finish = data.draw(st.integers(begin + 1, len(text)))
    start = data.draw(st.integers(begin, finish - 1))
    end = data.draw(st.integers(start + 1, finish))
    proof = Evidence("title", 0, start, end, text[start:end], text[begin:finish], "rule")
    organ = Finding(Tag("organ", "skin", "Skin"), "involved", (proof,))
    paper = Stored(Article("pubmed:1", title=text), Findings(organs=(organ,)), (), 1)

    (shown_proof,) = show(paper, {}).proofs

    assert [shown_proof.sentence[a:b] for a, b in shown_proof.spans] == [proof.text]


def test_a_proof_whose_record_has_changed_still_marks_its_words() -> None:
    proof = Evidence("abstract", 0, 50, 54, "IVIG", "She got IVIG.", "ivig")
    found = Findings((Finding(Tag("treatment", "ivig", "IVIG"), "given", (proof,)),))

    paper = show(Stored(Article("pubmed:1", title="Other"), found, (), 1), {})

    assert paper.proofs[0].spans == ((8, 12),)


def test_a_journal_without_abbreviation_is_named_in_full(samples: ModuleType) -> None:
    assert shown(samples, journal=Journal("A Whole Name")).journal == "A Whole Name"
    assert shown(samples, journal=Journal(), book_title="A Book").journal == "A Book"
    assert shown(samples, published_on=date(2026, 1, 1), published="2026").imprint.startswith(
        "2026;"
    )
