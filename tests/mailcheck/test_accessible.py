"""axe-core in headless Chromium: the digest can be read by everybody, on every screen."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from mailcheck.checks import View, browse, w3m, write_pages
from mailcheck.conftest import needs
from mailcheck.mails import Sample, damaged

pytestmark = [pytest.mark.mail_check, pytest.mark.timeout(1800)]

WIDTHS = {320, 360, 480, 640, 1024}


def test_every_digest_is_without_a_fault_light_and_dark_at_every_width(
    views: Sequence[View], digests: Sequence[Sample]
) -> None:
    seen = {(view.name, view.scheme, view.width) for view in views}

    assert [fault for view in views for fault in view.faults] == []
    assert seen == {
        (sample.name, scheme, width)
        for sample in digests
        for scheme in ("light", "dark")
        for width in WIDTHS
    }
    fewest = min(view.passes for view in views)
    undecided = sorted({fault for view in views for fault in view.undecided})
    print(f"\n{len(views)} views, 0 violations, at least {fewest} rules passed in each")
    print(f"left to a person: {undecided or 'nothing'}")


def test_pictures_of_every_digest_are_left_to_be_looked_at(
    views: Sequence[View], pictures: Path, digests: Sequence[Sample]
) -> None:
    names = {f"{view.name}-{view.scheme}-{width}" for view in views for width in (360, 640, 1024)}

    assert {path.stem for path in pictures.glob("*.png")} == names
    print(f"\npictures: {pictures}")


def test_a_text_terminal_shows_all_that_the_html_says(
    pictures: Path, digests: Sequence[Sample]
) -> None:
    needs("w3m")
    for sample in digests:
        shown = w3m(sample.page)
        (pictures / f"{sample.name}-w3m.txt").write_text(shown, encoding="utf-8")
        (pictures / f"{sample.name}-text.txt").write_text(sample.text, encoding="utf-8")

        assert "How this issue was made" in shown
        assert "Unsubscribe" in shown


BOTH = {"light", "dark"}
DAMAGES = (
    ("image-alt", BOTH, "<h1", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><h1'),
    ("heading-order", BOTH, "</h1>", "</h1><h4>Two levels skipped</h4>"),
    ("html-has-lang", BOTH, '<html lang="en"', "<html"),
    ("link-name", BOTH, "<h1", '<a href="https://example.org/"></a><h1'),
    ("color-contrast", {"light"}, "color:#53606e", "color:#b9c2cb"),
    ("color-contrast", {"dark"}, "  .cell { color: #e4e9ee !important; }", ""),
    ("wider than the window", BOTH, "<h1", '<div style="width: 1100px">x</div><h1'),
    ("fetches", BOTH, "<h1", '<img src="https://example.org/pixel.png" alt=""><h1'),
)
"""A fault, the schemes that have it, and what in the page is replaced by what."""


def test_the_check_sees_every_damage(rich: Sample, tmp_path: Path) -> None:
    needs("chromium", "node", "axe-core", "playwright-core")
    pages = [
        damaged(rich, old, new, name=str(number)) for number, (_, _, old, new) in enumerate(DAMAGES)
    ]

    seen = browse(write_pages(pages, tmp_path), tmp_path)

    for number, (fault, schemes, _, _) in enumerate(DAMAGES):
        told = {
            view.scheme
            for view in seen
            if view.name == str(number) and any(fault in told for told in view.faults)
        }
        assert told == schemes, fault
