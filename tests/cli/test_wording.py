"""What a run says to a person."""

from datetime import UTC, datetime

from litwatch.cli.wording import complaints, lines
from litwatch.models import Notice
from litwatch.reports import Report, RunError, TopicReport

NOW = datetime(2026, 11, 9, tzinfo=UTC)


def report(*topics: TopicReport, errors: tuple[RunError, ...] = ()) -> Report:
    return Report(NOW, NOW, complete=True, topics=topics, errors=errors)


def test_what_is_held_back_is_said_with_the_command_that_lets_it_go() -> None:
    exploded = Notice("count-exploded", "the query finds more than twice as much")
    held = report(TopicReport("s", count=200, new=150, held=150, warnings=(exploded,)))

    assert lines(held)[0] == "s: 200 in PubMed, 150 new, 0 updated, 150 held back"
    assert complaints(held) == [
        "s: count-exploded: the query finds more than twice as much",
        "s: look (litwatch check --live), then litwatch accept s",
    ]


def test_a_block_is_said_once() -> None:
    blocked = Notice("blocked", "NCBI has blocked this address")
    topics = (TopicReport(name, warnings=(blocked,), error=blocked.message) for name in "ab")

    said = complaints(report(*topics, errors=(RunError("blocked", blocked.message),)))

    assert said == ["NCBI has blocked this address"]


def test_json_has_the_keys_of_the_contract_alone() -> None:
    (topic,) = report(TopicReport("s", held=1, settled=(Notice("x", "y"),))).as_json()["topics"]

    assert list(topic) == [
        "id",
        "count",
        "new",
        "updated",
        "pending",
        "withdrawn",
        "query_translation",
        "warnings",
        "error",
    ]
