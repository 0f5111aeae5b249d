"""What happened to an article between two versions of its record."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from litwatch.models import Article, Author, Correction, MeshHeading
from litwatch.store.changes import Happening, announced, compare, content_hash, is_twin, says

RETRACTED = ("Journal Article", "Retracted Publication")


def link(kind: str, uid: str = "", citation: str = "") -> dict[str, Any]:
    return {"corrections": (Correction(kind, uid, citation),)}


CASES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[Happening, ...]]] = [
    ("nothing", {}, {}, ()),
    (
        "retraction notice",
        {},
        link("RetractionIn", "pubmed:2", "J. 2"),
        (("retraction", "pubmed:2", "J. 2"),),
    ),
    ("retraction without PMID", {}, link("RetractionIn"), (("retraction", "", ""),)),
    ("retraction by type", {}, {"publication_types": RETRACTED}, (("retraction", "", ""),)),
    (
        "both signs are one event",
        {},
        {"publication_types": RETRACTED, **link("RetractionIn", "pubmed:2")},
        (("retraction", "pubmed:2", ""),),
    ),
    (
        "the second sign comes later",
        {"publication_types": RETRACTED},
        {"publication_types": RETRACTED, **link("RetractionIn", "pubmed:2")},
        (),
    ),
    ("no longer retracted", {"publication_types": RETRACTED}, {}, ()),
    ("a notice is not retracted", {}, link("RetractionOf", "pubmed:2"), ()),
    (
        "a notice's type",
        {},
        {"publication_types": ("Retraction of Publication", "Retraction Notice")},
        (),
    ),
    ("concern", {}, link("ExpressionOfConcernIn", "pubmed:2"), (("concern", "pubmed:2", ""),)),
    ("a notice of concern", {}, link("ExpressionOfConcernFor", "pubmed:2"), ()),
    ("erratum", {}, link("ErratumIn", "", "J. 3"), (("erratum", "", "J. 3"),)),
    ("an erratum itself", {}, link("ErratumFor", "pubmed:2"), ()),
    ("comment", {}, link("CommentIn", "pubmed:2"), ()),
    (
        "corrected",
        {},
        link("CorrectedandRepublishedIn", "pubmed:2"),
        (("republication", "pubmed:2", ""),),
    ),
    (
        "retracted and republished",
        {},
        {"publication_types": RETRACTED, **link("RetractedandRepublishedIn", "pubmed:2")},
        (("retraction", "pubmed:2", ""),),
    ),
    ("republished", {}, link("RepublishedIn", "pubmed:2"), (("republication", "pubmed:2", ""),)),
    ("update", {}, link("UpdateIn", "pubmed:2"), (("update", "pubmed:2", ""),)),
    ("known erratum", link("ErratumIn", "pubmed:2"), link("ErratumIn", "pubmed:2"), ()),
    ("bare erratum stays", link("ErratumIn"), link("ErratumIn"), ()),
    (
        "an erratum's PMID is filled in",
        link("ErratumIn", "", "J. 3"),
        link("ErratumIn", "pubmed:2", "J. 3"),
        (),
    ),
    (
        "an erratum's citation is put right",
        link("ErratumIn", "pubmed:2", "J. 3"),
        link("ErratumIn", "pubmed:2", "J. 2026;3"),
        (),
    ),
    (
        "a second erratum",
        link("ErratumIn", "", "J. 3"),
        {"corrections": (Correction("ErratumIn", "", "J. 3"), Correction("ErratumIn", "", "J. 4"))},
        (("erratum", "", "J. 4"),),
    ),
    (
        "a second erratum on the same page",
        link("ErratumIn", "pubmed:2", "J. 3"),
        {
            "corrections": (
                Correction("ErratumIn", "pubmed:2", "J. 3"),
                Correction("ErratumIn", "pubmed:3", "J. 3"),
            )
        },
        (("erratum", "pubmed:3", "J. 3"),),
    ),
    (
        "the same notice as another kind",
        link("ErratumIn", "pubmed:2"),
        link("UpdateIn", "pubmed:2"),
        (("update", "pubmed:2", ""),),
    ),
    ("volume", {"pages": "e1"}, {"pages": "e1", "volume": "7"}, (("final", "", ""),)),
    ("issue", {}, {"issue": "2"}, (("final", "", ""),)),
    ("pages", {}, {"pages": "1-9"}, (("final", "", ""),)),
    ("pages after the volume", {"volume": "7"}, {"volume": "7", "pages": "1-9"}, ()),
    ("volume put right", {"volume": "7"}, {"volume": "8"}, ()),
    ("volume lost", {"volume": "7"}, {}, ()),
    ("content", {}, {"mesh": (MeshHeading("Skin"),)}, ()),
]


@pytest.mark.parametrize(
    ("old", "new", "happened"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_happened(
    old: dict[str, Any], new: dict[str, Any], happened: tuple[Happening, ...], article: Article
) -> None:
    assert compare(replace(article, **old), replace(article, **new)) == happened


def test_a_notice_is_about_the_papers_that_it_names_and_not_about_itself(article: Article) -> None:
    notice = replace(
        article,
        corrections=(
            Correction("RetractionOf", "pubmed:2", "J. 2"),
            Correction("ErratumFor", "pubmed:3"),
            Correction("ErratumFor", "", "J. 4"),
            Correction("UpdateOf", article.uid),
            Correction("CommentOn", "pubmed:5"),
            Correction("RetractedandRepublishedFrom", "pubmed:6"),
        ),
    )

    assert announced(notice) == (
        ("pubmed:2", ("retraction", article.uid, "")),
        ("pubmed:3", ("erratum", article.uid, "")),
        ("pubmed:6", ("retraction", article.uid, "")),
    )


SAYS: list[tuple[str, dict[str, Any], Happening, bool]] = [
    ("the notice's PMID", link("ErratumIn", "pubmed:2", "J. 3"), ("erratum", "pubmed:2", ""), True),
    ("another PMID", link("ErratumIn", "pubmed:2", "J. 3"), ("erratum", "pubmed:3", "J. 3"), False),
    ("no PMID", link("ErratumIn", "", "J. 3"), ("erratum", "pubmed:2", ""), True),
    ("another place", link("ErratumIn", "", "J. 3"), ("erratum", "pubmed:2", "J. 4"), False),
    ("the same place", link("ErratumIn", "pubmed:2", "J. 3"), ("erratum", "", "J. 3"), True),
    ("another kind", link("UpdateIn", "pubmed:2"), ("erratum", "pubmed:2", ""), False),
    ("any sign", {"publication_types": RETRACTED}, ("retraction", "pubmed:2", ""), True),
]


@pytest.mark.parametrize(
    ("record", "happening", "said"), [case[1:] for case in SAYS], ids=[case[0] for case in SAYS]
)
def test_whether_a_record_says_what_its_notice_says(
    record: dict[str, Any], happening: Happening, said: bool, article: Article
) -> None:
    assert says(replace(article, **record), happening) is said


TWIN = {"uid": "pubmed:2", "doi": "10.5555/A", "title": "IVIG in a Case"}
ABLE, BAKER = (Author(last=last) for last in ("Able", "Baker"))


@pytest.mark.parametrize(
    "differs",
    [
        {},
        {"title": "IVIG in a case: a report."},
        {"title": "IVIG"},
        {"authors": ()},
        {"authors": (Author(last="ABLE", initials="A"), BAKER)},
        {"corrections": (Correction("CommentIn", "pubmed:5"),)},
    ],
    ids=str,
)
def test_twins_share_doi_title_and_first_author(differs: dict[str, Any], article: Article) -> None:
    paper = replace(article, doi="10.5555/a", title="IVIG in a case.", authors=(ABLE,))
    other = replace(paper, **TWIN | differs)

    assert is_twin(paper, other)
    assert is_twin(other, paper)


@pytest.mark.parametrize(
    "differs",
    [
        {"uid": "pubmed:1"},
        {"doi": "10.5555/b"},
        {"doi": ""},
        {"title": "IVIG in two cases."},
        {"title": ""},
        {"authors": (BAKER, ABLE)},
        {"authors": (Author(collective="The Group"),)},
        {"corrections": (Correction("CorrectedandRepublishedFrom", "pubmed:1"),)},
        {"corrections": (Correction("CorrectedandRepublishedFrom"),)},
        {"corrections": (Correction("ErratumFor", "pubmed:1"),)},
    ],
    ids=str,
)
def test_other_records_with_the_same_doi_or_title_are_no_twins(
    differs: dict[str, Any], article: Article
) -> None:
    paper = replace(
        article, uid="pubmed:1", doi="10.5555/a", title="IVIG in a case.", authors=(ABLE,)
    )
    other = replace(paper, **TWIN | differs)

    assert not is_twin(paper, other)
    assert not is_twin(other, paper)


def test_several_things_at_once_come_gravest_first_and_once_each(article: Article) -> None:
    erratum = Correction("ErratumIn", "pubmed:3")
    new = replace(
        article,
        volume="7",
        corrections=(
            Correction("UpdateIn", "pubmed:4"),
            erratum,
            erratum,
            Correction("ExpressionOfConcernIn", "pubmed:2"),
            Correction("RetractionIn", "pubmed:1"),
            Correction("RetractionIn", "pubmed:9"),
        ),
    )

    assert [(kind, uid) for kind, uid, _ in compare(article, new)] == [
        ("retraction", "pubmed:1"),
        ("concern", "pubmed:2"),
        ("erratum", "pubmed:3"),
        ("update", "pubmed:4"),
        ("final", ""),
    ]


@pytest.mark.parametrize(
    "turned_over",
    [{"revised_on": date(2026, 11, 1)}, {"status": "MEDLINE"}, {"version": 2}],
    ids=str,
)
def test_bookkeeping_is_no_content(turned_over: dict[str, Any], article: Article) -> None:
    assert content_hash(replace(article, **turned_over)) == content_hash(article)


@pytest.mark.parametrize(
    "said",
    [
        {"title": "Another"},
        {"mesh": ()},
        {"volume": "7"},
        {"published_on": None},
        {"corrections": (Correction("ErratumIn"),)},
    ],
    ids=str,
)
def test_all_else_is_content(said: dict[str, Any], article: Article) -> None:
    assert content_hash(replace(article, **said)) != content_hash(article)


def test_the_hash_of_a_record_stays_the_same_from_one_release_to_the_next() -> None:
    """A hash that moves would report every article on file as updated after an upgrade."""
    article = Article("pubmed:1", title="Äpfel", mesh=(MeshHeading("Skin", major=True),))

    assert content_hash(article) == (
        "63551e9a85d1f6fbcb58e99f08157fd8a47b23595564a1d184f4f8c9352b1d59"
    )
