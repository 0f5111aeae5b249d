"""Whatever a title, name, filter, address or setting holds, it makes no header and breaks none."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from litwatch.config import checks
from litwatch.config.checks import bare_address
from litwatch.digest.issue import Digest
from litwatch.digest.message import compose, one_line, wire_address
from litwatch.digest.period import slot
from litwatch.digest.render import Rendered, render
from litwatch.errors import DeliveryError
from litwatch.models import Author, Journal
from litwatch.settings import Filters, Mail, Subscriber

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
READER = Subscriber("a.reader@example.org", timezone="Europe/Berlin")
MAIL = Mail("litwatch <litwatch@example.org>", "desk@example.org", "mailto:leave@example.org")
PLAIN = Rendered("A subject", "<p>Grüße</p>\n", "Grüße\n", "A preheader")

HOSTILE = (
    "\r\nBcc: victim@example.org",
    "\nBcc: victim@example.org",
    "\rBcc: victim@example.org",
    "\r\n Bcc: folded@example.org",
    "\r\n\r\n<p>a body of its own</p>",
    "\r\n.\r\nMAIL FROM:<x@example.org>",
    "=?utf-8?q?=0D=0ABcc:_victim=40example.org?=",
    "=?utf-8?b?DQpCY2M6IHZpY3RpbUBleGFtcGxlLm9yZw==?=",
    "=?us-ascii?q?a?= =?us-ascii?q?b?=",
    "?==?",
    "\x00",
    "\x0b\x0c\x1c\x1d\x1e\x85",
    "\u2028Bcc: x@example.org\u2029",
    "\x92",
    "\u200b\u200d\ufeff\u202e",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "--=_boundary--",
    "a" * 5000,
    "ä" * 5000,
    "日本語" * 1700,
    "🧬" * 1250,
    "\\\"'<>@,;:()[]",
    "<x@example.org>, y@example.org",
    " " * 90,
)
NO_SURROGATES = st.characters(exclude_categories=["Cs"])
WILD = st.lists(
    st.sampled_from(HOSTILE) | st.text(NO_SURROGATES, max_size=60), min_size=1, max_size=5
).map("".join)
ADDRESSES = st.builds(str.__add__, WILD, st.sampled_from(["", "@example.org", "<a@example.org>"]))
SENDERS = st.one_of(
    WILD.map(lambda name: f"{name} <litwatch@example.org>"),
    WILD.map(lambda name: f'"{name}" <litwatch@example.org>'),
    ADDRESSES,
)
URIS = st.builds(str.__add__, st.sampled_from(["mailto:", "https://example.org/", ""]), WILD)
MANY = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def wire(rendered: Rendered, mail: Mail = MAIL, reader: Subscriber = READER) -> bytes:
    return compose(rendered, subscriber=reader, period=slot(reader, AT), mail=mail, at=AT)[1]


def composed(rendered: Rendered, mail: Mail, reader: Subscriber) -> bytes | DeliveryError:
    try:
        return wire(rendered, mail, reader)
    except DeliveryError as error:
        return error


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def names(message: bytes) -> list[str]:
    """The headers as a reader that knows nothing of Python's parser finds them: line by line."""
    head = message.partition(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if line[:1] not in {b" ", b"\t"}]
    found = [line.partition(b":")[0].decode("ascii") for line in lines]
    assert found == list(message_from_bytes(message).keys()) == list(read(message).keys())
    return found


def check(message: bytes, subject: str, mail: Mail = MAIL) -> None:
    """The mail has the headers that any mail has, each as it should be, and nothing beside them."""
    expected = names(wire(PLAIN, replace(MAIL, unsubscribe=mail.unsubscribe[:8] + "x@example.org")))
    assert names(message) == expected
    head, _, body = message.partition(b"\r\n\r\n")
    assert message.isascii()
    assert b"\x00" not in message
    assert message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=", head))
    parsed = read(message)
    assert str(parsed["Subject"]) == one_line(subject)
    assert str(make_header(decode_header(raw(message, "Subject")))) == one_line(subject)
    assert not parsed.defects
    for name in ("From", "To", "Reply-To"):
        assert len(parsed[name].addresses) == 1, name
    assert [part.get_content_type() for part in parsed.walk() if not part.is_multipart()][:2] == [
        "text/plain",
        "text/html",
    ]


def raw(message: bytes, name: str) -> str:
    """A header as it stands, unfolded."""
    return str(message_from_bytes(message)[name]).replace("\r\n", "")


# ---- what PubMed and the rules bring -----------------------------------------------------------


@given(title=WILD, name=WILD, label=WILD, filters=st.lists(WILD, max_size=3).map(tuple))
@settings(MANY, max_examples=60)
def test_no_title_name_label_or_filter_makes_a_header(
    issue: Callable[..., Digest],
    samples: ModuleType,
    title: str,
    name: str,
    label: str,
    filters: tuple[str, ...],
) -> None:
    paper = samples.heart_paper()
    article = replace(
        paper.article,
        title=title,
        vernacular_title=title,
        authors=(Author(name, name, name),),
        journal=Journal(name, name),
        doi=name,
    )
    (correction, *_) = samples.some_corrections()
    told = replace(correction, paper=replace(paper, article=article))
    coverage = samples.well_covered()
    topics = tuple(replace(topic, label=label) for topic in coverage.topics)
    digest = issue(
        (replace(paper, article=article),),
        (told,),
        replace(coverage, topics=topics, errors=(title,)),
        replace(READER, name=name, filters=Filters(treatments=filters, organs=filters)),
    )
    for content in (render(digest, MAIL), render(replace(digest, kind="first"), MAIL)):
        check(wire(content), content.subject)


@given(subject=WILD, text=WILD, page=WILD)
@MANY
def test_no_subject_or_body_makes_a_header(subject: str, text: str, page: str) -> None:
    check(wire(Rendered(subject, page, text, subject)), subject)


# ---- what the operator sets --------------------------------------------------------------------


@given(sender=SENDERS, reply_to=SENDERS, unsubscribe=URIS, email=ADDRESSES, subject=WILD)
@example("a, b <a@example.org>", "x@example.org", "mailto:x@example.org", "a@example.org", "x")
@MANY
def test_a_setting_is_written_as_it_is_or_refused(
    sender: str, reply_to: str, unsubscribe: str, email: str, subject: str
) -> None:
    """One at a time, so that a refusal of one does not hide what another would do."""
    content = replace(PLAIN, subject=subject)
    for mail, reader in (
        (replace(MAIL, sender=sender), READER),
        (replace(MAIL, reply_to=reply_to), READER),
        (replace(MAIL, unsubscribe=unsubscribe), READER),
        (MAIL, replace(READER, email=email)),
    ):
        message = composed(content, mail, reader)
        if isinstance(message, DeliveryError):
            assert message.permanent
            assert len(str(message).splitlines()) == 1
            continue
        check(message, subject, mail)
        parsed = read(message)
        assert [str(to.addr_spec) for to in parsed["To"].addresses] == [wire_address(reader.email)]
        assert raw(message, "List-Unsubscribe").startswith(f"<{mail.unsubscribe}>")


ATOMS = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-.", min_size=1, max_size=252)
PLAIN_ADDRESSES = st.builds("{}@{}".format, ATOMS, st.sampled_from(["example.org", "a.b-c.de"]))
MAILBOXES = PLAIN_ADDRESSES | st.builds(
    lambda name, address: f"{name} <{address}>",
    WILD | WILD.map('"{}"'.format) | st.just("The long name of a department " * 40),
    PLAIN_ADDRESSES,
)
OPT_OUTS = st.builds(
    str.__add__,
    st.sampled_from(["mailto:a@example.org?subject=", "https://example.org/"]),
    st.text("abc/?&=%-_.~", max_size=1100),
)


def accepted(check: Callable[[str], str], value: str) -> bool:
    with suppress(ValueError):
        return check(value) == value
    return False


@given(sender=MAILBOXES, reply_to=MAILBOXES, unsubscribe=OPT_OUTS)
@example("é" * 500 + " <l@example.org>", "é" * 18 + " <l@example.org>", MAIL.unsubscribe)
@example("a=?b@example.org", "x@example.org", "https://example.org/" + "u" * 1000)
@MANY
def test_what_the_configuration_takes_can_be_written_into_a_header(
    sender: str, reply_to: str, unsubscribe: str
) -> None:
    mail = replace(
        MAIL,
        sender=sender if accepted(checks.mailbox, sender) else MAIL.sender,
        reply_to=reply_to if accepted(checks.mailbox, reply_to) else MAIL.reply_to,
        unsubscribe=unsubscribe if accepted(checks.unsubscribe, unsubscribe) else MAIL.unsubscribe,
    )

    message = wire(PLAIN, mail)

    check(message, PLAIN.subject, mail)
    for name, address in (("From", mail.sender), ("Reply-To", mail.reply_to)):
        header = re.search(rb"(?m)^%s:.*(?:\n .*)*" % name.encode(), message)
        assert header
        for line in header[0].decode().splitlines():
            alone = line.removeprefix(f"{name}:").strip(" <>") == bare_address(address)
            assert len(line) <= 76 or alone


@given(ADDRESSES)
@MANY
def test_an_address_on_the_envelope_holds_nothing_but_an_address(address: str) -> None:
    with suppress(DeliveryError):
        wired = wire_address(address)
        assert re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", wired)
        assert not set(wired) & set('<>()[],;:\\"')


@pytest.mark.parametrize("hostile", HOSTILE)
def test_each_hostile_text_by_itself_makes_no_header(hostile: str) -> None:
    check(wire(Rendered(hostile, hostile, hostile, hostile)), hostile)
