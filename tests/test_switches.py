"""A switch takes one rule out of the whole project, and puts it back."""

import re
from types import ModuleType
from typing import Any

import pytest

from spiders import search
from spiders.detect import addresses, callback, emails_cloaked, form_surroundings, lexicon, links, page, shape, social
from spiders.detect.document import Document
from spiders.frontier import Budget, Frontier
from spiders.harvest import Harvest
from spiders.identity import is_hash_route
from spiders.scope import Scope
from tests.switches import RuleGoneError, find, switched_off, switches_of

WORDS = "spiders.detect.lexicon:words"


def held(module: ModuleType, name: str) -> Any:
    """What *name* is in *module* now, also where it was imported."""
    return vars(module)[name]


def test_a_function_is_off_wherever_it_was_imported_and_on_again_afterwards() -> None:
    before = page.forwarding
    with switched_off([("spiders.detect.page:forwarding", "none")]):
        assert page.forwarding is held(search, "forwarding") is not before
        assert held(search, "forwarding")(object()) is None
    assert page.forwarding is held(search, "forwarding") is before


def test_a_rule_is_back_even_after_its_block_breaks() -> None:
    before = vars(Scope)["covers"]
    with pytest.raises(RuntimeError), switched_off([("spiders.scope:Scope.covers", True)]):
        assert Scope("http://a.test/").covers("http://b.test/")
        raise RuntimeError
    assert vars(Scope)["covers"] is before


def test_a_word_list_that_is_off_matches_nothing_and_leaves_the_others_alone() -> None:
    with switched_off([(f"{WORDS}[phones.fax]", [])]):
        assert lexicon.pattern("phones", "fax").search("fax") is None
        assert lexicon.pattern("phones", "label").search("tel") is not None
    assert lexicon.pattern("phones", "fax").search("fax") is not None


def test_the_words_of_one_language_can_be_off_alone() -> None:
    with switched_off([(f"{WORDS}[de.links.contact]", [])]):
        assert links.interest_of_words("Kontakt") is not links.Interest.CONTACT
        assert links.interest_of_words("Contatti") is links.Interest.CONTACT
    assert links.interest_of_words("Kontakt") is links.Interest.CONTACT


def test_what_was_remembered_with_a_rule_is_forgotten_without_it() -> None:
    assert shape._quantity_words() is shape._quantity_words()
    before = links.interest_of_words("Contact")
    with switched_off([(f"{WORDS}[links.contact]", [])]):
        assert links.interest_of_words("Contact") is not before
    assert links.interest_of_words("Contact") is before


def test_a_constant_is_off_in_every_module_that_has_it_and_no_equal_one_is() -> None:
    with switched_off([("spiders.detect.pressable:LABEL_LENGTH", held(form_surroundings, "MAX_TEXT"))]):
        assert held(callback, "LABEL_LENGTH") == held(form_surroundings, "MAX_TEXT")
        with switched_off([("spiders.detect.form_words:MAX_TEXT", 1)]):
            assert held(form_surroundings, "MAX_TEXT") == 1
            assert held(callback, "LABEL_LENGTH") > 1


def test_a_library_function_is_off_in_the_named_module_only() -> None:
    with switched_off([("spiders.detect.emails_cloaked:unquote", "argument")]):
        assert held(emails_cloaked, "unquote")("%40") == "%40"
        assert held(links, "unquote")("%40") == held(social, "unquote")("%40") == "@"


def test_a_method_gives_its_first_argument_and_a_field_its_switch() -> None:
    with switched_off([("spiders.harvest:Harvest._key_of", "argument"), ("spiders.frontier:Budget.depth", 1000)]):
        harvest = Harvest(Frontier(Budget()), Scope("http://a.test/"))
        assert harvest._key_of("tel:1", "tel:1") == "tel:1"
        assert Budget().depth == 1000
    assert Budget().depth < 1000


def test_a_pattern_never_matches_and_a_collection_is_empty() -> None:
    with switched_off([("spiders.detect.shape:_HOURS", "never"), ("spiders.detect.links:_BESIDE", [])]):
        assert shape._HOURS.search("09.00-12.00") is None
        assert not links._BESIDE


def test_a_pattern_can_be_replaced_and_a_collection_can_keep_some_members() -> None:
    with switched_off([("spiders.identity:_HASH_ROUTE", "."), ("spiders.detect.shape:_GROUPINGS", [[2, 8], "none"])]):
        assert is_hash_route("http://a.test/#top") and not is_hash_route("http://a.test/")
        assert sorted(map(str, shape._GROUPINGS)) == ["(2, 8)", "None"]
    assert not is_hash_route("http://a.test/#top")


def test_a_method_can_give_what_its_object_has() -> None:
    page_with_base = b'<base href="/boutique/"><a href="contact">Contact</a>'
    with switched_off([("spiders.detect.document:Document._base", "self.url")]):
        assert Document(page_with_base, "http://a.test/").links[0].url == "http://a.test/contact"
    assert Document(page_with_base, "http://a.test/").links[0].url == "http://a.test/boutique/contact"


def test_calls_with_other_arguments_than_the_named_ones_are_answered_as_ever() -> None:
    listed = addresses._listed("machine_domains")
    with switched_off([("spiders.detect.addresses:_listed[file_endings]", [])]):
        assert not addresses._listed("file_endings")
        assert addresses._listed("machine_domains") == listed


@pytest.mark.parametrize(
    "rule",
    [
        "spiders.detect.phones:guess_number", "spiders.detect.gone:find", "spiders.scope:Scope.guesses",
        f"{WORDS}[phones.telegraph]", f"{WORDS}[eo.phones.fax]",
    ],
)  # fmt: skip
def test_a_rule_that_is_gone_is_named(rule: str) -> None:
    with pytest.raises(RuleGoneError, match=rf"rule {re.escape(rule)} no longer exists"):
        find(rule)


@pytest.mark.parametrize(
    ("rule", "off"),
    [
        ("spiders.detect.shape:_HOURS", False), ("spiders.detect.pressable:LABEL_LENGTH", "none"),
        (f"{WORDS}[phones.fax]", False), ("spiders.scope", True), ("spiders.scope:Scope", "none"),
    ],
)  # fmt: skip
def test_a_switch_that_does_not_fit_its_rule_is_refused(rule: str, off: object) -> None:
    with pytest.raises(ValueError), switched_off([(rule, off)]):
        raise AssertionError


def test_several_rules_have_as_many_switches() -> None:
    assert switches_of({"rule": ["a:b", "c:d"], "off": [False, "none"]}) == [("a:b", False), ("c:d", "none")]
    assert switches_of({"rule": "a:b", "off": []}) == [("a:b", [])]
    with pytest.raises(ValueError):
        switches_of({"rule": ["a:b", "c:d"], "off": [False]})
