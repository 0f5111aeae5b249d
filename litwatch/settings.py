"""What the operator wants, as the stages receive it: topics, subscribers, servers.

`config.py` reads these from `config.toml` and the environment; nothing else does.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote


class Secret:
    """A value that never shows itself: print, repr and pickle give stars."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, ("***",)


NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class Topic:
    """A disease to watch: its PubMed query, and PMIDs that the query must always find."""

    id: str
    label: str
    query: str
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a subscriber wants to read; an empty tuple means all."""

    topics: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    organs: tuple[str, ...] = ()
    study_types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def in_words(self) -> tuple[str, ...]:
        """Each filter that is set: `treatments: ivig, thalidomide`; none where all passes."""
        named = {
            "topics": self.topics,
            "treatments": self.treatments,
            "roles": self.roles,
            "organs": self.organs,
            "study types": self.study_types,
            "languages": self.languages,
        }
        return tuple(f"{name}: {', '.join(values)}" for name, values in named.items() if values)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader, known by the lower-cased address; `timezone` is an IANA name."""

    email: str
    name: str = ""
    filters: Filters = Filters()
    frequency: Literal["daily", "weekly", "monthly", "every-run"] = "weekly"
    day: str = "monday"
    hour: int = 7
    timezone: str = "UTC"
    empty: Literal["send", "skip"] = "send"


@dataclass(frozen=True, slots=True)
class Mail:
    """Who a digest comes from; `unsubscribe` is a mailto: or https: URI.

    `envelope_sender` is the address from which each mail gets one of its own for bounces; empty:
    the sender. `keep_days` is how long a mail is kept after it is done with.
    """

    sender: str
    reply_to: str
    unsubscribe: str
    envelope_sender: str = ""
    keep_days: int = 365


@dataclass(frozen=True, slots=True)
class Smtp:
    """The relay that digests are handed to, so many in any minute at most; 0: no limit."""

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: Secret = NO_SECRET
    per_minute: int = 60


@dataclass(frozen=True, slots=True)
class Ncbi:
    """How NCBI is asked; `pace_file` is shared by all processes of this user that ask it.

    Users who share a database, at `database_file`, share another one beside it.
    """

    email: str
    base_url: str
    pace_file: str
    api_key: Secret = NO_SECRET
    tool: str = "litwatch"
    database_file: str = ""


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file, whatever its path holds: ?, %, blanks, bytes that are no UTF-8."""
    return f"sqlite:///{quote(os.fsencode(path))}"


def printable(path: str | Path) -> str:
    """A path as text that can be printed, stored and mailed: what is no UTF-8 in it is marked."""
    return os.fsencode(path).decode("utf-8", "replace")
