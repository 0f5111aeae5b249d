"""What holds for every golden mail: how it goes over the wire and how it is read aloud."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html
from lxml.html import HtmlElement

from litwatch.digest.render import MAX_HTML_BYTES

GOLDEN = Path(__file__).parent.parent / "golden"
MAX_LINE = 998
"""RFC 5322 2.1.1, in octets and without the line break."""

every_mail = pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.eml")))


def message(name: str) -> bytes:
    """The bytes of a golden mail, as they go over the wire."""
    kept = (GOLDEN / f"{name}.eml").read_bytes().replace(b"\r\n", b"\n")
    return kept.replace(b"\n", b"\r\n")


def parsed(name: str) -> EmailMessage:
    read = message_from_bytes(message(name), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def page(name: str) -> HtmlElement:
    body = parsed(name).get_body(("html",))
    assert body
    return html.fromstring(body.get_content())


@every_mail
def test_the_wire_is_ascii_in_lines_that_every_server_takes(name: str) -> None:
    assert message(name).isascii()
    assert max(map(len, message(name).split(b"\r\n"))) <= MAX_LINE


@every_mail
def test_the_text_comes_first_and_the_html_last_in_utf_8(name: str) -> None:
    text, rest = parsed(name).iter_parts()

    assert parsed(name).get_content_type() == "multipart/alternative"
    assert text.get_content_type() == "text/plain"
    assert rest.get_content_type() in {"text/html", "multipart/related"}
    body = parsed(name).get_body(("html",))
    assert body
    assert {text.get_content_charset(), body.get_content_charset()} == {"utf-8"}
    assert (
        len(body.get_content().replace("\r\n", "\n").replace("\n", "\r\n").encode())
        <= MAX_HTML_BYTES
    )


@every_mail
def test_no_mail_fetches_anything_and_each_picture_is_in_it(name: str) -> None:
    names = [part["Content-ID"] for part in parsed(name).walk() if part["Content-ID"]]
    inside = {f"cid:{cid.strip('<>')}" for cid in names}
    tree = page(name)

    assert tree.xpath("//script | //link | //form | //iframe | //svg | //object | //video") == []
    assert set(tree.xpath("//@src | //@background | //@srcset | //@poster")) == inside
    assert all(image.get("alt") for image in tree.xpath("//img"))
    assert "url(" not in html.tostring(tree, encoding="unicode")


@every_mail
def test_every_mail_has_one_title_and_skips_no_level_of_heading(name: str) -> None:
    headings = page(name).xpath("//h1 | //h2 | //h3 | //h4 | //h5 | //h6")
    levels = [int(heading.tag[1]) for heading in headings]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_mail
def test_every_mail_says_its_language_and_direction_inside_the_body_too(name: str) -> None:
    root = page(name)
    (inner,) = root.xpath("//body/div")

    assert (root.get("lang"), root.get("dir")) == ("en", "ltr")
    assert (inner.get("lang"), inner.get("dir")) == ("en", "ltr")


@every_mail
def test_a_table_is_either_layout_and_says_so_or_data_with_a_caption_and_headers(name: str) -> None:
    for table in page(name).xpath("//table"):
        if table.get("role") == "presentation":
            assert not table.xpath("./caption | ./thead | ./*/tr/th | ./tr/th")
        else:
            assert table.xpath("./caption")
            assert {cell.get("scope") for cell in table.xpath(".//th")} == {"col", "row"}
