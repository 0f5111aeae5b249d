"""The checks of single configuration values: a string comes back, or what is wrong is said.

They raise ValueError, which the package turns into a fault with the line of the key. What ends up
in a mail header (RFC 5322) or in a request is checked for control characters here, once.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LONGEST_LABEL = 63
_LONGEST_HOST = 253
"""RFC 1035 2.3.4: 63 octets a label and 255 a name, which leaves 253 letters and dots."""
_ADDRESS = re.compile(rf"(?!.*=\?){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
"""RFC 2047 5: an address holds no encoded word, so nothing that may be read as one."""
_LONGEST_ADDRESS = 254
"""RFC 5321 4.5.3.1.3: a path has 256 octets, its angle brackets included."""
_LONGEST_LOCAL_PART = 64
_LONGEST_TOKEN = 25
"""A plus and the token of a Message-ID: what an envelope sender gets before its @."""
_LONGEST_URI = 900
"""RFC 5322 2.1.1: a line has 998 characters, and the header's name takes its part."""
_NAMED_ADDRESS = re.compile(r'(?P<name>"[^"\\]*"|[^"<>()@,;:\\\[\]]*?)\s*<(?P<address>[^<>]*)>')
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories that break a line or a header: controls, surrogates, separators."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MEDLINE_LANGUAGES = {
    "bod": "tib",
    "ces": "cze",
    "cym": "wel",
    "deu": "ger",
    "ell": "gre",
    "eus": "baq",
    "fas": "per",
    "fra": "fre",
    "hye": "arm",
    "isl": "ice",
    "kat": "geo",
    "mkd": "mac",
    "mri": "mao",
    "msa": "may",
    "mya": "bur",
    "nld": "dut",
    "ron": "rum",
    "slk": "slo",
    "sqi": "alb",
    "zho": "chi",
}
"""ISO 639-2 has two codes for these languages; MEDLINE (LA) uses the bibliographic one."""
_CRON = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12))


def nearest(word: str, known: Iterable[str], likeness: float = 0.0) -> str:
    """The known word that looks most like this one, empty where none looks so much like it."""
    return next(iter(get_close_matches(word[:80], list(known), n=1, cutoff=likeness)), "")


def one_line(text: str) -> str:
    """Text without control characters: it may stand in a header."""
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise ValueError("must be one line without control characters")
    return text


def not_blank(text: str) -> str:
    """One line that says something."""
    if not text.strip():
        raise ValueError("must not be blank")
    return one_line(text)


def path(text: str) -> str:
    """A path; one that begins with ~ needs a home."""
    try:
        Path(not_blank(text)).expanduser()
    except RuntimeError as error:
        raise ValueError("there is no such home folder") from error
    return text


def slug(text: str) -> str:
    """An id that may stand in a file name, a URL and a command."""
    if not _SLUG.fullmatch(text):
        raise ValueError("must be lower-case letters, digits and underscores, a letter first")
    return text


def address(text: str) -> str:
    """A bare e-mail address in ASCII (RFC 5322 dot-atom)."""
    if len(text) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        raise ValueError("is not an e-mail address such as you@example.org")
    return text


def mailbox(text: str) -> str:
    """An address, or `Name <address>`; a name with a comma or the like stands in quotes."""
    named = _NAMED_ADDRESS.fullmatch(text)
    one_line(text)
    try:
        address(named["address"] if named else text)
    except ValueError as error:
        hint = 'must be an address or "Name <address>"; quote a name that holds , ; : @ or brackets'
        raise ValueError(hint) from error
    return text


def envelope_sender(text: str) -> str:
    """A bare address whose local part has room for the token of each mail (RFC 5321 4.5.3.1.1)."""
    local = address(text).rpartition("@")[0]
    room = _LONGEST_LOCAL_PART - _LONGEST_TOKEN
    if len(local) > room or len(text) > _LONGEST_ADDRESS - _LONGEST_TOKEN:
        raise ValueError(
            f"leaves no room for the token of each mail: at most {room} characters before the @"
        )
    return text


def bare_address(text: str) -> str:
    """The address inside a mailbox."""
    named = _NAMED_ADDRESS.fullmatch(text)
    return named["address"] if named else text


def mailto(text: str) -> str:
    """The unsubscribe URI that a mailbox gives (RFC 6068)."""
    return f"mailto:{quote(bare_address(text), safe='@+')}?subject=unsubscribe"


def unsubscribe(text: str) -> str:
    """A mailto: or https: URI, as List-Unsubscribe wants it (RFC 2369, RFC 8058)."""
    if re.search(r"[\s<>,]", text) or not one_line(text).isascii():
        raise ValueError(
            "must be a URI without blanks, commas, angle brackets or non-ASCII letters"
        )
    if len(text) > _LONGEST_URI:
        raise ValueError(f"is too long for a header: at most {_LONGEST_URI} characters")
    kind, _, rest = text.partition(":")
    if kind == "mailto":
        address(rest.partition("?")[0].replace("%2B", "+"))
    elif kind != "https" or not host_of(text):
        raise ValueError("must begin with mailto: or https:")
    return text


def web_url(text: str) -> str:
    """An http or https URL with a host and no password in it."""
    scheme = one_line(text).partition("://")[0]
    if scheme not in {"http", "https"} or re.search(r"\s", text) or not _fits(host_of(text)):
        raise ValueError("must be an http or https URL with a host")
    if "@" in urlsplit(text).netloc:
        raise ValueError("must not hold a user or a password")
    return text


def base_url(text: str) -> str:
    """A web URL that paths can be appended to: it ends with a slash."""
    parts = urlsplit(web_url(text))
    if parts.query or parts.fragment:
        raise ValueError("must have no ? and no #: paths are appended to it")
    return text if text.endswith("/") else text + "/"


def host_of(url: str) -> str:
    """The host in a URL, empty where none can be read."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    return "" if port == 0 else parts.hostname or ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_name(text: str) -> str:
    """A host name or an IP address, without scheme and port."""
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        if not (_fits(text) and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*\.?", text)):
            raise ValueError("must be a host name such as smtp.example.org") from error
    return text


def _fits(host: str) -> bool:
    """Whether a host name can be looked up: no part of it empty or too long."""
    name = host.removesuffix(".")
    return len(name) <= _LONGEST_HOST and all(
        0 < len(label) <= _LONGEST_LABEL for label in name.split(".")
    )


def database(text: str) -> str:
    """A database URL of a kind that litwatch can open; the message never repeats it."""
    if one_line(text).startswith("sqlite:///"):
        file = text.removeprefix("sqlite:///")
        if "?" in file:
            raise ValueError("must end with the file's name: no ? and no options")
        if not file or file.startswith(":memory:"):
            raise ValueError("must name a file: sqlite:///litwatch.db")
        path(file)
        return text
    if not text.startswith("postgresql+psycopg://"):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL: postgresql+psycopg://user@host/name") from None
    if not parts.path.strip("/"):
        raise ValueError("must name a database: postgresql+psycopg://user@host/name")
    return text


def timezone(text: str) -> str:
    """A time zone of the IANA database."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = nearest(text, available_timezones())
        raise ValueError(f"unknown time zone; the nearest known is {known}") from None
    return text


def language(text: str) -> str:
    """A three-letter language code, as MEDLINE writes it (bibliographic), in lower case."""
    if not re.fullmatch(r"[a-z]{3}", text):
        raise ValueError("must be a three-letter code in lower case, such as eng, fre or ger")
    if text in _MEDLINE_LANGUAGES:
        raise ValueError(f"MEDLINE writes {_MEDLINE_LANGUAGES[text]}")
    return text


def query(text: str) -> str:
    """A PubMed query on one line, its quotes and parentheses closed.

    PubMed repairs an unbalanced query silently, and then searches for something else.
    """
    line = not_blank(" ".join(text.split()))
    if line.count('"') % 2:
        raise ValueError('has a " that is not closed')
    depth = 0
    for character in re.sub(r'"[^"]*"', "", line):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            raise ValueError("has a ) too many")
    if depth:
        raise ValueError("has a ( that is not closed")
    return line


def cron(text: str) -> str:
    """A schedule of five cron fields, its weekdays by name.

    By number they differ: cron counts from Sunday = 0, APScheduler from Monday = 0. A day of the
    month together with a weekday differs as well: cron joins them with or, APScheduler with and.
    """
    fields = one_line(text).split()
    if len(fields) != len(_CRON) + 1:
        raise ValueError("must have five fields: minute hour day month weekday, as in 10 6 * * *")
    for field, (name, lowest, highest) in zip(fields, _CRON, strict=False):
        names = _MONTHS if name == "month" else ()
        for part in field.lower().split(","):
            _check_cron_part(part, name, lowest, highest, names)
    for part in fields[4].lower().split(","):
        _check_weekdays(part)
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError("must not name a day of the month and a weekday together")
    return text


def _check_cron_part(
    part: str, name: str, lowest: int, highest: int, names: tuple[str, ...]
) -> None:
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and 1 <= int(step) <= highest - lowest):
        raise ValueError(f"the {name} has a wrong step: {part}")
    if span == "*":
        return
    bounds = [str(names.index(word) + 1) if word in names else word for word in span.split("-")]
    numbers = [int(bound) for bound in bounds if re.fullmatch("[0-9]{1,2}", bound)]
    if (
        len(numbers) != len(bounds)
        or len(bounds) > 2
        or (slash and numbers[-1] - numbers[0] < int(step))
        or not lowest <= numbers[0] <= numbers[-1] <= highest
    ):
        raise ValueError(f"the {name} must be *, or from {lowest} to {highest}: {part}")


def _check_weekdays(part: str) -> None:
    if part == "*":
        return
    days = part.split("-")
    if any(day not in _WEEKDAYS for day in days):
        raise ValueError(
            "weekdays must be names, mon to sun: cron and the scheduler number them differently"
        )
    places = [_WEEKDAYS.index(day) for day in days]
    if len(places) > 2 or places != sorted(places):
        raise ValueError(f"a range of weekdays must run from mon towards sun: {part}")
