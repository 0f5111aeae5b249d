"""The bytes of a mail: what every server and client asks of them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litwatch.digest.issue import Digest
from litwatch.digest.message import compose, one_line, wire_address
from litwatch.digest.period import slot
from litwatch.digest.render import Rendered, render
from litwatch.errors import DeliveryError
from litwatch.settings import Mail, Subscriber

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
READER = Subscriber("a.reader@example.org", timezone="Europe/Berlin")
MAIL = Mail("litwatch <litwatch@example.org>", "desk@example.org", "mailto:leave@example.org")
PLAIN = Rendered("A subject", "<p>Grüße</p>\n", "Grüße\n", "A preheader")


def wire(
    content: Rendered = PLAIN, *, mail: Mail = MAIL, reader: Subscriber = READER, at: datetime = AT
) -> bytes:
    return compose(content, subscriber=reader, period=slot(reader, AT), mail=mail, at=at)[1]


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def header_lines(message: bytes, name: str) -> list[bytes]:
    """A header as it stands on the wire, its folds included."""
    head = message.partition(b"\r\n\r\n")[0] + b"\r\n"
    found = re.findall(rb"(?im)^" + name.encode() + rb":.*\r\n(?:[ \t].*\r\n)*", head)
    return [header.rstrip(b"\r\n") for header in found]


# ---- the whole -------------------------------------------------------------------------------


def test_an_issue_is_text_first_and_html_last_both_complete(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    content = render(issue(corrections=samples.some_corrections()), samples.MAIL)

    parsed = read(wire(content))

    assert parsed.get_content_type() == "multipart/alternative"
    text, page = parsed.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == content.text
    assert page.get_content().replace("\r\n", "\n").rstrip() == content.html.rstrip()
    assert {part.get_content_charset() for part in (text, page)} == {"utf-8"}
    assert {part["Content-Transfer-Encoding"] for part in (text, page)} == {"quoted-printable"}


def test_the_wire_is_short_ascii_lines_that_end_in_crlf(
    issue: Callable[..., Digest], samples: ModuleType
) -> None:
    message = wire(render(issue(), samples.MAIL))

    head, _, body = message.partition(b"\r\n\r\n")
    assert message.isascii()
    assert message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76


def test_the_reader_stands_in_brackets_since_a_bare_address_looks_like_junk() -> None:
    """SpamAssassin's TO_NO_BRKTS_HTML_IMG: 1.0 for a bare address beside a picture."""
    assert b"\r\nTo: <a.reader@example.org>\r\n" in wire()


def test_every_header_that_bulk_mail_needs_is_there() -> None:
    parsed = read(wire())

    assert {name: str(parsed[name]) for name in parsed if name != "Content-Type"} == {
        "From": "litwatch <litwatch@example.org>",
        "To": "a.reader@example.org",
        "Reply-To": "desk@example.org",
        "Subject": "A subject",
        "Date": "Mon, 23 Nov 2026 06:10:00 +0000",
        "Message-ID": parsed["Message-ID"],
        "List-Id": "litwatch <litwatch.example.org>",
        "List-Unsubscribe": "<mailto:leave@example.org>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
    }
    assert len(parsed.keys()) == len(set(parsed.keys()))


def test_the_readers_name_is_not_in_the_mail() -> None:
    named = replace(READER, name="Ada Secret")

    assert wire(reader=named) == wire()


def test_equal_issues_are_equal_bytes() -> None:
    assert wire() == wire()


def test_the_date_is_the_moment_in_utc_whatever_its_zone() -> None:
    moment = AT.astimezone(tz=None)

    assert wire(at=moment) == wire()
    assert parsedate_to_datetime(read(wire())["Date"]) == AT


# ---- the Message-ID --------------------------------------------------------------------------


def ids(*issues: tuple[Subscriber, datetime]) -> set[str]:
    return {
        compose(PLAIN, subscriber=who, period=slot(who, when), mail=MAIL, at=AT)[0]
        for who, when in issues
    }


def test_a_subscriber_and_period_have_one_message_id() -> None:
    week = timedelta(days=7)
    other = Subscriber("b.reader@example.org")
    same = replace(READER, email="A.Reader@Example.org")

    assert len(ids((READER, AT), (READER, AT + timedelta(days=1)), (same, AT))) == 1
    assert len(ids((READER, AT), (READER, AT + week), (other, AT))) == 3


def test_two_litwatches_with_one_sender_and_reader_have_two_message_ids() -> None:
    def message_id(scope: str) -> str:
        period = slot(READER, AT)
        return compose(PLAIN, subscriber=READER, period=period, mail=MAIL, at=AT, scope=scope)[0]

    assert message_id("scleromyxedema rem") == message_id("scleromyxedema rem")
    assert len({message_id(""), message_id("scleromyxedema rem"), message_id("scleredema")}) == 3
    assert ids((READER, AT)) == {message_id("")}


def test_a_message_id_is_of_the_senders_domain_and_hides_the_address() -> None:
    (message_id,) = ids((READER, AT))

    assert re.fullmatch(r"<litwatch\.[0-9a-f]{24}@example\.org>", message_id)
    assert read(wire())["Message-ID"] == message_id


# ---- lists -----------------------------------------------------------------------------------


def test_one_click_is_offered_only_with_an_https_uri() -> None:
    """RFC 8058: without an https URI the header List-Unsubscribe-Post is invalid."""
    web = replace(MAIL, unsubscribe="https://example.org/leave/t0ken")

    assert read(wire())["List-Unsubscribe-Post"] is None
    assert read(wire(mail=web))["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert header_lines(wire(mail=web), "List-Unsubscribe") == [
        b"List-Unsubscribe: <https://example.org/leave/t0ken>,\r\n"
        b" <mailto:desk@example.org?subject=unsubscribe>"
    ]


def test_a_long_unsubscribe_address_stays_in_one_piece() -> None:
    """Stock policies make an encoded word of it, and no client shows the button."""
    uri = "https://example.org/leave/" + "t0ken" * 60

    message = wire(mail=replace(MAIL, unsubscribe=uri))

    assert f"<{uri}>".encode() in message.partition(b"\r\n\r\n")[0]


# ---- subjects and names ----------------------------------------------------------------------

SUBJECTS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="äöüß éλ日本語🧬 ", max_size=200),
    st.text(alphabet="=?utf-8qQbB_ =", max_size=120),
    st.lists(st.text(alphabet="abcÄ", min_size=1, max_size=90), max_size=8).map(" ".join),
)


@given(SUBJECTS)
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_subject_comes_back_as_it_was_sent(subject: str) -> None:
    message = wire(replace(PLAIN, subject=subject))

    (raw,) = header_lines(message, "Subject")
    assert str(read(message)["Subject"]) == one_line(subject)
    assert all(len(word) <= 75 for word in re.findall(rb"=\?.*?\?=", raw))
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert len(read(message).keys()) == 13


@pytest.mark.parametrize(
    "name",
    ["Müller", "Sclero, Inc.", 'The "desk"', "=?utf-8?q?x?=", "x" * 80, "日本語" * 20, "a\\b"],
)
def test_a_senders_name_comes_back_as_it_was_sent(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')

    message = wire(mail=replace(MAIL, sender=f'"{quoted}" <l@example.org>'))

    (raw,) = header_lines(message, "From")
    shown, address = parseaddr(raw.decode("ascii").removeprefix("From: ").replace("\r\n", ""))
    assert (str(make_header(decode_header(shown))), address) == (name, "l@example.org")


# ---- what cannot be written ------------------------------------------------------------------

EVIL = "x\r\nBcc: victim@example.org\r\n\r\nbody"


def test_no_subject_smuggles_a_header_in() -> None:
    parsed = read(wire(replace(PLAIN, subject=f"News {EVIL}")))

    assert parsed["Bcc"] is None
    assert parsed["Subject"] == "News x Bcc: victim@example.org body"


@pytest.mark.parametrize("field", ["sender", "reply_to", "unsubscribe"])
@pytest.mark.parametrize("value", ["a@example.org" + EVIL, "a@example.org\nX: y", "a\x00@b.org"])
def test_a_line_break_in_the_configuration_is_refused(field: str, value: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        wire(mail=replace(MAIL, **{field: value}))

    assert caught.value.permanent
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "reader",
        "@example.org",
        "reader@",
        "a@b@example.org",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a,b@example.org",
        "<a@example.org>",
        "jörg@example.org",
        f"a@{'x' * 64}.org",
    ],
)
def test_an_address_that_cannot_be_written_is_refused(address: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        wire(reader=replace(READER, email=address))

    assert caught.value.permanent


def test_a_domain_beyond_ascii_is_written_as_idna() -> None:
    assert wire_address("a@bücher.example") == "a@xn--bcher-kva.example"


def test_an_unsubscribe_address_beyond_ascii_is_refused() -> None:
    with pytest.raises(DeliveryError, match="List-Unsubscribe: must be ASCII"):
        wire(mail=replace(MAIL, unsubscribe="https://bücher.example/leave"))


def test_a_header_too_long_for_a_mail_is_refused() -> None:
    with pytest.raises(DeliveryError, match="too long"):
        wire(mail=replace(MAIL, unsubscribe="https://example.org/" + "x" * 1000))
