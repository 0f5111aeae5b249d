"""`litwatch tag`: the rules on records, offline and without a configuration."""

import sys

import click

from litwatch.cli.output import FAILED, WELL, say
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
    r"""Tag records: PubMed XML (.xml, .xml.gz) or JSON Lines; one JSON line out per record.

    Without FILE, or for `-`, records are read from standard input as JSON Lines.

    \b
    Examples:
      litwatch tag pubmed26n0001.xml.gz > tags.jsonl
      echo '{"id": "1", "title": "Scleromyxedema treated with IVIG"}' | litwatch tag
    """
    import json
    from pathlib import Path

    from litwatch.classify import classify
    from litwatch.classify.output import as_json
    from litwatch.classify.rules import load_ruleset
    from litwatch.reading import read_articles

    ruleset = load_ruleset()
    faults = 0
    for path in files or ("-",):
        for record in read_articles(Path(path), sys.stdin.buffer):
            if isinstance(record, SourceError):
                say(f"{path}: {record}")
                faults += 1
                continue
            name, article = record
            print_line(json.dumps(as_json(name, classify(article, ruleset)), ensure_ascii=False))
    return FAILED if faults else WELL


def print_line(line: str) -> None:
    """Prints one line of JSON; lone surrogates, which no UTF-8 can carry, are escaped."""
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
