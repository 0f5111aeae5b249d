"""The life of a topic for simulations: papers appear day by day, and things befall them.

    records = life(days=60, seed=1, start=date(2026, 11, 2))
    with StandIn(Library(records), clock) as stand_in: ...

Papers come at random (Poisson), some long after their publication, some found by their headings
alone, months later when they are indexed. They become final, are revised, corrected, retracted,
doubted, republished, updated, withdrawn, merged, each as PubMed shows it; and at the year's end all
are revised at once. How often is data: life.toml. The same seed gives the same records, and a
longer life begins as a shorter one does.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Literal

from litwatch.demo import prose
from litwatch.demo.library import Revision
from litwatch.demo.records.record import Record
from litwatch.demo.records.xml import article
from litwatch.demo.tables import table
from litwatch.demo.year_end import resumed, revised_at

Kind = Literal[
    "created",
    "indexed",
    "final",
    "revised",
    "erratum",
    "concern",
    "retraction",
    "republication",
    "update",
    "withdrawn",
    "merged",
]

FIRST_PMID = 97_000_001
PER_DAY = 0.8
HISTORY_DAYS = 400
LATE = 0.06
"""The share of papers that PubMed has only years after their publication."""
VEILED = 0.1
"""The share of papers that are found by their headings alone."""
QUIET = 0.08
"""The share of changes whose DateRevised is weeks before the day on which they are seen."""
YEAR_END = (12, 13)
_FATES: Sequence[Mapping[str, Any]] = table("life")["fate"]
_NOTICES: Mapping[str, str] = table("life")["notices"]
_LINKS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "erratum": ("ErratumIn", "ErratumFor", ("Published Erratum",)),
    "concern": ("ExpressionOfConcernIn", "ExpressionOfConcernFor", ("Expression of Concern",)),
    "retraction": ("RetractionIn", "RetractionOf", ("Retraction of Publication",)),
    "republication": (
        "CorrectedandRepublishedIn",
        "CorrectedandRepublishedFrom",
        ("Corrected and Republished Article", "Journal Article"),
    ),
    "update": ("UpdateIn", "UpdateOf", ("Journal Article",)),
}
"""NLM's RefType in the paper, the one in the notice, and the notice's publication types."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What befell a record, and the moment from which PubMed shows it.

    `stamped` is the DateRevised that the record bears from then on, which may be weeks earlier.
    `other` is the PMID of the notice, of the later version, or of the record that stays when two
    are merged or a withdrawn one comes back under a new number; empty where there is none.
    """

    at: datetime
    kind: Kind
    pmid: str
    stamped: date
    other: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One record with all that befalls it, in the order of time.

    `topic` is its disease's (life.toml), empty where none of our queries looks for it. A `veiled`
    record is found from its indexing on, by its heading. `role` tells papers from notices and from
    the second records of a paper.
    """

    pmid: str
    topic: str
    veiled: bool
    role: Literal["paper", "notice", "second"]
    revisions: tuple[Revision, ...]
    happenings: tuple[Happening, ...]


def life(
    days: int,
    seed: int,
    start: date,
    *,
    per_day: float = PER_DAY,
    history_days: int = HISTORY_DAYS,
) -> Mapping[str, tuple[Revision, ...]]:
    """The records by PMID: those of `history_days` before `start`, and of `days` from it on."""
    lives = lives_of(days, seed, start, per_day=per_day, history_days=history_days)
    records: Mapping[str, tuple[Revision, ...]] = {each.pmid: each.revisions for each in lives}
    first, end = start - timedelta(days=history_days), start + timedelta(days=days)
    for year in range(first.year, end.year + 1):
        if first <= date(year, *YEAR_END) < end:
            records = revised_at(records, date(year, *YEAR_END))
    return records


def lives_of(
    days: int,
    seed: int,
    start: date,
    *,
    per_day: float = PER_DAY,
    history_days: int = HISTORY_DAYS,
) -> tuple[Life, ...]:
    """What `life` is made of, by PMID, with what happens to whom and when: for a judge to hold.

    The revision of all records at the year's end is not among it: nothing happens in it.
    """
    first = datetime.combine(start, time(), UTC) - timedelta(days=history_days)
    end = first + timedelta(days=history_days + days)
    drafts = [draft for draft in _drafts(seed, first, end, per_day) if draft.created < end]
    drafts.sort(key=lambda draft: draft.created)
    for number, draft in enumerate(drafts):
        draft.pmid = FIRST_PMID + number
    return tuple(_lived(draft, end) for draft in drafts)


# ---- what is planned before the numbers are known -------------------------------------------


@dataclass(slots=True)
class _Change:
    at: datetime
    kind: Kind
    fields: Mapping[str, Any] = field(default_factory=dict)
    other: "_Draft | None" = None
    stamped_days_before: int = 0


@dataclass(slots=True)
class _Draft:
    record: Record
    created: datetime
    topic: str
    veiled: bool = False
    role: Literal["paper", "notice", "second"] = "paper"
    changes: list[_Change] = field(default_factory=list)
    about: "tuple[str, _Draft] | None" = None
    pmid: int = 0


def _drafts(seed: int, first: datetime, end: datetime, per_day: float) -> Iterator[_Draft]:
    random = Random(seed)
    for day in range((end - first).days):
        for _ in range(_poisson(random, per_day)):
            moment = first + timedelta(days=day, seconds=random.randrange(86_400))
            yield from _born(random, moment)


def _poisson(random: Random, mean: float) -> int:
    """A draw by multiplying uniform ones (Knuth, TAOCP 2, 3.4.1)."""
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def _born(random: Random, moment: datetime) -> list[_Draft]:
    """A paper that appears at that moment, with the records that its fate brings along."""
    veiled, late = random.random() < VEILED, random.random() < LATE
    paper = prose.write(random, veiled=veiled)
    record = _first_state(random, paper, moment, late=late)
    draft = _Draft(record, moment, paper.topic, veiled=paper.veiled)
    family = [draft]
    _index(random, draft, late=late)
    for fate in _FATES:
        drawn, days = random.random(), random.uniform(*fate["days"])
        if drawn < fate["chance"]:
            at = moment + timedelta(seconds=round(days * 86_400))
            family += _befallen(random, draft, fate["kind"], at)
    return family


def _first_state(random: Random, paper: prose.Paper, moment: datetime, *, late: bool) -> Record:
    day = moment.date()
    published = day - timedelta(days=random.randint(2 * 365, 25 * 365) if late else 1)
    return Record(
        pmid=0,
        created=day,
        entered=published if late else None,
        published=f"{published:%Y %b}" if late else f"{published:%Y %b} {published.day}",
        online=None if late else published,
        volume=str(random.randint(1, 90)) if late else "",
        pages=f"{random.randint(1, 900)}" if late else "",
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        affiliation=paper.affiliation,
        journal=paper.journal,
        types=paper.types,
        mesh=paper.mesh,
        doi=f"10.5555/life.{moment:%Y%m%d%H%M%S}",
    )


def _index(random: Random, draft: _Draft, *, late: bool) -> None:
    """Most papers are indexed within days, some after months, some never; veiled ones always."""
    fast = draft.created + timedelta(hours=random.randint(7, 96))
    slow = draft.created + timedelta(hours=random.randint(20 * 24, 200 * 24))
    drawn = random.random()
    if draft.veiled:
        chosen = slow
    elif late or drawn < 0.25:
        draft.record = replace(draft.record, status="PubMed-not-MEDLINE")
        return
    else:
        chosen = slow if drawn < 0.45 else fast
    draft.changes.append(_Change(resumed(chosen), "indexed"))


# ---- what may befall a paper ----------------------------------------------------------------


def _befallen(random: Random, draft: _Draft, kind: Kind, at: datetime) -> list[_Draft]:
    """Notes in the draft what befalls it; returns the further records that this takes."""
    early = random.randint(5, 25) if random.random() < QUIET else 0
    change = _Change(at, kind, stamped_days_before=early)
    extra: list[_Draft] = []
    match kind:
        case "final":
            if draft.record.volume:
                return []
            change.fields = _issue(random)
        case "revised":
            text = f"{draft.record.abstract} An author's correction has been worked in."
            change.fields = {"abstract": text.strip()}
        case "withdrawn":
            extra = _come_back(random, draft, change)
        case "merged":
            return _merged(random, draft, change)
        case _:
            extra = _notice(random, draft, change)
    draft.changes.append(change)
    return extra


def _issue(random: Random) -> dict[str, str]:
    first = random.randint(1, 900)
    return {
        "volume": str(random.randint(1, 90)),
        "issue": str(random.randint(1, 12)),
        "pages": f"{first}-{first + random.randint(1, 9)}",
    }


def _notice(random: Random, draft: _Draft, change: _Change) -> list[_Draft]:
    """The notice's own record, which comes some days before the paper points to it, if ever."""
    if change.kind == "retraction":
        types = tuple(dict.fromkeys((*draft.record.types, "Retracted Publication")))
        change.fields = {"types": types}
    delay = timedelta(days=random.choice((0, 0, 1, 2, 5)))
    if change.kind == "retraction" and random.random() < 0.2:
        return []
    created = max(change.at - delay, draft.created)
    record = Record(
        pmid=0,
        created=created.date(),
        published=f"{created:%Y %b} {created.day}",
        online=created.date(),
        title=_NOTICES[change.kind].format(title=draft.record.title),
        journal=draft.record.journal,
        types=_LINKS[change.kind][2],
        doi=f"{draft.record.doi}.{change.kind}",
    )
    notice = _Draft(record, created, draft.topic, draft.veiled, "notice", [], (change.kind, draft))
    change.other = notice
    return [notice]


def _come_back(random: Random, draft: _Draft, change: _Change) -> list[_Draft]:
    """Half of the withdrawn papers come back under another PMID."""
    if random.random() < 0.5:
        return []
    change.other = _second(draft, change.at + timedelta(hours=random.randint(12, 480)))
    return [change.other]


def _merged(random: Random, draft: _Draft, change: _Change) -> list[_Draft]:
    """Two records of one paper, of which either goes; nothing in the other points to it."""
    age = (change.at - draft.created) // timedelta(seconds=1)
    second = _second(draft, draft.created + timedelta(seconds=random.randrange(age)))
    gone, stays = (draft, second) if random.random() < 0.5 else (second, draft)
    change.other = stays
    gone.changes.append(change)
    return [second]


def _second(draft: _Draft, created: datetime) -> _Draft:
    """A second record of the paper, under a PMID of its own."""
    record = replace(draft.record, created=created.date())
    second = _Draft(record, created, draft.topic, draft.veiled, "second")
    second.changes = [
        replace(each, at=resumed(max(each.at, created + timedelta(hours=9))))
        for each in draft.changes
        if each.kind == "indexed"
    ]
    return second


# ---- from a plan to revisions ---------------------------------------------------------------


def _lived(draft: _Draft, end: datetime) -> Life:
    record = replace(draft.record, pmid=draft.pmid, corrections=_about(draft))
    born = draft.created.date()
    revisions = [_shown(record, draft.created, born)]
    happenings = [Happening(draft.created, "created", str(draft.pmid), born)]
    for change in sorted(draft.changes, key=lambda change: change.at):
        if change.at >= end:
            break
        stamped = change.at.date() - timedelta(days=change.stamped_days_before)
        day = max(born, record.indexed or born, stamped)
        other = str(change.other.pmid) if change.other and change.other.pmid else ""
        happenings.append(Happening(change.at, change.kind, str(draft.pmid), day, other))
        if change.kind in ("withdrawn", "merged"):
            revisions.append(Revision(change.at, b"", withdrawn=True))
            break
        record = _changed(record, change, day)
        revisions.append(_shown(record, change.at, day))
    return Life(
        str(draft.pmid),
        draft.topic,
        draft.veiled,
        draft.role,
        tuple(revisions),
        tuple(happenings),
    )


def _shown(record: Record, at: datetime, day: date) -> Revision:
    return Revision(at, article(record, day, prose.names()))


def _changed(record: Record, change: _Change, day: date) -> Record:
    record = replace(record, **change.fields)
    if change.kind == "indexed":
        return replace(record, indexed=day)
    if change.kind in _LINKS:
        link = _link(_LINKS[change.kind][0], record, change)
        return replace(record, corrections=(*record.corrections, link))
    return record


def _link(ref_type: str, record: Record, change: _Change) -> dict[str, str | int]:
    """The paper's link to its notice; without a PMID where the notice has no record."""
    journal = prose.names().journals[record.journal].abbreviation
    source = f"{journal}. {change.at:%Y %b} {change.at.day}. doi: {record.doi}.{change.kind}"
    pmid = {"pmid": change.other.pmid} if change.other and change.other.pmid else {}
    return {"kind": ref_type, "source": source, **pmid}


def _about(draft: _Draft) -> tuple[Mapping[str, str | int], ...]:
    """The notice's link back to its paper."""
    if draft.about is None:
        return ()
    kind, paper = draft.about
    journal = prose.names().journals[paper.record.journal].abbreviation
    source = f"{journal}. {paper.record.published}. doi: {paper.record.doi}"
    return ({"kind": _LINKS[kind][1], "source": source, "pmid": paper.pmid},)
