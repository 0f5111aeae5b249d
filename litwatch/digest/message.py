"""A rendered digest as the bytes of one mail to one reader, the same bytes for the same issue.

Python's stock policies encode a long List-Unsubscribe into an unreadable word, so that no client
shows the button, and change non-ASCII subjects on some releases (python/cpython#92081, #144156).
The policy here writes every header as it is given, folds lists at their commas only (RFC 2369), and
leaves the subject to `email.header`, whose encoded words keep to RFC 2047. The wire is ASCII.
"""

import hashlib
import re
from binascii import b2a_qp
from datetime import UTC, datetime
from email import quoprimime
from email.contentmanager import ContentManager
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr, parseaddr
from urllib.parse import quote

from litwatch.digest.charts import Chart
from litwatch.digest.render import Rendered
from litwatch.errors import DeliveryError
from litwatch.models import Period
from litwatch.settings import Mail, Subscriber

MAX_ENCODED_WORD = 75
"""RFC 2047 2: an encoded word has at most 75 characters."""
MAX_ENCODED_LINE = 76
"""The same: a line of a header that holds an encoded word."""
MAX_BODY_LINE = 76
"""RFC 2045 6.7: a quoted-printable line has at most 76 characters."""
MAX_LINE = 998
"""RFC 5322 2.1.1, without the CRLF."""

CRLF = "\r\n"
MAX_ASCII_WORD = 60
"""A longer word is encoded: a line cannot be folded inside it."""

_ADDRESS = re.compile(r"(?!.*=\?)[^@\s\x00-\x1f\x7f<>()\[\],;:\"\\]+@[A-Za-z0-9.-]+")
"""RFC 5322 3.4.1, without quotes; RFC 2047 5 allows no encoded word in an address."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class WirePolicy(EmailPolicy):
    """Headers kept as they are given and written as lines of ASCII; the module says why."""

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        """A header as it is kept; one that breaks its line is refused: nothing is smuggled in."""
        if _CONTROLS.search(value):
            raise DeliveryError(f"{name}: holds a line break or control character", permanent=True)
        return name, value

    def header_fetch_parse(self, _name: str, value: str) -> str:
        """A header as it was kept."""
        return value

    def fold(self, name: str, value: str) -> str:
        """A header as its lines on the wire."""
        match name.lower():
            case "subject":
                value = _encoded(value, name, "us-ascii" if _is_plain(value) else "utf-8")
            case "from" | "reply-to":
                value = _mailbox(value, name)
            case "list-id" | "list-unsubscribe" | "list-unsubscribe-post":
                value = value.replace(", ", ",\r\n ")
        return f"{name}: {value}\r\n"

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same as bytes."""
        try:
            return self.fold(name, value).encode("ascii")
        except UnicodeEncodeError as error:
            raise DeliveryError(f"{name}: must be ASCII", permanent=True) from error


_POLICY = WirePolicy(linesep="\r\n", cte_type="7bit", max_line_length=MAX_BODY_LINE)


def compose(
    rendered: Rendered,
    *,
    subscriber: Subscriber,
    period: Period,
    mail: Mail,
    at: datetime,
    scope: str = "",
) -> tuple[str, bytes]:
    """The Message-ID and the bytes of a digest for a subscriber.

    `scope` tells apart what another litwatch sends the same reader for the same period, and what
    this one sent before the reader was removed.

    Raises DeliveryError, permanent, where a header cannot be written: an address that is not ASCII,
    or a line break in a value of the configuration.
    """
    token = _token(subscriber, period, scope)
    domain = wire_address(parseaddr(mail.sender)[1]).rpartition("@")[2]
    message_id = f"<litwatch.{token}@{domain}>"
    message = EmailMessage(policy=_POLICY)
    headers = {
        "From": mail.sender,
        "To": f"<{wire_address(subscriber.email)}>",
        "Reply-To": mail.reply_to,
        "Subject": one_line(rendered.subject),
        "Date": format_datetime(at.astimezone(UTC)),
        "Message-ID": message_id,
        "List-Id": f"litwatch <litwatch.{domain}>",
        **_unsubscribe(mail),
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    for name, value in headers.items():
        message[name] = value
    text_place, html_place = f"{token}.text", f"{token}.html"
    message.set_content(text_place, content_manager=_PLACES)
    message.add_alternative(html_place, subtype="html", content_manager=_PLACES)
    if rendered.chart:
        _attach(message, rendered.chart, token)
    message.set_boundary(f"=_{token}")
    # The bodies are put in afterwards: `email` would split and join their lines three times over.
    head, _, rest = _checked(message.as_bytes()).partition(text_place.encode())
    middle, _, tail = rest.partition(html_place.encode())
    text, html = quoted_printable(rendered.text), quoted_printable(rendered.html)
    return message_id, b"".join((head, text, middle, html, tail))


def _set_place(part: EmailMessage, place: str, subtype: str = "plain") -> None:
    """Makes the part one of quoted-printable text, of which it holds the place."""
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(place)


_PLACES = ContentManager()
_PLACES.add_set_handler(str, _set_place)


def quoted_printable(text: str) -> bytes:
    """A body in quoted-printable (RFC 2045 6.7), whose every line ends in CRLF."""
    content = b"\n".join((*text.encode().splitlines(), b""))
    encoded = b2a_qp(content, istext=True)
    if max(map(len, encoded.split(b"\n"))) > MAX_BODY_LINE:
        # It is ten times as fast as the standard library's other encoder, and now and then writes
        # a line of 78 characters.
        encoded = quoprimime.body_encode(content.decode("latin-1"), MAX_BODY_LINE).encode("ascii")
    return encoded.replace(b"\n", b"\r\n")


def _attach(message: EmailMessage, chart: Chart, token: str) -> None:
    """Puts the picture beside the HTML that shows it (RFC 2387)."""
    _, html = message.iter_parts()
    cid, filename = f"<{chart.cid}>", "papers-per-year.png"
    html.add_related(chart.png, "image", "png", cid=cid, disposition="inline", filename=filename)
    html.set_boundary(f"=_{token}.related")


def wire_address(address: str) -> str:
    """A bare address in ASCII, its domain as IDNA; raises DeliveryError where there is none."""
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise DeliveryError(f"{one_line(address)}: not a domain", permanent=True) from error
    if not (local.isascii() and _ADDRESS.fullmatch(wire := f"{local}@{ascii_domain}")):
        raise DeliveryError(f"{one_line(address)!r}: not an ASCII address", permanent=True)
    return wire


def bounce_address(mail: Mail, message_id: str) -> str:
    """The envelope sender of one mail: a bounce to it names the mail, and so its reader.

    `bounces@example.org` gives `bounces+TOKEN@example.org` with the token of the Message-ID (VERP;
    the plus as in RFC 5233); without `envelope_sender` it is the sender.
    """
    local, at, domain = mail.envelope_sender.rpartition("@")
    token = message_id.strip("<>").partition("@")[0].rpartition(".")[2]
    return f"{local}+{token}{at}{domain}" if at else mail.sender


def one_line(text: str) -> str:
    """Text that can stand in a header: no line break, no control, blanks made single."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def _token(subscriber: Subscriber, period: Period, scope: str) -> str:
    """What names the issue of a subscriber and a period, without showing the address."""
    name = f"{subscriber.email.lower()}\n{period.key}\n{scope}"
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def _unsubscribe(mail: Mail) -> dict[str, str]:
    """How to leave (RFC 2369); one click (RFC 8058) is offered only where it can be taken."""
    if not mail.unsubscribe.lower().startswith("https:"):
        return {"List-Unsubscribe": f"<{mail.unsubscribe}>"}
    address = wire_address(parseaddr(mail.reply_to)[1])
    mailto = f"mailto:{quote(address, safe='@')}?subject=unsubscribe"
    return {
        "List-Unsubscribe": f"<{mail.unsubscribe}>, <{mailto}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _mailbox(mailbox: str, header: str) -> str:
    """A name and its address, which gets a line of its own where the name's has no room left."""
    name, address = parseaddr(mailbox)
    wire = wire_address(address)
    if _is_plain(name):
        plain = formataddr((name, wire))
        if not name or len(f"{header}: {plain}") <= MAX_ENCODED_LINE:
            return plain
    words = _encoded(name, header, "utf-8")
    last_line = f"{header}: {words} <{wire}>".rpartition("\r\n")[2]
    return f"{words}{' ' if len(last_line) <= MAX_ENCODED_LINE else f'{CRLF} '}<{wire}>"


def _encoded(text: str, header: str, charset: str) -> str:
    encoder = Header(text, charset, maxlinelen=MAX_ENCODED_WORD, header_name=header)
    return encoder.encode(linesep=CRLF)


def _is_plain(text: str) -> bool:
    """Whether text can stand in a header as it is, and will not be read as an encoded word."""
    fits = all(len(word) <= MAX_ASCII_WORD for word in text.split())
    return text.isascii() and "=?" not in text and fits


def _checked(message: bytes) -> bytes:
    if max(map(len, message.split(b"\r\n"))) > MAX_LINE:
        raise DeliveryError("a header is too long for a mail", permanent=True)
    return message
