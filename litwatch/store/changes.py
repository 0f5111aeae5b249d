"""What a new version of a record says that the old one did not, and what a notice says: pure.

What counts as a concern, an erratum, a republication is NLM's, by the kind of the link: `ErratumIn`
in the record of the paper itself, or `ErratumFor` in the notice's own. The notice's record is about
the paper that it names, and never about itself. A paper that was retracted and published again in
another form is a retracted one.
https://www.nlm.nih.gov/bsd/policy/errata.html
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from litwatch.models import RETRACTED_IN, Article, Author, Change, Correction, standing
from litwatch.store.codec import dump, to_plain

KINDS = {
    "PartialRetractionIn": "partial_retraction",
    "ExpressionOfConcernIn": "concern",
    "ErratumIn": "erratum",
    "CorrectedandRepublishedIn": "republication",
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
    "RetractedandRepublishedFrom": "retraction",
    "RepublishedFrom": "republication",
    "UpdateOf": "update",
}
"""NLM's RefType of the link back, from a notice to its paper -> our kind of change."""

OF_THE_RECORD = ("withdrawn", "restored", "final")
"""What happens to one record of a paper, and not to the paper itself."""

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


def reinstated(old: Article, new: Article, *, at: datetime) -> tuple[Happening, ...]:
    """That the record no longer says that its paper is retracted; the moment tells two apart."""
    is_so = old.is_retracted and not new.is_retracted
    return (("reinstated", "", at.isoformat()),) if is_so else ()


def once_more(
    happenings: Iterable[Happening], changes: Sequence[Change], *, at: datetime
) -> Iterator[Happening]:
    """The happenings, and with its day each that was known and taken back: it is another one."""
    now = standing(changes)
    gone = {(c.kind, c.notice_uid, c.citation) for c in changes if c not in now}
    for kind, notice_uid, citation in happenings:
        is_back = (kind, notice_uid, citation) in gone
        yield kind, notice_uid, f"{citation} ({at:%Y-%m-%d})".strip() if is_back else citation


def announced(notice: Article) -> tuple[tuple[str, Happening], ...]:
    """By uid, what a record says of the papers of which it is the notice.

    The notice may be in PubMed days before the record of its paper says so.
    """
    return tuple(
        (link.uid, (ANNOUNCED[link.kind], notice.uid, ""))
        for link in notice.corrections
        if link.kind in ANNOUNCED and link.uid not in ("", notice.uid)
    )


def befallen(one: Article, changes: Iterable[Change], other: Article) -> tuple[Happening, ...]:
    """What is known of the paper by one of its records, and not said in the other."""
    noted = ((change.kind, change.notice_uid, change.citation) for change in changes)
    return tuple(
        happening
        for happening in dict.fromkeys((*noted, *compare(other, one)))
        if happening[0] not in OF_THE_RECORD
        and not says(other, happening)
        and not (happening[0] == "reinstated" and other.is_retracted)
    )


def says(article: Article, happening: Happening) -> bool:
    """Whether the record of the paper itself says what its notice, or its twin, says.

    A link without a PMID may be to any notice; a link to a further one is a change when it comes.
    """
    kind, notice_uid, citation = happening
    if kind == "retraction" and article.is_retracted:
        return True
    return any(
        link.uid == notice_uid if link.uid and notice_uid else citation in ("", link.citation)
        for link in article.corrections
        if KINDS.get(link.kind) == kind
    )


# ---- twins -------------------------------------------------------------------------------------


def is_twin(one: Article, other: Article) -> bool:
    """Two records of one paper: DOI and first author are the same, and the title, or its beginning.

    Many abstracts of a supplement may bear one DOI and one title, and a notice, or a republication,
    the DOI and the title of its paper: it has a link to it.
    """
    return (
        one.doi != ""
        and one.uid != other.uid
        and one.doi.lower() == other.doi.lower()
        and _may_be_one(one.authors, other.authors)
        and _begin_alike(_bare(one.title), _bare(other.title))
        and not _is_about(one, other)
        and not _is_about(other, one)
    )


def _may_be_one(one: Sequence[Author], other: Sequence[Author]) -> bool:
    """The first author is the same, where both records name one."""
    names = {_bare(authors[0].last or authors[0].collective) for authors in (one, other) if authors}
    return len(names) < 2


def _begin_alike(one: str, other: str) -> bool:
    return "" not in (one, other) and (one.startswith(other) or other.startswith(one))


def _is_about(one: Article, other: Article) -> bool:
    return any(
        link.uid == other.uid or (link.kind in ANNOUNCED and not link.uid)
        for link in one.corrections
    )


def _bare(words: str) -> str:
    return "".join(letter for letter in words.casefold() if letter.isalnum())


# ---- what a record says ------------------------------------------------------------------------


def _retraction(article: Article) -> tuple[Happening, ...]:
    """One event however often the record says it, with the notice where it names one."""
    if not article.is_retracted:
        return ()
    notices = (notice for notice in article.corrections if notice.kind in RETRACTED_IN)
    notice = next(notices, Correction("RetractionIn"))
    return (("retraction", notice.uid, notice.citation),)


def _holds(article: Article, notice: Correction) -> bool:
    """The article has that notice already, even if its PMID or its citation was filled in since."""
    return any(
        known.uid == notice.uid if known.uid and notice.uid else known.citation == notice.citation
        for known in article.corrections
        if known.kind == notice.kind
    )


def _became_final(old: Article, new: Article) -> bool:
    """An article that was ahead of print has its place in the journal now."""
    if old.volume or old.issue:
        return False
    return bool(new.volume or new.issue or (new.pages and not old.pages))
