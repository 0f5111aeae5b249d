"""html-validate and the Nu HTML checker: the HTML is what the standard calls HTML."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from mailcheck.checks import html_validate, nu, write_pages
from mailcheck.conftest import needs
from mailcheck.mails import Sample, damaged

pytestmark = pytest.mark.mail_check

Check = Callable[[Sequence[Path]], list[str]]
TOOLS = {"html-validate": ("node", "html-validate"), "nu": ("java", "vnu-jar")}
CHECKS: dict[str, Check] = {"html-validate": html_validate, "nu": nu}


@pytest.fixture(params=CHECKS)
def check(request: pytest.FixtureRequest) -> Check:
    needs(*TOOLS[request.param])
    return CHECKS[request.param]


def test_every_digest_is_valid(check: Check, pages: Sequence[Path]) -> None:
    assert check(pages) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<h1", '<img src="cid:chart@example.org" width="600" height="200"><h1'),
        ("</h1>", ""),
        ("</p>", "</b></p>"),
        ('<p class="brand"', '<p id="a">x</p><p id="a"'),
        ("</h2>", "</h2 <p>"),
        ('lang="en" dir="ltr" style', 'lang="en" dir="upwards" style'),
    ],
    ids=["no alt", "h1 left open", "stray end tag", "an id twice", "broken tag", "wrong value"],
)
def test_the_check_sees_a_damaged_page(
    old: str, new: str, check: Check, rich: Sample, tmp_path: Path
) -> None:
    assert check(write_pages([damaged(rich, old, new)], tmp_path)) != []
