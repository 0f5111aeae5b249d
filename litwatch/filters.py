"""Whether a reader's filters can ever match: a misspelt treatment would mean silence for ever."""

import difflib
from collections.abc import Collection, Iterable, Sequence

from litwatch.classify.rules import Ruleset
from litwatch.config import Config


def filter_faults(config: Config, ruleset: Ruleset) -> tuple[str, ...]:
    """A line for each treatment or organ that a reader asks for and no rule can give."""
    treatments, organs = ruleset.ids("treatment"), ruleset.ids("organ")
    return tuple(
        fault
        for subscriber in config.subscribers
        for fault in (
            *_unknown(subscriber.email, "treatments", subscriber.filters.treatments, treatments),
            *_unknown(subscriber.email, "organs", subscriber.filters.organs, organs),
        )
    )


def _unknown(email: str, key: str, wanted: Sequence[str], known: Collection[str]) -> Iterable[str]:
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            yield f"subscriber {email}: {key}: no rule is called {name!r}{hint}"
