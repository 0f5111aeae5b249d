"""The guard in whole runs: what explodes is held, a collapse stays told, and so is silence."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from litwatch.accepting import accept_topic
from litwatch.demo import records
from litwatch.demo.library import Revision
from litwatch.errors import ConfigError
from litwatch.gaps import inspect
from litwatch.reports import Report
from litwatch.standing import standing
from world import WEEK, MakeWorld, World

TOPIC = "scleromyxedema"
PATTERN = "99008011"
FLOOD = 150


def flooded(until: date | None = None) -> dict[str, tuple[Revision, ...]]:
    """The sample records, and in the second week a flood that the query finds as well."""
    library = dict(records.load())
    xml = library[PATTERN][-1].xml
    for number in range(FLOOD):
        pmid = str(99900001 + number)
        own = xml.replace(PATTERN.encode(), pmid.encode())
        own = own.replace(b"10.5555/", b"10.5555/%d." % number)
        states = [Revision(date(2026, 11, 5), own)]
        if until:
            states.append(Revision(until, b"", withdrawn=True))
        library[pmid] = tuple(states)
    return library


def codes(report: Report, topic_id: str = TOPIC) -> set[str]:
    """The warnings of a topic."""
    (topic,) = [topic for topic in report.topics if topic.id == topic_id]
    return {warning.code for warning in topic.warnings}


def delivered(world: World) -> frozenset[str]:
    with world.store() as store:
        return store.deliveries.uids("reader@example.org")


# ---- what explodes -----------------------------------------------------------------------------


def test_what_an_exploding_query_brings_is_filed_and_held(make_world: MakeWorld) -> None:
    world = make_world(flooded())
    world.run()

    report = world.run_after(WEEK)

    assert "count-exploded" in codes(report)
    assert not report.is_well
    with world.store() as store:
        assert len(store.articles.held(TOPIC)) >= FLOOD
    assert not any(uid.startswith("pubmed:999") for uid in delivered(world))
    assert "pubmed:99026113" in delivered(world)  # the week's REM paper: another topic


def test_the_warning_stays_until_a_person_accepts(make_world: MakeWorld) -> None:
    world = make_world(flooded())
    world.run()
    world.run_after(WEEK)

    again = world.run_after(timedelta(days=1))
    accepted = accept_topic(world.config, TOPIC)
    after = world.run_after(timedelta(days=1))

    assert "count-exploded" in codes(again)
    assert accepted.released >= FLOOD
    assert "count-exploded" not in codes(after)
    world.run_after(WEEK)
    assert sum(uid.startswith("pubmed:999") for uid in delivered(world)) == FLOOD


def test_what_was_held_and_is_still_found_when_the_flood_is_over_is_news(
    make_world: MakeWorld,
) -> None:
    """PubMed came to its senses: the week's own papers were held with the flood."""
    world = make_world(flooded(until=date(2026, 11, 12)))
    world.run()
    world.run_after(WEEK)
    own = "pubmed:99026111" if _is_held(world, "pubmed:99026111") else "pubmed:99026114"
    assert _is_held(world, own)

    report = world.run_after(WEEK)

    assert "count-exploded" not in codes(report)
    assert own in delivered(world)
    assert not any(uid.startswith("pubmed:999") for uid in delivered(world))


def _is_held(world: World, uid: str) -> bool:
    with world.store() as store:
        return uid in store.articles.held(TOPIC)


def test_only_a_topic_that_was_searched_can_be_accepted(world: World) -> None:
    with pytest.raises(ConfigError, match="no topic is called 'sclero'"):
        accept_topic(world.config, "sclero")
    with pytest.raises(ConfigError, match="has not been searched yet"):
        accept_topic(world.config, TOPIC)


# ---- what collapses, and what falls silent ---------------------------------------------------


def test_a_collapse_is_warned_of_until_it_is_over(world: World) -> None:
    world.run()
    for _ in range(2):
        world.stand_in.fail("esearch", "zero-count", times=1)
        report = world.run_after(timedelta(days=1))
        assert "count-collapsed" in codes(report)

    assert codes(world.run_after(timedelta(days=1))) == set()


def test_a_changed_translation_is_told_until_it_is_accepted(world: World) -> None:
    world.run()
    world.stand_in.fail("esearch", "translation-changed", times=None)

    told = [codes(world.run_after(timedelta(days=1))) for _ in range(2)]
    accepted = accept_topic(world.config, TOPIC)

    assert told == [{"translation-changed"}] * 2
    assert accepted.settled == ("translation-changed",)
    assert codes(world.run_after(timedelta(days=1))) == set()


def test_a_changed_translation_is_told_until_the_query_is_edited(world: World) -> None:
    world.run()
    world.stand_in.fail("esearch", "translation-changed", times=None)
    assert "translation-changed" in codes(world.run_after(timedelta(days=1)))
    topics = world.config.topics
    world.configure(topics=(replace(topics[0], query="scleromyxedema[tiab]"), *topics[1:]))

    edited = world.run_after(timedelta(days=1))

    assert codes(edited) == codes(world.run_after(timedelta(days=1))) == set()


def test_a_phrase_that_is_not_found_is_quiet_once_it_is_accepted_and_told_if_it_comes_back(
    world: World,
) -> None:
    topics = world.config.topics
    lost = replace(topics[0], query="scleromyxedema[tiab] OR scleromyxedemma[tiab]")
    world.configure(topics=(lost, *topics[1:]))
    assert codes(world.run()) == {"phrase-not-found"}
    accept_topic(world.config, TOPIC)

    quiet = [world.run_after(timedelta(days=1)) for _ in range(3)]
    world.configure(topics=(replace(topics[0], query="scleromyxedema[tiab]"), *topics[1:]))
    world.run_after(timedelta(days=1))
    world.configure(topics=(lost, *topics[1:]))

    assert all(report.is_well for report in quiet)
    assert codes(world.run_after(timedelta(days=1))) == {"phrase-not-found"}


def test_a_topic_that_falls_silent_is_told_once_a_week(world: World) -> None:
    """The sample records end in November 2026; three years later the silence is improbable."""
    world.run()
    world.run_after(2 * WEEK)

    silent = world.run_after(timedelta(days=3 * 365))
    next_day = world.run_after(timedelta(days=1))
    next_week = world.run_after(timedelta(days=7))

    assert "too-quiet" in codes(silent)
    assert "too-quiet" not in codes(next_day)
    assert "too-quiet" in codes(next_week)


# ---- controls ----------------------------------------------------------------------------------

CONTROL = "99008011"


def controlled(*states: Revision) -> dict[str, tuple[Revision, ...]]:
    """The sample records, and of the control what it becomes."""
    return {**records.load(), CONTROL: (*records.load()[CONTROL], *states)}


def without_abstract(day: date) -> Revision:
    xml = records.load()[CONTROL][-1].xml
    return Revision(day, re.sub(rb"<Abstract>.*</Abstract>", b"", xml, flags=re.DOTALL))


def watch_control(world: World) -> None:
    topics = world.config.topics
    world.configure(topics=(replace(topics[0], controls=(CONTROL,)), *topics[1:]))
    world.run()


def test_what_a_control_has_lost_is_told_until_it_is_mended(make_world: MakeWorld) -> None:
    mended = Revision(date(2026, 11, 20), records.load()[CONTROL][-1].xml)
    world = make_world(controlled(without_abstract(date(2026, 11, 5)), mended))
    watch_control(world)

    told = [codes(world.run_after(timedelta(days=6))) for _ in range(2)]

    assert told == [{"control-failed"}] * 2
    assert "control-failed" not in codes(world.run_after(timedelta(days=8)))


def test_what_a_control_has_lost_is_told_until_it_is_accepted(make_world: MakeWorld) -> None:
    world = make_world(controlled(without_abstract(date(2026, 11, 5))))
    watch_control(world)
    told = [codes(world.run_after(timedelta(days=6))) for _ in range(2)]

    accept_topic(world.config, TOPIC)

    assert told == [{"control-failed"}] * 2
    assert codes(world.run_after(timedelta(days=1))) == set()


def test_a_control_is_fetched_by_every_run(world: World) -> None:
    watch_control(world)

    world.run_after(timedelta(minutes=5))

    last = [request for request in world.stand_in.log if request.endpoint == "efetch"][-1]
    assert last.params.ids() == (CONTROL,)


def test_a_control_that_is_not_handed_out_is_told_by_every_run(world: World) -> None:
    watch_control(world)
    world.stand_in.fail("efetch", "missing-records", times=None, ids=(CONTROL,))

    told = [codes(world.run_after(timedelta(hours=1))) for _ in range(2)]

    assert all("control-failed" in codes for codes in told)


# ---- gaps --------------------------------------------------------------------------------------


def holes(world: World, now: datetime | None = None) -> dict[str, set[str]]:
    return {
        topic.topic_id: {hole.code for hole in topic.holes}
        for topic in inspect(world.config, now or world.now)
    }


def test_before_the_first_run_nothing_is_covered(world: World) -> None:
    assert set(map(frozenset, holes(world).values())) == {frozenset({"never-searched"})}


def test_a_complete_run_leaves_no_hole_and_its_sums_add_up(world: World) -> None:
    world.run()
    world.run_after(WEEK)

    for topic in inspect(world.config, world.now):
        assert topic.holes == ()
        assert topic.last
        assert topic.last.accounting.listed == topic.last.report.count
        assert topic.last.accounting.adds_up


def test_each_hole_has_its_name(world: World) -> None:
    world.stand_in.fail("efetch", "missing-records", times=None, ids=(PATTERN,))
    world.run()
    world.stand_in.fail("esearch", "server-error", times=None)
    world.run_after(timedelta(days=1))

    found = holes(world, world.now + timedelta(days=30))

    assert found[TOPIC] == {"missing", "failed", "stale"}
    assert "recheck-overdue" in holes(world, datetime(2027, 12, 1, tzinfo=UTC))[TOPIC]


def test_a_run_that_a_wrong_clock_dated_in_the_future_covers_nothing_until_then(
    world: World,
) -> None:
    world.run()
    world.run_after(WEEK)
    right = world.now - WEEK

    assert holes(world, right)[TOPIC] == {"clock-ahead"}
    assert {topic.last.started for topic in inspect(world.config, right) if topic.last} == {right}


def test_a_query_of_today_that_was_not_asked_is_a_hole(world: World) -> None:
    world.run()
    topics = world.config.topics
    world.configure(topics=(replace(topics[0], query="scleromyxedema[ti]"), *topics[1:]))

    assert holes(world)[TOPIC] == {"query-changed"}


def test_a_collapsed_search_proves_nothing_until_a_search_is_trusted_again(world: World) -> None:
    world.run()
    sound = world.now
    for _ in range(2):
        world.stand_in.fail("esearch", "zero-count", times=1)
        world.run_after(timedelta(days=1))

    (ledger,) = [topic for topic in inspect(world.config, world.now) if topic.topic_id == TOPIC]
    (hole,) = ledger.holes

    assert (hole.code, hole.since) == ("count-collapsed", sound + timedelta(days=1))
    assert f"litwatch accept {TOPIC}" in hole.message
    assert ledger.last
    assert ledger.last.started == sound
    assert not standing(world.config).is_well
    assert any("count-collapsed" in line for line in standing(world.config).lines())
    world.run_after(timedelta(days=1))
    assert holes(world)[TOPIC] == set()
    assert standing(world.config).is_well


def test_a_collapse_that_is_accepted_is_no_hole(world: World) -> None:
    world.run()
    world.stand_in.fail("esearch", "zero-count", times=None)
    world.run_after(timedelta(days=1))

    accepted = accept_topic(world.config, TOPIC)

    assert (accepted.count, accepted.released) == (0, 0)
    assert accepted.settled == ("count-collapsed",)
    assert holes(world)[TOPIC] == set()
    assert codes(world.run_after(timedelta(days=1))) == set()


def test_an_explosion_is_a_hole_and_what_it_holds_another(make_world: MakeWorld) -> None:
    world = make_world(flooded())
    world.run()
    world.run_after(WEEK)

    assert holes(world)[TOPIC] == {"count-exploded", "held"}
    assert not standing(world.config).is_well
    accept_topic(world.config, TOPIC)
    assert holes(world)[TOPIC] == set()
    assert standing(world.config).is_well


# ---- what readers are told -----------------------------------------------------------------------


def digest(world: World) -> str:
    with world.store() as store:
        return " ".join(store.outbox.rows(1)[0].text.split())


def test_readers_of_a_collapsed_search_are_told_so_at_the_head(world: World) -> None:
    world.run()
    world.stand_in.fail("esearch", "zero-count", times=None)
    world.run_after(WEEK)

    text = digest(world)

    said = text.index("The search for Scleromyxedema found far fewer papers than before")
    assert said < text.index("HOW THIS ISSUE WAS MADE")
    assert "Covered without a gap" not in text
    assert "was complete" not in text


def test_readers_of_an_exploded_search_are_told_what_is_held_back(make_world: MakeWorld) -> None:
    world = make_world(flooded())
    world.run()
    world.run_after(WEEK)

    text = digest(world)

    assert "The search for Scleromyxedema found far more papers than before" in text
    assert re.search(r"1\d\d papers that it brought are held back", text)
    assert "Covered without a gap" not in text
