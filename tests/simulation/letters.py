"""The readers' mail server, and what stands in the mails that it took."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from functools import cache

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from simulation.setting import PASSWORD

from postbox import Postbox

CORRECTIONS = "CORRECTIONS TO PAPERS SENT TO YOU"
FINAL = "Now in final form"
"""What is told of a paper without being a correction."""
NEWEST = "THE NEWEST PAPERS ON FILE"
END = "HOW THIS ISSUE WAS MADE"
RULE = "-" * 78
PUBMED = re.compile(r"^  https://pubmed\.ncbi\.nlm\.nih\.gov/(\d+)/$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a mail says happened to a paper; `notice` is the notice's PMID, empty without one."""

    pmid: str
    mark: str
    notice: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader reads it: papers with their marks, and corrections."""

    reader: str
    message_id: str
    at: datetime
    is_first: bool
    papers: tuple[tuple[str, str], ...]
    corrections: tuple[Correction, ...]

    @property
    def news(self) -> tuple[str, ...]:
        """The PMIDs that it brings as new."""
        return () if self.is_first else tuple(pmid for pmid, _ in self.papers)


@dataclass(slots=True)
class Received:
    """A message that the server took: in which run, and whether it could say so."""

    run: int
    reader: str
    content: bytes
    answered: bool


@dataclass(slots=True)
class Refusal:
    """What the server answered instead of taking a message."""

    run: int
    command: str
    address: str
    answer: str


class Letterbox(Postbox):
    """A mail server that remembers in which run each message came, and what it refused."""

    def __init__(self) -> None:
        super().__init__()
        self.run = 0
        self.received: list[Received] = []
        self.refusals: list[Refusal] = []

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await super().handle_MAIL(server, session, envelope, address, options)
        return self._noted("MAIL", address, answer)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await super().handle_RCPT(server, session, envelope, address, options)
        return self._noted("RCPT", address, answer)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answered = not self.hangs_up_after_data
        before = len(self.kept)
        answer = await super().handle_DATA(server, session, envelope)
        for _, (reader,), content in self.kept[before:]:
            self.received.append(Received(self.run, reader, content, answered))
        return self._noted("DATA", envelope.rcpt_tos[0], answer)

    def _noted(self, command: str, address: str, answer: str) -> str:
        if not answer.startswith("250"):
            self.refusals.append(Refusal(self.run, command, address, answer))
        return answer


class Doorkeeper:
    """Lets in who knows the password."""

    def __call__(self, *arguments: object) -> AuthResult:
        given = next(each for each in arguments if isinstance(each, LoginPassword))
        return AuthResult(success=given.password == PASSWORD.encode())


@dataclass(slots=True)
class _Section:
    title: str
    lines: list[str] = field(default_factory=list)

    def blocks(self) -> Iterator[str]:
        """Its entries: they are parted by empty lines, and lead to PubMed."""
        for block in "\n".join(self.lines).split("\n\n"):
            if PUBMED.search(block):
                yield block.strip("\n")


@cache
def read(reader: str, content: bytes) -> Mail:
    """The mail that those bytes are."""
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    sections = list(_sections(body.get_content().splitlines()))
    own = [section for section in sections if section.title not in (CORRECTIONS, END)]
    return Mail(
        reader=reader,
        message_id=message["Message-ID"],
        at=parsedate_to_datetime(message["Date"]),
        is_first="This is your first issue." in body.get_content(),
        papers=tuple(_paper(block) for section in own for block in section.blocks()),
        corrections=tuple(
            _correction(block)
            for section in sections
            if section.title == CORRECTIONS
            for block in section.blocks()
            if not block.startswith(FINAL)
        ),
    )


def _sections(lines: Sequence[str]) -> Iterator[_Section]:
    section = _Section("")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if following == RULE:
            yield section
            section = _Section(line)
        elif line != RULE:
            section.lines.append(line)
    yield section


def _paper(block: str) -> tuple[str, str]:
    return PUBMED.findall(block)[0], _mark(block)


def _correction(block: str) -> Correction:
    pmid, *notice = PUBMED.findall(block)
    return Correction(pmid, _mark(block), notice[0] if notice else "")


def _mark(block: str) -> str:
    """What stands over the title, which may take a second line where the first is full."""
    first, second, *_ = [*block.split("\n"), ""]
    if not first.startswith("!! "):
        return ""
    is_full = len(f"{first} {second.partition(' ')[0]}") > len(RULE)
    return f"{first} {second}".removeprefix("!! ") if is_full else first.removeprefix("!! ")
