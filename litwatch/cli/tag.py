"""`litwatch tag`: the rules on records, offline and without a configuration."""

import sys

import click

from litwatch.cli.output import FAILED, WELL, print_json, say
from litwatch.errors import SourceError


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["jsonl"]),
    default="jsonl",
    show_default=True,
    help="How the tags are printed.",
)
def tag(files: tuple[str, ...], *, output_format: str) -> int:  # noqa: ARG001 - one so far
    """Tag records: PubMed XML (.xml, .xml.gz) or JSON Lines; one JSON line out per record.

    Without FILE, or for `-`, records are read from standard input as JSON Lines.

    \b
    Examples:
      litwatch tag pubmed26n0001.xml.gz > tags.jsonl
      echo '{"id": "1", "title": "Scleromyxedema treated with IVIG"}' | litwatch tag
    """
    from pathlib import Path

    from litwatch.classify import classify
    from litwatch.classify.output import as_json
    from litwatch.classify.rules import load_ruleset
    from litwatch.reading import read_articles

    ruleset = load_ruleset()
    faults = 0
    standard_input = sys.stdin.buffer if sys.stdin else None
    for path in files or ("-",):
        for record in read_articles(Path(path), standard_input):
            if isinstance(record, SourceError):
                say(f"{path}: {record}")
                faults += 1
                continue
            name, article = record
            print_json(as_json(name, classify(article, ruleset)))
    return FAILED if faults else WELL
