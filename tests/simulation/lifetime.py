"""One simulation from its seed to its end, and its figures."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median

from simulation.course import Course
from simulation.evidence import SETTLED
from simulation.fate import CHEAP, DAY, Day, calm_days, dates_at_work, troubled_days
from simulation.judge import Judge
from simulation.letters import Correction
from simulation.readers import Reader, as_told
from simulation.setting import EVERY_RUN, START
from simulation.truth import Truth

from litwatch.demo.library import Library
from litwatch.demo.life import life

HISTORY_DAYS = 60
QUIET_END = SETTLED // DAY // 2 + 2
"""Runs without trouble at the end, on every second day: whoever is owed something has had it."""


@dataclass(frozen=True)
class Life:
    """One simulation that has come to its end."""

    days: tuple[Day, ...]
    course: Course
    truth: Truth
    ailing: frozenset[str]

    def judge(self) -> Judge:
        return Judge(self.course, self.truth, self.ailing)

    @property
    def kills(self) -> int:
        """How many runs were killed."""
        return sum(run.end == "killed" for run in self.course.runs)

    @property
    def faults_met(self) -> frozenset[str]:
        """The names of the faults that its runs met."""
        return frozenset().union(*(run.met for run in self.course.runs))

    @property
    def longest_break(self) -> timedelta:
        """For how long nobody ran anything, at most."""
        moments = [day.at for day in self.days]
        return max(after - before for before, after in pairwise(moments))

    def figures(self) -> str:
        """What it was put through, for a person."""
        course, judge = self.course, self.judge()
        ends = Counter(run.end for run in course.runs)
        met = sum((run.met for run in course.runs), Counter[str]())
        mails = [mail for mails in judge.mails.values() for mail in mails]
        refused = Counter(each.answer[:3] for each in course.letterbox.refusals)
        since: dict[Correction, datetime] = {}
        for event, mail, told in Reader(judge, EVERY_RUN).corrections():
            if told and event.is_open and mail.at < event.since:
                name = as_told(event)
                since[name] = min(since.get(name, event.since), event.since)
        lags = [
            (mail.at - since[each]) / DAY
            for mail in judge.mails[EVERY_RUN.email]
            for each in mail.corrections
            if each in since
        ]
        calm = sum(run.is_calm for run in course.runs)
        lines = (
            f"{len(self.days)} days from {self.days[0].at:%Y-%m-%d} to {self.days[-1].at:%Y-%m-%d}",
            f"{len(course.runs)} runs: {dict(ends)}, {calm} calm",
            f"killed in {dict(course.deaths)}",
            f"{met.total()} faults of {len(met)} kinds: {dict(sorted(met.items()))}",
            f"{sum(day.is_pubmed_down for day in self.days)} days without PubMed, "
            f"{sum(day.is_relay_down for day in self.days)} without the relay",
            f"mail server: {dict(refused)}, "
            f"{sum(not each.answered for each in course.letterbox.received)} answers lost",
            f"{len(frozenset().union(*course.runs[-1].filed.values()))} papers on file, "
            f"{len(mails)} mails with {sum(len(mail.news) for mail in mails)} news and "
            f"{sum(len(mail.corrections) for mail in mails)} corrections, "
            f"{len(course.letterbox.received) - len(mails)} of them sent twice",
            f"{len(lags)} corrections told after {median(lags or [0]):.1f} days, "
            f"{max(lags, default=0):.1f} at most",
        )
        return "\n".join(("", *lines))


def live(
    folder: Path,
    seed: int,
    *,
    days: int,
    kills: int,
    per_day: float,
    faults: Collection[str] = CHEAP,
) -> Life:
    """Lives through so many days at work, with all that this seed brings, and a quiet end."""
    random = Random(seed)
    dates = dates_at_work(random, days)
    lifetime = (dates[-1] - START).days + 1
    records = life(lifetime, seed, START, per_day=per_day, history_days=HISTORY_DAYS)
    library = Library(records)
    troubled = troubled_days(random, dates, library, kills, faults)
    all_days = (*troubled, *calm_days(random, dates[-1] + DAY, QUIET_END))
    course = Course(library, folder)
    course.live(all_days)
    ailing = frozenset(
        pmid for day in troubled for trouble in day.troubles for pmid in trouble.pmids
    )
    return Life(all_days, course, Truth(library, course.config().topics), ailing)
