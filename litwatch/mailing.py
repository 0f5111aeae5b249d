"""The second half of a run: write each digest that is due, then deliver what is written.

A digest is put into the outbox, under one Message-ID for its subscriber and period, in the very
transaction that marks its papers as owed no more; it is sent in a second step that any later run
can repeat. So a crash between the two loses nothing and writes nothing twice.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from litwatch.config import Config
from litwatch.digest import build, message, render, send
from litwatch.digest.period import slot
from litwatch.errors import DeliveryError
from litwatch.filing import Filed
from litwatch.models import Coverage, Digest, Period, Stored, TopicCoverage
from litwatch.reports import DigestReport
from litwatch.settings import Filters, Subscriber
from litwatch.store import Store
from litwatch.store.outbox import OutboxRow
from litwatch.store.subscribers import SubscriberState

PATIENCE = timedelta(days=1)
"""How long a due digest waits for a search that answers, and a deferral before it is reported."""
FIRST_ISSUE_PAPERS = 5


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the digests of a run."""

    digests: tuple[DigestReport, ...]
    needs_attention: bool
