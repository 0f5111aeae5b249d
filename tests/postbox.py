"""A mail server on the loopback that keeps what it accepts, and refuses what it is told to."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from litwatch.settings import Smtp

HOST = "127.0.0.1"
CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"

Serve = Callable[..., Smtp]


class Postbox:
    """A server's mind: what it keeps, and what it answers to which command and address."""

    def __init__(self) -> None:
        self.kept: list[tuple[str | None, list[str], bytes]] = []
        self.sessions: list[SMTP] = []
        self.answers: dict[tuple[str, str], str] = {}
        self.hangs_up_after_data = False
        self.hangs_up_at_reset = False

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        answer = self.answers.get(("MAIL", address), "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if server not in self.sessions:
            self.sessions.append(server)
        answer = self.answers.get(("RCPT", address), "250 OK")
        if answer.startswith("25"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up_at_reset:
            assert server.transport
            server.transport.abort()
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.get(("DATA", envelope.rcpt_tos[0]), "250 kept as 17")
        if answer.startswith("250"):
            assert envelope.original_content is not None
            self.kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        if self.hangs_up_after_data:
            self.hangs_up_after_data = False
            assert server.transport
            server.transport.abort()
        return answer

    def recipients(self) -> list[str]:
        return [address for _, addresses, _ in self.kept for address in addresses]


@contextmanager
def serving(postbox: Postbox) -> Iterator[Serve]:
    """Starts a server on the loopback and says how to reach it."""
    with ExitStack() as stack:

        def start(*, tls: bool | ssl.SSLContext = False, **options: object) -> Smtp:
            controller = Controller(
                postbox,
                hostname=HOST,
                port=free_port(),
                ssl_context=server_context() if tls is True else tls or None,
                **options,
            )
            controller.start()
            stack.callback(controller.stop)
            security = "tls" if tls else "starttls" if options.get("tls_context") else "none"
            return Smtp(HOST, controller.port, security=security)

        yield start


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)
