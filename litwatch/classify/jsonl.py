"""A record of JSON Lines -> Article: the input of `litwatch tag` that is not PubMed XML.

`{"id": ..., "title": ..., "abstract": "text" or [{"label": ..., "text": ...}], "mesh":
["Heading/qualifier"], ...}`; what is missing is empty, unknown keys are ignored. Texts are kept as
they are, so offsets of the output count in the input's own strings.
"""

from collections.abc import Mapping

from litwatch.errors import MalformedRecord
from litwatch.models import AbstractSection, Article, MeshHeading

_LANGUAGES = {"en": "eng", "de": "ger", "fr": "fre", "es": "spa", "it": "ita", "pt": "por"}
_LANGUAGES |= {"nl": "dut", "pl": "pol", "ru": "rus", "ja": "jpn", "zh": "chi"}


def from_json(record: object) -> Article:
    """The article that a decoded line describes; raises MalformedRecord where it cannot be one."""
    if not isinstance(record, Mapping):
        raise MalformedRecord('not a JSON object: a record is {"id": ..., "title": ...}')
    identifier = record.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, (str, int)) or identifier == "":
        raise MalformedRecord("the key id is missing or no text")
    uid = str(identifier)
    return Article(
        uid=uid,
        title=_text(record, "title", uid),
        vernacular_title=_text(record, "vernacular_title", uid),
        abstract=_abstract(record, uid),
        languages=_languages(record, uid),
        publication_types=_texts(record, "publication_types", uid),
        mesh=tuple(_heading(text) for text in _texts(record, "mesh", uid)),
        chemicals=_texts(record, "chemicals", uid),
        keywords=_texts(record, "keywords", uid),
    )


def _text(record: Mapping[str, object], key: str, uid: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedRecord(f"{uid}: {key} must be a text", uid)
    return value


def _texts(record: Mapping[str, object], key: str, uid: str) -> tuple[str, ...]:
    value = record.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise MalformedRecord(f"{uid}: {key} must be a list of texts", uid)
    return tuple(value)


def _abstract(record: Mapping[str, object], uid: str) -> tuple[AbstractSection, ...]:
    value = record.get("abstract")
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (AbstractSection("", value),)
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise MalformedRecord(f"{uid}: abstract must be a text or a list of sections", uid)
    return tuple(
        AbstractSection(_text(item, "label", uid), _text(item, "text", uid)) for item in value
    )


def _languages(record: Mapping[str, object], uid: str) -> tuple[str, ...]:
    """The languages by NLM's three letters; two letters are understood."""
    codes = (code.lower() for code in _texts(record, "language", uid))
    return tuple(_LANGUAGES.get(code, code) for code in codes)


def _heading(text: str) -> MeshHeading:
    heading, *qualifiers = text.split("/")
    return MeshHeading(heading, tuple(qualifiers), major=text.endswith("*"))
