"""Three readers' mails in one batch, and a server that fails in between: each arrives, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from litwatch.demo import records
from litwatch.reports import Report
from litwatch.settings import Secret, Smtp
from postbox import Postbox, Serve, free_port
from world import MakeWorld, World

SOON = timedelta(minutes=10)
READERS = ("a@example.org", "b@example.org", "c@example.org")
SOME = ("99026091", "99026101")

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture
def few(make_world: MakeWorld, serve: Serve) -> World:
    """A world of two papers and three readers, before its first run."""
    world = make_world({pmid: records.load()[pmid] for pmid in SOME})
    (reader, *_) = world.config.subscribers
    readers = tuple(replace(reader, email=email) for email in READERS)
    world.configure(subscribers=readers, smtp=serve())
    return world


def statuses(report: Report) -> list[str]:
    return [digest.status for digest in sorted(report.digests, key=lambda one: one.subscriber)]


def test_after_a_421_nobody_else_is_tried_and_all_get_theirs_later(
    few: World, postbox: Postbox
) -> None:
    postbox.answers["RCPT", "b@example.org"] = "421 4.7.0 too many, closing"
    first = few.run()
    postbox.answers.clear()

    second = few.run_after(SOON)

    assert statuses(first) == ["sent", "deferred", "deferred"]
    assert first.is_well
    assert statuses(second) == ["sent", "sent"]
    assert postbox.recipients() == list(READERS)


def test_a_greylisted_reader_keeps_no_other_from_theirs(few: World, postbox: Postbox) -> None:
    postbox.answers["RCPT", "a@example.org"] = "450 4.7.1 greylisted"
    first = few.run()
    postbox.answers.clear()
    few.run_after(SOON)

    assert statuses(first) == ["deferred", "sent", "sent"]
    assert postbox.recipients() == ["b@example.org", "c@example.org", "a@example.org"]
    assert len(postbox.sessions) == 2


def test_a_reply_that_is_lost_brings_one_reader_the_same_bytes_twice(
    few: World, postbox: Postbox
) -> None:
    """RFC 1047: nobody can know that the server kept it; the Message-ID is the same."""
    postbox.hangs_up_after_data = True
    first = few.run()
    second = few.run_after(SOON)

    assert statuses(first) == ["deferred", "sent", "sent"]
    assert statuses(second) == ["sent"]
    assert postbox.recipients() == [*READERS, "a@example.org"]
    assert postbox.kept[0] == postbox.kept[3]


@pytest.mark.parametrize(
    ("command", "answer"),
    [("MAIL", "550 5.7.1 this sender may not"), ("MAIL", "530 5.7.0 log in first")],
)
def test_a_refused_sender_gives_nobody_up_and_is_said_at_once(
    few: World, postbox: Postbox, command: str, answer: str
) -> None:
    sender = few.config.mail.sender
    postbox.answers[command, sender] = answer
    first = few.run()
    postbox.answers.clear()
    second = few.run_after(SOON)

    assert statuses(first) == ["deferred"] * 3
    assert [error.code for error in first.errors] == ["delivery-refused"]
    assert answer in first.errors[0].message
    assert statuses(second) == ["sent"] * 3
    assert postbox.recipients() == list(READERS)


class Door:
    """Lets nobody in until it is opened, and counts who knocks."""

    def __init__(self) -> None:
        self.is_open = False
        self.knocks = 0

    def __call__(
        self, _server: SMTP, _session: Session, _envelope: Envelope, *_: object
    ) -> AuthResult:
        self.knocks += 1
        return AuthResult(success=self.is_open, handled=False)


def test_a_refused_log_in_stops_the_batch_after_one_try(
    few: World, postbox: Postbox, serve: Callable[..., Smtp]
) -> None:
    """A try for each reader would lock the account."""
    door = Door()
    options = {"auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN"]}
    relay = serve(authenticator=door, auth_required=True, **options)
    few.configure(smtp=replace(relay, username="litwatch", password=Secret("hunter2")))
    first = few.run()
    knocks, door.is_open = door.knocks, True
    second = few.run_after(SOON)

    assert knocks == 1
    assert statuses(first) == ["deferred"] * 3
    assert [error.code for error in first.errors] == ["delivery-refused"]
    assert statuses(second) == ["sent"] * 3
    assert postbox.recipients() == list(READERS)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_relay_that_cannot_be_trusted_gets_nothing_and_all_wait(
    few: World, postbox: Postbox, security: Literal["starttls", "tls"]
) -> None:
    plain = few.config.smtp
    assert plain
    few.configure(smtp=replace(plain, security=security))
    first = few.run()
    few.configure(smtp=plain)
    second = few.run_after(SOON)

    assert statuses(first) == ["deferred"] * 3
    assert statuses(second) == ["sent"] * 3
    assert postbox.recipients() == list(READERS)


def test_a_server_that_is_away_for_a_day_is_not_asked_at_each_run(
    few: World, postbox: Postbox
) -> None:
    relay = few.config.smtp
    assert relay
    few.configure(smtp=replace(relay, port=free_port()))
    few.run()
    few.configure(smtp=relay)

    assert statuses(few.run_after(timedelta(minutes=5))) == []
    assert statuses(few.run_after(timedelta(minutes=5))) == ["sent"] * 3
    assert postbox.recipients() == list(READERS)
