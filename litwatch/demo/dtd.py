"""The document types that replies name, for clients whose parser fetches them (Biopython's does).

NLM serves them from two hosts; a new year brings a new one for the records, and a client that has
none stored asks in the middle of its parsing. What is served here is our own: written out for the
E-utilities (dtd.toml), and for the records gathered from the records that are there, so that it
declares whatever they hold.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from lxml import etree

from litwatch.demo.calls import Reply
from litwatch.demo.library import Snapshot
from litwatch.demo.tables import table

_TYPE = "application/xml-dtd"
_RECORDS = re.compile(r"/ncbi/pubmed/out/pubmed_\d{6}\.dtd")
_UTILITIES = re.compile(r"/eutils/dtd/\d{8}/(?P<name>[\w-]+)\.dtd")
_PARSER = etree.XMLParser(recover=True, no_network=True, resolve_entities=False, huge_tree=True)
_SET = "<!ELEMENT PubmedArticleSet ((PubmedArticle | PubmedBookArticle)*, DeleteCitation?)>\n"
_DELETED = "<!ELEMENT DeleteCitation (PMID+)>\n"


def document_type(path: str, snapshot: Snapshot) -> Reply | None:
    """The document type at a path, of records of any year; None where there is none."""
    if _RECORDS.fullmatch(path):
        records = (snapshot.xml(pmid) for pmid in snapshot.current)
        return Reply(_of_records(filter(None, records)).encode(), _TYPE)
    named = _UTILITIES.fullmatch(path)
    text = table("dtd").get(named["name"]) if named else None
    return None if text is None else Reply(text.encode(), _TYPE)


@dataclass(slots=True)
class _Element:
    """What an element has been seen to hold; `pairs` are children that followed each other."""

    children: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    has_text: bool = False

    def see(self, children: Sequence[str]) -> None:
        """Notes the children of one such element."""
        self.children.update(children)
        self.repeated.update(name for name, count in Counter(children).items() if count > 1)
        self.pairs.update(pair for pair in pairwise(children) if pair[0] != pair[1])

    def declared(self, name: str) -> str:
        """Its declaration: its children in the order seen, in any where there is none."""
        lines = f"<!ELEMENT {name} {self._content()}>\n"
        for attribute in sorted(self.attributes):
            lines += f"<!ATTLIST {name} {attribute} CDATA #IMPLIED>\n"
        return lines

    def _content(self) -> str:
        if self.has_text:
            parts = ["#PCDATA", *sorted(self.children)]
            return f"({' | '.join(parts)})*" if self.children else "(#PCDATA)"
        if not self.children:
            return "EMPTY"
        order = self._order()
        if order is None:
            return f"({' | '.join(sorted(self.children))})*"
        return f"({', '.join(name + '?*'[name in self.repeated] for name in order)})"

    def _order(self) -> Sequence[str] | None:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for name in sorted(self.children):
            sorter.add(name, *sorted(before for before, after in self.pairs if after == name))
        try:
            return tuple(sorter.static_order())
        except CycleError:
            return None


def _of_records(records: Iterable[bytes]) -> str:
    seen: dict[str, _Element] = {"PMID": _Element(has_text=True)}
    for xml in records:
        root = etree.fromstring(xml, _PARSER)
        for element in root.iter("{*}*"):
            _look_at(element, seen)
    declared = "".join(element.declared(name) for name, element in sorted(seen.items()))
    return _SET + _DELETED + declared


def _look_at(element: etree._Element, seen: dict[str, _Element]) -> None:
    known = seen.setdefault(_name(element), _Element())
    known.attributes.update(str(name) for name in element.attrib if not str(name).startswith("{"))
    if element.prefix:
        known.attributes.add(f"xmlns:{element.prefix}")
    texts = (element.text, *(child.tail for child in element))
    known.has_text = known.has_text or any(text and text.strip() for text in texts)
    known.see([_name(child) for child in element.iterchildren("{*}*")])


def _name(element: etree._Element) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local
