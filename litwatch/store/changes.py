"""What a new version of a record says that the old one did not, and what a notice says: pure.

What counts as a concern, an erratum, a republication is NLM's, by the kind of the link: `ErratumIn`
in the record of the paper itself, or `ErratumFor` in the notice's own. The notice's record is about
the paper that it names, and never about itself.
https://www.nlm.nih.gov/bsd/policy/errata.html
"""

from hashlib import sha256

from litwatch.models import Article, Correction
from litwatch.store.codec import dump, to_plain

KINDS = {
    "PartialRetractionIn": "partial_retraction",
    "ExpressionOfConcernIn": "concern",
    "ErratumIn": "erratum",
    "CorrectedandRepublishedIn": "republication",
    "RetractedandRepublishedIn": "republication",
    "RepublishedIn": "republication",
    "UpdateIn": "update",
}
"""NLM's RefType of a link -> our kind of change; a retraction has a second sign beside its link."""

ANNOUNCED = {
    "RetractionOf": "retraction",
    "PartialRetractionOf": "partial_retraction",
    "ExpressionOfConcernFor": "concern",
    "ErratumFor": "erratum",
    "CorrectedandRepublishedFrom": "republication",
    "RetractedandRepublishedFrom": "republication",
    "RepublishedFrom": "republication",
    "UpdateOf": "update",
}
"""NLM's RefType of the link back, from a notice to its paper -> our kind of change."""

BOOKKEEPING = ("revised_on", "status", "version")
"""What PubMed turns over without the content having changed."""

Happening = tuple[str, str, str]
"""The kind of a change, the uid of its notice, and the notice's citation."""


def content_hash(article: Article) -> str:
    """The fingerprint of what the record says, its bookkeeping left out."""
    content = to_plain(article)
    for name in BOOKKEEPING:
        content.pop(name, None)
    return sha256(dump(content).encode()).hexdigest()


def compare(old: Article, new: Article) -> tuple[Happening, ...]:
    """What happened to the article between its two versions, the gravest first."""
    retraction = () if old.is_retracted else _retraction(new)
    notices = (
        (KINDS[notice.kind], notice.uid, notice.citation)
        for notice in new.corrections
        if notice.kind in KINDS and not _holds(old, notice)
    )
    order = list(KINDS.values())
    sorted_notices = sorted(dict.fromkeys(notices), key=lambda notice: order.index(notice[0]))
    final = (("final", "", ""),) if _became_final(old, new) else ()
    return (*retraction, *sorted_notices, *final)


def announced(notice: Article) -> tuple[tuple[str, Happening], ...]:
    """By uid, what a record says of the papers of which it is the notice.

    The notice may be in PubMed days before the record of its paper says so.
    """
    return tuple(
        (link.uid, (ANNOUNCED[link.kind], notice.uid, ""))
        for link in notice.corrections
        if link.kind in ANNOUNCED and link.uid not in ("", notice.uid)
    )


def says(article: Article, happening: Happening) -> bool:
    """Whether the record of the paper itself says what its notice says."""
    kind, notice_uid, _ = happening
    if kind == "retraction" and article.is_retracted:
        return True
    return any(
        KINDS.get(link.kind) == kind and link.uid == notice_uid for link in article.corrections
    )


def is_twin(one: Article, other: Article) -> bool:
    """Two records of one paper: the same DOI, which knows no case, and the same title.

    A notice or one of many abstracts may bear the DOI of another record; its title is another.
    """
    same_doi = one.doi != "" and one.doi.lower() == other.doi.lower()
    return same_doi and one.uid != other.uid and _bare(one.title) == _bare(other.title) != ""


def _bare(title: str) -> str:
    return "".join(letter for letter in title.casefold() if letter.isalnum())


def _retraction(article: Article) -> tuple[Happening, ...]:
    """One event however often the record says it, with the notice where it names one."""
    if not article.is_retracted:
        return ()
    notices = [notice for notice in article.corrections if notice.kind == "RetractionIn"]
    notice = notices[0] if notices else Correction("RetractionIn")
    return (("retraction", notice.uid, notice.citation),)


def _holds(article: Article, notice: Correction) -> bool:
    """The article has that notice already, even if its PMID or its citation was filled in since."""
    return any(
        known.kind == notice.kind
        and (
            (known.uid, known.citation) == (notice.uid, notice.citation)
            or (known.uid != "" and known.uid == notice.uid)
            or (known.citation != "" and known.citation == notice.citation)
        )
        for known in article.corrections
    )


def _became_final(old: Article, new: Article) -> bool:
    """An article that was ahead of print has its place in the journal now."""
    if old.volume or old.issue:
        return False
    return bool(new.volume or new.issue or (new.pages and not old.pages))
