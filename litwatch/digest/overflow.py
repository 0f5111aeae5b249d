"""What an issue leaves out of the HTML because a mail cannot hold it: counted, linked and named.

The text part has it all. What the HTML says of it is bounded too, however much it is: so many links
of so many papers, and so many names of records that PubMed lists no more.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from litwatch.digest.issue import Digest
from litwatch.digest.paper import heir, list_url
from litwatch.digest.sentences import counted, joined
from litwatch.models import bare_uid

UIDS_IN_A_LINK = 200
"""PMIDs in one PubMed address: some 1.8 kB, which every browser and server takes."""
MOST_LINKS = 10
MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Overflow:
    """What is left out, in words; links to lists of papers; and records that are gone from PubMed.

    `links` are (how many, address), `gone` (PMID, title); papers that stand in neither are in
    `unlisted`, in words, empty where there are none.
    """

    said: str
    links: tuple[tuple[str, str], ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    unlisted: str = ""


def left_out(digest: Digest, kept: Collection[int]) -> Overflow | None:
    """What stands in the issue besides the kept corrections and papers, numbered in that order.

    A paper that is shown with another correction is not listed again.
    """
    corrections = [entry.paper for entry in digest.corrections]
    every = [*corrections, *digest.papers]
    left = [number for number in range(len(every)) if number not in kept]
    if not left:
        return None
    told = sum(number < len(corrections) for number in left)
    shown = {every[number].article.uid for number in kept}
    titles = {every[number].article.uid: every[number].article.title for number in left}
    moved = _moved(digest)
    found = {uid: moved.get(uid, uid) for uid in titles if uid not in shown}
    listed = [now for now in found.values() if now]
    gone = [uid for uid, now in found.items() if not now]
    links = tuple(
        (counted(len(chunk), "paper"), list_url(chunk))
        for chunk in islice(_chunks(listed), MOST_LINKS)
    )
    rest = max(0, len(listed) - MOST_LINKS * UIDS_IN_A_LINK) + max(0, len(gone) - MOST_NAMES)
    counts = ((told, "correction"), (len(left) - told, "paper"))
    words = joined([counted(number, noun) for number, noun in counts if number])
    alone = "stands in the text part alone" if rest == 1 else "stand in the text part alone"
    return Overflow(
        f"{words} more {'belongs' if len(left) == 1 else 'belong'} to this issue.",
        links,
        tuple((bare_uid(uid), titles[uid]) for uid in gone[:MOST_NAMES]),
        f"{counted(rest, 'paper')} more {alone}." if rest else "",
    )


def _moved(digest: Digest) -> dict[str, str]:
    """By the uid of each record that is gone from PubMed the one that it has now, or nothing."""
    gone = [stored for stored in digest.papers if stored.withdrawn]
    gone += [entry.paper for entry in digest.corrections if entry.paper.withdrawn]
    told = [entry.change for entry in digest.corrections if entry.change.kind == "withdrawn"]
    return {stored.article.uid: heir(stored) for stored in gone} | {
        change.uid: change.notice_uid for change in told
    }


def _chunks(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(uids), UIDS_IN_A_LINK):
        yield uids[at : at + UIDS_IN_A_LINK]
