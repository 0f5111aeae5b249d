"""`litwatch show` and `litwatch status`: what is on file, and how the runs went."""

from pathlib import Path

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    config_option,
    json_option,
    load_config,
    print_json,
    say,
)
from litwatch.models import Finding, Stored, bare_uid


@click.command()
@click.argument("uid")
@config_option
@json_option
def show(uid: str, *, config_path: Path | None, as_json: bool) -> int:
    r"""Show one article on file with what the rules found and why.

    \b
    Example:
      litwatch show 30232531
    """
    config = load_config(config_path)
    from litwatch.classify.output import as_json as findings_json
    from litwatch.store import open_store

    full = uid if ":" in uid else f"pubmed:{uid}"
    with open_store(config.database, keep=False) as store:
        stored = store.articles.get(full)
    if stored is None:
        say(f"{full}: not on file: see `litwatch status`, or `litwatch run` to search again")
        return FAILED
    if as_json:
        print_json(
            {
                "uid": full,
                "title": stored.article.title,
                "topics": list(stored.topics),
                "withdrawn": stored.withdrawn,
                "findings": findings_json(bare_uid(full), stored.findings),
            }
        )
    else:
        for line in describe(stored):
            click.echo(line)
    return WELL


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
        *(f"{name}: {fact.value}" for name, fact in known.items() if fact),
        *(f"topic: {fact.value}" for fact in facts.topics),
    ]
    for finding in (*stored.findings.treatments, *stored.findings.organs):
        out += explain_finding(finding)
    return out


def explain_finding(finding: Finding) -> list[str]:
    """The tag with its role, and each sentence that earned it."""
    lines = [f"{finding.tag.category} {finding.tag.label}: {finding.role}"]
    for evidence in finding.evidence:
        where = f"{evidence.field}[{evidence.index}] {evidence.start}-{evidence.end}"
        lines.append(f"    {evidence.text!r} ({where}, rule {evidence.rule}): {evidence.sentence}")
    return lines


@click.command()
@config_option
@json_option
def status(*, config_path: Path | None, as_json: bool) -> int:
    """Show how the last runs went, what is pending, and what could not be delivered."""
    config = load_config(config_path)
    from litwatch.standing import standing

    state = standing(config)
    if as_json:
        print_json(state.as_json())
    else:
        for line in state.lines():
            click.echo(line)
    return WELL if state.is_well else FAILED
