"""`litwatch show` and `litwatch status`: what is on file, and how the runs went."""

import click

from litwatch.cli.output import (
    FAILED,
    WELL,
    config_option,
    json_option,
    load_config,
    print_json,
)
from litwatch.errors import NotOnFile


@click.command()
@click.argument("uid")
@config_option
@json_option
def show(uid: str, *, config_path: str | None, as_json: bool) -> int:
    """Show one article on file with what the rules found and why.

    \b
    Example:
      litwatch show 30232531
    """
    config = load_config(config_path)
    from litwatch.classify.output import as_json as findings_json
    from litwatch.cli.wording import describe
    from litwatch.models import bare_uid
    from litwatch.store import open_store

    full = uid if ":" in uid else f"pubmed:{uid}"
    with open_store(config.database, keep=False) as store:
        stored = store.articles.get(full)
    if stored is None:
        raise NotOnFile(
            f"{full}: not on file: see `litwatch status`, or `litwatch run` to search again"
        )
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


@click.command()
@config_option
@json_option
def status(*, config_path: str | None, as_json: bool) -> int:
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
