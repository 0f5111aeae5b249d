"""What an endpoint is asked, and what it answers: values between the HTTP server and the services.

A service (esearch.py, efetch.py, epost.py) is a pure function from a Call to a Reply, but for the
history that it may write.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from litwatch.demo.history import History
from litwatch.demo.library import Snapshot
from litwatch.demo.mesh import Renaming
from litwatch.demo.terms import MissingQuotes
from litwatch.demo.view import Vocabulary

XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a request, in order; names are read without regard to case.

    (`WebEnv` in the manual is `webenv` in Biopython's tutorial: the server takes both.)
    """

    pairs: tuple[tuple[str, str], ...]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value given under a name."""
        return tuple(value for key, value in self.pairs if key.lower() == name.lower())

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def get(self, name: str) -> str:
        """The value of a parameter without blanks around it, empty where it is not given."""
        return next(iter(self.all(name)), "").strip()

    def number(self, name: str, default: int) -> int:
        """A count; what is no count is as good as absent."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default

    def ids(self) -> tuple[str, ...]:
        """Every id, from comma lists and repeated parameters alike."""
        lists = (value.replace(",", " ").split() for value in self.all("id"))
        return tuple(uid for ids in lists for uid in ids)


@dataclass(frozen=True, slots=True)
class Options:
    """Which of PubMed's faces the stand-in shows, where evidence knows several.

    `missing_quotes`: terms.MissingQuotes. `layout`: the two that were recorded of ESearch's
    XML. `dtd_year`: the year in EFetch's DOCTYPE. `lost_history`: the status at which EFetch says
    that a WebEnv is gone (rentrez issue 110). `index_lag`: how much later a record, or a new state
    of it, is handed out than a search finds it (assumed). `renamings`: headings that a new year of
    MeSH has renamed or dropped.
    """

    missing_quotes: MissingQuotes = "nothing"
    layout: Literal["lines", "tabs"] = "lines"
    dtd_year: int = 2025
    lost_history: Literal[200, 400] = 200
    index_lag: timedelta = timedelta(0)
    renamings: tuple[Renaming, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a service needs it, at one virtual moment.

    `snapshot` is what a search sees, `held` what is handed out.
    """

    params: Params
    moment: datetime
    snapshot: Snapshot
    held: Snapshot
    history: History
    vocabulary: Vocabulary
    options: Options

    @property
    def wants_json(self) -> bool:
        """Whether `retmode=json` is asked."""
        return self.params.get("retmode").lower() == "json"

    @property
    def has_pubmed(self) -> bool:
        """Whether the only database of the stand-in is named."""
        return self.params.get("db").lower() == "pubmed"

    def earlier(self) -> Mapping[int, tuple[str, ...]]:
        """The results kept in the environment that the request names."""
        return self.history.results(self.params.get("WebEnv"))


Framing = Literal["chunked", "length", "short", "cut", "unframed", "drip", "stall", "flood"]
"""How a body is sent, and how its end is marked: wire.py says what each does."""
Silence = Literal["reset", "disconnect", "silent"]
"""How a connection ends that gets no reply at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. `gzip` compresses whether or not the client asked for it."""

    body: bytes
    content_type: str = XML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    framing: Framing = "chunked"
    gzip: bool = False


def json_reply(kind: str, content: Mapping[str, Any]) -> Reply:
    """A document in JSON with its header; the keys are in lower case, as NCBI has them."""
    document = {"header": {"type": kind, "version": "0.3"}, **content}
    text = json.dumps(_lowered(document), ensure_ascii=False, separators=(",", ":"))
    return Reply(text.encode(), JSON)


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        lowered = {key if key == "ERROR" else key.lower(): key for key in value}
        return {name: _lowered(value[key]) for name, key in lowered.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def valid_uids(ids: Sequence[str]) -> Iterator[str]:
    """The ids that are PMIDs, in order, each once; `00000001` is 1."""
    plain = (uid.lstrip("0") for uid in ids if uid.isascii() and uid.isdecimal())
    return iter(dict.fromkeys(uid for uid in plain if uid))
