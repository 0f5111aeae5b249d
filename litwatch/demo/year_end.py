"""What NLM does to all records at the end of a year: the pause of indexing, and the mass revision.

From mid-November to mid-December no MeSH headings are added; then the headings of the new year are
put into all records, and every DateRevised moves though nothing else may have changed
(https://www.nlm.nih.gov/bsd/policy/yep_background.html). A search knows of a renamed heading by
Options.renamings, the records by `renamed`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from litwatch.demo.library import Revision
from litwatch.demo.mesh import Renaming

_PAUSE = ((11, 15), (12, 15))
_REVISED = re.compile(
    rb"(<DateRevised><Year>)\d{4}(</Year><Month>)\d{1,2}(</Month><Day>)\d{1,2}(</Day>)"
)


def resumed(moment: datetime) -> datetime:
    """The moment itself, or in the pause of its year the same hour of the day after it."""
    first, last = (date(moment.year, month, day) for month, day in _PAUSE)
    if not first <= moment.date() <= last:
        return moment
    return datetime.combine(last + timedelta(days=1), moment.time(), moment.tzinfo)


def revised_at(
    records: Mapping[str, Sequence[Revision]], day: date
) -> Mapping[str, tuple[Revision, ...]]:
    """The records, each revised on that day if it existed: DateRevised moves, and nothing else."""
    return {pmid: _revised(revisions, day) for pmid, revisions in records.items()}


def renamed(
    records: Mapping[str, Sequence[Revision]], renaming: Renaming
) -> Mapping[str, tuple[Revision, ...]]:
    """The records, those under the old heading revised on that day and under the new one since."""
    old = _heading(re.escape(renaming.old))
    changed: dict[str, tuple[Revision, ...]] = {}
    for pmid, revisions in records.items():
        bears_it = any(old.search(revision.xml) for revision in revisions)
        states = _revised(revisions, renaming.on) if bears_it else tuple(revisions)
        changed[pmid] = tuple(_with_heading(state, renaming) for state in states)
    return changed


def _heading(name: str) -> re.Pattern[bytes]:
    """One MeshHeading of that name; its name alone is the second group."""
    return re.compile(
        rf"(<MeshHeading><DescriptorName[^>]*>)({name})"
        r"(</DescriptorName>(?:(?!</MeshHeading>).)*</MeshHeading>)".encode(),
        re.DOTALL,
    )


def _with_heading(revision: Revision, renaming: Renaming) -> Revision:
    if revision.moment.date() < renaming.on:
        return revision
    new = rb"\g<1>" + renaming.new.encode() + rb"\g<3>" if renaming.new else b""
    return replace(revision, xml=_heading(re.escape(renaming.old)).sub(new, revision.xml))


def _revised(revisions: Sequence[Revision], day: date) -> tuple[Revision, ...]:
    moment = datetime.combine(day, time(6), UTC)
    ordered = sorted(revisions, key=lambda revision: revision.moment)
    earlier = [revision for revision in ordered if revision.moment <= moment]
    if not earlier or earlier[-1].withdrawn:
        return tuple(ordered)
    revised = Revision(moment, with_date_revised(earlier[-1].xml, day))
    return (*earlier, revised, *ordered[len(earlier) :])


def with_date_revised(xml: bytes, day: date) -> bytes:
    """The record with that DateRevised instead of its own."""
    parts = (f"{day:%Y}", f"{day:%m}", f"{day:%d}")
    year, month, number = (part.encode() for part in parts)
    return _REVISED.sub(
        rb"\g<1>" + year + rb"\g<2>" + month + rb"\g<3>" + number + rb"\g<4>", xml, count=1
    )
