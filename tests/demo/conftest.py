"""Small synthetic records for the stand-in's own tests, and a stand-in over them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
import requests
from lxml import etree

from litwatch.demo.evaluate import Answer, Circumstances, answer
from litwatch.demo.library import Library, Revision
from litwatch.demo.server import StandIn
from litwatch.demo.view import View, Vocabulary

NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def _day(tag: str, day: str, attribute: str = "") -> str:
    parts = zip(("Year", "Month", "Day"), day.split("/"), strict=False)
    return f"<{tag}{attribute}>{''.join(f'<{n}>{v}</{n}>' for n, v in parts)}</{tag}>"


def _history(**days: str) -> str:
    return "".join(
        _day("PubMedPubDate", day, f' PubStatus="{status}"') for status, day in days.items()
    )


def _heading(text: str) -> str:
    """`*Scleromyxedema/drug therapy`: a star for a major topic."""
    name, _, qualifier = text.lstrip("*").partition("/")
    major = "Y" if text.startswith("*") else "N"
    inner = f'<DescriptorName MajorTopicYN="{major}">{name}</DescriptorName>'
    if qualifier:
        inner += f'<QualifierName MajorTopicYN="N">{qualifier}</QualifierName>'
    return f"<MeshHeading>{inner}</MeshHeading>"


def make_record(
    pmid: int,
    title: str,
    *,
    created: str = "2026/09/01",
    entered: str = "",
    indexed: str = "",
    revised: str = "2026/09/02",
    printed: str = "2026/08",
    electronic: str = "",
    abstract: str = "",
    other_abstract: str = "",
    vernacular: str = "",
    keywords: tuple[str, ...] = (),
    mesh: tuple[str, ...] = (),
    types: tuple[str, ...] = ("Journal Article",),
    language: str = "eng",
    authors: tuple[str, ...] = ("Probst,Anna,A",),
    journal: str = "Arch Sample Dermatol",
    doi: str = "",
    cited_doi: str = "",
    status: str = "MEDLINE",
    links: tuple[str, ...] = (),
    title_xml: str = "",
) -> bytes:
    """The XML of one article; every word of it is made up."""
    names = [author.split(",") for author in authors]
    people = "".join(
        f"<Author><LastName>{last}</LastName><ForeName>{fore}</ForeName>"
        f"<Initials>{initials}</Initials></Author>"
        for last, fore, initials in names
    )
    text = f"<Abstract><AbstractText>{escape(abstract)}</AbstractText></Abstract>"
    other = f"<OtherAbstract><AbstractText>{escape(other_abstract)}</AbstractText></OtherAbstract>"
    location = f'<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID>'
    cited = (
        "<ReferenceList><Reference><Citation>Somebody, somewhere</Citation><ArticleIdList>"
        f'<ArticleId IdType="doi">{cited_doi}</ArticleId>'
        "</ArticleIdList></Reference></ReferenceList>"
    )
    linked = "".join(f'<CommentsCorrections RefType="{kind}"/>' for kind in links)
    days = {"pubmed": entered or created, "entrez": created} | (
        {"medline": indexed} if indexed else {}
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="{status}"><PMID Version="1">{pmid}</PMID>'
        f"{_day('DateRevised', revised)}<Article><Journal><ISSN>1111-2222</ISSN><JournalIssue>"
        f"<Volume>7</Volume>{_day('PubDate', printed)}</JournalIssue>"
        f"<Title>Archives of {journal}</Title><ISOAbbreviation>{journal}.</ISOAbbreviation>"
        f"</Journal><ArticleTitle>{title_xml or escape(title)}</ArticleTitle>"
        f"{location if doi else ''}{text if abstract else ''}<AuthorList>{people}</AuthorList>"
        f"<Language>{language}</Language><PublicationTypeList>"
        f"{''.join(f'<PublicationType>{kind}</PublicationType>' for kind in types)}"
        f"</PublicationTypeList><VernacularTitle>{escape(vernacular)}</VernacularTitle>"
        f"{_day('ArticleDate', electronic) if electronic else ''}</Article>"
        f"<MedlineJournalInfo><MedlineTA>{journal}</MedlineTA><NlmUniqueID>9900</NlmUniqueID>"
        f"</MedlineJournalInfo>{linked}"
        f"<MeshHeadingList>{''.join(map(_heading, mesh))}</MeshHeadingList>"
        f"{other if other_abstract else ''}<KeywordList>"
        f"{''.join(f'<Keyword>{escape(word)}</Keyword>' for word in keywords)}</KeywordList>"
        f"</MedlineCitation><PubmedData><History>{_history(**days)}</History>"
        f"<PublicationStatus>ppublish</PublicationStatus>{cited if cited_doi else ''}"
        f"</PubmedData></PubmedArticle>"
    ).encode()


def _pmid(xml: bytes) -> str:
    return xml.partition(b'<PMID Version="1">')[2].partition(b"<")[0].decode()


@pytest.fixture(scope="session")
def record() -> Callable[..., bytes]:
    """Makes the XML of one synthetic article."""
    return make_record


@pytest.fixture(scope="session")
def library() -> Callable[..., Library]:
    """Makes a library of articles that have held since long before the virtual now."""

    def make(*records: bytes) -> Library:
        owned = (
            (record.split(b'Version="1">')[1].split(b"<")[0].decode(), record) for record in records
        )
        return Library({pmid: [Revision(date(2000, 1, 1), xml)] for pmid, xml in owned})

    return make


@pytest.fixture(scope="session")
def ask() -> Callable[..., Answer]:
    """Answers a query over a library at the virtual now, without HTTP."""

    def make(library: Library, term: str, phrases: tuple[str, ...] = (), **more: Any) -> Answer:
        view = View(library.at(NOW), Vocabulary(phrases))
        return answer(term, view, Circumstances(today=NOW.date(), **more))

    return make


@pytest.fixture(scope="session")
def found(ask: Callable[..., Answer]) -> Callable[..., set[int]]:
    """The PMIDs, as numbers, that a query finds."""

    def make(library: Library, term: str, **more: Any) -> set[int]:
        hits = ask(library, term, **more).hits
        return {int(library.at(NOW).pmid(number)) for number in hits}

    return make


class Clock:
    """A virtual time that a test may move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(clock: Clock) -> Iterator[Callable[..., StandIn]]:
    """Starts stand-ins over libraries, at the virtual now, and stops them after the test."""
    with ExitStack() as running:

        def start(library: Library, **more: Any) -> StandIn:
            more = {"rate_limit": False, "phrases": ()} | more
            return running.enter_context(StandIn(library, clock, **more))

        yield start


@pytest.fixture
def call() -> Iterator[Callable[..., requests.Response]]:
    """Calls an endpoint of a stand-in, by POST unless told otherwise."""
    with requests.Session() as session:

        def make(
            served: StandIn,
            endpoint: str,
            params: Mapping[str, Any] | None = None,
            method: str = "POST",
            **more: Any,
        ) -> requests.Response:
            values = {"db": "pubmed"} | dict(params or {}) | more
            where = {"params": values} if method == "GET" else {"data": values}
            url = f"{served.base_url}{endpoint}.fcgi"
            return session.request(method, url, timeout=5, **where)

        yield make


@pytest.fixture(scope="session")
def pmids() -> Callable[[requests.Response], list[str]]:
    """The PMIDs of a reply, in order: of a search's list, or of the records themselves."""

    def make(reply: requests.Response) -> list[str]:
        root = etree.fromstring(reply.content)
        path = "IdList/Id" if root.tag == "eSearchResult" else "*/*/PMID"
        return [str(element.text) for element in root.iterfind(path)]

    return make


@pytest.fixture(scope="session")
def text() -> Callable[[requests.Response, str], str]:
    """The text of one element of a reply."""

    def make(reply: requests.Response, path: str) -> str:
        return str(etree.fromstring(reply.content).findtext(path, ""))

    return make


@pytest.fixture(scope="session")
def quartet(library: Callable[..., Library]) -> Library:
    """Four articles: three on scleromyxedema, one on myxedema."""
    return library(
        make_record(101, "Scleromyxedema one", created="2026/09/01", printed="2026/09"),
        make_record(102, "Scleromyxedema two", created="2026/09/03", printed="2020", authors=()),
        make_record(103, "Scleromyxedema three", created="2026/09/03", printed="2024"),
        make_record(104, "Myxedema", created="2026/09/04"),
    )


@pytest.fixture(scope="session")
def crowd() -> Library:
    """More records than PubMed gives of one result."""
    entry = (
        "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>Crowd"
        "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    )
    numbers = range(1, 10_051)
    return Library(
        {str(n): [Revision(date(2020, 1, 1), entry.format(n).encode())] for n in numbers}
    )


@pytest.fixture(scope="session")
def shelf(library: Callable[..., Library]) -> Library:
    """Nine articles, one for each thing that a query may turn on."""
    return library(
        make_record(
            1,
            "Scleromyxedema treated with immunoglobulin",
            abstract="Lichen myxedematosus of the hands. A paraprotein was found.",
            mesh=("*Scleromyxedema/drug therapy", "Humans"),
            created="2026/09/01",
            types=("Case Reports", "Journal Article"),
            authors=("Altman,Russ B,RB", "Probst,Anna,A"),
            doi="10.5555/one",
        ),
        make_record(
            2,
            "Scleromyxoedematous lesions in a family",
            keywords=("dermato-neuro syndrome",),
            created="2026/09/03",
            language="ger",
            vernacular="Sklerödem oder Skleromyxödem?",
            journal="Sample Cutan",
        ),
        make_record(3, "Myxedema coma", mesh=("Myxedema", "Humans"), created="2026/09/03"),
        make_record(
            4,
            "Mucinosis in a dog",
            mesh=("*Mucinoses", "Dogs", "Animals"),
            created="2025/01/15",
            types=("Systematic Review",),
        ),
        make_record(
            5, "Follicular mucinosis", mesh=("Mucinosis, Follicular",), created="2024/05/05"
        ),
        make_record(
            6,
            "Hip pain and myxedema, which was rather late called lichen",
            abstract="Myxedematosus it was not.",
            created="2023/01/01",
            authors=("Altmann,Karin,K",),
        ),
        make_record(7, "TGF-β in müller's naïve mouse", created="2022/06/30", status="Publisher"),
        make_record(
            8,
            "An old paper found late",
            created="2026/08/20",
            entered="1998/04/01",
            printed="1998/04",
            electronic="1997/12/24",
        ),
        make_record(
            9, "Scleroderma mimics", mesh=("Mucopolysaccharidosis II",), created="2021/01/01"
        ),
    )
