"""Puts a reply on the wire, whole or broken: framing, compression, and how a connection ends.

A good reply is chunked and has no Content-Length, as NCBI's are (recorded 2024). The broken forms
are those that clients of NCBI have reported.
"""

import gzip
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from threading import Event

from litwatch.demo.calls import Reply, Silence

CHUNK = 16 * 1024
FLOOD_BYTES = 512 * 1024 * 1024
SESSION = "344D95A97FB1CEF7_0000SID"
_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "X-RateLimit-Limit,X-RateLimit-Remaining"),
    ("Cache-Control", "private"),
    ("NCBI-PHID", "322CCF3C14420015000059F439E0AA0F.1.1.m_1"),
    ("NCBI-SID", SESSION),
    ("Set-Cookie", f"ncbi_sid={SESSION}; path=/"),
)


@dataclass(frozen=True, slots=True)
class Wire:
    """How long things take on this wire: `stopped` ends every wait at once."""

    stopped: Event
    drip_seconds: float

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply | Silence) -> None:
        """Sends a reply, or none; what breaks the framing also ends the connection."""
        if not isinstance(reply, Reply):
            self._silence(handler, reply)
            return
        if reply.gzip or (reply.framing == "chunked" and _takes_gzip(handler)):
            reply = _compressed(reply)
        self._head(handler, reply)
        if handler.command == "HEAD":
            return
        match reply.framing:
            case "chunked":
                _send_chunks(handler, reply.body)
                handler.wfile.write(b"0\r\n\r\n")
            case "cut":
                _send_chunks(handler, reply.body[: len(reply.body) // 2])
            case "stall":
                _send_chunks(handler, reply.body[: len(reply.body) // 2])
                self._wait_for_the_end(handler)
            case "drip":
                self._drip(handler, reply.body)
            case "flood":
                _flood(handler, reply.body)
            case "length" | "short" | "unframed":
                handler.wfile.write(reply.body)

    def _head(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        for name, value in (*_HEADERS, *reply.headers):
            handler.send_header(name, value)
        if reply.framing in ("length", "short"):
            missing = 1000 if reply.framing == "short" else 0
            handler.send_header("Content-Length", str(len(reply.body) + missing))
        elif reply.framing != "unframed":
            handler.send_header("Transfer-Encoding", "chunked")
        if reply.framing not in ("chunked", "length"):
            handler.close_connection = True
        if handler.close_connection:
            handler.send_header("Connection", "close")
        else:
            handler.send_header("Connection", "Keep-Alive")
            handler.send_header("Keep-Alive", "timeout=4, max=40")
        handler.end_headers()

    def _silence(self, handler: BaseHTTPRequestHandler, silence: Silence) -> None:
        handler.close_connection = True
        if silence == "silent":
            self._wait_for_the_end(handler)
        elif silence == "reset":
            # Closing with a linger time of zero sends RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.rfile.close()
            handler.connection.close()

    def _drip(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        for position in range(len(body)):
            _send_chunks(handler, body[position : position + 1])
            if self.stopped.wait(self.drip_seconds):
                return
        handler.wfile.write(b"0\r\n\r\n")

    def _wait_for_the_end(self, handler: BaseHTTPRequestHandler) -> None:
        """Until the client gives up, or the server stops."""
        handler.connection.settimeout(0.05)
        while not self.stopped.is_set():
            try:
                if not handler.connection.recv(1024):
                    return
            except TimeoutError:
                continue


def _takes_gzip(handler: BaseHTTPRequestHandler) -> bool:
    return "gzip" in handler.headers.get("Accept-Encoding", "")


def _compressed(reply: Reply) -> Reply:
    return replace(
        reply,
        body=gzip.compress(reply.body, mtime=0),
        headers=(*reply.headers, ("Content-Encoding", "gzip")),
    )


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]


def _send_chunks(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    for chunk in _chunks(body):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))


def _flood(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """The body, and half a gigabyte of blanks after it."""
    _send_chunks(handler, body)
    blanks = b" " * CHUNK
    for _ in range(FLOOD_BYTES // CHUNK):
        _send_chunks(handler, blanks)
    handler.wfile.write(b"0\r\n\r\n")
