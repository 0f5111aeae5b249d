"""Records from files: PubMed XML, plain or gzip, and JSON Lines, as `litwatch tag` takes them."""

import gzip
import json
import zlib
from collections.abc import Iterator
from errno import EBADF
from pathlib import Path
from typing import BinaryIO

from litwatch.classify.jsonl import from_json
from litwatch.errors import MalformedRecord, SourceError
from litwatch.fetch.records import parse
from litwatch.models import Article, bare_uid

Record = tuple[str, Article] | SourceError
"""A record by the name that its file gives it, or what was wrong with it."""


def read_articles(path: Path, standard_input: BinaryIO | None) -> Iterator[Record]:
    """The records of a file in its order, and what could not be read of it.

    `-` reads standard input as JSON Lines; it is None where it is closed. A file that starts with
    `<` is PubMed XML.
    """
    try:
        content = _read_input(standard_input) if str(path) == "-" else path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        yield SourceError(f"cannot be read: {reason}")
        return
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _from_xml(content)
    else:
        yield from _from_jsonl(content)


def _read_input(standard_input: BinaryIO | None) -> bytes:
    if standard_input is None:
        raise OSError(EBADF, "standard input is closed")
    return standard_input.read()


def _from_xml(content: bytes) -> Iterator[Record]:
    try:
        parsed = parse(content)
    except SourceError as error:
        yield error
        return
    for article in parsed.articles:
        yield bare_uid(article.uid), article
    for uid, reason in parsed.malformed:
        yield MalformedRecord(f"{uid or 'a record without PMID'}: {reason}", uid)


def _from_jsonl(content: bytes) -> Iterator[Record]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            article = from_json(json.loads(line))
        except (ValueError, RecursionError) as error:
            yield MalformedRecord(f"line {number}: not a record in JSON: {error}")
            continue
        except MalformedRecord as error:
            yield MalformedRecord(f"line {number}: {error}")
            continue
        yield article.uid, article
