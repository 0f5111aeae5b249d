"""The sample records: complete PubMed XML, clearly synthetic, and on the demo's calendar."""

import re
import time
from collections.abc import Iterator
from datetime import date
from importlib.resources import as_file, files

import pytest
from lxml import etree

from litwatch.demo import records
from litwatch.demo.library import Revision

FIRST_RUN, SECOND_RUN, THIRD_RUN = date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)
AGE_GROUPS = (
    (2, "Infant"),
    (6, "Child, Preschool"),
    (13, "Child"),
    (19, "Adolescent"),
    (45, "Adult"),
    (65, "Middle Aged"),
    (130, "Aged"),
)
CORRECTION_PAIRS = {
    "CommentIn": "CommentOn",
    "ErratumIn": "ErratumFor",
    "ExpressionOfConcernIn": "ExpressionOfConcernFor",
    "RetractionIn": "RetractionOf",
    "UpdateIn": "UpdateOf",
}


@pytest.fixture(scope="module")
def latest() -> dict[str, etree._Element]:
    """Every record as it stands at the end, parsed, by PMID."""
    return {pmid: etree.fromstring(revisions[-1].xml) for pmid, revisions in records.load().items()}


@pytest.fixture(scope="module")
def dtd() -> etree.DTD:
    with as_file(files("Bio.Entrez") / "DTDs") as folder:
        return etree.DTD(str(folder / "pubmed_250101.dtd"))


def every_revision() -> Iterator[tuple[str, Revision]]:
    for pmid, revisions in records.load().items():
        for revision in revisions:
            yield pmid, revision


def words(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(map(str, element.itertext())).split())


def texts(record: etree._Element, path: str) -> list[str]:
    return [words(found) for found in record.iterfind(path)]


def day(record: etree._Element, status: str) -> date:
    moment = record.find(f".//PubMedPubDate[@PubStatus='{status}']")
    assert moment is not None
    return date(*(int(moment.findtext(part, "")) for part in ("Year", "Month", "Day")))


def created_between(latest: dict[str, etree._Element], start: date, end: date) -> list[str]:
    return [pmid for pmid, record in latest.items() if start < day(record, "entrez") < end]


def links(record: etree._Element, kind: str) -> list[str]:
    return texts(record, f".//CommentsCorrections[@RefType='{kind}']/PMID")


def abstract(record: etree._Element) -> str:
    return " ".join(texts(record, ".//Abstract/AbstractText"))


# ---- the XML -----------------------------------------------------------------------------------


def test_every_revision_is_valid_by_the_dtd_of_nlm(dtd: etree.DTD) -> None:
    for pmid, revision in every_revision():
        document = etree.Element("PubmedArticleSet")
        document.append(etree.fromstring(revision.xml))
        assert dtd.validate(document), f"{pmid}: {dtd.error_log}"


def test_a_record_carries_the_pmid_under_which_it_is_filed(
    latest: dict[str, etree._Element],
) -> None:
    for pmid, record in latest.items():
        assert record.findtext(".//PMID") == pmid
        assert record.findtext(".//ArticleId[@IdType='pubmed']") == pmid


def test_there_are_enough_records_for_a_field_of_this_size(
    latest: dict[str, etree._Element],
) -> None:
    assert len(latest) >= 90


def test_no_two_records_share_a_doi(latest: dict[str, etree._Element]) -> None:
    dois = [
        words(doi)
        for record in latest.values()
        for doi in record.iterfind("*/ArticleIdList/ArticleId[@IdType='doi']")
    ]
    assert len(dois) >= 80
    assert sorted(dois) == sorted(set(dois))


def test_the_records_are_loaded_in_less_than_a_third_of_a_second() -> None:
    seconds = []
    for _ in range(3):
        records.load.cache_clear()
        start = time.process_time()
        records.load()
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.3


# ---- synthetic, and marked so ------------------------------------------------------------------


def test_pmids_stand_above_those_of_pubmed_and_rise_with_the_day_of_creation(
    latest: dict[str, etree._Element],
) -> None:
    numbers = sorted(latest, key=int)
    assert int(numbers[0]) >= 99000001
    days = [day(latest[pmid], "entrez") for pmid in numbers]
    assert days == sorted(days)


def test_every_journal_and_book_calls_itself_synthetic(latest: dict[str, etree._Element]) -> None:
    for pmid, record in latest.items():
        source = record.findtext(".//Journal/Title") or record.findtext(".//BookTitle") or ""
        assert re.search(r"\b(synthetic|synthetische|synthétiques|sintéticos)\b", source.lower()), (
            pmid
        )


def test_every_record_says_in_words_that_it_is_synthetic(
    latest: dict[str, etree._Element],
) -> None:
    for pmid, record in latest.items():
        notes = texts(record, ".//GeneralNote") + texts(record, ".//CopyrightInformation")
        assert any(note.startswith("Synthetic record") for note in notes), pmid


def test_every_doi_has_the_prefix_that_is_set_aside_for_tests(
    latest: dict[str, etree._Element],
) -> None:
    for record in latest.values():
        dois = texts(record, ".//ArticleId[@IdType='doi']")
        dois += texts(record, ".//ELocationID[@EIdType='doi']")
        assert all(doi.startswith("10.5555/") for doi in dois)
        assert "10.5555/" not in abstract(record)


def test_issns_and_orcids_stand_in_ranges_that_are_not_given_out(
    latest: dict[str, etree._Element],
) -> None:
    for record in latest.values():
        assert all(issn.startswith("9999-") for issn in texts(record, ".//ISSN"))
        assert all(
            orcid.startswith("0000-0000-0000-") for orcid in texts(record, ".//Author/Identifier")
        )


# ---- the calendar ------------------------------------------------------------------------------


def test_the_history_reaches_from_2005_to_the_eve_of_the_first_run(
    latest: dict[str, etree._Element],
) -> None:
    history = [day(record, "entrez") for record in latest.values()]
    past = [created for created in history if created < FIRST_RUN]
    assert len(past) >= 90
    assert {created.year for created in past} == set(range(2005, 2027))


def test_a_record_appears_on_its_day_of_creation_and_is_revised_at_each_later_state() -> None:
    for pmid, revisions in records.load().items():
        parsed = [etree.fromstring(revision.xml) for revision in revisions]
        assert revisions[0].at == day(parsed[0], "entrez"), pmid
        for revision, record in zip(revisions, parsed, strict=True):
            revised = record.find(".//DateRevised")
            assert revised is not None
            parts = (int(revised.findtext(part, "")) for part in ("Year", "Month", "Day"))
            assert date(*parts) == revision.at, pmid


def test_nothing_changes_after_the_third_run() -> None:
    assert max(revision.at for _, revision in every_revision()) < THIRD_RUN


def test_six_papers_appear_in_the_second_week_and_one_of_them_is_old(
    latest: dict[str, etree._Element],
) -> None:
    new = created_between(latest, FIRST_RUN, SECOND_RUN)
    assert len(new) == 6
    old = [pmid for pmid in new if latest[pmid].findtext(".//PubDate/Year") == "1998"]
    assert len(old) == 1
    assert day(latest[old[0]], "pubmed").year == 1998
    assert day(latest[old[0]], "entrez").year == 2026


def test_the_entrez_date_differs_from_the_day_of_creation_only_for_papers_added_late(
    latest: dict[str, etree._Element],
) -> None:
    """PubMed Help: Entrez date is the publication date when added over a year later."""
    for pmid, record in latest.items():
        year = int(re.findall(r"\d{4}", words(record.find(".//PubDate")))[0])
        late = day(record, "entrez").year - year > 1
        assert (day(record, "pubmed") != day(record, "entrez")) == late, pmid


def test_seven_records_appear_in_the_third_week_two_of_them_notices(
    latest: dict[str, etree._Element],
) -> None:
    new = created_between(latest, SECOND_RUN, THIRD_RUN)
    types = [texts(latest[pmid], ".//PublicationType") for pmid in new]
    assert len(new) == 7
    assert types.count(["Retraction of Publication"]) == 1
    assert types.count(["Published Erratum"]) == 1


def test_a_paper_of_the_second_week_is_retracted_in_the_third(
    latest: dict[str, etree._Element],
) -> None:
    retracted = [
        pmid
        for pmid in created_between(latest, FIRST_RUN, SECOND_RUN)
        if "Retracted Publication" in texts(latest[pmid], ".//PublicationType")
    ]
    assert len(retracted) == 1
    before, after = records.load()[retracted[0]]
    assert b"Retract" not in before.xml
    assert after.at == date(2026, 11, 12)
    (notice,) = links(latest[retracted[0]], "RetractionIn")
    assert notice in created_between(latest, SECOND_RUN, THIRD_RUN)


def test_an_erratum_of_the_third_week_concerns_a_paper_of_the_second(
    latest: dict[str, etree._Element],
) -> None:
    corrected = [
        links(latest[pmid], "ErratumIn") for pmid in created_between(latest, FIRST_RUN, SECOND_RUN)
    ]
    (notice,) = [pmid for found in corrected for pmid in found]
    assert notice in created_between(latest, SECOND_RUN, THIRD_RUN)


def test_two_letters_of_the_history_get_their_mesh_headings_in_the_third_week() -> None:
    """One is found only by its heading, so it is new in the third week; one gains a treatment."""
    found = []
    for pmid, revisions in records.load().items():
        indexed = revisions[-1]
        if pmid < "99026110" and isinstance(indexed.at, date) and indexed.at > SECOND_RUN:
            before = etree.fromstring(revisions[-2].xml)
            assert before.find(".//MeshHeadingList") is None
            after = etree.fromstring(indexed.xml)
            found.append(texts(after, ".//DescriptorName"))
            assert not abstract(after)
    assert len(found) == 2
    assert all("Scleromyxedema" in headings for headings in found)
    assert any("Immunoglobulins, Intravenous" in headings for headings in found)


# ---- every shape of the literature -------------------------------------------------------------


def having(latest: dict[str, etree._Element], path: str) -> list[etree._Element]:
    return [record for record in latest.values() if record.find(path) is not None]


@pytest.mark.parametrize("language", ["ger", "fre", "spa"])
def test_an_article_in_another_language_has_a_bracketed_title_and_its_own(
    latest: dict[str, etree._Element], language: str
) -> None:
    foreign = [r for r in latest.values() if r.findtext(".//Language") == language]
    assert len(foreign) >= 2
    for record in foreign:
        assert re.fullmatch(r"\[.+\]\.", words(record.find(".//ArticleTitle")))
        assert words(record.find(".//VernacularTitle"))
    assert any(r.find(f".//OtherAbstract[@Language='{language}']") is not None for r in foreign)


def test_there_are_letters_without_abstract_and_structured_abstracts(
    latest: dict[str, etree._Element],
) -> None:
    letters = [r for r in latest.values() if "Letter" in texts(r, ".//PublicationType")]
    assert len([r for r in letters if r.find(".//Abstract") is None]) >= 10
    labels = {
        label
        for record in latest.values()
        for section in record.iterfind(".//AbstractText[@Label]")
        if (label := section.get("Label"))
    }
    assert labels >= {"BACKGROUND", "OBJECTIVE", "CASE", "METHODS", "RESULTS", "CONCLUSION"}


@pytest.mark.parametrize(
    "publication_type",
    [
        "Case Reports",
        "Letter",
        "Review",
        "Systematic Review",
        "Practice Guideline",
        "Randomized Controlled Trial",
        "Multicenter Study",
        "Retracted Publication",
        "Retraction Notice",
        "Retraction of Publication",
        "Published Erratum",
        "Expression of Concern",
    ],
)
def test_each_kind_of_publication_is_there(
    latest: dict[str, etree._Element], publication_type: str
) -> None:
    assert any(publication_type in texts(r, ".//PublicationType") for r in latest.values())


@pytest.mark.parametrize(
    "path",
    [
        ".//ArticleTitle/i",
        ".//ArticleTitle/sup",
        ".//ArticleTitle/sub",
        ".//ArticleTitle//{http://www.w3.org/1998/Math/MathML}math",
        ".//PubDate/MedlineDate",
        ".//PubDate/Season",
        ".//CollectiveName",
        ".//ELocationID[@EIdType='doi'][@ValidYN='N']",
        ".//Reference/ArticleIdList/ArticleId[@IdType='doi']",
        ".//PMID[@Version='2']",
        ".//KeywordList/Keyword",
        ".//QualifierName[@MajorTopicYN='Y']",
        ".//DescriptorName[@MajorTopicYN='Y']",
        ".//Chemical/NameOfSubstance",
        ".//CoiStatement",
        ".//Identifier[@Source='ORCID']",
        ".//ArticleId[@IdType='pmc']",
        ".//ELocationID[@EIdType='pii']",
        ".//PubMedPubDate[@PubStatus='received']",
        ".//ArticleDate",
        ".//BookDocument/Book/BookTitle",
    ],
)
def test_each_shape_of_a_record_is_there(latest: dict[str, etree._Element], path: str) -> None:
    assert having(latest, path)


def test_some_titles_begin_with_markup(latest: dict[str, etree._Element]) -> None:
    titles = (record.find(".//ArticleTitle") for record in latest.values())
    assert any(title is not None and not title.text and len(title) for title in titles)


def test_some_records_have_no_author_and_some_only_a_group(
    latest: dict[str, etree._Element],
) -> None:
    assert any(r.find(".//AuthorList") is None for r in latest.values())
    assert any(
        r.find(".//CollectiveName") is not None and r.find(".//LastName") is None
        for r in latest.values()
    )


def test_names_and_titles_reach_beyond_ascii(latest: dict[str, etree._Element]) -> None:
    names = "".join(name for r in latest.values() for name in texts(r, ".//Author/LastName"))
    assert set("ÇøßŁñÞŽễ") <= set(names)
    titles = "".join(words(r.find(".//ArticleTitle")) for r in latest.values())
    assert "IgG-λ" in titles
    assert "IgG-κ" in titles


def test_both_spellings_are_in_use(latest: dict[str, etree._Element]) -> None:
    everything = " ".join(words(r.find(".//ArticleTitle")) + abstract(r) for r in latest.values())
    for american, british in (("myxedema", "myxoedema"), ("edema", "oedema")):
        assert re.search(rf"(?<!o){american}", everything)
        assert british in everything


def test_a_record_without_month_is_there(latest: dict[str, etree._Element]) -> None:
    dates = (record.find(".//PubDate") for record in latest.values())
    assert any(found is not None and [part.tag for part in found] == ["Year"] for found in dates)


@pytest.mark.parametrize(
    ("status", "indexed"), [("Publisher", False), ("PubMed-not-MEDLINE", False), ("MEDLINE", True)]
)
def test_mesh_headings_come_with_the_status(
    latest: dict[str, etree._Element], status: str, indexed: bool
) -> None:
    records_so = having(latest, f"MedlineCitation[@Status='{status}']")
    assert records_so
    notices = {"Published Erratum", "Retraction Notice", "Expression of Concern"}
    for record in records_so:
        if notices.isdisjoint(texts(record, ".//PublicationType")):
            assert (record.find(".//MeshHeadingList") is not None) == indexed


# ---- consistent in themselves ------------------------------------------------------------------


@pytest.mark.parametrize("kind", CORRECTION_PAIRS)
def test_a_link_to_a_notice_is_answered_by_the_notice(
    latest: dict[str, etree._Element], kind: str
) -> None:
    pairs = [(pmid, other) for pmid, r in latest.items() for other in links(r, kind)]
    assert pairs
    for pmid, other in pairs:
        assert pmid in links(latest[other], CORRECTION_PAIRS[kind])
        source = latest[pmid].find(f".//CommentsCorrections[@RefType='{kind}']/RefSource")
        assert words(latest[other].find(".//ISOAbbreviation")) in words(source)
        assert latest[other].findtext(".//ELocationID[@EIdType='doi']", "") in words(source)


def test_an_abstract_has_the_length_of_a_real_one(latest: dict[str, etree._Element]) -> None:
    for pmid, record in latest.items():
        retraction = any("Retraction" in kind for kind in texts(record, ".//PublicationType"))
        if abstract(record) and not retraction:
            assert 80 <= len(abstract(record).split()) <= 250, pmid


def test_the_check_tags_agree_with_the_ages_in_the_text(
    latest: dict[str, etree._Element],
) -> None:
    checked = 0
    for pmid, record in latest.items():
        headings = texts(record, ".//DescriptorName")
        for age in map(int, re.findall(r"\b(\d{1,2})-year-old", abstract(record))):
            if headings:
                group = next(name for limit, name in AGE_GROUPS if age < limit)
                assert group in headings, f"{pmid}: {age} years"
                checked += 1
    assert checked >= 50


def test_the_check_tags_agree_with_the_sexes_in_the_text(
    latest: dict[str, etree._Element],
) -> None:
    for pmid, record in latest.items():
        headings = texts(record, ".//DescriptorName")
        if headings:
            if re.search(r"\b(woman|women|girls?)\b", abstract(record)):
                assert "Female" in headings, pmid
            if re.search(r"\b(man|men|boys?)\b", abstract(record)):
                assert "Male" in headings, pmid


def test_reference_lists_cite_sample_records_only(latest: dict[str, etree._Element]) -> None:
    known = {r.findtext("*/ArticleIdList/ArticleId[@IdType='doi']") for r in latest.values()}
    cited = [doi for r in latest.values() for doi in texts(r, ".//Reference//ArticleId")]
    assert cited
    assert set(cited) <= known
