"""From a request to a reply: key, rate, fault, endpoint, in the order in which NCBI judges them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from litwatch.demo.calls import HTML, Call, Options, Params, Reply, Silence
from litwatch.demo.dtd import document_type
from litwatch.demo.ecitmatch import ecitmatch
from litwatch.demo.efetch import efetch
from litwatch.demo.einfo import einfo
from litwatch.demo.elink import elink
from litwatch.demo.epost import epost
from litwatch.demo.esearch import esearch
from litwatch.demo.espell import espell
from litwatch.demo.esummary import esummary
from litwatch.demo.faults import FAULTS, Fault, Script, spoil
from litwatch.demo.history import History
from litwatch.demo.library import Library
from litwatch.demo.limiter import Allowance, Limiter
from litwatch.demo.view import Vocabulary

ENDPOINTS: Mapping[str, Callable[[Call], Reply]] = {
    "esearch": esearch,
    "efetch": efetch,
    "epost": epost,
    "esummary": esummary,
    "elink": elink,
    "einfo": einfo,
    "espell": espell,
    "ecitmatch": ecitmatch,
}
PATH = "/entrez/eutils/"
LONGEST_URL = 8000
"""Characters of a URL; longer ones are for POST (rentrez 45, 163; the limit is assumed)."""
DTD = "dtd"
"""What stands in place of an endpoint where a document type is asked for: on another host of NLM's,
which counts no requests and knows no keys."""
BLOCKED_PATH = "/error/abuse.shtml"
MISUSE = "https://misuse.ncbi.nlm.nih.gov"
"""Where a blocked address is led, unless the client knows this server by its own address."""
HIDDEN = "***"
_NOT_FOUND = Reply(b"<html><body><h1>404 Not Found</h1></body></html>", HTML, 404)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: `at` by the virtual clock, `tick` by the real one, in seconds.

    `endpoint` is `esearch` and so on, `dtd` for a document type, or the path where it is none. The
    key is hidden wherever it stood. `status` is that of the reply, None where none was sent.
    """

    at: datetime
    tick: float
    method: str
    endpoint: str
    params: Params
    headers: Mapping[str, str]
    url_length: int = 0
    path: str = ""
    status: int | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether the tool or the address is missing that NCBI asks for in each request."""
        if self.endpoint not in ENDPOINTS:
            return False
        return not (self.params.get("tool") and self.params.get("email"))


class Service:
    """The E-utilities without HTTP, over one library."""

    def __init__(
        self,
        library: Library,
        clock: Callable[[], datetime],
        *,
        limiter: Limiter | None,
        known_keys: Collection[str],
        vocabulary: Vocabulary,
        options: Options,
    ) -> None:
        self.library = library
        self.history = History(clock)
        self.script = Script()
        self.options = options
        self._limiter = limiter
        self._known_keys = frozenset(known_keys)
        self._vocabulary = vocabulary
        self._lock = Lock()
        self._log: list[Request] = []

    @property
    def log(self) -> tuple[Request, ...]:
        """Every request so far, in the order in which the replies were decided."""
        with self._lock:
            return tuple(self._log)

    def respond(self, request: Request, *, address: str, root: str) -> Reply | Silence:
        """The reply to a request from an address; `root` is where this server stands."""
        reply = self._decide(request, address, root)
        status = reply.status if isinstance(reply, Reply) else None
        with self._lock:
            self._log.append(replace(self._without_key(request), status=status))
        return reply

    def _decide(self, request: Request, address: str, root: str) -> Reply | Silence:
        if request.url_length > LONGEST_URL:
            return self._fixed("uri-too-long")
        if request.endpoint == BLOCKED_PATH:
            return self._fixed("blocked-page")
        if request.endpoint == DTD:
            return self._document_type(request, {"root": root})
        service = ENDPOINTS.get(request.endpoint)
        if service is None:
            return _NOT_FOUND
        key = request.params.get("api_key")
        words = {"root": root, "endpoint": request.endpoint, "caller": key or address}
        words["misuse"] = MISUSE if root.startswith("https:") else root
        if key and key not in self._known_keys:
            return self._fixed("key-invalid", words)
        allowance = self._allowance(key, address)
        words |= {"count": str(allowance.count), "limit": str(allowance.limit)}
        if allowance.is_exceeded:
            return _with_rate(self._fixed("rate-limit", words), allowance)
        return self._served(request, service, allowance, words)

    def _served(
        self,
        request: Request,
        service: Callable[[Call], Reply],
        allowance: Allowance,
        words: Mapping[str, str],
    ) -> Reply | Silence:
        # A planned fault is taken before the call is served: of two at once, by order of coming.
        planned = self.script.take(request.endpoint, request.params.ids())
        reply = _with_rate(service(self._call(request)), allowance)
        return _spoiled(planned, reply, words)

    def _document_type(self, request: Request, words: Mapping[str, str]) -> Reply | Silence:
        planned = self.script.take(DTD, ())
        reply = document_type(request.path, self.library.at(request.at))
        return _spoiled(planned, reply or _NOT_FOUND, words)

    def _call(self, request: Request) -> Call:
        return Call(
            params=request.params,
            moment=request.at,
            snapshot=self.library.at(request.at),
            held=self.library.at(request.at - self.options.index_lag),
            history=self.history,
            vocabulary=self._vocabulary,
            options=self.options,
        )

    def _allowance(self, key: str, address: str) -> Allowance:
        if self._limiter is None:
            return Allowance(1, 10 if key else 3)
        return self._limiter.count(key or address, has_key=bool(key))

    def _fixed(self, name: str, words: Mapping[str, str] | None = None) -> Reply:
        reply = spoil(FAULTS[name], Reply(b""), (), words or {})
        assert isinstance(reply, Reply)  # noqa: S101 these faults do send a reply
        return reply

    def _without_key(self, request: Request) -> Request:
        key = request.params.get("api_key")
        if not key:
            return request
        pairs = tuple((name, value.replace(key, HIDDEN)) for name, value in request.params.pairs)
        headers = {name: value.replace(key, HIDDEN) for name, value in request.headers.items()}
        return replace(request, params=Params(pairs), headers=headers)


def _spoiled(
    planned: tuple[Fault, Collection[str]] | None, good: Reply, words: Mapping[str, str]
) -> Reply | Silence:
    """The reply as it is, or as the planned fault makes it."""
    if planned is None:
        return good
    fault, ids = planned
    return spoil(fault, good, ids, words)


def _with_rate(reply: Reply, allowance: Allowance) -> Reply:
    """The counters that a reply carries, unless a fault has set them otherwise."""
    rate = {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
    }
    return replace(reply, headers=tuple((rate | dict(reply.headers)).items()))
