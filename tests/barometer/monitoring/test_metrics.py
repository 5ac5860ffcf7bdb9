"""What Prometheus is told is what the records hold, is read back by its own parser, names nobody, and costs no look at visits."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from barometer.jobs import claims
from barometer.jobs.claims import Claimed
from barometer.last_reading import remember_reading
from barometer.monitoring import exposition
from barometer.schedule_settings import Schedule
from barometer.settings import Settings
from probes import reviewing
from schedules.children import Ended
from storage.database import Database, open_database
from storage.records import Attempt, Batch, Campaign, Merchant, Reply, Review, Run, Verdict, Visit, utc_now
from storage.vocabulary import AttemptState, Channel, ReplyKind, RunState
from tests.barometer.command_line import ROOT, run, run_process

HOST = "boutique-secrete.example"
PAGE = ROOT / "docs" / "monitoring.md"
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def figures(text: str) -> Figures:
    """Return every figure by name and labels, as Prometheus's own parser reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found: Figures, name: str, **labels: str) -> float | None:
    return found.get((f"barometer_{name}", tuple(sorted(labels.items()))))


def told(database: Database, settings: Settings | None = None) -> Figures:
    return figures(exposition.read(database, settings or Settings()))


def a_night(database: Database, due: str, **changed: object) -> Run:
    """Store a night of two merchants that began an hour ago; over, unless *changed* says otherwise."""
    merchants = [
        Merchant(key=f"{n}.{due}.{HOST}", name=HOST, url=f"https://{n}.{HOST}/", category="c") for n in range(2)
    ]
    keys = [merchant.id for merchant in merchants]
    run = Run(kind="crawl", due=due, started_at=utc_now() - timedelta(hours=1))
    run.parameters = {"selection": {"night": True}, "by_hand": False, "merchants": keys, "keys": keys}
    for name, value in changed.items():
        setattr(run, name, value)
    with database.session() as session:
        session.add_all([*merchants, run])
        session.flush()
        session.add(Batch(run_id=run.id, number=0, merchants=keys))
    return run


def over(database: Database, due: str = "2026-11-22T02:15") -> Run:
    began = utc_now() - timedelta(hours=1)
    cost = {
        "cpu_seconds": 12.5,
        "at_most_bytes": 900,
        "largest_batch_bytes": 500,
        "bytes": 77,
        "pages_read": 40,
        "pages_rendered": 3,
    }
    outcome = {"late": True, "visits": {"complete": 1}, "not_closed": 1, "left_alone": 0, "gone": 0, "cost": cost}
    return a_night(
        database,
        due,
        state=RunState.CLOSED,
        started_at=began,
        finished_at=began + timedelta(minutes=25),
        outcome=outcome,
    )


def test_the_last_night_is_told_as_its_run_kept_it(database: Database) -> None:
    night = over(database)
    with database.session() as session:
        for number, ended in enumerate([Ended.EXITED, Ended.MEMORY, None], 1):
            session.add(Batch(run_id=night.id, number=number, merchants=[], state=RunState.FAILED, ended=ended))
        session.add(Batch(run_id=night.id, number=4, merchants=[], state=RunState.CLOSED, ended=Ended.EXITED))
    found = told(database)
    assert of(found, "night_last_duration_seconds") == 1500
    assert of(found, "night_last_end_timestamp_seconds") == night.finished_at.timestamp()  # type: ignore[union-attr]
    assert of(found, "night_last_sites", status="complete") == of(found, "night_last_sites", status="not_closed") == 1
    assert sum(value for (name, _), value in found.items() if name == "barometer_night_last_sites") == 2
    assert [of(found, "night_last_batches", ended=word) for word in ("well", "exited", "memory", "deadline")] == [
        1,
        1,
        1,
        0,
    ]
    assert of(found, "night_last_batches", ended="given_up") == 2, (
        "the open one of a night that is over, and the one without an end"
    )
    assert (of(found, "night_last_cpu_seconds"), of(found, "night_last_peak_bytes")) == (12.5, 900)
    assert (of(found, "night_last_late"), of(found, "night_running"), of(found, "nights_open")) == (1, 0, 0)


def test_a_night_at_work_is_told_with_how_far_it_is_and_one_begun_by_hand_is_not(database: Database) -> None:
    a_night(database, "by-hand-2026-11-22T09:00:00Z")
    a_night(database, "broken", started_at=utc_now() - timedelta(days=1))
    working = a_night(database, "now", claimed_by="elsewhere:1", lease_until=utc_now() + timedelta(minutes=5))
    with database.session() as session:
        session.add(
            Batch(run_id=working.id, number=1, merchants=working.parameters["merchants"], state=RunState.CLOSED)
        )
        for finished in (utc_now(), None):
            session.add(
                Visit(
                    run_id=working.id,
                    merchant_id=working.parameters["merchants"][finished is None],
                    url="u",
                    finished_at=finished,
                )
            )
    found = told(database)
    assert (of(found, "night_running"), of(found, "nights_open")) == (1, 2)
    assert (of(found, "night_running_sites"), of(found, "night_running_sites_closed")) == (4, 1)
    assert (of(found, "night_running_batches"), of(found, "night_running_batches_ended")) == (2, 1)
    assert of(found, "night_last_end_timestamp_seconds") is None
    assert (of(found, "runs_open", kind="night"), of(found, "runs_abandoned", kind="night")) == (3, 2)


def test_each_job_is_told_with_its_state_its_ends_and_its_next_time(database: Database) -> None:
    for due, state in (("a", RunState.CLOSED), ("b", RunState.FAILED)):
        claimed = claims.claim(database, "backup", due)
        assert isinstance(claimed, Claimed)
        claims.finish(database, claimed, state, "said", {})
    claims.claim(database, "expiry", "c")
    settings = Settings(schedule=Schedule.model_validate({"night": {"enabled": False}}))
    found = told(database, settings)
    states = {labels: value for (name, labels), value in found.items() if name == "barometer_job_state" and value}
    assert {(dict(labels)["job"], dict(labels)["state"]) for labels in states} == {
        ("backup", "failed"), ("expiry", "at_work"),
        *((job, "never_begun") for job in ("night", "replies", "attempts", "retention")),
    }  # fmt: skip
    succeeded, failed = (of(found, f"job_last_{how}_timestamp_seconds", job="backup") for how in ("success", "failure"))
    assert succeeded is not None and failed is not None and succeeded <= failed
    assert of(found, "job_last_success_timestamp_seconds", job="expiry") is None, "a zero would be a date"
    assert (of(found, "job_enabled", job="night"), of(found, "job_enabled", job="backup")) == (0, 1)
    assert of(found, "job_next_timestamp_seconds", job="night") is None
    assert of(found, "job_next_timestamp_seconds", job="backup") > utc_now().timestamp()  # type: ignore[operator]


def test_attempts_campaigns_and_replies_are_counted_as_the_commands_count_them(database: Database) -> None:
    now = utc_now()
    merchant = Merchant(key="m", name="M", url="https://m.example/", category="c")
    campaign = Campaign(name="spring", starts_at=now, ends_at=now, released_at=now)

    def attempt(token: str, state: AttemptState, channel: Channel = Channel.EMAIL, hours: int = 0) -> Attempt:
        return Attempt(
            campaign_id=campaign.id, merchant_id=merchant.id, channel=channel, state=state, scenario="s", language="fr",
            body="b", token=token, planned_for=now + timedelta(hours=hours), window_seconds=60,
        )  # fmt: skip

    sent = attempt("a", AttemptState.SENT)

    def reply(number: int, **given: object) -> Reply:
        terms: dict[str, object] = {"kind": ReplyKind.HUMAN, "rule": "r", "text": "oui", "attempt_id": sent.id, **given}
        return Reply(received_at=now, source="m", evidence=f"{number:064}", **terms)  # type: ignore[arg-type]

    reviewed = reply(5, attempt_id=None)
    with database.session() as session:
        session.add_all([merchant, campaign, sent, reviewed])
        session.add_all([attempt("b", AttemptState.RELEASED, hours=-1), attempt("c", AttemptState.RELEASED, hours=1)])
        session.add(attempt("d", AttemptState.ACKNOWLEDGED, Channel.FORM))
        session.add(Campaign(name="autumn", starts_at=now, ends_at=now))
        session.add_all([reply(0), reply(1, attempt_id=None), reply(2, rule="context.too-fast"), reply(3, text=None)])
        session.add_all([reply(4, text=None, purged_at=now), reply(6, kind=ReplyKind.BOUNCE, text=None)])
        session.add(Review(subject="reply", subject_id=reviewed.id, verdict=Verdict.UPHELD, why="w", reviewer="A"))
        remember_reading(session, now)
    found = told(database)
    assert of(found, "attempts", channel="email", state="released") == 2
    assert of(found, "attempts", channel="form", state="sent") == 0, "a channel in use has all its states"
    assert (of(found, "attempts_unanswered"), of(found, "attempts_due")) == (2, 1)
    assert [of(found, "campaigns", state=one) for one in ("planned", "released", "stopped", "closed")] == [1, 1, 0, 0]
    assert (of(found, "replies_total", kind="human"), of(found, "replies_total", kind="bounce")) == (6, 1)
    with database.reading() as session:
        doubtful = [one for one in reviewing.replies(session) if one.doubts]
    assert of(found, "replies_for_review") == len(doubtful) == 3
    assert of(found, "replies_read_timestamp_seconds") == now.timestamp()


def test_no_merchant_is_named_and_the_same_records_give_the_same_text(database: Database) -> None:
    over(database)
    first, second = (exposition.read(database, Settings()) for _ in range(2))
    assert HOST not in first and "https:" not in first
    moving = re.compile(r"^barometer_(snapshot|job_next|disk|database)_.*$", re.MULTILINE)
    assert moving.sub("", first) == moving.sub("", second)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_figure_is_read_from_the_visits_or_pages_of_all_nights(database: Database) -> None:
    a_night(database, "now", claimed_by="elsewhere:1", lease_until=utc_now() + timedelta(minutes=5))
    over(database)
    asked: list[tuple[str, object]] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda _, __, words, given, *___: asked.append((words, given))
    )
    told(database)
    plans = []
    with database.engine.connect() as connection:
        for words, given in [one for one in asked if one[0].startswith("SELECT")]:
            plans += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", given)]
    assert any("SEARCH visit USING" in plan for plan in plans), "the night at work counts its own"
    assert [
        plan for plan in plans if re.match(r"SCAN (visit|page|page_state|sighting|click|event|batch)\b", plan)
    ] == []


def test_a_database_that_is_away_is_a_figure_too_and_one_line(tmp_path: Path) -> None:
    file = tmp_path / "barometer.prom"
    environment = {"BAROMETER_DATABASE": "postgresql://user:hunter2@127.0.0.1:1/barometer"}
    ended = run_process("metrics", "--textfile", str(file), cwd=tmp_path, environment=environment)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("barometer: database postgresql") and "hunter2" not in ended.err
    found = figures(file.read_text("utf-8"))
    assert of(found, "up") == 0 and of(found, "merchants") is None
    assert of(found, "disk_free_bytes", place="evidence")


def test_settings_that_cannot_be_read_are_a_figure_too(tmp_path: Path) -> None:
    (tmp_path / "barometer.toml").write_text("delay = []\n", "utf-8")
    ended = run_process("metrics", cwd=tmp_path)
    assert (ended.code, of(figures(ended.out), "up")) == (2, 0)


def test_a_file_that_node_exporter_would_pass_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("barometer.txt", ".prom"):
        refused = run("metrics", "--textfile", name)
        assert refused.code == 2 and ".prom" in refused.err
    monkeypatch.setenv("BAROMETER_SCHEDULE__METRICS_TEXTFILE", "barometer.txt")
    assert "let it end in .prom" in run("metrics").err


def test_the_page_lists_every_metric_with_its_labels_and_its_help() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `barometer_")]
    assert rows == [
        f"| `{one.name}` | {', '.join(f'`{label}`' for label in one.labels)} | {one.says} |"
        for one in exposition.METRICS
    ]


def test_every_alert_uses_metrics_that_exist_and_leads_to_a_heading() -> None:
    text = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
    used = set(re.findall(r"\bbarometer_\w+", text))
    assert used and used <= {metric.name for metric in exposition.METRICS}
    headings = re.findall(r"^#+ (.+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = re.findall(r'runbook_url: "docs/monitoring\.md#([^"]+)"', text)
    assert len(links) == text.count("- alert:") and set(links) <= anchors
