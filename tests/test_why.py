"""Why a paper is here, and why another is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from litwatch.config import Config
from litwatch.fetch.pubmed import PubMed
from litwatch.settings import Filters
from litwatch.store import open_store
from litwatch.why import why, why_not
from world import WEEK, World

RETRACTED = "pubmed:99026114"


@pytest.fixture
def ask(world: World) -> Callable[[str], str]:
    """Asks why a paper is not here."""

    def ask(uid: str) -> str:
        source = PubMed.over_network(
            world.config.ncbi, clock=lambda: world.now, sleep=world.waits.append
        )
        return "\n".join(why_not(world.config, uid, source, world.now))

    return ask


def explained(config: Config, uid: str) -> str:
    lines = why(config, uid)
    assert lines is not None
    return "\n".join(lines)


def test_a_paper_names_its_clause_run_rules_digest_and_what_became_of_it(world: World) -> None:
    world.run()
    world.run_after(WEEK)
    world.run_after(WEEK)

    text = explained(world.config, RETRACTED)

    assert "scleromyxedema: found by run 2 on 2026-11-09 06:30 UTC as news, by " in text
    assert "scleromyxedema*[tiab]" in text
    assert "IL-6 blockade: given: rule anti_il6, title: Complete remission" in text
    assert "retraction on 2026-11-16" in text
    assert "digest 2026-W46 to reader@example.org: written, <" in text


def test_a_paper_that_is_not_on_file_has_no_why(world: World) -> None:
    world.run()

    assert why(world.config, "pubmed:1") is None


def test_history_is_told_as_history(world: World, ask: Callable[[str], str]) -> None:
    world.run()
    world.run_after(WEEK)

    with world.store() as store:
        shown = store.deliveries.uids("reader@example.org")
        history = min(store.articles.in_topic("scleredema") - shown)
    text = ask(history)

    assert "on file" in text
    assert "history: filed before its topic was watched" in text
    assert "scleromyxedema: not matched by the query; nearest is" in text


def test_a_readers_own_filter_is_named(world: World, ask: Callable[[str], str]) -> None:
    (reader,) = world.config.subscribers
    world.configure(subscribers=(replace(reader, filters=Filters(languages=("ita",))),))
    world.run()
    world.run_after(WEEK)

    assert "left out by the reader's own filters: languages" in ask(RETRACTED)


def test_a_paper_that_is_owed_waits_for_its_slot(world: World, ask: Callable[[str], str]) -> None:
    world.run()
    world.run_after(timedelta(days=6, hours=20))

    assert "reader@example.org: owed: in the next issue" in ask(RETRACTED)


def test_a_look_alike_names_the_clause_that_came_nearest(
    world: World, ask: Callable[[str], str]
) -> None:
    """A look-alike that no query finds."""
    world.run()

    text = ask("pubmed:99012041")

    assert "no run has found it" in text
    assert "nearest is" in text


def test_a_paper_that_came_after_the_last_run_is_found_by_the_next(
    world: World, ask: Callable[[str], str]
) -> None:
    world.run()
    world.now += WEEK

    text = ask(RETRACTED)

    assert "no run has found it" in text
    assert "scleromyxedema: matched later than the last run, of 2026-11-02" in text


def test_a_record_that_pubmed_does_not_hand_out_is_pending(
    world: World, ask: Callable[[str], str]
) -> None:
    world.stand_in.fail("efetch", "missing-records", times=None, ids=("99008011",))
    world.run()

    assert "pending since 2026-11-02" in ask("pubmed:99008011")


def test_a_number_that_names_nothing_says_so(world: World, ask: Callable[[str], str]) -> None:
    world.run()

    assert "PubMed has no such record" in ask("pubmed:12345")


def test_a_reader_who_gets_nothing_is_paused_suppressed_or_removed(
    world: World, ask: Callable[[str], str]
) -> None:
    """The paper is filed during the pause, so that no digest holds it."""
    world.run()
    email = world.config.subscribers[0].email
    resume = f"litwatch subscribers resume {email}"
    with open_store(world.config.database) as store:
        store.subscribers.pause(email)
    world.run_after(WEEK)
    assert f"{email}: paused: {resume}" in ask(RETRACTED)

    with open_store(world.config.database) as store:
        store.subscribers.suppress(email, "550 no such user")
    assert f"{email}: suppressed: 550 no such user: {resume}" in ask(RETRACTED)

    with open_store(world.config.database) as store:
        store.forget(email, salt=b"salt", at=world.now)
    assert f"{email}: was removed: {resume}" in ask(RETRACTED)


def test_a_paper_names_its_outcome_with_the_sentence(world: World) -> None:
    world.run()
    world.run_after(WEEK)

    assert "outcome: response: rule " in explained(world.config, RETRACTED)


def test_after_an_edit_the_clause_of_then_is_named_and_that_the_query_of_today_misses_it(
    world: World, ask: Callable[[str], str]
) -> None:
    world.run()
    world.run_after(WEEK)
    topics = world.config.topics
    world.configure(topics=(replace(topics[0], query="no_such_word[tiab]"), *topics[1:]))

    text = explained(world.config, RETRACTED)

    assert "as news, with the query of then, by " in text
    assert "scleromyxedema*[tiab]" in text
    assert "scleromyxedema: not matched by the query; nearest is no_such_word" in ask(RETRACTED)
    assert "(an earlier query found it)" in ask(RETRACTED)
