"""The readers: who they are, how they stand, and how a person pauses, resumes or removes one.

What they want is in the configuration; whether they get it is in the store, which beats it. A
reader is removed for good: the address, the mails and what was owed are erased, with the files of
the mails. What stays is a keyed hash (`store/subscribers.py`), so that a run can tell that the
configuration names somebody who was removed, and writes nothing; only `resume` brings an address
back, as a new reader.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from litwatch.config import Config
from litwatch.config.checks import nearest
from litwatch.digest.files import erase, place_of
from litwatch.digest.period import next_slot, slot
from litwatch.errors import ConfigError
from litwatch.settings import Subscriber
from litwatch.store import Store, open_store
from litwatch.store.lock import run_lock
from litwatch.store.subscribers import SubscriberState

SALT_BYTES = 16
"""So many random bytes key the hash of a removed address: 128 bits, never the same twice."""

State = Literal["new", "active", "paused", "suppressed", "removed", "left"]


@dataclass(frozen=True, slots=True)
class Reader:
    """How a reader stands.

    `new`: no run has seen the address; `left`: the configuration names it no more; `suppressed`:
    `reason` says why nothing can be sent there. `is_due`: the next run writes an issue; else
    `next_issue` is when one falls due, in the reader's zone, None where nothing will be written.
    `last_issue` is when the last digest was written down, and its state. `owed` counts papers.
    """

    email: str
    name: str
    state: State
    reason: str
    frequency: str
    filters: tuple[str, ...]
    next_issue: datetime | None
    is_due: bool
    last_issue: tuple[datetime, str] | None
    owed: int

    def as_json(self) -> dict[str, object]:
        """The reader in plain values."""
        return {
            "email": self.email,
            "name": self.name,
            "state": self.state,
            "reason": self.reason,
            "frequency": self.frequency,
            "filters": list(self.filters),
            "next_issue": self.next_issue.isoformat() if self.next_issue else None,
            "due": self.is_due,
            "last_issue": self.last_issue[0].isoformat() if self.last_issue else None,
            "last_state": self.last_issue[1] if self.last_issue else None,
            "owed": self.owed,
        }

    def lines(self) -> Iterator[str]:
        """The reader for a person."""
        yield f"{self.email}: {self.state}" + (f": {self.reason}" if self.reason else "")
        if self.name:
            yield f"    name: {self.name}"
        if self.frequency:
            yield f"    wants: {self.frequency}; {'; '.join(self.filters) or 'everything'}"
        if self.is_due:
            yield "    next issue: with the next run"
        elif self.next_issue:
            zone = self.next_issue.tzinfo
            yield f"    next issue: {self.next_issue:%a %d %b %Y %H:%M} ({zone})"
        if self.last_issue:
            at, state = self.last_issue
            yield f"    last issue: {at:%a %d %b %Y %H:%M} ({at.tzinfo}), {state}"
        if self.state != "removed":
            yield f"    papers owed: {self.owed}"


# ---- looked at -----------------------------------------------------------------------------------


def readers(config: Config, now: datetime) -> tuple[Reader, ...]:
    """Every address that the configuration or the store knows, the configuration's first."""
    with open_store(config.database, keep=False) as store:
        configured = {reader.email: reader for reader in config.subscribers}
        others = [state.email for state in store.subscribers.all() if state.email not in configured]
        return tuple(
            _reader(store, config, email, configured.get(email), now)
            for email in (*configured, *others)
        )


def _reader(
    store: Store, config: Config, email: str, wanted: Subscriber | None, now: datetime
) -> Reader:
    state = store.subscribers.get(email)
    standing, reason = _standing(store, email, wanted, state)
    zone = ZoneInfo(wanted.timezone if wanted else config.timezone)
    filters = wanted.filters if wanted else state.filters if state else None
    is_due, next_issue = False, None
    if wanted and standing in {"new", "active"}:
        is_due = not store.outbox.has(email, slot(wanted, now).key)
        next_issue = None if is_due else next_slot(wanted, now)
    rows = store.outbox.rows(1, email=email)
    return Reader(
        email=email,
        name=wanted.name if wanted else "",
        state=standing,
        reason=reason,
        frequency=wanted.frequency if wanted else "",
        filters=filters.in_words() if filters else (),
        next_issue=next_issue.astimezone(zone) if next_issue else None,
        is_due=is_due,
        last_issue=(rows[0].created_at.astimezone(zone), rows[0].state) if rows else None,
        owed=len(_owed(store, config, email)),
    )


def _standing(
    store: Store, email: str, wanted: Subscriber | None, state: SubscriberState | None
) -> tuple[State, str]:
    resume = f"litwatch subscribers resume {email}"
    if removed := store.subscribers.removed_at(email):
        hint = f"the configuration still names it: take it out, or: {resume}"
        return "removed", f"on {removed:%Y-%m-%d}; {hint}"
    if wanted is None:
        return "left", "in the store alone; nothing is written"
    if state is None:
        return "new", "the first issue comes with the next complete run"
    if state.suppressed:
        return "suppressed", f"{state.suppressed}: {resume}"
    return ("paused", "") if state.paused else ("active", "")


def _owed(store: Store, config: Config, email: str) -> frozenset[str]:
    state = store.subscribers.get(email)
    wanted = state.filters.topics if state else ()
    topics = [topic.id for topic in config.topics if not wanted or topic.id in wanted]
    promised = store.subscribers.owed(email) - store.deliveries.uids(email)
    return promised - store.articles.held_back(topics)


# ---- changed -------------------------------------------------------------------------------------


def pause(config: Config, address: str) -> str:
    """Nothing is written for the reader until `resume`; what becomes owed waits. Says so."""
    with _opened(config, address) as (store, email):
        if store.subscribers.removed_at(email):
            raise ConfigError(f"{email} was removed: there is nothing to pause")
        if store.subscribers.get(email) is None:
            raise ConfigError(
                f"{email}: no run has seen the address yet: leave it out of the configuration "
                "until it is to get its first issue"
            )
        store.subscribers.pause(email)
    return f"{email}: paused: what becomes owed waits; litwatch subscribers resume {email}"


def resume(config: Config, address: str) -> str:
    """Ends a pause, a suppression or a removal. Says what comes next."""
    with _opened(config, address) as (store, email), store.transaction():
        if store.subscribers.removed_at(email):
            store.subscribers.admit(email)
            return f"{email}: a new reader: the first issue comes with the next complete run"
        if store.subscribers.get(email) is None:
            return f"{email}: was not paused: the first issue comes with the next complete run"
        store.subscribers.resume(email)
        owed = len(_owed(store, config, email))
        is_named = email in {reader.email for reader in config.subscribers}
    if not is_named:
        return f"{email}: resumed, but the configuration does not name it: nothing is written"
    return f"{email}: resumed: papers owed, which come in one issue, the next: {owed}"


def remove(config: Config, address: str, *, now: datetime, salt: bytes) -> str:
    """Erases the reader: the address, the mails and their files, what was owed. Says so.

    `salt` is fresh random bytes. Raises StoreError where a file cannot be deleted, before anything
    is erased.
    """
    with _opened(config, address) as (store, email):
        removed = store.subscribers.removed_at(email)
        if removed:
            return f"{email}: was removed on {removed:%Y-%m-%d}"
        # The files first: their names are known only as long as the rows are there. A run that was
        # killed may have written one and not have said so.
        for row in store.outbox.entries(email=email):
            for folder in {config.outbox, Path(row.file or config.outbox / "none").parent}:
                erase(place_of(folder, row.period_key, row.message_id or row.period_key))
        store.forget(email, salt=salt, at=now)
    is_named = email in {reader.email for reader in config.subscribers}
    hint = f"; now take it out of {config.path.name}" if is_named else ""
    return f"{email}: removed: the address and its mails are erased{hint}"


@contextmanager
def _opened(config: Config, address: str) -> Iterator[tuple[Store, str]]:
    """The store under the run lock, and the address as it is known there.

    Raises ConfigError, with the nearest known address, for one that nobody has.
    """
    email = address.strip().lower()
    with run_lock(config.database), open_store(config.database) as store:
        find(config, store, email)
        yield store, email


def find(config: Config, store: Store, email: str) -> None:
    """Raises ConfigError, with the nearest known address, for one that nobody has."""
    known = {reader.email for reader in config.subscribers}
    known |= {state.email for state in store.subscribers.all()}
    if email in known or store.subscribers.removed_at(email):
        return
    hint = f"the nearest known is {nearest(email, sorted(known))}" if known else "there is none"
    raise ConfigError(f"no reader has the address {email!r}: {hint}")
