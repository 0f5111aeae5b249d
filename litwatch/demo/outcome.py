"""What a part of a query finds, and what PubMed has to say about it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """The records found (revision numbers) and the text that QueryTranslation shows.

    `compound` says that the text needs parentheses beside other text.
    """

    hits: frozenset[int]
    text: str
    compound: bool = False

    @property
    def grouped(self) -> str:
        """The text as one operand."""
        return f"({self.text})" if self.compound else self.text


NOTHING: frozenset[int] = frozenset()


def join(operator: str, outcomes: list[Outcome]) -> Outcome | None:
    """Several outcomes under AND or OR; None where there is none."""
    if len(outcomes) < 2:
        return outcomes[0] if outcomes else None
    sets = [outcome.hits for outcome in outcomes]
    hits = sets[0].intersection(*sets) if operator == "AND" else sets[0].union(*sets)
    return Outcome(hits, f" {operator} ".join(each.grouped for each in outcomes), compound=True)


@dataclass(slots=True)
class Notes:
    """The lists beside a result, gathered while a query is read.

    `translations` are the pairs (From, To) of the TranslationSet.
    """

    phrases_not_found: list[str] = field(default_factory=list)
    fields_not_found: list[str] = field(default_factory=list)
    phrases_ignored: list[str] = field(default_factory=list)
    quoted_phrases_not_found: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    translations: list[tuple[str, str]] = field(default_factory=list)
