"""A person's word that a topic's search is right as it is, after the guard has doubted it."""

from dataclasses import dataclass

from litwatch.config import Config
from litwatch.errors import ConfigError
from litwatch.store import open_store
from litwatch.store.lock import run_lock


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted: PubMed's count, the warnings, and how many held papers became news."""

    count: int
    released: int
    settled: tuple[str, ...] = ()


def accept_topic(config: Config, topic_id: str) -> Accepted:
    """Accepts the topic's last search and releases what is held.

    Raises ConfigError for a topic that is not configured or was never searched, and Locked while a
    run is at work.
    """
    if topic_id not in {topic.id for topic in config.topics}:
        names = ", ".join(topic.id for topic in config.topics)
        raise ConfigError(f"no topic is called {topic_id!r}: choose among {names}")
    with run_lock(config.database), open_store(config.database) as store, store.transaction():
        last = store.runs.accept(topic_id)
        if last is None:
            raise ConfigError(f"{topic_id} has not been searched yet: litwatch run")
        released = store.articles.release(topic_id, store.articles.held(topic_id))
        codes = dict.fromkeys(warning.code for warning in last.report.warnings)
        return Accepted(last.count or 0, released, tuple(codes))
