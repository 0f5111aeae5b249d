"""A mail server that fails at one step, over a socket: the message is never lost, nor given up."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from litwatch.demo.certificate import make_certificate
from litwatch.digest.send import LAST_TIMEOUT_SECONDS, Mailer
from litwatch.errors import DeliveryError
from litwatch.settings import Secret, Smtp
from postbox import HOST, Postbox, free_port, server_context, trusting

SENDER = "litwatch <litwatch@example.org>"
MESSAGE = b"Subject: a test\r\n\r\nFirst line\r\n"
PASSWORD = "hunter2-hunter2"

HANG_UP = None
SILENCE = b""
"""Two things that a server does instead of an answer."""

Answers = dict[str, bytes | None]

WELL: Answers = {
    "greeting": b"220 here",
    "ehlo": b"250 here",
    "helo": b"250 here",
    "noop": b"250 OK",
    "rset": b"250 OK",
    "mail": b"250 OK",
    "rcpt": b"250 OK",
    "data": b"354 go on",
    "content": b"250 kept",
    "auth": b"235 come in",
    "quit": b"221 bye",
}


class Server:
    """A server that reads line by line; each of its first visitors meets the answers of a dict."""

    def __init__(self, *visits: Answers) -> None:
        self._visits = list(visits)
        self.kept: list[tuple[int, bytes]] = []
        self.heard: list[list[bytes]] = []
        self._stack = ExitStack()
        self._listener = self._stack.enter_context(socket.create_server((HOST, 0)))
        self.smtp = Smtp(HOST, self._listener.getsockname()[1], security="none")
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._stack.close()

    def _serve(self) -> None:
        while True:
            try:
                visitor = self._stack.enter_context(self._listener.accept()[0])
            except OSError:
                return
            self.heard.append([])
            answers = WELL | (self._visits.pop(0) if self._visits else {})
            threading.Thread(
                target=self._meet, args=(visitor, len(self.heard), answers), daemon=True
            ).start()

    def _meet(self, visitor: socket.socket, number: int, answers: Answers) -> None:
        with suppress(OSError), visitor, visitor.makefile("rb") as lines:
            if not self._answer(visitor, answers["greeting"]):
                return
            for line in lines:
                self.heard[number - 1].append(line)
                command = line[:4].decode("latin-1").lower()
                answer = answers.get(command, b"500 what?")
                if not self._answer(visitor, answer):
                    return
                if command == "data" and answer and answer.startswith(b"354"):
                    content = b"".join(iter(lines.readline, b".\r\n"))
                    if answers["content"] is not HANG_UP:
                        self.kept.append((number, content))
                    if not self._answer(visitor, answers["content"]):
                        return

    @staticmethod
    def _answer(visitor: socket.socket, answer: bytes | None) -> bool:
        """Answers, or says nothing; False: hangs up."""
        if answer is HANG_UP:
            return False
        visitor.sendall(answer + b"\r\n" if answer else b"")
        return True


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(*visits: Answers) -> Server:
            server = Server(*visits)
            stack.callback(server.close)
            return server

        yield begin


def refused(mailer: Mailer) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        mailer.send(SENDER, "a@example.org", MESSAGE)
    return caught.value


# ---- broken off, or silent ---------------------------------------------------------------------

AT_THE_DOOR = ("greeting", "ehlo")
WITH_A_MESSAGE = ("mail", "rcpt", "data", "content")


@pytest.mark.parametrize("fault", [HANG_UP, SILENCE], ids=["hangs up", "is silent"])
@pytest.mark.parametrize("step", AT_THE_DOOR)
def test_a_server_that_fails_at_the_door_lets_all_wait(
    start: Start, step: str, fault: bytes | None
) -> None:
    server = start({step: fault, "helo": fault})
    with Mailer(server.smtp, timeout_seconds=0.5, last_timeout_seconds=0.5) as mailer:
        error = refused(mailer)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert (error.permanent, error.batch) == (False, True)
    assert "cannot connect" in str(error)
    assert server.kept == [(2, MESSAGE)]


@pytest.mark.parametrize("fault", [HANG_UP, SILENCE], ids=["hangs up", "is silent"])
@pytest.mark.parametrize("step", WITH_A_MESSAGE)
def test_a_server_that_fails_with_a_message_gets_it_again_later_and_the_next_at_once(
    start: Start, step: str, fault: bytes | None
) -> None:
    """What a message meets alone puts off that message alone; the next has a new connection."""
    server = start({step: fault})
    with Mailer(server.smtp, timeout_seconds=0.5, last_timeout_seconds=0.5) as mailer:
        error = refused(mailer)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert (error.permanent, error.batch, error.code) == (False, False, None)
    assert error.in_doubt is (step == "content")
    assert "the same message is sent again later" in str(error)
    assert server.kept[-1] == (2, MESSAGE)


def test_a_server_that_hangs_up_in_the_middle_of_a_message_gets_it_again(start: Start) -> None:
    """More bytes than the socket's buffers hold, which nobody reads: the sending itself breaks."""
    large = b"Subject: large\r\n\r\n" + b"A line of a large message\r\n" * 400_000
    server = start({"data": HANG_UP})
    with socket.create_server((HOST, 0)) as listener:

        def break_off() -> None:
            with listener.accept()[0] as visitor, visitor.makefile("rb") as lines:
                visitor.sendall(b"220 here\r\n")
                for line in lines:
                    visitor.sendall(b"354 go on\r\n" if line == b"data\r\n" else b"250 OK\r\n")
                    if line == b"data\r\n":
                        lines.readline()
                        return

        threading.Thread(target=break_off, daemon=True).start()
        smtp = Smtp(HOST, listener.getsockname()[1], security="none")
        with Mailer(smtp) as mailer, pytest.raises(DeliveryError) as caught:
            mailer.send(SENDER, "a@example.org", large)

    assert (caught.value.permanent, caught.value.batch) == (False, False)
    assert server.kept == []


@pytest.mark.parametrize("fault", [HANG_UP, SILENCE, b"500 what?"])
def test_a_server_that_fails_at_the_farewell_has_all_messages(
    start: Start, fault: bytes | None
) -> None:
    server = start({"quit": fault})
    with Mailer(server.smtp, timeout_seconds=0.5, last_timeout_seconds=0.5) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)

    assert server.kept == [(1, MESSAGE)]


@pytest.mark.parametrize("fault", [HANG_UP, SILENCE, b"421 idle too long", b"500 what?"])
def test_a_connection_that_died_between_two_messages_is_opened_again(
    start: Start, fault: bytes | None
) -> None:
    server = start({"noop": fault})
    with Mailer(server.smtp, timeout_seconds=0.5, last_timeout_seconds=0.5) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert server.kept == [(1, MESSAGE), (2, MESSAGE)]


def test_the_reply_to_a_message_has_a_patience_of_its_own(start: Start) -> None:
    """RFC 5321 4.5.3.2.6: who hangs up before the server has filed the message sends it twice."""
    server = start({"content": SILENCE})
    with Mailer(server.smtp, timeout_seconds=60, last_timeout_seconds=0.2) as mailer:
        error = refused(mailer)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert error.in_doubt
    assert server.kept[-1] == (2, MESSAGE)
    assert LAST_TIMEOUT_SECONDS == 600


# ---- refused at each step ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "answer", "permanent", "batch"),
    [
        ("data", b"451 4.3.0 not now", False, False),
        ("data", b"554 5.5.1 no valid recipients", True, False),
        ("data", b"421 4.3.2 going down", False, True),
        ("mail", b"421 4.3.2 going down", False, True),
        ("mail", b"452 4.3.1 no room", False, False),
        ("mail", b"530 5.7.0 log in first", False, True),
        ("rcpt", b"250-5.1.1 no\r\n550 5.1.1 such user", True, False),
        ("rcpt", b"354 go on", False, False),
        ("content", b"421 4.3.2 going down", False, True),
        ("content", b"450 4.2.0 greylisted", False, False),
        ("content", b"554 5.7.1 spam", True, False),
    ],
)
def test_a_refusal_before_and_after_the_content_means_the_same(
    start: Start, step: str, answer: bytes, permanent: bool, batch: bool
) -> None:
    server = start({step: answer})
    with Mailer(server.smtp) as mailer:
        error = refused(mailer)

    code = int(answer.splitlines()[-1][:3])
    assert not error.in_doubt
    assert (error.permanent, error.batch, error.code) == (permanent, batch, code)


@pytest.mark.parametrize("step", WITH_A_MESSAGE)
@pytest.mark.parametrize(
    "answer", [b"I beg your pardon?", b"250 " + b"x" * 10_000, b"\xff\xfe\x00", b"2"]
)
def test_a_reply_that_no_one_can_read_is_no_refusal(start: Start, step: str, answer: bytes) -> None:
    """The server may have kept the message: to give it up would owe its papers a second time."""
    server = start({step: answer})
    with Mailer(server.smtp) as mailer:
        error = refused(mailer)
        mailer.send(SENDER, "b@example.org", MESSAGE)

    assert (error.permanent, error.batch) == (False, False)
    assert error.in_doubt is (step == "content")
    assert len(str(error)) < 400
    assert str(error).isprintable()
    assert server.kept[-1] == (2, MESSAGE)


def test_a_server_of_before_ehlo_is_spoken_to_with_helo(start: Start) -> None:
    server = start({"ehlo": b"502 what?"})
    with Mailer(server.smtp) as mailer:
        mailer.send(SENDER, "a@example.org", MESSAGE)

    assert server.kept == [(1, MESSAGE)]


# ---- encryption --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [b"454 4.7.0 TLS not available", b"501 what?", b"220 go on", HANG_UP, SILENCE]
)
def test_nothing_is_said_in_clear_where_the_encryption_fails(
    start: Start, answer: bytes | None
) -> None:
    """After "go on" this server speaks no TLS."""
    offers: Answers = {"ehlo": b"250-here\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS"}
    server = start(offers | {"star": answer})
    smtp = Smtp(HOST, server.smtp.port, "starttls", "litwatch", Secret(PASSWORD))
    with Mailer(smtp, timeout_seconds=0.5, last_timeout_seconds=0.5, context=trusting()) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    heard = {line[:4].upper() for line in server.heard[0]}
    assert {b"EHLO", b"STAR"} <= heard
    assert not {b"AUTH", b"MAIL"} & heard
    assert server.kept == []


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "starttls"])
def test_a_certificate_for_another_host_is_not_trusted(
    serve: Callable[..., Smtp], postbox: Postbox, tmp_path: Path, tls: bool
) -> None:
    made = make_certificate(["relay.example.org"], tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    relay = serve(tls=context) if tls else serve(tls_context=context)
    trusted = ssl.create_default_context(cafile=made.certificate)
    with Mailer(relay, context=trusted) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert "certificate" in str(error)
    assert "not valid for" in str(error)
    assert postbox.kept == []


def test_a_server_that_speaks_no_tls_gets_nothing(start: Start) -> None:
    server = start()
    with Mailer(
        Smtp(HOST, server.smtp.port, "tls"), timeout_seconds=1, last_timeout_seconds=1
    ) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
    assert server.kept == []


def test_a_server_that_wants_tls_and_is_met_in_clear_gets_nothing(
    serve: Callable[..., Smtp], postbox: Postbox
) -> None:
    relay = serve(tls_context=server_context(), require_starttls=True)
    with Mailer(Smtp(HOST, relay.port, "none")) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch, error.code) == (False, True, 530)
    assert postbox.kept == []


# ---- log-in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"535 5.7.8 wrong", 535),
        (b"454 4.7.0 not now", 454),
        (b"421 4.7.0 closing", 421),
        (b"534 5.7.9 too weak", 534),
        (HANG_UP, None),
        (SILENCE, None),
    ],
)
def test_a_log_in_that_fails_lets_all_wait_and_sends_no_message(
    start: Start, answer: bytes | None, code: int | None
) -> None:
    server = start({"ehlo": b"250-here\r\n250 AUTH PLAIN", "auth": answer})
    smtp = Smtp(HOST, server.smtp.port, "none", "litwatch", Secret(PASSWORD))
    with Mailer(smtp, timeout_seconds=0.5, last_timeout_seconds=0.5) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch, error.code) == (False, True, code)
    assert PASSWORD not in str(error)
    assert server.kept == []


def test_a_host_that_is_not_there_lets_all_wait() -> None:
    with Mailer(
        Smtp(HOST, free_port(), "tls"), timeout_seconds=1, last_timeout_seconds=1
    ) as mailer:
        error = refused(mailer)

    assert (error.permanent, error.batch) == (False, True)
