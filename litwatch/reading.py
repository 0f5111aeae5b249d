"""Records from files: PubMed XML, plain or gzip, and JSON Lines; labelled ones as JSON Lines."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from errno import EBADF
from pathlib import Path
from typing import BinaryIO, TypeVar

from litwatch.classify.jsonl import from_json
from litwatch.classify.labelled import Labelled, from_labelled
from litwatch.errors import MalformedRecord, SourceError
from litwatch.fetch.records import parse
from litwatch.models import Article, bare_uid

Decoded = TypeVar("Decoded")
Record = tuple[str, Article] | SourceError
"""A record by the name that its file gives it, or what was wrong with it."""


def read_articles(path: Path, standard_input: BinaryIO | None) -> Iterator[Record]:
    """The records of a file in its order, and what could not be read of it.

    `-` reads standard input as JSON Lines; it is None where it is closed. A file that starts with
    `<` is PubMed XML.
    """
    try:
        content = _content(path, standard_input)
    except SourceError as error:
        yield error
        return
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _from_xml(content)
    else:
        for record in _from_lines(content, from_json):
            yield record if isinstance(record, SourceError) else (record.uid, record)


def read_labelled(path: Path) -> Iterator[Labelled | SourceError]:
    """The labelled records of a file of JSON Lines in its order, and what could not be read."""
    try:
        content = _content(path, None)
    except SourceError as error:
        yield error
        return
    yield from _from_lines(content, from_labelled)


def _content(path: Path, standard_input: BinaryIO | None) -> bytes:
    """The bytes of the file, unpacked; raises SourceError where they cannot be read."""
    try:
        content = _read_input(standard_input) if str(path) == "-" else path.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SourceError(f"cannot be read: {reason}") from error


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


def _from_lines(
    content: bytes, decode: Callable[[object], Decoded]
) -> Iterator[Decoded | MalformedRecord]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield decode(json.loads(line))
        except (ValueError, RecursionError) as error:
            yield MalformedRecord(f"line {number}: not a record in JSON: {error}")
        except MalformedRecord as error:
            yield MalformedRecord(f"line {number}: {error}")
