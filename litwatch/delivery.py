"""The last third of a run: hand what lies in the outbox to the relay, or to files.

What became of each message is written down before and after it is tried, so any run goes on where
another stopped. Only a message that is itself refused is given up, and then its papers are owed
again; while the server is at fault, or the configuration, all wait. An address that a server twice
on end does not know is suppressed: what its reader is owed waits until a person resumes it.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from litwatch.config import Config
from litwatch.digest.files import write
from litwatch.digest.message import bounce_address
from litwatch.digest.send import Mailer, next_attempt
from litwatch.errors import DeliveryError
from litwatch.reports import DigestReport, RunError
from litwatch.settings import Smtp, printable
from litwatch.store import Store
from litwatch.store.outbox import OutboxEntry

PATIENCE = timedelta(days=1)
"""A deferral older than this needs attention; while a server is at fault, so long is waited."""
REFUSED = 500
"""SMTP replies from here on do not get better by waiting (RFC 5321 4.2.1)."""
REFUSALS = 2
"""So often on end a server may say that it knows no such mailbox before it is believed."""


class Delivery:
    """Delivers the outbox as of one moment; `reports` says what became of each message."""

    def __init__(
        self,
        store: Store,
        config: Config,
        *,
        at: datetime,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._config = config
        self._at = at
        self._clock = clock
        self._sleep = sleep
        self._readers = {subscriber.email for subscriber in config.subscribers}
        self.reports: dict[str, DigestReport] = {}
        self.errors: tuple[RunError, ...] = ()
        self.needs_attention = False

    def deliver(self) -> None:
        """Hands every message in the outbox whose turn has come to the relay, or to files."""
        rows = [row for row in self._store.outbox.due(self._at) if self._may_send(row)]
        if self._config.smtp is None:
            for row in rows:
                self._write_file(row)
        elif rows:
            self._store.make_durable()
            self._send(rows, self._config.smtp)
        waiting = self._store.outbox.deferred_since(self._at - PATIENCE)
        if any(not self._is_paused(row) for row in waiting):
            self.needs_attention = True

    def _may_send(self, row: OutboxEntry) -> bool:
        """Whether the reader still wants it: one who left gets nothing, one who pauses waits."""
        if row.email not in self._readers:
            self._store.outbox.mark_dropped(row.id, self._clock(), "the reader has left")
            return False
        state = self._store.subscribers.get(row.email)
        if state and state.suppressed:
            reason = f"the address is suppressed: {state.suppressed}"
            self._store.outbox.mark_dropped(row.id, self._clock(), reason)
            return False
        return not (state and state.paused)

    def _is_paused(self, row: OutboxEntry) -> bool:
        state = self._store.subscribers.get(row.email)
        return bool(state and state.paused)

    def preview(self) -> None:
        """Says of every message in the outbox that it would be sent."""
        for row in self._store.outbox.due(self._at):
            self._settle(row, "would-send")

    def _write_file(self, row: OutboxEntry) -> None:
        mail = self._store.outbox.mail(row.id)
        try:
            path = write(
                self._config.outbox,
                period_key=row.period_key,
                message_id=row.message_id or row.period_key,
                message=mail.message,
                html=mail.html,
                text=mail.text,
            )
        except DeliveryError as error:
            # It stays queued: a folder is put right by a person, not by waiting.
            self.errors += (RunError("outbox-unwritable", str(error)),)
            return
        self._store.outbox.mark_written(row.id, at=self._clock(), file=printable(path))
        self._settle(row, "written", file=printable(path))

    def _send(self, rows: Sequence[OutboxEntry], smtp: Smtp) -> None:
        with Mailer(smtp, sleep=self._sleep) as mailer:
            for number, row in enumerate(rows):
                message = self._store.outbox.mail(row.id).message
                try:
                    mailer.make_ready()
                    self._store.outbox.mark_sending(row.id, at=self._clock())
                    sender = bounce_address(self._config.mail, row.message_id or "")
                    reply = mailer.send(sender, row.email, message)
                except DeliveryError as error:
                    if error.batch:
                        self._defer_all(rows[number:], error)
                        return
                    self._refuse(row, error) if error.permanent else self._defer(row, error)
                    continue
                with self._store.transaction():
                    self._store.outbox.mark_sent(row.id, at=self._clock(), reply=reply)
                    self._store.subscribers.accepted(row.email)
                self._settle(row, "sent")

    def _defer_all(self, rows: Sequence[OutboxEntry], error: DeliveryError) -> None:
        """Puts all that is left off: the server takes nothing now, or wants another password."""
        for row in rows:
            self._defer(row, error)
        if error.code is not None and error.code >= REFUSED:
            self.errors += (RunError("delivery-refused", str(error)),)

    def _refuse(self, row: OutboxEntry, error: DeliveryError) -> None:
        with self._store.transaction():
            self._store.outbox.mark_failed(
                row.id,
                at=self._clock(),
                code=error.code,
                reply=str(error),
                in_doubt=_is_in_doubt(row, error),
            )
            suppressed = error.no_mailbox and self._suppress(row.email, error)
        remedy = f"; suppressed: litwatch subscribers resume {row.email}" if suppressed else ""
        self.errors += (RunError("delivery-failed", f"{row.email}: {error}{remedy}"),)
        self._settle(row, "failed")

    def _suppress(self, email: str, error: DeliveryError) -> bool:
        """Whether the server has said too often that it knows no such mailbox."""
        if self._store.subscribers.refused(email) < REFUSALS:
            return False
        on = f"{self._clock():%Y-%m-%d}"
        reason = f"no such mailbox, said {REFUSALS} times on end, last on {on}: {error}"
        self._store.subscribers.suppress(email, reason)
        return True

    def _defer(self, row: OutboxEntry, error: DeliveryError) -> None:
        """Puts a message off; after the last attempt it has failed."""
        at = self._clock()
        again = next_attempt(row.attempts + 1, at)
        if again is None and error.batch:
            # The server is at fault, or the configuration: no message is given up for that.
            again = at + PATIENCE
        if again is None:
            self._refuse(row, error)
            return
        self._store.outbox.mark_deferred(
            row.id,
            at=at,
            next_attempt_at=again,
            code=error.code,
            reply=str(error),
            attempts=row.attempts + 1,
            in_doubt=_is_in_doubt(row, error),
        )
        self._settle(row, "deferred")

    def _settle(self, row: OutboxEntry, status: str, file: str | None = None) -> None:
        self.reports[row.message_id or row.email] = DigestReport(
            row.email, row.articles, row.corrections, status, row.message_id, file
        )


def _is_in_doubt(row: OutboxEntry, error: DeliveryError) -> bool:
    """Whether the mail may have arrived: an answer is lost, or a run died while it was sent."""
    return error.in_doubt or row.state == "sending"
