"""The outbox to SMTP: the only home of smtplib.

A message is sent as the very bytes that were stored, to one recipient a transaction, and every
failure becomes a DeliveryError that says what the outbox is to do: try this message again, give it
up (`permanent`), or let all wait (`batch`). Until the server's 250 after DATA nothing is accepted
(RFC 5321 6.1); a reply that is lost after it cannot be told from a refusal, so the same bytes are
sent again, under the same Message-ID (RFC 1047).
"""

import contextlib
import re
import smtplib
import ssl
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from ipaddress import ip_address
from types import TracebackType
from typing import Self

from litwatch.digest.message import one_line, wire_address
from litwatch.errors import DeliveryError
from litwatch.settings import Smtp

TIMEOUT_SECONDS = 60.0
LAST_TIMEOUT_SECONDS = 600.0
"""RFC 5321 4.5.3.2.6: who does not wait so long for the reply to the content sends it twice."""
MINUTE_SECONDS = 60.0
WAITS = (
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=1),
)
"""RFC 5321 4.5.4.1: half an hour apart or more, 4 to 5 days in all; the first early (greylists)."""

_REPLIES = range(200, 600)
"""RFC 5321 4.2.1; what else a server says leaves it open whether it took the message."""
_OK = 250
_ACCEPTED = {"RCPT": (250, 251, 252), "DATA": (354,)}
"""Replies that go on, where it is not 250 alone (RFC 5321 4.3.2)."""
_DOT = re.compile(rb"(?m)^\.")
_CLOSING = 421
_REFUSED = 400
_PERMANENT = 500
_TOO_BIG = 552
_MAX_REPLY = 200
_NO_MAILBOX_CODES = {550, 551, 553, 556}
"""Replies to RCPT that name the address as the fault (RFC 5321 4.2.3, RFC 7504)."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_NO_MAILBOX = re.compile(r"5\.(1\.([0-6]|10)|2\.1)\b")
"""Enhanced codes that do so (RFC 3463 3.2, 3.3; RFC 7505); 5.1.8 and 5.7.x blame the sender."""


def next_attempt(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many attempts, the last of them at `at`; None: give it up."""
    return at + WAITS[attempts - 1] if attempts <= len(WAITS) else None


class Mailer:
    """One connection to the relay, opened at the first message and again where it was dropped.

    It hands over `smtp.per_minute` messages in any minute at most, and sleeps where that is passed.
    """

    def __init__(
        self,
        smtp: Smtp,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        last_timeout_seconds: float = LAST_TIMEOUT_SECONDS,
        context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._smtp = smtp
        self._timeout_seconds = timeout_seconds
        self._last_timeout_seconds = last_timeout_seconds
        self._context = context or ssl.create_default_context()
        self._connection: smtplib.SMTP | None = None
        self._awaiting: smtplib.SMTP | None = None
        self._sleep = sleep
        self._monotonic = monotonic
        self._begun: deque[float] = deque(maxlen=smtp.per_minute)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._drop()

    def make_ready(self) -> None:
        """Waits for the next message's turn and for the server; raises DeliveryError, for all.

        Nothing was said of the message yet: what breaks off here leaves nothing in doubt.
        """
        self._awaiting = self._turn()

    def _turn(self) -> smtplib.SMTP:
        """The server's connection, once less than `per_minute` were begun in the minute before."""
        if self._begun and len(self._begun) == self._begun.maxlen:
            self._sleep(max(0.0, self._begun[0] + MINUTE_SECONDS - self._monotonic()))
        return self._ready()

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Hands a message to the relay and returns its reply; raises DeliveryError.

        `sender` is an address or `Name <address>`, `recipient` a bare address.
        """
        sender, recipient = wire_address(parseaddr(sender)[1]), wire_address(recipient)
        connection, self._awaiting = self._awaiting or self._turn(), None
        self._begun.append(self._monotonic())
        try:
            size = [f"size={len(message)}"] if connection.has_extn("size") else []
            self._accept("MAIL", *connection.mail(sender, size))
            self._accept("RCPT", *connection.rcpt(recipient))
            self._accept("DATA", *connection.docmd("DATA"))
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error, in_doubt=False) from error
        try:
            return self._accept("the end of DATA", *self._hand_over(connection, message))
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error, in_doubt=True) from error

    def _hand_over(self, connection: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
        """Sends the content, its dots doubled (RFC 5321 4.5.2), and returns the server's reply."""
        ending = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
        connection.send(_DOT.sub(b"..", message) + ending)
        if connection.sock:
            connection.sock.settimeout(self._last_timeout_seconds)
        reply = connection.getreply()
        if connection.sock:
            connection.sock.settimeout(self._timeout_seconds)
        return reply

    def _broken(self, error: smtplib.SMTPException | OSError, *, in_doubt: bool) -> DeliveryError:
        """Hangs up; what a lost reply means for the message."""
        self._drop()
        return DeliveryError(
            f"{self._where}: the connection broke before the server's reply: {_reason(error)}; "
            "the same message is sent again later",
            in_doubt=in_doubt,
        )

    def _accept(self, command: str, code: int, reply: bytes) -> str:
        """The reply where the server accepts the command; else ends the transaction and raises."""
        if code not in _REPLIES:
            raise smtplib.SMTPException("the server's reply cannot be read")
        if code in _ACCEPTED.get(command, (_OK,)):
            return f"{code} {_readable(reply)}"
        if code == _CLOSING or command == "DATA":
            self._drop()
        elif self._connection:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.rset()
        raise _refusal(self._where, command, code, reply)

    @property
    def _where(self) -> str:
        return f"{self._smtp.host}:{self._smtp.port}"

    def _ready(self) -> smtplib.SMTP:
        """The open connection; a new one where there is none or the server has hung up."""
        if self._connection:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._connection.noop()[0] == _OK:
                    return self._connection
            self._drop()
        self._check_login()
        try:
            self._connection = self._connect()
            self._secure(self._connection)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:  # no host has such a name
            self._drop()
            reason = _reason(error)
            raise DeliveryError(f"{self._where}: cannot connect: {reason}", batch=True) from error
        self._log_in(self._connection)
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        host, port, timeout = self._smtp.host, self._smtp.port, self._timeout_seconds
        if self._smtp.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._context)
        return smtplib.SMTP(host, port, timeout=timeout)

    def _secure(self, connection: smtplib.SMTP) -> None:
        if self._smtp.security == "starttls":
            connection.starttls(context=self._context)
        connection.ehlo_or_helo_if_needed()

    def _check_login(self) -> None:
        """Raises where user name and password must not or cannot be sent."""
        smtp = self._smtp
        if not smtp.username:
            return
        if smtp.security == "none" and not _is_this_machine(smtp.host):
            hint = "set smtp.security to starttls or tls"
            raise DeliveryError(
                f"{self._where}: the password would go in clear: {hint}", batch=True
            )
        if not (smtp.username + smtp.password.reveal()).isascii():
            fault = "user name and password must be ASCII"
            raise DeliveryError(f"{self._where}: {fault}", batch=True)

    def _log_in(self, connection: smtplib.SMTP) -> None:
        """Logs in where there is a user name.

        What the server answers may repeat the password, so the error keeps neither its text nor
        smtplib's exception.
        """
        fault, code = "", None
        try:
            if self._smtp.username:
                connection.login(self._smtp.username, self._smtp.password.reveal())
        except smtplib.SMTPResponseException as error:
            fault, code = f"user name or password refused ({error.smtp_code})", error.smtp_code
        except smtplib.SMTPNotSupportedError:
            fault = "the server offers no log-in: leave smtp.username out, or use another port"
        except (smtplib.SMTPException, OSError, ValueError) as error:  # a challenge not in base64
            fault = f"the log-in broke off ({type(error).__name__})"
        if fault:
            self._drop()
            raise DeliveryError(f"{self._where}: {fault}", batch=True, code=code)

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


def _refusal(where: str, command: str, code: int, reply: bytes | str) -> DeliveryError:
    """What a refusal means (RFC 5321 4.2.1): 4xx later, 5xx for good.

    A refused sender and a server that closes concern every message, and so wait for the operator.
    """
    is_ours = command == "MAIL" and code != _TOO_BIG
    enhanced = _ENHANCED.match(_readable(reply))
    knows_none = _NO_MAILBOX.match(enhanced[0]) if enhanced else code in _NO_MAILBOX_CODES
    return DeliveryError(
        f"{where}: refused at {command}: {code} {_readable(reply)}",
        permanent=code >= _PERMANENT and not is_ours,
        batch=code == _CLOSING or (is_ours and code >= _PERMANENT),
        code=code,
        no_mailbox=command == "RCPT" and code >= _PERMANENT and bool(knows_none),
        in_doubt=command == "the end of DATA" and code < _REFUSED,
    )


def _reason(error: smtplib.SMTPException | OSError | UnicodeError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_readable(error.smtp_error)}"
    return one_line(str(error)) or type(error).__name__


def _readable(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return one_line(text)[:_MAX_REPLY]


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
