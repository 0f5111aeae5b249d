"""`litwatch digest`: what a reader would get now, and what a reader got, once more."""

import sys

import click

from litwatch.cli.output import WELL, config_option, load_config, say


@click.group()
def digest() -> None:
    """Preview a digest, or send a stored one once more."""


@digest.command()
@click.argument("address", required=False)
@click.option(
    "--open/--no-open",
    "wants_open",
    default=None,
    help="Open it in the browser; default: where a terminal looks on.",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the HTML there, and the text beside it; default: a temporary file.",
)
@config_option
def preview(
    address: str | None, *, wants_open: bool | None, output: str | None, config_path: str | None
) -> int:
    """Show what the reader at ADDRESS (default: the first one) would get now.

    It is made from the database alone, as of the last run: PubMed is not asked, nothing is written
    to the database and nothing is sent.

    \b
    Examples:
      litwatch digest preview
      litwatch digest preview a.reader@example.org --output preview.html
    """
    config = load_config(config_path)
    from litwatch.cli.wording import shorten
    from litwatch.previewing import preview as make
    from litwatch.previewing import write

    shown = make(config, address)
    page, text = write(shown.issue, output)
    click.echo(f"{shown.email}: {shown.articles} papers, {shown.corrections} corrections")
    click.echo(shown.issue.subject)
    for path in (page, text):
        click.echo(f"  {shorten(str(path))}")
    if shown.remark:
        say(shown.remark)
    looks_on = sys.stdout is not None and sys.stdout.isatty()
    if looks_on if wants_open is None else wants_open:
        _open(page.as_uri())
    return WELL


def _open(url: str) -> None:
    """Opens a page in the system's browser, $BROWSER where that is set."""
    import webbrowser

    if sys.stdout is not None:
        sys.stdout.flush()
    if not webbrowser.open(url):
        say("no browser could be opened: open the file by hand")


@digest.command()
@click.argument("address")
@click.option("--period", metavar="KEY", help="Not the last one but this one, such as 2026-W47.")
@config_option
def resend(address: str, *, period: str | None, config_path: str | None) -> int:
    """Send the reader at ADDRESS the last digest once more, at once.

    The stored bytes under the same Message-ID; what the reader is owed does not change. Without
    [smtp] its files are written again.

    \b
    Examples:
      litwatch digest resend a.reader@example.org
      litwatch digest resend a.reader@example.org --period 2026-W47
    """
    config = load_config(config_path)
    from datetime import UTC, datetime

    from litwatch.outgoing import resend as send_again

    click.echo(send_again(config, address, period, datetime.now(UTC)))
    return WELL
