"""A proxy behind which NCBI's own addresses are the stand-in, and the rest of the world is not.

    with StandIn(library, clock) as stand_in, Proxy(stand_in, folder) as proxy:
        subprocess.run(["litwatch", "run"], env=os.environ | proxy.environment)

A client with these variables reaches `https://eutils.ncbi.nlm.nih.gov` as it would reach NCBI, by
CONNECT and TLS, with its configuration untouched; every other host is refused. What it asked for
stands in `log`: so a test can say that nothing else was contacted, and nothing sent in the clear.
"""

import ssl
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Literal, Self

from litwatch.demo.certificate import make_certificate
from litwatch.demo.server import StandIn

EUTILS = "eutils.ncbi.nlm.nih.gov"
MISUSE = "misuse.ncbi.nlm.nih.gov"
DTD = "dtd.nlm.nih.gov"
HOSTS = (EUTILS, MISUSE)
"""What a client of the E-utilities has reason to ask for: the service, and where a block leads."""
Outcome = Literal["served", "refused", "unknown", "distrusted", "in the clear"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked the proxy for: `target` is `host:443`, or a whole URL in the clear.

    `unknown` is a client without the login; `distrusted` one that broke off the handshake, since it
    does not trust the certificate.
    """

    method: str
    target: str
    outcome: Outcome


class Proxy:
    """An HTTP proxy on 127.0.0.1 that leads `hosts` to a stand-in; its certificate is in `folder`.

    Only port 443 is led on, and nothing in the clear: NCBI takes HTTPS alone. With a `login`
    (`name:password`) it wants that of its clients, as the proxies of hospitals do.
    """

    def __init__(
        self, stand_in: StandIn, folder: Path, *, hosts: Collection[str] = HOSTS, login: str = ""
    ) -> None:
        made = make_certificate(tuple(hosts), folder)
        self.certificate = made.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        self._server = _Server(stand_in, context, hosts, login)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the proxy is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that send a process through the proxy and have it trust the certificate.

        Python's `ssl` reads the one, `requests` the other.
        """
        names = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(self.certificate))
        return dict.fromkeys(names, self.url) | dict.fromkeys(("NO_PROXY", "no_proxy"), "") | trust

    @property
    def log(self) -> tuple[Asked, ...]:
        """Everything that was asked for, as it came: a secret sent in the clear stands in it.

        It waits for handshakes that are under way, whose outcome the client may know first.
        """
        return self._server.log()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, stand_in: StandIn, context: ssl.SSLContext, hosts: Collection[str], login: str
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stand_in = stand_in
        self.context = context
        self.targets = frozenset(f"{host}:443" for host in hosts)
        self._asked: list[Asked] = []
        self._handshakes = 0
        self._changed = Condition()
        self._authorization = f"Basic {b64encode(login.encode()).decode()}" if login else ""

    def log(self) -> tuple[Asked, ...]:
        with self._changed:
            self._changed.wait_for(lambda: not self._handshakes, timeout=5)
            return tuple(self._asked)

    def note(self, asked: Asked) -> None:
        with self._changed:
            self._asked.append(asked)

    @contextmanager
    def handshake(self) -> Iterator[None]:
        """Counts one as under way until it is noted how it ended."""
        with self._changed:
            self._handshakes += 1
        try:
            yield
        finally:
            with self._changed:
                self._handshakes -= 1
                self._changed.notify_all()

    def lets_in(self, authorization: str) -> bool:
        return self._authorization in ("", authorization)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_CONNECT(self) -> None:
        self.close_connection = True
        if not self.server.lets_in(self.headers.get("Proxy-Authorization", "")):
            self._ask_who_it_is()
            return
        if self.path.lower() not in self.server.targets:
            self._refuse("refused")
            return
        if tunnel := self._tunnel():
            with tunnel:
                self.server.stand_in.converse(tunnel, self.client_address)

    def _tunnel(self) -> ssl.SSLSocket | None:
        """The connection under TLS; None where the client broke off."""
        with self.server.handshake():
            self.send_response_only(200, "Connection established")
            self.end_headers()
            try:
                tunnel = self.server.context.wrap_socket(self.connection, server_side=True)
            except OSError:
                self._note("distrusted")
                return None
            self._note("served")
            return tunnel

    def do_GET(self) -> None:
        self._refuse("in the clear")

    def do_POST(self) -> None:
        self._refuse("in the clear")

    def _refuse(self, outcome: Outcome) -> None:
        self._note(outcome)
        self.close_connection = True
        with suppress(ConnectionError):
            self.send_error(403, "Forbidden by the test's proxy")

    def _ask_who_it_is(self) -> None:
        self._note("unknown")
        self.send_response_only(407, "Proxy Authentication Required")
        self.send_header("Proxy-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _note(self, outcome: Outcome) -> None:
        self.server.note(Asked(self.command, self.path, outcome))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the base's
        """Says nothing: `Proxy.log` holds every request."""
