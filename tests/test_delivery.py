"""What becomes of a message at the relay: bounces that name it, addresses that are unknown."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litwatch import outgoing
from litwatch.delivery import Delivery
from litwatch.digest.issue import Digest
from litwatch.digest.message import bounce_address, wire_address
from litwatch.digest.render import Rendered, render
from litwatch.digest.send import Mailer
from litwatch.errors import DeliveryError
from litwatch.settings import Filters, Mail
from litwatch.standing import standing
from litwatch.store import open_store
from litwatch.store.subscribers import SubscriberState
from postbox import Postbox, Serve, free_port
from world import WEEK, World

READER = "reader@example.org"
MAIL = Mail("litwatch <litwatch@example.org>", "desk@example.org", "mailto:leave@example.org")
UNKNOWN = "550 5.1.1 no such user"


def reader(world: World) -> SubscriberState:
    with world.store() as store:
        state = store.subscribers.get(READER)
    assert state is not None
    return state


def owed(world: World) -> int:
    with world.store() as store:
        return len(store.subscribers.owed(READER) - store.deliveries.uids(READER))


# ---- how much is held at a time ----------------------------------------------------------------


def test_mails_are_read_one_at_a_time(world: World) -> None:
    number, size = 30, 1_000_000
    (reader,) = world.config.subscribers
    readers = tuple(replace(reader, email=f"r{n}@example.org") for n in range(number))
    world.configure(subscribers=readers)
    with open_store(world.config.database) as store:
        run_id = store.runs.start(world.now)
        for each in readers:
            store.outbox.queue(
                run_id=run_id,
                email=each.email,
                period_key="2026-W44",
                period_start=world.now - WEEK,
                period_end=world.now,
                message_id=f"<{each.email}>",
                subject="Long",
                message=b"Subject: Long\r\n\r\n" + bytes(size),
                html="<p>long</p>",
                text="long\n",
                uids=[],
                change_ids=[],
                articles=0,
                corrections=0,
                at=world.now,
            )
        delivery = Delivery(store, world.config, at=world.now, clock=lambda: world.now)
        tracemalloc.start()
        delivery.deliver()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert len(delivery.reports) == number
    assert peak < 6 * size


# ---- the envelope sender -----------------------------------------------------------------------


def test_each_mail_has_a_bounce_address_with_the_token_of_its_message_id(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    mail = replace(world.config.mail, envelope_sender="bounces@example.org")
    world.configure(smtp=serve(), mail=mail)

    first, second = world.run(), world.run_after(WEEK)

    ids = [report.digests[0].message_id or "" for report in (first, second)]
    tokens = [id_.removeprefix("<litwatch.").partition("@")[0] for id_ in ids]
    assert [sender for sender, _, _ in postbox.kept] == [
        f"bounces+{token}@example.org" for token in tokens
    ]
    assert len(set(tokens)) == 2
    assert READER.partition("@")[0] not in tokens[0]


def test_without_a_bounce_address_the_sender_stands_on_the_envelope() -> None:
    assert bounce_address(MAIL, "<litwatch.abc@example.org>") == MAIL.sender


@given(
    local=st.from_regex(r"\A[A-Za-z0-9_+-]{1,39}\Z"),
    token=st.from_regex(r"\A[0-9a-f]{24}\Z"),
)
def test_a_bounce_address_can_stand_on_the_wire(local: str, token: str) -> None:
    mail = replace(MAIL, envelope_sender=f"{local}@example.org")

    address = bounce_address(mail, f"<litwatch.{token}@example.net>")

    assert address == f"{local}+{token}@example.org" == wire_address(address)
    assert len(address.partition("@")[0]) <= 64


# ---- an address that is unknown ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer", "is_unknown"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "550 no such user", True),
        ("RCPT", "551 user not local", True),
        ("RCPT", "553 mailbox name not allowed", True),
        ("RCPT", "556 5.1.10 takes no mail", True),
        ("RCPT", "550 5.2.1 mailbox disabled", True),
        ("RCPT", "550 5.7.1 relaying denied", False),
        ("RCPT", "550 5.1.8 bad sender", False),
        ("RCPT", "554 5.7.1 blocked", False),
        ("RCPT", "552 5.2.2 mailbox full", False),
        ("RCPT", "554 refused", False),
        ("RCPT", "450 4.1.1 not now", False),
        ("DATA", "550 5.1.1 no such user", False),
    ],
)
def test_only_a_reply_that_blames_the_address_says_that_it_is_unknown(
    postbox: Postbox, serve: Serve, command: str, answer: str, is_unknown: bool
) -> None:
    postbox.answers[command, READER] = answer
    with Mailer(serve()) as mailer, pytest.raises(DeliveryError) as caught:
        mailer.send(MAIL.sender, READER, b"Subject: a test\r\n\r\ntext\r\n")

    assert caught.value.no_mailbox is is_unknown


def test_an_address_that_is_refused_twice_is_suppressed_and_its_papers_stay_owed(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = UNKNOWN

    once = world.run_after(WEEK)
    assert reader(world).suppressed is None
    twice = world.run_after(WEEK)

    assert [once.digests[0].status, twice.digests[0].status] == ["failed", "failed"]
    assert f"litwatch subscribers resume {READER}" in twice.errors[0].message
    assert "no such user" in (reader(world).suppressed or "")
    assert owed(world) == 14
    state = standing(world.config)
    assert not state.is_well
    assert any(f"{READER}: suppressed: " in line and "resume" in line for line in state.lines())


def test_nothing_is_written_for_a_suppressed_reader_and_one_issue_comes_when_resumed(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = UNKNOWN
    world.run_after(WEEK)
    world.run_after(WEEK)
    postbox.answers.clear()

    quiet = world.run_after(WEEK)
    with open_store(world.config.database) as store:
        store.subscribers.resume(READER)
    back = world.run_after(timedelta(hours=1))

    assert quiet.digests == ()
    assert quiet.is_well
    assert [(digest.status, digest.articles) for digest in back.digests] == [("sent", 14)]
    assert len(postbox.kept) == 1
    assert reader(world).refusals == 0


def test_an_address_that_a_server_takes_again_starts_anew(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    for is_refused in (True, False, True):
        postbox.answers.clear()
        if is_refused:
            postbox.answers["RCPT", READER] = UNKNOWN
        world.run_after(WEEK)

    assert (reader(world).suppressed, reader(world).refusals) == (None, 1)


def test_the_senders_own_fault_suppresses_nobody(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = "550 5.7.1 relaying denied"
    for _ in range(3):
        world.run_after(WEEK)

    assert (reader(world).suppressed, reader(world).refusals) == (None, 0)


def test_a_digest_that_waits_for_a_paused_reader_raises_no_alarm(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = "450 4.2.1 later"
    world.run_after(WEEK)
    with open_store(world.config.database) as store:
        store.subscribers.pause(READER)

    report = world.run_after(timedelta(days=3))

    assert report.is_well
    assert postbox.kept == []


# ---- how long mails are kept -------------------------------------------------------------------


def test_a_run_empties_mails_that_are_older_than_the_setting(world: World) -> None:
    world.configure(mail=replace(world.config.mail, keep_days=10))
    world.run()
    world.run_after(WEEK)

    world.run_after(WEEK)

    with world.store() as store:
        kept = {row.period_key: bool(row.message) for row in store.outbox.rows(9)}
        assert kept == {"2026-W47": True, "2026-W46": True, "2026-W45": False}
        assert len(store.deliveries.uids(READER)) == 19


# ---- an answer that is lost ----------------------------------------------------------------------


def test_what_a_lost_answer_leaves_in_doubt_is_not_sent_a_second_time(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    """The server took the mail, then refused it for good: its papers are in a mailbox."""
    world.run()
    world.configure(smtp=serve())
    postbox.hangs_up_after_data = True

    lost = world.run_after(WEEK)
    postbox.answers["RCPT", READER] = "550 5.7.1 not today"
    given_up = world.run_after(timedelta(hours=1))
    told = "\n".join(standing(world.config).lines())
    postbox.answers.clear()
    following = world.run_after(WEEK)

    assert [digest.status for digest in lost.digests] == ["deferred"]
    assert [digest.status for digest in given_up.digests] == ["failed"]
    assert "it may have arrived" in told
    assert "litwatch outbox retry 2" in told
    assert [digest.articles for digest in following.digests] == [8]
    assert len({content for _, _, content in postbox.kept}) == len(postbox.kept) == 2


def test_a_digest_that_cannot_be_made_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours meets one reader; what it holds comes once the fault is mended."""
    world.run()
    (one,) = world.config.subscribers
    world.configure(subscribers=(replace(one, email="other@example.org"), one))
    world.run_after(WEEK)
    with monkeypatch.context() as patch:
        patch.setattr("litwatch.mailing.render", only_for(READER))
        broken = world.run_after(WEEK)
    mended = world.run_after(timedelta(hours=1))

    by_status = {digest.subscriber: digest.status for digest in broken.digests}
    assert by_status == {READER: "failed", "other@example.org": "written"}
    assert "ZeroDivisionError" in broken.errors[0].message
    assert "a fault of litwatch" in broken.errors[0].message
    assert [(digest.subscriber, digest.articles) for digest in mended.digests] == [(READER, 8)]


def only_for(faulty: str) -> Callable[[Digest, Mail], Rendered]:
    """A rendering that fails for one reader."""
    seen = iter(("other@example.org", faulty))

    def render_or_fail(digest: Digest, mail: Mail) -> Rendered:
        if next(seen) == faulty:
            raise ZeroDivisionError("division by zero")
        return render(digest, mail)

    return render_or_fail


class Killed(BaseException):
    """A run's death, which nothing catches."""


def test_a_run_that_died_while_it_sent_leaves_the_mail_in_doubt_whatever_meets_the_next(
    world: World, postbox: Postbox, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail arrived, the run died, and the next run found no server at all."""
    world.run()
    relay = serve()
    world.configure(smtp=relay)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("litwatch.store.outbox.Outbox.mark_sent", die)
        with pytest.raises(Killed):
            world.run_after(WEEK)
    world.configure(smtp=replace(relay, port=free_port()))
    world.run_after(timedelta(hours=1))
    world.configure(smtp=relay)
    said = outgoing.drop(world.config, 2, world.now)
    following = world.run_after(WEEK)

    assert "its 6 papers count as delivered" in said
    assert [digest.articles for digest in following.digests] == [8]


def test_a_run_that_ends_while_it_waits_for_its_turn_has_sent_nothing(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    """Whoever breaks off a wait must not lose the reader a paper."""
    (one,) = world.config.subscribers
    world.configure(
        subscribers=(replace(one, email="other@example.org"), one),
        smtp=replace(serve(), per_minute=1),
    )
    world.run(sleep=lambda _seconds: None)

    def broken_off(seconds: float) -> None:
        if seconds > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.run_after(WEEK, sleep=broken_off)
    world.configure(smtp=replace(world.config.smtp, per_minute=0))
    postbox.answers["RCPT", READER] = "550 5.7.1 not today"
    world.run_after(timedelta(hours=1))
    postbox.answers.clear()
    following = world.run_after(WEEK)

    by_reader = {digest.subscriber: digest.articles for digest in following.digests}
    assert by_reader == {READER: 14, "other@example.org": 8}


# ---- the first issue -----------------------------------------------------------------------------


def test_a_first_issue_that_was_refused_is_written_again_and_the_news_follows(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    """A full mailbox on the first day costs neither the welcome nor one of the 14 papers."""
    world.configure(smtp=serve())
    postbox.answers["RCPT", READER] = "552 5.2.2 mailbox full"
    world.run()
    postbox.answers.clear()

    welcome = world.run_after(WEEK)
    news = world.run_after(WEEK)

    assert [digest.articles for digest in welcome.digests] == [5]
    assert b"This is your first issue" in postbox.kept[0][2]
    assert [digest.articles for digest in news.digests] == [9]


def test_a_reader_is_told_what_the_filters_left_out_and_where_it_is(world: World) -> None:
    (one,) = world.config.subscribers
    world.configure(subscribers=(replace(one, filters=Filters(languages=("jpn",))),))
    world.run()

    world.run_after(WEEK)

    (first, issue) = sorted(world.config.outbox.glob("*.txt"))
    said = " ".join(issue.read_text().split())
    assert "6 more new papers do not pass your filters: https://pubmed.ncbi.nlm.nih.gov/" in said
    assert "more new papers" not in first.read_text()
