"""The sentence in which the authors conclude, in their own words or not at all."""

from litwatch.classify import classify
from litwatch.classify.rules import load_ruleset
from litwatch.models import AbstractSection, Article

RULES = load_ruleset(())


def conclusion(*sections: tuple[str, str]) -> str | None:
    abstract = tuple(AbstractSection(label, text) for label, text in sections)
    fact = classify(Article("x:1", title="A case.", abstract=abstract), RULES).facts.conclusion
    if fact is None:
        return None
    (evidence,) = fact.evidence
    assert abstract[evidence.index].text[evidence.start : evidence.end] == fact.value
    return str(fact.value)


def test_the_first_sentence_of_a_section_labelled_so() -> None:
    said = conclusion(
        ("CASE", "He was given IVIG. In summary he did well."),
        ("CONCLUSIONS", "IVIG may help. More studies are needed."),
    )

    assert said == "IVIG may help."


def test_a_label_in_the_running_text_counts() -> None:
    said = conclusion(("", "BACKGROUND: It is rare. CONCLUSION: It should be looked for."))

    assert said == "CONCLUSION: It should be looked for."


def test_without_a_label_the_last_sentence_that_opens_as_conclusions_do() -> None:
    text = "This case shows papules. He was given IVIG. We conclude that IVIG may help. He is well."

    assert conclusion(("", text)) == "We conclude that IVIG may help."


def test_none_rather_than_a_guess() -> None:
    assert conclusion(("", "He was given IVIG. He is well.")) is None
    assert conclusion() is None
