"""Whether the readers were told everything, each thing once, and nothing that is not so.

A paper is news once, under whichever number PubMed has it first. What befalls it is told from its
own record, or sooner from that of the notice.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property

from simulation.course import Run
from simulation.evidence import SETTLED, Evidence
from simulation.fate import DAY
from simulation.letters import Correction, Mail
from simulation.setting import EVERY_RUN, LATECOMER, READERS
from simulation.truth import GONE, MOVED, Event

from litwatch.settings import Subscriber

REREAD_AFTER = timedelta(hours=12)
OVERLAP = timedelta(days=3)
"""What the design says of reading again, and of the search for changes."""


def misinformed(evidence: Evidence) -> Iterator[str]:
    """What is wrong with what the readers got."""
    for reader in (*READERS, LATECOMER):
        for fault in Reader(evidence, reader).misinformed():
            yield f"{reader.email}: {fault}"
    yield from Reader(evidence, EVERY_RUN).tardy()


class Reader:
    """One reader, who knows what stands in the mails."""

    def __init__(self, evidence: Evidence, reader: Subscriber) -> None:
        self.evidence = evidence
        self.truth = evidence.truth
        self.mails = evidence.mails.get(reader.email, ())
        self.topics = reader.filters.topics or tuple(evidence.truth.topics)
        self.told = {each: mail for mail in reversed(self.mails) for each in mail.corrections}
        # Up to when all that was filed must have come: the last issue, or the day before the end.
        # Who wants no empty mail has an issue each day all the same.
        is_silent = reader.empty == "skip" or not self.mails
        self.horizon = evidence.end - timedelta(hours=30) if is_silent else self.mails[-1].at

    def misinformed(self) -> Iterator[str]:
        """A reader gets each new paper and each correction once, and nothing else."""
        mails = self.mails
        if not mails or not mails[0].is_first or any(mail.is_first for mail in mails[1:]):
            yield "did not get one first issue before all others"
            return
        papers = Counter(pmid for mail in mails for pmid, _ in mail.papers)
        told = Counter(each for mail in mails for each in mail.corrections)
        for what, times in (papers | told).items():
            # Only a record that could not be had for days may be gone twice.
            if times > 1 and not (isinstance(what, Correction) and self._seemed_gone(what)):
                yield f"{what} came in {times} mails"
        yield from self._wrong_news()
        yield from self._missing_corrections()
        yield from self._wrong_corrections()

    # ---- papers ------------------------------------------------------------------------------

    def _wrong_news(self) -> Iterator[str]:
        due = self.evidence.last_before(self.horizon).number
        news = {pmid for mail in self.mails for pmid in mail.news}
        may: set[str] = set()
        for pmid in set().union(*self._first.values()):
            runs = {topic: filed[pmid] for topic, filed in self._first.items() if pmid in filed}
            as_news = [run for topic, run in runs.items() if self._is_news(pmid, topic, run)]
            may.update([pmid] if as_news else [])
            is_new = bool(as_news) and min(as_news) == min(runs.values())
            is_new = is_new and not self._is_second(pmid)
            if is_new and min(as_news) <= due and news.isdisjoint({pmid, *self.truth.twins(pmid)}):
                yield f"{pmid} was never mailed"
        # A record that is gone leads to the one under which its paper lives on.
        for pmid in sorted(pmid for pmid in news - may if may.isdisjoint(self.truth.twins(pmid))):
            yield f"{pmid} is history or none of this reader's, and was mailed as new"
        for pmid in sorted(news):
            if other := max(news & self.truth.twins(pmid), default=""):
                yield f"{pmid} was mailed as new, and as {other} too"
        for mail in self.mails:
            for pmid in mail.news:
                if not any(self._has_found(topic, pmid, mail.at) for topic in self.topics):
                    yield f"{pmid} was mailed, and no query had found it"

    @cached_property
    def _first(self) -> Mapping[str, Mapping[str, int]]:
        return {topic: self.evidence.first_filed(topic) for topic in self.topics}

    def _is_news(self, pmid: str, topic: str, run: int) -> bool:
        """Whether what a run filed under a topic may be news: it is no history."""
        joined = self.evidence.begun_at(self.mails[0].at).number
        return run > max(joined, self.evidence.complete[topic][0].number)

    def _is_second(self, pmid: str) -> bool:
        """Whether another record of the paper came before it: news to whoever got neither."""
        others = self.truth.twins(pmid)
        return any(
            filed[other] < filed[pmid]
            for filed in self._first.values()
            if pmid in filed
            for other in others & filed.keys()
        )

    def _has_found(self, topic: str, pmid: str, until: datetime) -> bool:
        return any(
            pmid in self.truth.found(topic, run.at)
            for run in self.evidence.runs
            if run.at <= until + timedelta(seconds=1)
        )

    # ---- corrections -------------------------------------------------------------------------

    def _missing_corrections(self) -> Iterator[str]:
        for mail in self.mails:
            for pmid, marks in mail.papers:
                for event in self.truth.events.get(pmid, ()):
                    if self._is_told(event):
                        continue
                    is_shown = event.announced or event.mark in marks or event.mark == "Update"
                    if event.since <= mail.at and is_shown:
                        continue
                    if self._must_be_known(event) and self.horizon - event.since >= SETTLED:
                        yield f"{pmid}: {event.mark} of {event.since:%Y-%m-%d} was not told"

    def _is_told(self, event: Event) -> bool:
        # Where the paper lives on under another number, its link leads there.
        moved = event.mark == GONE and {
            Correction(twin, MOVED, twin) for twin in self.truth.twins(event.pmid)
        }
        return as_told(event) in self.told or bool(moved and moved & self.told.keys())

    def _must_be_known(self, event: Event) -> bool:
        """What a record says that is gone before it is read, nobody can know."""
        speaks = event.notice if event.announced else event.pmid
        return event.mark == GONE or self._is_found(speaks, self.evidence.end)

    def _is_found(self, pmid: str, at: datetime) -> bool:
        return any(pmid in self.truth.found(topic, at) for topic in self.truth.topics)

    def _wrong_corrections(self) -> Iterator[str]:
        for each in self.told:
            events = self.truth.events.get(each.pmid, ())
            is_gone = any(event.mark == GONE for event in events) or self._seemed_gone(each)
            is_so = each in map(as_told, events)
            if each.mark == GONE:
                is_so = is_gone
            elif each.mark == MOVED:
                twins = self.truth.twins(each.pmid)
                is_so = each.notice == each.pmid and any(map(self._was_gone, twins))
            if not is_so:
                yield f"{each} is not so"

    def _was_gone(self, pmid: str) -> bool:
        gone = any(event.mark == GONE for event in self.truth.events.get(pmid, ()))
        return gone or pmid in self.evidence.ailing

    def _seemed_gone(self, correction: Correction) -> bool:
        return correction.mark in {GONE, MOVED} and correction.pmid in self.evidence.ailing

    # ---- in time -----------------------------------------------------------------------------

    def tardy(self) -> Iterator[str]:
        """What PubMed does not backdate is told with the next run that meets no trouble."""
        for event, mail, told in self.corrections():
            run = self._reveals(event)
            if run and mail.at < event.since and not (told and told.at <= run.at):
                yield f"run {run.number} did not tell of {event}"

    def corrections(self) -> Iterator[tuple[Event, Mail, Mail | None]]:
        """What befell the papers of the mails, with the mail that told of it, if one did."""
        for mail in self.mails:
            for pmid, _ in mail.papers:
                for event in self.truth.events.get(pmid, ()):
                    if event.mark != GONE:
                        yield event, mail, self.told.get(as_told(event))

    def _reveals(self, event: Event) -> Run | None:
        """The first calm run after an event, if it must see it.

        A record read shortly before is not read again; and where a search lied that nothing had
        changed, only a run within the overlap makes good for it. A notice is a record of its own,
        and new.
        """
        since = [run for run in self.evidence.runs if run.at >= event.since]
        run = next((run for run in since if run.is_calm), None)
        if run is None:
            return None
        if event.announced:
            return run if self._is_found(event.notice, run.at) else None
        earlier = since[: since.index(run)]
        is_fresh = bool(earlier) and run.at - earlier[-1].at < REREAD_AFTER
        lied = any(each.met["zero-count"] for each in earlier)
        is_late = lied and run.at - event.since > OVERLAP - DAY
        is_there = self.truth.is_there(event.pmid, run.at)
        return run if event.is_open and is_there and not (is_fresh or is_late) else None


def as_told(event: Event) -> Correction:
    """An event as a mail tells of it."""
    return Correction(event.pmid, event.mark, event.notice)
