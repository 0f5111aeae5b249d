"""`litwatch gaps` and `litwatch accept`: what the ledger proves, and what a person decides."""

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    config_option,
    json_option,
    load_config,
    print_json,
)


@click.command()
@config_option
@json_option
def gaps(*, config_path: str | None, as_json: bool) -> int:
    """Prove from the ledger that every topic is covered without a hole, or name the holes.

    Exit code 1 says that there is one.
    """
    config = load_config(config_path)
    from datetime import UTC, datetime

    from litwatch.digest.sentences import counted
    from litwatch.gaps import inspect

    coverages = inspect(config, datetime.now(UTC))
    if as_json:
        print_json([coverage.as_json() for coverage in coverages])
    else:
        for coverage in coverages:
            for line in coverage.lines():
                click.echo(line)
        holes = sum(len(coverage.holes) for coverage in coverages)
        where = counted(len(coverages), "topic")
        click.echo(f"{counted(holes, 'hole') if holes else 'no hole'} in {where}")
    return FAILED if any(coverage.holes for coverage in coverages) else WELL


@click.command()
@click.argument("topic")
@config_option
def accept(topic: str, *, config_path: str | None) -> int:
    """Accept TOPIC's last search as it is: release what is held, and compare with it from now on.

    It settles count-exploded, count-collapsed, translation-changed, phrase-not-found,
    field-not-found and control-failed, once you have looked (litwatch check --live): runs are quiet
    about what is accepted, until it changes or you edit the query.
    """
    config = load_config(config_path)
    from litwatch.accepting import accept_topic

    accepted = accept_topic(config, topic)
    settled = f"settled: {', '.join(accepted.settled)}" if accepted.settled else "nothing to settle"
    released = f"; held until now, and news: {accepted.released}" if accepted.released else ""
    click.echo(f"{topic}: accepted as it is, with {accepted.count} in PubMed; {settled}{released}")
    return WELL
