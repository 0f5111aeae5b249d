"""MeSH headings as words: in the order of speech, and whether they name a disease.

A heading puts its noun first, and what narrows it behind a comma ("Heart Failure, Diastolic"). Many
that are no disease hold the words of one ("Leukemia Virus, Feline"); the noun tells them apart.
"""

import re

_DISEASE = re.compile(
    r"(?:diseases?|disorders?|syndromes?|neoplasms?|tumors?|infections?|injur(?:y|ies)|trauma|pain"
    r"|deficienc(?:y|ies)|abnormalit(?:y|ies)|malformations?|complications?|failure|insufficiency"
    r"|dysfunction|defects?|degeneration|dystroph(?:y|ies)|atrophy|hypertrophy|atresia|obstruction"
    r"|fractures?|rupture|perforations?|prolapse|fistulas?|cysts?|calculi|nodules?|ulcers?|abscess"
    r"|hemorrhages?|edema|effusion|infarction|ischemia|arrest|spasms?|loss|compression|poisoning"
    r"|[a-z]{3}(?:itis|itides|[aoy]s[ei]s|omas?|omata|emias?|path(?:y|ies)|plasias?|urias?|algias?))$"
)


def spoken(heading: str) -> str:
    """The heading in the order of speech: "Diastolic Heart Failure"."""
    return " ".join(reversed(heading.split(", ")))


def names_disease(words: str) -> bool:
    """Whether normalised words, in the order of speech, end in the noun of a disease."""
    return _DISEASE.search(words) is not None
