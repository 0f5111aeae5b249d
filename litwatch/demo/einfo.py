"""EInfo: the fields and links of the database, how many records it holds, and when it was built.

PubMed's index is built once a day; `DbBuild` and `LastUpdate` say when (recorded 2025-11-27). The
stand-in names the fields that it can search, and the links that it can follow.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litwatch.demo.calls import Call, Reply, json_reply
from litwatch.demo.elink import LINKS
from litwatch.demo.fields import FIELDS, Field
from litwatch.demo.xml import envelope, errors, nested

ROOT = "eInfoResult"
_ITEMS = {"DbList": "DbName", "FieldList": "Field", "LinkList": "Link"}
BETHESDA = ZoneInfo("America/New_York")
BUILT_AT = time(6, 33)
"""The hour of the build stamp that was recorded; its zone is assumed."""


def last_build(moment: datetime) -> datetime:
    """When the index was last built before that moment."""
    local = moment.astimezone(BETHESDA)
    built = datetime.combine(local.date(), BUILT_AT, BETHESDA)
    return built if built <= local else built - timedelta(days=1)


def build(moment: datetime) -> str:
    """The name of the build that is searched at that moment."""
    return f"Build-{last_build(moment):%Y.%m.%d.%H.%M}"


def einfo(call: Call) -> Reply:
    """The list of databases, or what there is to know about the one."""
    name = call.params.get("db")
    if not name:
        return _reply(call, {"DbList": ["pubmed"]})
    if not call.has_pubmed:
        text = f"Invalid db name specified: {name}"
        if call.wants_json:
            return json_reply("einfo", {"einforesult": {"ERROR": text}})
        return errors(ROOT, [text])
    database = _database(call, extended=call.params.get("version") == "2.0")
    return _reply(call, {"DbInfo": [database] if call.wants_json else database})


def _reply(call: Call, content: Mapping[str, Any]) -> Reply:
    if call.wants_json:
        return json_reply("einfo", {"einforesult": content})
    return Reply(envelope(ROOT, f"{nested(content, _ITEMS)}\n"))


def _database(call: Call, *, extended: bool) -> dict[str, Any]:
    return {
        "DbName": "pubmed",
        "MenuName": "PubMed",
        "Description": "PubMed bibliographic record",
        "DbBuild": build(call.moment),
        "Count": str(len(call.snapshot.current)),
        "LastUpdate": f"{last_build(call.moment):%Y/%m/%d %H:%M}",
        "FieldList": [_field(field, extended=extended) for field in dict.fromkeys(FIELDS.values())],
        "LinkList": [
            {"Name": name, "Menu": link.menu, "Description": link.description, "DbTo": link.target}
            for name, link in LINKS.items()
        ],
    }


def _field(field: Field, *, extended: bool) -> dict[str, str]:
    """What a client may know of a field; TermCount is empty for PubMed."""
    is_date = field.kind == "dates"
    told = {
        "Name": field.code,
        "FullName": field.name,
        "Description": field.about,
        "TermCount": "",
        "IsDate": _yes(is_date),
        "IsNumerical": _yes(field.kind == "uid"),
        "SingleToken": _yes(field.kind != "words"),
        "Hierarchy": _yes(field.kind == "mesh"),
        "IsHidden": _yes(field.is_hidden),
    }
    if extended:
        told |= {"IsTruncatable": _yes(not is_date), "IsRangable": _yes(is_date)}
    return told


def _yes(claim: bool) -> str:
    return "Y" if claim else "N"
