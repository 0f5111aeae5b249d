"""The guard: whether PubMed still understands the query as it did, and the answer looks whole.

A silent change of what a query means is the worst failure: the digest goes on, and papers are
missing from it. So each answer is held against the last figures that were trusted, and against
papers that the query must always find. Pure: figures in, named warnings out.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from litwatch.models import Article, Finding, Findings, Notice, Search, bare_uid
from litwatch.settings import Topic

QUIET_SPANS = (timedelta(days=28), timedelta(days=91), timedelta(days=365))
"""The spans that are judged for silence, the shortest first."""
REFERENCE = timedelta(days=5 * 365)
"""The topic's own years that a span is held against; with less than LEAST_REFERENCE, none is."""
LEAST_REFERENCE = timedelta(days=365)
IMPROBABLE = 0.001
PAUSE = ((11, 15), (12, 31))
"""Month and day from which, and to which, headings may be missing: NLM adds none from the middle of
November to that of December, and has caught up by January (its year-end processing)."""
EXCERPT = 80
"""How much of a changed translation is shown, in characters."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an earlier run was answered to the same query."""

    count: int
    query_translation: str


class TopicRun(Protocol):
    """A topic's row of the ledger; `count` is None where its search failed."""

    @property
    def count(self) -> int | None:
        """The source's own total."""
        ...

    @property
    def query(self) -> str:
        """The query that was asked."""
        ...

    @property
    def query_translation(self) -> str:
        """The query as the source understood it."""
        ...


def figures(run: TopicRun | None, query: str) -> Figures | None:
    """The figures of an earlier run for the query of today; None where there are none.

    It is the last that was trusted: what exploded, collapsed or was understood otherwise is nothing
    to compare with until a person has accepted it. Nor is what PubMed made of another query; but
    how much that found is.
    """
    if run is None or run.count is None:
        return None
    return Figures(run.count, run.query_translation if run.query == query else "")


def judge(
    search: Search,
    previous: Figures | None,
    *,
    query_changed: bool = False,
    is_holding: bool = False,
) -> tuple[Notice, ...]:
    """The search's own notices, and what the comparison with the last trusted run shows.

    A query that we changed ourselves is not compared: another answer is what was wanted. But while
    the topic is holding what an explosion brought, a query that explodes as well accepts nothing.
    """
    if previous is None or (query_changed and not is_holding):
        return search.notices
    if query_changed:
        return (*search.notices, *_exploded(search, previous))
    return (
        *search.notices,
        *_translation(search, previous),
        *_collapsed(search, previous),
        *_exploded(search, previous),
    )


def controls(topic: Topic, search: Search) -> tuple[Notice, ...]:
    """A warning for each positive control that is not among the hits."""
    hits = {bare_uid(uid) for uid in search.uids}
    return tuple(
        Notice(
            "control-failed",
            f"the query does not find PMID {pmid}, which it must always find: look at the query",
        )
        for pmid in map(bare_uid, topic.controls)
        if pmid not in hits
    )


State = tuple[Article, Findings]
"""A record as it was once, and what today's rules find in it: only PubMed's change counts."""


def compare_control(states: Sequence[State], now: State) -> tuple[Notice, ...]:
    """A warning where a positive control comes with less than it has had: its abstract or a tag.

    `states` are those it has had since a person accepted it, the oldest first; one that had lost
    something is nothing to compare with, so the loss is told until it is mended or accepted.
    """
    sound = next(iter(states), now)
    for state in states:
        if not any(_lost(sound, state)):
            sound = state
    lost = ", ".join(_lost(sound, now))
    name = bare_uid(now[0].uid)
    return (Notice("control-failed", f"PMID {name}, a control, has lost {lost}"),) if lost else ()


def _lost(before: State, now: State) -> Iterator[str]:
    """What a record had and has no more: words of its abstract, a tag, or the role of a tag."""
    had, has = (_abstract(article) for article, _ in (before, now))
    if had not in has:
        yield "its abstract" if not has else f"words of its abstract ({len(has)} of {len(had)})"
    roles = {finding.tag: finding.role for finding in _all(now[1])}
    for finding in _all(before[1]):
        role = roles.get(finding.tag)
        if role is None:
            yield f"its tag {finding.tag.label}"
        elif role != finding.role:
            yield f"the role of its tag {finding.tag.label} ({finding.role}; now {role})"


def too_quiet(created_on: Sequence[date], today: date) -> tuple[Notice, ...]:
    """A warning where fewer papers came lately than the topic's own last years make probable.

    `created_on` are the days on which PubMed created the topic's records. Papers are taken to come
    independently (Poisson) at the rate of the years before the span that is judged; the time since
    the last paper is one of the spans. In the yearly pause of indexing none is expected: a topic
    that lives by its headings gets its papers of these weeks afterwards.
    """
    silence = today - max(created_on, default=today)
    for span in (*QUIET_SPANS, *([silence] if silence > QUIET_SPANS[0] else [])):
        since = today - span
        start = max(since - REFERENCE, min(created_on, default=since))
        before = sum(start <= day < since for day in created_on)
        if since - start < LEAST_REFERENCE:
            continue
        expected = before * (_days_of_indexing(since, today) / (since - start).days)
        came = sum(since <= day <= today for day in created_on)
        if poisson_at_most(came, expected) < IMPROBABLE:
            message = (
                f"{came} new papers in {span.days} days where {expected:.0f} are usual: look "
                "whether the query still finds what it should (litwatch check --live)"
            )
            return (Notice("too-quiet", message),)
    return ()


def _days_of_indexing(since: date, today: date) -> int:
    days = (since + timedelta(days=passed) for passed in range(1, (today - since).days + 1))
    return sum(not PAUSE[0] <= (day.month, day.day) <= PAUSE[1] for day in days)


def poisson_at_most(events: int, expected: float) -> float:
    """The probability of so many events or fewer, where so many are expected."""
    if not expected:
        return 1.0
    return math.fsum(
        math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(events + 1)
    )


def _abstract(article: Article) -> str:
    return " ".join(" ".join(f"{part.label} {part.text}".split()) for part in article.abstract)


def _all(findings: Findings) -> tuple[Finding, ...]:
    return (*findings.treatments, *findings.organs)


def _translation(search: Search, previous: Figures) -> tuple[Notice, ...]:
    before = " ".join(previous.query_translation.split())
    now = " ".join(search.query_translation.split())
    if not before or now == before:
        return ()
    alike = next((at for at, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
    start = max(alike - EXCERPT // 4, 0)
    message = (
        "PubMed understands the query otherwise than in the last trusted run: "
        f"before {_excerpt(before, start)}, now {_excerpt(now, start)}"
    )
    return (Notice("translation-changed", message),)


def _collapsed(search: Search, previous: Figures) -> tuple[Notice, ...]:
    if search.count * 2 < previous.count and previous.count - search.count >= 10:
        change = _change(search, previous)
        return (Notice("count-collapsed", f"the query finds less than half: {change}"),)
    return ()


def _exploded(search: Search, previous: Figures) -> tuple[Notice, ...]:
    if search.count > previous.count * 2 and search.count - previous.count >= 50:
        message = (
            f"the query finds more than twice as much: {_change(search, previous)}; "
            "what it brings is held back"
        )
        return (Notice("count-exploded", message),)
    return ()


def _change(search: Search, previous: Figures) -> str:
    return f"{search.count} hits, {previous.count} in the last trusted run"


def _excerpt(text: str, start: int) -> str:
    part = text[start : start + EXCERPT]
    return f"{'…' if start else ''}{part}{'…' if start + EXCERPT < len(text) else ''}" or "nothing"
