"""A preview: the issue that a reader would get now, from the store alone.

It is made by the code that makes the real one, over a copy of the store that is thrown away, as of
the last run: PubMed is not asked, nothing is kept and nothing is sent.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from litwatch.classify import classify
from litwatch.classify.rules import load_ruleset
from litwatch.config import Config
from litwatch.digest.render import Rendered, render
from litwatch.errors import ConfigError
from litwatch.filing import Filed
from litwatch.mailing import Mailing
from litwatch.readers import find
from litwatch.retagging import retag
from litwatch.settings import Subscriber, printable
from litwatch.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Preview:
    """An issue that nobody gets; `remark` says why the real one would not go out now, if so."""

    email: str
    issue: Rendered
    articles: int
    corrections: int
    remark: str


def preview(config: Config, address: str | None) -> Preview:
    """What the reader, or the first one in the configuration, would get now.

    Raises ConfigError for an address that is not configured, and before the first complete run.
    """
    ruleset = load_ruleset(config.rules)
    with open_store(config.database, keep=False) as store:
        reader = _reader(config, store, address)
        last = next((run for run in store.runs.recent(RECENT) if run.finished), None)
        digest = None
        if last:
            retag(store, ruleset)
            mailing = Mailing(
                store,
                config,
                run_id=store.runs.start(last.started),
                at=last.started,
                rules_version=ruleset.version,
                tag=partial(classify, ruleset=ruleset),
            )
            digest = mailing.draft(reader, _filed(config, store))
        if digest is None:
            raise ConfigError("no complete run of the reader's topics yet: litwatch run")
        is_empty = not (digest.papers or digest.corrections)
        return Preview(
            email=reader.email,
            issue=render(digest, config.mail),
            articles=len({paper.article.uid for paper in digest.papers}),
            corrections=len(digest.corrections),
            remark=_remark(store, reader, is_empty=is_empty),
        )


RECENT = 100
"""Runs that are looked through for one that came to its end."""


def _reader(config: Config, store: Store, address: str | None) -> Subscriber:
    if not config.subscribers:
        raise ConfigError(f"{config.path.name} names no reader: add a [[subscribers]] table")
    if address is None:
        return config.subscribers[0]
    email = address.strip().lower()
    for reader in config.subscribers:
        if reader.email == email:
            return reader
    find(config, store, email)
    raise ConfigError(f"{email}: {config.path.name} does not name it: nothing is written for it")


def _filed(config: Config, store: Store) -> Filed:
    """What the last searches of the topics found, as the ledger has it."""
    rows = [store.runs.ledger(topic.id) for topic in config.topics]
    return Filed(
        tuple(of_topic[-1].report for of_topic in rows if of_topic), (), needs_attention=False
    )


def _remark(store: Store, reader: Subscriber, *, is_empty: bool) -> str:
    state = store.subscribers.get(reader.email)
    resume = f"litwatch subscribers resume {reader.email}"
    if store.subscribers.removed_at(reader.email):
        return f"{reader.email} was removed: nothing is written: {resume}"
    if state and state.suppressed:
        return f"{reader.email} is suppressed: {state.suppressed}: {resume}"
    if state and state.paused:
        return f"{reader.email} is paused: {resume}"
    if is_empty and reader.empty == "skip":
        return f"{reader.email} wants no mail when nothing is new: this one would be skipped"
    return ""


def write(issue: Rendered, output: str | None) -> tuple[Path, Path]:
    """Writes the page, and the text beside it; into a folder of its own where none is named.

    Raises ConfigError where that cannot be written.
    """
    page = Path(output).absolute() if output else Path(mkdtemp(prefix="litwatch-"), "preview.html")
    text = page.with_suffix(".txt")
    if page == text:
        raise ConfigError(f"{printable(page)}: the text goes there: name the page FILE.html")
    try:
        page.write_text(issue.page, encoding="utf-8")
        text.write_text(issue.text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{printable(page)}: cannot be written: {error.strerror}") from error
    return page, text
