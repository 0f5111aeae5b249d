"""How the tagger treats drugs and procedures in three public sets, printed with counts.

    python benchmarks/accuracy_treatments.py FOLDER

FOLDER holds `bc5cdr/*.PubTator.txt.gz`, `ebm_nlp/dev.jsonl` and `mesh_gold/dev.jsonl`.

bc5cdr    of the chemicals that a CID relation calls the cause of a harm and that a rule tags: how
          many are called `given`, though the article treats none of our diseases with them
ebm_nlp   of the interventions, in sentences of trials, that hold a word of a rule's own forms: how
          many are tagged where they stand
mesh_gold of the drugs that NLM indexed as `therapeutic use` and a rule has as heading: how many are
          found in title and abstract alone
"""

import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from litwatch.classify import classify
from litwatch.classify.match import find_hits
from litwatch.classify.rules import Ruleset, load_ruleset
from litwatch.models import AbstractSection, Article

Spans = list[tuple[int, int, str]]


def main(folder: Path) -> None:
    """Prints the three measures."""
    ruleset = load_ruleset()
    for measure, (hits, whole) in {
        "bc5cdr: chemicals that cause harm, tagged, called given": harm(folder, ruleset),
        "ebm_nlp: interventions with a rule's word, tagged": trials(folder, ruleset),
        "mesh_gold: drugs in therapeutic use, found in the text": indexed(folder, ruleset),
    }.items():
        print(f"{measure}: {hits} of {whole} ({hits / whole:.3f})")


def article_of(uid: str, title: str, abstract: str) -> Article:
    """An article of a title and an abstract in one piece."""
    return Article(uid, title=title, abstract=(AbstractSection("", abstract),) if abstract else ())


def harm(folder: Path, ruleset: Ruleset) -> tuple[int, int]:
    """Chemicals of CID relations called given, and all of them that are tagged."""
    given = tagged = 0
    for path in sorted((folder / "bc5cdr").glob("*.PubTator.txt.gz")):
        for article, chemicals in _causes(gzip.decompress(path.read_bytes()).decode()):
            roles = {
                (one.field, one.start + (one.field == "abstract") * (len(article.title) + 1)): role
                for finding in classify(article, ruleset).treatments
                for role in [finding.role]
                for one in finding.evidence
            }
            for spans in chemicals.values():
                found = {
                    role
                    for start, end, _ in spans
                    for (_, at), role in roles.items()
                    if start <= at < end
                }
                tagged += bool(found)
                given += "given" in found
    return given, tagged


def _causes(text: str) -> Iterator[tuple[Article, dict[str, Spans]]]:
    """Each article with the places of the chemicals that a relation blames."""
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        uid, _, title = lines[0].split("|", 2)
        abstract = lines[1].split("|", 2)[2]
        rows = [line.split("\t") for line in lines[2:]]
        blamed = {row[2] for row in rows if row[1] == "CID"}
        places: dict[str, Spans] = defaultdict(list)
        for row in rows:
            if len(row) > 5 and row[4] == "Chemical" and row[5] in blamed:
                places[row[5]].append((int(row[1]), int(row[2]), row[3]))
        yield article_of(uid, title, abstract), places


def trials(folder: Path, ruleset: Ruleset) -> tuple[int, int]:
    """Interventions that are tagged in their text, and all that hold a rule's word alone."""
    found = known = 0
    for line in (folder / "ebm_nlp" / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        text = " ".join(record["sentences"])
        marked = {
            one.text.casefold()
            for finding in classify(article_of(record["pmid"], "", text), ruleset).treatments
            for one in finding.evidence
        }
        for intervention in set(record["interventions"]):
            words = _own_words(intervention, ruleset)
            known += bool(words)
            found += any(word in marked for word in words)
    return found, known


def _own_words(intervention: str, ruleset: Ruleset) -> set[str]:
    """The forms of rules that stand in an intervention."""
    article = article_of("1", "", intervention)
    return {
        intervention[hit.start : hit.end].casefold()
        for hit in find_hits(article, ruleset)
        if hit.category == "treatment"
    }


def indexed(folder: Path, ruleset: Ruleset) -> tuple[int, int]:
    """Drugs found in the text, and all in therapeutic use that a rule knows as a heading."""
    tags: dict[str, set[str]] = defaultdict(set)
    for rule in ruleset.rules:
        for name in (*rule.headings, *rule.substances):
            if rule.category == "treatment":
                tags[name.casefold()].update(rule.tags)
    found = known = 0
    for line in (folder / "mesh_gold" / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        drugs = [drug for drug in record["drugs_therapeutic_use"] if drug.casefold() in tags]
        if not drugs or not record["abstract"]:
            continue
        article = article_of(
            record["pmid"], record["title"], re.sub(r"\s+", " ", record["abstract"])
        )
        tagged = {finding.tag.id for finding in classify(article, ruleset).treatments}
        known += len(drugs)
        found += sum(bool(tags[drug.casefold()] & tagged) for drug in drugs)
    return found, known


if __name__ == "__main__":
    main(Path(sys.argv[1]))
