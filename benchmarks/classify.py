"""How fast articles are tagged, beside spaCy's PhraseMatcher, which only finds the terms.

    pip install --editable '.[bench]'
    python benchmarks/classify.py [--rounds 5] [FILE or FOLDER of records ...]

Ours is the complete `classify`: terms, roles, evidence, study type, patients, outcome, topics. The
peer is a blank English pipeline's tokenizer and a PhraseMatcher on lower case with every term of
the same rules, over the same titles and abstracts, in turns of 50 articles, so that what else the
machine does hits both. Without files the articles are the synthetic ones of the project, all of the
topic; files (PubMed XML or JSON Lines, gzip too) make rows of their own. Times are those of the
processor.
"""

import argparse
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from litwatch.classify import classify
from litwatch.classify.rules import Ruleset, load_ruleset
from litwatch.demo import records
from litwatch.errors import SourceError
from litwatch.fetch.records import parse_record
from litwatch.models import Article
from litwatch.reading import read_articles, read_labelled

LABELLED = Path(__file__).parents[1] / "tests" / "data" / "labelled"
SETS = ("treatments.jsonl", "organs_and_facts.jsonl")
TURN = 50
SUFFIXES = (".xml", ".jsonl", ".gz")
LOADING = """
import time
from litwatch.classify import match
from litwatch.classify.fact_cues import fact_cues, fact_files, tables
from litwatch.classify.rules import load_ruleset
times = [time.process_time()]
ruleset = load_ruleset()
times.append(time.process_time())
match._matcher(ruleset)
times.append(time.process_time())
for file in fact_files():
    for table in tables(file):
        fact_cues(file, table)
times.append(time.process_time())
print(*(1000 * (end - begin) for begin, end in zip(times, times[1:])))
"""


# ---- the articles ------------------------------------------------------------------------------


def of_the_topic() -> list[Article]:
    """The labelled records and the demo's, as they stand at last."""
    labelled = [record for name in SETS for record in read_labelled(LABELLED / name)]
    demo = [parse_record(states[-1].xml) for _, states in sorted(records.load().items())]
    return [one.article for one in labelled if not isinstance(one, SourceError)] + demo


def of_files(place: Path) -> list[Article]:
    """The records of a file, or of all files in a folder, that have an abstract."""
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    found = [
        record[1]
        for file in files
        if file.suffix in SUFFIXES
        for record in read_articles(file, None)
        if not isinstance(record, SourceError)
    ]
    return [article for article in found if article.abstract]


def text_of(article: Article) -> str:
    return "\n".join((article.title, *(section.text for section in article.abstract)))


# ---- the two ways ------------------------------------------------------------------------------


class Peer:
    """spaCy's tokenizer and PhraseMatcher, with every term of the rules."""

    def __init__(self, ruleset: Ruleset) -> None:
        import spacy  # here alone: the processes whose memory is measured do without it
        from spacy.matcher import PhraseMatcher

        self.nlp = spacy.blank("en")
        self.matcher = PhraseMatcher(self.nlp.vocab, attr="LOWER")
        for rule in ruleset.rules:
            terms = {*rule.terms, *rule.examinations, *rule.case_sensitive, *rule.abbreviations}
            plain = sorted(term.replace("*", "") for term in terms)
            self.matcher.add(f"{rule.category}:{rule.id}", list(self.nlp.tokenizer.pipe(plain)))

    def find(self, texts: Sequence[str]) -> int:
        """How many hits there are."""
        return sum(len(self.matcher(document)) for document in self.nlp.tokenizer.pipe(texts))


@dataclass
class Took:
    """The processor's seconds of each round, and what was found."""

    seconds: list[float]
    found: int = 0

    def rate(self, articles: int) -> float:
        return articles / median(self.seconds)


def both(
    articles: Sequence[Article], ruleset: Ruleset, peer: Peer, rounds: int
) -> tuple[Took, Took]:
    """Ours and the peer, in turns of 50 articles; a first round to warm up is not counted."""
    us, they = Took([]), Took([])
    turns = [articles[start : start + TURN] for start in range(0, len(articles), TURN)]
    texts = [[text_of(article) for article in turn] for turn in turns]
    for number in range(rounds + 1):
        ours = peers = 0.0
        us.found = they.found = 0
        for turn, in_turn in zip(turns, texts, strict=True):
            begun = time.process_time()
            found = [classify(article, ruleset) for article in turn]
            between = time.process_time()
            they.found += peer.find(in_turn)
            ours += between - begun
            peers += time.process_time() - between
            us.found += sum(len(one.treatments) + len(one.organs) for one in found)
        if number:
            us.seconds.append(ours)
            they.seconds.append(peers)
    return us, they


# ---- memory and loading ------------------------------------------------------------------------


def peak(passes: int, telling: Connection) -> None:
    """Tells the peak of resident memory, in MB, after so many passes over the topic's articles."""
    ruleset, articles = load_ruleset(), of_the_topic()
    for _ in range(passes):
        for article in articles:
            classify(article, ruleset)
    telling.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def peaks() -> Iterator[tuple[int, float]]:
    context = multiprocessing.get_context("spawn")
    for passes in (1, 10):
        told, telling = context.Pipe(duplex=False)
        process = context.Process(target=peak, args=(passes, telling))
        process.start()
        yield passes, told.recv()
        process.join()


def loading(rounds: int) -> list[float]:
    """Milliseconds, each the median of fresh processes: rule files, automaton, cues of facts."""
    runs = []
    for _ in range(rounds):
        command = [sys.executable, "-c", LOADING]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append([float(part) for part in done.stdout.split()])
    return [median(part) for part in zip(*runs, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("places", metavar="FILE", nargs="*", type=Path, help="records of your own")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    options = parser.parse_args()
    ruleset = load_ruleset()
    peer = Peer(ruleset)
    print(
        f"{len(ruleset.rules)} rules, {len(ruleset.cues)} cues; median of {options.rounds} rounds"
    )
    print(
        f"{'articles':24}{'number':>8}{'letters':>9}{'litwatch':>12}{'PhraseMatcher':>15}{'ratio':>8}"
    )
    sets = [("the topic's, synthetic", of_the_topic())]
    sets += [(place.name, of_files(place)) for place in options.places]
    for name, articles in sets:
        us, they = both(articles, ruleset, peer, options.rounds)
        letters = sum(len(text_of(article)) for article in articles) // len(articles)
        ours, peers = us.rate(len(articles)), they.rate(len(articles))
        print(
            f"{name[:23]:24}{len(articles):8}{letters:9}{ours:10.0f}/s{peers:13.0f}/s"
            f"{ours / peers:8.2f}   {us.found} tags, {they.found} hits"
        )
    for passes, megabytes in peaks():
        print(f"peak memory after {passes:2} passes: {megabytes:.1f} MB")
    parts = loading(max(options.rounds, 5))
    named = zip(("rule files", "automaton", "cues of facts"), parts, strict=True)
    told = ", ".join(f"{name} {part:.0f}" for name, part in named)
    print(f"loading, milliseconds: {sum(parts):.0f} ({told})")


if __name__ == "__main__":
    main()
