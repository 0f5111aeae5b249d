"""Automatic term mapping: what PubMed makes of plain words."""


def test_an_untagged_subject_is_searched_as_heading_and_as_words(ask, found, shelf):
    answer = ask(shelf, "lichen myxedematosus")
    mapped = (
        '"scleromyxedema"[MeSH Terms] OR "scleromyxedema"[All Fields]'
        ' OR ("lichen"[All Fields] AND "myxedematosus"[All Fields])'
        ' OR "lichen myxedematosus"[All Fields]'
    )

    assert found(shelf, "lichen myxedematosus") == {1, 6}
    assert answer.translation == mapped
    assert answer.notes.translations == [("lichen myxedematosus", mapped)]


def test_the_longest_run_that_is_known_is_mapped_and_the_rest_goes_word_by_word(ask, shelf):
    assert ask(shelf, "follicular mucinosis of dog").translation == (
        '("mucinosis, follicular"[MeSH Terms] OR ("follicular"[All Fields] AND'
        ' "mucinosis"[All Fields]) OR "follicular mucinosis"[All Fields]) AND'
        ' ("dogs"[MeSH Terms] OR "dogs"[All Fields] OR "dog"[All Fields])'
    )


def test_an_untagged_author_or_journal_is_recognised(ask, found, shelf):
    assert ask(shelf, "altman r").translation == "altman r[Author]"
    assert ask(shelf, "sample cutan").translation.startswith('"sample cutan"[Journal] OR ')
    assert found(shelf, "sample cutan") == {2}


def test_quotes_tags_and_asterisks_switch_the_mapping_off(ask, shelf):
    assert ask(shelf, '"dog"').translation == '"dog"[All Fields]'
    assert ask(shelf, "dog[all]").translation == '"dog"[All Fields]'
    assert ask(shelf, "dog[tiab]").translation == '"dog"[Title/Abstract]'
    assert ask(shelf, "mucinos*").translation == '"mucinos*"[All Fields]'


def test_a_bare_number_of_a_record_is_that_record(ask, found, shelf):
    assert found(shelf, "3") == {3}
    assert ask(shelf, "3").translation == "3[UID]"


def test_a_default_field_holds_for_what_has_none(ask, found, shelf):
    assert found(shelf, "dog", default_field="mh") == {4}
    assert ask(shelf, "dog OR coma[ti]", default_field="mh").translation == (
        '"dogs"[MeSH Terms] OR "coma"[Title]'
    )
