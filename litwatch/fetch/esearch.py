"""Bytes of an ESearch answer to the hits it lists, and to what PubMed says about the query.

Two layouts of the same document are in use, elements come and go with the years (TranslationStack
went in 2022), and a warning can stand beside any count: what is known is read wherever it stands,
and the rest is passed over. Pure. The format: NBK25499, and its DTD esearch 20060628.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from litwatch.errors import Inconsistent
from litwatch.models import Notice

log = logging.getLogger(__name__)

WARNINGS = {
    "PhraseNotFound": (
        "phrase-not-found",
        "PubMed knows nothing by {}: that part of the query finds nothing; look at its spelling",
    ),
    "QuotedPhraseNotFound": (
        "phrase-not-found",
        "PubMed has no phrase {} in its index: it finds nothing by it, or takes its words singly; "
        'write it with a distance, as "two words"[tiab:~0]',
    ),
    "PhraseIgnored": (
        "phrase-not-found",
        "PubMed ignored {}: that part of the query has no effect; take it out",
    ),
    "FieldNotFound": (
        "field-not-found",
        "PubMed has no field {}: it searched without that tag; correct the query",
    ),
}
"""What PubMed warns of, and how the guard names it."""
COUNTS_SAY_SO = ("No items found", "Restrictions achieved")
"""Messages that only repeat what the counts say."""

EXCERPT = 200
"""How much a message holds of what the parser says."""

_NUMBER = re.compile(r"[0-9]{1,12}")
_PMID = re.compile(r"0*([1-9][0-9]{0,11})")


@dataclass(frozen=True, slots=True)
class Hits:
    """What one search was answered: PubMed's own total, and the PMIDs listed, each once.

    `is_shortened` says that PubMed means to list no more of them at a time (RetMax).
    """

    count: int
    pmids: tuple[str, ...]
    translation: str = ""
    notices: tuple[Notice, ...] = ()
    is_shortened: bool = False


def pmid_of(text: str) -> str:
    """The PMID without leading zeros; empty where the text is none."""
    match = _PMID.fullmatch(text)
    return match[1] if match else ""


def read_hits(xml: bytes) -> Hits:
    """The hits of an ESearch answer. Raises Inconsistent where it cannot be one."""
    try:
        # Entity declarations are refused before (replies.is_answer), so nothing can expand here.
        root = ElementTree.fromstring(xml)  # noqa: S314
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        # The latter two are for an encoding that Python, or expat, cannot read.
        reason = str(error)[:EXCERPT]
        raise Inconsistent(f"PubMed's list of hits cannot be read: {reason}") from error
    for message in _texts(root, "OutputMessage"):
        if not message.startswith(COUNTS_SAY_SO):
            log.warning("PubMed says about the search: %s", message)
    count = _count(root)
    pmids = tuple(dict.fromkeys(map(_listed, _texts(root, "Id"))))
    return Hits(
        count=count,
        pmids=pmids,
        translation=next(_texts(root, "QueryTranslation"), ""),
        notices=tuple(
            Notice(code, message.format(text))
            for element, (code, message) in WARNINGS.items()
            for text in _texts(root, element)
        ),
        is_shortened=0 < len(pmids) < count and _returned(root) == str(len(pmids)),
    )


def _count(root: ElementTree.Element) -> int:
    text = (root.findtext("Count") or "").strip()
    if not _NUMBER.fullmatch(text):
        raise Inconsistent(f"PubMed's list of hits gives no count: {text!r}")
    return int(text)


def _returned(root: ElementTree.Element) -> str:
    """How many ids PubMed says that it lists: RetMax echoes that, not what was asked for."""
    return (root.findtext("RetMax") or "").strip()


def _listed(text: str) -> str:
    pmid = pmid_of(text)
    if not pmid:
        raise Inconsistent(f"PubMed's list of hits holds {text!r}, which is no PMID")
    return pmid


def _texts(root: ElementTree.Element, element: str) -> Iterator[str]:
    return ("".join(found.itertext()).strip() for found in root.iter(element))
