"""What `litwatch check` looks at beyond the configuration's own form, offline."""

import difflib
from collections.abc import Iterable, Sequence

from litwatch.classify.rules import Ruleset, load_ruleset
from litwatch.config import Config
from litwatch.errors import ConfigError
from litwatch.store import open_store


def inspect(config: Config) -> tuple[tuple[str, str], ...]:
    """What was looked at and how it stands, in words. Raises ConfigError with every fault."""
    ruleset = load_ruleset(config.rules)
    faults = filter_faults(config, ruleset)
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
