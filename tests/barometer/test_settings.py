"""The settings: where they come from, what is refused, and who may crawl public sites."""

import json
import tomllib
from pathlib import Path

import pytest

from barometer.errors import UserError
from barometer.settings import Settings, example_file, load_settings, shown_settings
from tests.barometer.command_line import run, run_process

OPERATOR = '[operator]\nname = "Observatoire"\ncontact = "bot@observatoire.fr"\ninformation_url = "https://observatoire.fr/bot"\n'


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    return tmp_path


def write(text: str, name: str = "barometer.toml") -> Path:
    Path(name).write_text(text, "utf-8")
    return Path(name)


def refusal(text: str) -> str:
    write(text)
    with pytest.raises(UserError) as refused:
        load_settings()
    return str(refused.value)


def keys_of(table: object) -> object:
    """Return the keys of *table* and of the tables in it."""
    return {key: keys_of(value) for key, value in table.items()} if isinstance(table, dict) else None


def test_without_a_file_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.database == "sqlite:///var/barometer.sqlite3"
    assert settings.evidence == Path("var/evidence")
    assert (settings.country, settings.delay) == ("FR", 1.0)


def test_the_example_file_holds_every_setting_with_its_default() -> None:
    uncommented = "\n".join(
        line.removeprefix("# ") for line in example_file().splitlines() if " = " in line or line.startswith("[")
    )
    table = tomllib.loads(uncommented)
    plain = json.loads(Settings().model_dump_json())
    assert keys_of(table) == keys_of(plain)
    assert table["budgets"] == plain["budgets"]
    assert table["night"] == plain["night"]
    not_defaults = {key: plain["schedule"][key] for key in ("notify", "metrics_textfile")}
    assert {**table["schedule"], **not_defaults} == plain["schedule"]
    assert table["logs"] == plain["logs"]


def test_the_example_file_as_it_stands_changes_nothing() -> None:
    defaults = load_settings()
    write(example_file())
    assert load_settings() == defaults


def test_a_variable_wins_over_the_file_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    write("delay = 5\n[budgets]\npages = 50\ndepth = 2\n")
    monkeypatch.setenv("BAROMETER_DELAY", "2.5")
    monkeypatch.setenv("BAROMETER_BUDGETS__PAGES", "7")
    settings = load_settings()
    assert (settings.delay, settings.budgets.pages, settings.budgets.depth) == (2.5, 7, 2)


def test_a_named_file_wins_over_the_variable_and_the_variable_over_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    write("delay = 1\n")
    monkeypatch.setenv("BAROMETER_SETTINGS", str(write("delay = 2\n", "two.toml")))
    assert load_settings().delay == 2
    assert load_settings(write("delay = 3\n", "three.toml")).delay == 3


def test_a_named_file_that_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"settings file nowhere\.toml: No such file"):
        load_settings(Path("nowhere.toml"))
    monkeypatch.setenv("BAROMETER_SETTINGS", "gone.toml")
    with pytest.raises(UserError, match=r"settings file gone\.toml: No such file"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('databse = "x"', "barometer.toml: databse: unknown setting; do you mean database?"),
        ("[budgets]\npage = 3", "barometer.toml: budgets.page: unknown setting; do you mean budgets.pages?"),
        (
            '[operator]\nurl = "https://a.fr"',
            "barometer.toml: operator.url: unknown setting; do you mean operator.information_url?",
        ),
        ("pages = 3", "barometer.toml: pages: unknown setting; do you mean budgets.pages?"),
        ('delay = "slow"', "barometer.toml: delay: 'slow': input should be a valid number"),
        ("delay = -1", "barometer.toml: delay: '-1': input should be greater than or equal to 0"),
        ("delay = nan", "barometer.toml: delay: 'nan': input should be a finite number"),
        ("[budgets]\npages = true", "barometer.toml: budgets.pages: 'True': is not a number"),
        ("[budgets]\npages = 0", "barometer.toml: budgets.pages: '0': input should be greater than or equal to 1"),
        ("budgets = 3", "barometer.toml: budgets: is not a table; write [budgets] on a line of its own"),
        (
            'country = "France"',
            "barometer.toml: country: 'FRANCE' is not a country code of two letters (ISO 3166); write FR",
        ),
        ('database = "mysql://h/x"', "barometer.toml: database: is no database address; write sqlite:///FILE"),
        ('evidence = ""', "barometer.toml: evidence: '': is empty; name a folder"),
        ('[operator]\ncontact = "nobody"', "barometer.toml: operator.contact: 'nobody' is not an e-mail address"),
        (
            '[operator]\ninformation_url = "ftp://a.fr"',
            "barometer.toml: operator.information_url: 'ftp:' is not an address",
        ),
        ("delay = ", "barometer.toml: is not TOML: Invalid value"),
    ],
)
def test_a_setting_that_will_not_do_is_one_line_with_file_key_and_remedy(text: str, said: str) -> None:
    refused = refusal(text)
    assert refused.startswith(said)
    assert "\n" not in refused
    assert "; " in refused


def test_a_file_that_is_not_text_is_refused() -> None:
    Path("barometer.toml").write_bytes(b"\xff\xfe\x00d")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        load_settings()


def test_a_refused_database_address_does_not_tell_its_password() -> None:
    assert "secret" not in refusal('database = "mysql://me:secret@h/x"')


def test_a_variable_that_will_not_do_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_DELAY", "slow")
    with pytest.raises(UserError, match="environment: BAROMETER_DELAY: 'slow': input should be a valid number"):
        load_settings()


@pytest.mark.parametrize("name", ["BAROMETER_DATABSE", "BAROMETER_BUDGETS__PAGE", "BAROMETER_BUDGETS_PAGES"])
def test_a_variable_that_is_nearly_a_setting_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "7")
    with pytest.raises(UserError, match=f"environment: {name}: unknown setting; do you mean BAROMETER_"):
        load_settings()


def test_a_variable_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_TEST_SERVER", "x")
    monkeypatch.setenv("BAROMETER_DELAY", "")
    assert load_settings().delay == 1.0


def test_the_user_agent_tells_where_to_learn_more() -> None:
    write(OPERATOR)
    agent = load_settings().user_agent
    assert agent.startswith("barometer/")
    assert agent.endswith(" (+https://observatoire.fr/bot; bot@observatoire.fr)")


def test_the_user_agent_of_nobody_says_so() -> None:
    assert load_settings().user_agent.endswith(" (local use, operator not configured)")


PUBLIC = [
    "https://www.boutique.fr/",
    "http://8.8.8.8/",
    "https://example.shop/",
    "http://2130706433/",
    "https://[2606:4700::1111]/",
]
LOCAL = [
    "http://127.9.0.1:8300/",
    "http://[::1]/",
    "http://10.1.2.3/",
    "http://192.168.1.1/",
    "http://169.254.1.1/",
    "http://100.64.0.1/",
    "http://localhost:8000/",
    "https://boutique.test/",
    "https://shop.example/",
    "https://www.example.org/",
    "http://nas.local/",
]


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_site_needs_an_operator(url: str) -> None:
    with pytest.raises(UserError) as refused:
        load_settings().require_operator([*LOCAL, url])
    assert url in str(refused.value)
    assert "name = , contact = , information_url = " in str(refused.value).replace('"..."', "")
    assert "\n" not in str(refused.value)


def test_local_and_reserved_sites_need_none() -> None:
    load_settings().require_operator(LOCAL)


def test_an_operator_who_is_filled_in_may_read_public_sites() -> None:
    write(OPERATOR)
    load_settings().require_operator(PUBLIC)


def test_only_what_is_missing_is_asked_for() -> None:
    write(OPERATOR.replace('contact = "bot@observatoire.fr"\n', ""))
    with pytest.raises(UserError) as refused:
        load_settings().require_operator(PUBLIC)
    assert 'contact = "..." under [operator]' in str(refused.value)
    assert "name = " not in str(refused.value)


@pytest.mark.parametrize("left_over", ["bot@example.org", "https://shop.example/contact", "bot@localhost.test"])
def test_an_example_left_in_the_file_is_no_operator(left_over: str) -> None:
    write(OPERATOR.replace("bot@observatoire.fr", left_over))
    assert load_settings().operator.missing() == ["contact"]


def test_a_password_is_not_shown() -> None:
    for address in ("postgresql://me:sec:r@et@db.test/x", "postgresql://db.test/x?user=me&password=sec:r@et"):
        shown = shown_settings(Settings(database=address))["database"]
        assert "sec" not in shown
        assert "db.test/x" in shown


def test_what_the_command_prints_is_a_settings_file_that_says_the_same() -> None:
    write(OPERATOR + "[budgets]\npages = 9\n")
    before = load_settings().model_copy(update={"render": False})
    shown = run("settings")
    assert shown.code == 0
    assert load_settings(write(shown.out, "again.toml")) == before


def test_the_command_prints_the_example_and_json() -> None:
    assert run("settings", "--example").out == example_file()
    shown = json.loads(run("settings", "--json").out)
    assert shown["budgets"]["pages"] == 300
    assert shown["user_agent"].startswith("barometer/")


def test_the_option_before_the_command_names_the_file() -> None:
    write("delay = 9\n", "nine.toml")
    assert json.loads(run("--settings", "nine.toml", "settings", "--json").out)["delay"] == 9


def test_as_a_process_the_variable_names_the_file(in_an_empty_folder: Path) -> None:
    write("delay = 8\n", "eight.toml")
    done = run_process("settings", "--json", cwd=in_an_empty_folder, environment={"BAROMETER_SETTINGS": "eight.toml"})
    assert json.loads(done.out)["delay"] == 8
