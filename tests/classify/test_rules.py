"""Rule files are checked whole, and every rule finds its own examples."""

import tomllib
from pathlib import Path

import pytest

from litwatch.classify.match import find_hits
from litwatch.classify.rules import FILES, Rule, load_ruleset
from litwatch.errors import RuleError
from litwatch.models import AbstractSection, Article

RULESET = load_ruleset()
DOMAIN = Path(__file__).parents[3] / "shared" / "domain"

SOUND = """
[[treatment]]
id = "acid"
label = "Acid"
class = "topical_other"
terms = ["salicylic acid"]
"""

CUE = '[[cue]]\nid = "a"\nabout = "organ"\nrole = "excluded"\ndirection = "after"\n'


def rule_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(RuleError) as caught:
        load_ruleset([rule_file(tmp_path, text)])
    return caught.value.faults


def found(rule: Rule, sentence: str) -> list[str]:
    article = Article("1", abstract=(AbstractSection("", sentence),))
    hits = find_hits(article, RULESET)
    return [
        sentence[hit.start : hit.end]
        for hit in hits
        if (hit.category, hit.rule) == (rule.category, rule.id)
    ]


EXAMPLES = [
    pytest.param(rule, sentence, id=f"{rule.category}-{rule.id}-{number}")
    for rule in RULESET.rules
    for number, sentence in enumerate(rule.matches)
]
COUNTEREXAMPLES = [
    pytest.param(rule, sentence, id=f"{rule.category}-{rule.id}-{number}")
    for rule in RULESET.rules
    for number, sentence in enumerate(rule.ignores)
]


@pytest.mark.parametrize(("rule", "sentence"), EXAMPLES)
def test_a_rule_is_found_in_its_examples(rule: Rule, sentence: str) -> None:
    assert found(rule, sentence)


@pytest.mark.parametrize(("rule", "sentence"), COUNTEREXAMPLES)
def test_a_rule_is_not_found_in_its_counterexamples(rule: Rule, sentence: str) -> None:
    assert found(rule, sentence) == []


def test_every_rule_that_has_forms_has_examples_of_both_kinds() -> None:
    bare = [
        rule.id
        for rule in RULESET.rules
        if (rule.terms or rule.case_sensitive or rule.abbreviations)
        and not (rule.matches and rule.ignores)
    ]
    assert bare == []


def test_the_plain_words_for_skin_are_no_form() -> None:
    skin = next(rule for rule in RULESET.rules if rule.id == "skin")
    assert skin.terms == ()
    assert "skin" in RULESET.ids("organ")


def test_a_regimen_stands_for_its_drugs_and_is_no_tag_of_its_own() -> None:
    vcd = next(rule for rule in RULESET.rules if rule.id == "vcd")
    assert vcd.tags == ("bortezomib", "cyclophosphamide", "dexamethasone")
    assert "vcd" not in RULESET.ids("treatment")


def test_a_manifestation_stands_for_its_system() -> None:
    carpal = next(rule for rule in RULESET.rules if rule.id == "carpal_tunnel")
    assert carpal.tags == ("neuro_peripheral",)
    assert "carpal_tunnel" not in RULESET.ids("organ")


@pytest.mark.skipif(not DOMAIN.is_dir(), reason="../shared/domain is not beside this checkout")
def test_the_tags_are_those_of_the_domain_notes() -> None:
    treatments = tomllib.loads((DOMAIN / "treatments.toml").read_text())["treatment"]
    organs = tomllib.loads((DOMAIN / "organs.toml").read_text())["organ"]
    classes = {rule.id: rule.group for rule in RULESET.rules if rule.category == "treatment"}
    assert list(RULESET.ids("treatment")) == [entry["id"] for entry in treatments]
    assert {entry["id"]: classes[entry["id"]] for entry in treatments} == {
        entry["id"]: entry["class"] for entry in treatments
    }
    systems = [entry["id"] for entry in organs if entry["class"] == "system"]
    assert list(RULESET.ids("organ")) == systems
    known = {rule.id for rule in RULESET.rules if rule.category == "organ"}
    assert known >= {entry["id"] for entry in organs}


def test_a_further_file_adds_a_rule_at_the_end(tmp_path: Path) -> None:
    ruleset = load_ruleset([rule_file(tmp_path, SOUND)])
    assert ruleset.ids("treatment")[-1] == "acid"
    assert len(ruleset.rules) == len(RULESET.rules) + 1


def test_a_further_file_replaces_a_rule_in_its_place(tmp_path: Path) -> None:
    text = SOUND.replace('"acid"', '"thalidomide"')
    ruleset = load_ruleset([rule_file(tmp_path, text)])
    assert ruleset.ids("treatment") == RULESET.ids("treatment")
    replaced = next(rule for rule in ruleset.rules if rule.id == "thalidomide")
    assert replaced.terms == ("salicylic acid",)


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    path = rule_file(tmp_path, SOUND)
    first = load_ruleset([path]).version
    path.write_text(SOUND + 'note = "the same, said better"\n', encoding="utf-8")
    plain = load_ruleset().version
    assert plain == load_ruleset().version
    assert len({plain, first, load_ruleset([path]).version}) == 3


def test_every_fault_is_named_at_once_with_its_place(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        SOUND
        + 'trems = ["x"]\nexclude = ["(open"]\nmesh = "Acid"\n'
        + '[[organ]]\nid = "toe"\nlabel = "Toe"\nclass = "manifestation"\nparent = "feet"\n'
        + '[[organ]]\nlabel = "No id"\nclass = "limb"\n'
        + '[[topic]]\nid = "t"\nlabel = "T"\nclass = "core"\ntopics = ["scleredma"]\n',
    )
    assert [fault.partition(": ")[0] for fault in faults] == [
        f"{tmp_path}/own.toml:{line}" for line in (2, 2, 2, 15, 15, 10, 18)
    ]
    assert "unknown key: trems; did you mean terms?" in faults[0]
    assert "exclude: not a regular expression: (open" in faults[2]
    assert "mesh: must be a list of texts" in faults[1]
    assert "the key id is missing" in faults[3]
    assert "class: unknown value: limb" in faults[4]
    assert "parent: no such rule: feet" in faults[5]
    assert "no such label: scleredma; did you mean scleredema?" in faults[6]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[treatment]]\nid = "a"\n', "the key label is missing"),
        ("id = [", "not valid TOML"),
        ('[[treatmnt]]\nid = "a"\n', "unknown table: treatmnt; did you mean treatment?"),
        (SOUND + SOUND, "the id is given twice"),
        (CUE + 'words = ["x"]\nreach = true\n', "reach: must be a number"),
        (
            CUE.replace('"excluded"', '"except"') + 'words = ["x"]\n',
            "an except stands before what it turns round",
        ),
        (SOUND.replace('"salicylic acid"', '" "'), "terms: holds an empty text"),
        (SOUND + 'agents = ["asprin"]\n', "agents: no such rule: asprin"),
        (
            '[[organ]]\nid = "a"\nlabel = "A"\nclass = "manifestation"\n',
            "a manifestation needs a parent",
        ),
        (
            CUE.replace('"excluded"', '"given"') + 'words = ["x"]\n',
            "role: unknown value: given",
        ),
        (
            CUE,
            "either words or a pattern is needed",
        ),
        (
            CUE.replace('"after"', '"up"') + 'words = ["x"]\n',
            "direction: unknown value: up",
        ),
    ],
)
def test_a_wrong_file_stops_the_start(tmp_path: Path, text: str, fault: str) -> None:
    assert any(fault in line for line in faults_of(tmp_path, text))


def test_a_file_that_is_not_there_is_a_fault_too(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"absent\.toml: cannot be read"):
        load_ruleset([tmp_path / "absent.toml"])


def test_the_built_in_files_are_read_once(tmp_path: Path) -> None:
    assert load_ruleset() is load_ruleset()
    assert load_ruleset([rule_file(tmp_path, SOUND)]) is not load_ruleset()


def test_a_general_term_covers_only_treatments_that_exist(tmp_path: Path) -> None:
    fault = faults_of(tmp_path, SOUND + 'covers = ["melphalan", "melfalan"]\n')
    assert fault == (
        f"{tmp_path}/own.toml:2: treatment acid: covers: no such rule: melfalan; "
        "did you mean melphalan?",
    )


def test_a_topic_of_another_disease_is_a_label_where_its_rule_has_that_id(tmp_path: Path) -> None:
    topic = '[[topic]]\nid = "{}"\nlabel = "S"\nclass = "core"\ntopics = ["systemic_sclerosis"]\n'
    own = topic.format("systemic_sclerosis") + topic.format("crest")

    ruleset = load_ruleset([rule_file(tmp_path, own)])

    assert [rule.tags for rule in ruleset.rules[-2:]] == [("systemic_sclerosis",)] * 2
    (fault,) = faults_of(tmp_path, topic.format("crest"))
    assert "topics: no such label: systemic_sclerosis" in fault


def test_the_words_of_a_cue_are_checked_one_by_one(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, CUE + 'words = ["sound", "(open", "sounder"]\n')

    assert "words: not a regular expression: (open" in fault


def test_a_folder_with_files_of_the_same_names_takes_the_place_of_the_built_in_ones(
    tmp_path: Path,
) -> None:
    for name in FILES:
        (tmp_path / name).write_text("")
    (tmp_path / "treatments.toml").write_text(SOUND)

    ruleset = load_ruleset(base=tmp_path)

    assert [(rule.id, rule.place) for rule in ruleset.rules] == [
        ("acid", f"{tmp_path}/treatments.toml:2: treatment acid")
    ]
    assert ruleset.version != RULESET.version
