"""NCBI's own address, served by the stand-in behind a proxy that refuses the rest of the world."""

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from litwatch import config as configuration
from litwatch.demo import records
from litwatch.demo.calls import Options
from litwatch.demo.library import Library
from litwatch.demo.proxy import DTD, HOSTS, Asked, Proxy
from litwatch.demo.server import StandIn
from litwatch.errors import SourceError
from litwatch.fetch.pubmed import PubMed
from litwatch.settings import Ncbi, Secret, Topic

NOW = datetime(2026, 11, 16, 6, 30, tzinfo=UTC)
KEY = "geheimer-schluessel-7"
BASE_URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
SEARCH = f"{BASE_URL}esearch.fcgi?db=pubmed&term=scleromyxedema"
TOPIC = Topic(id="scleromyxedema", label="Scleromyxedema", query="scleromyxedema[tiab]")
NCBI = ("CONNECT", "eutils.ncbi.nlm.nih.gov:443")
WITNESS = """
import sys
EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
def watch(event, arguments):
    if event in EVENTS:
        peer = arguments[1] if event == "socket.connect" else arguments[:2]
        with open(%r, "a", encoding="utf-8") as log:
            log.write(f"{event} {peer!r}\\n")
sys.addaudithook(watch)
"""
"""Run by Python itself at the start of a process: notes every address that it speaks to."""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn(Library(records.load()), lambda: NOW, known_keys={KEY}) as running:
        yield running


@pytest.fixture
def behind(stand_in: StandIn, tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """Starts proxies before the stand-in, each with a certificate of its own."""
    with ExitStack() as running:

        def start(name: str = "proxy", **options: object) -> Proxy:
            folder = tmp_path / name
            folder.mkdir()
            return running.enter_context(Proxy(stand_in, folder, **options))  # type: ignore[arg-type]

        yield start


def visit(proxy: Proxy, url: str, *, trusting: bool = True) -> HTTPResponse:
    """What a client of that proxy gets, one as strict as Python can be about certificates."""
    context = ssl.create_default_context(cafile=proxy.certificate if trusting else None)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    proxies = urllib.request.ProxyHandler({"https": proxy.url, "http": proxy.url})
    opener = urllib.request.build_opener(proxies, urllib.request.HTTPSHandler(context=context))
    return opener.open(url, timeout=5)


# ---- the proxy ----------------------------------------------------------------------------------


def test_ncbis_own_address_is_served_by_the_stand_in(stand_in, behind):
    proxy = behind()
    reply = visit(proxy, SEARCH)

    assert b"<eSearchResult><Count>" in reply.read()
    assert [request.headers["Host"] for request in stand_in.log] == ["eutils.ncbi.nlm.nih.gov"]
    assert proxy.log == (Asked(*NCBI, "served"),)


@pytest.mark.parametrize(
    "url", ["https://example.org/", "https://www.ncbi.nlm.nih.gov/", "https://dtd.nlm.nih.gov/"]
)
def test_every_other_host_is_refused(stand_in, behind, url):
    proxy = behind()

    with pytest.raises(URLError, match="403"):
        visit(proxy, url)
    assert [asked.outcome for asked in proxy.log] == ["refused"]
    assert stand_in.log == ()


def test_a_further_host_may_be_allowed(behind):
    proxy = behind(hosts=(*HOSTS, "dtd.nlm.nih.gov"))

    with pytest.raises(HTTPError, match="404"):
        visit(proxy, "https://dtd.nlm.nih.gov/no-such-file")
    assert [asked.outcome for asked in proxy.log] == ["served"]


def test_another_port_of_ncbi_is_refused(behind):
    with pytest.raises(URLError, match="403"):
        visit(behind(), SEARCH.replace(".gov/", ".gov:80/"))


def test_what_is_sent_in_the_clear_is_refused_and_stands_in_the_log(behind):
    proxy = behind()

    with pytest.raises(HTTPError, match="403"):
        visit(proxy, SEARCH.replace("https:", "http:") + f"&api_key={KEY}")
    assert [asked.outcome for asked in proxy.log] == ["in the clear"]
    assert KEY in proxy.log[0].target


def test_a_client_that_was_not_told_of_the_certificate_does_not_trust_it(stand_in, behind):
    proxy = behind()

    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        visit(proxy, SEARCH, trusting=False)
    assert [asked.outcome for asked in proxy.log] == ["distrusted"]
    assert stand_in.log == ()


def test_the_certificate_of_another_proxy_is_not_trusted(behind):
    first, second = behind("first"), behind("second")
    context = ssl.create_default_context(cafile=first.certificate)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": second.url}),
        urllib.request.HTTPSHandler(context=context),
    )

    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        opener.open(SEARCH, timeout=5)


def test_the_key_of_the_certificate_is_for_its_owner_alone(behind):
    key = behind().certificate.with_name("key.pem")

    assert key.stat().st_mode & 0o077 == 0


def test_a_login_may_be_wanted(behind):
    proxy = behind(login="clinic:secret")

    with pytest.raises(URLError, match="407"):
        visit(proxy, SEARCH)
    assert [asked.outcome for asked in proxy.log] == ["unknown"]


def test_a_block_leads_to_ncbis_own_page(stand_in, behind):
    proxy = behind()
    stand_in.fail("esearch", "blocked")
    reply = visit(proxy, SEARCH)

    assert reply.url == "https://misuse.ncbi.nlm.nih.gov/error/abuse.shtml"
    assert b"WWW Error Blocked Diagnostic" in reply.read()
    assert [asked.target.partition(".")[0] for asked in proxy.log] == ["eutils", "misuse"]


# ---- a client that fetches document types ------------------------------------------------------

BIOPYTHON = """
import sys
from Bio import Entrez
Entrez.email = "a@example.org"
for _ in range(2):
    try:
        records = Entrez.read(Entrez.efetch(db="pubmed", id="99006021", retmode="xml"))
        print(str(records["PubmedArticle"][0]["MedlineCitation"]["PMID"]))
    except Exception as error:
        print(type(error).__name__, error)
"""
"""Biopython's own reader, which asks for a document type that it has not stored."""


@pytest.fixture
def biopython(tmp_path: Path) -> Callable[[Proxy], list[str]]:
    """What Biopython says of one record, read twice, in a process and a home of its own."""

    def make(proxy: Proxy) -> list[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **proxy.environment}
        done = subprocess.run(
            [sys.executable, "-c", BIOPYTHON],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.splitlines()

    return make


def test_a_document_type_of_a_new_year_can_be_fetched_in_mid_parse(stand_in, behind, biopython):
    stand_in.options = Options(dtd_year=2031)
    proxy = behind(hosts=(*HOSTS, DTD))

    assert biopython(proxy) == ["99006021", "99006021"]
    assert [request.endpoint for request in stand_in.log] == ["efetch", "dtd", "efetch"]
    assert stand_in.log[1].headers["Host"] == DTD


def test_a_document_type_can_be_refused(stand_in, behind, biopython):
    stand_in.options = Options(dtd_year=2031)
    said = biopython(behind())

    assert all(line.startswith("RuntimeError Failed to access") for line in said)
    assert len(said) == 2


def test_a_broken_document_type_poisons_a_client_that_stores_it(stand_in, behind, biopython):
    """F76: the page is stored as the document type, and every later reading fails."""
    stand_in.options = Options(dtd_year=2031)
    stand_in.fail("dtd", "maintenance")
    said = biopython(behind(hosts=(*HOSTS, DTD)))

    assert len(said) == 2
    assert all(line.startswith(("NotXMLError", "CorruptedXMLError")) for line in said)
    assert [request.endpoint for request in stand_in.log] == ["efetch", "dtd", "efetch"]


# ---- litwatch behind it -------------------------------------------------------------------------


@pytest.fixture
def pubmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Proxy], PubMed]:
    """The client in this process, at NCBI's own address, behind a proxy; it waits for nothing."""

    def make(proxy: Proxy) -> PubMed:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(urllib.request, "_opener", None)
        ncbi = Ncbi("a@example.org", BASE_URL, str(tmp_path / "pace"), Secret(KEY))
        return PubMed.over_network(ncbi, clock=lambda: NOW, sleep=lambda _: None)

    return make


@pytest.mark.parametrize("fault", ["server-error", "bad-gateway", "rate-limit", "disconnect"])
def test_f18_no_try_behind_a_proxy_goes_out_in_the_clear(stand_in, behind, pubmed, fault):
    """Biopython's third try asked the proxy for port 80 and sent the key as plain text."""
    proxy = behind()
    stand_in.fail("esearch", fault, times=4)
    search = pubmed(proxy).search(TOPIC)

    assert search.count > 10
    assert [(asked.method, asked.target) for asked in proxy.log] == [NCBI] * 5
    assert {asked.outcome for asked in proxy.log} == {"served"}


def test_f17_a_proxy_that_wants_a_login_is_named_as_the_fault(behind, pubmed):
    proxy = behind(login="clinic:secret")

    with pytest.raises(SourceError, match=r"407.*check the proxy's address and login"):
        pubmed(proxy).search(TOPIC)
    assert len(proxy.log) == 1


def test_f21_a_certificate_that_is_not_trusted_is_named_and_not_tried_again(
    behind, pubmed, monkeypatch
):
    proxy = behind()
    client = pubmed(proxy)
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(SourceError, match="TLS certificate is not accepted"):
        client.search(TOPIC)
    assert [asked.outcome for asked in proxy.log] == ["distrusted"]


def test_a_run_with_the_shipped_address_speaks_to_ncbi_alone_and_over_tls_alone(
    stand_in, behind, tmp_path
):
    """The real command in a process of its own, and every address that it speaks to."""
    proxy = behind()
    witness, log = tmp_path / "witness", tmp_path / "peers.txt"
    witness.mkdir()
    (witness / "sitecustomize.py").write_text(WITNESS % str(log), "utf-8")
    settings = tmp_path / "config.toml"
    shipped = configuration.template()
    assert f'base_url = "{BASE_URL}"' in shipped
    settings.write_text(shipped.replace("you@example.org", "op@example.org"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "litwatch", "run", "--json", "--config", str(settings)],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(witness),
            "LITWATCH_NCBI_API_KEY": KEY,
            **proxy.environment,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    peers = set(log.read_text("utf-8").splitlines())
    proxy_at = ("127.0.0.1", int(proxy.url.rpartition(":")[2]))

    assert report["complete"], done.stderr
    assert report["errors"] == []
    assert [topic["id"] for topic in report["topics"] if not topic["new"]] == []
    assert len(report["topics"]) == 6
    assert {(asked.method, asked.target, asked.outcome) for asked in proxy.log} == {
        (*NCBI, "served")
    }
    assert len(proxy.log) == len(stand_in.log) > 6
    assert not [request for request in stand_in.log if request.is_anonymous]
    assert {peer for peer in peers if "connect" in peer} == {f"socket.connect {proxy_at!r}"}
    assert all("127.0.0.1" in peer for peer in peers)
    assert KEY not in done.stdout + done.stderr
