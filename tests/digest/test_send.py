"""From the outbox to a server over a socket, and to files."""

import base64
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from litwatch.digest.send import WAITS, Mailer, next_attempt
from litwatch.errors import DeliveryError
from litwatch.settings import Secret, Smtp
from postbox import HOST, Postbox, free_port, server_context, trusting

SENDER = "litwatch <litwatch@example.org>"
MESSAGE = b"Subject: a test\r\n\r\nFirst line\r\n.a line that begins with a dot\r\n"
PASSWORD = "hunter2-hunter2"
AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def refused(mailer: Mailer, recipient: str = "a@example.org") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        mailer.send(SENDER, recipient, MESSAGE)
    return caught.value


# ---- what is delivered -----------------------------------------------------------------------


def test_the_stored_bytes_arrive_as_they_are(serve: Callable[..., Smtp], postbox: Postbox) -> None:
    with Mailer(serve()) as mailer:
        reply = mailer.send(SENDER, "a@example.org", MESSAGE)

    assert reply == "250 kept as 17"
    assert postbox.kept == [("litwatch@example.org", ["a@example.org"], MESSAGE)]


def test_one_connection_serves_many_messages(serve: Callable[..., Smtp], postbox: Postbox) -> None:
    with Mailer(serve()) as mailer:
        for number in range(3):
            mailer.send(SENDER, f"r{number}@example.org", MESSAGE)

    assert postbox.recipients() == ["r0@example.org", "r1@example.org", "r2@example.org"]
    assert len(postbox.sessions) == 1


def test_a_connection_that_was_dropped_is_opened_again(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    with Mailer(serve()) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)
        server = postbox.sessions[0]
        server.loop.call_soon_threadsafe(server.transport.abort)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert postbox.recipients() == ["a@example.org", "b@example.org"]
    assert len(postbox.sessions) == 2


def test_a_mailer_that_sends_nothing_connects_to_nothing() -> None:
    with Mailer(Smtp("nowhere.invalid")) as mailer:
        assert mailer is not None


# ---- what is refused -------------------------------------------------------------------------


def test_one_refused_recipient_does_not_keep_the_others(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    postbox.answers["RCPT", "b@example.org"] = "550 5.1.1 no such user"
    with Mailer(serve()) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)
        error = refused(mailer, "b@example.org")
        mailer.send(SENDER, "c@example.org", MESSAGE)

    assert (error.permanent, error.batch, error.code) == (True, False, 550)
    assert "refused at RCPT: 550 5.1.1 no such user" in str(error)
    assert postbox.recipients() == ["a@example.org", "c@example.org"]
    assert len(postbox.sessions) == 1


@pytest.mark.parametrize(
    ("command", "answer", "permanent", "batch"),
    [
        ("RCPT", "450 4.2.1 greylisted", False, False),
        ("RCPT", "452 4.5.3 too many", False, False),
        ("RCPT", "550 5.7.1 relaying denied", True, False),
        ("RCPT", "421 4.7.0 too busy, closing", False, True),
        ("DATA", "451 4.3.0 try later", False, False),
        ("DATA", "554 5.7.1 spam", True, False),
        ("DATA", "552 5.3.4 too big", True, False),
        ("DATA", "421 4.3.2 going down", False, True),
        ("MAIL", "451 4.3.0 try later", False, False),
        ("MAIL", "550 5.7.1 sender refused", False, True),
        ("MAIL", "552 5.3.4 too big", True, False),
    ],
)
def test_a_refusal_says_whether_to_try_again_and_whom_it_concerns(
    serve: Callable[..., Smtp],
    postbox: Postbox,
    command: str,
    answer: str,
    permanent: bool,
    batch: bool,
) -> None:
    """A refused sender concerns every message, and so is put off until the operator mends it."""
    address = "litwatch@example.org" if command == "MAIL" else "a@example.org"
    postbox.answers[command, address] = answer
    with Mailer(serve()) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch, error.code) == (permanent, batch, int(answer[:3]))
    assert answer in str(error)
    assert postbox.kept == []


def test_after_a_421_the_next_message_has_a_new_connection(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    postbox.answers["RCPT", "a@example.org"] = "421 4.7.0 closing"
    with Mailer(serve()) as mailer:
        refused(mailer)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert len(postbox.sessions) == 2


def test_a_message_beyond_the_servers_limit_is_given_up(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    with Mailer(serve(data_size_limit=10)) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.code) == (True, 552)


def test_no_more_messages_are_begun_in_a_minute_than_the_relay_is_said_to_take(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    now, begun = [100.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    relay = replace(serve(), per_minute=3)
    with Mailer(relay, sleep=sleep, monotonic=lambda: now[0]) as mailer:
        for _ in range(8):
            mailer.send(SENDER, "a@example.org", MESSAGE)
            begun.append(now[0])
            now[0] += 1

    assert begun == [100.0, 101.0, 102.0, 160.0, 161.0, 162.0, 220.0, 221.0]
    assert len(postbox.kept) == 8


def test_without_a_limit_nothing_waits(serve: Callable[..., Smtp], postbox: Postbox) -> None:
    def sleep(_seconds: float) -> None:
        pytest.fail("it waited")

    with Mailer(replace(serve(), per_minute=0), sleep=sleep) as mailer:
        for _ in range(5):
            mailer.send(SENDER, "a@example.org", MESSAGE)

    assert len(postbox.kept) == 5


def test_a_reply_that_is_lost_is_asked_for_again_with_the_same_bytes(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    """The server kept the message; nobody can know that (RFC 1047), so it may arrive twice."""
    postbox.hangs_up_after_data = True
    with Mailer(serve()) as mailer:
        error = refused(mailer)
        mailer.send(SENDER, "a@example.org", MESSAGE)

    assert (error.permanent, error.batch, error.code) == (False, False, None)
    assert "the same message is sent again later" in str(error)
    assert postbox.kept[0] == postbox.kept[1]


def test_an_address_that_cannot_be_written_is_given_up_before_anything_is_sent(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    with Mailer(serve()) as mailer:
        error = refused(mailer, "a@example.org>\r\nRCPT TO:<b@example.org")
        mailer.send(SENDER, "c@example.org", MESSAGE)

    assert error.permanent
    assert postbox.recipients() == ["c@example.org"]


# ---- no connection ---------------------------------------------------------------------------


def test_a_refused_connection_lets_all_wait() -> None:
    with Mailer(Smtp(HOST, free_port(), security="none")) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert "cannot connect" in str(error)


def test_a_server_that_never_greets_is_left_after_the_timeout() -> None:
    with socket.create_server((HOST, 0)) as silent:
        smtp = Smtp(HOST, silent.getsockname()[1], security="none")
        begun = time.monotonic()
        with Mailer(smtp, timeout_seconds=0.2) as mailer:
            error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [(b"", "closed"), (b"421 too busy\r\n", "421 too busy"), (b"554 go away\r\n", "554 go away")],
)
def test_a_server_that_does_not_let_us_in_lets_all_wait(greeting: bytes, reason: str) -> None:
    with socket.create_server((HOST, 0)) as rude:

        def hang_up() -> None:
            with rude.accept()[0] as visitor:
                visitor.sendall(greeting)

        threading.Thread(target=hang_up, daemon=True).start()
        with Mailer(Smtp(HOST, rude.getsockname()[1], security="none")) as mailer:
            error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert reason in str(error)


def test_a_server_that_breaks_off_after_a_refusal_has_still_refused(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    postbox.answers["RCPT", "a@example.org"] = "550 5.1.1 no such user"
    postbox.hangs_up_at_reset = True
    with Mailer(serve()) as mailer:
        error = refused(mailer)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert (error.permanent, error.code) == (True, 550)
    assert len(postbox.sessions) == 2


# ---- encryption and log-in -------------------------------------------------------------------


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "starttls"])
def test_a_message_travels_encrypted(
    serve: Callable[..., Smtp], postbox: Postbox, tls: bool
) -> None:
    options = {} if tls else {"tls_context": server_context(), "require_starttls": True}
    with Mailer(serve(tls=tls, **options), context=trusting()) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)

    assert postbox.recipients() == ["a@example.org"]


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    serve: Callable[..., Smtp], postbox: Postbox, tls: bool
) -> None:
    options = {} if tls else {"tls_context": server_context()}
    with Mailer(serve(tls=tls, **options)) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert "certificate verify failed" in str(error)
    assert postbox.kept == []


def test_a_server_without_starttls_gets_nothing(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    plain = serve()
    with Mailer(Smtp(HOST, plain.port, security="starttls")) as mailer:
        error = refused(mailer)

    assert error.batch
    assert "STARTTLS" in str(error)
    assert postbox.kept == []


class Doorkeeper:
    """Lets one password in; answers every other by repeating it."""

    def __call__(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _mechanism: str,
        data: object,
    ) -> AuthResult:
        given_ = getattr(data, "password", b"").decode()
        if given_ == PASSWORD:
            return AuthResult(success=True)
        message = f"535 5.7.8 wrong: {given_} {base64.b64encode(given_.encode()).decode()}"
        return AuthResult(success=False, handled=False, message=message)


def guarded(serve: Callable[..., Smtp]) -> Smtp:
    return serve(tls_context=server_context(), authenticator=Doorkeeper(), auth_required=True)


def with_login(smtp: Smtp, password: str, **more: object) -> Smtp:
    known: dict[str, object] = {"security": smtp.security, "username": "litwatch"}
    return Smtp(smtp.host, smtp.port, password=Secret(password), **(known | more))  # type: ignore[arg-type]


def test_a_password_opens_the_relay(serve: Callable[..., Smtp], postbox: Postbox) -> None:
    with Mailer(with_login(guarded(serve), PASSWORD), context=trusting()) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)

    assert postbox.recipients() == ["a@example.org"]


def test_a_wrong_password_lets_all_wait_and_is_repeated_nowhere(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    wrong = "wrong-password-1"
    with Mailer(with_login(guarded(serve), wrong), context=trusting()) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch, error.code) == (False, True, 535)
    told = "".join(traceback.format_exception(error))
    assert wrong not in told
    assert base64.b64encode(wrong.encode()).decode() not in told
    assert error.__context__ is None
    assert error.__cause__ is None


def test_a_password_never_travels_in_clear() -> None:
    far = Smtp("smtp.example.org", 25, "none", "litwatch", Secret(PASSWORD))
    with Mailer(far) as mailer:
        error = refused(mailer)

    assert error.batch
    assert "in clear" in str(error)
    assert PASSWORD not in str(error)


def test_a_relay_on_this_machine_may_have_it_in_clear(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    near = serve(authenticator=Doorkeeper(), auth_require_tls=False)
    with Mailer(with_login(near, PASSWORD)) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)

    assert postbox.recipients() == ["a@example.org"]


def test_a_password_beyond_ascii_is_said_to_be_so(serve: Callable[..., Smtp]) -> None:
    with Mailer(with_login(guarded(serve), "pässword"), context=trusting()) as mailer:
        error = refused(mailer)

    assert "must be ASCII" in str(error)
    assert "pässword" not in str(error)


def test_a_server_that_offers_no_log_in_is_named(serve: Callable[..., Smtp]) -> None:
    with Mailer(with_login(serve(), PASSWORD)) as mailer:
        error = refused(mailer)

    assert error.batch
    assert "offers no log-in" in str(error)


def test_a_challenge_that_no_one_can_read_lets_all_wait() -> None:
    """The server asks for CRAM-MD5 (RFC 2195) and sends a challenge that is no base64."""
    with socket.create_server((HOST, 0)) as rude:

        def ask() -> None:
            with rude.accept()[0] as visitor:
                visitor.sendall(b"220 here\r\n")
                for answer in (b"250-here\r\n250 AUTH CRAM-MD5\r\n", b"334 abcde\r\n"):
                    visitor.recv(1000)
                    visitor.sendall(answer)
                visitor.recv(1000)

        threading.Thread(target=ask, daemon=True).start()
        port = rude.getsockname()[1]
        with Mailer(Smtp(HOST, port, "none", "litwatch", Secret(PASSWORD))) as mailer:
            error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert "the log-in broke off" in str(error)
    assert error.__cause__ is None


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_host_name_that_cannot_be_looked_up_lets_all_wait(security: str) -> None:
    with Mailer(Smtp(f"{'h' * 70}.example.org", 25, security)) as mailer:  # type: ignore[arg-type]
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert "cannot connect: " in str(error)


# ---- when to try again -----------------------------------------------------------------------


def test_the_first_retry_is_early_the_others_grow_and_the_last_is_days_later() -> None:
    moments = [AT]
    while again := next_attempt(len(moments), moments[-1]):
        moments.append(again)

    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert timedelta(minutes=5) <= waits[0] <= timedelta(minutes=10)
    assert min(waits[1:]) >= timedelta(minutes=30)
    assert waits == sorted(waits)
    assert timedelta(days=4) <= moments[-1] - AT <= timedelta(days=5)


@given(st.integers(1, 60))
def test_a_retry_is_always_later_or_never(attempts: int) -> None:
    again = next_attempt(attempts, AT)

    assert (again is None) == (attempts > len(WAITS))
    assert again is None or again > AT
