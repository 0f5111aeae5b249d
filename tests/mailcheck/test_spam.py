"""SpamAssassin's local rules: what a digest would be taken for."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from mailcheck.checks import spam_score
from mailcheck.conftest import needs
from mailcheck.mails import Sample, composed

pytestmark = pytest.mark.mail_check

LIMIT = 1.0
"""Mail is called spam at 5.0."""


@pytest.fixture
def score(tmp_path: Path) -> Callable[[Sample], tuple[float, str]]:
    needs("spamassassin")
    return lambda sample: spam_score(sample.message, tmp_path)


def test_every_digest_scores_under_the_limit(
    digests: Sequence[Sample], score: Callable[[Sample], tuple[float, str]]
) -> None:
    scores = {sample.name: score(sample) for sample in digests}

    assert [(name, *hit) for name, hit in scores.items() if hit[0] >= LIMIT] == []
    for name, (points, _) in scores.items():
        print(f"\n{points:5.1f}  {name}", end="")


def test_the_check_sees_a_text_part_that_is_a_stub(
    rich: Sample, score: Callable[[Sample], tuple[float, str]]
) -> None:
    points, rules = score(composed("stub", rich.html, "See the HTML part.\n"))

    assert points >= LIMIT
    assert "MPART_ALT_DIFF" in rules


def test_the_check_sees_a_message_without_a_date(
    rich: Sample, score: Callable[[Sample], tuple[float, str]]
) -> None:
    points, rules = score(
        Sample("no-date", rich.message.replace(b"\r\nDate: ", b"\r\nX-Date: ", 1))
    )

    assert points >= LIMIT
    assert "MISSING_DATE" in rules
