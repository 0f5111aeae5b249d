"""The digests that are checked: the demo's issues, and every golden file as a mail."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path

from litwatch.demo.play import play
from litwatch.digest.message import compose
from litwatch.digest.period import slot
from litwatch.digest.render import Rendered
from litwatch.settings import Mail, Subscriber

GOLDEN = Path(__file__).parent.parent / "golden"
AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
READER = Subscriber("reader@example.org", timezone="Europe/Berlin")
SENDER = Mail(
    sender="litwatch <litwatch@example.org>",
    reply_to="The Desk <desk@example.org>",
    unsubscribe="https://example.org/leave/t0ken",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A digest under the name by which a failure tells it, as the bytes that are sent."""

    name: str
    message: bytes

    @property
    def parsed(self) -> EmailMessage:
        parsed = message_from_bytes(self.message, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def page(self) -> str:
        """The HTML as a mail client shows it: pictures that it names by cid are in their places."""
        page = self.html
        for part in self.parsed.walk():
            if isinstance(part, EmailMessage) and (cid := part["Content-ID"]):
                data = base64.b64encode(part.get_content()).decode()
                url = f"data:{part.get_content_type()};base64,{data}"
                page = page.replace(f"cid:{cid.strip('<>')}", url)
        return page

    def _part(self, subtype: str) -> str:
        part = self.parsed.get_body((subtype,))
        assert part, f"{self.name}: no text/{subtype}"
        return str(part.get_content()).replace("\r\n", "\n")


def demo_issues(folder: Path) -> Iterator[Sample]:
    """The issues of `litwatch demo`, the bytes that it would send."""
    for path in sorted(play(folder, progress=_quiet).outbox.glob("*.eml")):
        yield Sample(f"demo-{path.stem.rpartition('-')[0]}", path.read_bytes())


def golden_issues() -> Iterator[Sample]:
    """Every golden file as a mail: its .eml, or one that is composed of its HTML and its text."""
    for path in sorted(GOLDEN.glob("*.html")):
        eml = path.with_suffix(".eml")
        if eml.exists():
            lines = eml.read_bytes().replace(b"\r\n", b"\n")
            yield Sample(path.stem, lines.replace(b"\n", b"\r\n"))
        else:
            page = path.read_text(encoding="utf-8")
            text = path.with_suffix(".txt").read_text(encoding="utf-8")
            yield composed(path.stem, page, text)


def composed(
    name: str, page: str, text: str, *, subject: str | None = None, mail: Mail = SENDER
) -> Sample:
    """A mail of two parts, with the headers of a digest; its subject is the page's title."""
    title = re.search("<title>(.*?)</title>", page, re.DOTALL)
    rendered = Rendered(subject or unescape(title[1] if title else ""), page, text, "")
    period = slot(READER, AT)
    _, message = compose(rendered, subscriber=READER, period=period, mail=mail, at=AT, scope=name)
    return Sample(name, message)


def damaged(sample: Sample, old: str, new: str, *, name: str = "damaged") -> Sample:
    """The same digest with a part of its HTML replaced at its first place."""
    page = sample.html
    assert old in page, f"{sample.name}: {old} is not in it"
    return composed(name, page.replace(old, new, 1), sample.text)


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody looks on."""
