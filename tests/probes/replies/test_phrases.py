"""The language of the lexicon, and that every file of it can be read."""

import pytest

from probes.replies.phrases import TAGS, Phrase, fold_words, hits, phrases_of, sentences_of


def phrase(entry: str) -> Phrase:
    ((read, _),) = phrases_of({"receipt": [entry]}, "xx")
    return read


@pytest.mark.parametrize(
    ("entry", "words", "matches"),
    [
        ("avons bien? recu", "avons bien recu ", True),
        ("avons bien? recu", "avons recu ", True),
        ("avons bien? recu", "avons pas recu ", False),
        ("recu|pris en compte", "pris en compte ", True),
        ("repond* vite", "repondrons vite ", True),
        ("repond* vite", "repos vite ", False),
        ("nous ... repondrons", "nous vous le repondrons ", True),
        ("nous ... repondrons", "nous a b c d e f repondrons ", False),
        ("Reçu à l'été", "recu a l ete ", True),
        ("mit Grüßen", "mit grussen ", True),
    ],
)
def test_a_phrase_matches_the_words_it_says(entry: str, words: str, matches: bool) -> None:
    assert bool(phrase(entry).pattern.match(words)) is matches


@pytest.mark.parametrize("entry", ["", "... recu", "bien? recu", "rec* bien", "(a+)+", "a.b"])
def test_a_faulty_phrase_is_refused_with_its_place(entry: str) -> None:
    with pytest.raises(ValueError, match=r"xx\.toml: receipt"):
        phrase(entry)


@pytest.mark.parametrize("lists", [{"reciept": ["a b"]}, {"receipt": "a b"}, {"receipt": [1]}])
def test_a_faulty_list_is_refused(lists: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"xx\.toml"):
        list(phrases_of(lists, "xx"))


def test_a_phrase_tied_to_the_start_is_found_nowhere_else() -> None:
    assert any(hit.tag == "personal" for hit in hits(sentences_of("Non, pas du tout.")))
    assert not any(hit.tag == "personal" for hit in hits(sentences_of("Article non repris.")))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Un. Deux ! Trois ?", 3),
        ("Une phrase qui continue sur la ligne suivante parce que la\npremière était pleine.", 1),
        ("Bonjour,\nMerci", 2),
        ("Vom 1. bis 15. August.", 1),
        ("Le prix est de 3.90 euros.", 1),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(sentences_of(text)) == count


def test_every_list_is_used_and_known() -> None:
    text = "Nous avons bien reçu votre e-mail"
    assert fold_words(text) == ["nous", "avons", "bien", "recu", "votre", "email"]
    assert {hit.tag for hit in hits(sentences_of(text))} <= TAGS
