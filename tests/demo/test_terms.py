"""What a term finds in each field, and what PubMed says about it."""

import pytest

from litwatch.demo.view import PHRASES


def test_title_and_abstract_include_keywords_and_the_short_and_long_tag_agree(found, shelf):
    assert found(shelf, '"dermato-neuro syndrome"[tiab]') == {2}
    assert found(shelf, '"dermato neuro syndrome"[Title/Abstract]') == {2}
    assert found(shelf, '"dermato neuro syndrome"[ti]', phrases=PHRASES) == set()


def test_a_phrase_holds_its_words_side_by_side_and_within_one_zone(found, shelf):
    assert found(shelf, '"lichen myxedematosus"[tiab]') == {1}


def test_a_truncated_word_finds_every_ending(ask, found, shelf):
    assert found(shelf, "scleromyx*[tiab]") == {1, 2}
    assert found(shelf, '"scleroderma mim*"[ti]', phrases=("scleroderma",)) == set()
    assert found(shelf, '"scleroderma mimi*"[ti]') == {9}
    assert ask(shelf, "scleromyx*[tiab]").translation == '"scleromyx*"[Title/Abstract]'


def test_truncation_needs_four_letters(ask, shelf):
    short = ask(shelf, "myx*[tiab]")

    assert short.hits == frozenset()
    assert short.notes.phrases_not_found == ["myx*[tiab]"]


def test_diacritics_and_greek_letters_are_folded(found, shelf):
    assert found(shelf, "muller naïve[ti]") == {7}
    assert found(shelf, "skleromyxodem[tt]") == found(shelf, "Skleromyxödem[tt]") == {2}
    assert found(shelf, '"tgf beta"[ti]') == found(shelf, '"TGF-β"[ti]') == {7}


def test_proximity_takes_any_order_and_counts_the_words_between(found, shelf):
    assert found(shelf, '"myxedema coma"[tiab:~0]') == {3}
    assert found(shelf, '"coma myxedema"[tiab:~0]') == {3}
    assert found(shelf, '"hip myxedema"[ti:~1]') == set()
    assert found(shelf, '"hip myxedema"[Title:~2]') == {6}
    assert found(shelf, '"lichen myxedema late"[tiab:~4]') == {6}
    assert found(shelf, '"lichen myxedema late"[tiab:~3]') == set()


def test_proximity_does_not_use_the_phrase_index(ask, shelf):
    nothing = ask(shelf, '"gammopathy unheard"[tiab:~0]')

    assert nothing.hits == frozenset()
    assert nothing.notes.quoted_phrases_not_found == []
    assert nothing.translation == '"gammopathy unheard"[Title/Abstract:~0]'


def test_proximity_in_a_field_that_has_none_is_an_unknown_field(ask, shelf):
    assert ask(shelf, '"myxedema coma"[mh:~2]').notes.fields_not_found == ["mh:~2"]


def test_an_unknown_word_is_named_and_the_rest_is_searched(ask, found, shelf):
    term = "abcXYZ[tiab] AND coma[ti]"

    assert found(shelf, term) == {3}
    assert ask(shelf, term).notes.phrases_not_found == ["abcXYZ[tiab]"]
    assert ask(shelf, term).translation == '"coma"[Title]'


def test_a_query_of_unknown_words_alone_finds_nothing(ask, shelf):
    answer = ask(shelf, "abcXYZ")

    assert (answer.hits, answer.translation) == (frozenset(), "(abcXYZ[All Fields])")
    assert answer.notes.phrases_not_found == ["abcXYZ"]


def test_a_word_of_the_wider_index_is_known_though_nothing_holds_it(ask, shelf):
    answer = ask(shelf, "escleromixedema[tt] OR coma[ti]", phrases=PHRASES)

    assert answer.notes.phrases_not_found == []
    assert answer.translation == '"escleromixedema"[Transliterated Title] OR "coma"[Title]'


def test_a_word_of_another_field_is_known_and_finds_nothing(ask, shelf):
    answer = ask(shelf, "paraprotein[ti]")

    assert (answer.hits, answer.notes.phrases_not_found) == (frozenset(), [])


def test_an_unknown_field_is_named_and_its_term_searched_without_it(ask, found, shelf):
    assert found(shelf, "coma[nofield]") == {3}
    assert ask(shelf, "coma[nofield]").notes.fields_not_found == ["nofield"]


def test_a_quoted_phrase_outside_the_index_finds_nothing_by_default(ask, found, shelf):
    term = '"coma myxedema"[tiab] OR dog[ti]'

    assert found(shelf, term) == {4}
    assert ask(shelf, term).notes.quoted_phrases_not_found == ['"coma myxedema"[tiab]']
    assert ask(shelf, '"coma myxedema"').translation == '"coma myxedema"'


def test_a_quoted_phrase_outside_the_index_may_fall_back_to_its_words(ask, found, shelf):
    term = '"coma myxedema"[tiab]'

    assert found(shelf, term, missing_quotes="words") == {3}
    answer = ask(shelf, term, missing_quotes="words")
    assert answer.notes.quoted_phrases_not_found == [term]
    assert answer.translation == '"coma"[Title/Abstract] AND "myxedema"[Title/Abstract]'


def test_a_hyphenated_word_outside_the_index_finds_nothing(ask, found, shelf):
    assert found(shelf, "coma-myxedema[tiab]") == set()
    assert found(shelf, "dermato-neuro[tiab]") == {2}
    assert ask(shelf, "coma-myxedema[tiab]").notes.phrases_not_found == ["coma-myxedema[tiab]"]


def test_words_without_quotes_fall_back_to_each_word_without_a_warning(ask, found, shelf):
    assert found(shelf, "coma myxedema[tiab]") == {3}
    assert ask(shelf, "coma myxedema[tiab]").notes.quoted_phrases_not_found == []


def test_a_heading_finds_what_is_narrower(found, shelf):
    assert found(shelf, "Mucinoses[mh]") == {1, 3, 4, 5, 9}
    assert found(shelf, '"Mucinoses"[MeSH Terms:noexp]') == {4}
    assert found(shelf, "mucopolysaccharidoses[mh]") == {9}


def test_an_entry_term_leads_to_its_heading(ask, found, shelf):
    assert found(shelf, '"alopecia mucinosa"[mh]') == {5}
    assert ask(shelf, '"alopecia mucinosa"[mh]').translation == (
        '"mucinosis, follicular"[MeSH Terms]'
    )


def test_qualifiers_and_major_topics_narrow_a_heading(found, shelf):
    assert found(shelf, "Scleromyxedema/drug therapy[mh]") == {1}
    assert found(shelf, "Scleromyxedema/surgery[mh]") == set()
    assert found(shelf, "Mucinoses[majr]") == {1, 4}
    assert found(shelf, "drug therapy[sh]") == {1}


def test_animals_without_humans_is_animals_alone(found, shelf):
    assert found(shelf, '"Animals"[mh]') == {1, 3, 4}
    assert found(shelf, '"Animals"[mh] NOT "Humans"[mh]') == {4}


def test_an_unknown_heading_finds_nothing_without_a_word(ask, shelf):
    answer = ask(shelf, '"Absent Heading"[mh]')

    assert answer.hits == frozenset()
    assert answer.notes.phrases_not_found == []
    assert answer.translation == '"absent heading"[MeSH Terms]'


def test_publication_types_include_narrower_ones(found, shelf):
    assert found(shelf, "case reports[pt]") == {1}
    assert found(shelf, "review[Publication Type]") == {4}


def test_languages_go_by_code_or_name(found, shelf):
    assert found(shelf, "ger[la]") == found(shelf, "german[Language]") == {2}


def test_an_author_may_be_given_with_free_or_fixed_initials(ask, found, shelf):
    assert found(shelf, "altman r[au]") == {1}
    assert found(shelf, '"altman r"[au]') == set()
    assert found(shelf, '"altman rb"[au]') == {1}
    assert found(shelf, "altman[Author]") == {1}
    assert found(shelf, "altman russ b[au]") == {1}
    assert found(shelf, "probst a[lastau]") == {1, 2, 3, 4, 5, 7, 8, 9}
    assert ask(shelf, "nobody x[au]").notes.phrases_not_found == ["nobody x[au]"]


def test_a_journal_goes_by_title_or_abbreviation_and_is_translated(ask, found, shelf):
    answer = ask(shelf, "sample cutan[ta]")

    assert found(shelf, '"Archives of Sample Cutan"[jour]') == {2}
    assert answer.translation == '"sample cutan"[Journal]'
    assert answer.notes.translations == [
        ("sample cutan[ta]", '"Sample Cutan"[Journal:__jid9900]'),
    ]


def test_identifiers_are_found_to_the_letter(ask, found, shelf):
    assert found(shelf, "10.5555/ONE[aid]") == {1}
    assert found(shelf, "0000003[pmid]") == {3}
    assert found(shelf, "3,4 777[uid]") == {3, 4}
    assert ask(shelf, "777[uid]").notes.phrases_not_found == ["777[uid]"]


def test_each_date_field_has_its_own_day(found, shelf):
    assert found(shelf, "2026/08/20[crdt]") == {8}
    assert found(shelf, "1998/04/01[edat]") == {8}
    assert found(shelf, "1998/04/01[mhda]") == {8}
    assert found(shelf, "2026/09/02[lr]") == found(shelf, "2026/09/02[mdat]") == set(range(1, 10))


def test_a_publication_date_matches_in_print_or_electronically(found, shelf):
    assert found(shelf, "1998[dp]") == found(shelf, "1997[dp]") == {8}


def test_ranges_may_be_open_partial_and_written_in_three_ways(ask, found, shelf):
    for term in (
        "2026/09/01:2026/09/08[crdt]",
        '("2026/09/01"[crdt] : "2026/09/08"[crdt])',
        "2026/09[Date - Create]",
    ):
        assert found(shelf, term) == {1, 2, 3}
    assert found(shelf, "2026/08/21:3000[crdt]") == {1, 2, 3}
    assert ask(shelf, "2026/09[crdt]").translation == "2026/09/01:2026/09/30[Date - Create]"
    assert ask(shelf, "2024:3000[dp]").translation == ("2024/01/01:3000/12/31[Date - Publication]")


def test_the_last_days_end_today(ask, shelf):
    assert ask(shelf, '"last 60 days"[edat]').translation == ("2026/09/03:2026/11/02[Date - Entry]")


@pytest.mark.parametrize(
    "term", ["2026/13/01[crdt]", "0000[dp]", "soon[dp]", "2026::[crdt]", '"last 99999 years"[dp]']
)
def test_a_date_that_is_none_or_out_of_reach_is_answered_without_a_word(ask, shelf, term):
    assert ask(shelf, term).notes.phrases_not_found == []


def test_days_that_tile_give_the_whole(found, shelf):
    slices = ("1000:2023[crdt]", "2024/01/01:2026/08/31[crdt]", "2026/09/01:3000[crdt]")
    parts = [found(shelf, term) for term in slices]

    assert sum(map(len, parts)) == 9
    assert set().union(*parts) == set(range(1, 10))
