"""What NLM's index says of a treatment or an organ: headings, their qualifiers, substances.

An indexer who writes `Thalidomide/therapeutic use` has read that it was used; `Thalidomide/blood`
is a measurement. Qualifiers: https://www.nlm.nih.gov/mesh/qualifiers.html
"""

from litwatch.classify.match import Hit
from litwatch.models import Article, MeshHeading

_USED = frozenset({"therapeutic use", "administration & dosage"})
_HARMFUL = frozenset({"adverse effects", "toxicity", "poisoning"})
_NOT_THE_DRUG = frozenset(
    {
        *("analysis", "biosynthesis", "blood", "cerebrospinal fluid"),
        *("chemical synthesis", "chemistry", "deficiency", "genetics", "immunology", "isolation"),
        *("metabolism", "physiology", "secretion", "urine", "antagonists & inhibitors", "history"),
    }
)
_DISEASE_PRESENT = frozenset(
    {
        *("complications", "drug therapy", "therapy", "surgery", "radiotherapy", "rehabilitation"),
        *("etiology", "pathology", "physiopathology", "mortality", "diet therapy", "nursing"),
    }
)
_SURVEYS = frozenset(
    {
        *(
            "Review",
            "Systematic Review",
            "Scoping Review",
            "Meta-Analysis",
            "Network Meta-Analysis",
        ),
        *("Guideline", "Practice Guideline", "Consensus Development Conference"),
        *("Consensus Development Conference, NIH", "Consensus Statement"),
    }
)


def qualifiers_of(heading: MeshHeading) -> frozenset[str]:
    """The qualifiers in lower case; several may stand in one text, a star marks a major topic."""
    return frozenset(
        part.strip(" *").lower() for text in heading.qualifiers for part in text.split(",")
    )


def is_survey(article: Article) -> bool:
    """Whether PubMed calls the article a survey of what others did: a review or a guideline."""
    return not _SURVEYS.isdisjoint(article.publication_types)


def is_of_animals(article: Article) -> bool:
    """Whether the heading `Animals` stands without `Humans`: how NLM marks animal studies."""
    headings = {heading.heading for heading in article.mesh}
    return "Animals" in headings and "Humans" not in headings


def indexed_role(article: Article, hit: Hit) -> str:
    """The role that a heading or a substance earns; empty where it says nothing of the kind."""
    if hit.field == "chemicals":
        return _substance_role(article, hit)
    heading = article.mesh[hit.index]
    if hit.category == "treatment":
        return _drug_role(article, heading)
    qualifiers = qualifiers_of(heading)
    if "chemically induced" in qualifiers:
        return "mentioned"
    return "involved" if heading.major or qualifiers & _DISEASE_PRESENT else "mentioned"


def _drug_role(article: Article, heading: MeshHeading) -> str:
    """Given where the index says so and the article treats people; cause of an induced disease.

    With "analogs & derivatives" the heading stands for another drug that has none of its own.
    """
    qualifiers = qualifiers_of(heading)
    if "analogs & derivatives" in qualifiers:
        return ""
    if qualifiers & _USED:
        return "mentioned" if is_survey(article) or is_of_animals(article) else "given"
    if qualifiers & _HARMFUL and any(
        "chemically induced" in qualifiers_of(other) for other in article.mesh
    ):
        return "cause"
    if qualifiers and qualifiers <= _NOT_THE_DRUG:
        return ""
    return "mentioned"


def _substance_role(article: Article, hit: Hit) -> str:
    """A substance that is a heading too follows the heading; one by itself is a mention."""
    name = article.chemicals[hit.index].casefold()
    for heading in article.mesh:
        if heading.heading.casefold() == name:
            return _drug_role(article, heading) and "mentioned"
    return "mentioned"
