"""Why a paper is here, and why another is not: each step from the query to the digest, in words.

All is read from the store; for a paper that is not on file its record is asked for once, so that
the queries can be held against it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from litwatch.config import Config
from litwatch.digest.owed import failed_filters
from litwatch.digest.period import slot
from litwatch.errors import SourceError
from litwatch.fetch import Source
from litwatch.fetch.evaluate import matches, nearest
from litwatch.fetch.query import clauses, parse
from litwatch.models import Article, Stored
from litwatch.settings import Subscriber, Topic
from litwatch.store import Store, open_store
from litwatch.store.articles import Link


def why(config: Config, uid: str) -> tuple[str, ...] | None:
    """What brought the paper: clause, run, rules with their sentences, digests; None: not on file.

    `uid` is complete (`pubmed:30232531`).
    """
    with open_store(config.database, keep=False) as store:
        stored = store.articles.get(uid)
        if stored is None:
            return None
        links = store.articles.links(uid)
        return (
            f"{uid}: {stored.article.title or '[no title]'}",
            *(_found(store, link, stored.article, config.topics) for link in links),
            *_tags(stored),
            *_facts(stored),
            *(
                f"{change.kind} on {change.at:%Y-%m-%d}"
                for change in store.articles.changes_of(uid)
            ),
            *_digests(store, uid),
        )


def _found(store: Store, link: Link, article: Article, topics: Sequence[Topic]) -> str:
    kind = "held back as part of an explosion" if link.held else "news" if link.news else "history"
    where = f"{link.topic_id}: found by run {link.run_id} on {link.at:%Y-%m-%d %H:%M} UTC as {kind}"
    today = next((topic.query for topic in topics if topic.id == link.topic_id), "")
    query = store.runs.query_of(link.run_id, link.topic_id) or today
    if not today:
        where += "; the topic is not in the configuration any more"
    elif query != today:
        where += ", with the query of then"
    if not query:
        return where
    found = [
        clause.text for clause in clauses(parse(query)) if matches(clause.node, article) is True
    ]
    if not found:
        return f"{where}; which clause found it cannot be told from the record alone"
    return f"{where}, by {' and by '.join(found)}"


def _tags(stored: Stored) -> Iterator[str]:
    for finding in (*stored.findings.treatments, *stored.findings.organs):
        proof = finding.evidence[0]
        where = f"rule {proof.rule}, {proof.field}"
        yield f"{finding.tag.label}: {finding.role}: {where}: {proof.sentence}"


def _facts(stored: Stored) -> Iterator[str]:
    facts = stored.findings.facts
    known = {"study type": facts.study_type, "patients": facts.patients, "outcome": facts.outcome}
    for name, fact in (*known.items(), *(("about", topic) for topic in facts.topics)):
        for proof in fact.evidence[:1] if fact else ():
            where = f"rule {proof.rule}, {proof.field}"
            yield f"{name}: {fact.value if fact else ''}: {where}: {proof.sentence}"


def _digests(store: Store, uid: str) -> Iterator[str]:
    rows = store.outbox.holding(uid)
    if not rows:
        yield "in no digest: litwatch why-not says for each reader why"
    for row in rows:
        yield f"digest {row.period_key} to {row.email}: {row.state}, {row.message_id}"


def why_not(config: Config, uid: str, source: Source, now: datetime) -> tuple[str, ...]:
    """The step that keeps the paper out, for each topic and each reader."""
    with open_store(config.database, keep=False) as store:
        stored = store.articles.get(uid)
        if stored is None:
            return tuple(_absent(store, config, uid, source))
        topics = [line for topic in config.topics if (line := _unmatched(topic, stored))]
        readers = [_reader(store, reader, stored, now) for reader in config.subscribers]
        state = "on file, withdrawn by PubMed" if stored.withdrawn else "on file"
        return (f"{uid}: {state}: {stored.article.title}", *topics, *readers)


def _absent(store: Store, config: Config, uid: str, source: Source) -> Iterator[str]:
    for entry in store.pending.all():
        if entry.uid == uid:
            since = f"{entry.since:%Y-%m-%d}"
            yield f"{uid}: pending since {since}: {entry.message}; the next run asks again"
            return
    if uid in store.articles.withdrawn():
        yield f"{uid}: withdrawn: PubMed listed it and never handed it out"
        return
    yield f"{uid}: no run has found it"
    article = _asked(source, uid)
    if isinstance(article, str):
        yield article
        return
    for topic in config.topics:
        last = store.runs.last_complete(topic.id)
        if matches(parse(topic.query), article) is True:
            since = (
                f"later than the last run, of {last.started:%Y-%m-%d %H:%M} UTC" if last else "now"
            )
            yield f"{topic.id}: matched {since}: the next run finds it"
        else:
            yield _nearest(topic, article)


def _asked(source: Source, uid: str) -> Article | str:
    try:
        for batch in source.fetch([uid]):
            for article in batch.articles:
                return article
            for _, reason in batch.malformed:
                return f"its record cannot be read: {reason}"
    except SourceError as error:
        return f"its record cannot be asked for: {error}"
    return "PubMed has no such record: it was deleted or merged, or the number is wrong"


def _nearest(topic: Topic, article: Article) -> str:
    near = nearest(parse(topic.query), article)
    return f"{topic.id}: not matched by the query; nearest is {near.clause.text}: {near.lacks}"


def _unmatched(topic: Topic, stored: Stored) -> str:
    """Why the topic's query does not find a paper on file, empty where it does."""
    if topic.id not in stored.topics:
        return _nearest(topic, stored.article)
    if matches(parse(topic.query), stored.article) is False:
        return f"{_nearest(topic, stored.article)} (an earlier query found it)"
    return ""


def _reader(store: Store, reader: Subscriber, stored: Stored, now: datetime) -> str:
    uid = stored.article.uid
    state = store.subscribers.get(reader.email)
    held = [row for row in store.outbox.holding(uid) if row.email == reader.email]
    if held:
        return f"{reader.email}: it is in digest {held[0].period_key}, {held[0].state}"
    if store.subscribers.removed_at(reader.email):
        return f"{reader.email}: was removed: litwatch subscribers resume {reader.email}"
    for twin in store.articles.twins_of(stored.article):
        for row in store.outbox.holding(twin.article.uid):
            if row.email == reader.email:
                return (
                    f"{reader.email}: it is the same paper as {twin.article.uid}, which is in "
                    f"digest {row.period_key}, {row.state}"
                )
    if state is None:
        return f"{reader.email}: has had no first issue yet: the next complete run writes it"
    if state.paused or state.suppressed:
        standing = f"suppressed: {state.suppressed}" if state.suppressed else "paused"
        return f"{reader.email}: {standing}: litwatch subscribers resume {reader.email}"
    failed = failed_filters(stored, reader.filters)
    if failed:
        return f"{reader.email}: left out by the reader's own filters: {', '.join(failed)}"
    links = [link for link in store.articles.links(uid) if _follows(reader, link)]
    if any(link.held for link in links):
        return f"{reader.email}: held back: litwatch accept {links[0].topic_id}"
    if not any(link.news for link in links):
        return f"{reader.email}: history: filed before its topic was watched, so never news"
    if not any(link.news and link.run_id > state.since_run for link in links):
        return f"{reader.email}: on file before the reader's first issue"
    if uid not in store.subscribers.owed(reader.email):
        return f"{reader.email}: filed while the reader's filters left it out"
    period = slot(reader, now)
    done = store.outbox.has(reader.email, period.key)
    return f"{reader.email}: owed: {'in the next issue' if done else 'with the next run'}"


def _follows(reader: Subscriber, link: Link) -> bool:
    return not reader.filters.topics or link.topic_id in reader.filters.topics
