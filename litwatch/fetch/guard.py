"""The guard: whether PubMed still understands the query as it did, and the answer looks whole.

A silent change of what a query means is the worst failure: the digest goes on, and papers are
missing from it. So each answer is held against the last complete run's figures, and against papers
that the query must always find. Pure: figures in, named warnings out.
"""

from dataclasses import dataclass
from typing import Protocol

from litwatch.models import Notice, Search, bare_uid
from litwatch.settings import Topic

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
    def query_translation(self) -> str:
        """The query as the source understood it."""
        ...


def figures(run: TopicRun | None) -> Figures | None:
    """The figures of an earlier run, None where there are none to compare with."""
    if run is None or run.count is None:
        return None
    return Figures(run.count, run.query_translation)


def judge(
    search: Search, previous: Figures | None, *, query_changed: bool = False
) -> tuple[Notice, ...]:
    """The search's own notices, and what the comparison with the last complete run shows.

    A query that we changed ourselves is not compared: another answer is what was wanted.
    """
    if previous is None or query_changed:
        return search.notices
    return (*search.notices, *_translation(search, previous), *_count(search, previous))


def controls(topic: Topic, search: Search) -> tuple[Notice, ...]:
    """A warning for each positive control that is not among the hits."""
    hits = {bare_uid(uid) for uid in search.uids}
    return tuple(
        Notice(
            "control-failed",
            f"the query no longer finds PMID {pmid}, which it must always find: look at the query",
        )
        for pmid in map(bare_uid, topic.controls)
        if pmid not in hits
    )


def _translation(search: Search, previous: Figures) -> tuple[Notice, ...]:
    before = " ".join(previous.query_translation.split())
    now = " ".join(search.query_translation.split())
    if not before or now == before:
        return ()
    alike = next((at for at, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
    start = max(alike - EXCERPT // 4, 0)
    message = (
        "PubMed understands the query otherwise than in the last complete run: "
        f"before {_excerpt(before, start)}, now {_excerpt(now, start)}"
    )
    return (Notice("translation-changed", message),)


def _count(search: Search, previous: Figures) -> tuple[Notice, ...]:
    change = f"{search.count} hits, {previous.count} in the last complete run"
    if search.count * 2 < previous.count and previous.count - search.count >= 10:
        return (Notice("count-collapsed", f"the query finds less than half: {change}"),)
    if search.count > previous.count * 2 and search.count - previous.count >= 50:
        return (Notice("count-exploded", f"the query finds more than twice as much: {change}"),)
    return ()


def _excerpt(text: str, start: int) -> str:
    part = text[start : start + EXCERPT]
    return f"{'…' if start else ''}{part}{'…' if start + EXCERPT < len(text) else ''}" or "nothing"
