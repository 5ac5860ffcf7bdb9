"""``barometer audit`` as a user meets it: one object on standard output, all else on standard error, exit codes."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from barometer.demo.loopback import Reply
from tests.barometer.command_line import Finished, run
from tests.barometer.live import LoggedSite, Running, serving, wait_until
from tests.contracts import complaints

PHONE = "<p>Téléphone : 01 99 00 12 34</p>"
HOME = '<html lang=fr><title>Atelier</title><a href="/contact">Nous contacter</a> <a href="/a">A</a></html>'
SHOP = {"/": HOME, "/contact": PHONE, "/a": "<p>Rien</p>"}
HOSTILE = (
    "<html><title>\x1b[31mrouge\x07</title><a href='/c'>\x1b]0;titre\x07Nous contacter \u202egnirts\u2066 [/bold][red]</a>"
    "<p>\x1b[2J\x9b31m \u202e</p><a href='mailto:a@shop.example?subject=\x1b[31m'>\x1b[31ma@shop.example</a></html>"
)
LARGE = {"/": "".join(f'<a href="/x{n}y">{n}</a>' for n in range(30)), **{f"/x{n}y": "<p>mot</p>" for n in range(30)}}
MIRRORED = {
    "/": '<a href="https://www.shop.example/contact">Contact</a><a href="/a">a</a>',
    "/contact": PHONE,
    "/a": "<a href=mailto:a@shop.example>a@shop.example</a>",
    "/robots.txt": Reply(200, b"User-agent: *\nDisallow: /a", "text/plain"),
}


class Ended(NamedTuple):
    """How the commands of this module ended, the sites they read, and the folder they ran in."""

    commands: dict[str, Finished]
    sites: dict[str, LoggedSite]
    folder: Path

    def result(self, name: str) -> Any:
        return json.loads(self.commands[name].out)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """Run all commands side by side: starting one takes longer than what it does."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "file").write_text("")
    sites = {
        "shop": LoggedSite(SHOP), "fenced": LoggedSite(SHOP), "hostile": LoggedSite({"/": HOSTILE, "/c": HOSTILE + PHONE}),
        "large": LoggedSite({**LARGE, "/": f"<h1>\u20ac \u4e2d</h1><p>Tél. 01 99 00 12 34</p>{LARGE['/']}"}),
        "mirrored": LoggedSite(MIRRORED),
    }  # fmt: skip
    with serving(list(sites.values()), "127.61.0.1") as bound:
        at = {name: f"{address}/" for name, address in zip(sites, bound, strict=True)}
        words = {
            "shop": [at["shop"], "--allow-private", "--json", "-"],
            "files": [at["shop"], "--allow-private", "--profile", "both", "--out", "a/b", "--json", "c.json"],
            "fenced": [at["fenced"], "--json", "-"],
            "hostile": [at["hostile"], "--allow-private"],
            "large": [at["large"], "--allow-private", "--channels", "phone,email", "--pages", "5", "--json", "-"],
            "mirrored": [
                "https://www.shop.example/",
                "--json",
                "-",
                "--map-host",
                f"www.shop.example={at['mirrored'][7:-1]}",
            ],
        }
        ascii_only = {"PYTHONIOENCODING": "ascii"}
        started = {
            name: Running(["audit", *options], folder, ascii_only if name == "large" else None)
            for name, options in words.items()
        }
        yield Ended({name: command.end() for name, command in started.items()}, sites, folder)


@pytest.mark.slow
def test_json_on_standard_output_is_one_valid_object_and_nothing_else(ended: Ended) -> None:
    done = ended.commands["shop"]
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    result = ended.result("shop")
    assert complaints("audit", result) == []
    phone = result["channels"]["phone"]
    assert (phone["outcome"], phone["clicks"], phone["values"][0]["value"]) == ("exact", 1, "+33199001234")
    assert [step["label"] for step in phone["path"]] == ["Nous contacter"]
    assert result["pages"]["cpu_seconds"] > 0


@pytest.mark.slow
def test_the_summary_for_people_names_value_and_way(ended: Ended) -> None:
    done = ended.commands["hostile"]
    assert (done.code, done.err) == (0, "")
    assert "+33199001234" in done.out and "contacter" in done.out


@pytest.mark.slow
def test_out_writes_the_results_into_a_new_folder_and_both_profiles_are_an_array(ended: Ended) -> None:
    assert ended.commands["files"].code == 0
    written = json.loads((ended.folder / "a/b/result.json").read_text("utf-8"))
    assert written == json.loads((ended.folder / "c.json").read_text("utf-8"))
    assert [result["profile"] for result in written] == ["desktop", "mobile"]
    assert complaints("audit", written) == []
    assert {file.name for file in (ended.folder / "a/b").iterdir()} == {"evidence", "result.json", "visit.json"}


@pytest.mark.slow
def test_a_written_result_can_be_read_by_whoever_may_read_the_folder_s_other_files(ended: Ended) -> None:
    assert (ended.folder / "c.json").stat().st_mode == (ended.folder / "file").stat().st_mode


@pytest.mark.slow
def test_channels_that_were_not_asked_for_are_not_called_missing(ended: Ended) -> None:
    result = ended.result("large")
    assert complaints("audit", result) == []
    assert {name for name, channel in result["channels"].items() if channel["reason"] != "budget"} == {"phone", "email"}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["javascript:alert(1)"], "javascript:"),
        (["https://user:secret@shop.example/"], "user name or password"),
        (["http://shop.example:99999/"], "port"),
        (["not a url"], "not a url"),
        (["http://127.61.0.9/", "--profile", "tablet"], "--profile"),
        (["http://127.61.0.9/", "--channels", "phone,fax"], "--channels"),
        (["http://127.61.0.9/", "--basis", "some"], "--basis"),
        (["http://127.61.0.9/", "--country", "ZZ"], "--country"),
        (["http://127.61.0.9/", "--map-host", "shop"], "--map-host"),
    ],
)
def test_bad_input_is_one_line_that_names_it_and_exit_code_2(words: list[str], named: str) -> None:
    done = run("audit", *words)
    assert (done.code, done.out) == (2, "")
    assert named in done.err and done.err.count("\n") == 1 and "Traceback" not in done.err


def test_a_password_in_an_address_is_not_printed() -> None:
    assert "secret" not in run("audit", "https://user:secret@shop.example/").err


@pytest.mark.parametrize("words", [("--out", "file/inside"), ("--json", "file/inside/c.json")])
def test_a_place_that_cannot_be_written_is_said_before_the_site_is_read(
    words: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    monkeypatch.setattr("barometer.cli.audit._audited", None)
    done = run("audit", "http://127.61.0.9/", "--allow-private", *words)
    assert (done.code, done.out) == (2, "")
    assert "file/inside" in done.err and done.err.count("\n") == 1


@pytest.mark.slow
def test_a_private_address_is_refused_and_that_is_a_result(ended: Ended) -> None:
    result = ended.result("fenced")
    assert ended.commands["fenced"].code == 0
    assert (result["status"], result["status_reason"]) == ("unreachable", "private_address")
    assert complaints("audit", result) == []


@pytest.mark.slow
def test_nothing_that_a_page_holds_steers_the_terminal(ended: Ended) -> None:
    assert not {*ended.commands["hostile"].out} & {*"\x1b\x07\x9b\u202e\u2066\x00\r"}


@pytest.mark.slow
def test_standard_output_that_cannot_carry_every_letter_still_gets_valid_json(ended: Ended) -> None:
    assert ended.commands["large"].code == 0 and ended.commands["large"].out.isascii()
    assert ended.result("large")["channels"]["phone"]["values"][0]["context"].startswith(
        "\u20ac \u4e2d Tél. 01 99 00 12 34"
    )


@pytest.mark.slow
def test_budgets_are_taken_from_the_options(ended: Ended) -> None:
    result = ended.result("large")
    assert (result["status"], result["pages"]["read"], len(ended.sites["large"].pages_asked)) == ("partial", 5, 5)
    assert result["channels"]["email"]["searched"] == "budget"


@pytest.mark.slow
def test_robots_txt_is_obeyed_and_the_outcome_says_so(ended: Ended) -> None:
    email = ended.result("mirrored")["channels"]["email"]
    assert "/a" not in ended.sites["mirrored"].asked
    assert (email["outcome"], email["reason"]) == ("not_measured", "robots")


@pytest.mark.slow
def test_a_site_mapped_to_another_address_is_read_there(ended: Ended) -> None:
    phone = ended.result("mirrored")["channels"]["phone"]
    assert phone["path"][0]["to"] == "https://www.shop.example/contact"
    assert ended.sites["mirrored"].pages_asked == ["/", "/contact"]


@pytest.mark.slow
def test_ctrl_c_ends_with_one_line_and_code_130(tmp_path: Path) -> None:
    pages = {"/": '<a href="/1">suite</a>', **{f"/{n}": f'<a href="/{n + 1}">suite</a>' for n in range(1, 400)}}
    site = LoggedSite(pages, seconds=0.05)
    with serving([site], "127.61.0.1") as (address,):
        command = Running(["audit", f"{address}/", "--allow-private", "--json", "-", "--depth", "20"], tmp_path)
        wait_until(lambda: len(site.asked) > 4)
        command.send(signal.SIGINT)
        done = command.end()
    assert (done.code, done.out) == (130, "")
    assert "interrupted" in done.err and done.err.count("\n") == 1
