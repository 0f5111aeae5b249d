"""The outside checkers, each as a function from pages or messages to what it finds."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcheck.mails import Sample

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
PICTURES = HERE.parent.parent / "mail-check"

_NU_IGNORES = r".*Property .mso-hide. doesn.t exist.*"
"""Word hides an element only by mso-hide, and no other client knows the property."""

_SPAM_PREFERENCES = ("use_bayes 0", "use_auto_welcomelist 0", "dns_available no")
"""Nothing that this machine has learnt from other mail."""


@dataclass(frozen=True, slots=True)
class View:
    """A page at a width and in a colour scheme, in Chromium."""

    name: str
    scheme: str
    width: int
    fetched: Sequence[str]
    overflow: int
    passes: int
    violations: Sequence[str]
    undecided: Sequence[str]

    @property
    def faults(self) -> list[str]:
        where = f"{self.name}, {self.scheme}, {self.width} px"
        found = [*self.violations, *(f"fetches {url}" for url in self.fetched)]
        if self.overflow:
            found.append(f"wider than the window by {self.overflow} px")
        return [f"{where}: {fault}" for fault in found]


def write_pages(samples: Iterable[Sample], folder: Path) -> list[Path]:
    """The HTML of each digest as a file, with its pictures in it."""
    paths = []
    for sample in samples:
        paths.append(folder / f"{sample.name}.html")
        paths[-1].write_text(sample.page, encoding="utf-8")
    return paths


def browse(pages: Sequence[Path], pictures: Path) -> list[View]:
    """Every page in Chromium, light and dark, at every width; leaves pictures."""
    report = pages[0].with_name("views.json")
    chromium = shutil.which("chromium") or ""
    _run("node", HERE / "browse.mjs", chromium, report, pictures, *pages)
    return [View(**view) for view in json.loads(report.read_text())]


def html_validate(pages: Sequence[Path]) -> list[str]:
    """What html-validate says by the rules of htmlvalidate.mjs."""
    report = pages[0].with_name("html-validate.json")
    tool = MODULES / ".bin" / "html-validate"
    _run(tool, "-c", HERE / "htmlvalidate.mjs", "-f", f"json={report}", *pages, allowed=(0, 1))
    return [
        f"{Path(page['filePath']).name}:{fault['line']}: {fault['ruleId']}: {fault['message']}"
        for page in json.loads(report.read_text())
        for fault in page["messages"]
    ]


def nu(pages: Sequence[Path]) -> list[str]:
    """The errors that the Nu HTML checker finds."""
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    options = ("--errors-only", "--stdout", "--format", "json", "--filterpattern", _NU_IGNORES)
    answer = _run("java", "-jar", jar, *options, *pages, allowed=(0, 1))
    return [
        f"{Path(fault['url']).name}:{fault['lastLine']}: {fault['message']}"
        for fault in json.loads(answer)["messages"]
    ]


def unsupported(pages: Sequence[Path]) -> Mapping[str, Sequence[str]]:
    """Each feature that a mail client does not support, with the clients that do not."""
    found: Mapping[str, Sequence[str]] = json.loads(_run("node", HERE / "caniemail.mjs", *pages))
    return found


def spam_score(message: bytes, home: Path) -> tuple[float, str]:
    """The points that SpamAssassin's local rules give a message, and the rules that hit."""
    preferences = [f"--cf={line}" for line in _SPAM_PREFERENCES]
    answer = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--nocreate-prefs", *preferences],
        input=message,
        capture_output=True,
        check=True,
        timeout=120,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin:/usr/sbin"},
    ).stdout.decode("utf-8", "replace")
    score = re.search(r"Content analysis details:\s+\((-?[\d.]+) points", answer)
    assert score, answer[-1000:]
    return float(score[1]), answer[score.start() :]


def w3m(page: str) -> str:
    """The HTML as a text terminal shows it."""
    return subprocess.run(
        ["w3m", "-dump", "-T", "text/html", "-I", "utf-8", "-O", "utf-8", "-cols", "80"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def _run(*command: object, allowed: Sequence[int] = (0,)) -> str:
    """What a program prints; raises where it ends in another way than with its findings."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode in allowed, f"{command[0]}: {done.stderr[-2000:] or done.stdout[-2000:]}"
    return done.stdout
