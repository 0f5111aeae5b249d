"""The outbox at a person's hand: no paper comes in two digests, whatever is retried or dropped."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from litwatch import outgoing, readers
from litwatch.errors import ConfigError, DeliveryError, Locked, NotOnFile, StoreError
from litwatch.models import Article, Findings
from litwatch.store import open_store
from litwatch.store.lock import run_lock
from litwatch.store.outbox import UNDONE, OutboxRow
from postbox import Postbox, Serve
from world import FIRST_MONDAY, WEEK, World

READER = "reader@example.org"
SHORTLY = timedelta(minutes=1)


def row(world: World, outbox_id: int) -> OutboxRow:
    with world.store() as store:
        found = store.outbox.get(outbox_id)
    assert found is not None
    return found


def delivered(world: World) -> int:
    with world.store() as store:
        return len(store.deliveries.uids(READER))


@pytest.fixture
def refused(world: World, postbox: Postbox, serve: Serve) -> World:
    """A world whose second issue was refused for good; the server takes everything from now on."""
    world.configure(smtp=serve())
    world.run()
    postbox.answers["RCPT", READER] = "550 5.7.1 relaying denied"
    world.run_after(WEEK)
    postbox.answers.clear()
    postbox.kept.clear()
    return world


# ---- looked at -------------------------------------------------------------------------------


def test_the_list_has_the_newest_first_and_can_be_limited(refused: World) -> None:
    rows = outgoing.digests(refused.config, None, 9)

    assert [row.state for row in rows] == ["failed", "sent"]
    assert [row.id for row in outgoing.digests(refused.config, "failed", 9)] == [2]
    assert [row.id for row in outgoing.digests(refused.config, None, 1)] == [2]
    values = outgoing.as_json(rows[0])
    assert (values["id"], values["state"], values["attempts"]) == (2, "failed", 1)
    assert values["kept"] is True
    assert "relaying denied" in str(values["last_reply"])
    assert "2026-W46" in outgoing.line(rows[0])


def test_a_mail_is_shown_with_its_headers_decoded(refused: World) -> None:
    shown = outgoing.digest(refused.config, 2)

    headers = dict(outgoing.headers(shown))
    assert headers["To"] == READER
    assert headers["Subject"] == shown.subject
    assert headers["Message-ID"] == shown.message_id


def test_a_number_that_no_digest_has_is_a_fault_of_usage(world: World) -> None:
    world.run()

    for call in (
        lambda: outgoing.digest(world.config, 9),
        lambda: outgoing.retry(world.config, [9], world.now),
        lambda: outgoing.drop(world.config, 9, world.now),
    ):
        with pytest.raises(ConfigError, match="no digest has the number 9: litwatch outbox list"):
            call()


def test_a_mail_that_is_no_longer_kept_is_said_in_one_line(world: World) -> None:
    world.configure(mail=replace(world.config.mail, keep_days=3))
    world.run()
    world.run_after(WEEK)

    for call in (
        lambda: outgoing.digest(world.config, 1),
        lambda: outgoing.resend(world.config, READER, "2026-W45", world.now),
    ):
        with pytest.raises(NotOnFile, match=r"digest 1: its mail is no longer kept .*= 3\)"):
            call()
    assert outgoing.as_json(row(world, 1))["kept"] is False


def test_a_skipped_period_has_no_mail(world: World) -> None:
    world.configure(subscribers=(replace(world.config.subscribers[0], empty="skip"),))
    world.run()
    for _ in range(6):
        world.run_after(WEEK)
    skipped = outgoing.digests(world.config, "skipped", 1)[0]

    with pytest.raises(NotOnFile, match="the period was empty"):
        outgoing.digest(world.config, skipped.id)


# ---- tried again, dropped --------------------------------------------------------------------


def test_a_failed_digest_that_is_retried_brings_its_papers_and_no_other_does(
    refused: World, postbox: Postbox
) -> None:
    before = row(refused, 2)
    assert delivered(refused) == 5

    (outcome,) = outgoing.retry(refused.config, [2], refused.now)
    again = refused.run_after(SHORTLY)
    next_week = refused.run_after(WEEK)

    assert outcome.is_done
    assert [digest.message_id for digest in again.digests] == [before.message_id]
    assert postbox.kept[0][2] == before.message
    assert [digest.articles for digest in next_week.digests] == [8]
    assert delivered(refused) == 5 + 6 + 8


def test_a_failed_digest_whose_papers_came_since_is_not_sent(
    refused: World, postbox: Postbox
) -> None:
    refused.run_after(WEEK)

    (outcome,) = outgoing.retry(refused.config, [2], refused.now)
    report = refused.run_after(SHORTLY)

    assert not outcome.is_done
    assert "6 of its 6 papers came to reader@example.org in a later digest" in outcome.message
    assert report.digests == ()
    assert len(postbox.kept) == 1


def test_all_that_failed_or_is_deferred_is_retried_at_once(
    refused: World, postbox: Postbox
) -> None:
    postbox.answers["RCPT", READER] = "450 4.2.1 later"
    refused.run_after(WEEK)
    postbox.answers.clear()

    outcomes = outgoing.retry(refused.config, [], refused.now)
    report = refused.run_after(SHORTLY)

    assert [(outcome.id, outcome.is_done) for outcome in outcomes] == [(2, False), (3, True)]
    assert [(digest.status, digest.articles) for digest in report.digests] == [("sent", 14)]


def test_a_digest_to_a_suppressed_reader_is_not_retried(refused: World) -> None:
    with open_store(refused.config.database) as store:
        store.subscribers.suppress(READER, "550 5.1.1 no such user")

    (outcome,) = outgoing.retry(refused.config, [2], refused.now)

    assert not outcome.is_done
    assert outcome.message.endswith(f"litwatch subscribers resume {READER}")


def test_a_delivered_digest_is_not_retried_but_resent(refused: World) -> None:
    (outcome,) = outgoing.retry(refused.config, [1], refused.now)

    assert not outcome.is_done
    assert outcome.message == (
        f"digest 1: is sent: litwatch digest resend {READER} --period 2026-W45"
    )


def test_what_a_dropped_digest_held_comes_with_the_next_issue(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    world.run()
    world.run_after(WEEK, send=False)

    said = outgoing.drop(world.config, 2, world.now)
    report = world.run_after(WEEK)

    assert said == "digest 2: dropped; what it held comes with the next issue"
    assert [digest.articles for digest in report.digests] == [14]
    assert len(postbox.kept) == 2


def test_a_dropped_digest_that_may_have_arrived_counts_as_delivered(world: World) -> None:
    world.run()
    world.run_after(WEEK, send=False)
    with open_store(world.config.database) as store:
        store.outbox.mark_sending(2, world.now)

    said = outgoing.drop(world.config, 2, world.now)
    report = world.run_after(WEEK)

    assert "it may have arrived" in said
    assert "its 6 papers count as delivered" in said
    assert [digest.articles for digest in report.digests] == [8]


def test_a_failed_digest_that_is_dropped_troubles_nobody_any_more(refused: World) -> None:
    from litwatch.standing import standing

    assert not standing(refused.config).is_well
    outgoing.drop(refused.config, 2, refused.now)

    assert standing(refused.config).is_well
    with pytest.raises(ConfigError, match="is dropped: there is nothing to drop"):
        outgoing.drop(refused.config, 2, refused.now)


def test_the_outbox_is_left_alone_while_a_run_is_at_work(refused: World) -> None:
    with run_lock(refused.config.database), pytest.raises(Locked):
        outgoing.drop(refused.config, 2, refused.now)


# ---- sent once more --------------------------------------------------------------------------


def test_the_stored_bytes_go_out_once_more_and_nothing_is_owed_by_it(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    world.run()
    world.run_after(WEEK)
    before = delivered(world)

    last = outgoing.resend(world.config, READER.upper(), None, world.now)
    first = outgoing.resend(world.config, READER, "2026-W45", world.now)

    contents = [content for _, _, content in postbox.kept]
    assert contents[2:] == [contents[1], contents[0]]
    assert last.startswith("digest 2, 2026-W46, ")
    assert first.endswith(": 250 kept as 17")
    again = row(world, 2)
    assert (again.state, again.attempts) == ("sent", 2)
    assert again.last_reply == "sent once more on 2026-11-09: 250 kept as 17"
    assert ", attempts: 2  " in outgoing.line(again)
    assert delivered(world) == before
    assert world.run_after(SHORTLY).digests == ()


def test_a_resent_digest_that_is_refused_stays_delivered(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    world.run()
    postbox.answers["RCPT", READER] = "550 5.1.1 no such user"

    with pytest.raises(DeliveryError, match="no such user"):
        outgoing.resend(world.config, READER, None, world.now)

    again = row(world, 1)
    assert (again.state, again.attempts) == ("sent", 2)
    assert "no such user" in (again.last_reply or "")
    assert delivered(world) == 5


def test_without_a_relay_the_files_are_written_again(world: World) -> None:
    report = world.run()
    path = Path(report.digests[0].file or "")
    before = path.read_bytes()
    path.unlink()

    said = outgoing.resend(world.config, READER, None, world.now)

    assert str(path) in said
    assert path.read_bytes() == before


def test_nothing_is_resent_to_one_who_pauses_or_has_left(world: World) -> None:
    world.run()
    readers.pause(world.config, READER)
    with pytest.raises(ConfigError, match="is paused: litwatch subscribers resume"):
        outgoing.resend(world.config, READER, None, world.now)

    world.configure(subscribers=())

    with pytest.raises(ConfigError, match="the configuration does not name it"):
        outgoing.resend(world.config, READER, None, world.now)


def test_what_was_never_delivered_is_not_resent(refused: World) -> None:
    with pytest.raises(ConfigError, match="is failed: litwatch outbox retry 2"):
        outgoing.resend(refused.config, READER, "2026-W46", refused.now)
    with pytest.raises(ConfigError, match="no digest 2026-W01: there are 2026-W46, 2026-W45"):
        outgoing.resend(refused.config, READER, "2026-W01", refused.now)
    with pytest.raises(ConfigError, match="has had no digest: litwatch subscribers list"):
        outgoing.resend(refused.config, "nobody@example.org", None, refused.now)


# ---- whatever a person and a server do -------------------------------------------------------


class AnyOutbox(RuleBasedStateMachine):
    """One reader, five papers; digests of what is owed are sent, refused, retried and dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.store = open_store("sqlite://")
        self.papers = {f"pubmed:{number}" for number in range(5)}
        self.at = FIRST_MONDAY
        self.held: dict[int, set[str]] = {}
        self.may_have_arrived: set[int] = set()
        run_id = self.store.runs.start(self.at)
        for uid in self.papers:
            self.store.articles.save(
                Article(uid, title="x"), Findings(), rules_version="1", run_id=run_id, at=self.at
            )
        self.write(2)

    @rule(share=st.integers(1, 5))
    def write(self, share: int) -> None:
        self.at += WEEK
        uids = sorted(self.papers - self.store.deliveries.uids(READER))[:share]
        outbox_id = self.store.outbox.queue(
            run_id=self.store.runs.start(self.at),
            email=READER,
            period_key=self.at.isoformat(),
            period_start=self.at,
            period_end=self.at + WEEK,
            message_id=f"<{self.at.isoformat()}>",
            subject="",
            message=b"x",
            html="x",
            text="x",
            uids=uids,
            change_ids=(),
            at=self.at,
            articles=len(uids),
            corrections=0,
        )
        self.held[outbox_id] = set(uids)

    def among(self, *states: str) -> list[int]:
        return [row.id for row in self.store.outbox.rows(99) if row.state in states]

    @precondition(lambda self: self.among(*UNDONE))
    @rule(data=st.data(), fate=st.sampled_from(("crash", "sent", "deferred", "lost", "failed")))
    def send(self, data: st.DataObject, fate: str) -> None:
        outbox_id = data.draw(st.sampled_from(self.among(*UNDONE)))
        if fate == "lost" or outbox_id in self.among("sending"):
            self.may_have_arrived.add(outbox_id)
        self.store.outbox.mark_sending(outbox_id, self.at)
        if fate == "sent":
            self.store.outbox.mark_sent(outbox_id, self.at, "250 ok")
        elif fate == "deferred":
            self.put_off(outbox_id)
        elif fate == "lost":
            self.put_off(outbox_id, in_doubt=True)
        elif fate == "failed":
            self.store.outbox.mark_failed(outbox_id, self.at, 550, "no")

    def put_off(self, outbox_id: int, *, in_doubt: bool = False) -> None:
        later = self.at + WEEK
        self.store.outbox.mark_deferred(
            outbox_id, self.at, later, 450, "later", attempts=1, in_doubt=in_doubt
        )

    @precondition(lambda self: self.among("failed"))
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        outbox_id = data.draw(st.sampled_from(self.among("failed")))
        with suppress(StoreError):  # what it held came in a later digest
            self.store.outbox.retry(outbox_id, self.at)

    @precondition(lambda self: self.among(*UNDONE, "failed"))
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        outbox_id = data.draw(st.sampled_from(self.among(*UNDONE, "failed")))
        if outbox_id in self.among("sending"):
            self.may_have_arrived.add(outbox_id)
        self.store.outbox.mark_dropped(outbox_id, self.at, "by hand")

    @invariant()
    def each_paper_is_in_one_live_digest_or_owed(self) -> None:
        live = [
            self.held[row.id]
            for row in self.store.outbox.rows(99)
            if row.state in {*UNDONE, "sent"} or row.id in self.may_have_arrived
        ]
        together = [uid for held in live for uid in held]
        assert len(together) == len(set(together))
        assert set(together) == self.store.deliveries.uids(READER)

    def teardown(self) -> None:
        self.store.close()


TestAnyOutbox = AnyOutbox.TestCase
TestAnyOutbox.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


# ---- how the outbox stands -----------------------------------------------------------------------


def test_no_newer_trouble_hides_a_digest_that_was_given_up(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    from litwatch.standing import standing

    (one,) = world.config.subscribers
    others = [replace(one, email=f"r{number}@example.org") for number in range(8)]
    world.configure(smtp=serve(), subscribers=(one, *others))
    postbox.answers["RCPT", READER] = "550 5.7.1 relaying denied"
    for other in others:
        postbox.answers["RCPT", other.email] = "451 4.7.1 greylisted"
    world.run()

    state = standing(world.config)
    lines = "\n".join(state.lines())

    assert not state.is_well
    assert "litwatch outbox retry 1" in lines
    assert "3 more deferred: litwatch outbox list --state deferred" in lines


def test_a_digest_that_is_being_sent_is_no_trouble(world: World) -> None:
    from litwatch.standing import standing

    world.run()
    world.run_after(WEEK, send=False)
    with run_lock(world.config.database), open_store(world.config.database) as store:
        store.runs.start(world.now)
        store.outbox.mark_sending(2, world.now)
        store.make_durable()
        state = standing(world.config)

    assert state.is_well
    assert any("is being sent" in line for line in state.lines())
    assert not standing(world.config).is_well


def test_who_was_removed_and_comes_back_gets_another_message_id(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    """A mailbox that knows the old one would take the new mail for a copy."""
    world.configure(smtp=serve())
    (first,) = world.run().digests
    readers.remove(world.config, READER, now=world.now, salt=b"0" * 32)
    readers.resume(world.config, READER)
    (second,) = world.run_after(SHORTLY).digests

    assert first.message_id != second.message_id
    assert len(postbox.kept) == 2


def test_a_file_that_a_killed_run_did_not_speak_of_goes_with_its_reader(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("litwatch.store.outbox.Outbox.mark_written", die)
        with pytest.raises(KeyboardInterrupt):
            world.run()
    assert len(list(world.config.outbox.iterdir())) == 3
    readers.remove(world.config, READER, now=world.now, salt=b"0" * 32)

    assert list(world.config.outbox.iterdir()) == []
