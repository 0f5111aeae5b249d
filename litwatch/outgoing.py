"""The outbox at a person's hand: look at a digest, try it again, drop it, send it once more.

Nothing here leads to a paper in two digests. A failed digest is tried again as long as nothing
that it held came in a later one. What a dropped one held is owed again, unless it may have
arrived: a run died while it was sent, or the server's answer was lost. A resent one is the stored
bytes under the same Message-ID, sent at once: whether it arrives is for the person to see, and
changes nothing of what the reader is owed.
"""

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from litwatch.config import Config
from litwatch.digest.files import write
from litwatch.digest.message import bounce_address
from litwatch.digest.send import Mailer
from litwatch.errors import ConfigError, DeliveryError, NotOnFile, StoreError
from litwatch.settings import printable
from litwatch.standing import what_becomes_of
from litwatch.store import Store, open_store
from litwatch.store.lock import run_lock
from litwatch.store.outbox import OutboxRow, State

SHOWN_HEADERS = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one digest at a person's word; `is_done`: as the person wished."""

    id: int
    message: str
    is_done: bool = True


# ---- looked at -----------------------------------------------------------------------------------


def digests(config: Config, state: State | None, limit: int) -> tuple[OutboxRow, ...]:
    """The last digests, the newest first; of one state where it is given."""
    with open_store(config.database, keep=False) as store:
        return store.outbox.rows(limit, state)


def as_json(row: OutboxRow) -> dict[str, object]:
    """A digest in plain values, its mail apart."""
    return {
        "id": row.id,
        "subscriber": row.email,
        "period": row.period_key,
        "state": row.state,
        "message_id": row.message_id,
        "subject": row.subject,
        "articles": row.articles,
        "corrections": row.corrections,
        "created": row.created_at.isoformat(),
        "attempts": row.attempts,
        "last_attempt": _iso(row.last_attempt_at),
        "next_attempt": _iso(row.next_attempt_at) if row.state == "deferred" else None,
        "done": _iso(row.done_at),
        "file": row.file,
        "last_reply": row.last_reply,
        "kept": is_kept(row),
    }


def line(row: OutboxRow) -> str:
    """A digest on one line, for a person."""
    usual = 1 if row.state == "sent" else 0
    attempts = f", attempts: {row.attempts}" if row.attempts > usual else ""
    what = f"{row.articles} papers, {row.corrections} corrections{attempts}"
    at = row.done_at or row.last_attempt_at or row.created_at
    return (
        f"{row.id:>5}  {at:%Y-%m-%d %H:%M}  {row.state:<8}  {row.period_key}  {row.email}  "
        f"{what}  {row.subject}".rstrip()
    )


def digest(config: Config, outbox_id: int) -> OutboxRow:
    """The digest of that number with its mail.

    Raises ConfigError where there is none, and NotOnFile where its mail is no longer kept.
    """
    with open_store(config.database, keep=False) as store:
        return _with_mail(_get(store, outbox_id), config)


def headers(row: OutboxRow) -> tuple[tuple[str, str], ...]:
    """What a person wants to see of the mail's headers, decoded."""
    message = email.message_from_bytes(row.message, policy=email.policy.default)
    return tuple((name, str(message[name])) for name in SHOWN_HEADERS if message[name])


def is_kept(row: OutboxRow) -> bool:
    """Whether the mail is stored; a skipped period has none, and old ones are emptied."""
    return bool(row.message)


# ---- tried again, dropped ------------------------------------------------------------------------


def retry(config: Config, ids: Sequence[int], now: datetime) -> tuple[Outcome, ...]:
    """Makes the digests due now; without ids, all that failed or are deferred.

    Raises ConfigError for a number that no digest has, before any is touched.
    """
    with run_lock(config.database), open_store(config.database) as store:
        rows = [_get(store, outbox_id) for outbox_id in ids]
        if not ids:
            rows = [
                row
                for state in ("failed", "deferred")
                for row in reversed(store.outbox.rows(ALL, state))
            ]
        return tuple(_retried(store, config, row, now) for row in rows)


ALL = 100_000
"""More digests than can wait."""


def _retried(store: Store, config: Config, row: OutboxRow, now: datetime) -> Outcome:
    match row.state:
        case "queued" | "sending":
            return Outcome(
                row.id, f"digest {row.id}: is due already: it goes out with the next run"
            )
        case "sent" | "written" | "skipped" | "dropped":
            hint = _why_not_again(row)
            return Outcome(row.id, f"digest {row.id}: is {row.state}: {hint}", is_done=False)
    if fault := _hindrance(store, config, row.email):
        return Outcome(row.id, f"digest {row.id}: {fault}", is_done=False)
    try:
        _with_mail(row, config)
        store.outbox.retry(row.id, now, store.articles.twins())
    except (NotOnFile, StoreError) as error:
        return Outcome(row.id, str(error), is_done=False)
    return Outcome(row.id, f"digest {row.id} to {row.email}: goes out with the next run")


def _why_not_again(row: OutboxRow) -> str:
    if row.state == "skipped":
        return "the period was empty"
    if row.state == "dropped":
        return f"{row.last_reply}: {what_becomes_of(row)}"
    return f"litwatch digest resend {row.email} --period {row.period_key}"


def drop(config: Config, outbox_id: int, now: datetime) -> str:
    """Sees that the digest is not sent any more; says what becomes of its papers.

    They are owed again, unless the digest may have arrived.
    """
    with run_lock(config.database), open_store(config.database) as store:
        row = _get(store, outbox_id)
        if row.state in {"sent", "written", "skipped", "dropped"}:
            raise ConfigError(f"digest {row.id}: is {row.state}: there is nothing to drop")
        store.outbox.mark_dropped(row.id, now, f"dropped by hand on {now:%Y-%m-%d}")
        return f"digest {row.id}: dropped; {what_becomes_of(_get(store, row.id))}"


# ---- sent once more ------------------------------------------------------------------------------


def resend(config: Config, address: str, period: str | None, now: datetime) -> str:
    """Sends the stored bytes of the reader's last digest, or of that period's, once more.

    At once, under the same Message-ID; nothing is owed by it, and nothing is owed no more. Returns
    what the server said, or the file. Raises ConfigError where there is no such digest or the
    reader gets none now, NotOnFile where the mail is no longer kept, DeliveryError where the server
    does not take it.
    """
    reader = address.strip().lower()
    with run_lock(config.database), open_store(config.database) as store:
        row = _with_mail(_delivered(store, reader, period), config)
        if fault := _hindrance(store, config, reader):
            raise ConfigError(fault)
        store.outbox.again(row.id, now)
        try:
            reply = _hand_over(config, row)
        except DeliveryError as error:
            store.outbox.note_reply(row.id, f"sent once more on {now:%Y-%m-%d}: {error}")
            raise
        store.outbox.note_reply(row.id, f"sent once more on {now:%Y-%m-%d}: {reply}")
    return f"digest {row.id}, {row.period_key}, to {reader}, {row.message_id}: {reply}"


def _hand_over(config: Config, row: OutboxRow) -> str:
    message_id = row.message_id or ""
    if config.smtp is None:
        path = write(
            config.outbox,
            period_key=row.period_key,
            message_id=message_id or row.period_key,
            message=row.message,
            html=row.html,
            text=row.text,
        )
        return f"written again to {printable(path)}"
    with Mailer(config.smtp) as mailer:
        return mailer.send(bounce_address(config.mail, message_id), row.email, row.message)


def _delivered(store: Store, reader: str, period: str | None) -> OutboxRow:
    rows = [row for row in store.outbox.rows(ALL, email=reader) if row.state != "skipped"]
    chosen = [row for row in rows if period in {None, row.period_key}]
    if not chosen:
        periods = ", ".join(row.period_key for row in rows[:5])
        hint = f"there are {periods}" if rows else "litwatch subscribers list shows who has had one"
        raise ConfigError(f"{reader}: has had no digest{f' {period}' if period else ''}: {hint}")
    row = next((row for row in chosen if row.state in {"sent", "written"}), chosen[0])
    if row.state not in {"sent", "written"}:
        raise ConfigError(
            f"digest {row.id} to {reader}: is {row.state}: litwatch outbox retry {row.id}"
        )
    return row


# ---- what is shared ------------------------------------------------------------------------------


def _get(store: Store, outbox_id: int) -> OutboxRow:
    row = store.outbox.get(outbox_id)
    if row is None:
        raise ConfigError(f"no digest has the number {outbox_id}: litwatch outbox list")
    return row


def _with_mail(row: OutboxRow, config: Config) -> OutboxRow:
    if is_kept(row):
        return row
    if row.state == "skipped":
        raise NotOnFile(f"digest {row.id}: the period was empty, and the reader wants no mail then")
    days = config.mail.keep_days
    raise NotOnFile(f"digest {row.id}: its mail is no longer kept (mail.keep_days = {days})")


def _hindrance(store: Store, config: Config, reader: str) -> str:
    """Why the reader gets nothing now; empty where nothing hinders."""
    resume = f"litwatch subscribers resume {reader}"
    state = store.subscribers.get(reader)
    if reader not in {subscriber.email for subscriber in config.subscribers}:
        return f"{reader}: the configuration does not name it"
    if state and state.suppressed:
        return f"{reader}: is suppressed: {state.suppressed}: {resume}"
    return f"{reader}: is paused: {resume}" if state and state.paused else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
