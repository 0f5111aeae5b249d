"""What a failed exchange is called, and work that must end in time."""

import errno
import socket
import ssl
import threading
import time
from http.client import BadStatusLine, IncompleteRead, InvalidURL, RemoteDisconnected
from urllib.error import URLError

import pytest

from litwatch.errors import SourceError, TooMuch, Unreachable
from litwatch.fetch.deadline import within
from litwatch.fetch.transport import BoundedRequest, fault_of

UNREACHED = [
    (socket.gaierror(-2, "Name or service not known"), "its name cannot be resolved"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "the connection was refused"),
    (TimeoutError("timed out"), "no answer in time"),
    (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable"),
    (ssl.SSLError(1, "[SSL: X] y"), "TLS failed"),
    (BrokenPipeError(errno.EPIPE, "pipe"), "the connection was closed by the other side"),
    ("no host given", "no host given"),
]
UNFINISHED = [
    (
        ConnectionResetError(errno.ECONNRESET, "reset"),
        "the connection was closed by the other side",
    ),
    (RemoteDisconnected("gone"), "the connection was closed by the other side"),
    (TimeoutError("The read operation timed out"), "no answer in time"),
    (IncompleteRead(b"x", 9), "it was cut short or broken"),
    (BadStatusLine("garbage"), "it is no HTTP"),
]


@pytest.mark.parametrize(("reason", "words"), UNREACHED)
def test_a_server_that_was_not_reached_may_be_there_later(reason: object, words: str) -> None:
    fault = fault_of(URLError(reason), "ncbi.example")  # type: ignore[arg-type]

    assert type(fault) is Unreachable
    assert str(fault).startswith(f"ncbi.example cannot be reached: {words}")


@pytest.mark.parametrize(("error", "words"), UNFINISHED)
def test_a_server_that_did_not_finish_may_do_with_less(error: OSError, words: str) -> None:
    fault = fault_of(error, "ncbi.example")

    assert type(fault) is TooMuch
    assert str(fault) == f"ncbi.example gave no whole answer: {words}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            URLError(ssl.SSLCertVerificationError(1, "certificate verify failed")),
            "TLS certificate is not accepted",
        ),
        (URLError(OSError("Tunnel connection failed: 407 Login")), "407 Login.*HTTPS_PROXY"),
        (URLError(OSError("Tunnel connection failed: 403 Forbidden")), "403 Forbidden"),
        (InvalidURL("nonnumeric port: 'x'"), r"check ncbi\.base_url"),
    ],
)
def test_what_only_a_person_can_mend_is_permanent(error: OSError, words: str) -> None:
    fault = fault_of(error, "ncbi.example")

    assert type(fault) is SourceError
    with pytest.raises(SourceError, match=words):
        raise fault


def test_work_done_in_time_gives_its_value_or_its_error() -> None:
    assert within(5.0, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 // 0)


def test_work_that_is_not_done_in_time_is_left_to_itself() -> None:
    over = threading.Event()
    started = time.monotonic()

    with pytest.raises(TimeoutError):
        within(0.05, over.wait)

    assert time.monotonic() - started < 2.0
    over.set()


@pytest.mark.parametrize(
    ("url", "through_proxy"),
    [
        ("http://127.0.0.1:8080/", False),
        ("http://127.9.9.9/", False),
        ("http://localhost:1/", False),
        ("http://[::1]:80/", False),
        ("http://[::1]/", False),
        ("http://10.0.0.1/", True),
        ("http://ncbi.example/", True),
    ],
)
def test_only_this_machine_is_reached_past_the_proxy(url: str, through_proxy: bool) -> None:
    request = BoundedRequest(url, b"x", 1.0)

    request.set_proxy("proxy.example:3128", "http")

    assert (request.host == "proxy.example:3128") is through_proxy
