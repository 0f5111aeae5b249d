"""`config.toml` and the environment become one frozen `Config`, or one error with every fault.

This package alone reads the environment, and is the only home of pydantic: its models stay in here,
and what comes out is made of the plain dataclasses of `settings.py`. A fault names the file, the
line and the key, `config.toml:12: topics.1.query: must not be blank`; tables and items count from
1. Secrets come from the environment or from a file named for them, never from `config.toml` itself,
and no message repeats a value that may hold one.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from os import W_OK, access
from os.path import realpath
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from litwatch.config import checks as check
from litwatch.config.document import (
    CONFIG,
    Faults,
    Secrets,
    check_rules,
    check_subscribers,
    check_topics,
    check_variables,
    is_file,
    read,
    resolve,
)
from litwatch.errors import ConfigError
from litwatch.models import ORGAN_ROLES, TREATMENT_ROLES
from litwatch.settings import (
    Filters,
    Mail,
    Ncbi,
    Secret,
    Smtp,
    Subscriber,
    Topic,
    sqlite_url,
)

STUDY_TYPES = (
    "case_report",
    "case_series",
    "cohort",
    "trial",
    "review",
    "guideline",
    "letter",
    "basic_science",
    "other",
)
"""What an article can be, and a subscriber can filter by."""


@dataclass(frozen=True, slots=True)
class Config:
    """All that a run needs to know; every path is absolute."""

    path: Path
    database: str = field(repr=False)  # its URL may hold a password
    outbox: Path
    timezone: str
    rules: tuple[Path, ...]
    recheck_days: int
    ncbi: Ncbi
    mail: Mail
    smtp: Smtp | None
    fetch_cron: str
    ping_url: str
    notify_email: str
    topics: tuple[Topic, ...]
    subscribers: tuple[Subscriber, ...]


def template() -> str:
    """The commented configuration that `litwatch init` writes; it runs as it is."""
    return (files("litwatch.config") / "config.toml").read_text(encoding="utf-8")


def find(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The configuration to use: the one named, else `$LITWATCH_CONFIG`, here, the user's folder."""
    named = explicit or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    if named:
        if _exists(named):
            return named
        source = "--config" if explicit else f"${CONFIG}"
        raise ConfigError(f"{source}: no file {named}; write one with: litwatch init {named}")
    places = (Path("config.toml"), platformdirs.user_config_path("litwatch") / "config.toml")
    for place in places:
        if is_file(place):
            return place
    looked = ", ".join(("--config", f"${CONFIG}", *map(str, places)))
    raise ConfigError(f"no configuration in {looked}; write one with: litwatch init")


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The checked configuration; raises ConfigError with every fault at once."""
    document, lines = read(path)
    faults = Faults(path.name, lines)
    folder = path.absolute().parent
    tables = _validate(document, faults)
    check_topics(document, faults)
    check_subscribers(document, faults)
    check_rules(document, folder, faults)
    secrets = Secrets(document, folder, environ, faults)
    key, password = secrets.api_key(), secrets.smtp_password()
    check_variables(environ, faults)
    if tables is None or faults:
        raise ConfigError(faults.sorted())
    return _assemble(path.absolute(), tables, key, password)


# ---- the tables ----------------------------------------------------------------------------------


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def checked(word: str) -> str:
        if word not in known:
            raise ValueError(f"unknown; the nearest known is {check.nearest(word, known)}")
        return word

    return checked


def _optional(checked: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: checked(text) if text else text


_Line = Annotated[str, AfterValidator(check.one_line)]
_Word = Annotated[str, AfterValidator(check.not_blank)]
_OptionalMailbox = Annotated[str, AfterValidator(_optional(check.mailbox))]
_Role = Annotated[str, AfterValidator(_one_of((*TREATMENT_ROLES, *ORGAN_ROLES[:2])))]
_Pmid = Annotated[int, Field(ge=1, le=999_999_999)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _Litwatch(_Table):
    database: Annotated[str, AfterValidator(check.database)] = "sqlite:///litwatch.db"
    outbox: Annotated[str, AfterValidator(check.path)] = "outbox"
    timezone: Annotated[str, AfterValidator(check.timezone)] = "Europe/Berlin"
    rules: list[_Word] = []
    recheck_days: Annotated[int, Field(ge=1, le=36_500)] = 90


class _Ncbi(_Table):
    email: Annotated[str, AfterValidator(check.address)]
    base_url: Annotated[str, AfterValidator(check.base_url)] = (
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
    )
    api_key_file: _Line = ""


class _Mail(_Table):
    sender: _OptionalMailbox = ""
    reply_to: _OptionalMailbox = ""
    unsubscribe: Annotated[str, AfterValidator(_optional(check.unsubscribe))] = ""
    envelope_sender: Annotated[str, AfterValidator(_optional(check.envelope_sender))] = ""
    keep_days: Annotated[int, Field(ge=1, le=36_500)] = 365


class _Smtp(_Table):
    host: Annotated[str, AfterValidator(check.host_name)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: _Line = ""
    password_file: _Line = ""
    per_minute: Annotated[int, Field(ge=0)] = 60


class _Schedule(_Table):
    fetch: Annotated[str, AfterValidator(check.cron)] = "10 6 * * *"
    ping_url: Annotated[str, AfterValidator(_optional(check.web_url))] = ""


class _Notify(_Table):
    email: Annotated[str, AfterValidator(_optional(check.address))] = ""


class _Topic(_Table):
    id: Annotated[str, AfterValidator(check.slug)]
    label: _Line = ""
    query: Annotated[str, AfterValidator(check.query)]
    controls: list[_Pmid] = []


class _Subscriber(_Table):
    name: _Line = ""
    email: Annotated[str, AfterValidator(check.address)]
    topics: list[str] = []
    treatments: list[_Word] = []
    roles: list[_Role] = []
    organs: list[_Word] = []
    study_types: list[Annotated[str, AfterValidator(_one_of(STUDY_TYPES))]] = []
    languages: list[Annotated[str, AfterValidator(check.language)]] = []
    frequency: Literal["daily", "weekly", "monthly", "every-run"] = "weekly"
    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = (
        "monday"
    )
    hour: Annotated[int, Field(ge=0, le=23)] = 7
    timezone: Annotated[str, AfterValidator(_optional(check.timezone))] = ""
    empty: Literal["send", "skip"] = "send"


class _Document(_Table):
    litwatch: _Litwatch = _Litwatch()
    ncbi: _Ncbi
    mail: _Mail = _Mail()
    smtp: _Smtp | None = None
    schedule: _Schedule = _Schedule()
    notify: _Notify = _Notify()
    topics: Annotated[list[_Topic], Field(min_length=1)]
    subscribers: list[_Subscriber] = []


_MODELS: dict[str | int, type[_Table]] = {
    "litwatch": _Litwatch,
    "ncbi": _Ncbi,
    "mail": _Mail,
    "smtp": _Smtp,
    "schedule": _Schedule,
    "notify": _Notify,
    "topics": _Topic,
    "subscribers": _Subscriber,
}
_PLAIN_WORDS = {
    "missing": "is missing",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "model_type": "must be a table",
    "too_short": "at least one [[topics]] is needed",
}


def _validate(document: dict[str, Any], faults: Faults) -> _Document | None:
    """The document as models, or None with the faults of single keys noted."""
    try:
        return _Document.model_validate({"ncbi": {}, "topics": []} | document)
    except ValidationError as error:
        # not chained: pydantic's own text is in nobody's words
        for fault in error.errors(include_url=False, include_input=False):
            faults.add(fault["loc"], _in_words(fault["type"], fault))
        return None


def _in_words(kind: str, fault: Mapping[str, Any]) -> str:
    if kind == "extra_forbidden":
        *parents, key = fault["loc"]
        model = _MODELS[parents[0]] if parents else _Document
        return f"unknown key; the nearest known is {check.nearest(key, model.model_fields)}"
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    if kind == "literal_error":
        return f"must be {fault['ctx']['expected'].replace(chr(39), '')}"
    message: str = fault["msg"]
    return _PLAIN_WORDS.get(
        kind, message.removeprefix("Input should ").replace("be ", "must be ", 1)
    )


# ---- the result ----------------------------------------------------------------------------------


def _assemble(path: Path, tables: _Document, key: Secret, password: Secret) -> Config:
    folder = path.parent
    general, ncbi = tables.litwatch, tables.ncbi
    return Config(
        path=path,
        database=_database(folder, general.database),
        outbox=resolve(folder, general.outbox),
        timezone=general.timezone,
        rules=tuple(resolve(folder, name) for name in general.rules),
        recheck_days=general.recheck_days,
        ncbi=Ncbi(
            ncbi.email,
            ncbi.base_url,
            _pace_file(ncbi.base_url, key),
            key,
            database_file=_database_file(folder, general.database),
        ),
        mail=_mail(tables),
        smtp=_smtp(tables.smtp, password),
        fetch_cron=tables.schedule.fetch,
        ping_url=tables.schedule.ping_url,
        notify_email=tables.notify.email,
        topics=tuple(map(_topic, tables.topics)),
        subscribers=tuple(_subscriber(table, general.timezone) for table in tables.subscribers),
    )


def _mail(tables: _Document) -> Mail:
    mail = tables.mail
    reply_to = mail.reply_to or tables.ncbi.email
    return Mail(
        sender=mail.sender or tables.ncbi.email,
        reply_to=reply_to,
        unsubscribe=mail.unsubscribe or check.mailto(reply_to),
        envelope_sender=mail.envelope_sender,
        keep_days=mail.keep_days,
    )


def _smtp(table: _Smtp | None, password: Secret) -> Smtp | None:
    if table is None:
        return None
    return Smtp(table.host, table.port, table.security, table.username, password, table.per_minute)


def _topic(table: _Topic) -> Topic:
    label = table.label.strip() or table.id.replace("_", " ").capitalize()
    return Topic(table.id, label, table.query, tuple(map(str, dict.fromkeys(table.controls))))


def _subscriber(table: _Subscriber, timezone: str) -> Subscriber:
    return Subscriber(
        email=table.email.lower(),
        name=table.name.strip(),
        filters=Filters(
            topics=tuple(table.topics),
            treatments=tuple(table.treatments),
            roles=tuple(table.roles),
            organs=tuple(table.organs),
            study_types=tuple(table.study_types),
            languages=tuple(table.languages),
        ),
        frequency=table.frequency,
        day=table.day,
        hour=table.hour,
        timezone=table.timezone or timezone,
        empty=table.empty,
    )


def _database(folder: Path, url: str) -> str:
    """The URL with the file of SQLite, which is written as it is, made absolute and quoted."""
    _, sqlite, name = url.partition("sqlite:///")
    return sqlite_url(resolve(folder, name)) if sqlite else url


def _database_file(folder: Path, url: str) -> str:
    """The file of SQLite, links followed, so that all its names are one; empty without a file."""
    _, sqlite, name = url.partition("sqlite:///")
    return realpath(resolve(folder, name)) if sqlite and name else ""


def _pace_file(base_url: str, key: Secret) -> str:
    """Where all processes of this machine that ask one server note when they last did."""
    server = urlsplit(base_url).netloc.replace(":", "-").strip("[]")
    folder = platformdirs.user_cache_path("litwatch")
    if not folder.is_absolute() or not _writable(folder):
        folder = Path(tempfile.gettempdir())
    return str(folder / f"pace-{server}-{'key' if key else 'nokey'}")


def _writable(folder: Path) -> bool:
    nearest = next(place for place in (folder, *folder.parents) if _exists(place))
    return access(nearest, W_OK)


def _exists(path: Path) -> bool:
    """Whether there is such a path, a pipe included; one that cannot be looked at is not there."""
    try:
        return path.exists()
    except OSError:
        return False
