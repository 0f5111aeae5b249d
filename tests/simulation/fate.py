"""What befalls the days of a simulation, drawn from its seed: pure.

Every fault of the stand-in has its turn before one comes twice; single records stay broken or away
for days; the mail server has its own troubles; runs are killed; and nobody runs anything on some
days, once for six weeks.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from simulation.setting import READERS, REFUSED, SHUNNED, START

from litwatch.demo.calls import Options
from litwatch.demo.faults import FAULTS
from litwatch.demo.library import Library

DAY = timedelta(days=1)
LONG_BREAK = timedelta(weeks=6)
SHORT_BREAK = timedelta(days=9)
OF_RECORDS = {
    "omit",
    "duplicate",
    "corrupt",
    "unasked",
    "after-record",
    "entity-bomb",
    "empty-set",
    "newer-version",
    "unknown-values",
}
OF_SEARCHES = {
    "zero",
    "translation",
    "translation-stack",
    "short-list",
    "bad-ids",
    "one-more",
    "shifted-ids",
    "clamped",
}
"""Damages that concern one of the two endpoints only."""
BLOCKS = {"blocked", "blocked-page"}
COSTLY = {"silent", "stall", "drip", "flood"}
CHEAP = FAULTS.keys() - COSTLY
"""Faults that take real time, and those that do not."""
AILMENTS = (
    "missing-records",
    "malformed-record",
    "server-error",
    "viewer-timeout",
    "half",
    "duplicate-record",
    "unasked-record",
)
"""What may befall one record for days on end."""
TIMES = (1, 1, 1, 1, 2, 2, 3, 5, 8, 30)
"""How often a fault is met; after the fifth time in a row a request is given up."""
PARTS = {"store": 8000, "fetch": 5000, "filing.py": 400, "mailing.py": 160, "digest/send.py": 90}
"""Where a run may be killed, and how many calls a run makes there, about."""
LATER = ("450 4.2.1 try again later", "451 4.3.0 local error", "452 4.2.2 mailbox full")
NEVER = "550 5.1.1 no such user"
SENDER = "you@example.org"
PUT_OFF = range(8, 15)
TURNED_AWAY = range(16, 19)
"""The days at work on which REFUSED is put off, and SHUNNED refused for good."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of PubMed as it is planned; `times` None: all day."""

    fault: str
    endpoint: str
    times: int | None
    after: int = 0
    pmids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kill:
    """A run that dies at that call in that part of litwatch."""

    part: str
    call: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day at work: its first run's moment, its troubles, and how many runs come to their end.

    `answers` is what the mail server says to a command for an address.
    """

    at: datetime
    troubles: tuple[Trouble, ...] = ()
    kills: tuple[Kill, ...] = ()
    runs: int = 1
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hangs_up: bool = False
    is_pubmed_down: bool = False
    is_relay_down: bool = False
    options: Options = field(default_factory=Options)


def dates_at_work(random: Random, count: int) -> tuple[date, ...]:
    """So many days from START on, with days off among them, and two longer breaks."""
    dates: list[date] = []
    day = START
    breaks = {
        random.randrange(25, max(26, count * 2 // 3)): LONG_BREAK,
        random.randrange(max(26, count * 2 // 3), max(27, count)): SHORT_BREAK,
    }
    while len(dates) < count:
        dates.append(day)
        day += DAY + breaks.get(len(dates), timedelta())
        # The first weeks are left whole: what is planned for them is planned by the day.
        while len(dates) > min(breaks) and random.random() < 0.08:
            day += DAY
    return tuple(dates)


def troubled_days(
    random: Random, dates: Sequence[date], library: Library, kills: int, faults: Collection[str]
) -> tuple[Day, ...]:
    """What befalls each of these days; each of these faults has its turn before one comes twice."""
    deck = _deck(random, faults)
    troubles = _ailments(random, dates, library)
    for number, day in enumerate(dates[1:], 1):
        troubles[number].extend(_on_return(day - dates[number - 1]))
    killed = [0, 0, *(random.randrange(1, len(dates)) for _ in range(kills - 2))]
    return tuple(
        _day(random, number, day, deck, troubles[number], killed.count(number))
        for number, day in enumerate(dates)
    )


def _on_return(away: timedelta) -> Iterator[Trouble]:
    """The first day back is a bad one: all that changed meanwhile must not be forgotten over it."""
    if away >= LONG_BREAK:
        yield Trouble("backend-unsupported", "efetch", None)
    elif away >= SHORT_BREAK:
        yield Trouble("blocked", "esearch", 1, after=9)


def calm_days(random: Random, first: date, count: int) -> tuple[Day, ...]:
    """Days on which nothing is amiss, every second one."""
    return tuple(Day(_moment(random, first + 2 * number * DAY)) for number in range(count))


def _day(
    random: Random,
    number: int,
    day: date,
    deck: Iterator[str],
    planned: Sequence[Trouble],
    kills: int,
) -> Day:
    drawn = random.choices((0, 1, 2, 3, 5), (40, 25, 20, 10, 5))[0]
    troubles = (*planned, *(_trouble(random, next(deck)) for _ in range(drawn)))
    runs = random.choices((0, 1), (1, 4))[0] if kills else random.choices((1, 2), (6, 1))[0]
    if any(trouble.fault in BLOCKS for trouble in troubles):
        runs = 2
    elif number in PUT_OFF:
        runs = 1
    return Day(
        at=_moment(random, day),
        troubles=troubles,
        kills=tuple(_kill(random) for _ in range(kills)),
        runs=runs,
        answers=_answers(random, number),
        hangs_up=random.random() < 0.12,
        is_pubmed_down=random.random() < 0.04,
        is_relay_down=random.random() < 0.05,
        options=Options(
            layout=random.choice(("lines", "tabs")),
            dtd_year=day.year,
            lost_history=random.choice((200, 400)),
        ),
    )


def _moment(random: Random, day: date) -> datetime:
    return datetime.combine(day, time(4), UTC) + timedelta(minutes=random.randrange(360))


def _deck(random: Random, faults: Collection[str]) -> Iterator[str]:
    while True:
        names = sorted(faults)
        random.shuffle(names)
        yield from names


def _trouble(random: Random, fault: str) -> Trouble:
    damage = FAULTS[fault].damage
    endpoint = random.choice(("esearch", "efetch", "*"))
    if damage in OF_RECORDS:
        endpoint = "efetch"
    elif damage in OF_SEARCHES:
        endpoint = "esearch"
    times = min(random.choice(TIMES), 2 if fault in COSTLY else 30)
    after = 0 if endpoint == "efetch" else random.randrange(12)
    return Trouble(fault, endpoint, times, after)


def _ailments(random: Random, dates: Sequence[date], library: Library) -> list[list[Trouble]]:
    """For each day the records that cannot be had all day long."""
    days: list[list[Trouble]] = [[] for _ in dates]
    for number, day in enumerate(dates):
        if random.random() < 0.2:
            pmid = _record(random, day, library)
            trouble = Trouble(random.choice(AILMENTS), "efetch", None, pmids=(pmid,))
            for each in days[number : number + random.randint(1, 6)]:
                each.append(trouble)
    return days


def _record(random: Random, day: date, library: Library) -> str:
    """One that appears in these days, or any one."""
    moment = datetime.combine(day, time(), UTC)
    there = library.at(moment).current
    soon = sorted(library.at(moment + 3 * DAY).current.keys() - there.keys())
    return random.choice(soon if soon and random.random() < 0.6 else sorted(there))


def _kill(random: Random) -> Kill:
    part = random.choice(list(PARTS))
    return Kill(part, round(PARTS[part] ** random.uniform(0.1, 1.0)))


def _answers(random: Random, number: int) -> dict[tuple[str, str], str]:
    answers = {}
    if random.random() < 0.2:
        reader = random.choice(READERS).email
        command = random.choice(("MAIL", "RCPT", "DATA"))
        answers[command, SENDER if command == "MAIL" else reader] = random.choice(
            (*LATER, "421 4.3.2 closing")
        )
    if number in PUT_OFF:
        answers["RCPT", REFUSED.email] = LATER[0]
    if number in TURNED_AWAY or random.random() < 0.04:
        answers["RCPT", SHUNNED.email] = NEVER
    return answers
