"""Reports and articles in words, for a person at a terminal."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from litwatch.errors import LitwatchError
from litwatch.models import Evidence, Finding, Stored
from litwatch.reports import ACCEPTABLE, Report, RunError, look
from litwatch.settings import printable


def failed(code: str, message: str) -> Report:
    """The report of a run that did not come to its end."""
    now = datetime.now(UTC)
    return Report(now, now, complete=False, errors=(RunError(code, message),))


def code_of(error: LitwatchError) -> str:
    """The error's code in JSON: `StoreError` -> `store-error`."""
    name = type(error).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def lines(report: Report, *, dry_run: bool = False) -> list[str]:
    """The report for a person: a line a topic, a line a digest, a line in sum."""
    found = [
        f"{topic.id}: {topic.count} in PubMed, {topic.new} new, {topic.updated} updated"
        + (f", {topic.pending} pending" if topic.pending else "")
        + (f", {topic.withdrawn} withdrawn" if topic.withdrawn else "")
        + (f", {topic.held} held back" if topic.held else "")
        for topic in report.topics
        if topic.error is None
    ]
    sent = [
        f"{digest.subscriber}: {digest.status}, {digest.articles} papers, "
        f"{digest.corrections} corrections" + (f": {shorten(digest.file)}" if digest.file else "")
        for digest in report.digests
    ]
    seconds = (report.finished - report.started).total_seconds()
    end = "complete" if report.complete else "not complete"
    prefix = "dry run, nothing written: " if dry_run else ""
    return [*found, *sent, f"{prefix}{end} in {seconds:.1f} s"]


def complaints(report: Report) -> list[str]:
    """What went wrong or wants to be looked at, a line each, and what to do about a doubt."""
    failed = {error.message for error in report.errors}
    warned = [
        f"{topic.id}: {warning.code}: {warning.message}"
        for topic in report.topics
        for warning in topic.warnings
        if warning.message not in failed
    ]
    doubted = [
        f"{topic.id}: {look(topic.id)}"
        for topic in report.topics
        if topic.held or any(warning.code in ACCEPTABLE for warning in topic.warnings)
    ]
    return [
        *warned,
        *doubted,
        *(
            f"{error.topic}: {error.message}" if error.topic else error.message
            for error in report.errors
        ),
    ]


def shorten(path: str) -> str:
    """The path from where the person stands, where that is shorter, as it can be printed."""
    relative = os.path.relpath(path)
    return printable(min(path, relative, key=len))


def describe(stored: Stored) -> list[str]:
    """The article and its tags with their proofs, for a person."""
    article = stored.article
    names = ", ".join(
        author.collective or f"{author.last} {author.initials}".strip()
        for author in article.authors
    )
    facts = stored.findings.facts
    known = {"study type": facts.study_type, "patients": facts.patients, "outcome": facts.outcome}
    out = [
        article.title or "[no title]",
        *([article.vernacular_title] if article.vernacular_title else []),
        *([names] if names else []),
        f"{article.journal.title or article.book_title}, {article.published}",
        f"{article.uid}" + (f", doi:{article.doi}" if article.doi else ""),
        *(["RETRACTED"] if article.is_retracted else []),
        *(["withdrawn from PubMed"] if stored.withdrawn else []),
        f"found by: {', '.join(stored.topics) or 'no topic of the configuration'}",
        "",
        *(
            line
            for name, fact in (*known.items(), *(("topic", topic) for topic in facts.topics))
            if fact
            for line in (f"{name}: {fact.value}", *proofs(fact.evidence))
        ),
    ]
    for finding in (*stored.findings.treatments, *stored.findings.organs):
        out += explain_finding(finding)
    return out


def explain_finding(finding: Finding) -> list[str]:
    """The tag with its role, and each sentence that earned it."""
    return [
        f"{finding.tag.category} {finding.tag.label}: {finding.role}",
        *proofs(finding.evidence),
    ]


def proofs(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Each proof: the text, where it stands, the rule, and the sentence."""
    for proof in evidence:
        where = f"{proof.field}[{proof.index}] {proof.start}-{proof.end}"
        yield f"    {proof.text!r} ({where}, rule {proof.rule}): {proof.sentence}"
