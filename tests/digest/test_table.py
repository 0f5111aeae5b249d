"""The table of treatments by organs."""

from dataclasses import replace
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st

from litwatch.digest.table import MAX_COLUMNS, MAX_ROWS, Cell, Reported, reported, tabulate
from litwatch.models import Tag


def treatment(name: str, group: str = "immunoglobulin") -> Tag:
    return Tag("treatment", name.lower(), name, group)


def organ(name: str) -> Tag:
    return Tag("organ", name.lower(), name)


IVIG, THALIDOMIDE = treatment("IVIG"), treatment("Thalidomide", "imid")
HEART, LUNGS = organ("Heart"), organ("Lungs")


def test_a_cell_counts_the_papers_of_the_issue_and_all_on_file() -> None:
    here: list[Reported] = [((IVIG,), (HEART,)), ((IVIG, THALIDOMIDE), ())]
    on_file: list[Reported] = [*here, ((IVIG,), (HEART, LUNGS)), ((THALIDOMIDE,), (HEART,))]

    table = tabulate(here, on_file)

    assert table
    assert table.organs == (HEART,)
    assert [(row.treatment.label, row.every, row.cells) for row in table.rows] == [
        ("IVIG", Cell(2, 3), (Cell(1, 2),)),
        ("Thalidomide", Cell(1, 2), (Cell(0, 1),)),
    ]


def test_a_label_of_other_rules_is_the_same_tag() -> None:
    older = replace(IVIG, label="Immunoglobulin")

    table = tabulate([((IVIG,), ())], [((IVIG,), ()), ((older,), ())])

    assert table
    assert table.rows[0].every == Cell(1, 2)


def test_how_something_was_given_is_no_treatment_and_no_organ_no_column() -> None:
    slowly = treatment("Slowly", "modifier")
    unnamed = Tag("organ", "systemic_nos", "Systemic involvement, not specified")

    table = tabulate([((IVIG, slowly), (unnamed,))], [])

    assert table
    assert [row.treatment for row in table.rows] == [IVIG]
    assert table.organs == ()


def test_without_a_treatment_there_is_no_table() -> None:
    assert tabulate([((), (HEART,))], [((IVIG,), (HEART,))]) is None
    assert tabulate([], []) is None


TAGS = st.lists(st.sampled_from([treatment(f"T{n}") for n in range(15)]), unique=True)
ORGANS = st.lists(st.sampled_from([organ(f"O{n}") for n in range(9)]), unique=True)


@given(st.lists(st.tuples(TAGS, ORGANS), max_size=30))
def test_the_table_is_small_and_says_what_it_leaves_out(papers: list[Reported]) -> None:
    table = tabulate(papers, papers)
    named = {tag for given_, _ in papers for tag in given_}

    if table is None:
        assert not named
        return
    assert len(table.rows) == min(len(named), MAX_ROWS)
    assert table.rows_left_out == len(named) - len(table.rows)
    assert len(table.organs) <= MAX_COLUMNS
    for row in table.rows:
        assert len(row.cells) == len(table.organs)
        assert row.every.here == sum(row.treatment in given_ for given_, _ in papers)
        assert all(cell.in_all <= row.every.in_all for cell in row.cells)


def test_a_paper_that_no_longer_stands_reports_nothing(samples: ModuleType) -> None:
    heart, retracted = samples.heart_paper(), samples.retracted_paper()

    given_, involved = reported([heart])[0]
    assert [tag.id for tag in given_] == ["ivig"]
    assert "cardiovascular" not in [tag.id for tag in involved], "the heart was excluded"
    assert reported([retracted, replace(heart, withdrawn=True)]) == []
