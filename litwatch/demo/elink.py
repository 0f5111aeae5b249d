"""ELink: from records to records that belong to them (NBK25499; recorded in Biopython's tests).

A comma list in one `id` is one set of links, merged; each repeated `id` has a set of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litwatch.demo import related
from litwatch.demo.calls import Call, Params, Reply, json_reply, valid_uids
from litwatch.demo.tables import table
from litwatch.demo.view import View
from litwatch.demo.xml import element, envelope, errors

ROOT = "eLinkResult"
FIVE = 5
_DEFAULT = "neighbor"
_COMMANDS = (_DEFAULT, "neighbor_score", "neighbor_history", "ncheck", "acheck")


@dataclass(frozen=True, slots=True)
class Link:
    """One kind of link: what EInfo says of it, and the database it leads to."""

    menu: str
    description: str
    target: str


LINKS: Mapping[str, Link] = {name: Link(**row) for name, row in table("elink").items()}
"""The links that can be followed, by name."""


@dataclass(frozen=True, slots=True)
class _Set:
    """The links of one or more records: by name, the linked UIDs with their scores."""

    sources: tuple[str, ...]
    links: Mapping[str, Sequence[tuple[str, int]]]


class Refused(Exception):
    """ELink answers with an ERROR at status 200; the message is its text."""


def elink(call: Call) -> Reply:
    """The links asked for."""
    try:
        command, names = _command(call.params), _names(call.params)
        sets = [_linked(call, names, sources) for sources in _sources(call)]
    except Refused as refusal:
        if call.wants_json:
            return json_reply("elink", {"ERROR": str(refusal)})
        return errors(ROOT, [str(refusal)])
    if call.wants_json:
        return json_reply("elink", {"linksets": [_as_table(call, command, each) for each in sets]})
    return Reply(envelope(ROOT, "\n" + "".join(_as_xml(call, command, each) for each in sets)))


# ---- what is asked ------------------------------------------------------------------------------


def _command(params: Params) -> str:
    command = params.get("cmd").lower() or _DEFAULT
    if command not in _COMMANDS:
        raise Refused(f"Unsupported cmd: {command}")
    return command


def _names(params: Params) -> Sequence[str]:
    """The links of the databases named, or those of them that are named themselves."""
    if (origin := params.get("dbfrom") or "pubmed").lower() != "pubmed":
        raise Refused(f"Invalid db name specified: {origin}")
    targets = {name.strip() for name in (params.get("db") or "pubmed").lower().split(",")}
    if not targets & {link.target for link in LINKS.values()}:
        raise Refused(f"Invalid db name specified: {params.get('db')}")
    wanted = set(filter(None, params.get("linkname").split(",")))
    return [
        name
        for name, link in LINKS.items()
        if link.target in targets and (not wanted or name in wanted)
    ]


def _sources(call: Call) -> Iterator[tuple[str, ...]]:
    if key := call.params.number("query_key", 0):
        if (kept := call.earlier().get(key)) is None:
            raise Refused(f"Unable to obtain query #{key}")
        yield kept
        return
    given = [Params((("id", value),)) for value in call.params.all("id")]
    groups = [tuple(valid_uids(each.ids())) for each in given]
    if not any(groups):
        raise Refused("Empty id list in elink")
    yield from filter(None, groups)


def _linked(call: Call, names: Sequence[str], sources: tuple[str, ...]) -> _Set:
    view = View(call.snapshot, call.vocabulary)
    alike = related.similar(view, sources)
    found = {name: _follow(name, view, sources, alike) for name in names}
    return _Set(sources, {name: links for name, links in found.items() if links})


def _follow(
    name: str, view: View, sources: Sequence[str], alike: Sequence[tuple[str, int]]
) -> Sequence[tuple[str, int]]:
    match name:
        case "pubmed_pubmed":
            return alike
        case "pubmed_pubmed_five":
            return alike[:FIVE]
        case "pubmed_pubmed_reviews":
            wanted = related.reviews(view, [uid for uid, _ in alike])
        case "pubmed_pubmed_citedin":
            wanted = [uid for source in sources for uid in related.citing(view, source)]
        case "pubmed_pubmed_refs":
            wanted = [uid for source in sources for uid in related.cited(view, source)]
        case _:
            wanted = [related.pmc_number(view, source) for source in sources]
    scores = dict(alike)
    return [(uid, scores.get(uid, 0)) for uid in dict.fromkeys(filter(None, wanted))]


# ---- what is told -------------------------------------------------------------------------------


def _as_xml(call: Call, command: str, linked: _Set) -> str:
    head = "<LinkSet>\n\t<DbFrom>pubmed</DbFrom>\n"
    if command in ("ncheck", "acheck"):
        checks = "".join(_check(command, uid, linked) for uid in linked.sources)
        return f"{head}\t<IdCheckList>\n{checks}\t</IdCheckList>\n</LinkSet>\n"
    sources = "".join(f"\t\t{element('Id', uid)}\n" for uid in linked.sources)
    head += f"\t<IdList>\n{sources}\t</IdList>\n"
    if command == "neighbor_history":
        return f"{head}{_kept(call, linked)}</LinkSet>\n"
    blocks = (
        f"\t<LinkSetDb>\n{_target(name)}{_links(links, scored=command == 'neighbor_score')}"
        "\t</LinkSetDb>\n"
        for name, links in linked.links.items()
    )
    return f"{head}{''.join(blocks)}</LinkSet>\n"


def _target(name: str) -> str:
    return f"\t\t{element('DbTo', LINKS[name].target)}\n\t\t{element('LinkName', name)}\n"


def _links(links: Sequence[tuple[str, int]], *, scored: bool) -> str:
    return "".join(
        f"\t\t<Link>\n\t\t\t{element('Id', uid)}\n"
        + (f"\t\t\t{element('Score', score)}\n" if scored else "")
        + "\t\t</Link>\n"
        for uid, score in links
    )


def _kept(call: Call, linked: _Set) -> str:
    environment, blocks = "", ""
    for name, links in linked.links.items():
        environment, key = call.history.keep([uid for uid, _ in links], environment)
        history = f"{_target(name)}\t\t{element('QueryKey', key)}\n"
        blocks += f"\t<LinkSetDbHistory>\n{history}\t</LinkSetDbHistory>\n"
    return blocks + (f"\t{element('WebEnv', environment)}\n" if environment else "")


def _check(command: str, uid: str, linked: _Set) -> str:
    """Whether a record has neighbours, or which links there are from it."""
    if command == "ncheck":
        return f'\t\t<Id HasNeighbor="{"Y" if linked.links else "N"}">{uid}</Id>\n'
    links = "".join(
        f"\t\t\t<LinkInfo>\n{_target(name)}\t\t{element('MenuTag', LINKS[name].menu)}\n"
        f"\t\t{element('HtmlTag', LINKS[name].menu)}\n\t\t{element('Priority', 1)}\n"
        "\t\t\t</LinkInfo>\n"
        for name in linked.links
    )
    return f"\t\t<IdLinkSet>\n\t\t\t{element('Id', uid)}\n{links}\t\t</IdLinkSet>\n"


def _as_table(call: Call, command: str, linked: _Set) -> dict[str, Any]:
    told: dict[str, Any] = {"dbfrom": "pubmed", "ids": list(linked.sources)}
    if command in ("ncheck", "acheck"):
        neighbor = "Y" if linked.links else "N"
        ids = [{"value": uid, "hasneighbor": neighbor} for uid in linked.sources]
        return {"dbfrom": "pubmed", "idchecklist": {"ids": ids}}
    if command == "neighbor_history":
        environment, histories = "", []
        for name, links in linked.links.items():
            environment, key = call.history.keep([uid for uid, _ in links], environment)
            histories.append({**_named(name), "querykey": str(key)})
        return told | {"linksetdbhistories": histories, "webenv": environment}
    told["linksetdbs"] = [
        {**_named(name), "links": _listed(links, scored=command == "neighbor_score")}
        for name, links in linked.links.items()
    ]
    return told


def _named(name: str) -> dict[str, str]:
    return {"dbto": LINKS[name].target, "linkname": name}


def _listed(links: Sequence[tuple[str, int]], *, scored: bool) -> list[Any]:
    return [{"id": uid, "score": score} if scored else uid for uid, score in links]
