"""Changed rules: what is on file is tagged anew, whole, once, and nobody is mailed for it."""

import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from litwatch import retagging
from litwatch.classify import classify
from litwatch.classify.rules import Ruleset, load_ruleset
from litwatch.errors import Locked
from litwatch.models import Article, Findings
from litwatch.previewing import preview
from litwatch.reports import Report
from litwatch.settings import Filters, Subscriber
from litwatch.store import open_store
from litwatch.store.lock import run_lock
from world import WEEK, World

ON_FILE = 104
"""The papers of the demo's first run."""
RULES = """
[[treatment]]
id = "ivig"
label = "Intravenous immunoglobulin"
class = "immunoglobulin"
case_sensitive = [{forms}]
"""
READER = "reader@example.org"

Tags = dict[str, dict[str, str]]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rule file that knows one short form of immunoglobulin only."""
    path = tmp_path / "ivig.toml"
    path.write_text(RULES.format(forms='"IVIG"'), encoding="utf-8")
    return path


@pytest.fixture
def followed(world: World, rules: Path) -> World:
    """A world with the rule file, and a reader who asks for immunoglobulin in each run's issue."""
    reader = Subscriber(READER, filters=Filters(treatments=("ivig",)), frequency="every-run")
    world.configure(rules=(rules,), subscribers=(reader,))
    return world


def widen(rules: Path) -> None:
    """Lets the rule find a word that nearly every paper has."""
    rules.write_text(RULES.format(forms='"IVIG", "of", "with", "and", "in"'), encoding="utf-8")


def tags(world: World) -> Tags:
    """The role of each treatment of each article on file."""
    with world.store() as store:
        return {
            stored.article.uid: {one.tag.id: one.role for one in stored.findings.treatments}
            for stored in store.articles.load(store.articles.known())
        }


def tagged_ivig(world: World) -> int:
    return sum("ivig" in found for found in tags(world).values())


def told(report: Report) -> list[tuple[int, int]]:
    return [(digest.articles, digest.corrections) for digest in report.digests]


# ---- a run -----------------------------------------------------------------------------------


def test_changed_rules_tag_the_store_anew_with_the_next_run(followed: World, rules: Path) -> None:
    followed.run()
    before = tagged_ivig(followed)
    widen(rules)

    followed.run_after(timedelta(hours=1))

    assert before < 30
    assert tagged_ivig(followed) > 90
    with followed.store() as store:
        assert store.articles.tagged_otherwise(load_ruleset([rules]).version) == ()


def test_new_tags_of_old_papers_are_mailed_to_nobody(followed: World, rules: Path) -> None:
    followed.run()
    followed.run_after(WEEK)
    with followed.store() as store:
        delivered = store.deliveries.uids(READER)
    widen(rules)

    report = followed.run_after(timedelta(hours=1))

    assert told(report) == [(0, 0)]
    assert report.is_well
    with followed.store() as store:
        assert store.deliveries.uids(READER) == delivered
        assert store.subscribers.owed(READER) <= delivered
    assert told(followed.run_after(timedelta(hours=1))) == [(0, 0)]


def test_what_becomes_news_later_is_mailed_by_the_new_rules(followed: World, rules: Path) -> None:
    followed.run()
    widen(rules)
    followed.run_after(timedelta(hours=1))

    report = followed.run_after(WEEK)

    assert report.digests[0].articles > 3


def test_a_lost_tag_is_no_correction(followed: World, rules: Path) -> None:
    widen(rules)
    followed.run()
    rules.write_text(RULES.format(forms='"IVIGXYZ"'), encoding="utf-8")

    assert told(followed.run_after(timedelta(hours=1))) == [(0, 0)]
    assert tagged_ivig(followed) == 0


def test_a_dry_run_and_a_preview_use_the_new_tags_and_keep_none(
    followed: World, rules: Path
) -> None:
    followed.run()
    before = tags(followed)
    widen(rules)

    followed.run_after(timedelta(hours=1), dry_run=True)
    shown = preview(followed.config, None)

    assert (shown.articles, shown.corrections) == (0, 0)
    assert tags(followed) == before


def test_the_same_rules_tag_nothing_anew(followed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    followed.run()
    monkeypatch.setattr(retagging, "tagged", lambda *_: pytest.fail("tagged anew"))

    assert followed.run_after(timedelta(hours=1)).is_well


def test_nothing_else_of_an_article_changes(followed: World, rules: Path) -> None:
    followed.run()
    with open_store(followed.config.database) as store:
        run_id = store.runs.start(followed.now)
        gone = min(store.articles.known())
        store.articles.withdraw(gone, run_id, followed.now)
        before = {one.article.uid: one for one in store.articles.load(store.articles.known())}
    widen(rules)

    retagging.apply(followed.config, load_ruleset([rules]))

    with followed.store() as store:
        after = store.articles.load(before)
        assert gone in store.articles.withdrawn()
    for stored in after:
        assert (
            replace(stored, findings=before[stored.article.uid].findings)
            == (before[stored.article.uid])
        )


def test_a_record_over_which_the_rules_stumble_loses_its_tags_and_is_told_once(
    followed: World, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed.run()
    widen(rules)
    bad = max(tags(followed))

    def stumbling(article: Article, ruleset: Ruleset) -> Findings:
        if article.uid == bad:
            raise ValueError("stumbled")
        return classify(article, ruleset)

    monkeypatch.setattr("litwatch.filing.classify", stumbling)

    report = followed.run_after(timedelta(hours=1))

    assert [error.message for error in report.errors] == [
        f"{bad}: filed without tags: ValueError: stumbled"
    ]
    assert not report.is_well
    assert tags(followed)[bad] == {}
    assert followed.run_after(timedelta(hours=1)).is_well


# ---- retag, and what it would change ---------------------------------------------------------


def test_retag_counts_what_changes_and_a_second_time_nothing(followed: World, rules: Path) -> None:
    followed.run()
    before = tagged_ivig(followed)
    widen(rules)
    ruleset = load_ruleset([rules])
    seen: list[tuple[str, int, int]] = []

    tried = retagging.apply(followed.config, ruleset, dry_run=True)
    assert tagged_ivig(followed) == before
    done = retagging.apply(followed.config, ruleset, progress=lambda *step: seen.append(step))

    assert tried == done
    assert done.articles == ON_FILE
    assert done.kinds["gained"] >= tagged_ivig(followed) - before > 0
    assert seen[-1] == ("tagging", ON_FILE, ON_FILE)
    assert retagging.apply(followed.config, ruleset) == retagging.Retagged()


def test_retag_waits_for_no_run_at_work(followed: World, rules: Path) -> None:
    followed.run()
    with run_lock(followed.config.database), pytest.raises(Locked):
        retagging.apply(followed.config, load_ruleset([rules]))


def test_a_comparison_shows_the_sentence_and_writes_nothing(followed: World, rules: Path) -> None:
    followed.run()
    before = tags(followed)
    old = load_ruleset([rules])
    widen(rules)
    new = load_ruleset([rules])

    found = dict(_gained(followed, old, new))

    assert found == dict(_gained(followed, None, new))
    assert len(found) > ON_FILE - 30
    assert all(re.search(r"\b(of|with|and|in)\b", sentence) for sentence in found.values())
    assert tags(followed) == before
    assert list(retagging.compare(followed.config, new, new)) == []


def _gained(world: World, old: Ruleset | None, new: Ruleset) -> list[tuple[str, str]]:
    return [
        (stored.article.uid, one.sentence)
        for stored, differences in retagging.compare(world.config, old, new)
        for one in differences
        if (one.kind, one.tag) == ("gained", "ivig")
    ]


# ---- killed in the middle --------------------------------------------------------------------

VICTIM = """
import os, signal, sys
from pathlib import Path
from litwatch import retagging
from litwatch.classify.rules import load_ruleset
from litwatch.store import open_store

database, rules, kill_at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
retagging.BATCH = 10
tagged, calls = retagging.tagged, 0

def counted(article, ruleset, complain):
    global calls
    calls += 1
    if calls == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return tagged(article, ruleset, complain)

retagging.tagged = counted
with open_store(database) as store:
    retagging.retag(store, load_ruleset([rules]))
"""


@pytest.mark.parametrize("kill_at", [1, 15, 101])
def test_killed_in_the_middle_the_next_run_goes_on_where_it_stopped(
    followed: World, rules: Path, kill_at: int
) -> None:
    followed.run()
    before = tags(followed)
    widen(rules)
    ruleset = load_ruleset([rules])

    killed = subprocess.run(
        [sys.executable, "-c", VICTIM, followed.config.database, str(rules), str(kill_at)],
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    between = tags(followed)
    with followed.store() as store:
        left = store.articles.tagged_otherwise(ruleset.version)
        expected = {
            stored.article.uid: {
                one.tag.id: one.role for one in classify(stored.article, ruleset).treatments
            }
            for stored in store.articles.load(store.articles.known())
        }
    assert len(left) == ON_FILE - (kill_at - 1) // 10 * 10
    assert between == {**expected, **{uid: before[uid] for uid in left}}
    report = followed.run_after(timedelta(hours=1))
    assert told(report) == [(0, 0)]
    assert tags(followed) == expected
