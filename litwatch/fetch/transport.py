"""One exchange over HTTP: what Bio.Entrez's opener leaves open, and what went wrong, in words.

The opener calls `urlopen` with a request and nothing else, so all that bounds the exchange must be
carried by the request itself: process-wide settings (`socket.setdefaulttimeout`, `install_opener`)
would reach every other socket of the process.
"""

import re
import ssl
import zlib
from email.message import Message
from http.client import HTTPException, IncompleteRead, InvalidURL
from ipaddress import ip_address
from socket import gaierror
from typing import Protocol
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request

from litwatch.errors import SourceError, TooMuch, Unreachable

BLOCK_BYTES = 64 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}")


class BoundedRequest(Request):
    """A POST with a timeout, that follows no redirect and reaches this machine without a proxy.

    - `urlopen` asks its request for the timeout, after setting it to none;
    - a redirected POST would arrive elsewhere as a GET without its parameters: an empty query; and
      from the page of a block (misuse.ncbi.nlm.nih.gov) there is nothing to fetch. urllib follows
      no redirect of a request that has gone round often enough;
    - a proxy of the network knows no server on the loopback address.
    """

    def __init__(self, url: str, data: bytes, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self.is_opened = False
        super().__init__(url, data=data, method="POST")
        self.redirect_dict = dict.fromkeys(range(HTTPRedirectHandler.max_redirections), 1)

    @property
    def timeout(self) -> float | None:
        """How long each single wait may last, in seconds; who asks is opening the connection."""
        self.is_opened = True
        return self._timeout_seconds

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        """Keeps the request's own timeout."""

    def set_proxy(self, host: str, type: str) -> None:  # noqa: A002 - urllib's name
        """Sends the request through a proxy, unless its server is on this machine."""
        if not (self.type == type and _is_loopback(self.host)):
            super().set_proxy(host, type)


class Response(Protocol):
    """What urllib returns for an answer, and raises for one with an error's status."""

    headers: Message

    def read(self, amt: int, /) -> bytes:
        """At most `amt` bytes of the body, none at its end."""
        ...


def read_body(response: Response, limit_bytes: int) -> bytes:
    """The whole body, decoded. Raises IncompleteRead where the connection ended too early.

    http.client itself notices a cut body only where it is chunked, or read in one piece.
    """
    body = bytearray()
    while block := response.read(BLOCK_BYTES):
        body += block
        _check_size(len(body), limit_bytes)
    length = response.headers.get("Content-Length", "")
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    if _LENGTH.fullmatch(length) and len(body) < int(length) and not chunked:
        raise IncompleteRead(bytes(body), int(length) - len(body))
    return _decoded(bytes(body), response.headers.get("Content-Encoding", ""), limit_bytes)


def fault_of(error: OSError | HTTPException | ValueError, server: str) -> SourceError:
    """What a failed exchange means: an error of ours, in one line that names the server."""
    reason = error.reason if isinstance(error, URLError) else error
    words = _words(reason)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return SourceError(
            f"{server} cannot be reached: {words}: check this machine's clock and its certificates "
            "(where a proxy inspects TLS, SSL_CERT_FILE must name the proxy's certificate)"
        )
    if "Tunnel connection failed: 4" in str(reason):
        return SourceError(
            f"{server} cannot be reached: the proxy refuses: {words}: check the proxy's address "
            "and login in HTTPS_PROXY"
        )
    if isinstance(error, InvalidURL | UnicodeError):
        return SourceError(
            f"{server} cannot be reached: there can be no such address: check ncbi.base_url, and "
            "the proxy's address in HTTPS_PROXY"
        )
    if isinstance(error, ValueError):
        return SourceError(
            f"{server} cannot be reached: the proxy's address in HTTPS_PROXY is wrong"
        )
    if isinstance(error, URLError):
        return Unreachable(f"{server} cannot be reached: {words}")
    return TooMuch(f"{server} gave no whole answer: {words}")


def _words(reason: object) -> str:
    match reason:
        case ssl.SSLCertVerificationError():
            return f"its TLS certificate is not accepted ({_ssl_words(reason)})"
        case ssl.SSLError():
            return f"TLS failed ({_ssl_words(reason)})"
        case gaierror():
            return "its name cannot be resolved"
        case ConnectionRefusedError():
            return "the connection was refused"
        case TimeoutError():
            return "no answer in time"
        case IncompleteRead():
            return "it was cut short or broken"
        case ConnectionError():
            return "the connection was closed by the other side"
        case OSError():
            return reason.strerror or str(reason)
        case HTTPException():
            return "it is no HTTP"
    return str(reason)


def _ssl_words(error: ssl.SSLError) -> str:
    """The library's words without its own place in C."""
    return (error.strerror or str(error)).partition(" (_ssl.c")[0]


def _is_loopback(host: str | None) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _decoded(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """The body without its compression, which some servers and proxies apply unasked."""
    if body.startswith(b"\x1f\x8b"):
        unzip = zlib.decompressobj(wbits=31)
        try:
            plain = unzip.decompress(body, limit_bytes + 1)
        except zlib.error as error:
            raise IncompleteRead(b"") from error
        _check_size(len(plain), limit_bytes)
        if not unzip.eof:
            raise IncompleteRead(plain)
        return plain
    if encoding.lower() not in {"", "identity", "gzip", "x-gzip"}:
        raise SourceError("NCBI compressed its answer in a way that was not asked for")
    return body


def _check_size(size: int, limit_bytes: int) -> None:
    if size > limit_bytes:
        raise SourceError(f"NCBI sent more than {limit_bytes:,} bytes: the answer was given up")
