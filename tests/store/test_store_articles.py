"""Articles on file: saving is idempotent, keeps what was said before, and proves itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from litwatch.errors import StoreError
from litwatch.models import Article, Correction, Findings, MeshHeading, Stored, standing
from litwatch.store import Store, open_store
from litwatch.store.schema import articles, findings, revisions

Reading = dict[str, Any]
TOPIC = "scleromyxedema"


def kept(store: Store) -> list[list[tuple[Any, ...]]]:
    """Every row of the tables that saving touches."""
    tables = (articles, findings, revisions)
    return [[tuple(row) for row in store._database.rows(select(table))] for table in tables]


@pytest.fixture
def later(store: Store, reading: Reading) -> Reading:
    """The next run, a week after."""
    at = reading["at"] + timedelta(days=7)
    return {**reading, "run_id": store.runs.start(at), "at": at}


@pytest.fixture
def file(store: Store, findings: Findings, reading: Reading) -> Callable[..., None]:
    """Files an article made of a number and links it to topics."""

    def save(number: int, *topics: str, run_id: int = 0, news: bool = True, **said: Any) -> None:
        article = Article(f"pubmed:{number}", **said)
        store.articles.save(article, findings, **reading)
        for topic in topics:
            run = run_id or reading["run_id"]
            store.articles.link(article.uid, topic, run_id=run, news=news)

    return save


# ---- saving ----------------------------------------------------------------------------------


def test_an_article_comes_back_with_all_that_was_said_and_found(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    assert store.articles.save(article, findings, **reading) == "new"

    assert store.articles.get(article.uid) == Stored(
        article, findings, topics=(), first_run=reading["run_id"]
    )
    assert store.articles.known() == {article.uid}


def test_saving_twice_changes_nothing(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    before = kept(store)

    assert store.articles.save(article, findings, **reading) == "same"

    assert kept(store) == before
    assert store.articles.changes_since(0) == ()


def test_an_unknown_uid_is_not_on_file(store: Store) -> None:
    assert store.articles.get("pubmed:1") is None
    assert store.articles.known() == frozenset()


def test_new_content_is_an_update_and_the_old_is_kept(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    indexed = replace(article, mesh=(*article.mesh, MeshHeading("Skin")))

    assert store.articles.save(indexed, findings, **later) == "updated"

    (row,) = store._database.rows(select(revisions))
    assert row.record["mesh"] == [
        {"heading": "Scleromyxedema", "qualifiers": ["drug therapy"], "major": True}
    ]
    assert (row.uid, row.replaced_run, row.replaced_at) == (
        article.uid,
        later["run_id"],
        later["at"],
    )
    stored = store.articles.get(article.uid)
    assert stored is not None
    assert stored.article == indexed
    assert stored.first_run == reading["run_id"]


@pytest.mark.parametrize(
    "turned_over",
    [{"revised_on": date(2026, 11, 1)}, {"status": "MEDLINE"}, {"version": 2}],
    ids=str,
)
def test_bookkeeping_is_taken_over_and_is_no_update(
    turned_over: dict[str, Any],
    store: Store,
    article: Article,
    findings: Findings,
    reading: Reading,
    later: Reading,
) -> None:
    store.articles.save(article, findings, **reading)
    turned = replace(article, **turned_over)

    assert store.articles.save(turned, findings, **later) == "same"

    stored = store.articles.get(article.uid)
    assert stored is not None
    assert stored.article == turned
    assert store._database.rows(select(revisions)) == []


def test_other_rules_replace_the_findings_and_are_no_update(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    fewer = replace(findings, organs=())

    saved = store.articles.save(article, fewer, **{**later, "rules_version": "rules-2"})

    assert saved == "same"
    stored = store.articles.get(article.uid)
    assert stored is not None
    assert stored.findings == fewer
    versions = store._database.column(select(articles.c.rules_version))
    assert versions == ["rules-2"]


def test_columns_say_what_the_record_says(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    store.articles.save(article, findings, **reading)

    (row,) = store._database.rows(select(articles))

    assert (row.kind, row.title, row.doi) == (article.kind, article.title, article.doi)
    assert (row.published_on, row.created_on) == (article.published_on, article.created_on)
    assert (row.study_type, row.patients, row.outcome) == ("case_report", 1, None)
    assert (row.first_stored_at, row.last_read_at) == (reading["at"], reading["at"])


def test_a_save_that_fails_leaves_the_article_as_it_was(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    before = kept(store)
    twice = replace(findings, organs=findings.organs * 2)

    with pytest.raises(StoreError, match="UNIQUE constraint failed: findings"):
        store.articles.save(replace(article, title="Another"), twice, **reading)

    assert kept(store) == before


@settings(deadline=None, max_examples=50)
@given(st.from_type(Article), st.from_type(Article))
def test_any_article_is_new_once_and_then_the_same(first: Article, second: Article) -> None:
    second = replace(second, uid=first.uid)
    with open_store("sqlite://") as store:
        at = datetime.fromisoformat("2026-11-02T06:10:00+00:00")
        reading: Reading = {"rules_version": "1", "run_id": store.runs.start(at), "at": at}

        states = [
            store.articles.save(article, Findings(), **reading)
            for article in (first, first, second, second)
        ]

        stored = store.articles.get(first.uid)
        assert states[:2] == ["new", "same"]
        assert states[3] == "same"
        assert stored is not None
        assert stored.article == second


def test_a_known_article_costs_few_statements(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    statements: list[str] = []
    engine = store._database.connection.engine
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))

    with store.transaction():
        store.articles.save(article, findings, **reading)

    assert [statement.split()[0] for statement in statements] == [
        "BEGIN",
        "SAVEPOINT",
        *("SELECT", "UPDATE", "DELETE", "INSERT", "DELETE"),
        "RELEASE",
    ]


# ---- changes ---------------------------------------------------------------------------------


def test_what_happens_to_a_stored_article_is_noted_once(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    corrected = replace(
        article, corrections=(Correction("ErratumIn", "pubmed:2", "J Made Up. 2026;2:3"),)
    )

    store.articles.save(corrected, findings, **later)
    store.articles.save(article, findings, **later)
    store.articles.save(corrected, findings, **later)

    (change,) = store.articles.changes_since(0)
    assert (change.uid, change.kind, change.notice_uid, change.citation) == (
        article.uid,
        "erratum",
        "pubmed:2",
        "J Made Up. 2026;2:3",
    )
    assert (change.run_id, change.at) == (later["run_id"], later["at"])
    assert store.articles.changes_since(reading["run_id"]) == (change,)
    assert store.articles.changes_since(later["run_id"]) == ()


def test_an_article_that_is_new_and_retracted_already_is_no_change(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    retracted = replace(article, publication_types=("Retracted Publication",))

    store.articles.save(retracted, findings, **reading)

    assert store.articles.changes_since(0) == ()


def test_a_notice_tells_what_befell_its_paper_before_the_papers_record_does(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    about = (Correction("RetractionOf", article.uid, "J Made Up. 2026;1:1"),)
    notice = replace(article, uid="pubmed:2", title="Retraction.", doi="", corrections=about)

    store.articles.save(notice, findings, **later)
    store.articles.save(notice, findings, **later)

    (change,) = store.articles.changes_since(0)
    assert (change.uid, change.kind, change.notice_uid) == (article.uid, "retraction", "pubmed:2")
    (stored,) = store.articles.load([article.uid])
    assert not stored.article.is_retracted, "the record of the paper does not say so yet"


def test_a_notice_says_nothing_that_the_papers_record_says_already(
    store: Store, article: Article, findings: Findings, reading: Reading
) -> None:
    paper = replace(article, corrections=(Correction("ErratumIn", "pubmed:2", "J. 2"),))
    back = (Correction("ErratumFor", article.uid, "J. 1"),)
    notice = replace(article, uid="pubmed:2", title="Erratum.", doi="", corrections=back)

    store.articles.save(paper, findings, **reading)
    store.articles.save(notice, findings, **reading)

    assert store.articles.changes_since(0) == ()


def test_a_notice_is_noted_though_its_paper_is_not_on_file_yet(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    about = (Correction("RetractionOf", article.uid, "J Made Up. 2026;1:1"),)
    notice = replace(article, uid="pubmed:2", title="Retraction.", doi="", corrections=about)

    store.articles.save(notice, findings, **reading)
    store.articles.save(article, findings, **later)

    (stored,) = store.articles.load([article.uid])
    assert [(change.kind, change.notice_uid) for change in stored.changes] == [
        ("retraction", "pubmed:2")
    ]


def test_what_befell_one_record_of_a_paper_is_noted_of_the_other_that_does_not_say_so(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    one = replace(article, doi="10.5555/twin")
    concern = Correction("ExpressionOfConcernIn", "pubmed:8", "J. 8")
    two = replace(one, uid="pubmed:2", volume="7", corrections=(concern,))
    erratum = replace(one, corrections=(Correction("ErratumIn", "pubmed:9", "J. 9"),))
    about = (Correction("UpdateOf", "pubmed:2"),)
    update = replace(article, uid="pubmed:3", title="Update.", doi="", corrections=about)
    for paper in (one, two):
        store.articles.save(paper, findings, **reading)
    for paper in (erratum, update):
        store.articles.save(paper, findings, **later)

    def noted(uid: str) -> list[tuple[str, str]]:
        return [(change.kind, change.notice_uid) for change in store.articles.changes_of(uid)]

    assert noted(one.uid) == [
        ("concern", "pubmed:8"),
        ("erratum", "pubmed:9"),
        ("update", "pubmed:3"),
    ]
    assert noted("pubmed:2") == [("erratum", "pubmed:9"), ("update", "pubmed:3")]


def test_a_withdrawn_record_names_the_one_under_which_its_paper_stays(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    paper = replace(article, doi="10.5555/Twin")
    twin = replace(paper, uid="pubmed:2", doi="10.5555/twin", title=f"{article.title.upper()}.")
    store.articles.save(paper, findings, **reading)
    store.articles.save(twin, findings, **reading)
    assert [stored.article.uid for stored in store.articles.twins_of(paper)] == ["pubmed:2"]
    assert store.articles.twins() == {
        paper.uid: frozenset({"pubmed:2"}),
        "pubmed:2": frozenset({paper.uid}),
    }

    store.articles.withdraw(paper.uid, later["run_id"], later["at"])

    (change,) = store.articles.changes_since(0)
    assert (change.uid, change.kind, change.notice_uid) == (paper.uid, "withdrawn", "pubmed:2")


def test_a_paper_that_comes_back_under_another_number_is_told_with_the_withdrawn_one(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    paper = replace(article, doi="10.5555/twin")
    store.articles.save(paper, findings, **reading)
    store.articles.withdraw(paper.uid, reading["run_id"], reading["at"])

    store.articles.save(replace(paper, uid="pubmed:2"), findings, **later)

    gone, back = store.articles.changes_since(0)
    assert (gone.kind, gone.notice_uid) == ("withdrawn", "")
    assert (back.uid, back.kind, back.notice_uid) == (paper.uid, "withdrawn", "pubmed:2")


def test_where_the_heir_of_a_withdrawn_record_is_withdrawn_too_the_paper_is_at_neither(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    paper = replace(article, doi="10.5555/twin")
    for uid in (paper.uid, "pubmed:2"):
        store.articles.save(replace(paper, uid=uid), findings, **reading)

    store.articles.withdraw(paper.uid, reading["run_id"], reading["at"])
    store.articles.withdraw("pubmed:2", later["run_id"], later["at"])

    assert [
        (change.uid, change.kind, change.notice_uid) for change in store.articles.changes_since(0)
    ] == [
        (paper.uid, "withdrawn", "pubmed:2"),
        ("pubmed:2", "withdrawn", ""),
        (paper.uid, "withdrawn", ""),
    ]


# ---- what is taken back ------------------------------------------------------------------------


def kinds(store: Store, uid: str) -> list[str]:
    return [change.kind for change in store.articles.changes_of(uid)]


def test_a_retraction_that_is_taken_back_is_a_change_and_so_is_a_further_one(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    retracted = replace(article, corrections=(Correction("RetractionIn", "", "J. 2"),))
    for number, record in enumerate((article, retracted) * 3):
        at = later["at"] + timedelta(days=number)
        store.articles.save(record, findings, **(later | {"at": at}))

    assert kinds(store, article.uid) == [
        *("retraction", "reinstated", "retraction", "reinstated", "retraction")
    ]
    (stored,) = store.articles.load([article.uid])
    assert [change.kind for change in standing(stored.changes)] == ["retraction"]


def test_a_withdrawn_record_that_comes_back_is_a_change(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    store.articles.save(article, findings, **reading)
    for days in (0, 9):
        at = later["at"] + timedelta(days=days)
        store.articles.withdraw(article.uid, later["run_id"], at)
        store.articles.save(article, findings, **(later | {"at": at + timedelta(days=4)}))
        store.articles.save(article, findings, **(later | {"at": at + timedelta(days=5)}))

    assert kinds(store, article.uid) == ["withdrawn", "restored"] * 2
    (stored,) = store.articles.load([article.uid])
    assert standing(stored.changes) == ()


def test_a_retraction_is_taken_back_for_the_other_record_of_the_paper_too(
    store: Store, article: Article, findings: Findings, reading: Reading, later: Reading
) -> None:
    paper = replace(article, doi="10.5555/twin")
    retracted = replace(paper, corrections=(Correction("RetractionIn", "pubmed:9", "J. 2"),))
    store.articles.save(paper, findings, **reading)
    store.articles.save(replace(paper, uid="pubmed:2"), findings, **reading)
    store.articles.save(retracted, findings, **later)
    assert kinds(store, "pubmed:2") == ["retraction"]

    store.articles.save(paper, findings, **later)

    assert kinds(store, "pubmed:2") == ["retraction", "reinstated"]
    assert kinds(store, paper.uid) == ["retraction", "reinstated"]


# ---- topics and news -------------------------------------------------------------------------


def test_a_link_is_made_once_and_its_first_run_stays(
    store: Store, file: Callable[..., None], reading: Reading, later: Reading
) -> None:
    file(1)

    first = store.articles.link("pubmed:1", TOPIC, run_id=reading["run_id"], news=False)
    again = store.articles.link("pubmed:1", TOPIC, run_id=later["run_id"], news=True)

    assert (first, again) == (True, False)
    assert store.articles.in_topic(TOPIC) == {"pubmed:1"}
    assert store.articles.in_topic("scleredema") == frozenset()
    assert store.articles.news_since(0, [TOPIC]) == ()


def test_an_article_that_is_not_on_file_cannot_be_linked(store: Store, run_id: int) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        store.articles.link("pubmed:1", TOPIC, run_id=run_id, news=True)


def test_news_is_what_a_later_run_linked_as_news_to_one_of_the_topics(
    store: Store, file: Callable[..., None], reading: Reading, later: Reading
) -> None:
    new = later["run_id"]
    file(1, TOPIC)
    file(2, TOPIC, run_id=new)
    file(3, TOPIC, run_id=new, news=False)
    file(4, "scleredema", run_id=new)
    file(5, TOPIC, "scleredema", run_id=new)

    def news(since: int, *topics: str) -> list[tuple[str, tuple[str, ...]]]:
        found = store.articles.news_since(since, topics)
        return [(stored.article.uid, stored.news_topics) for stored in found]

    assert news(reading["run_id"], TOPIC) == [("pubmed:2", (TOPIC,)), ("pubmed:5", (TOPIC,))]
    assert news(reading["run_id"], TOPIC, "scleredema") == [
        ("pubmed:2", (TOPIC,)),
        ("pubmed:4", ("scleredema",)),
        ("pubmed:5", ("scleredema", TOPIC)),
    ]
    assert [uid for uid, _ in news(0, TOPIC)] == ["pubmed:1", "pubmed:2", "pubmed:5"]
    assert news(new, TOPIC) == []
    assert news(0) == []


def test_news_that_a_reader_has_had_is_left_out(store: Store, file: Callable[..., None]) -> None:
    file(1, TOPIC)
    file(2, TOPIC)

    found = store.articles.news_since(0, [TOPIC], without={"pubmed:1"})

    assert [stored.article.uid for stored in found] == ["pubmed:2"]


def test_news_names_only_the_topics_in_which_it_is_news_and_all_that_found_it(
    store: Store, file: Callable[..., None], later: Reading
) -> None:
    file(1, "scleredema", news=False)
    store.articles.link("pubmed:1", TOPIC, run_id=later["run_id"], news=True)

    (stored,) = store.articles.news_since(0, ["scleredema", TOPIC])

    assert stored.news_topics == (TOPIC,)
    assert stored.topics == ("scleredema", TOPIC)


def test_the_newest_come_by_their_date_each_once(store: Store, file: Callable[..., None]) -> None:
    file(1, TOPIC, published_on=date(2026, 1, 1))
    file(2, TOPIC, "scleredema", published_on=date(2026, 3, 1))
    file(3, TOPIC, created_on=date(2026, 2, 1))
    file(4, TOPIC)
    file(5, "scleredema", published_on=date(2026, 9, 1))
    file(6, published_on=date(2026, 9, 9))

    def newest(limit: int, *topics: str) -> list[str]:
        return [stored.article.uid for stored in store.articles.newest(topics, limit)]

    assert newest(9, TOPIC) == ["pubmed:2", "pubmed:3", "pubmed:1", "pubmed:4"]
    assert newest(2, TOPIC, "scleredema") == ["pubmed:5", "pubmed:2"]
    assert store.articles.count([TOPIC]) == 4
    assert store.articles.count([TOPIC, "scleredema"]) == 5
    assert store.articles.count([]) == 0


def test_a_withdrawn_article_is_not_counted_among_those_on_file(
    store: Store, file: Callable[..., None], later: Reading
) -> None:
    file(1, TOPIC)
    file(2, TOPIC)

    store.articles.withdraw("pubmed:1", later["run_id"], later["at"])

    assert store.articles.count([TOPIC]) == 1
    assert [stored.article.uid for stored in store.articles.newest([TOPIC], 9)] == ["pubmed:2"]
    assert store.articles.known() == {"pubmed:1", "pubmed:2"}


def test_more_articles_than_one_statement_names_come_back_in_order(
    store: Store, file: Callable[..., None]
) -> None:
    with store.transaction():
        for number in range(1, 1202):
            file(number, TOPIC, published_on=date(2000, 1, 1) + timedelta(days=number))

    newest = store.articles.newest([TOPIC], 2000)

    assert [stored.article.uid for stored in newest] == [f"pubmed:{n}" for n in range(1201, 0, -1)]


# ---- reading again ---------------------------------------------------------------------------


def test_what_was_read_longest_ago_is_due_first(
    store: Store, file: Callable[..., None], findings: Findings, reading: Reading, later: Reading
) -> None:
    for number in (3, 1, 2, 4):
        file(number)
    store.articles.save(Article("pubmed:1"), findings, **later)
    store.articles.withdraw("pubmed:4", later["run_id"], later["at"])
    now = later["at"] + timedelta(days=1)

    assert store.articles.due_for_recheck(now, 9, now=now) == ("pubmed:2", "pubmed:3", "pubmed:1")
    assert store.articles.due_for_recheck(now, 1, now=now) == ("pubmed:2",)
    assert store.articles.due_for_recheck(later["at"], 9, now=now) == ("pubmed:2", "pubmed:3")
    assert store.articles.due_for_recheck(reading["at"], 9, now=now) == ()
    assert store.articles.read_between(later["at"], now) == {"pubmed:1"}
    assert store.articles.read_between(later["at"], later["at"] - timedelta(hours=1)) == frozenset()
    assert store.articles.read_between(now, now) == frozenset()
