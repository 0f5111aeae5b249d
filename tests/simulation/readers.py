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
        papers = Counter(min(self.truth.paper(pmid)) for mail in mails for pmid, _ in mail.papers)
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
        """A paper is news under one of its numbers, to whoever has not had it under another."""
        due = self.evidence.last_before(self.horizon).number
        sent = {pmid for mail in self.mails for pmid, _ in mail.papers}
        news = {pmid for mail in self.mails for pmid in mail.news}
        may: set[str] = set()
        for pmid in set().union(*self._first.values()):
            runs = {topic: filed[pmid] for topic, filed in self._first.items() if pmid in filed}
            as_news = [run for topic, run in runs.items() if self._is_news(topic, run)]
            may.update(self.truth.paper(pmid) if as_news else [])
            is_new = bool(as_news) and min(as_news) == min(runs.values())
            if is_new and min(as_news) <= due and sent.isdisjoint(self.truth.paper(pmid)):
                yield f"{pmid} was never mailed"
        for pmid in sorted(news - may):
            yield f"{pmid} is history or none of this reader's, and was mailed as new"
        for mail in self.mails:
            for pmid in mail.news:
                if not any(self._has_found(topic, pmid, mail.at) for topic in self.topics):
                    yield f"{pmid} was mailed, and no query had found it"

    @cached_property
    def _first(self) -> Mapping[str, Mapping[str, int]]:
        return {topic: self.evidence.first_filed(topic) for topic in self.topics}

    def _is_news(self, topic: str, run: int) -> bool:
        """Whether what a run filed under a topic is no history, neither its nor the reader's."""
        joined = self.evidence.begun_at(self.mails[0].at).number
        return run > max(joined, self.evidence.complete[topic][0].number)

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
                    if self.telling(event):
                        continue
                    is_shown = event.announced or event.mark in marks or event.mark == "Update"
                    if event.since <= mail.at and (is_shown or marks == MOVED):
                        continue
                    if self._must_be_known(event) and self.horizon - event.since >= SETTLED:
                        yield f"{pmid}: {event.mark} of {event.since:%Y-%m-%d} was not told"

    def telling(self, event: Event) -> Mail | None:
        """The first mail that tells of an event, by whichever number of the paper."""
        marks = {GONE, MOVED} if event.mark == GONE else {event.mark}
        paper = self.truth.paper(event.pmid)
        mails = [
            mail
            for each, mail in self.told.items()
            if each.mark in marks
            and each.pmid in paper
            and (each.notice == event.notice or event.mark == GONE)
        ]
        return min(mails, key=lambda mail: mail.at, default=None)

    def _must_be_known(self, event: Event) -> bool:
        """What a record says that is gone before it is read, nobody can know."""
        speaks = event.notice if event.announced else event.pmid
        return event.mark == GONE or self._is_found(speaks, self.evidence.end)

    def _is_found(self, pmid: str, at: datetime) -> bool:
        return any(pmid in self.truth.found(topic, at) for topic in self.truth.topics)

    def _wrong_corrections(self) -> Iterator[str]:
        for each in self.told:
            paper = self.truth.paper(each.pmid)
            events = [event for pmid in paper for event in self.truth.events.get(pmid, ())]
            is_gone = any(event.mark == GONE for event in events) or self._seemed_gone(each)
            is_so = any((each.mark, each.notice) == (event.mark, event.notice) for event in events)
            if each.mark == GONE:
                is_so = is_gone
            elif each.mark == MOVED:  # its link leads to the record that stays
                is_so = is_gone and each.notice in paper and len(paper) > 1
            if not is_so:
                yield f"{each} is not so"

    def _seemed_gone(self, correction: Correction) -> bool:
        paper = self.truth.paper(correction.pmid)
        return correction.mark in {GONE, MOVED} and not paper.isdisjoint(self.evidence.ailing)

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
                        yield event, mail, self.telling(event)

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
