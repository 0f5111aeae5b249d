"""`litwatch run`: one complete run."""

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


@click.command()
@config_option
@click.option("--topic", "topics", multiple=True, metavar="ID", help="Only this topic (repeat).")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be done; write, send nothing.")
@click.option("--no-send", is_flag=True, help="Leave the digests in the outbox.")
@json_option
@click.pass_obj
def run(
    settings: Settings,
    *,
    config_path: str | None,
    topics: tuple[str, ...],
    dry_run: bool,
    no_send: bool,
    as_json: bool,
) -> int:
    """One complete run: fetch, tag, store, send what is due.

    \b
    Examples:
      litwatch run --dry-run
      litwatch run --topic scleromyxedema --json
    """
    config = load_config(config_path)
    from litwatch.cli.wording import complaints, lines
    from litwatch.pipeline import run_once

    quiet = settings["quiet"]
    with progress_bar(quiet=quiet or as_json) as progress:
        report = run_once(
            config, topics=topics, dry_run=dry_run, send=not no_send, progress=progress
        )
    if as_json:
        print_json(report.as_json())
    elif not quiet:
        for line in lines(report, dry_run=dry_run):
            click.echo(line)
    for line in complaints(report):
        say(line)
    return WELL if report.is_well else FAILED
