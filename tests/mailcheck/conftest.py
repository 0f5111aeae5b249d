"""What the checks of the mails share. They run under `make mail-check` alone; see docs/mail.md."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from mailcheck.checks import MODULES, PICTURES, View, browse, write_pages
from mailcheck.mails import Sample, demo_issues, golden_issues
from mailcheck.servers import Servers, running


def needs(*tools: str) -> None:
    """Skips where a tool is missing; for root, who can install it, that is a failure."""
    missing = [tool for tool in tools if not (shutil.which(tool) or (MODULES / tool).exists())]
    if not missing:
        return
    reason = f"{', '.join(missing)}: not installed; `make mail-check` as root installs it"
    if os.getuid() == 0:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def digests(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Sample]:
    """Every digest that is checked."""
    return (*demo_issues(tmp_path_factory.mktemp("demo")), *golden_issues())


@pytest.fixture(scope="session")
def rich(digests: Sequence[Sample]) -> Sample:
    """The one that the damaged samples are made of."""
    return next(sample for sample in digests if sample.name == "rich")


@pytest.fixture(scope="session")
def pages(digests: Sequence[Sample], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The HTML of each, as a file."""
    return write_pages(digests, tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder of what is to be looked at, emptied."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    return PICTURES


@pytest.fixture(scope="session")
def views(pages: Sequence[Path], pictures: Path) -> list[View]:
    """Each page in Chromium, at every width, light and dark."""
    needs("chromium", "node", "axe-core", "playwright-core")
    return browse(pages, pictures)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Postfix and Dovecot, for this session."""
    needs("postfix", "dovecot")
    if os.getuid() != 0:
        pytest.skip("Postfix and Dovecot are started by root alone")
    with tempfile.TemporaryDirectory(prefix="litwatch-mail-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(folder) as started:
            yield started
