"""Every error that litwatch raises on purpose.

    LitwatchError
      ConfigError                config or environment is wrong                     exit 2
        RuleError                a rule file is wrong                               exit 2
        SchemaError              the database's schema is older or newer than ours  exit 2
      SourceError                a source could not be read                         exit 1
        SourceBusy               ... and later may help
          Unreachable            ... nothing answers at its address: every call would fail
          TooMuch                ... it failed over this request: a smaller one may do
          Inconsistent           ... its answer contradicts itself: ask once more
        SourceBlocked            ... the source refuses us: stop, remember it, tell the operator
        KeyRefused               ... the source does not know our API key           exit 2
        HistoryLost              ... the search must be made again
        MalformedRecord          ... one record is broken; the others go on
      StoreError                 the database refused                               exit 1
      NotOnFile                  no such article or mail is stored                  exit 1
      DeliveryError              a message could not be sent; `permanent` says whether to try again
      Locked                     another run is at work                             exit 75

A message says what, where and what to do; it holds no secret. Foreign errors become one of these in
the library's home module, with the cause kept (`raise ... from error`).
"""

from collections.abc import Sequence


class LitwatchError(Exception):
    """The base of every error that litwatch raises on purpose."""


class ConfigError(LitwatchError):
    """The configuration or the environment is wrong; `faults` lists every fault, one line each."""

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class RuleError(ConfigError):
    """A rule file is wrong; `faults` lists every fault, one line each."""


class SchemaError(ConfigError):
    """The database was made by an older or a newer litwatch; the message says what to run."""


class SourceError(LitwatchError):
    """A source could not be read; the message holds no secret."""


class SourceBusy(SourceError):
    """A source could not be read now, and later may help.

    `wait_seconds` is the pause that it asks for.
    """

    def __init__(self, message: str, *, wait_seconds: float = 0.0) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(message)


class Unreachable(SourceBusy):
    """Nothing answers at the source's address, or no network leads there; later may help."""


class TooMuch(SourceBusy):
    """The source took this request and failed over it: a smaller one may do."""


class Inconsistent(SourceBusy):
    """The source's answer contradicts itself: asking once more may help."""


class SourceBlocked(SourceError):
    """The source refuses us: stop every call, remember it, tell the operator."""


class KeyRefused(SourceError):
    """The source does not know our API key: a fault of the configuration."""


class HistoryLost(SourceError):
    """The search kept on the source's history server is gone: search again."""


class MalformedRecord(SourceError):
    """One record is broken; `uid` names it where it can be read."""

    def __init__(self, message: str, uid: str = "") -> None:
        self.uid = uid
        super().__init__(message)


class StoreError(LitwatchError):
    """The database refused."""


class NotOnFile(LitwatchError):
    """No such article, or no such mail, is stored."""


class DeliveryError(LitwatchError):
    """A message could not be sent; `permanent` says that trying again cannot help.

    `batch` says that the server refused everything (421, authentication), so the others wait too;
    `no_mailbox` that the server knows no such mailbox; `in_doubt` that its answer to the whole
    message was lost, so that it may have taken it.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        batch: bool = False,
        code: int | None = None,
        no_mailbox: bool = False,
        in_doubt: bool = False,
    ) -> None:
        self.permanent = permanent
        self.batch = batch
        self.code = code
        self.no_mailbox = no_mailbox
        self.in_doubt = in_doubt
        super().__init__(message)


class Locked(LitwatchError):
    """Another run is at work."""
