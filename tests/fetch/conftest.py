"""A scripted HTTP server that fails in every way NCBI does, and a time that only sleeping moves."""

import socket
import struct
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

Step = Callable[["Handler"], None]


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def endpoint(self) -> str:
        return urlsplit(self.path).path.rpartition("/")[2].removesuffix(".fcgi")

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def pmids(self) -> list[str]:
        return self.params["id"].split(",")


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the server's script."""

    protocol_version = "HTTP/1.1"
    call: Call

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.call = Call(self.command, self.path, self.rfile.read(length), headers)
        self.server.scripted.next_step(self.call)(self)  # type: ignore[attr-defined]

    do_GET = do_POST  # noqa: N815 - http.server's name

    def log_message(self, *_: object) -> None:
        """Keeps the test's output to the test."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that gave up is what many scripts are about."""


@dataclass
class Scripted:
    """What the server does: the steps in turn, and afterwards what `otherwise` says."""

    steps: list[Step] = field(default_factory=list)
    otherwise: Callable[[Call], Step] | None = None
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def next_step(self, call: Call) -> Step:
        self.calls.append(call)
        if self.steps:
            return self.steps.pop(0)
        assert self.otherwise is not None, "the script has no further step"
        return self.otherwise(call)


class Does:
    """The steps that a script is made of."""

    @staticmethod
    def answer(
        body: bytes,
        *,
        status: int = 200,
        framing: str = "length",
        claim: int = 0,
        **headers: str,
    ) -> Step:
        """Answers; `framing` is length, chunked, chunked-cut or close; `claim` lengthens it."""

        def step(handler: Handler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Type": "text/xml; charset=UTF-8", **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            if framing == "length":
                handler.send_header("Content-Length", str(len(body) + claim))
            elif framing.startswith("chunked"):
                handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.close_connection = True
            if framing.startswith("chunked"):
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(body), body))
                if framing == "chunked":
                    handler.wfile.write(b"0\r\n\r\n")
            else:
                handler.wfile.write(body)

        return step

    @staticmethod
    def raw(reply: bytes) -> Step:
        """Writes these very bytes and closes."""

        def step(handler: Handler) -> None:
            handler.close_connection = True
            handler.wfile.write(reply)

        return step

    @staticmethod
    def hang_up(handler: Handler) -> None:
        """Closes the connection without a word."""
        handler.close_connection = True

    @staticmethod
    def reset(handler: Handler) -> None:
        """Resets the connection."""
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    @staticmethod
    def stall(beginning: bytes = b"") -> Step:
        """Writes a beginning, and then nothing until the test is over."""

        def step(handler: Handler) -> None:
            handler.close_connection = True
            handler.wfile.write(beginning)
            handler.server.scripted.over.wait(10)  # type: ignore[attr-defined]

        return step

    @staticmethod
    def drip(beginning: bytes, every_seconds: float = 0.02) -> Step:
        """Writes a beginning, and then a byte now and then until the test is over."""

        def step(handler: Handler) -> None:
            handler.close_connection = True
            handler.wfile.write(beginning)
            while not handler.server.scripted.over.wait(every_seconds):  # type: ignore[attr-defined]
                handler.wfile.write(b"x")

        return step


@pytest.fixture
def does() -> type[Does]:
    return Does


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on this machine."""
    scripted = Scripted()
    httpd = Server(("127.0.0.1", 0), Handler)
    httpd.scripted = scripted  # type: ignore[attr-defined]
    scripted.url = f"http://127.0.0.1:{httpd.server_port}/entrez/eutils/"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield scripted
    scripted.over.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


class VirtualTime:
    """A time in seconds that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def virtual_time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxies are not the tests'; urllib keeps those of its first call."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)
