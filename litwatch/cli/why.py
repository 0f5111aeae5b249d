"""`litwatch why` and `litwatch why-not`: what brought a paper, or which step kept it out."""

import click

from litwatch.cli.output import FAILED, WELL, config_option, load_config, say


@click.command()
@click.argument("uid")
@config_option
def why(uid: str, *, config_path: str | None) -> int:
    """Say what brought an article on file: clause, run, rules with sentences, digests.

    \b
    Example:
      litwatch why 30232531
    """
    config = load_config(config_path)
    from litwatch.why import why as explain

    lines = explain(config, _complete(uid))
    if lines is None:
        say(f"{_complete(uid)}: not on file: litwatch why-not {uid}")
        return FAILED
    for line in lines:
        click.echo(line)
    return WELL


@click.command("why-not")
@click.argument("uid")
@config_option
def why_not(uid: str, *, config_path: str | None) -> int:
    """Say which step keeps an article out, for each topic and each reader.

    An article that is not on file is asked of PubMed, to hold the queries against it.

    \b
    Example:
      litwatch why-not 30232531
    """
    config = load_config(config_path)
    from datetime import UTC, datetime

    from litwatch.fetch.pubmed import PubMed
    from litwatch.why import why_not as explain

    source = PubMed.over_network(config.ncbi, clock=lambda: datetime.now(UTC))
    for line in explain(config, _complete(uid), source, datetime.now(UTC)):
        click.echo(line)
    return WELL


def _complete(uid: str) -> str:
    return uid if ":" in uid else f"pubmed:{uid.lstrip('0') or '0'}"
