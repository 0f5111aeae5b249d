"""`litwatch tag`: the rules on records, offline and without a configuration."""

import sys

import click

from litwatch.cli.output import FAILED, WELL, Settings, print_json, progress_bar, say
from litwatch.cli.rules import rules_option
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
@rules_option
@click.pass_obj
def tag(
    settings: Settings,
    *,
    files: tuple[str, ...],
    rule_files: tuple[str, ...],
    output_format: str,  # noqa: ARG001 - one so far
) -> int:
    """Tag records: PubMed XML (.xml, .xml.gz) or JSON Lines; one JSON line out per record.

    Without FILE, or for `-`, records are read from standard input as JSON Lines.

    \b
    Examples:
      litwatch tag pubmed26n0001.xml.gz > tags.jsonl
      litwatch tag records.jsonl --rules mine.toml
      echo '{"id": "1", "title": "Scleromyxedema treated with IVIG"}' | litwatch tag
    """
    from pathlib import Path

    from litwatch.classify import classify, rules
    from litwatch.classify.output import as_json
    from litwatch.reading import read_articles

    ruleset = rules.load_ruleset(rules.rule_files([Path(name) for name in rule_files]))
    faults = 0
    standard_input = sys.stdin.buffer if sys.stdin else None
    quiet = settings["quiet"] or sys.stdout is None or sys.stdout.isatty()
    with progress_bar(quiet=quiet) as progress:
        for path in files or ("-",):
            records = tuple(read_articles(Path(path), standard_input))
            for number, record in enumerate(records, 1):
                if isinstance(record, SourceError):
                    say(f"{path}: {record}")
                    faults += 1
                else:
                    name, article = record
                    print_json(as_json(name, classify(article, ruleset)))
                progress(f"tagging {path}", number, len(records))
    return FAILED if faults else WELL
