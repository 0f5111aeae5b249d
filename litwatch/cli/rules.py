"""`litwatch rules` and `litwatch retag`: the rule files as people's work."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    Settings,
    config_option,
    json_option,
    load_config,
    print_json,
    progress_bar,
    say,
)

if TYPE_CHECKING:
    from litwatch.classify.examples import Example
    from litwatch.classify.rules import Ruleset
    from litwatch.classify.score import Case, Score

rules_option = click.option(
    "--rules",
    "rule_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="A rule file, or a folder of them, added to the built-in rules (repeat).",
)


def chosen_rules(rule_files: Sequence[str], config_path: str | None) -> "Ruleset":
    """The built-in rules with those files; without any, with those of the configuration, if any.

    Raises ConfigError.
    """
    import os
    from pathlib import Path

    from litwatch import config
    from litwatch.classify import rules
    from litwatch.errors import ConfigError

    if rule_files:
        return rules.load_ruleset(rules.rule_files([Path(name) for name in rule_files]))
    try:
        path = config.find(Path(config_path) if config_path else None, os.environ)
    except ConfigError:
        if config_path or os.environ.get("LITWATCH_CONFIG"):
            raise
        return rules.load_ruleset()
    return rules.load_ruleset(config.load(path, os.environ).rules)


@click.group()
def rules() -> None:
    """Check the rule files, score them, and see what a change of them would do."""


@rules.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@config_option
@json_option
def check(files: tuple[str, ...], *, config_path: str | None, as_json: bool) -> int:
    """Check rule files and run the examples of every rule and cue.

    Without FILE: the built-in ones and those of the configuration. A FILE, or a folder of them, is
    read beside the built-in ones, and its own examples are run. Exit code 2: a file is wrong, each
    fault with its line; 1: an example does not hold.

    \b
    Examples:
      litwatch rules check
      litwatch rules check mine.toml
    """
    from litwatch.classify.examples import run_examples, run_fact_examples, without_examples

    ruleset = chosen_rules(files, config_path)
    examples = [*run_examples(ruleset), *(() if files else run_fact_examples())]
    untested = list(without_examples(ruleset))
    places = [*(rule.place for rule in ruleset.rules), *(cue.place for cue in ruleset.cues)]
    if files:
        own = _own(files)
        examples = [example for example in examples if example.place.startswith(own)]
        untested = [place for place in untested if place.startswith(own)]
        places = [place for place in places if place.startswith(own)]
    failed = [example for example in examples if example.fault]
    if as_json:
        print_json(
            {
                "version": ruleset.version,
                "rules": len(places),
                "examples": len(examples),
                "failures": [asdict(example) for example in failed],
                "without_examples": untested,
                "errors": [],
            }
        )
        return FAILED if failed else WELL
    for place in untested:
        click.echo(f"{place}: no example shows how it works: add `matches` and `ignores`")
    _tell(failed)
    held = len(examples) - len(failed)
    click.echo(f"{len(places)} rules and cues, {held} of {len(examples)} examples hold")
    return FAILED if failed else WELL


def _own(files: Sequence[str]) -> tuple[str, ...]:
    """How the places of the rules in these files begin."""
    from pathlib import Path

    from litwatch.classify.rules import rule_files

    return tuple(f"{file}:" for file in rule_files([Path(name) for name in files]))


def _tell(failed: Sequence["Example"]) -> None:
    for example in failed:
        say(f"{example.place}: {example.key}: {example.fault}: {example.text}")


# ---- evaluate ------------------------------------------------------------------------------------


@rules.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@rules_option
@config_option
@json_option
@click.pass_obj
def evaluate(
    settings: Settings,
    *,
    files: tuple[str, ...],
    rule_files: tuple[str, ...],
    config_path: str | None,
    as_json: bool,
) -> int:
    """Score the rules against labelled records: precision, recall, F1, and every miss.

    FILE holds JSON Lines: {"id": ..., "record": as for `tag`, "expected": as `tag` prints it}. The
    rules are the built-in ones with those of --rules, else of the configuration.

    \b
    Examples:
      litwatch rules evaluate labelled.jsonl
      litwatch rules evaluate labelled.jsonl --rules mine.toml --json
    """
    from pathlib import Path

    from litwatch.classify import classify
    from litwatch.classify.score import score
    from litwatch.errors import SourceError
    from litwatch.reading import read_labelled

    ruleset = chosen_rules(rule_files, config_path)
    cases: list[Case] = []
    errors = []
    with progress_bar(quiet=settings["quiet"] or as_json) as progress:
        for name in files:
            records = tuple(read_labelled(Path(name)))
            for number, record in enumerate(records, 1):
                if isinstance(record, SourceError):
                    errors.append(f"{name}: {record}")
                else:
                    cases.append((record, classify(record.article, ruleset)))
                progress(f"tagging {name}", number, len(records))
    figures = score(cases)
    if as_json:
        faults = [{"code": "record-malformed", "topic": "", "message": one} for one in errors]
        print_json({"version": ruleset.version, **asdict(figures), "errors": faults})
    else:
        for line in _figure_lines(figures):
            click.echo(line)
    for error in errors:
        say(error)
    return FAILED if errors else WELL


NAMES = {
    "treatments": "treatments found",
    "treatment_role": "role right, of those found",
    "organs": "organs involved or mentioned",
    "involved": "organs involved",
    "excluded": "organs excluded",
}
WIDTH = 30


def _figure_lines(figures: "Score") -> list[str]:
    """The figures as tables, then the misses."""
    from litwatch.classify.score import Share

    lines = [f"{figures.records} labelled records; in brackets the 95 % interval", "", _head("")]
    for name, figure in figures.sums.items():
        label = NAMES.get(name, name.replace("_", " "))
        if isinstance(figure, Share):
            lines.append(
                f"{label:{WIDTH}} {_in_words(figure.share)}  {figure.right} of {figure.of}"
            )
        else:
            lines.append(_row(label, figure))
    tables = (
        ("treatment", figures.treatments),
        ("role of treatments", figures.treatment_roles),
        ("organ, involved or mentioned", figures.organs),
        ("role of organs", figures.organ_roles),
        ("topic", figures.topics),
    )
    for title, table in tables:
        if table:
            lines += ["", _head(title), *(_row(name, figure) for name, figure in table.items())]
    if figures.misses:
        lines += ["", f"{len(figures.misses)} misses"]
    for miss in figures.misses:
        expected, got = (_or_none(value) for value in (miss.expected, miss.got))
        what = f"{miss.what} {miss.tag}".strip()
        lines.append(f"{miss.id}: {what}: expected {expected}, got {got}: {miss.sentence}")
    return lines


def _or_none(value: object) -> str:
    """The value in words."""
    return "none" if value is None else str(value)


def _head(title: str) -> str:
    return f"{title:{WIDTH}} {'precision':21} {'recall':21} {'F1':21} right extra missed"


def _row(name: str, figure: Any) -> str:
    estimates = " ".join(
        _in_words(estimate) for estimate in (figure.precision, figure.recall, figure.f1)
    )
    return f"{name:{WIDTH}} {estimates} {figure.right:5} {figure.extra:5} {figure.missed:6}"


def _in_words(estimate: Any) -> str:
    if estimate is None:
        return f"{'-':21}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


# ---- diff and retag ------------------------------------------------------------------------------


@rules.command()
@click.argument("places", metavar="[OLD NEW]", nargs=-1, type=click.Path())
@config_option
@json_option
@click.pass_obj
def diff(
    settings: Settings, *, places: tuple[str, ...], config_path: str | None, as_json: bool
) -> int:
    """Show which articles on file would gain or lose which tag; nothing is written.

    OLD and NEW are rule files or folders of them, each taken with the built-in rules; a folder with
    files of the names of all built-in ones takes their place. Without them the tags on file are
    held against the rules of the configuration: what the next run, or `litwatch retag`, changes.

    \b
    Examples:
      litwatch rules diff
      litwatch rules diff old.toml new.toml
    """
    if len(places) not in (0, 2):
        raise click.UsageError("name both OLD and NEW, or neither")
    config = load_config(config_path)
    from pathlib import Path

    from litwatch.classify.rules import load_ruleset, ruleset_at
    from litwatch.retagging import compare

    old = ruleset_at(Path(places[0])) if places else None
    new = ruleset_at(Path(places[1])) if places else load_ruleset(config.rules)
    documents = []
    with progress_bar(quiet=settings["quiet"] or as_json) as progress:
        for stored, told in compare(config, old, new, progress):
            article = stored.article
            if as_json:
                changes = [{"kind": one.kind, **asdict(one)} for one in told]
                documents.append({"uid": article.uid, "title": article.title, "changes": changes})
                continue
            documents.append({})
            click.echo(f"{article.uid} {article.title}")
            for one in told:
                click.echo(f"    {_difference(one)}")
                click.echo(f"        {one.rule}: {one.sentence}")
    if as_json:
        versions = {"old": old.version if old else "on file", "new": new.version}
        print_json({**versions, "articles": documents, "errors": []})
    elif not documents:
        click.echo("no article on file would be tagged otherwise")
    else:
        click.echo(f"{len(documents)} articles would be tagged otherwise")
    return WELL


def _difference(one: Any) -> str:
    """`+ treatment ivig: given`, `- organ renal: involved`, `* treatment ivig: given -> failed`."""
    sign = {"gained": "+", "lost": "-", "changed": "*"}[one.kind]
    roles = " -> ".join(role for role in (one.before, one.after) if role)
    return f"{sign} {one.what}{f' {one.tag}' if one.tag else ''}: {roles}"


@click.command()
@click.option("--dry-run", "-n", is_flag=True, help="Say how much would change; write nothing.")
@config_option
@json_option
@click.pass_obj
def retag(settings: Settings, *, dry_run: bool, config_path: str | None, as_json: bool) -> int:
    """Apply changed rules to what is on file at once; the next run would do it too.

    Nobody is mailed for it: tags of papers that are on file are news only where PubMed changed the
    record. Killed, it goes on where it stopped.

    \b
    Examples:
      litwatch retag --dry-run
      litwatch retag
    """
    config = load_config(config_path)
    from litwatch.classify.rules import load_ruleset
    from litwatch.retagging import apply

    ruleset = load_ruleset(config.rules)
    with progress_bar(quiet=settings["quiet"] or as_json) as progress:
        done = apply(config, ruleset, dry_run=dry_run, progress=progress)
    kinds = {kind: done.kinds.get(kind, 0) for kind in ("gained", "lost", "changed")}
    if as_json:
        counts = {"articles": done.articles, "changed_articles": done.changed, **kinds}
        errors = [asdict(error) for error in done.errors]
        print_json({"version": ruleset.version, **counts, "errors": errors})
    else:
        prefix = "dry run, nothing written: " if dry_run else ""
        told = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        anew = f"{done.articles} articles tagged anew, {done.changed} of them otherwise"
        click.echo(f"{prefix}{anew}: {told}")
    for error in done.errors:
        say(error.message)
    return FAILED if done.errors else WELL
