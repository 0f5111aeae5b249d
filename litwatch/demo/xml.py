"""The XML of the E-utilities' own types: declaration, DOCTYPE, root, fields, the ERROR element.

The texts are those of recorded replies.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from litwatch.demo.calls import Reply

_ILLEGAL = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Whatever is no character of XML 1.0 (section 2.2)."""
_DOCTYPES = {
    "eSearchResult": ("eSearchResult", "esearch 20060628", "20060628/esearch.dtd"),
    "ePostResult": ("ePostResult", "epost 20090526", "20090526/epost.dtd"),
    # NCBI's own DOCTYPE of EFetch's errors names another element than the root.
    "eFetchResult": ("eEfetchResult", "efetch 20131226", "20131226/efetch.dtd"),
    "eSummaryResult": ("eSummaryResult", "esummary v1 20041029", "20041029/esummary-v1.dtd"),
    # The day of this one is assumed.
    "esummary 2": ("eSummaryResult", "esummary pubmed 20140828", "20140828/esummary_pubmed.dtd"),
    "eLinkResult": ("eLinkResult", "elink 20101123", "20101123/elink.dtd"),
    "eInfoResult": ("eInfoResult", "einfo 20190110", "20190110/einfo.dtd"),
}


def envelope(root: str, content: str, doctype: str = "") -> bytes:
    """A whole document of one of the E-utilities' own types, by default that of its root."""
    name, identifier, path = _DOCTYPES[doctype or root]
    return (
        f'<?xml version="1.0" encoding="UTF-8" ?>\n'
        f'<!DOCTYPE {name} PUBLIC "-//NLM//DTD {identifier}//EN"'
        f' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/{path}">\n'
        f"<{root}>{content}</{root}>\n"
    ).encode()


def element(name: str, text: str | int) -> str:
    """One element with text; what XML cannot hold is left out."""
    return f"<{name}>{escape(_ILLEGAL.sub('', str(text)))}</{name}>"


def nested(fields: Mapping[str, Any], items: Mapping[str, str], indent: str = "\t") -> str:
    """Fields as elements, one a line; `items` says how the items of a list are called."""
    lines = (_field(name, value, items, indent) for name, value in fields.items())
    return "".join(f"\n{indent}{line}" for line in lines)


def _field(name: str, value: Any, items: Mapping[str, str], indent: str) -> str:
    if isinstance(value, dict):
        return f"<{name}>{nested(value, items, indent + chr(9))}\n{indent}</{name}>"
    if not isinstance(value, list):
        return element(name, value)
    deeper = indent + "\t"
    lines = "".join(f"\n{deeper}{_field(items[name], item, items, deeper)}" for item in value)
    return f"<{name}>{lines}\n{indent}</{name}>" if lines else f"<{name}></{name}>"


def errors(root: str, texts: Sequence[str], status: int = 200) -> Reply:
    """A reply that holds nothing but ERROR elements."""
    content = "".join(f"\n\t{element('ERROR', text)}" for text in texts)
    return Reply(envelope(root, f"{content}\n"), status=status)
