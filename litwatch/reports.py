"""What a run does and did, for a person, a script and the ledger."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from litwatch.models import Notice

DOUBTS = frozenset({"count-collapsed", "count-exploded", "translation-changed"})
"""The warnings of a search that is not what it was: it proves nothing until it is accepted."""
ACCEPTABLE = DOUBTS | {"phrase-not-found", "field-not-found", "control-failed"}
"""The warnings that stay until the search is mended or a person accepts it."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


def silent(_doing: str, _done: int, _of: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """The sum of a topic's search and fetch in one run: nothing listed is unaccounted for.

    listed = on_file + pending + withdrawn, and asked = received + what could not be had.
    """

    listed: int = 0
    on_file: int = 0
    pending: int = 0
    withdrawn: int = 0
    asked: int = 0
    received: int = 0

    @property
    def adds_up(self) -> bool:
        """Each uid that the source listed is on file, or kept as pending or withdrawn."""
        return self.listed == self.on_file + self.pending + self.withdrawn


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What a run did for one topic; `count` is the source's total, None where the search failed."""

    id: str
    count: int | None = None
    new: int = 0
    updated: int = 0
    pending: int = 0
    withdrawn: int = 0
    query_translation: str = ""
    warnings: tuple[Notice, ...] = ()
    error: str | None = None
    settled: tuple[Notice, ...] = ()
    """What would be a warning had a person not accepted it, in each run since."""
    held: int = 0
    """The papers that are held back until a person accepts the search."""

    def as_json(self) -> dict[str, object]:
        """Plain values, keys of the contract."""
        kept = asdict(self)
        return {key: kept[key] for key in kept if key not in {"settled", "held"}}


@dataclass(frozen=True, slots=True)
class DigestReport:
    """What became of one digest.

    `status` is sent, written, queued, deferred, failed, skipped or would-send.
    """

    subscriber: str
    articles: int
    corrections: int
    status: str
    message_id: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class RunError:
    """Something that failed in a run; `topic` is empty where it concerns no topic."""

    code: str
    message: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did."""

    started: datetime
    finished: datetime
    complete: bool
    topics: tuple[TopicReport, ...] = ()
    digests: tuple[DigestReport, ...] = ()
    errors: tuple[RunError, ...] = ()
    needs_attention: bool = False
    """Something newly pending, a permanent refusal, or a deferral older than a day."""

    def as_json(self) -> dict[str, object]:
        """The report as `litwatch run --json` prints it: plain values, keys of the contract."""
        return {
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat(),
            "complete": self.complete,
            "topics": [topic.as_json() for topic in self.topics],
            "digests": [asdict(digest) for digest in self.digests],
            "errors": [asdict(error) for error in self.errors],
        }

    @property
    def is_well(self) -> bool:
        """Nothing failed and nothing needs attention: the run's exit code is 0."""
        warned = any(topic.warnings or topic.error for topic in self.topics)
        return not (warned or self.errors or self.needs_attention)


def look(topic_id: str) -> str:
    """What to do where a topic's search is in doubt."""
    return f"look (litwatch check --live), then litwatch accept {topic_id}"
