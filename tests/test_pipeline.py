"""One run, end to end: over HTTP to the stand-in, into real SQLite, out as files or by SMTP."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from litwatch.cli.wording import complaints
from litwatch.demo import records
from litwatch.errors import ConfigError, KeyRefused, Locked
from litwatch.models import bare_uid
from litwatch.reports import Report
from litwatch.settings import Filters, Secret, Subscriber
from litwatch.store.lock import run_lock
from postbox import Postbox, Serve, free_port
from world import WEEK, MakeWorld, World

RETRACTED = "pubmed:99026114"
"""Appears in the demo's second week and is retracted in the third."""
CORRECTED = "pubmed:99026111"
"""Appears in the second week and gets an erratum in the third."""


def html_of(report: Report) -> str:
    """The HTML part of the only message that a run wrote."""
    (digest,) = report.digests
    message = email.message_from_bytes(Path(digest.file).read_bytes(), policy=email.policy.default)
    part = message.get_body(("html",))
    assert part is not None
    return part.get_content()


# ---- the history, and what is news -----------------------------------------------------------


def test_the_first_run_files_the_history_and_mails_none_of_it_as_news(world: World) -> None:
    report = world.run()

    assert report.complete
    assert report.is_well
    assert sum(topic.new for topic in report.topics) >= 100
    (digest,) = report.digests
    assert (digest.status, digest.articles, digest.corrections) == ("written", 5, 0)


def test_every_listed_pmid_is_on_file_after_a_run(world: World) -> None:
    report = world.run()

    with world.store() as store:
        for topic in report.topics:
            assert len(store.articles.in_topic(topic.id)) == topic.count


def test_a_second_run_fetches_nothing_and_sends_nothing(world: World) -> None:
    world.run()
    fetched = world.calls("efetch")

    report = world.run()

    assert world.calls("efetch") == fetched
    assert report.digests == ()
    assert all((topic.new, topic.updated) == (0, 0) for topic in report.topics)


def test_a_quiet_run_costs_two_searches_a_topic_and_at_most_one_fetch(world: World) -> None:
    world.run()
    before = len(world.stand_in.log)

    world.run_after(timedelta(hours=1))

    assert len(world.stand_in.log) - before <= 2 * len(world.config.topics) + 1


def test_the_second_issue_holds_what_is_new_and_nothing_else(world: World) -> None:
    world.run()

    report = world.run_after(WEEK)

    (digest,) = report.digests
    new = {uid for topic in world.config.topics for uid in _linked(world, topic.id)}
    assert digest.articles == 6
    with world.store() as store:
        sent = store.deliveries.uids("reader@example.org")
        assert RETRACTED in sent
        assert len(sent) == 6 + 5  # and the five that the first issue showed
        assert sent <= new


def test_a_paper_that_pubmed_back_dates_is_news(world: World) -> None:
    """99026115 was published in 1998, is created now, and carries its old Entrez date."""
    world.run()

    world.run_after(WEEK)

    with world.store() as store:
        assert "pubmed:99026115" in store.deliveries.uids("reader@example.org")


def test_a_record_found_only_by_its_new_heading_is_news_when_it_is_indexed(world: World) -> None:
    """99026092 was created in October and is found from its indexing in November on."""
    world.run()
    world.run_after(WEEK)
    with world.store() as store:
        assert "pubmed:99026092" not in store.articles.known()

    world.run_after(WEEK)

    with world.store() as store:
        assert "pubmed:99026092" in store.deliveries.uids("reader@example.org")


def test_the_third_issue_opens_with_the_retraction_of_a_paper_it_sent(world: World) -> None:
    world.run()
    world.run_after(WEEK)

    report = world.run_after(WEEK)

    assert report.digests[0].corrections == 2
    html = html_of(report)
    assert "etraction" in html
    assert html.index("99026114") < html.index("99026092")


def test_a_correction_reaches_only_those_who_got_the_paper(world: World) -> None:
    """A reader of scleredema alone never got the retracted paper."""
    other = Subscriber(
        "other@example.org", filters=Filters(topics=("scleredema",)), timezone="Europe/Berlin"
    )
    world.configure(subscribers=(*world.config.subscribers, other))
    world.run()
    world.run_after(WEEK)

    report = world.run_after(WEEK)

    by_reader = {digest.subscriber: digest.corrections for digest in report.digests}
    with world.store() as store:
        assert RETRACTED not in store.deliveries.uids("other@example.org")
        held = store.deliveries.uids("other@example.org")
    assert by_reader["reader@example.org"] == 2
    assert by_reader["other@example.org"] == int(CORRECTED in held)


def test_a_missed_slot_is_sent_once_at_the_next_run(world: World) -> None:
    world.run()

    report = world.run_after(3 * WEEK)
    again = world.run_after(timedelta(hours=1))

    assert len(report.digests) == 1
    assert report.digests[0].articles == 6 + 8
    assert again.digests == ()


def test_an_empty_period_is_skipped_where_the_reader_wants_it_so(world: World) -> None:
    (reader,) = world.config.subscribers
    world.configure(subscribers=(replace(reader, empty="skip"),))
    world.run()
    world.run_after(WEEK)
    world.run_after(WEEK)

    report = world.run_after(WEEK)

    assert [digest.status for digest in report.digests] == ["skipped"]


def test_an_empty_period_sends_its_proof_of_life_otherwise(world: World) -> None:
    world.run()
    world.run_after(WEEK)
    world.run_after(WEEK)

    report = world.run_after(WEEK)

    (digest,) = report.digests
    assert (digest.status, digest.articles) == ("written", 0)


def test_a_new_topic_files_its_history_without_mailing_it(world: World) -> None:
    topics = world.config.topics
    world.configure(topics=topics[:1])
    world.run()
    world.configure(topics=topics)

    report = world.run_after(WEEK)

    added = [topic for topic in report.topics if topic.id != topics[0].id]
    assert sum(topic.new for topic in added) > 20
    assert report.digests[0].articles < 6


def test_a_changed_query_mails_no_old_paper(world: World) -> None:
    scleredema = next(topic for topic in world.config.topics if topic.id == "scleredema")
    narrow = replace(scleredema, query='"Scleredema Adultorum"[mh] AND "2020"[dp]')
    world.configure(topics=(narrow,))
    world.run()
    world.configure(topics=(scleredema,))

    report = world.run_after(WEEK)

    filed = report.topics[0].new - 1
    assert filed > 10
    assert report.digests[0].articles == 1  # the week's own scleredema paper
    assert f"{filed} papers from before a change" in html_of(report)
    assert "before a change" not in html_of(world.run_after(WEEK))


def test_changed_filters_mail_no_paper_that_was_on_file(world: World) -> None:
    (reader,) = world.config.subscribers
    world.configure(subscribers=(replace(reader, filters=Filters(topics=("rem",))),))
    world.run()
    world.run_after(timedelta(days=6, hours=20))  # the week's papers are filed, none is due
    world.configure(subscribers=(reader,))

    report = world.run_after(timedelta(hours=4))

    assert report.digests[0].articles == 1  # the REM paper, which the old filters let pass too
    assert "5 papers from before a change" in html_of(report)
    assert "before a change" not in html_of(world.run_after(WEEK))


# ---- what can go wrong ------------------------------------------------------------------------


def test_where_nothing_answers_a_run_says_so_in_one_line_and_keeps_what_it_has(
    world: World,
) -> None:
    """Nobody listens on port 9: refused at once, and no topic after the first is asked for."""
    world.run()
    reachable = world.config.ncbi
    world.configure(ncbi=replace(reachable, base_url="http://127.0.0.1:9/"))

    report = world.run_after(WEEK)

    (line,) = complaints(report)
    assert "127.0.0.1:9 cannot be reached: the connection was refused" in line
    assert [error.code for error in report.errors] == ["unreachable"]
    assert not report.is_well
    assert sum(world.waits) < 180
    world.configure(ncbi=reachable)
    assert world.run().digests[0].articles == 6


def test_where_pubmed_cannot_be_reached_nothing_is_lost_and_the_next_run_catches_up(
    world: World,
) -> None:
    world.run()
    world.stand_in.fail("*", "unavailable", times=None)

    failed = world.run_after(WEEK)

    assert not failed.complete
    assert not failed.is_well
    assert failed.digests == ()
    assert all(topic.error and topic.count is None for topic in failed.topics)


def test_a_topic_whose_search_fails_leaves_the_others_going(world: World) -> None:
    world.stand_in.fail("esearch", "server-error", times=5)

    report = world.run()

    assert report.topics[0].error
    assert all(topic.error is None for topic in report.topics[1:])
    assert report.digests == ()  # the first issue waits for a complete run

    assert len(world.run_after(timedelta(hours=1)).digests) == 1


def test_a_block_stops_every_call_and_is_remembered(world: World) -> None:
    world.run()
    world.stand_in.fail("*", "blocked")
    calls = len(world.stand_in.log)

    blocked = world.run_after(WEEK)
    cooling = world.run_after(timedelta(hours=1))

    assert "blocked" in {error.code for error in blocked.errors}
    assert "cooling-down" in {error.code for error in cooling.errors}
    # the refused call, and at most its redirection
    assert len(world.stand_in.log) - calls <= 2
    assert world.run_after(timedelta(days=2)).complete


def test_a_refused_key_stops_the_run_and_is_not_repeated(world: World) -> None:
    world.configure(ncbi=replace(world.config.ncbi, api_key=Secret("no-such-key")))

    with pytest.raises(KeyRefused) as refused:
        world.run()

    assert "no-such-key" not in str(refused.value)
    with world.store() as store:
        assert store.articles.known() == frozenset()


def test_a_control_is_fetched_again_each_day_and_missed_where_the_query_loses_it(
    world: World,
) -> None:
    topic = replace(world.config.topics[0], controls=("99008011", "99000001"))
    world.configure(topics=(topic,))
    world.run()

    report = world.run_after(timedelta(days=1))

    (fetch,) = [r for r in world.stand_in.log if r.endpoint == "efetch"][1:]
    assert "99008011" in fetch.params["id"].split(",")
    assert [warning.code for warning in report.topics[0].warnings] == ["control-failed"]
    assert "99000001" in report.topics[0].warnings[0].message


def test_every_record_is_read_again_within_the_recheck_days(world: World) -> None:
    world.configure(recheck_days=14)
    first = world.run()
    assert first.complete
    asked: set[str] = set()

    for _ in range(14):
        before = len(world.stand_in.log)
        world.run_after(timedelta(days=1))
        for request in world.stand_in.log[before:]:
            if request.endpoint == "efetch":
                asked.update(request.params["id"].split(","))

    with world.store() as store:
        known = {bare_uid(uid) for uid in store.articles.known()}
    assert len(known - asked) == 0


def test_a_record_that_stays_away_is_pending_then_withdrawn(world: World) -> None:
    world.stand_in.fail("efetch", "missing-records", times=None, ids=("99008011",))

    first = world.run()
    second = world.run_after(timedelta(days=1))
    third = world.run_after(timedelta(days=1))

    warnings = [warning.code for topic in first.topics for warning in topic.warnings]
    assert "record-missing" in warnings
    assert first.complete
    assert not first.is_well
    assert second.is_well
    assert any(topic.pending for topic in second.topics)
    assert any(topic.withdrawn for topic in third.topics)


def test_one_malformed_record_is_named_and_the_others_go_on(world: World) -> None:
    world.stand_in.fail("efetch", "malformed-record", times=None, ids=("99008011",))

    report = world.run()

    messages = [w.message for topic in report.topics for w in topic.warnings]
    assert any("99008011" in message for message in messages)
    with world.store() as store:
        known = store.articles.known()
    assert "pubmed:99008011" not in known
    assert len(known) >= 100


def test_an_unknown_topic_is_named_before_anything_is_asked(world: World) -> None:
    with pytest.raises(ConfigError, match="no topic is called 'sclerodema'"):
        world.run(topics=("sclerodema",))

    assert world.stand_in.log == ()


def test_a_second_run_at_the_same_time_is_refused(world: World) -> None:
    world.run()

    with run_lock(world.config.database), pytest.raises(Locked):
        world.run()


# ---- dry runs and unsent mail -----------------------------------------------------------------


def test_a_dry_run_writes_nothing_and_says_what_would_be_sent(world: World) -> None:
    world.run()
    folder = world.config.outbox.parent
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    report = world.run_after(WEEK, dry_run=True)

    assert [digest.status for digest in report.digests] == ["would-send"]
    assert report.digests[0].articles == 6
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    volatile = {"litwatch.db-shm", "pace"}
    assert {p: b for p, b in after.items() if p.name not in volatile} == {
        p: b for p, b in before.items() if p.name not in volatile
    }


def test_a_dry_run_on_nothing_makes_no_database(world: World) -> None:
    report = world.run(dry_run=True)

    assert report.complete
    assert not list(world.config.outbox.parent.glob("litwatch.db*"))


def test_what_was_not_sent_is_sent_by_the_next_run_as_it_was_written(world: World) -> None:
    queued = world.run(send=False)
    assert [digest.status for digest in queued.digests] == ["queued"]

    sent = world.run_after(timedelta(hours=1))

    assert [digest.status for digest in sent.digests] == ["written"]
    assert sent.digests[0].message_id == queued.digests[0].message_id


def _linked(world: World, topic_id: str) -> frozenset[str]:
    with world.store() as store:
        return store.articles.in_topic(topic_id)


# ---- mail ------------------------------------------------------------------------------------


def readers(world: World, *emails: str) -> None:
    """Gives the world these readers, all alike."""
    (reader, *_) = world.config.subscribers
    world.configure(subscribers=tuple(replace(reader, email=email) for email in emails))


def test_a_refused_recipient_does_not_keep_the_others_from_theirs(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    readers(world, "a@example.org", "gone@example.org", "z@example.org")
    world.configure(smtp=serve())
    postbox.answers["RCPT", "gone@example.org"] = "550 5.1.1 no such user"

    report = world.run()

    statuses = {digest.subscriber: digest.status for digest in report.digests}
    assert statuses == {
        "a@example.org": "sent",
        "gone@example.org": "failed",
        "z@example.org": "sent",
    }
    assert postbox.recipients() == ["a@example.org", "z@example.org"]
    assert not report.is_well
    assert world.run_after(timedelta(hours=1)).is_well  # refused for good: said once


def test_a_greylisted_recipient_gets_the_same_bytes_later(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    postbox.answers["RCPT", "reader@example.org"] = "451 4.7.1 try again later"
    first = world.run()
    postbox.answers.clear()

    too_early = world.run_after(timedelta(minutes=1))
    in_time = world.run_after(timedelta(minutes=10))

    assert [digest.status for digest in first.digests] == ["deferred"]
    assert first.is_well  # a first deferral is well
    assert too_early.digests == ()
    assert [digest.status for digest in in_time.digests] == ["sent"]
    assert in_time.digests[0].message_id == first.digests[0].message_id


def test_a_retraction_found_while_a_digest_waits_is_told_in_the_next_one(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", "reader@example.org"] = "451 4.7.1 try again later"
    world.run_after(WEEK)
    postbox.answers.clear()

    report = world.run_after(WEEK)

    assert [digest.status for digest in report.digests] == ["sent", "sent"]
    assert sorted(digest.corrections for digest in report.digests) == [0, 2]


def test_no_mail_server_defers_all_and_the_papers_stay_owed_to_nobody_else(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    smtp = serve()
    world.configure(smtp=replace(smtp, port=free_port()))
    first = world.run()
    world.configure(smtp=smtp)

    second = world.run_after(timedelta(days=2))

    assert [digest.status for digest in first.digests] == ["deferred"]
    assert [digest.status for digest in second.digests] == ["sent"]
    assert len(postbox.kept) == 1


# ---- what a reader is owed outlasts what happens in between -----------------------------------


def refilter(world: World, **filters: object) -> None:
    (reader,) = world.config.subscribers
    world.configure(subscribers=(replace(reader, filters=Filters(**filters)),))


def test_filters_that_change_and_change_back_lose_no_news(world: World) -> None:
    world.run()
    world.run_after(timedelta(days=6, hours=20))
    refilter(world, languages=("ita",))
    world.run_after(timedelta(hours=1))
    refilter(world)

    report = world.run_after(timedelta(hours=3))

    assert report.digests[0].articles == 6


def test_filters_in_another_order_bring_up_no_old_papers(world: World) -> None:
    refilter(world, topics=("rem",))
    world.run()
    world.run_after(WEEK)
    refilter(world, languages=("eng", "ger", "fre"))
    world.run_after(WEEK)
    refilter(world, languages=("fre", "eng", "ger"))

    assert world.run_after(WEEK).digests[0].articles == 0


def test_papers_of_a_digest_that_failed_are_owed_again(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.run()
    world.configure(smtp=serve())
    postbox.answers["RCPT", "reader@example.org"] = "550 5.1.1 no such user"
    failed = world.run_after(WEEK)
    postbox.answers.clear()

    report = world.run_after(WEEK)

    assert [digest.status for digest in failed.digests] == ["failed"]
    assert [(d.status, d.articles, d.corrections) for d in report.digests] == [("sent", 14, 0)]


def test_a_server_that_is_down_for_two_weeks_loses_no_digest(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    smtp = serve()
    world.configure(smtp=replace(smtp, port=free_port()))
    for _ in range(30):
        world.run_after(timedelta(hours=12))
    world.configure(smtp=smtp)

    report = world.run_after(timedelta(days=1))

    assert {digest.status for digest in report.digests} == {"sent"}
    assert len(postbox.kept) == len(report.digests) == 3


def test_a_reader_who_left_gets_no_queued_mail(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    world.run(send=False)
    world.configure(subscribers=())

    report = world.run_after(timedelta(hours=1))

    assert report.digests == ()
    assert postbox.kept == []
    with world.store() as store:
        assert store.outbox.counts() == {"dropped": 1}


def test_a_reader_is_welcomed_though_another_topic_fails(world: World) -> None:
    refilter(world, topics=("rem",))
    world.stand_in.fail("esearch", "server-error", times=5)

    report = world.run()

    assert report.topics[0].error
    assert [digest.status for digest in report.digests] == ["written"]


def test_a_correction_whose_fetch_failed_is_told_by_the_next_run(make_world: MakeWorld) -> None:
    """No paper is new in the third week: the change alone makes the run incomplete."""
    late = ("9902612", "99026092")
    world = make_world(
        {pmid: states for pmid, states in records.load().items() if not pmid.startswith(late)}
    )
    world.run()
    world.run_after(WEEK)
    world.stand_in.fail("efetch", "server-error", times=8)
    failed = world.run_after(WEEK)

    report = world.run_after(timedelta(days=8))

    assert not failed.complete
    assert report.digests[0].corrections >= 1


def test_nothing_is_fetched_after_a_block(world: World) -> None:
    world.run()
    world.stand_in.fail("esearch", "blocked", after=2)

    world.run_after(WEEK)

    assert [request.endpoint for request in world.stand_in.log][-2:].count("efetch") == 0


def test_a_run_whose_clock_was_ahead_hides_no_later_change(world: World) -> None:
    monday = world.now
    world.run()
    world.now = monday + WEEK
    records_then = world.now
    world.now = monday.replace(year=2036)
    world.run()
    world.now = records_then
    world.run()

    report = world.run_after(WEEK)

    assert any(topic.updated for topic in report.topics)


def test_a_number_beyond_the_database_stops_no_run(make_world: MakeWorld) -> None:
    library = dict(records.load())
    (first, *rest) = library["99026110"]
    title = b"Scleromyxedema in 999,999,999,999,999,999,999 patients"
    library["99026110"] = tuple(
        replace(
            state,
            xml=re.sub(
                rb"<ArticleTitle>.*?</ArticleTitle>",
                b"<ArticleTitle>" + title + b"</ArticleTitle>",
                state.xml,
            ),
        )
        for state in (first, *rest)
    )
    world = make_world(library)
    world.run()

    report = world.run_after(WEEK)

    assert report.complete
    assert report.digests[0].articles >= 5


def test_a_filter_that_no_rule_can_satisfy_stops_the_run_before_it_begins(world: World) -> None:
    refilter(world, treatments=("ivgi",))

    with pytest.raises(ConfigError, match="did you mean ivig"):
        world.run()
    assert world.stand_in.log == ()


def test_an_outbox_folder_that_cannot_be_written_is_said_and_nothing_is_lost(world: World) -> None:
    world.config.outbox.write_text("a file in the way")

    report = world.run()
    world.config.outbox.unlink()
    again = world.run_after(timedelta(minutes=1))

    assert [error.code for error in report.errors] == ["outbox-unwritable"]
    assert [digest.status for digest in report.digests] == ["queued"]
    assert [digest.status for digest in again.digests] == ["written"]
