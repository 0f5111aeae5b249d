"""What `litwatch check` looks at: all that can be told offline, and what NCBI says when asked.

Offline: the configuration's filters, rules and database, and the lint of every query. Live: each
clause of each query by itself, so that one that finds nothing, or that PubMed reads otherwise, is
seen before papers are missed by it. A test message goes the way that digests go.
"""

import difflib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from litwatch.blocks import left_alone
from litwatch.classify.rules import Ruleset, load_ruleset
from litwatch.config import Config
from litwatch.config import load as load_config
from litwatch.config.checks import address as checked_address
from litwatch.config.document import queries
from litwatch.digest.message import compose
from litwatch.digest.render import Rendered
from litwatch.digest.send import Mailer
from litwatch.errors import (
    ConfigError,
    KeyRefused,
    SourceBlocked,
    SourceError,
    Unreachable,
)
from litwatch.fetch.lint import Remark, lint
from litwatch.fetch.pubmed import PubMed
from litwatch.fetch.query import Clause, Node, clauses, parse, without
from litwatch.models import Notice, Period, bare_uid
from litwatch.reports import Progress, Report, RunError, silent
from litwatch.settings import Subscriber, Topic
from litwatch.store import open_store

# ---- offline -----------------------------------------------------------------------------------


PLACEHOLDERS = ("example.org", "example.com", "example.net")
"""Domains that nobody has (RFC 2606): an address in one is a placeholder."""
TOLD = {"unbalanced-quotes", "unbalanced-parentheses"}
"""Faults of a query with which no configuration is loaded."""


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration. Raises ConfigError with every fault, those of the queries among them."""
    try:
        return load_config(path, environ)
    except ConfigError as error:
        try:
            found = queries(path)
        except ConfigError:
            raise error from None
        topics = [Topic(topic_id, "", query) for topic_id, _, query in found]
        raise ConfigError((*error.faults, *query_faults(topics, path, but=TOLD))) from error


def inspect(config: Config) -> tuple[tuple[str, str], ...]:
    """What was looked at and how it stands, in words. Raises ConfigError with every fault."""
    ruleset = load_ruleset(config.rules)
    faults = (*filter_faults(config, ruleset), *query_faults(config.topics, config.path))
    if faults:
        raise ConfigError(faults)
    with open_store(config.database, keep=False) as store:
        on_file = len(store.articles.known())
    mail = f"SMTP server {config.smtp.host}:{config.smtp.port}" if config.smtp else "files in "
    return (
        ("configuration", str(config.path)),
        ("topics", f"{len(config.topics)} ({', '.join(topic.id for topic in config.topics)})"),
        ("subscribers", str(len(config.subscribers))),
        ("rules", f"{len(ruleset.rules)}, version {ruleset.version}"),
        ("database", f"{on_file} papers on file"),
        ("mail", mail if config.smtp else f"{mail}{config.outbox}"),
        *(
            (("address", f"{email} is a placeholder: set ncbi.email, NCBI asks for yours"),)
            if (email := config.ncbi.email).endswith(PLACEHOLDERS)
            else ()
        ),
    )


def filter_faults(config: Config, ruleset: Ruleset) -> tuple[str, ...]:
    """A line for each treatment or organ that a subscriber asks for and no rule can give."""
    treatments = ruleset.ids("treatment")
    organs = ruleset.ids("organ")
    return tuple(
        fault
        for subscriber in config.subscribers
        for fault in (
            *_unknown(subscriber.email, "treatments", subscriber.filters.treatments, treatments),
            *_unknown(subscriber.email, "organs", subscriber.filters.organs, organs),
        )
    )


def _unknown(email: str, key: str, wanted: Sequence[str], known: Iterable[str]) -> Iterable[str]:
    names = sorted(known)
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            yield f"subscriber {email}: {key}: no rule is called {name!r}{hint}"


def query_faults(topics: Sequence[Topic], path: Path, but: Collection[str] = ()) -> tuple[str, ...]:
    """A line for each fault of a query: PubMed would read it otherwise than it was meant.

    Each names its place in the file where the query stands there.
    """
    try:
        places = {(topic_id, query): place for topic_id, place, query in queries(path)}
    except ConfigError:
        places = {}
    faults = []
    for topic in topics:
        place = places.get((topic.id, topic.query), f"topic {topic.id}: query")
        try:
            remarks = lint(topic.query)
        except ConfigError as error:
            faults.append(f"{place}: {error}")
            continue
        faults += [
            f"{place}: {remark.code}: {remark.message}: {remark.clause}"
            for remark in remarks
            if remark.is_fault and remark.code not in but
        ]
    return tuple(faults)


def advice(topics: Sequence[Topic]) -> tuple[tuple[str, Remark], ...]:
    """What else the lint says, with the topic's id: what may lose papers, or bring too many."""
    return tuple(
        (topic.id, remark)
        for topic in topics
        for remark in lint(topic.query)
        if not remark.is_fault
    )


# ---- live --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveClause:
    """What PubMed made of one clause.

    `count` is what it finds by itself; `adds` by how much the whole query finds more for it, less
    than 0 for an exclusion or a requirement.
    """

    kind: str
    clause: str
    count: int
    adds: int
    query_translation: str
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveTopic:
    """What PubMed made of a topic's query; `controls_missing` are those that it does not find."""

    id: str
    count: int | None = None
    query_translation: str = ""
    warnings: tuple[Notice, ...] = ()
    clauses: tuple[LiveClause, ...] = ()
    controls_found: tuple[str, ...] = ()
    controls_missing: tuple[str, ...] = ()
    error: str | None = None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Every warning once, whether of the whole query or of a clause."""
        warned = (notice for clause in self.clauses for notice in clause.warnings)
        return tuple(dict.fromkeys((*self.warnings, *warned)))

    @property
    def is_well(self) -> bool:
        """Whether PubMed found something and every control, without a warning."""
        return bool(self.count) and not (self.notices or self.controls_missing)

    def as_json(self) -> dict[str, Any]:
        """Plain values, in the order of the fields."""
        return asdict(self)


def ask_live(
    config: Config,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    random: Random | None = None,
    progress: Progress = silent,
) -> tuple[LiveTopic, ...]:
    """Asks NCBI about every topic, at the pace that all processes of this machine share.

    Two calls a clause at most, and two for the whole query. A topic whose search fails is told
    with its error, and the others go on. Raises KeyRefused, SourceBlocked and Unreachable.
    """
    _respect_block(config, clock())
    pubmed = PubMed.over_network(config.ncbi, clock=clock, sleep=sleep, random=random)
    asked = []
    for number, topic in enumerate(config.topics):
        progress("asking NCBI", number, len(config.topics))
        try:
            asked.append(_ask_topic(pubmed, topic))
        except SourceBlocked as error:
            _remember_block(config, clock(), error)
            raise
        except (KeyRefused, Unreachable):
            raise
        except SourceError as error:
            asked.append(LiveTopic(topic.id, error=str(error)))
    progress("asking NCBI", len(config.topics), len(config.topics))
    return tuple(asked)


def _respect_block(config: Config, now: datetime) -> None:
    with open_store(config.database, keep=False) as store:
        blocked_at = store.runs.last_blocked()
    if reason := left_alone(blocked_at, now):
        error = SourceBlocked(reason)
        if blocked_at and blocked_at > now:
            _remember_block(config, now, error)
        raise error


def _remember_block(config: Config, now: datetime, error: SourceBlocked) -> None:
    """Enters the block as a run that came to nothing, so that the next run leaves NCBI alone."""
    failure = RunError("blocked", str(error))
    with open_store(config.database) as store:
        run_id = store.runs.start(now)
        store.runs.finish(run_id, Report(now, now, complete=False, errors=(failure,)))


def _ask_topic(pubmed: PubMed, topic: Topic) -> LiveTopic:
    root = parse(topic.query)
    whole = pubmed.count(topic.query)
    found = _controls_found(pubmed, topic)
    return LiveTopic(
        id=topic.id,
        count=whole.count,
        query_translation=whole.query_translation,
        warnings=whole.notices,
        clauses=tuple(_ask_clause(pubmed, root, clause, whole.count) for clause in clauses(root)),
        controls_found=tuple(pmid for pmid in topic.controls if bare_uid(pmid) in found),
        controls_missing=tuple(pmid for pmid in topic.controls if bare_uid(pmid) not in found),
    )


def _controls_found(pubmed: PubMed, topic: Topic) -> frozenset[str]:
    if not topic.controls:
        return frozenset()
    named = " OR ".join(f"{bare_uid(pmid)}[uid]" for pmid in topic.controls)
    search = pubmed.search(Topic(topic.id, topic.label, f"({topic.query}) AND ({named})"))
    return frozenset(map(bare_uid, search.uids))


def _ask_clause(pubmed: PubMed, root: Node, clause: Clause, total: int) -> LiveClause:
    alone = pubmed.count(clause.text)
    return LiveClause(
        kind=clause.kind,
        clause=clause.text,
        count=alone.count,
        adds=_difference(pubmed, root, clause, alone.count, total),
        query_translation=alone.query_translation,
        warnings=alone.notices,
    )


def _difference(pubmed: PubMed, root: Node, clause: Clause, count: int, total: int) -> int:
    """By how much the query finds more with the clause than without it."""
    if not count and clause.kind != "requirement":
        return 0
    rest = without(root, clause.path)
    return total - pubmed.count(rest.written).count if rest else total


# ---- the way that digests go -------------------------------------------------------------------


def send_test(config: Config, to: str, at: datetime) -> str:
    """Sends a short test message to an address through [smtp]; returns the server's reply.

    Raises ConfigError where there is no [smtp] or no such address, and DeliveryError.
    """
    if config.smtp is None:
        raise ConfigError(
            f"--send-test: {config.path.name} has no [smtp], so nothing is mailed: digests are "
            f"written to {config.outbox}"
        )
    try:
        checked_address(to)
    except ValueError as error:
        raise ConfigError(f"--send-test: {to}: {error}") from error
    period = Period(f"test-{at:%Y%m%dT%H%M%S%f}", at, at)
    _, message = compose(
        _test_message(config), subscriber=Subscriber(to), period=period, mail=config.mail, at=at
    )
    with Mailer(config.smtp) as mailer:
        return mailer.send(config.mail.sender, to, message)


def _test_message(config: Config) -> Rendered:
    """Fixed words, and the number of topics: nothing in it needs escaping."""
    lines = tuple(_test_lines(config))
    return Rendered(
        subject="litwatch: test message",
        html='<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>litwatch: test message</title></head><body>\n"
        + "\n".join(f"<p>{line}</p>" for line in lines)
        + "\n</body></html>\n",
        text="\n\n".join(lines) + "\n",
        preheader="",
    )


def _test_lines(config: Config) -> Iterator[str]:
    yield "This is a test message of litwatch. It was asked for with litwatch check --send-test."
    yield f"Digests on {len(config.topics)} topics will come the same way, from the same sender."
    yield "Nothing was read from PubMed for it, and nothing needs to be done."
