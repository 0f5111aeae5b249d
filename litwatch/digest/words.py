"""The words of a digest: what each code of the models is called in a mail."""

from collections.abc import Mapping

from litwatch.models import Field

TREATMENT_WORDS: Mapping[str, str] = {
    "given": "given",
    "failed": "failed",
    "withdrawn": "stopped",
    "cause": "reported as the cause",
    "considered": "considered",
    "mentioned": "mentioned",
}
ORGAN_WORDS: Mapping[str, str] = {
    "involved": "involved",
    "excluded": "excluded",
    "mentioned": "mentioned",
}
ORGAN_COLUMNS: Mapping[str, str] = {
    "skin": "Skin",
    "musculoskeletal": "Joints",
    "neuro_central": "Brain",
    "neuro_peripheral": "Nerves",
    "psychiatric": "Psyche",
    "cardiovascular": "Heart",
    "vascular": "Vessels",
    "pulmonary": "Lungs",
    "gastrointestinal": "Gut",
    "hepatic": "Liver",
    "renal": "Kidneys",
    "hematologic": "Blood",
    "ophthalmic": "Eyes",
    "endocrine": "Hormones",
    "ent_larynx": "Throat",
    "oral": "Mouth",
    "genitourinary": "Urinary",
    "pregnancy": "Pregnancy",
    "infection": "Infection",
    "malignancy": "Cancer",
    "lymphatic": "Lymph",
    "systemic_nos": "Systemic",
}
"""Organ systems in a word, as heads of narrow columns; another rule pack's label is shortened."""
OUTCOME_WORDS: Mapping[str, str] = {
    "response": "response",
    "partial": "partial response",
    "none": "no response",
    "relapse": "relapse",
    "died": "died",
    "mixed": "mixed outcome",
}
STUDY_WORDS: Mapping[str, str] = {
    "case_report": "Case report",
    "case_series": "Case series",
    "cohort": "Cohort",
    "trial": "Trial",
    "review": "Review",
    "guideline": "Guideline",
    "letter": "Letter",
    "basic_science": "Basic science",
}
FIELD_WORDS: Mapping[Field, str] = {
    "title": "title",
    "vernacular_title": "original title",
    "other_abstract": "abstract in another language",
    "mesh": "MeSH heading",
    "chemicals": "substance",
    "keywords": "keyword",
    "publication_types": "publication type",
}
"""Where a proof stands; the abstract, where most stand, needs no word."""

PLAIN_TYPES = ("Journal Article", "English Abstract", "Published Erratum")
"""Publication types that tell a reader nothing, or are told apart as a mark."""
TYPE_MARKS: Mapping[str, str] = {
    "Retracted Publication": "Retracted",
    "Retraction of Publication": "Retraction notice",
    "Retraction Notice": "Retraction notice",
    "Expression of Concern": "Expression of concern about another paper",
    "Published Erratum": "Erratum",
    "Preprint": "Preprint, not peer reviewed",
}
LINK_MARKS: Mapping[str, str] = {
    "RetractionIn": "Retracted",
    "RetractedandRepublishedIn": "Retracted and republished",
    "PartialRetractionIn": "Retracted in part",
    "ExpressionOfConcernIn": "Expression of concern",
    "CorrectedandRepublishedIn": "Corrected and republished",
    "RepublishedIn": "Republished",
    "ErratumIn": "Erratum published",
    "UpdateIn": "Update published",
}
"""NLM's RefType of CommentsCorrections, in words; an erratum is no retraction."""
CHANGE_MARKS: Mapping[str, str] = {
    "retraction": LINK_MARKS["RetractionIn"],
    "partial_retraction": LINK_MARKS["PartialRetractionIn"],
    "concern": LINK_MARKS["ExpressionOfConcernIn"],
    "republication": LINK_MARKS["CorrectedandRepublishedIn"],
    "erratum": LINK_MARKS["ErratumIn"],
    "update": LINK_MARKS["UpdateIn"],
}
"""The same for what is on file beside the record: what a notice says, or another record."""

GRAVE_MARKS = frozenset(
    {
        "Retracted",
        "Retracted and republished",
        "Retracted in part",
        "Expression of concern",
        "No longer in PubMed",
    }
)
"""Marks that warn against relying on a paper; the others only inform."""

LANGUAGES: Mapping[str, tuple[str, str]] = {
    "ara": ("Arabic", "ar"),
    "bul": ("Bulgarian", "bg"),
    "chi": ("Chinese", "zh"),
    "cze": ("Czech", "cs"),
    "dan": ("Danish", "da"),
    "dut": ("Dutch", "nl"),
    "fin": ("Finnish", "fi"),
    "fre": ("French", "fr"),
    "ger": ("German", "de"),
    "gre": ("Greek", "el"),
    "heb": ("Hebrew", "he"),
    "hrv": ("Croatian", "hr"),
    "hun": ("Hungarian", "hu"),
    "ita": ("Italian", "it"),
    "jpn": ("Japanese", "ja"),
    "kor": ("Korean", "ko"),
    "nor": ("Norwegian", "no"),
    "per": ("Persian", "fa"),
    "pol": ("Polish", "pl"),
    "por": ("Portuguese", "pt"),
    "rum": ("Romanian", "ro"),
    "rus": ("Russian", "ru"),
    "slo": ("Slovak", "sk"),
    "spa": ("Spanish", "es"),
    "srp": ("Serbian", "sr"),
    "swe": ("Swedish", "sv"),
    "tur": ("Turkish", "tr"),
    "ukr": ("Ukrainian", "uk"),
}
"""MEDLINE's codes (MARC) as a word and as a BCP 47 tag."""

CORRECTION_WORDS: Mapping[str, tuple[str, str]] = {
    "retraction": ("Retracted", "This paper has been retracted."),
    "replaced": (
        "Retracted and republished",
        "This paper has been retracted, and published again in another form.",
    ),
    "withdrawn": ("No longer in PubMed", "PubMed no longer hands out this record ({pmid})."),
    "moved": (
        "Under another number in PubMed",
        "PubMed no longer has this record ({pmid}), and has the paper under another number.",
    ),
    "partial_retraction": ("Retracted in part", "A part of this paper has been retracted."),
    "concern": (
        "Expression of concern",
        "The journal has published an expression of concern about this paper.",
    ),
    "reinstated": ("Retraction taken back", "PubMed no longer says that this paper is retracted."),
    "restored": ("Back in PubMed", "PubMed hands out this record ({pmid}) again."),
    "erratum": ("Erratum", "A correction to this paper has been published."),
    "republication": (
        "Corrected and republished",
        "This paper has been corrected and published again.",
    ),
    "update": ("Update", "An update of this paper has been published."),
    "final": ("Now in final form", "This paper now has its place in the journal."),
}
"""What happened to a paper, as a mark and as a sentence, which may name the paper's own PMID.

`moved` is `withdrawn` with an heir, `replaced` is a retraction with one.
"""

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""English whatever the locale of the machine."""

TOPIC_WORDS = {
    "scleromyxedema": "Scleromyxedema",
    "lichen_myxedematosus_localized": "Localized lichen myxedematosus",
    "papular_mucinosis": "Papular mucinosis",
    "scleredema": "Scleredema",
    "rem": "Reticular erythematous mucinosis",
    "follicular_mucinosis": "Follicular mucinosis",
    "other_cutaneous_mucinosis": "Other cutaneous mucinosis",
}
"""What a paper is about, in words; a label of another rule pack is shown as it is."""
