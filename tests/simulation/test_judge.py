"""The judge is judged: it sees each kind of fault in a life with which somebody has tampered."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

from simulation.course import PAUSE
from simulation.judge import Judge
from simulation.letters import Received
from simulation.lifetime import Life, live
from simulation.setting import DAILY, EVERY_RUN, KEY, PASSWORD
from simulation.truth import Event


def test_the_judge_sees_each_kind_of_fault(tmp_path: Path) -> None:
    lived = live(tmp_path / "life", seed=3, days=12, kills=2, per_day=1.0)
    assert lived.judge().faults() == []

    for number, (tamper, complaint) in enumerate(TAMPERINGS):
        faults = tampered(lived, tmp_path / str(number), tamper).faults()
        assert any(complaint in fault for fault in faults), complaint


def tampered(lived: Life, folder: Path, tamper: Callable[[Judge], object]) -> Judge:
    """The judge of a copy of that life with which somebody has tampered."""
    shutil.copytree(lived.course.folder, folder)
    course, truth = copy(lived.course), copy(lived.truth)
    course.folder = folder
    course.runs = list(course.runs)
    course.letterbox = copy(course.letterbox)
    course.letterbox.received = list(course.letterbox.received)
    course.log = StringIO()
    course.log.write(lived.course.log.getvalue())
    truth.events = dict(truth.events)
    copied = replace(lived, course=course, truth=truth)
    tamper(copied.judge())
    return copied.judge()


def mail_of(judge: Judge, *, first: bool = False) -> Received:
    """The daily reader's first issue, or the next one that brought something new."""
    mails = [mail for mail in judge.mails[DAILY.email] if (mail.is_first if first else mail.news)]
    name = mails[0].message_id.encode()
    return next(each for each in judge.course.letterbox.received if name in each.content)


def lose(judge: Judge, lost: Received) -> None:
    received = judge.course.letterbox.received
    received[:] = [each for each in received if each.content != lost.content]


def change(judge: Judge, mail: Received, old: bytes, new: bytes) -> None:
    send_changed(judge, mail, old, new)
    lose(judge, mail)


def send_changed(judge: Judge, mail: Received, old: bytes, new: bytes) -> None:
    assert old in mail.content
    changed = replace(mail, content=mail.content.replace(old, new))
    judge.course.letterbox.received.append(changed)


def lose_a_mail(judge: Judge) -> None:
    lose(judge, mail_of(judge))


def lose_the_first_issue(judge: Judge) -> None:
    lose(judge, mail_of(judge, first=True))


def send_again(judge: Judge) -> None:
    judge.course.letterbox.received.append(mail_of(judge))


def send_under_another_name(judge: Judge) -> None:
    send_changed(judge, mail_of(judge), b"Message-ID: <litwatch.", b"Message-ID: <litwatch.x")


def send_something_else_under_the_name(judge: Judge) -> None:
    send_changed(judge, mail_of(judge), b"Subject: ", b"Subject: Not ")


def claim_a_correction(judge: Judge) -> None:
    newest, corrections = b"THE NEWEST PAPERS ON FILE (5)", b"CORRECTIONS TO PAPERS SENT TO YOU"
    change(judge, mail_of(judge, first=True), newest, corrections)


def mail_as_new(pmid_of: Callable[[Judge], str]) -> Callable[[Judge], None]:
    """Puts another paper in the place of one that was new."""

    def tamper(judge: Judge) -> None:
        new = next(mail.news[0] for mail in judge.mails[DAILY.email] if mail.news)
        change(judge, mail_of(judge), new.encode(), pmid_of(judge).encode())

    return tamper


def a_paper_of_the_history(judge: Judge) -> str:
    return min(judge.runs[0].filed["scleromyxedema"])


def a_second_record(judge: Judge) -> str:
    """A second record, so to speak, of the paper that follows the replaced one."""
    _, other, *_ = (pmid for mail in judge.mails[DAILY.email] for pmid in mail.news)
    records = judge.truth._records
    paper = judge.truth._papers[other]
    judge.truth._papers = {**judge.truth._papers, "7": paper}
    judge.truth._records = {**records, paper: records[paper] | {"7"}}
    return "7"


def a_paper_that_no_query_finds(judge: Judge) -> str:
    return "1"


def happen(mark: str) -> Callable[[Judge], None]:
    """Lets something befall a paper that was sent, of which nobody told its readers."""

    def tamper(judge: Judge) -> None:
        mail = next(mail for mail in judge.mails[EVERY_RUN.email] if mail.papers)
        pmid, _ = mail.papers[0]
        moment = mail.at + timedelta(hours=2)
        judge.truth.events[pmid] = (Event(pmid, mark, "1", moment, moment.date()),)

    return tamper


def forget_a_paper(judge: Judge) -> None:
    last = judge.runs[-1]
    filed = {topic: frozenset(sorted(pmids)[1:]) for topic, pmids in last.filed.items()}
    judge.course.runs[-1] = replace(last, filed=filed)


def ask_though_blocked(judge: Judge) -> None:
    """A day that had two runs, the first of which was blocked, so to speak."""
    number, blocked = next(
        (number, run)
        for number, run in enumerate(judge.runs)
        if judge.runs[number + 1].at - run.at < PAUSE
    )
    judge.course.runs[number] = replace(blocked, end="finished", met=Counter({"blocked": 1}))


def ask_on(judge: Judge) -> None:
    judge.course.runs[-1] = replace(judge.runs[-1], met=Counter({"blocked": 1}), asked_on=1)


def tell_the_key(judge: Judge) -> None:
    judge.course.log.write(f"GET /esearch.fcgi?api_key={KEY}")


def keep_the_password(judge: Judge) -> None:
    (judge.course.folder / "note").write_text(PASSWORD)


def in_the_store(statement: str) -> Callable[[Judge], None]:
    def tamper(judge: Judge) -> None:
        with closing(sqlite3.connect(judge.course.folder / "litwatch.db")) as database, database:
            assert database.execute(statement).rowcount > 0

    return tamper


TAMPERINGS: tuple[tuple[Callable[[Judge], None], str], ...] = (
    (lose_a_mail, "is said to be sent, and never came"),
    (lose_a_mail, "was never mailed"),
    (lose_the_first_issue, "did not get one first issue"),
    (send_again, "came again though run"),
    (send_under_another_name, "came in 2 mails"),
    (mail_as_new(a_second_record), "7 came in 2 mails"),
    (send_under_another_name, "came otherwise than it was written"),
    (send_something_else_under_the_name, "names two different messages"),
    (claim_a_correction, "is not so"),
    (mail_as_new(a_paper_of_the_history), "is history or none of this reader's"),
    (mail_as_new(a_paper_that_no_query_finds), "no query had found it"),
    (happen("Retracted"), "Retracted of 2026-11-02 was not told"),
    (happen("Retracted"), "whether it is retracted is not known"),
    (happen("Erratum"), "Erratum of 2026-11-02 was not told"),
    (happen("Erratum"), "did not tell of"),
    (forget_a_paper, "did not file"),
    (forget_a_paper, "complete without"),
    (forget_a_paper, "lost"),
    (ask_though_blocked, "asked though run"),
    (ask_on, "asked on though it was blocked"),
    (tell_the_key, "the log holds a secret"),
    (keep_the_password, "note holds a secret"),
    (in_the_store("UPDATE outbox SET state = 'queued' WHERE id = 1"), "is still queued"),
    (in_the_store("UPDATE outbox SET state = 'failed' WHERE id = 1"), "was given up"),
    (in_the_store("UPDATE topic_runs SET complete = 0 WHERE run_id < 9"), "did not complete"),
    (in_the_store("UPDATE articles SET last_read_at = first_stored_at"), "recheck-overdue"),
    (in_the_store("UPDATE articles SET withdrawn_at = last_read_at"), "the store says otherwise"),
    (in_the_store("UPDATE articles SET record = replace(record, 'cler', 'cIer')"), "another title"),
)
