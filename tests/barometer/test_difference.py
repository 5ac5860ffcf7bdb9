import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from barometer.reports.audit_contract import parse_results
from barometer.reports.audit_folder import AuditFile
from barometer.reports.difference import Comparison, Difference, Kind, compare
from barometer.reports.wording import Language, words_of
from storage.vocabulary import SOCIAL_CHANNELS, Channel, Profile
from tests.barometer.audit_samples import (
    CONTACT,
    HOME,
    Json,
    absent,
    changed,
    exact,
    follow,
    hostile,
    rendered_audit,
    static_audit,
    tariff,
    value,
    write_audit,
)
from tests.barometer.command_line import run

NUMBER = "+33199001120"
Change = Callable[[Json], Any]


def compared(old: Any, new: Any, language: Language = Language.ENGLISH) -> list[Comparison]:
    files = [AuditFile(Path(), parse_results(json.dumps(one).encode()), "") for one in (old, new)]
    return compare(files[0], files[1], words_of(language))


def moved(change: Change, base: Json | None = None) -> list[Difference]:
    """Return the differences that *change* makes."""
    audit = base or static_audit()
    (comparison,) = compared(audit, changed(audit, change))
    return comparison.differences


def told(change: Change, base: Json | None = None) -> list[tuple[str, str]]:
    return [(str(one.kind), one.sentence) for one in moved(change, base)]


def put(channel: str, part: Json) -> Change:
    return lambda audit: audit["channels"].update({channel: part})


def phone(*numbers: Json, clicks: int = 0, **more: Any) -> Json:
    return exact(clicks, list(numbers), **more)


ORDINARY = value(NUMBER, "01 99 00 11 20", tariff=tariff("ordinary"))
PREMIUM = value("+33892690012", "0892 69 00 12", tariff=tariff("premium", 0.8, 3))


def with_phone(part: Json) -> Json:
    return changed(static_audit(), put("phone", part))


@pytest.mark.parametrize(
    "audit", [static_audit(), rendered_audit(), [rendered_audit(), rendered_audit(Profile.MOBILE)]]
)
def test_nothing_moves_between_a_result_and_itself(audit: Any) -> None:
    assert all(comparison.differences == [] for comparison in compared(audit, audit))


def test_a_depth_that_grew_is_told_with_the_new_way() -> None:
    farther = phone(ORDINARY, clicks=2, path=[follow("Aide"), follow("Nous joindre")])
    assert told(put("phone", farther), with_phone(phone(ORDINARY))) == [
        ("farther", "Phone: farther, at 2\u00a0clicks instead of 0\u00a0clicks, by “Aide”, “Nous joindre”.")
    ]


def test_a_depth_that_shrank_is_told_in_french() -> None:
    old = with_phone(phone(ORDINARY, clicks=2, path=[follow(), follow()]))
    (comparison,) = compared(old, with_phone(phone(ORDINARY)), Language.FRENCH)
    assert [one.sentence for one in comparison.differences] == [
        "Téléphone\u00a0: plus près, à 0\u00a0clic au lieu de 2\u00a0clics."
    ]


def bounded(clicks: int, at_least: int) -> Json:
    path = [follow() for _ in range(clicks)]
    return {**phone(ORDINARY, clicks=clicks, path=path), "outcome": "at_most", "at_least": at_least, "basis": None}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (phone(ORDINARY, clicks=2), bounded(3, 1), Kind.CERTAINTY),
        (bounded(3, 1), phone(ORDINARY, clicks=2), Kind.CERTAINTY),
        (bounded(3, 2), phone(ORDINARY, clicks=1), Kind.NEARER),
        (phone(ORDINARY, clicks=1), bounded(3, 2), Kind.FARTHER),
        (bounded(2, 1), bounded(4, 3), Kind.FARTHER),
    ],
)
def test_bounds_that_overlap_prove_no_change(old: Json, new: Json, kind: Kind) -> None:
    kinds = [one.kind for one in moved(put("phone", new), with_phone(old)) if one.kind is not Kind.PATH]
    assert kinds == [kind]


def test_another_way_of_the_same_length_is_told() -> None:
    assert told(lambda audit: audit["channels"]["phone"].update(path=[follow("Aide")])) == [
        ("path", "Phone: still at 1\u00a0click, by another way: “Aide” instead of “Nous contacter”.")
    ]


def test_a_channel_that_vanished_is_told_with_what_it_was() -> None:
    assert told(put("phone", absent("not_found", searched="budget"))) == [
        (
            "vanished",
            "Phone: there earlier (01 99 00 11 20, at 1\u00a0click), not found now. "
            "The search ended at the limit we set; nothing that was read shows it.",
        )
    ]


def test_a_form_that_appeared_is_told() -> None:
    old = changed(static_audit(), put("form", absent("not_found", searched="complete")))
    (one,) = moved(put("form", static_audit()["channels"]["form"]), old)
    assert (one.channel, one.kind) == (Channel.FORM, Kind.APPEARED)
    assert one.sentence == "Form: new, at 1\u00a0click, by “Nous contacter” (maison-lumen.example/contact)."


def test_a_channel_that_may_have_been_there_is_not_called_new_without_saying_so() -> None:
    old = changed(static_audit(), put("form", absent("not_found", searched="budget")))
    (one,) = moved(put("form", static_audit()["channels"]["form"]), old)
    assert one.sentence.endswith("The earlier visit had not read everything: it may have been there.")


def test_a_channel_no_longer_measured_is_our_gap_with_its_reason() -> None:
    ((kind, sentence),) = told(put("phone", absent("not_measured", reason="robots")))
    assert kind == "unmeasured"
    assert sentence.startswith("Phone: measured earlier (1\u00a0click), not measured now. The file robots.txt asks")


def test_a_channel_measured_for_the_first_time_is_told() -> None:
    assert told(put("callback", absent("not_found", searched="complete"))) == [
        ("measured", "Call-back offer: not measured earlier, now not found.")
    ]


def test_another_reason_and_another_search_are_told() -> None:
    assert told(put("callback", absent("not_measured", reason="timeout")))[0][0] == "reason"
    assert told(put("chat", absent("not_found", searched="templates", template_sample=3)))[0][0] == "searched"


def test_a_number_that_another_replaces_is_one_change() -> None:
    other = value("+33199002233", "01 99 00 22 33", tariff=tariff("ordinary"))
    assert told(put("phone", phone(other)), with_phone(phone(ORDINARY))) == [
        ("value", "Phone: 01 99 00 22 33 replaces 01 99 00 11 20.")
    ]


def test_addresses_that_come_and_go_are_told_one_by_one() -> None:
    old = changed(static_audit(), put("email", exact(0, [value("a@shop.example"), value("b@shop.example")])))
    new = exact(0, [value("a@shop.example"), value("c@shop.example", depth=1), value("d@shop.example", depth=1)])
    assert told(put("email", new), old) == [
        ("value", "E-mail: b@shop.example is gone."),
        ("value", "E-mail: c@shop.example is added, seen at 1\u00a0click."),
        ("value", "E-mail: d@shop.example is added, seen at 1\u00a0click."),
    ]


def test_upper_case_is_no_other_address() -> None:
    old = changed(static_audit(), put("email", exact(0, [value("Bonjour@shop.example")])))
    assert told(put("email", exact(0, [value("bonjour@shop.example")])), old) == []


def test_a_number_that_became_premium_is_told_with_its_price() -> None:
    dearer = {**ORDINARY, "tariff": tariff("premium", 0.2, 0.5)}
    assert told(put("phone", phone(dearer)), with_phone(phone(ORDINARY))) == [
        (
            "tariff",
            "Phone: 01 99 00 11 20 is now at a premium rate (at most €0.20 a minute or €0.50 a call, "
            "on top of an ordinary call); earlier: price of an ordinary call.",
        )
    ]
    assert "no longer at a premium rate" in told(put("phone", phone(ORDINARY)), with_phone(phone(dearer)))[0][1]


def test_an_ordinary_number_replaced_by_a_premium_one_is_told_as_such_first() -> None:
    kinds = [kind for kind, _ in told(put("phone", phone(PREMIUM)), with_phone(phone(ORDINARY)))]
    assert kinds == ["tariff", "value"]
    (dearer, _) = told(put("phone", phone(PREMIUM)), with_phone(phone(ORDINARY)))
    assert dearer[1].startswith("Phone: the nearest number is now at a premium rate: 0892 69 00 12, at most €0.80")


def test_a_change_between_two_prices_of_one_class_is_told() -> None:
    cheaper = {**PREMIUM, "tariff": tariff("premium", 0.2, 0.5)}
    ((kind, sentence),) = told(put("phone", phone(cheaper)), with_phone(phone(PREMIUM)))
    assert kind == "tariff" and "€0.80" in sentence and "€0.20" in sentence


def test_a_number_now_set_aside_is_told_with_the_reason_and_once() -> None:
    def demote(audit: Json) -> None:
        audit["channels"]["phone"] = phone(PREMIUM)
        audit["set_aside"].append({"channel": "phone", "value": NUMBER, "page": HOME, "why": "mediator"})

    sentences = [sentence for _, sentence in told(demote, with_phone(phone(ORDINARY, PREMIUM)))]
    assert any(one.startswith("Phone: 01 99 00 11 20 is now set aside (mediator:") for one in sentences)
    assert not any("Newly set aside" in one for one in sentences)


def test_what_is_newly_set_aside_is_told_last() -> None:
    def add(audit: Json) -> None:
        audit["set_aside"].append({"channel": "phone", "value": "+33199000077", "page": HOME, "why": "agency"})
        audit["channels"]["email"] = absent("not_found", searched="complete")

    assert [kind for kind, _ in told(add)] == ["vanished", "set_aside"]


def test_readability_and_bots_are_told() -> None:
    unreadable = {**ORDINARY, "readable": False}
    assert told(put("phone", phone(unreadable)), with_phone(phone(ORDINARY)))[0][0] == "readable"
    person = changed(static_audit(), put("chat", exact(0, [value("zendesk", readable=None, automatic=False)])))
    assert told(put("chat", exact(0, [value("zendesk", readable=None, automatic=True)])), person) == [
        ("automatic", "Chat: zendesk is now a bot.")
    ]


def test_effort_is_told_from_one_second_and_a_fifth_on() -> None:
    def effort(seconds: float) -> Json:
        return phone(ORDINARY, effort_seconds=seconds)

    assert told(put("phone", effort(6.9)), with_phone(effort(6.2))) == []
    assert told(put("phone", effort(9.0)), with_phone(effort(6.2))) == [
        ("effort", "Phone: more effort, about 9.0\u00a0s instead of 6.2\u00a0s.")
    ]
    assert told(put("phone", effort(6.2)), with_phone(effort(9.0)))[0][1].startswith("Phone: less effort, about 6.2")
    assert told(put("phone", effort(11.9)), with_phone(effort(10.0))) == []
    assert told(put("phone", effort(1.9)), with_phone(effort(1.0))) == []


def test_boxes_pictures_and_the_parts_of_an_effort_are_no_news() -> None:
    def redraw(audit: Json) -> None:
        part = audit["channels"]["phone"]
        part["proof"] = {"screenshot": "other.png", "box": [1, 2, 3, 4]}
        part["path"][0].update(box=[9, 9, 9, 9], screenshot="other-step.png", selector="#other")
        part["effort"]["parts"][4]["seconds"] += 0.4

    assert told(redraw, rendered_audit()) == []


def test_a_way_over_an_icon_is_told_by_where_the_icon_leads() -> None:
    def icon(audit: Json) -> None:
        audit["channels"]["phone"]["path"] = [follow("\ue001", HOME + "aide%C3%A9")]

    assert told(icon) == [
        ("path", "Phone: still at 1\u00a0click, by another way: “/aideé” instead of “Nous contacter”.")
    ]


def test_a_visit_that_failed_is_told_first_and_its_reason_once() -> None:
    def fail(audit: Json) -> None:
        audit.update(status="unreachable", status_reason="timeout", set_aside=[])
        audit["pages"]["read"] = 0
        audit["channels"] = {str(channel): absent("not_measured", reason="timeout") for channel in Channel}

    first, *others = told(fail)
    assert first[0] == "status" and "The answer did not arrive" in first[1]
    assert others and not any("The answer did not arrive" in sentence for _, sentence in others[:-1])
    assert {kind for kind, _ in others} == {"unmeasured", "reason"}


def test_what_reaches_the_merchant_comes_before_social_networks_and_those_before_details() -> None:
    def much(audit: Json) -> None:
        audit["channels"]["instagram"] = absent("not_found", searched="complete")
        audit["channels"]["youtube"] = exact(0, [value("https://www.youtube.com/@maisonlumen")])
        audit["channels"]["form"] = absent("not_found", searched="complete")
        audit["channels"]["phone"].update(clicks=2, at_least=2)
        audit["channels"]["email"]["values"].append(value("sav@maison-lumen.example"))
        audit["channels"]["contact_page"]["path"] = [follow("Aide")]
        audit["warnings"].append("the server was slow")

    kinds = [(str(one.kind), str(one.channel)) for one in moved(much)]
    assert kinds == [
        ("vanished", "form"), ("farther", "phone"), ("vanished", "instagram"), ("appeared", "youtube"),
        ("value", "email"), ("path", "contact_page"), ("warning", "None"),
    ]  # fmt: skip
    assert Channel.INSTAGRAM in SOCIAL_CHANNELS


def test_two_sites_are_compared_with_a_caution() -> None:
    def elsewhere(audit: Json) -> None:
        audit["site"].update(url="https://verre-et-lin.example/", final_url="https://verre-et-lin.example/")

    first, *_ = moved(elsewhere)
    assert (first.kind, first.channel) == (Kind.CONDITIONS, None)
    assert first.sentence.startswith("Caution: two different sites, maison-lumen.example then verre-et-lin.example.")


def test_a_site_that_moved_to_another_host_keeps_its_pages() -> None:
    def move(audit: Json) -> None:
        moved_home = "https://boutique.maison-lumen.example/"
        audit["site"]["final_url"] = moved_home
        audit["channels"]["contact_page"]["values"][0]["value"] = CONTACT.replace(HOME, moved_home)

    assert told(move) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda audit: audit["tool"].update(browser="Chromium 156"), "the second showed the pages in a browser"),
        (lambda audit: audit["tool"].update(version="0.2.0"), "two versions of the tool, 0.1.0 then 0.2.0"),
        (lambda audit: audit["site"].update(country="BE"), "two plans, FR then BE"),
        (lambda audit: audit.update(started_at="2026-11-20T01:02:03Z"), "may be swapped"),
        (lambda audit: audit.update(profile="mobile"), "two different windows, desktop then mobile"),
    ],
)
def test_what_makes_two_results_hard_to_compare_is_said_first(change: Change, words: str) -> None:
    (only,) = moved(change)
    assert only.kind is Kind.CONDITIONS and words in only.sentence


def test_each_profile_is_compared_with_its_own() -> None:
    old = [rendered_audit(), rendered_audit(Profile.MOBILE)]
    new = [
        rendered_audit(),
        changed(rendered_audit(Profile.MOBILE), lambda audit: audit["channels"]["phone"].update(clicks=4)),
    ]
    desktop, mobile = compared(old, new)
    assert desktop.differences == []
    assert [(one.profile, one.kind) for one in mobile.differences] == [(Profile.MOBILE, Kind.FARTHER)]


def test_a_profile_in_one_result_only_is_said() -> None:
    (comparison,) = compared(rendered_audit(), [rendered_audit(), rendered_audit(Profile.MOBILE)])
    assert [one.sentence for one in comparison.differences] == ["Mobile: measured in the second result only."]


def test_every_difference_is_one_line_in_both_languages(tmp_path: Path) -> None:
    for language in Language:
        for comparison in compared(static_audit(), hostile(rendered_audit()), language):
            assert comparison.differences
            for one in comparison.differences:
                assert one.sentence == " ".join(one.sentence.split(" ")) and "\n" not in one.sentence
                assert "{" not in one.sentence.replace("{{ 7*7 }}", "").replace("{% raw %}", "")
                assert "\x1b" not in one.sentence and "\u202e" not in one.sentence


def test_the_command_says_what_moved(tmp_path: Path) -> None:
    old = write_audit(tmp_path / "old", static_audit())
    new = write_audit(tmp_path / "new", changed(static_audit(), put("phone", absent("not_found", searched="complete"))))
    done = run("diff", old, new / "result.json", "--lang", "fr")
    assert done.code == 0
    title, count, line = done.out.splitlines()
    assert title.startswith("maison-lumen.example, ordinateur")
    assert count == "1\u00a0changement"
    assert line.startswith("- Téléphone\u00a0: présent auparavant")


def test_the_command_says_when_nothing_moved(tmp_path: Path) -> None:
    same = write_audit(tmp_path, static_audit())
    assert run("diff", same, same).out.splitlines()[1] == "Nothing moved."
    assert json.loads(run("diff", same, same, "--json").out) == []


def test_the_command_prints_json_with_the_sentence(tmp_path: Path) -> None:
    old = write_audit(tmp_path / "old", with_phone(phone(ORDINARY)))
    new = write_audit(tmp_path / "new", with_phone(phone(ORDINARY, clicks=1, path=[follow()])))
    assert json.loads(run("diff", old, new, "--json").out) == [
        {
            "profile": "desktop",
            "channel": "phone",
            "kind": "farther",
            "before": "exact 0",
            "after": "exact 1",
            "sentence": "Phone: farther, at 1\u00a0click instead of 0\u00a0clicks, by “Nous contacter”.",
        }
    ]


def test_before_and_after_are_the_same_in_every_language() -> None:
    pair = static_audit(), rendered_audit()
    french, english = ([tuple(one)[:5] for one in compared(*pair, language)[0].differences] for language in Language)
    assert french == english


def test_what_a_page_wrote_steers_no_terminal(tmp_path: Path) -> None:
    old = write_audit(tmp_path / "old", static_audit())
    new = write_audit(tmp_path / "new", hostile(rendered_audit()))
    shown = run("diff", old, new).out
    assert "\x1b" not in shown and "\u202e" not in shown


def test_what_cannot_be_read_is_one_line_with_exit_code_2(tmp_path: Path) -> None:
    good = write_audit(tmp_path / "good", static_audit())
    (tmp_path / "bad.json").write_text('{"schema": "barometer-audit/9"}')
    for pair in ((good, tmp_path / "missing"), (tmp_path / "bad.json", good), (tmp_path, good)):
        failed = run("diff", *pair)
        assert (failed.code, failed.out, failed.err.count("\n")) == (2, "", 1)
