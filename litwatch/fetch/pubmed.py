"""PubMed as a source: the whole query at every search, and every asked record accounted for.

No date window decides what is new, so nothing can fall through one: the search lists all hits, up
to 9,999 in one ESearch (NBK25499), and past that in slices of the create date [crdt], which every
record has once and keeps. What ESearch lists is held against its own count. EFetch leaves out
unknown, deleted and merged PMIDs without a word, so what came is held against what was asked.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from random import Random

from litwatch.errors import HistoryLost, Inconsistent, SourceBusy, SourceError, TooMuch
from litwatch.fetch import records, slices
from litwatch.fetch.entrez import DEFAULT_LIMITS, Entrez, Limits
from litwatch.fetch.esearch import Hits, pmid_of, read_hits
from litwatch.fetch.pace import INTERVAL_SECONDS, INTERVAL_WITH_KEY_SECONDS, Pace
from litwatch.fetch.records import Parsed
from litwatch.fetch.replies import Endpoint
from litwatch.fetch.slices import Span
from litwatch.models import Article, Batch, Search, bare_uid
from litwatch.settings import Ncbi, Topic

log = logging.getLogger(__name__)

WINDOW = 9_999
"""The hits that one ESearch of PubMed lists at most."""
ROOMY = 9_000
"""So many hits that are on file are planned into one slice, which leaves room for new ones."""
PAGE = 200
"""Records asked in one EFetch: larger calls are what fails."""
TRIES_PER_PAGE = 3
"""A page that proves too much is then asked in halves."""
SINGLY = 20
"""So many missing records are asked again one by one; more than these together, first."""
PROBE = "1"
"""Some PMID: asked to see whether PubMed answers at all, when it fails over another."""

Parse = Callable[[bytes], Parsed]


class PubMed:
    """The Source that is PubMed; its uids are `pubmed:` and the PMID."""

    def __init__(
        self, entrez: Entrez, *, clock: Callable[[], datetime], parse: Parse = records.parse
    ) -> None:
        self._entrez = entrez
        self._clock = clock
        self._parse = parse

    @classmethod
    def over_network(
        cls,
        ncbi: Ncbi,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        random: Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        limits: Limits = DEFAULT_LIMITS,
    ) -> "PubMed":
        """PubMed at `ncbi.base_url`, asked at the pace that all processes of this machine share."""
        interval = INTERVAL_WITH_KEY_SECONDS if ncbi.api_key else INTERVAL_SECONDS
        pace = Pace(
            Path(ncbi.pace_file),
            interval,
            database=Path(ncbi.database_file) if ncbi.database_file else None,
            sleep=sleep,
            monotonic=monotonic,
        )
        entrez = Entrez(
            ncbi,
            pace=pace,
            clock=clock,
            sleep=sleep,
            random=random,
            monotonic=monotonic,
            limits=limits,
        )
        return cls(entrez, clock=clock)

    # ---- search ----------------------------------------------------------------------------

    def search(self, topic: Topic, created: Sequence[date] = ()) -> Search:
        """All hits of the topic's query, in PubMed's order: newest first.

        `created` are the create dates of those on file: slices are planned from them, if need be.
        """
        hits = self._all(topic.query, created)
        return Search(_uids(hits), hits.count, hits.translation, hits.notices)

    def count(self, query: str) -> Search:
        """How many records a query finds, and what PubMed makes of it; none of them is listed."""
        params = {"db": "pubmed", "term": query, "retmax": "0", "retmode": "xml"}
        hits = read_hits(self._ask("esearch", params))
        return Search((), hits.count, hits.translation, hits.notices)

    def changed(self, topic: Topic, since: date) -> tuple[str, ...]:
        """The hits whose record was revised on or after `since` ([mdat], which counts days)."""
        return _uids(self._all(f'({topic.query}) AND ("{since:%Y/%m/%d}"[mdat] : "3000"[mdat])'))

    def _all(self, term: str, created: Sequence[date] = ()) -> Hits:
        """Every hit of a query; an answer that contradicts itself is asked for once more."""
        try:
            return self._whole(term, created)
        except Inconsistent as error:
            log.warning("%s; asking once more", error)
            return self._whole(term, created)

    def _whole(self, term: str, created: Sequence[date]) -> Hits:
        hits = self._listed(term)
        if hits.count <= WINDOW:
            return hits
        tomorrow = self._clock().date() + slices.DAY
        parts = self._slices(term, slices.planned(created, ROOMY, tomorrow))
        pmids = tuple(dict.fromkeys(chain.from_iterable(part.pmids for part in parts)))
        if len(pmids) != hits.count:
            raise Inconsistent(
                f"PubMed counts {hits.count} hits, and lists {len(pmids)} by their create dates"
            )
        return replace(hits, pmids=pmids)

    def _slices(self, term: str, spans: Sequence[Span]) -> Iterator[Hits]:
        """The hits created in these spans, newest first; a span with too many is halved."""
        for first, last in spans:
            created = f'("{first:%Y/%m/%d}"[crdt] : "{last:%Y/%m/%d}"[crdt])'
            hits = self._listed(f"({term}) AND {created}")
            if hits.count <= WINDOW:
                yield hits
            elif first < last:
                yield from self._slices(term, slices.halves((first, last)))
            else:
                raise SourceError(
                    f"the query has {hits.count} hits that PubMed created on {first}, and no more "
                    f"than {WINDOW} of one day can be listed: narrow the query"
                )

    def _listed(self, term: str) -> Hits:
        """The hits of one ESearch, and of more where PubMed lists less at a time than was asked.

        Past the window, its list is the beginning only.
        """
        hits = self._esearch(term)
        if hits.count > WINDOW:
            return hits
        page = hits
        while page.is_shortened and len(hits.pmids) < hits.count:
            page = self._esearch(term, start=len(hits.pmids))
            more = tuple(dict.fromkeys((*hits.pmids, *page.pmids)))
            if len(more) == len(hits.pmids):
                break
            hits = replace(hits, pmids=more)
        if len(hits.pmids) != hits.count:
            raise Inconsistent(f"PubMed counts {hits.count} hits, and lists {len(hits.pmids)}")
        return hits

    def _esearch(self, term: str, *, start: int = 0) -> Hits:
        params = {"db": "pubmed", "term": term, "retmax": str(WINDOW), "retmode": "xml"}
        if start:
            params["retstart"] = str(start)
        return read_hits(self._ask("esearch", params))

    # ---- fetch -----------------------------------------------------------------------------

    def fetch(self, uids: Sequence[str]) -> Iterator[Batch]:
        """The records, in batches of at most 200, each asked uid in exactly one of them.

        A record that PubMed cannot hand out alone is malformed, and the others go on. Raises
        SourceBusy when PubMed does not answer any more; the batches before that stand.
        """
        asked = dict.fromkeys(map(_canonical, uids))
        ours = [uid for uid in asked if pmid_of(uid.removeprefix("pubmed:"))]
        foreign = tuple(uid for uid in asked if not pmid_of(uid.removeprefix("pubmed:")))
        if foreign:
            reasons = tuple((uid, "this names no record of PubMed") for uid in foreign)
            yield Batch(foreign, (), malformed=reasons)
        for start in range(0, len(ours), PAGE):
            yield from self._page(tuple(ours[start : start + PAGE]))

    def _page(self, uids: tuple[str, ...], *, is_part: bool = False) -> Iterator[Batch]:
        """The records of a page; where it fails as a whole, in halves, down to the one to blame."""
        parsed = self._read(uids)
        if isinstance(parsed, Parsed):
            yield self._accounted(uids, parsed)
            return
        alone = len(uids) == 1
        if alone or not is_part:
            self._probe()
        if alone:
            log.warning("%s cannot be fetched: %s", uids[0], parsed)
            yield Batch(uids, (), malformed=((uids[0], str(parsed)),))
            return
        log.warning("%s; asking for the %d records in halves", parsed, len(uids))
        half = len(uids) // 2
        yield from self._page(uids[:half], is_part=True)
        yield from self._page(uids[half:], is_part=True)

    def _read(self, uids: Sequence[str]) -> Parsed | SourceError:
        """The records of one EFetch, or why it failed over them; raises what concerns any call."""
        try:
            xml = self._efetch([bare_uid(uid) for uid in uids], TRIES_PER_PAGE)
        except SourceError as error:
            if isinstance(error, TooMuch) or type(error) is SourceError:
                return error
            raise
        try:
            return self._parse(xml)
        except SourceError as error:
            return error

    def _probe(self) -> None:
        """Raises SourceError when PubMed answers nothing at all: then no record is to blame."""
        self._efetch([PROBE], None)

    def _efetch(self, pmids: Sequence[str], tries: int | None) -> bytes:
        params = {"db": "pubmed", "id": ",".join(pmids), "retmode": "xml"}
        return self._ask("efetch", params, tries)

    def _ask(self, endpoint: Endpoint, params: dict[str, str], tries: int | None = None) -> bytes:
        """One call; once more where PubMed lost a history, since it was asked to keep none."""
        try:
            return self._entrez.call(endpoint, params, tries_at_this_size=tries)
        except HistoryLost as error:
            log.warning("%s; asking once more", error)
            return self._entrez.call(endpoint, params, tries_at_this_size=tries)

    def _accounted(self, uids: tuple[str, ...], parsed: Parsed) -> Batch:
        """The batch of a page that came; what is missing in it is asked for once more."""
        articles, malformed = _asked_for(uids, parsed)
        for again in self._second_asking(uids, articles, malformed):
            try:
                found = self._read(again)
            except SourceBusy as error:
                found = error
            if isinstance(found, SourceBusy):
                log.warning("%s; not asking again for what is missing", found)
                break
            if isinstance(found, SourceError):
                malformed.update((uid, str(found)) for uid in again if len(again) == 1)
                continue
            more, broken = _asked_for(again, found)
            articles |= more
            malformed |= broken
        return Batch(
            asked=uids,
            articles=tuple(articles[uid] for uid in uids if uid in articles),
            missing=tuple(uid for uid in uids if uid not in articles and uid not in malformed),
            malformed=tuple((uid, malformed[uid]) for uid in uids if uid in malformed),
        )

    def _second_asking(
        self, uids: Sequence[str], articles: dict[str, Article], malformed: dict[str, str]
    ) -> Iterator[tuple[str, ...]]:
        """Which uids to ask for again: all together where they are many, then each of the few.

        What the caller finds in between is taken into account.
        """
        missing = [uid for uid in uids if uid not in articles and uid not in malformed]
        if len(missing) > SINGLY:
            yield tuple(missing)
            missing = [uid for uid in missing if uid not in articles and uid not in malformed]
        if len(missing) <= SINGLY:
            yield from ((uid,) for uid in missing)


def _asked_for(uids: Sequence[str], parsed: Parsed) -> tuple[dict[str, Article], dict[str, str]]:
    """The asked records among those that came, each in its newest version, and the broken ones."""
    asked = frozenset(uids)
    articles: dict[str, Article] = {}
    for article in parsed.articles:
        if article.uid not in asked:
            log.warning("PubMed sent %s, which was not asked for", article.uid)
        elif article.uid not in articles or articles[article.uid].version < article.version:
            articles[article.uid] = article
    malformed: dict[str, str] = {}
    for uid, reason in parsed.malformed:
        blamed = uids[0] if len(uids) == 1 else uid
        if blamed in asked and blamed not in articles:
            malformed[blamed] = reason
    return articles, malformed


def _uids(hits: Hits) -> tuple[str, ...]:
    return tuple(f"pubmed:{pmid}" for pmid in hits.pmids)


def _canonical(uid: str) -> str:
    """`pubmed:7` for `7` and `pubmed:007`, which name the same record; others as they are."""
    pmid = pmid_of(uid.removeprefix("pubmed:"))
    return f"pubmed:{pmid}" if pmid else uid
