"""Field by field against what two other parsers made of the same real records, and who is right.

Each field is brought into the peer's own form and compared. Where the two differ, the kinds of
difference below are taken away until they agree; the test holds how often each is needed, so that a
new kind, or a field that reads otherwise, is seen. What none of them explains fails.

The peers' outputs are those of Biopython 1.88 (Entrez.read) and pubmed_parser 0.5.1
(parse_medline_xml); their code was read where the two differ.
"""

import gzip
import json
import os
import re
import subprocess
import sys
from calendar import month_abbr
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest

from litwatch.fetch import dates
from litwatch.fetch.records import parse
from litwatch.models import Article, bare_uid

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared/data is not beside this checkout"
)

Value = Any
Pair = tuple[Value, Value]


@dataclass(frozen=True)
class Kind:
    """A kind of difference in some fields: whose reading is right, and why.

    `explain` takes our value and the peer's and returns them without the difference. `times` is in
    how many records each field shows it.
    """

    name: str
    times: Mapping[str, int]
    right: Literal["litwatch", "both", "peer"]
    why: str
    explain: Callable[[Value, Value], Pair]


def every(change: Callable[[str], str]) -> Callable[[Value], Value]:
    """The change made to each text of a value, however deep."""

    def changed(value: Value) -> Value:
        if isinstance(value, str):
            return change(value)
        return [changed(item) for item in value] if isinstance(value, list) else value

    return changed


def theirs(change: Callable[[Value], Value]) -> Callable[[Value, Value], Pair]:
    return lambda ours, peers: (ours, change(peers))


def ours(change: Callable[[Value], Value]) -> Callable[[Value, Value], Pair]:
    return lambda mine, peers: (change(mine), peers)


def unmarked(text: str) -> str:
    """The text without its tags."""
    return re.sub(r"</?[a-z:]+\d*(?:\s[^<>]*)?>", "", text)


def one_blank(text: str) -> str:
    return " ".join(text.split())


def differences(
    kinds: Sequence[Kind], mine: Mapping[str, Value], peers: Mapping[str, Value]
) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How often each kind is needed, by field; and the fields that differ for no known reason."""
    assert mine.keys() == peers.keys()
    needed: Counter[tuple[str, str]] = Counter()
    unexplained = []
    for field in mine:
        known = [kind for kind in kinds if field in kind.times]
        if mine[field] == peers[field]:
            continue
        if not agree(known, mine[field], peers[field]):
            unexplained.append(f"{field}: {mine[field]!r} != {peers[field]!r}"[:600])
        for kind in known:
            others = [other for other in known if other is not kind]
            if not agree(others, mine[field], peers[field]):
                needed[kind.name, field] += 1
    return needed, unexplained


def agree(kinds: Sequence[Kind], mine: Value, peers: Value) -> bool:
    for kind in kinds:
        mine, peers = kind.explain(mine, peers)
    return bool(mine == peers)


@cache
def articles() -> Mapping[str, Article]:
    with gzip.open(SHARED / "pubmed_xml" / "dev.xml.gz") as file:
        return {bare_uid(article.uid): article for article in parse(file.read()).articles}


def rows(name: str) -> list[dict[str, Value]]:
    text = (SHARED / "peer_outputs" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def assert_only_these(
    kinds: Sequence[Kind],
    pairs: Sequence[tuple[str, dict, dict]],
    expected: Mapping[tuple[str, str], int] | None = None,
) -> None:
    """Only these kinds, and as often as they say themselves, or as `expected`."""
    found: Counter[tuple[str, str]] = Counter()
    unexplained = []
    for pmid, mine, peers in pairs:
        needed, rest = differences(kinds, mine, peers)
        found += needed
        unexplained += [f"{pmid} {line}" for line in rest]
    if expected is None:
        expected = {(kind.name, field): kind.times[field] for kind in kinds for field in kind.times}
    assert unexplained == []
    assert dict(found) == expected, dict(found)


# ---- Biopython -----------------------------------------------------------------------------------


def in_biopythons_form(article: Article) -> dict[str, Value]:
    people = [
        [author.last, author.fore, author.initials, author.collective, author.suffix]
        for author in article.authors
    ]
    return {
        "title": article.title,
        "abstract": [[section.label, section.text] for section in article.abstract],
        "lang": list(article.languages),
        "pubdate": article.published,
        "authors": people,
        "pubtypes": list(article.publication_types),
        "cc": [[link.kind, bare_uid(link.uid)] for link in article.corrections],
        "doi": article.doi,
        "pmc": article.pmcid,
        "mesh": [heading.text for heading in article.mesh],
        "status": article.status,
    }


def of_biopython(row: Mapping[str, Value]) -> dict[str, Value]:
    names = ("LastName", "ForeName", "Initials", "CollectiveName", "Suffix")
    date = ("MedlineDate", "Year", "Season", "Month", "Day")
    ids = dict(reversed(row["ids"]))  # of several the first
    return {
        **{name: row[name] for name in ("title", "lang", "pubtypes", "cc", "mesh", "status")},
        "abstract": [[label or "", text] for label, text in row["abstract"]],
        "pubdate": " ".join(row["pubdate"][part] for part in date if row["pubdate"].get(part)),
        "authors": [[author.get(name, "") for name in names] for author in row["authors"]],
        "doi": ids.get("doi", ""),
        "pmc": ids.get("pmc", ""),
    }


def _printed(text: str) -> str:
    """`2019 12 01` as `2019 Dec 1`."""
    text = re.sub(r"^(\d{4}) (\d\d)\b", lambda m: f"{m[1]} {month_abbr[int(m[2])]}", text)
    return re.sub(r" 0(\d)$", r" \1", text)


BIOPYTHON = (
    Kind(
        "markup",
        {"title": 20, "abstract": 78},
        "both",
        "it keeps <i>, <sub> and MathML as tags; ours is plain text, as tags need it and HTML must",
        theirs(every(unmarked)),
    ),
    Kind(
        "white space",
        {"title": 3, "abstract": 68, "authors": 2},
        "litwatch",
        "line breaks of the file, thin blanks, and blanks around a name are no part of the text",
        theirs(every(one_blank)),
    ),
    Kind(
        "letter case of a language",
        {"lang": 2},
        "litwatch",
        "NLM's codes are lower case (ISO 639-2); some records shout ENG",
        theirs(every(str.lower)),
    ),
    Kind(
        "form of a date",
        {"pubdate": 182},
        "both",
        "months come as 12 or Dec, days as 01 or 1; ours is one form, as it is printed",
        theirs(_printed),
    ),
    Kind(
        "papers cited",
        {"cc": 58},
        "both",
        "RefType Cites is a reference, no correction; of references ours keeps none",
        theirs(lambda links: [link for link in links if link[0] != "Cites"]),
    ),
    Kind(
        "DOI in ELocationID alone",
        {"doi": 2},
        "litwatch",
        "the rows hold ArticleIdList only; PubMed itself shows the other one where it is alone",
        lambda mine, peers: (mine, peers or mine),
    ),
    Kind(
        "supplementary concepts",
        {"mesh": 9},
        "both",
        "SupplMeshList holds diseases and protocols of NLM's; ours files them after the headings",
        lambda mine, peers: (mine[: len(peers)], peers),
    ),
)


@needs_shared
def test_biopython_reads_the_same_but_for_these() -> None:
    pairs = [
        (row["pmid"], in_biopythons_form(articles()[row["pmid"]]), of_biopython(row))
        for row in rows("biopython_dev.jsonl")
        if not row.get("book")
    ]

    assert len(pairs) == 761
    assert_only_these(BIOPYTHON, pairs)


@needs_shared
def test_biopython_reads_the_same_books() -> None:
    books = [row for row in rows("biopython_dev.jsonl") if row.get("book")]

    assert len(books) == 11
    for row in books:
        article = articles()[row["pmid"]]
        assert (article.kind, article.title) == ("book", one_blank(unmarked(row["title"])))


@needs_shared
def test_what_biopython_refuses_is_read() -> None:
    """Records of 2012 and 2013, with elements that the DTD of today has no more."""
    refused = articles().keys() - {row["pmid"] for row in rows("biopython_dev.jsonl")}

    assert len(refused) == 5
    assert all(articles()[pmid].title for pmid in refused)


READ = r"""
import json, sys
from Bio import Entrez

def row(article):
    citation, names = article["MedlineCitation"], ("LastName", "ForeName", "Initials")
    paper, names = citation["Article"], (*names, "CollectiveName", "Suffix")
    ids = article.get("PubmedData", {}).get("ArticleIdList", [])
    return {
        "pmid": str(citation["PMID"]),
        "title": str(paper.get("ArticleTitle", "")),
        "abstract": [
            [part.attributes.get("Label"), str(part)]
            for part in paper.get("Abstract", {}).get("AbstractText", [])
        ],
        "lang": [str(language) for language in paper["Language"]],
        "pubdate": {k: str(v) for k, v in paper["Journal"]["JournalIssue"]["PubDate"].items()},
        "authors": [
            {name: str(author[name]) for name in names if name in author}
            for author in paper.get("AuthorList", [])
        ],
        "pubtypes": [str(kind) for kind in paper.get("PublicationTypeList", [])],
        "cc": [
            [link.attributes["RefType"], str(link.get("PMID", ""))]
            for link in citation.get("CommentsCorrectionsList", [])
        ],
        "ids": [[own.attributes["IdType"], str(own)] for own in ids],
        "mesh": [
            "/".join(map(str, [heading["DescriptorName"], *heading["QualifierName"]]))
            for heading in citation.get("MeshHeadingList", [])
        ],
        "status": citation.attributes["Status"],
    }

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        read = Entrez.read(file, validate=False)
    for article in read["PubmedArticle"]:
        print(json.dumps(row(article)))
    for book in read["PubmedBookArticle"]:
        document = book["BookDocument"]
        title = document.get("ArticleTitle") or document["Book"]["BookTitle"]
        print(json.dumps({"pmid": str(document["PMID"]), "title": str(title), "book": True}))
"""
"""Biopython as a peer of today: the files' records in the shape of biopython_dev.jsonl."""
DTD_OF_TODAY = b"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd"


def odd_documents() -> Iterator[tuple[str, bytes]]:
    """What other projects keep as odd, and what was recorded of EFetch, whatever holds records."""
    data, recorded = SHARED / "pubmed_xml", SHARED.parent / "recorded"
    for path in sorted([*data.glob("zotero/*.xml"), *recorded.glob("biopython_tests/pubmed*.xml")]):
        yield path.stem, path.read_bytes()
    for path in sorted(recorded.glob("hawc_vcr/TestPubMedFetch*.yaml")):
        for number, body in enumerate(_bodies(path.read_text(encoding="utf-8"))):
            if "<PubmedArticleSet>" in body:
                yield f"{path.stem}-{number}", body.encode()


def _bodies(cassette: str) -> Iterator[str]:
    """The replies of a cassette: YAML folds a quoted text at blanks and doubles its quotes."""
    for found in re.finditer(r"string: '((?:[^']|'')*)'\n", cassette):
        paragraphs = found[1].replace("''", "'").split("\n\n")
        yield "\n".join(re.sub(r" *\n *", " ", paragraph).lstrip() for paragraph in paragraphs)


@needs_shared
def test_biopython_reads_odd_and_recorded_documents_the_same(tmp_path: Path) -> None:
    own: dict[str, Article] = {}
    paths = []
    for name, document in odd_documents():
        own |= {bare_uid(article.uid): article for article in parse(document).articles}
        dressed = re.sub(rb'(<!DOCTYPE[^>]*")[^"]*(">)', rb"\1" + DTD_OF_TODAY + rb"\2", document)
        paths.append(tmp_path / f"{name}.xml")
        paths[-1].write_bytes(dressed)
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", READ, *map(str, paths)]
    printed = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    rows = {row["pmid"]: row for row in map(json.loads, printed.stdout.splitlines())}

    assert rows.keys() == own.keys()
    papers = [row for row in rows.values() if not row.get("book")]
    books = [row for row in rows.values() if row.get("book")]
    pairs = [
        (row["pmid"], in_biopythons_form(own[row["pmid"]]), of_biopython(row)) for row in papers
    ]
    assert (len(papers), len(books)) == (30, 3)
    found = {
        ("markup", "title"): 3,
        ("markup", "abstract"): 7,
        ("white space", "abstract"): 3,
        ("form of a date", "pubdate"): 8,
        ("letter case of a language", "lang"): 1,
        ("papers cited", "cc"): 3,
    }
    assert_only_these(BIOPYTHON, pairs, found)
    assert all(own[row["pmid"]].title == one_blank(unmarked(row["title"])) for row in books)


# ---- pubmed_parser -------------------------------------------------------------------------------


PERSON = {
    "last": "lastname",
    "fore": "forename",
    "initials": "initials",
    "suffix": "",
    "collective": "",
    "orcid": "identifier",
}
"""What we call the parts of an author, and what it calls those that it reads."""


def in_pubmed_parsers_form(article: Article) -> dict[str, Value]:
    people = [
        [*(getattr(author, name) for name in PERSON), list(author.affiliations)]
        for author in article.authors
    ]
    sections = (f"{section.label} {section.text}" for section in article.abstract)
    printed = dates.free(article.published).day
    return {
        "title": article.title,
        "vernacular_title": article.vernacular_title,
        "abstract": one_blank(" ".join(sections)),
        "languages": ";".join(article.languages),
        "pubdate": printed.isoformat() if printed else "",
        "authors": people,
        "journal": article.journal.title,
        "medline_ta": article.journal.abbreviation,
        "issn_linking": article.journal.issn,
        "issue": article.volume + (f"({article.issue})" if article.issue else ""),
        "pages": article.pages,
        "publication_types": list(article.publication_types),
        "mesh_terms": [heading.heading for heading in article.mesh],
        "chemical_list": list(article.chemicals),
        "keywords": list(article.keywords),
        "doi": article.doi,
        "pmc": article.pmcid,
    }


def of_pubmed_parser(row: Mapping[str, Value]) -> dict[str, Value]:
    same = ("title", "vernacular_title", "languages", "pubdate", "journal", "medline_ta")
    same += ("issn_linking", "issue", "pages", "doi", "pmc")
    people = [
        [
            *(author.get(PERSON[name], "") for name in PERSON),
            [*filter(None, [author["affiliation"]])],
        ]
        for author in row["authors"]
    ]
    return {
        **{name: row[name] or "" for name in same},
        "abstract": one_blank(row["abstract"]),
        "authors": people,
        "publication_types": _names(row["publication_types"]),
        "mesh_terms": _names(row["mesh_terms"]),
        "chemical_list": _names(row["chemical_list"]),
        "keywords": row["keywords"].split("; ") if row["keywords"] else [],
    }


def _names(text: str) -> list[str]:
    """`D000070:Acebutolol; D018941:…` as names."""
    return [item.partition(":")[2] for item in text.split("; ")] if text else []


def _letters(abbreviation: str) -> str:
    """Its letters alone, without a town in parentheses."""
    return re.sub(r"\(.*\)|[^a-z0-9]", "", abbreviation.lower())


def or_nothing(mine: Value, peers: Value) -> Pair:
    """What the peer has not at all is no contradiction."""
    return mine, peers or mine


def a_part(mine: str, peers: str) -> Pair:
    """The peer's text where all of it stands in ours, in its order, and little is missing."""
    letters = iter(mine)
    is_part = all(letter in letters for letter in peers) and len(peers) > 0.9 * len(mine)
    is_part = is_part and peers[:2] == mine[:2]  # a label at the beginning is another matter
    return (mine, mine) if is_part else (mine, peers)


PUBMED_PARSER: tuple[Kind, ...] = (
    Kind(
        "white space",
        {"title": 3, "vernacular_title": 2, "authors": 2, "keywords": 5},
        "litwatch",
        "line breaks of the file, thin blanks, and blanks around a keyword are no part of the text",
        theirs(every(one_blank)),
    ),
    Kind(
        "nested markup",
        {"title": 1, "abstract": 1},
        "litwatch",
        "its text of <sub><i>x</i></sub> is empty: it looks one element deep",
        a_part,
    ),
    Kind(
        "the label of an only section",
        {"abstract": 2},
        "litwatch",
        "a section has its label though it be the only one",
        lambda mine, peers: (peers if mine.endswith(f" {peers}") else mine, peers),
    ),
    Kind(
        "letter case of a language",
        {"languages": 2},
        "litwatch",
        "NLM's codes are lower case (ISO 639-2); some records shout ENG",
        theirs(every(str.lower)),
    ),
    Kind(
        "as much of a date as is printed",
        {"pubdate": 483},
        "both",
        "2019 stays 2019 and a season a year; ours is a day, the first that it can mean",
        lambda mine, peers: (mine[: len(peers)], peers),
    ),
    Kind(
        "names of groups",
        {"authors": 13},
        "litwatch",
        "CollectiveName is not read: the author has no name at all",
        ours(lambda people: [[*person[:4], "", *person[5:]] for person in people]),
    ),
    Kind(
        "suffixes",
        {"authors": 16},
        "litwatch",
        "Jr and III are not read",
        ours(lambda people: [[*person[:3], "", *person[4:]] for person in people]),
    ),
    Kind(
        "further affiliations",
        {"authors": 98},
        "litwatch",
        "the first AffiliationInfo alone is read",
        ours(lambda people: [[*person[:6], person[6][:1]] for person in people]),
    ),
    Kind(
        "an affiliation without AffiliationInfo",
        {"authors": 5},
        "litwatch",
        "before 2015 it stood in the author itself, and in records not revised since it still does",
        lambda mine, peers: (
            [
                [*own[:6], own[6] if other[6] else []]
                for own, other in zip(mine, peers, strict=True)
            ],
            peers,
        ),
    ),
    Kind(
        "ORCID as an address",
        {"authors": 17},
        "both",
        "half of the records write https://orcid.org/ before it; ours is the number alone",
        theirs(every(lambda text: re.sub("^https?://orcid.org/", "", text))),
    ),
    Kind(
        "an issue without a volume",
        {"issue": 6},
        "litwatch",
        "the issue is dropped where there is no volume",
        lambda mine, peers: ("" if mine.startswith("(") else mine, peers),
    ),
    Kind(
        "empty parentheses",
        {"issue": 106},
        "litwatch",
        "a volume without an issue shows them",
        theirs(lambda issue: issue.removesuffix("()")),
    ),
    Kind(
        "ISO's or NLM's abbreviation",
        {"medline_ta": 174},
        "both",
        "ISOAbbreviation has points, MedlineTA none but the town, and other letters are capital",
        lambda mine, peers: (peers if _letters(peers).startswith(_letters(mine)) else mine, peers),
    ),
    Kind(
        "which ISSN",
        {"issn_linking": 297},
        "both",
        "a journal has one for print, one online, and ISSNLinking, which joins them",
        lambda mine, peers: (peers if re.fullmatch(r"\d{4}-\d{3}[\dX]", mine) else mine, peers),
    ),
    Kind(
        "supplementary concepts",
        {"mesh_terms": 9},
        "both",
        "SupplMeshList holds diseases and protocols of NLM's; ours files them after the headings",
        lambda mine, peers: (mine[: len(peers)], peers),
    ),
    Kind(
        "the PMC number",
        {"pmc": 176},
        "litwatch",
        "it looks for it in OtherID, where it has not stood since 2015, not in ArticleIdList",
        or_nothing,
    ),
    Kind(
        "the day from which a paper is free",
        {"pmc": 2},
        "litwatch",
        "it stands behind the PMC number in OtherID, and is no part of it",
        theirs(lambda pmc: pmc.partition(" [")[0]),
    ),
    Kind(
        "the DOI",
        {"doi": 30},
        "litwatch",
        "the last ELocationID wins, and a pii there is taken for none; ArticleIdList is not asked",
        or_nothing,
    ),
)


@needs_shared
def test_pubmed_parser_reads_the_same_but_for_these() -> None:
    pairs = [
        (row["pmid"], in_pubmed_parsers_form(articles()[row["pmid"]]), of_pubmed_parser(row))
        for row in rows("pubmed_parser_dev.jsonl")
    ]

    assert len(pairs) == 766
    assert_only_these(PUBMED_PARSER, pairs)


# ---- the expectations beside the odd shapes -----------------------------------------------------

ENTRY = re.compile(r"@\w+\{,(.*?)\n\}", re.DOTALL)
FIELD = re.compile(
    r"^\s*([\w-]+)\s*=\s*\{(.*?)\}(?=,?\s*(?:\n\s*[\w-]+\s*=|\Z))", re.DOTALL | re.MULTILINE
)
ODD = {
    ("ArticleItalics", "abstract"): ("litwatch", "it puts blanks around <i> that stand nowhere"),
    ("BookArticleSet", "title"): ("litwatch", "a chapter's own title; theirs is that of its book"),
    ("BookArticleSet", "year"): ("litwatch", "the chapter's ContributionDate, not the book's year"),
    ("KeywordSingleEntry", "author"): ("litwatch", "a person whom the paper is about wrote it not"),
    ("KeywordSingleEntry", "pmid"): ("litwatch", "of two PMIDs, which no DTD allows, the first"),
    ("MathML", "abstract"): ("both", "formulas: theirs is LaTeX, ours the text without its signs"),
    ("Nbib", "abstract"): ("both", "NLM's label UNLABELLED is shown by nobody; ours keeps it"),
}
"""Where JabRef expects otherwise: file, field, who is right and why."""


def in_jabrefs_form(article: Article) -> dict[str, str]:
    """The fields of a BibTeX entry that an article has too; the other ones we do not keep."""
    people = (
        one.collective or f"{one.last}, {one.fore or one.initials}" for one in article.authors
    )
    sections = (
        f"{section.label}: {section.text}" if section.label else section.text
        for section in article.abstract
    )
    headings = [
        f"{heading.heading}/{qualifier}" if qualifier else heading.heading
        for heading in article.mesh
        for qualifier in heading.qualifiers or ("",)
    ]
    return {
        "title": article.title,
        "abstract": " ".join(sections),
        "author": " and ".join(people),
        "doi": article.doi,
        "issn": article.journal.issn,
        "journal": article.journal.title,
        "journal-abbreviation": article.journal.abbreviation.replace(".", ""),
        "volume": article.volume,
        "issue": article.issue,
        "pages": _whole_range(article.pages),
        "year": str(article.published_on.year) if article.published_on else "",
        "pmid": bare_uid(article.uid),
        "pmc": article.pmcid,
        "status": article.status,
        "revised": str(article.revised_on or ""),
        "keywords": "; ".join([*headings, *article.keywords]),
        "chemicals": ", ".join(article.chemicals),
        "publisher": article.publisher,
    }


def _whole_range(pages: str) -> str:
    """`764-9` as `764--769`, as BibTeX has it."""
    first, dash, last = pages.partition("-")
    return f"{first}--{first[: max(0, len(first) - len(last))]}{last}" if dash else pages


def _expected(text: str) -> str:
    """Without the stars that mark a major topic there: ours is a mark of the heading."""
    return one_blank(text).replace("*", "")


@needs_shared
def test_jabrefs_expectations_are_met_but_for_these() -> None:
    differing = set()
    entries = 0
    for bib in sorted((SHARED / "pubmed_xml" / "jabref").glob("MedlineImporterTest*.bib")):
        name = bib.stem.removeprefix("MedlineImporterTest")
        found = parse(bib.with_suffix(".xml").read_bytes()).articles
        expected = [dict(FIELD.findall(entry)) for entry in ENTRY.findall(bib.read_text("utf-8"))]
        assert len(found) == len(expected)
        entries += len(expected)
        for article, entry in zip(found, expected, strict=True):
            for field, text in in_jabrefs_form(article).items():
                if _expected(entry.get(field, "")) != text:
                    differing.add((name, field))

    assert entries == 11
    assert differing == ODD.keys()
