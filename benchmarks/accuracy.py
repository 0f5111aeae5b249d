"""How well the rules find organs and their absence in real texts that others have labelled.

    python benchmarks/accuracy.py FOLDER

FOLDER holds the sets, none of which is part of litwatch; one that is missing is passed over.

bc5cdr   abstracts in which people marked every disease, each disease mapped to its organ system by
         the MeSH tree (`organ_gold.jsonl`). An organ counts as found with whatever role, since a
         disease that is denied is marked too. Precision and recall of each system, and their means
         over the systems (macro). Of the chemicals marked as the cause of a disease: how many that
         the rules know as treatments are called given as one.
ohsumed  abstracts with exactly one MeSH disease category: how many have a tag of its organs.
negex    findings in sentences of clinical reports, marked as negated or affirmed: how often the
         cues of context.toml agree.
"""

import argparse
import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from litwatch.classify import classify
from litwatch.classify.clauses import verdicts
from litwatch.classify.jsonl import from_json
from litwatch.classify.rules import load_ruleset
from litwatch.classify.text import normalise
from litwatch.models import Findings

SYSTEMS = {
    "musculoskeletal": ("musculoskeletal",),
    "digestive": ("gastrointestinal", "hepatic"),
    "respiratory": ("pulmonary",),
    "nervous": ("neuro_central", "neuro_peripheral"),
    "eye": ("ophthalmic",),
    "renal_urinary": ("renal", "genitourinary"),
    "cardiovascular": ("cardiovascular", "vascular"),
    "hematologic_lymphatic": ("hematologic", "lymphatic"),
    "endocrine": ("endocrine",),
    "skin": ("skin",),
    "mental": ("psychiatric",),
}
"""The systems of the MeSH tree, and the organs of the rules that stand for them."""
CATEGORIES = {
    "C05": "musculoskeletal",
    "C06": "digestive",
    "C08": "respiratory",
    "C10": "nervous",
    "C11": "eye",
    "C12": "renal_urinary",
    "C13": "reproductive",
    "C14": "cardiovascular",
    "C15": "hematologic_lymphatic",
    "C17": "skin",
    "C19": "endocrine",
}
CATEGORY_ORGANS = SYSTEMS | {"reproductive": ("genitourinary", "pregnancy")}
_RULES = load_ruleset()


def main() -> None:
    """Print the figures of every set that the folder holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for measure in (bc5cdr, ohsumed, negex):
        if (folder / measure.__name__).is_dir():
            print(f"{measure.__name__}\n" + "".join(f"  {row}\n" for row in measure(folder)))


def found_in(record: dict[str, Any]) -> Findings:
    """What the rules find in a record of one of the sets."""
    keys = {"id": record.get("pmid", record.get("id"))}
    return classify(from_json({**record, **keys, "mesh": []}), _RULES)


def lines(*paths: Path) -> Iterator[dict[str, Any]]:
    """The records of JSON Lines files."""
    for path in paths:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def bc5cdr(folder: Path) -> Iterator[str]:
    """Organs: precision and recall of each system; chemicals that did harm: how many are given."""
    right: Counter[str] = Counter()
    tagged: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    roles: Counter[str] = Counter()
    names = _chemicals(folder / "bc5cdr")
    for record in lines(*sorted((folder / "bc5cdr").glob("*.organ_gold.jsonl"))):
        found = found_in(record)
        ids = {finding.tag.id for finding in found.organs}
        for system, organs in SYSTEMS.items():
            is_tagged, is_marked = not ids.isdisjoint(organs), system in record["organs"]
            tagged[system] += is_tagged
            marked[system] += is_marked
            right[system] += is_tagged and is_marked
        causes = {pair[0] for pair in record["adverse_pairs"]}
        harmful = {name for cause in causes for name in names[record["pmid"], cause]}
        for finding in found.treatments:
            if any(proof.text.lower() in harmful for proof in finding.evidence):
                roles[finding.role] += 1
    scores = [(right[name] / tagged[name], right[name] / marked[name]) for name in SYSTEMS]
    for name, (precision, recall) in zip(SYSTEMS, scores, strict=True):
        yield f"{name:22} precision {precision:.3f}  recall {recall:.3f}  of {marked[name]}"
    precision, recall = (_mean(values) for values in zip(*scores, strict=True))
    yield f"{'macro':22} precision {precision:.3f}  recall {recall:.3f}"
    yield f"harmful chemicals called given: {roles['given'] / roles.total():.3f} of {roles.total()}"


def _chemicals(folder: Path) -> dict[tuple[str, str], set[str]]:
    """The words for each chemical in each article: PubTator's lines of marked places."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in folder.glob("*.PubTator.txt.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                cells = line.rstrip().split("\t")
                if len(cells) > 5 and cells[4] == "Chemical":
                    names[cells[0], cells[5]].add(cells[3].lower())
    return names


def ohsumed(folder: Path) -> Iterator[str]:
    """Recall of the record's own category."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for record in lines(folder / "ohsumed" / "training.jsonl"):
        if system := CATEGORIES.get(str(record["label"])):
            ids = {finding.tag.id for finding in found_in(record).organs}
            hits[system].append(not ids.isdisjoint(CATEGORY_ORGANS[system]))
    for system, found in hits.items():
        yield f"{system:22} recall {sum(found) / len(found):.3f}  of {len(found)}"
    yield f"{'macro':22} recall {_mean([sum(found) / len(found) for found in hits.values()]):.3f}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def negex(folder: Path) -> Iterator[str]:
    """Sensitivity: the negated findings that are called excluded; specificity: the others not."""
    cues = tuple(cue for cue in _RULES.cues if cue.about == "organ" and not cue.only_title)
    told: dict[str, list[bool]] = defaultdict(list)
    with (folder / "negex" / "Annotations-1-120.txt").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if span := _place(row["Concept"], row["Sentence"]):
                text = normalise(row["Sentence"]).text
                (verdict,) = verdicts(text, [span], cues)
                told[row["Negation"]].append(verdict.sense == "excluded")
    negated, affirmed = told["Negated"], told["Affirmed"]
    yield f"sensitivity {sum(negated) / len(negated):.3f} of {len(negated)}"
    yield f"specificity {1 - sum(affirmed) / len(affirmed):.3f} of {len(affirmed)}"


def _place(concept: str, sentence: str) -> tuple[int, int] | None:
    """Where a finding stands in its sentence: written in capitals there, its blanks may differ."""
    words = r"\s+".join(map(re.escape, concept.upper().split()))
    found = re.search(words, sentence) or re.search(words, sentence, re.IGNORECASE)
    return found.span() if found else None


if __name__ == "__main__":
    main()
