"""The TOML document of a configuration: read, and checked for what holds between its keys.

These checks look at the raw document and bear with any shape of it, so that a fault in one key
hides no fault in another. Secrets come from the environment or from a file named for them, never
from the document itself, and no message repeats a value that may hold one.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from litwatch.config import checks as check
from litwatch.config.lines import Place, key_lines, line_of
from litwatch.errors import ConfigError
from litwatch.settings import NO_SECRET, Secret

CONFIG = "LITWATCH_CONFIG"
API_KEY = "LITWATCH_NCBI_API_KEY"
SMTP_PASSWORD = "LITWATCH_SMTP_PASSWORD"  # noqa: S105 - the variable's name
VARIABLES = (CONFIG, API_KEY, SMTP_PASSWORD)
"""Every variable of the environment that litwatch reads."""

# ---- the file ------------------------------------------------------------------------------------


def read(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """The document and the lines of its keys."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name}:{line}: is not UTF-8; save it as UTF-8") from error
    if text.startswith("\ufeff"):
        raise ConfigError(f"{path.name}:1: begins with a byte-order mark; save it without one")
    try:
        return tomllib.loads(text), key_lines(text)
    except RecursionError as error:
        raise ConfigError(f"{path.name}: is nested too deeply") from error
    except ValueError as error:
        raise ConfigError(_syntax_fault(path.name, text, str(error))) from error


def _syntax_fault(name: str, text: str, message: str) -> str:
    place = re.search(r"\s*\(at line (\d+), column \d+\)$", message)
    line = int(place[1]) if place else text.rstrip().count("\n") + 1
    reason = message[: place.start()] if place else message.removesuffix(" (at end of document)")
    return f"{name}:{line}: is not TOML: {reason[:1].lower()}{reason[1:]}"


def _shown(part: str | int) -> str:
    if isinstance(part, int):
        return str(part + 1)
    return part if part.isprintable() else ascii(part)


class Faults:
    """Every fault found so far, each with its line."""

    def __init__(self, name: str, lines: dict[Place, int]) -> None:
        self._name = name
        self._lines = lines
        self._faults: list[tuple[int, str]] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, where: Place, message: str) -> None:
        """Notes a fault of the file."""
        line = line_of(where, self._lines)
        shown = ".".join(map(_shown, where))
        self._faults.append((line, f"{self._name}:{line}: {shown}: {message}"))

    def add_variable(self, name: str, message: str) -> None:
        """Notes a fault of the environment; these come last."""
        self._faults.append((2**31, f"environment: {name}: {message}"))

    def sorted(self) -> tuple[str, ...]:
        """The faults in the order of the file, each once."""
        return tuple(dict.fromkeys(fault for _, fault in sorted(self._faults)))


# ---- what holds between keys --------------------------------------------------------------------


def _entries(document: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The well-formed tables of an array of tables, with their places."""
    tables = document.get(name)
    if isinstance(tables, list):
        yield from ((place, table) for place, table in enumerate(tables) if isinstance(table, dict))


def check_topics(document: dict[str, Any], faults: Faults) -> None:
    """Notes ids that two topics share."""
    seen: dict[str, int] = {}
    for place, topic in _entries(document, "topics"):
        name = topic.get("id")
        if isinstance(name, str) and seen.setdefault(name, place) != place:
            faults.add(("topics", place, "id"), f"is the id of topics.{seen[name] + 1} too")


def queries(path: Path) -> tuple[tuple[str, str, str], ...]:
    """Each topic's query as it stands in the file: the topic's id, the query's place, the query.

    The place is that of a fault, `config.toml:12: topics.1.query`. Raises ConfigError where the
    file cannot be read.
    """
    document, lines = read(path)
    found = []
    for number, topic in _entries(document, "topics"):
        query = topic.get("query")
        if isinstance(query, str):
            where: Place = ("topics", number, "query")
            place = f"{path.name}:{line_of(where, lines)}: {'.'.join(map(_shown, where))}"
            found.append((str(topic.get("id", "")), place, " ".join(query.split())))
    return tuple(found)


def check_subscribers(document: dict[str, Any], faults: Faults) -> None:
    """Notes addresses that two subscribers share, and topics that are not configured."""
    known = [topic["id"] for _, topic in _entries(document, "topics") if _is_text(topic.get("id"))]
    seen: dict[str, int] = {}
    for place, subscriber in _entries(document, "subscribers"):
        email = subscriber.get("email")
        if isinstance(email, str) and seen.setdefault(email.lower(), place) != place:
            first = seen[email.lower()] + 1
            faults.add(
                ("subscribers", place, "email"), f"is the address of subscribers.{first} too"
            )
        wanted = subscriber.get("topics")
        for item, topic in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(topic, str) and topic not in known:
                near = check.nearest(topic, known, likeness=0.5)
                others = f"; known are {', '.join(known)}" if known else ""
                hint = f"; the nearest known is {near}" if near else others
                faults.add(("subscribers", place, "topics", item), f"unknown topic{hint}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def check_rules(document: dict[str, Any], folder: Path, faults: Faults) -> None:
    """Notes rule files that are not there."""
    general = document.get("litwatch")
    names = general.get("rules") if isinstance(general, dict) else ()
    for place, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and not is_file(resolve(folder, name)):
            faults.add(("litwatch", "rules", place), "there is no such file")


def check_variables(environ: Mapping[str, str], faults: Faults) -> None:
    """Notes variables that look like ours and are not."""
    for name in environ:
        if name.upper().startswith("LITWATCH_") and name not in VARIABLES:
            known = check.nearest(name, VARIABLES)
            faults.add_variable(name, f"unknown variable; the nearest known is {known}")


# ---- secrets -------------------------------------------------------------------------------------


class Secrets:
    """Reads the two secrets and checks that neither travels in the clear."""

    def __init__(
        self,
        document: dict[str, Any],
        folder: Path,
        environ: Mapping[str, str],
        faults: Faults,
    ) -> None:
        self._document = document
        self._folder = folder
        self._environ = environ
        self._faults = faults

    def api_key(self) -> Secret:
        """NCBI's key, empty where none is given."""
        key = self._read(API_KEY, ("ncbi", "api_key_file"))
        url = self._text("ncbi", "base_url")
        if key and url.startswith("http:") and not check.is_loopback(check.host_of(url)):
            self._faults.add(
                ("ncbi", "base_url"), "must be https: the API key would travel in clear"
            )
        return key

    def smtp_password(self) -> Secret:
        """The relay's password, empty where none is given or no [smtp] stands."""
        if not isinstance(self._document.get("smtp"), dict):
            return NO_SECRET
        password = self._read(SMTP_PASSWORD, ("smtp", "password_file"))
        named = bool(self._text("smtp", "username"))
        if named and not password and not self._text("smtp", "password_file"):
            hint = f"has no password: set {SMTP_PASSWORD} or password_file"
            self._faults.add(("smtp", "username"), hint)
        if password and not named:
            self._faults.add(("smtp",), "has a password and no username")
        in_clear = self._text("smtp", "security") == "none"
        if password and in_clear and not check.is_loopback(self._text("smtp", "host")):
            hint = "must be starttls or tls: the password would travel in clear"
            self._faults.add(("smtp", "security"), hint)
        return password

    def _text(self, table: str, key: str) -> str:
        values = self._document.get(table)
        value = values.get(key) if isinstance(values, dict) else None
        return value if isinstance(value, str) else ""

    def _read(self, variable: str, where: tuple[str, str]) -> Secret:
        """The secret of the environment, else of its file."""
        value = self._environ.get(variable, "").strip()
        if value and not value.isprintable():
            self._faults.add_variable(variable, "holds control characters")
        name = self._text(*where)
        if value or not name:
            return Secret(value) if value else NO_SECRET
        try:
            value = resolve(self._folder, name).read_text(encoding="utf-8").strip()
        except OSError as error:
            self._faults.add(where, f"cannot be read: {error.strerror or type(error).__name__}")
        except ValueError:
            self._faults.add(where, "is not a text file in UTF-8")
        else:
            if not value or not value.isprintable():
                self._faults.add(where, "must hold the secret alone, on one line")
        return Secret(value)


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name too long for one, or out of reach, is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def resolve(folder: Path, name: str) -> Path:
    """A path that the document names, from the document's folder; `~` is the user's home."""
    try:
        return folder / Path(name).expanduser()
    except RuntimeError:  # no such home; where it matters, `checks.path` has said so
        return folder / name
