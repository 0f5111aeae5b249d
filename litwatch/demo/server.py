"""The stand-in of PubMed: a real HTTP server on the loopback, for the demo and for every test.

    with StandIn(Library(records.load()), clock) as stand_in:
        ...  # ask stand_in.base_url; read stand_in.log; plan trouble with stand_in.fail(...)

It speaks as the E-utilities do, by NCBI's manual (NBK25497, NBK25499), the PubMed User Guide and
recorded replies, and never uses the network itself.
"""

import socket
import ssl
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from litwatch.demo.calls import Options, Params
from litwatch.demo.faults import FAULTS, Fault
from litwatch.demo.library import Library
from litwatch.demo.limiter import Limiter
from litwatch.demo.service import DTD, PATH, Request, Service
from litwatch.demo.view import PHRASES, Vocabulary
from litwatch.demo.wire import Wire

_GONE = (ConnectionError, TimeoutError, ssl.SSLError)
"""How it shows that a client has gone away; under TLS as a breach of the protocol."""
IDLE_SECONDS = 30
"""How long a connection may be idle; more than is announced, for a machine under load."""
FORM = "application/x-www-form-urlencoded"


class StandIn:
    """PubMed on 127.0.0.1, at a virtual time: `clock` says what the moment is at each request.

    With `rate_limit` three requests a second are allowed, ten with one of `known_keys` (any other
    key is refused), counted by `monotonic`. `phrases` are known to the index though no record holds
    them. Leaving the `with` block raises what crashed inside the server; a `strict` stand-in also
    raises where a request lacked the tool or the address that NCBI asks for in each.
    """

    def __init__(
        self,
        library: Library,
        clock: Callable[[], datetime],
        *,
        rate_limit: bool = True,
        strict: bool = False,
        known_keys: Collection[str] = (),
        port: int = 0,
        phrases: Collection[str] = PHRASES,
        options: Options | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        drip_seconds: float = 1.0,
    ) -> None:
        self._service = Service(
            library,
            clock,
            limiter=Limiter(monotonic) if rate_limit else None,
            known_keys=known_keys,
            vocabulary=Vocabulary(phrases),
            options=options or Options(),
        )
        self._clock = clock
        self._monotonic = monotonic
        self._port = port
        self._strict = strict
        self._drip_seconds = drip_seconds
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        # PubMed has its index before a request comes; here the first one would wait for it.
        _ = self._service.library.documents
        wire = Wire(Event(), self._drip_seconds)
        self._server = _Server(self._port, self._service, wire, self._clock, self._monotonic)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is None:
            return
        self._server.stop()
        if error is None and self._server.crashes:
            raise self._server.crashes[0]
        nameless = {request.endpoint for request in self.log if request.is_anonymous}
        if error is None and self._strict and nameless:
            raise RuntimeError(f"without tool or email: requests at {', '.join(sorted(nameless))}")

    @property
    def base_url(self) -> str:
        """Where the endpoints are: `http://127.0.0.1:PORT/entrez/eutils/`."""
        if self._server is None:
            raise RuntimeError("the stand-in has not been started: use it in a with statement")
        return self._server.root + PATH

    @property
    def log(self) -> tuple[Request, ...]:
        """Every request so far; no key stands in it."""
        return self._service.log

    @property
    def options(self) -> Options:
        """Which of PubMed's faces is shown; may be replaced between requests."""
        return self._service.options

    @options.setter
    def options(self, options: Options) -> None:
        self._service.options = options

    def fail(
        self,
        endpoint: str,
        fault: str | Fault,
        *,
        times: int | None = 1,
        after: int = 0,
        ids: Collection[str] = (),
        more_than: int = 0,
    ) -> None:
        """Plans a fault, by its name in `faults.toml` or of one's own, for coming requests.

        It meets the calls of the endpoint (`*`: of any) that name one of `ids` (none: all calls)
        and more ids than `more_than` (0: however many), spares the first `after` of them, and
        happens `times` times (None: always).
        """
        chosen = FAULTS[fault] if isinstance(fault, str) else fault
        self._service.script.plan(
            endpoint, chosen, times=times, after=after, ids=ids, more_than=more_than
        )

    def heal(self) -> None:
        """Forgets every fault that was planned."""
        self._service.script.clear()

    def converse(self, connection: socket.socket, address: Any) -> None:
        """Answers on a connection that another server has accepted, until it ends: proxy.py."""
        if self._server is None:
            raise RuntimeError("the stand-in has not been started: use it in a with statement")
        self._server.converse(connection, address)

    def expire_history(self) -> None:
        """Forgets every WebEnv, as NCBI may do within minutes."""
        self._service.history.expire()


class _Server(ThreadingHTTPServer):
    """Counts its open connections, so that stopping leaves no socket and no thread behind."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        service: Service,
        wire: Wire,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.service = service
        self.wire = wire
        self.clock = clock
        self.monotonic = monotonic
        self.root = f"http://127.0.0.1:{self.server_port}"
        self.crashes: list[Exception] = []
        self._open: set[socket.socket] = set()
        self._closed = Condition()
        self._thread = Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.wire.stopped.set()
        self.shutdown()
        self._thread.join()
        with self._closed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._closed.wait_for(lambda: not self._open, timeout=5)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._closed:
            self._open.add(request)
        super().process_request(request, client_address)

    def converse(self, connection: socket.socket, client_address: Any) -> None:
        with self._closed:
            self._open.add(connection)
        self.process_request_thread(connection, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._closed:
            self._open.discard(request)
            self._closed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that goes away is no error; anything else fails the test that met it."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, _GONE):
            self.crashes.append(error)


class _Handler(BaseHTTPRequestHandler):
    """GET and POST mean the same; parameters may stand in the URL, in the form, or in both."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # Without it the small writes of a chunked body wait 40 ms for the client's delayed ACK.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer("")

    def do_HEAD(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._answer(body.decode("utf-8", "replace") if kind == FORM else "")

    def _answer(self, form: str) -> None:
        request = self._request(form)
        address = str(self.client_address[0])
        reply = self.server.service.respond(request, address=address, root=self._root())
        self.server.wire.send(self, reply)

    def _root(self) -> str:
        """Where the client sees this server; behind a proxy that is NCBI's own address."""
        if isinstance(self.connection, ssl.SSLSocket):
            return f"https://{self.headers.get('Host', '')}"
        return self.server.root

    def _request(self, form: str) -> Request:
        # The path may be a whole URL, as a proxy's client sends it.
        url = urlsplit(self.path)
        endpoint = DTD if url.path.endswith(".dtd") else url.path
        for suffix in (".fcgi", ".cgi"):
            if url.path.startswith(PATH) and url.path.endswith(suffix):
                endpoint = url.path.removeprefix(PATH).removesuffix(suffix)
        pairs = [
            pair
            for text in (url.query, form)
            for pair in parse_qsl(text, keep_blank_values=True, errors="replace")
        ]
        return Request(
            at=self.server.clock(),
            tick=self.server.monotonic(),
            method=self.command,
            endpoint=endpoint,
            path=url.path,
            params=Params(tuple(pairs)),
            headers=dict(self.headers.items()),
            url_length=len(self.path),
        )

    def version_string(self) -> str:
        return "Finatra"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The virtual time, so that a run leaves the same bytes each time."""
        moment = (
            self.server.clock() if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
        )
        return super().date_time_string(moment.timestamp())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is the base's
        """Says nothing: `StandIn.log` holds every request."""
