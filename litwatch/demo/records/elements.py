"""The elements that PubMed's XML is made of: text, fragments with markup, lists, dates."""

import re
from collections.abc import Iterable
from datetime import date

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml gives the type of an element no other name


def element(tag: str, *content: Element | str | None, **attributes: str) -> Element:
    """An element with its text and children; None among the content stands for nothing."""
    made = etree.Element(tag, attributes)
    for item in content:
        if isinstance(item, str):
            made.text = item
        elif item is not None:
            made.append(item)
    return made


def optional(tag: str, text: str, **attributes: str) -> Element | None:
    """An element with that text, or nothing where there is none."""
    return element(tag, text, **attributes) if text else None


def listed(tag: str, children: Iterable[Element], **attributes: str) -> Element | None:
    """An element around the children, or nothing where there are none."""
    found = list(children)
    return element(tag, *found, **attributes) if found else None


def fragment(tag: str, markup: str, **attributes: str) -> Element:
    """An element whose content is an XML fragment; line breaks and runs of blanks are one blank."""
    made = etree.fromstring(f"<{tag}>{' '.join(markup.split())}</{tag}>")
    for name, value in attributes.items():
        made.set(name, value)
    return made


def pmid(number: int, version: int = 1) -> Element:
    """A PMID with its version."""
    return element("PMID", str(number), Version=str(version))


def day_of(tag: str, day: date | None, **attributes: str) -> Element | None:
    """A date in the form of the citation: two digits each for month and day."""
    if day is None:
        return None
    return element(
        tag,
        element("Year", f"{day:%Y}"),
        element("Month", f"{day:%m}"),
        element("Day", f"{day:%d}"),
        **attributes,
    )


def moment_of(status: str, day: date) -> Element:
    """A date in the form of PubMed's history: plain numbers, and six in the morning."""
    return element(
        "PubMedPubDate",
        element("Year", str(day.year)),
        element("Month", str(day.month)),
        element("Day", str(day.day)),
        element("Hour", "6"),
        element("Minute", "0"),
        PubStatus=status,
    )


def printed_date(text: str) -> Element:
    """A PubDate: year, month and day, or a season, or what is printed (MedlineDate)."""
    if found := re.fullmatch(r"(\d{4})(?: ([A-Z][a-z]{2}))?(?: (\d{1,2}))?", text):
        year, month, day = found.groups("")
        parts = (optional("Month", month), optional("Day", day.zfill(2) if day else ""))
        return element("PubDate", element("Year", year), *parts)
    if found := re.fullmatch(r"(\d{4}) (Spring|Summer|Fall|Winter)", text):
        return element("PubDate", element("Year", found[1]), element("Season", found[2]))
    return element("PubDate", element("MedlineDate", text))
