"""What `litwatch check` tells of queries offline, what it asks NCBI, and the test message."""

import email
import email.policy
from dataclasses import replace
from datetime import timedelta

import pytest

from litwatch.checking import LiveTopic, advice, ask_live, inspect, send_test
from litwatch.errors import ConfigError, DeliveryError, KeyRefused, SourceBlocked, Unreachable
from litwatch.fetch.evaluate import matches
from litwatch.fetch.query import parse
from litwatch.settings import Secret, Topic
from postbox import Postbox, Serve
from world import World

QUERY = (
    '("Scleromyxedema"[mh] OR scleromyxedema*[tiab] OR scleromyxoedema*[tiab] '
    'OR "no such thing"[tiab:~0]) NOT review[pt]'
)
CONTROL = "99008011"


def watch(world: World, *queries: str, controls: tuple[str, ...] = ()) -> None:
    """Watches these queries and no other."""
    topics = (Topic(f"topic_{n}", "", query, controls) for n, query in enumerate(queries))
    world.configure(topics=tuple(topics))


def live(world: World) -> tuple[LiveTopic, ...]:
    """What NCBI says now; waiting costs nothing."""
    return ask_live(world.config, clock=lambda: world.now, sleep=world.waits.append)


def asked(world: World) -> list[str]:
    """The queries that were asked, in order."""
    return [request.params.get("term") for request in world.stand_in.log]


# ---- offline -----------------------------------------------------------------------------------


def test_a_query_that_pubmed_would_read_otherwise_is_a_fault_beside_all_others(
    world: World,
) -> None:
    watch(world, "mucinosis[tiabb]", "mucin*[ti] OR ab*[ti]")
    reader = world.config.subscribers[0]
    filters = replace(reader.filters, treatments=("ivigg",))
    world.configure(subscribers=(replace(reader, filters=filters),))

    with pytest.raises(ConfigError) as caught:
        inspect(world.config)

    assert len(caught.value.faults) == 3
    assert "did you mean ivig?" in caught.value.faults[0]
    assert caught.value.faults[1] == (
        "topic topic_0: query: unknown-field: PubMed has no field [tiabb] and searches without it; "
        "the nearest known is [tiab]: mucinosis[tiabb]"
    )
    assert "topic_1: query: truncation" in caught.value.faults[2]


def test_advice_names_the_topic_and_is_no_fault(world: World) -> None:
    watch(world, "skin[ti]", 'tumor[ti] OR "Mucinoses"[mh]')

    assert [(topic, remark.code) for topic, remark in advice(world.config.topics)] == [
        ("topic_1", "missing-spelling"),
        ("topic_1", "exploding-heading"),
    ]
    assert ("topics", "2 (topic_0, topic_1)") in inspect(world.config)


def test_the_shipped_configuration_passes_offline_and_asks_nothing(world: World) -> None:
    assert inspect(world.config)
    assert world.stand_in.log == ()


# ---- live --------------------------------------------------------------------------------------


def test_every_clause_has_its_own_count_and_what_it_adds(world: World) -> None:
    watch(world, QUERY)

    (topic,) = live(world)

    world.run()
    with world.store() as store:
        articles = [
            stored.article
            for uid in store.articles.known()
            if (stored := store.articles.get(uid)) is not None
        ]
    found = [article for article in articles if matches(parse(QUERY), article)]
    assert topic.count == len(found) > 40
    assert topic.query_translation.startswith('("scleromyxedema"[MeSH Terms] OR ')
    assert [(clause.kind, clause.clause) for clause in topic.clauses] == [
        ("alternative", '"Scleromyxedema"[mh]'),
        ("alternative", "scleromyxedema*[tiab]"),
        ("alternative", "scleromyxoedema*[tiab]"),
        ("alternative", '"no such thing"[tiab:~0]'),
        ("exclusion", "review[pt]"),
    ]
    spelt = topic.clauses[2]
    others = parse('("Scleromyxedema"[mh] OR scleromyxedema*[tiab]) NOT review[pt]')
    assert spelt.adds == sum(not matches(others, article) for article in found) > 0
    assert spelt.query_translation == '"scleromyxoedema*"[Title/Abstract]'
    assert topic.clauses[3].count == topic.clauses[3].adds == 0
    assert topic.clauses[4].adds < 0 < topic.clauses[4].count
    assert topic.is_well


def test_a_clause_is_asked_twice_at_most_and_nothing_is_listed_or_fetched(world: World) -> None:
    watch(world, QUERY)

    live(world)

    terms = asked(world)
    assert len(terms) == 1 + 2 * 5 - 1  # what finds nothing by itself adds nothing
    assert terms[0] == QUERY
    assert terms[1:3] == [
        '"Scleromyxedema"[mh]',
        '(scleromyxedema*[tiab] OR scleromyxoedema*[tiab] OR "no such thing"[tiab:~0]) '
        "NOT review[pt]",
    ]
    assert {request.params.get("retmax") for request in world.stand_in.log} == {"0"}
    assert not any(request.is_anonymous for request in world.stand_in.log)
    assert world.calls("efetch") == 0


def test_a_query_of_one_clause_is_asked_twice(world: World) -> None:
    watch(world, "scleromyxedema*[tiab]")

    (topic,) = live(world)

    assert topic.clauses[0].adds == topic.clauses[0].count == topic.count
    assert len(asked(world)) == 2


def test_what_all_alternatives_must_have_takes_papers_away(world: World) -> None:
    watch(world, "(scleromyxedema*[tiab] OR mucinosis[tiab]) AND case reports[pt]")

    (topic,) = live(world)

    requirement = topic.clauses[2]
    assert (requirement.kind, requirement.clause) == ("requirement", "case reports[pt]")
    assert requirement.adds < 0


def test_a_warning_of_pubmed_is_told_once_and_is_not_well(world: World) -> None:
    watch(world, 'scleromyxedema[tiab] OR "quite unheard of words"[tiab] OR mucinosis[nonsense]')

    (topic,) = live(world)

    assert [notice.code for notice in topic.notices] == ["phrase-not-found", "field-not-found"]
    assert topic.clauses[0].warnings == ()
    assert [notice.code for notice in topic.clauses[1].warnings] == ["phrase-not-found"]
    assert [notice.code for notice in topic.clauses[2].warnings] == ["field-not-found"]
    assert not topic.is_well


def test_controls_are_told_apart_as_found_and_missing(world: World) -> None:
    watch(world, "scleromyxedema*[tiab]", controls=(CONTROL, "1"))

    (topic,) = live(world)

    assert topic.controls_found == (CONTROL,)
    assert topic.controls_missing == ("1",)
    assert not topic.is_well


def test_a_query_that_finds_nothing_is_not_well(world: World) -> None:
    watch(world, '"no such thing"[tiab:~0]')

    (topic,) = live(world)

    assert topic.count == 0
    assert topic.notices == ()
    assert not topic.is_well


def test_a_topic_that_fails_is_told_with_its_error_and_the_others_go_on(world: World) -> None:
    watch(world, "mucinosis[ti]", "scleromyxedema*[ti]")
    world.stand_in.fail("esearch", "id-list-empty", times=1)

    failed, fine = live(world)

    assert failed.count is None
    assert failed.error
    assert not failed.is_well
    assert fine.is_well
    assert fine.count


def test_a_block_ends_all_and_is_remembered(world: World) -> None:
    watch(world, "mucinosis[ti]", "scleromyxedema*[ti]")
    world.stand_in.fail("esearch", "blocked", times=1)

    with pytest.raises(SourceBlocked):
        live(world)
    before = len(world.stand_in.log)
    with pytest.raises(SourceBlocked, match="left alone until 2026-11-03 06:30 UTC"):
        live(world)
    report = world.run()

    assert len(world.stand_in.log) == before
    assert report.errors[0].code == "cooling-down"
    world.now += timedelta(hours=24)
    assert live(world)[0].is_well


def test_a_refused_key_and_an_unreachable_server_end_all(world: World) -> None:
    watch(world, "mucinosis[ti]", "scleromyxedema*[ti]")
    world.configure(ncbi=replace(world.config.ncbi, api_key=Secret("wrong")))
    with pytest.raises(KeyRefused):
        live(world)

    nowhere = replace(world.config.ncbi, base_url="http://127.0.0.1:9/entrez/eutils/")
    world.configure(ncbi=nowhere)
    with pytest.raises(Unreachable):
        live(world)


def test_live_answers_are_plain_values_for_a_script(world: World) -> None:
    watch(world, "mucinosis[ti] OR x[nonsense]", controls=("1",))

    (topic,) = live(world)
    plain = topic.as_json()

    assert list(plain) == [
        "id",
        "count",
        "query_translation",
        "warnings",
        "clauses",
        "controls_found",
        "controls_missing",
        "error",
    ]
    assert plain["clauses"][1]["warnings"][0]["code"] == "field-not-found"
    assert plain["controls_missing"] == ("1",)


# ---- the test message --------------------------------------------------------------------------


def test_a_test_message_goes_as_digests_go(world: World, postbox: Postbox, serve: Serve) -> None:
    world.configure(smtp=serve())

    reply = send_test(world.config, "operator@example.org", world.now)

    assert reply == "250 kept as 17"
    ((_, recipients, content),) = postbox.kept
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert recipients == ["operator@example.org"]
    assert message["Subject"] == "litwatch: test message"
    assert message["From"] == world.config.mail.sender
    assert message["List-Unsubscribe"]
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "Digests on 6 topics will come the same way" in plain.get_content()


def test_two_test_messages_are_two(world: World, postbox: Postbox, serve: Serve) -> None:
    world.configure(smtp=serve())

    for moment in (world.now, world.now + timedelta(seconds=1)):
        send_test(world.config, "operator@example.org", moment)

    ids = {email.message_from_bytes(content)["Message-ID"] for _, _, content in postbox.kept}
    assert len(ids) == 2


def test_a_refusal_of_the_test_message_is_told_in_the_servers_words(
    world: World, postbox: Postbox, serve: Serve
) -> None:
    world.configure(smtp=serve())
    postbox.answers["RCPT", "nobody@example.org"] = "550 no such user here"

    with pytest.raises(DeliveryError, match="550 no such user here"):
        send_test(world.config, "nobody@example.org", world.now)


def test_without_a_server_or_an_address_nothing_is_sent(world: World, serve: Serve) -> None:
    with pytest.raises(ConfigError, match=r"has no \[smtp\].*written to"):
        send_test(world.config, "operator@example.org", world.now)

    world.configure(smtp=serve())
    with pytest.raises(ConfigError, match="operator: is not an e-mail address"):
        send_test(world.config, "operator", world.now)
