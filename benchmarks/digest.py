"""How fast digests are rendered and handed to a mail server, beside the plain way of doing it.

    pip install --editable '.[bench]'
    python benchmarks/digest.py [--digests 1000]

The plain way is what a script of an afternoon does: a Jinja2 template, premailer for the styles,
`email.message` and a connection for each message, `send_message`. Both ways send the same papers,
in turns of 50 digests, so that what else the machine does hits both; the server is a process of its
own on the loopback that takes everything. Times are those of this process's processor but where
a row says otherwise. The papers are the synthetic ones of the demo, tagged by the shipped rules.
"""

import argparse
import multiprocessing
import smtplib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median

import jinja2
from premailer import Premailer

from litwatch.classify import classify
from litwatch.classify.rules import load_ruleset
from litwatch.demo import records
from litwatch.digest.build import build, reported
from litwatch.digest.issue import Coverage, Digest, TopicCoverage
from litwatch.digest.message import compose
from litwatch.digest.period import slot
from litwatch.digest.render import Rendered, render
from litwatch.digest.send import Mailer
from litwatch.fetch.records import parse_record
from litwatch.models import Stored
from litwatch.settings import Mail, Smtp, Subscriber, Topic

HOST = "127.0.0.1"
PAPERS = 30
TURN = 50
AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
TOPIC = Topic("scleromyxedema", "Scleromyxedema", "scleromyxedema[tiab]")
MAIL = Mail("litwatch <litwatch@example.org>", "desk@example.org", "mailto:leave@example.org")


# ---- the sample --------------------------------------------------------------------------------


def library() -> list[Stored]:
    """The demo's records as they stand at last, tagged."""
    rules = load_ruleset(())
    articles = [parse_record(states[-1].xml) for _, states in sorted(records.load().items())]
    return [
        Stored(article, classify(article, rules), (TOPIC.id,), first_run=2, news_topics=(TOPIC.id,))
        for article in articles
    ]


def issue(reader: Subscriber, papers: Sequence[Stored], on_file: Sequence[Stored]) -> Digest:
    """One week's issue of these papers."""
    years = [stored.article.created_on.year for stored in on_file if stored.article.created_on]
    coverage = Coverage(
        AT - timedelta(weeks=1), AT, (TopicCoverage(TOPIC.id, TOPIC.label, 812, len(papers)),)
    )
    return build(
        reader,
        slot(reader, AT),
        (TOPIC,),
        papers,
        (),
        coverage,
        on_file=len(on_file),
        on_file_reports=reported(on_file),
        per_year={year: years.count(year) for year in sorted(set(years))},
        rules_version="bench",
    )


def readers(number: int) -> list[Subscriber]:
    return [Subscriber(f"reader{one}@example.org") for one in range(number)]


# ---- a server that takes everything ------------------------------------------------------------


def sink(told: Connection) -> None:
    """Accepts every mail and keeps none; its port is told."""
    listener = socket.create_server((HOST, 0), backlog=100)
    told.send(listener.getsockname()[1])
    while True:
        threading.Thread(target=meet, args=(listener.accept()[0],), daemon=True).start()


def meet(visitor: socket.socket) -> None:
    """One session, of as many messages as there are (RFC 5321)."""
    visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with visitor, visitor.makefile("rb", buffering=1 << 16) as lines:
        visitor.sendall(b"220 sink\r\n")
        for line in lines:
            command = line[:4].upper()
            if command == b"DATA":
                visitor.sendall(b"354 go on\r\n")
                for content in lines:
                    if content == b".\r\n":
                        break
            visitor.sendall(b"221 bye\r\n" if command == b"QUIT" else b"250 OK\r\n")


# ---- the two ways ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain way, each step as its library's manual shows it."""

    template: jinja2.Template
    port: int

    def send(self, digest: Digest, reader: Subscriber) -> int:
        subject = f"{len(digest.papers)} new papers"
        page = self.template.render(
            subject=subject, sections=digest.sections, coverage=digest.coverage
        )
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = MAIL.sender, reader.email, subject
        message.set_content("\n".join(stored.article.title for stored in digest.papers))
        message.add_alternative(Premailer(page).transform(), subtype="html")
        with smtplib.SMTP(HOST, self.port) as server:
            server.send_message(message)
        return len(page)


def ours(mailer: Mailer, digest: Digest, reader: Subscriber) -> int:
    rendered = render(digest, MAIL)
    mailer.send(MAIL.sender, reader.email, composed(rendered, reader))
    return len(rendered.html)


def composed(rendered: Rendered, reader: Subscriber) -> bytes:
    return compose(rendered, subscriber=reader, period=slot(reader, AT), mail=MAIL, at=AT)[1]


# ---- measuring ---------------------------------------------------------------------------------


@dataclass
class Took:
    """What one way took for so many digests."""

    digests: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    html: int = 0

    def measure(self, number: int, work: Callable[[int], int]) -> None:
        begun, cpu = time.perf_counter(), time.process_time()
        for one in range(self.digests, self.digests + number):
            self.html += work(one)
        self.seconds += time.perf_counter() - begun
        self.cpu_seconds += time.process_time() - cpu
        self.digests += number


def milliseconds(work: Callable[[int], object], rounds: int = 40) -> float:
    """The median of the processor's time for one call, each with another number."""
    times = []
    for one in range(rounds):
        begun = time.process_time()
        work(one)
        times.append(time.process_time() - begun)
    return 1000 * median(times)


def both(selections: Sequence[Digest], port: int, number: int) -> tuple[Took, Took]:
    """Ours and the plain way, in turns; the reader is another each time, as is the selection."""
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=folder, autoescape=True)
    plain = Plain(environment.get_template("plain.html"), port)
    names, us, they = readers(number), Took(), Took()
    with Mailer(Smtp(HOST, port, security="none", per_minute=0)) as mailer:
        for _ in range(number // TURN):
            us.measure(
                TURN, lambda one: ours(mailer, selections[one % len(selections)], names[one])
            )
            they.measure(
                TURN, lambda one: plain.send(selections[one % len(selections)], names[one])
            )
    return us, they


def one_more(selections: Sequence[Digest], port: int) -> list[tuple[str, float]]:
    """What each step takes for one more subscriber, with one selection and with always another."""
    names = readers(len(selections))
    same, rendered = selections[0], render(selections[0], MAIL)
    message = composed(rendered, names[0])
    with Mailer(Smtp(HOST, port, security="none", per_minute=0)) as mailer:
        return [
            ("render, the same selection", milliseconds(lambda _: render(same, MAIL))),
            ("render, another selection", milliseconds(lambda one: render(selections[one], MAIL))),
            ("compose", milliseconds(lambda one: composed(rendered, names[one]))),
            ("send", milliseconds(lambda one: mailer.send(MAIL.sender, names[one].email, message))),
            (
                "one more subscriber, the same selection",
                milliseconds(lambda one: ours(mailer, same, names[one])),
            ),
            (
                "one more subscriber, another selection",
                milliseconds(lambda one: ours(mailer, selections[one], names[one])),
            ),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--digests", type=int, default=1000, help="how many each way sends")
    number = parser.parse_args().digests
    random, papers = Random(30), library()
    reader = replace(readers(1)[0], timezone="Europe/Berlin")
    selections = [issue(reader, random.sample(papers, PAPERS), papers) for _ in range(100)]

    told, telling = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=sink, args=(telling,), daemon=True)
    server.start()
    port = told.recv()
    for warm_up in selections[:3]:
        render(warm_up, MAIL)

    us, they = both(selections, port, number)
    print(f"{us.digests} digests of {PAPERS} papers, rendered and sent, each way")
    for name, way in (("litwatch", us), ("the plain way", they)):
        print(
            f"  {name:14}{way.digests / way.seconds:8.0f} digests/s"
            f"{way.digests / way.cpu_seconds:8.0f} per second of processor"
            f"{way.html / way.digests / 1000:8.1f} kB of HTML"
        )
    print(f"  ratio: {they.seconds / us.seconds:.2f} by the clock, ", end="")
    print(f"{they.cpu_seconds / us.cpu_seconds:.2f} by the processor")
    print("milliseconds of processor, median")
    for what, taken in one_more(selections, port):
        print(f"  {what:42}{taken:8.2f}")
    server.terminate()


if __name__ == "__main__":
    main()
