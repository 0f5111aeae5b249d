"""The XML envelopes of the E-utilities: declaration, DOCTYPE, root, and the ERROR element.

The texts are those of recorded replies.
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from litwatch.demo.calls import Reply

_ILLEGAL = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Whatever is no character of XML 1.0 (section 2.2)."""
_DOCTYPES = {
    "eSearchResult": ("eSearchResult", "esearch 20060628", "20060628/esearch.dtd"),
    "ePostResult": ("ePostResult", "epost 20090526", "20090526/epost.dtd"),
    # NCBI's own DOCTYPE of EFetch's errors names another element than the root.
    "eFetchResult": ("eEfetchResult", "efetch 20131226", "20131226/efetch.dtd"),
}


def envelope(root: str, content: str) -> bytes:
    """A whole document of one of the E-utilities' own types."""
    name, identifier, path = _DOCTYPES[root]
    return (
        f'<?xml version="1.0" encoding="UTF-8" ?>\n'
        f'<!DOCTYPE {name} PUBLIC "-//NLM//DTD {identifier}//EN"'
        f' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/{path}">\n'
        f"<{root}>{content}</{root}>\n"
    ).encode()


def element(name: str, text: str | int) -> str:
    """One element with text; what XML cannot hold is left out."""
    return f"<{name}>{escape(_ILLEGAL.sub('', str(text)))}</{name}>"


def errors(root: str, texts: Sequence[str], status: int = 200) -> Reply:
    """A reply that holds nothing but ERROR elements."""
    content = "".join(f"\n\t{element('ERROR', text)}" for text in texts)
    return Reply(envelope(root, f"{content}\n"), status=status)
