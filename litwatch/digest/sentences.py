"""What an issue says of itself, in plain words: both parts of a mail say it with these sentences.

They are text, not templates, because a macro of an unescaped template stays unescaped in the HTML
that imports it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from litwatch.digest.issue import Digest, TopicCoverage
from litwatch.digest.words import MONTHS

INCOMPLETE = "What it missed is asked for again at the next run; nothing is skipped."
REMARKS = {
    "late": "Published long ago, and in PubMed only now.",
    "notice": "What they say of papers that you got stands among the corrections.",
}
"""What a section is, where its heading does not say it; by its kind."""
CREDIT = "Source: PubMed, U.S. National Library of Medicine."


def headline(digest: Digest) -> str:
    """What the issue brings, in one phrase: `1 retraction and 3 new papers`."""
    if digest.kind == "first":
        return f"{counted(digest.on_file, 'paper')} on file" + " for you" * bool(digest.filters)
    kinds = Counter(entry.change.kind for entry in digest.corrections)
    papers: Counter[str] = Counter()
    for section in digest.sections:
        papers[section.kind] += len(section.papers)
    apart = papers["late"] + papers["notice"]
    counts = {
        "retraction": kinds["retraction"],
        "correction": kinds.total() - kinds["retraction"] - kinds["final"],
        "new paper": papers.total() - apart,
        "older paper": papers["late"],
        "notice": papers["notice"],
    }
    if not any(counts.values()):
        counts["final version"] = kinds["final"]
    said = [counted(number, noun) for noun, number in counts.items() if number]
    if said:
        return joined(said)
    if any(doubt for topic in digest.coverage.topics for doubt in _doubts(topic)):
        return "Search in doubt"
    return "Nothing new so far" if doubts(digest) else "Nothing new"


def by_topic(digest: Digest) -> str:
    """How many of the new papers each disease has; one that has none is left out."""
    topics = [topic for topic in digest.coverage.topics if topic.new and digest.papers]
    return ", ".join(f"{topic.label} {topic.new:,}" for topic in topics)


def window(digest: Digest) -> str:
    """What span the issue covers, and whether nothing lies uncovered in it."""
    start, end = since_day(digest), day(digest.coverage.end, digest.timezone)
    if not start:
        return f"All that PubMed had on {end}"
    span = f"{start} to {end}"
    is_whole = digest.coverage.complete and not doubts(digest)
    return f"{span}, searched without a gap" if is_whole else span


def on_file(digest: Digest) -> str:
    """How much there is in all, since when; empty where nothing is on file."""
    if not digest.per_year:
        return ""
    return (
        f"{counted(sum(digest.per_year.values()), 'paper')} since {min(digest.per_year)}, "
        "withdrawn and retracted ones left out."
    )


def left_out(digest: Digest) -> str:
    """How many treatments the table has no row for, empty where it has all."""
    if digest.table is None or not digest.table.rows_left_out:
        return ""
    where = "on file" if digest.kind == "first" else "in the papers below"
    return f"{counted(digest.table.rows_left_out, 'more treatment')} {where}."


def opening(digest: Digest) -> str:
    """What stands before the papers: the welcome, or that the search ran and found nothing."""
    if digest.kind == "first":
        one = digest.on_file == 1
        passing = f" {'passes' if one else 'pass'} your filters and" if digest.filters else ""
        return (
            f"This is your first issue. {counted(digest.on_file, 'paper')}{passing} "
            f"{'is' if one else 'are'} on file from before you subscribed, and "
            f"{'it does not count' if one else 'none of them counts'} as new. "
            "From now on each issue brings what is new."
            + (" For a start, here are the newest." if digest.papers else "")
            + doubts(digest, before=" ")
        )
    if digest.papers or digest.corrections:
        return doubts(digest)
    nothing = "nothing came that " + ("passes your filters" if digest.filters else "is new to you")
    if not digest.coverage.complete or doubts(digest):
        return f"{doubts(digest)} So far {nothing}.".lstrip()
    since = f" since {start}" if (start := since_day(digest)) else ""
    return f"The search ran and was complete:{since} {nothing}."


def doubts(digest: Digest, before: str = "") -> str:
    """Why papers may be missing although the searches ran, empty where none may be."""
    topics = digest.coverage.topics
    said = " ".join(doubt for topic in topics for doubt in (*_doubts(topic), *_unread(topic)))
    return before + said if said else ""


def _unread(topic: TopicCoverage) -> Iterator[str]:
    if topic.unread:
        again = "it is asked for again" if topic.unread == 1 else "they are asked for again"
        records = counted(topic.unread, "record")
        yield f"{records} that PubMed lists for {topic.label} could not be read yet; {again}."


def _doubts(topic: TopicCoverage) -> Iterator[str]:
    codes = {warning.code for warning in topic.warnings}
    search = f"The search for {topic.label}"
    tested = f"the search for {topic.label} is tested"
    # A warning stands until it is accepted, also while a later search fails and counts nothing.
    count = "" if topic.count is None else f" ({topic.count:,})"
    missing = "papers may be missing from this issue until the search has been looked at."
    if "count-collapsed" in codes:
        yield f"{search} found far fewer papers than before{count}: {missing}"
    if "translation-changed" in codes:
        yield f"PubMed understands the search for {topic.label} otherwise than before: {missing}"
    if not codes.isdisjoint(("phrase-not-found", "field-not-found")):
        yield f"PubMed did not understand a part of the search for {topic.label}: {missing}"
    if "control-failed" in codes:
        yield f"A paper by which {tested} was not found as it should be: {missing}"
    if "too-quiet" in codes:
        yield f"{search} has found unusually few new papers lately: {missing}"
    if "count-exploded" in codes:
        yield f"{search} found far more papers than before{count}."
    if topic.held:
        is_one = topic.held == 1
        yield (
            f"{counted(topic.held, 'paper')} that it brought {'is' if is_one else 'are'} held back "
            "until the search has been looked at."
        )


def searched(digest: Digest) -> str:
    """When PubMed was asked, and from when on nothing is left uncovered."""
    coverage, zone = digest.coverage, digest.timezone
    moment = f"{day(coverage.end, zone)} at {clock(coverage.end, zone)} ({zone})"
    if not coverage.complete:
        return f"PubMed was asked on {moment}; not every topic could be searched."
    whole = f"The whole query of each topic was put to PubMed on {moment}"
    if doubts(digest):
        return f"{whole}."
    start = since_day(digest)
    since = f" Covered without a gap since {start}." if start else ""
    return f"{whole}; the search was complete.{since}"


def found(topic: TopicCoverage) -> str:
    """What the search for one topic gave."""
    count = "not searched" if topic.count is None else f"{topic.count:,} in PubMed"
    return f"{topic.label}: {count}, {topic.new:,} new in this issue, {topic.pending:,} pending."


def filed_only(digest: Digest) -> str:
    """How many papers were filed without being listed, empty where none was."""
    if not digest.filed_only:
        return ""
    verb = "was filed and is" if digest.filed_only == 1 else "were filed and are"
    return (
        f"{counted(digest.filed_only, 'paper')} from before a change of the topics or of your "
        f"filters {verb} not listed here."
    )


def filtered(digest: Digest) -> str:
    """How many new papers the reader's filters left out, empty where none."""
    if not digest.filtered:
        return ""
    verb = "does" if len(digest.filtered) == 1 else "do"
    return f"{counted(len(digest.filtered), 'more new paper')} {verb} not pass your filters"


def rules(digest: Digest) -> str:
    """What a tag is, and what it is not."""
    version = f" (version {digest.rules_version})" if digest.rules_version else ""
    return (
        f"Tags are made by rules{version} from what PubMed holds of a paper, each from the "
        "sentence under it. They can be wrong, and they are no medical advice."
    )


def since_day(digest: Digest) -> str:
    """The day from which the issue covers, empty for the whole history."""
    start = digest.coverage.start
    return day(start, digest.timezone) if start else ""


def day(moment: datetime, timezone: str, letters: int | None = None) -> str:
    """The reader's day, `23 November 2026`, its month cut to so many letters."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {MONTHS[local.month - 1][:letters]} {local.year}"


def clock(moment: datetime, timezone: str) -> str:
    """The reader's hour and minute."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%H:%M}"


def counted(number: int, noun: str) -> str:
    """`1 paper`, `1,204 papers`."""
    return f"{number:,} {noun}" + "s" * (number != 1)


def joined(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))
