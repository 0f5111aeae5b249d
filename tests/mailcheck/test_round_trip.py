"""Through Debian's Postfix and Dovecot: what the Mailer hands over is what IMAP gives out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from itertools import count

import pytest
from mailcheck.mails import SENDER, Sample, composed
from mailcheck.servers import DOMAIN, LATER, MAX_BYTES, NOBODY, Servers

from litwatch.digest.message import bounce_address
from litwatch.digest.send import Mailer
from litwatch.errors import DeliveryError
from postbox import trusting

pytestmark = pytest.mark.mail_check

TRACE = {"return-path", "delivered-to", "received"}
"""What servers put in front of a message (RFC 5321 4.4), and Dovecot's name of the mailbox."""

_NUMBERS = count(1)


@pytest.fixture
def mailer(servers: Servers) -> Iterator[Mailer]:
    with Mailer(servers.smtp, context=trusting()) as mailer:
        yield mailer


def through(mailer: Mailer, servers: Servers, messages: Sequence[bytes]) -> list[bytes]:
    """The messages as they arrive in the inbox of a new reader, in the order of their arrival."""
    reader = f"reader{next(_NUMBERS)}@{DOMAIN}"
    for message in messages:
        assert mailer.send(SENDER.sender, reader, message).startswith("250 2.0.0 Ok: queued as ")
    return servers.inbox(reader, count=len(messages))


def changes(sent: bytes, received: bytes) -> list[str]:
    """What the way did to a message, but for the headers of the trace in front of it."""
    if not received.endswith(sent):
        return ["the bytes are not those that were sent"]
    added = message_from_bytes(received.removesuffix(sent), policy=default)
    return [f"{name} was added" for name in added if name.lower() not in TRACE]


def test_every_digest_arrives_as_the_bytes_that_were_stored(
    mailer: Mailer, servers: Servers, digests: Sequence[Sample]
) -> None:
    received = through(mailer, servers, [sample.message for sample in digests])

    assert len(received) == len(digests)
    for sample in digests:
        whole = [one for one in received if changes(sample.message, one) == []]
        assert len(whole) == 1, sample.name
        came = Sample(sample.name, whole[0])
        assert (came.text, came.html) == (sample.text, sample.html)
        for header, value in sample.parsed.items():
            assert came.parsed.get_all(header) == [value]
    print(f"\n{len(digests)} digests arrived byte for byte, over one connection with STARTTLS")


def test_an_unsubscribe_address_longer_than_a_line_arrives_whole(
    mailer: Mailer, servers: Servers, rich: Sample
) -> None:
    uri = "https://example.org/leave/" + "t0ken" * 60
    mail = replace(SENDER, unsubscribe=uri)
    sent = composed("long-unsubscribe", rich.html, rich.text, mail=mail)

    (received,) = through(mailer, servers, [sent.message])

    assert changes(sent.message, received) == []
    assert f"List-Unsubscribe: <{uri}>,\r\n <mailto:desk@example.org?".encode() in received


def test_the_way_back_of_a_bounce_names_its_mail(
    mailer: Mailer, servers: Servers, rich: Sample
) -> None:
    mail = replace(SENDER, envelope_sender=f"bounces@{DOMAIN}")
    way_back = bounce_address(mail, str(rich.parsed["Message-ID"]))
    reader = f"reader{next(_NUMBERS)}@{DOMAIN}"

    mailer.send(way_back, reader, rich.message)

    (received,) = servers.inbox(reader, count=1)
    assert re.fullmatch(rf"bounces\+[0-9a-f]+@{DOMAIN}", way_back)
    assert message_from_bytes(received, policy=default)["Return-Path"] == f"<{way_back}>"


@pytest.mark.parametrize(
    "subject",
    [
        "Σκληρομυξοίδημα: 3 νέα άρθρα — ανοσοσφαιρίνη και λεναλιδομίδη (23 Nov 2026)",
        "粘液水腫性苔癬 🧬 新しい論文が三つあり、そのうち一つは免疫グロブリンについてのものです",
        "=?utf-8?q?not an encoded word?= and a word of " + "x" * 80,
    ],
)
def test_a_subject_beyond_ascii_arrives_as_it_was_written(
    subject: str, mailer: Mailer, servers: Servers, rich: Sample
) -> None:
    sent = composed(subject[:12], rich.html, rich.text, subject=subject)

    (received,) = through(mailer, servers, [sent.message])

    assert changes(sent.message, received) == []
    assert message_from_bytes(received, policy=default)["Subject"] == subject


def test_postfix_refuses_an_unknown_reader_for_good_and_a_greylisted_one_for_now(
    mailer: Mailer, rich: Sample
) -> None:
    with pytest.raises(DeliveryError, match=r"refused at RCPT: 550 5\.1\.1") as unknown:
        mailer.send(SENDER.sender, NOBODY, rich.message)
    with pytest.raises(DeliveryError, match=r"refused at RCPT: 450 4\.2\.0") as later:
        mailer.send(SENDER.sender, LATER, rich.message)

    assert (unknown.value.permanent, unknown.value.batch) == (True, False)
    assert (later.value.permanent, later.value.batch) == (False, False)


def test_postfix_refuses_a_message_that_is_too_big_before_it_is_sent(
    mailer: Mailer, servers: Servers, rich: Sample
) -> None:
    with pytest.raises(DeliveryError, match="refused at MAIL: 552"):
        mailer.send(SENDER.sender, f"reader@{DOMAIN}", rich.message + b"x\r\n" * MAX_BYTES)

    assert through(mailer, servers, [rich.message])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\nDate: ", b"\r\nX-Date: "),
        (b"\r\nMessage-ID: ", b"\r\nX-Message-ID: "),
        (b"\r\n\r\n--", b"\r\n\r\n" + b"x" * 1200 + b"\r\n--"),
        (b"\r\nReply-To: ", b"\r\nBcc: other@example.org\r\nReply-To: "),
    ],
    ids=["no Date", "no Message-ID", "a line too long", "a Bcc"],
)
def test_the_check_sees_a_message_that_is_changed_on_its_way(
    old: bytes, new: bytes, mailer: Mailer, servers: Servers, rich: Sample
) -> None:
    assert old in rich.message
    message = rich.message.replace(old, new, 1)

    (received,) = through(mailer, servers, [message])

    assert changes(message, received) != []


def test_the_check_sees_a_header_that_is_not_of_the_trace() -> None:
    sent = b"Subject: x\r\n\r\nbody\r\n"

    assert changes(sent, b"Received: from there\r\n" + sent) == []
    assert changes(sent, b"X-Other: y\r\n" + sent) == ["X-Other was added"]
