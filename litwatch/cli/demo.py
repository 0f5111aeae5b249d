"""`litwatch demo`: the whole of it, against the built-in stand-in of PubMed."""

import click

from litwatch.cli.output import FAILED, WELL, Settings, progress_bar, say


@click.command()
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False),
    default="litwatch-demo",
    show_default=True,
    help="Where the digests and the database go.",
)
@click.pass_obj
def demo(settings: Settings, *, output: str) -> int:
    """Run the whole pipeline against a built-in stand-in of PubMed: no network, no account.

    Three weekly runs over synthetic records: the first files the history, the second brings new
    papers, the third more papers and the retraction of one that was sent.
    """
    from pathlib import Path

    from litwatch.cli.wording import complaints, shorten
    from litwatch.demo.play import play

    well = True
    with progress_bar(quiet=settings["quiet"]) as progress:
        result = play(Path(output), progress=progress)
    for step in result.steps:
        report = step.report
        sent = report.digests[0] if report.digests else None
        click.echo(f"{step.at:%Y-%m-%d}  {step.what}")
        click.echo(f"            {step.filed} papers filed")
        if sent:
            click.echo(
                f"            mail to {sent.subscriber}: {sent.articles} papers, "
                f"{sent.corrections} corrections"
            )
        for line in complaints(report):
            say(line)
        well = well and report.is_well
    click.echo("")
    click.echo("Open the third issue:")
    for path in result.files:
        click.echo(f"  {shorten(str(path))}")
    click.echo(f"All issues: {shorten(str(result.outbox))}")
    return WELL if well else FAILED
