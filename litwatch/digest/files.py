"""Digests as files in the outbox folder, for whoever has no relay: .eml, .html and .txt.

They hold addresses, so they are for the user alone who runs litwatch. A file is written whole or
not at all, and its name is made of the period and of a hash: no data can choose a path.
"""

import hashlib
import os
import re
from pathlib import Path

from litwatch.errors import DeliveryError, StoreError
from litwatch.settings import printable

SUFFIXES = (".html", ".txt", ".eml")
"""In the order of writing: where the .eml is, all is."""


def write(
    folder: Path, *, period_key: str, message_id: str, message: bytes, html: str, text: str
) -> Path:
    """Writes a message with its HTML and text beside it, and returns the .eml.

    The same issue is written over itself. Raises DeliveryError where that cannot be done.
    """
    path = place_of(folder, period_key, message_id)
    contents = {".html": html.encode(), ".txt": text.encode(), ".eml": message}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for suffix in SUFFIXES:
            _replace(path.with_suffix(suffix), contents[suffix])
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DeliveryError(
            f"{printable(folder)}: cannot be written: {reason}", batch=True
        ) from error
    return path


def erase(path: Path) -> None:
    """Deletes a written message with what lies beside it, and what a killed run left of it.

    Raises StoreError where a file cannot be deleted.
    """
    for whole in (path.with_suffix(suffix) for suffix in SUFFIXES):
        for each in (whole, *_drafts(whole)):
            try:
                each.unlink(missing_ok=True)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise StoreError(f"{printable(each)}: cannot be deleted: {reason}") from error


def place_of(folder: Path, period_key: str, message_id: str) -> Path:
    """Where `write` puts the .eml, whether it is there or not."""
    key = re.sub(r"[^0-9A-Za-z-]", "", period_key)
    return folder / f"{key}-{hashlib.sha256(message_id.encode()).hexdigest()[:12]}.eml"


def _drafts(path: Path) -> list[Path]:
    """What runs that were killed while they wrote it left behind."""
    return list(path.parent.glob(f".{path.name}.*")) if path.parent.is_dir() else []


def _replace(path: Path, content: bytes) -> None:
    """Writes a file, for its owner's eyes, whole or not at all."""
    for left in _drafts(path):
        left.unlink(missing_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
