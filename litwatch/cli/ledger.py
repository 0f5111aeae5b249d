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

    from litwatch.gaps import inspect

    coverages = inspect(config, datetime.now(UTC))
    if as_json:
        print_json([coverage.as_json() for coverage in coverages])
    else:
        for coverage in coverages:
            for line in coverage.lines():
                click.echo(line)
        holes = sum(len(coverage.holes) for coverage in coverages)
        click.echo(f"{holes} holes" if holes else f"no hole in {len(coverages)} topics")
    return FAILED if any(coverage.holes for coverage in coverages) else WELL


@click.command()
@click.argument("topic")
@config_option
def accept(topic: str, *, config_path: str | None) -> int:
    """Accept what TOPIC's query finds now: release what is held, and compare with it from now on.

    After a count-exploded or count-collapsed warning, once you have looked (litwatch check --live).
    """
    config = load_config(config_path)
    from litwatch.accepting import accept_topic

    accepted = accept_topic(config, topic)
    click.echo(
        f"{topic}: {accepted.count} hits accepted; {accepted.released} held papers are news now"
    )
    return WELL
