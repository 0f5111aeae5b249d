"""The stand-in as an HTTP server: keys, rate, log, connections."""

import gzip
import http.client
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
import requests

from litwatch.demo.library import Library
from litwatch.demo.server import StandIn


def test_the_fourth_request_of_a_second_is_refused(serve, call, quartet):
    ticks: list[float] = []
    served = serve(quartet, rate_limit=True, monotonic=lambda: ticks[-1])
    replies = []
    for tick in (0.0, 0.1, 0.2, 0.3, 1.25):
        ticks.append(tick)
        replies.append(call(served, "esearch", term="myxedema"))
    codes = [reply.status_code for reply in replies]
    remaining = [reply.headers["X-RateLimit-Remaining"] for reply in replies]
    refused = replies[3]

    assert codes == [200, 200, 200, 429, 200]
    assert remaining == ["2", "1", "0", "0", "1"]
    assert refused.headers["Retry-After"] == "2"
    assert refused.json() == {
        "error": "API rate limit exceeded",
        "api-key": "127.0.0.1",
        "count": "4",
        "limit": "3",
    }


def test_a_known_key_allows_ten_and_is_counted_by_itself(serve, call, quartet):
    served = serve(quartet, rate_limit=True, known_keys={"k-1"}, monotonic=lambda: 0.0)
    with_key = [call(served, "epost", id="1", api_key="k-1").status_code for _ in range(11)]

    assert with_key == [200] * 10 + [429]
    assert call(served, "epost", id="1").status_code == 200


def test_an_unknown_key_is_refused(serve, call, quartet):
    reply = call(serve(quartet, known_keys={"k-1"}), "epost", id="1", api_key="k-2")

    assert reply.status_code == 400
    assert reply.json() == {
        "error": "API key invalid",
        "api-key": "k-2",
        "type": "invalid",
        "status": "unknown",
    }


def test_concurrent_requests_are_counted_together(serve, quartet):
    served = serve(quartet, rate_limit=True, monotonic=lambda: 0.0)
    codes = []

    def post() -> None:
        url = f"{served.base_url}epost.fcgi"
        codes.append(requests.post(url, data={"db": "pubmed", "id": "1"}, timeout=5).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [200] * 3 + [429] * 3


def test_the_log_holds_each_request_and_never_the_key(serve, call, quartet, clock):
    served = serve(quartet, known_keys={"geheim-1"})
    call(served, "esearch", term="x", api_key="geheim-1", tool="litwatch", email="a@example.org")
    call(served, "efetch", method="GET", id="abc")
    first, second = served.log

    assert (first.at, first.method, first.endpoint, first.status) == (
        clock.now,
        "POST",
        "esearch",
        200,
    )
    assert (first.params["term"], first.params["api_key"]) == ("x", "***")
    assert (second.method, second.endpoint, second.status) == ("GET", "efetch", 400)
    assert [first.is_anonymous, second.is_anonymous] == [False, True]
    assert second.params.ids() == ("abc",)
    assert "python-requests" in first.headers["User-Agent"]
    assert "geheim-1" not in repr(served.log)


def connection(served: StandIn) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", urlsplit(served.base_url).port, timeout=5)


def test_a_reply_is_compressed_only_for_those_who_ask(serve, quartet):
    served = serve(quartet)
    bodies = []
    for encoding in ("identity", "gzip"):
        http_connection = connection(served)
        path = "/entrez/eutils/esearch.fcgi?db=pubmed&term=myxedema"
        http_connection.request("GET", path, headers={"Accept-Encoding": encoding})
        reply = http_connection.getresponse()
        bodies.append((reply.headers["Content-Encoding"], reply.read()))
        http_connection.close()

    assert [encoding for encoding, _ in bodies] == [None, "gzip"]
    assert gzip.decompress(bodies[1][1]) == bodies[0][1]


def test_a_connection_is_kept_and_closed_as_the_client_says(serve, quartet):
    http_connection = connection(serve(quartet))
    path = "/entrez/eutils/epost.fcgi?db=pubmed&id=1"
    http_connection.request("GET", path)
    first = http_connection.getresponse()
    first.read()
    kept = http_connection.sock
    http_connection.request("GET", path, headers={"Connection": "close"})
    second = http_connection.getresponse()
    second.read()
    http_connection.close()

    assert first.headers["Connection"] == "Keep-Alive"
    assert kept is not None
    assert second.headers["Connection"] == "close"


def test_a_whole_url_as_request_target_is_taken(serve, quartet):
    served = serve(quartet)
    http_connection = connection(served)
    url = "http://eutils.ncbi.nlm.nih.gov/entrez/eutils/epost.fcgi?db=pubmed&id=1"
    http_connection.request("GET", url)
    reply = http_connection.getresponse()
    body = reply.read()
    http_connection.close()

    assert (reply.status, b"<QueryKey>1</QueryKey>" in body) == (200, True)


def test_a_long_url_is_refused_and_the_same_by_post_is_not(serve, call, quartet):
    served = serve(quartet)
    numbers = ",".join(["12345678"] * 1000)

    assert call(served, "epost", method="GET", id=numbers).status_code == 414
    assert call(served, "epost", method="POST", id=numbers).status_code == 200


def test_unknown_parameters_are_ignored_and_unknown_endpoints_not_found(
    serve, call, quartet, pmids
):
    served = serve(quartet)

    assert pmids(call(served, "esearch", term="2026/09/04[crdt]", colour="blue")) == ["104"]
    assert call(served, "egquery", term="x").status_code == 404


def test_a_body_that_is_no_form_counts_for_nothing(serve, quartet):
    reply = requests.post(
        f"{serve(quartet).base_url}esearch.fcgi",
        data=b"db=pubmed&term=x",
        headers={"Content-Type": "application/json"},
        timeout=5,
    )

    assert "Invalid db name specified" in reply.text


def test_the_address_is_known_only_while_it_runs(quartet, clock):
    stand_in = StandIn(quartet, clock)
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = stand_in.base_url
    with stand_in:
        port = urlsplit(stand_in.base_url).port
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
        pass


def test_stopping_leaves_no_thread_though_a_client_keeps_its_connection(quartet, clock):
    before = threading.active_count()
    with StandIn(quartet, clock) as served:
        idle = connection(served)
        idle.request("GET", "/entrez/eutils/epost.fcgi?db=pubmed&id=1")
        idle.getresponse().read()
    idle.close()

    assert threading.active_count() == before


def test_a_strict_stand_in_fails_the_test_that_asked_without_a_name(quartet, clock, call):
    names = {"tool": "litwatch", "email": "a@example.org"}
    with StandIn(quartet, clock, strict=True) as served:
        call(served, "esearch", names, term="myxedema")
        requests.get(served.base_url + "no-such-path", timeout=5)
    served = StandIn(quartet, clock, strict=True)
    served.__enter__()
    call(served, "esearch", names, term="myxedema")
    call(served, "efetch", {"id": "101", "tool": "litwatch"})
    with pytest.raises(RuntimeError, match="without tool or email: requests at efetch"):
        served.__exit__(None, None, None)


def test_a_crash_inside_the_stand_in_fails_the_test_that_met_it(clock):
    class Broken(Library):
        def at(self, moment):
            raise ZeroDivisionError(moment)

    def meet() -> None:
        with StandIn(Broken({}), clock) as served, suppress(requests.ConnectionError):
            requests.post(f"{served.base_url}epost.fcgi", data={"db": "pubmed"}, timeout=5)

    with pytest.raises(ZeroDivisionError):
        meet()


def test_two_runs_give_the_same_bytes(serve, call, quartet, pmids):
    def play() -> list[bytes]:
        served = serve(quartet)
        found = call(served, "esearch", term="scleromyxedema", usehistory="y")
        return [found.content, call(served, "efetch", id=",".join(pmids(found))).content]

    assert play() == play()


def test_it_can_be_run_alone_to_be_tried_by_hand():
    command = [sys.executable, "-m", "litwatch.demo", "--at", "2026-11-02"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, _, moment = process.stdout.readline().partition(" at ")
        reply = requests.get(f"{address}epost.fcgi", {"db": "pubmed", "id": "1"}, timeout=5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

    assert "<QueryKey>1</QueryKey>" in reply.text
    assert moment.startswith("2026-11-02 00:00 UTC")
    assert process.returncode == 0
