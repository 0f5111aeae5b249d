"""The only home of Biopython's Entrez: parameters to bytes, with its pace, deadline and errors.

Bio.Entrez builds each request and opens it. What it does beyond that is switched off or bounded
here, because it is no transport to rely on: it tries again without a pause, and behind an HTTPS
proxy with the key in clear text; it has no timeout; its own limiter knows no other process, and
sleeps for hours when the clock is set back. Its two functions are private, since the public ones
know NCBI's address only; the version is pinned, and a test holds what is used.

Every call is a POST: a query of any length passes, and no address in a log or an error can hold the
key.
"""

import json
import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.entities import html5
from http.client import HTTPException
from io import TextIOWrapper
from random import Random
from typing import NoReturn
from urllib.error import HTTPError
from urllib.parse import urlsplit

from Bio import Entrez as BioEntrez

from litwatch.errors import KeyRefused, SourceBusy, SourceError, TooMuch
from litwatch.fetch import replies
from litwatch.fetch.deadline import within
from litwatch.fetch.pace import Pace
from litwatch.fetch.replies import Endpoint, Reply
from litwatch.fetch.transport import BoundedRequest, fault_of, read_body
from litwatch.settings import Ncbi

log = logging.getLogger(__name__)

# For the whole process, once: set and reset around each call, it would be 3 again for a call that
# another thread makes at that moment.
BioEntrez.max_tries = 1

FIRST_WAIT_SECONDS = 2.0
WAIT_FACTOR = 4.0
LONGEST_WAIT_SECONDS = 64.0
JITTER = 1.25
"""Between tries: 2, 8, 32, 64 seconds, each up to a quarter longer."""
LONG_WAITS = 3
"""From this wait on, half a minute and more, a person is told of it."""
CLOCKS_APART = timedelta(days=1)
"""More than a wrong time zone explains."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds one request: each single wait, all its tries together, and its answer."""

    timeout_seconds: float = 30.0
    deadline_seconds: float = 180.0
    tries: int = 5
    answer_bytes: int = 200 * 1024 * 1024


DEFAULT_LIMITS = Limits()


class Entrez:
    """NCBI's E-utilities as one call: parameters in, the bytes of a checked answer out."""

    def __init__(
        self,
        ncbi: Ncbi,
        *,
        pace: Pace,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        random: Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._ncbi = ncbi
        self._server = urlsplit(ncbi.base_url).netloc.rpartition("@")[2]
        self._key = _spellings(ncbi.api_key.reveal())
        self._key_and_address = _spellings(ncbi.api_key.reveal(), ncbi.email)
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._random = random or Random()
        self._monotonic = monotonic
        self._limits = limits
        self._has_compared_clocks = False

    def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, str],
        *,
        tries_at_this_size: int | None = None,
    ) -> bytes:
        """The answer of one utility: whole, of the right kind, and without an error in it.

        What is transient is tried again, within the limits; `tries_at_this_size` is for a caller
        who will ask for less when a request proves too much. Raises SourceError and its kinds.
        """
        ends = self._monotonic() + self._limits.deadline_seconds
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._try(endpoint, params, ends)
            except SourceBusy as fault:
                allowed = self._limits.tries
                if isinstance(fault, TooMuch) and tries_at_this_size is not None:
                    allowed = tries_at_this_size
                pause = max(self._growing_wait(attempt), fault.wait_seconds)
                if attempt >= allowed or self._monotonic() + pause >= ends:
                    _give_up(fault, attempt)
                level = logging.WARNING if attempt >= LONG_WAITS else logging.INFO
                log.log(level, "%s; trying again in %.0f s", fault, pause)
                if fault.wait_seconds:
                    self._pace.slow_down(pause)
                self._sleep(pause)

    def _growing_wait(self, attempt: int) -> float:
        wait = min(FIRST_WAIT_SECONDS * WAIT_FACTOR ** (attempt - 1), LONGEST_WAIT_SECONDS)
        return wait * self._random.uniform(1.0, JITTER)

    def _try(self, endpoint: Endpoint, params: Mapping[str, str], ends: float) -> bytes:
        self._pace.wait()
        left = ends - self._monotonic()
        if left <= 0:
            raise SourceBusy(f"{self._server} could not be asked in time")
        request = self._request(endpoint, params, min(self._limits.timeout_seconds, left))
        try:
            reply = within(left, lambda: self._exchange(request))
        except OSError as error:
            raise fault_of(error, self._server) from error
        except (HTTPException, ValueError) as error:
            # Not kept as the cause: its text is the server's, which may repeat what we sent, or the
            # proxy's address with its password.
            raise fault_of(error, self._server) from None
        is_answer = replies.is_answer(endpoint, reply)
        # In a record the address may be its author's.
        secrets = self._key if is_answer and endpoint == "efetch" else self._key_and_address
        location = _redacted(reply.location.encode(), secrets).decode()
        safe = replace(reply, body=_redacted(reply.body, secrets), location=location)
        log.debug("%s: HTTP status %d, %d bytes", endpoint, reply.status, len(reply.body))
        if is_answer:
            self._compare_clocks(reply.sent_at)
            return safe.body
        log.debug("%s: HTTP status %d: %r", endpoint, reply.status, safe.body[: replies.HEAD])
        fault = replies.fault(endpoint, safe)
        if isinstance(fault, KeyRefused) and not self._ncbi.api_key:
            raise SourceError(
                f"NCBI {endpoint}: an API key is refused, and none was sent: a proxy?"
            )
        raise fault

    def _compare_clocks(self, theirs: datetime | None) -> None:
        """Warns once where the server's clock is days from ours: digests would bear a wrong date.

        No more than that: a run loses nothing by it, and a proxy's clock may be the wrong one.
        """
        if theirs is None or self._has_compared_clocks:
            return
        self._has_compared_clocks = True
        ours = self._clock()
        if abs(ours - theirs) > CLOCKS_APART:
            log.warning(
                "this machine's clock says %s UTC, and that of %s %s: set the clock",
                f"{ours.astimezone(UTC):%Y-%m-%d %H:%M}",
                self._server,
                f"{theirs:%Y-%m-%d %H:%M}",
            )

    def _request(
        self, endpoint: Endpoint, params: Mapping[str, str], timeout_seconds: float
    ) -> BoundedRequest:
        """A new request for each try: used twice, urllib leaks it past an HTTPS proxy."""
        url = f"{self._ncbi.base_url.rstrip('/')}/{endpoint}.fcgi"
        identity = {
            "tool": self._ncbi.tool,
            "email": self._ncbi.email,
            "api_key": self._ncbi.api_key.reveal() or None,
        }
        built = BioEntrez._build_request(url, {**params, **identity}, post=True)  # noqa: SLF001
        return BoundedRequest(built.full_url, built.data, timeout_seconds)

    def _exchange(self, request: BoundedRequest) -> Reply:
        # Its limiter takes the last call to be ages ago, and so never waits: ours does.
        BioEntrez._open.previous = -math.inf  # noqa: SLF001
        try:
            response = BioEntrez._open(request)  # noqa: SLF001
        except HTTPError as error:
            response = error
        except ValueError as error:
            if isinstance(error, UnicodeError) or not request.is_opened:
                raise
            # That is how urllib takes a redirect to what is no address.
            return Reply(status=302, body=b"")
        if isinstance(response, TextIOWrapper):
            response = response.detach()
        with closing(response):
            headers = response.headers
            return Reply(
                status=response.status,
                body=read_body(response, self._limits.answer_bytes),
                location=headers.get("Location", ""),
                retry_after_seconds=replies.retry_after(
                    headers.get("Retry-After", ""), self._clock()
                ),
                sent_at=replies.moment_of(headers.get("Date", "")),
            )


def _give_up(fault: SourceBusy, attempts: int) -> NoReturn:
    tries = "1 try" if attempts == 1 else f"{attempts} tries"
    message = f"{fault} ({tries})"
    raise type(fault)(message, wait_seconds=fault.wait_seconds) from fault.__cause__


def _redacted(body: bytes, secrets: re.Pattern[bytes] | None) -> bytes:
    """The body without the secrets that it may repeat, and otherwise byte by byte as it is."""
    return secrets.sub(b"***", body) if secrets else body


def _spellings(*secrets: str) -> re.Pattern[bytes] | None:
    """A pattern of the secrets, each character as it is or as URLs, HTML and JSON may spell it.

    Whatever is decoded later holds none of them: `html.unescape` reads a reference that is padded
    with zeros, or that has no semicolon.
    """
    patterns = ["".join(map(_spelt, secret)) for secret in secrets if secret]
    return re.compile("|".join(patterns).encode(), re.IGNORECASE) if patterns else None


def _spelt(character: str) -> str:
    number = ord(character)
    spellings = {
        character,
        "".join(f"%{byte:02x}" for byte in character.encode()),
        json.dumps(character)[1:-1],
        f"\\u{number:04x}",
        *(f"&{name}" for name, value in html5.items() if value == character),
    }
    literal = map(re.escape, sorted(spellings, key=len, reverse=True))
    return f"(?:{'|'.join(literal)}|&#0*{number};?|&#x0*{number:x};?)"
