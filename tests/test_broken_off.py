"""A run that is stopped between a topic's search and its fetch forgets nothing that it listed."""

from datetime import timedelta

from litwatch.demo import records
from world import WEEK, MakeWorld, World

RETRACTED = "pubmed:99026114"
SOME = ("99008011", "99016011", "99026111", "99026114")
"""A few of the demo's records: nothing is new among them after the second week."""


def kinds(world: World) -> set[str]:
    with world.store() as store:
        return {change.kind for change in store.articles.changes_of(RETRACTED)}


def test_a_retraction_is_seen_although_a_block_came_after_its_topic_was_searched(
    make_world: MakeWorld,
) -> None:
    """Nothing new was listed, so only the change that is left unread can call the topic back."""
    world = make_world({pmid: states for pmid, states in records.load().items() if pmid in SOME})
    world.run()
    world.run_after(WEEK)
    world.stand_in.fail("esearch", "blocked", after=2)

    report = world.run_after(4 * WEEK)
    assert [error.code for error in report.errors] == ["blocked"]
    assert report.topics[0].id == "scleromyxedema"
    assert report.topics[0].error
    assert kinds(world) == set()

    world.run_after(timedelta(days=2))
    assert "retraction" in kinds(world)


def test_a_topic_with_nothing_left_to_read_is_complete_although_a_block_came_later(
    make_world: MakeWorld,
) -> None:
    world = make_world({pmid: states for pmid, states in records.load().items() if pmid in SOME})
    world.run()
    world.run_after(4 * WEEK)
    world.stand_in.fail("esearch", "blocked", after=2)

    report = world.run_after(WEEK)

    assert [error.code for error in report.errors] == ["blocked"]
    assert [topic.error is None for topic in report.topics] == [True, *(5 * [False])]
    with world.store() as store:
        assert store.runs.last_complete("scleromyxedema").started == world.now
