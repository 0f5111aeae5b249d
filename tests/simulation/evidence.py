"""What a simulation left, as its judges need it: its runs, its mails, and when each was."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from simulation.course import Course, Run
from simulation.letters import Mail, Received, read
from simulation.setting import RECHECK_DAYS
from simulation.truth import Truth

from litwatch.store import open_store

SETTLED = timedelta(days=RECHECK_DAYS + 7)
"""By then every known record has been read again, and one that is gone was missed three times."""


class Evidence:
    """One simulation after its end; `ailing` are the records that could not be had for days."""

    def __init__(self, course: Course, truth: Truth, ailing: frozenset[str]) -> None:
        self.course = course
        self.truth = truth
        self.ailing = ailing
        self.config = course.config()
        self.runs = course.runs
        self.end = self.runs[-1].at
        self.mails: Mapping[str, Sequence[Mail]] = _read_once(course.letterbox.received)

    @cached_property
    def complete(self) -> Mapping[str, Sequence[Run]]:
        """By topic the runs that the ledger calls complete; the first one files its history."""
        with open_store(self.config.database, keep=False) as store:
            ledgers = {topic: store.runs.ledger(topic) for topic in self.truth.topics}
        return {
            topic: [self.begun_at(row.started) for row in rows if row.complete]
            for topic, rows in ledgers.items()
        }

    def first_filed(self, topic: str) -> Mapping[str, int]:
        """By PMID the run after which a record was on file under the topic."""
        first: dict[str, int] = {}
        for run in self.runs:
            for pmid in run.filed.get(topic, ()):
                first.setdefault(pmid, run.number)
        return first

    def begun_at(self, moment: datetime) -> Run:
        """The run that began then: a mail's date has no fractions of a second."""
        return self._by_second[moment.replace(microsecond=0)]

    def last_before(self, moment: datetime) -> Run:
        """The last run that began by then."""
        return [run for run in self.runs if run.at <= moment + timedelta(seconds=1)][-1]

    @cached_property
    def _by_second(self) -> Mapping[datetime, Run]:
        return {run.at.replace(microsecond=0): run for run in self.runs}


def _read_once(received: Sequence[Received]) -> dict[str, list[Mail]]:
    """The mails of each reader, each once, in the order in which they were written."""
    mails: defaultdict[str, dict[str, Mail]] = defaultdict(dict)
    for each in received:
        mail = read(each.reader, each.content)
        mails[each.reader].setdefault(mail.message_id, mail)
    return {
        reader: sorted(found.values(), key=lambda mail: mail.at) for reader, found in mails.items()
    }
