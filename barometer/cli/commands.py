"""Which command lives in which module."""

import typer


def register(app: typer.Typer) -> None:
    """Add every command group to *app*; called once, so that importing the package stays cheap."""
    from barometer.cli import (
        audit,
        backup,
        changes,
        crawl,
        delays,
        demo,
        desk,
        detect,
        diff,
        doctor,
        edition,
        evidence,
        export,
        grid,
        history,
        mark,
        metrics,
        night,
        optout,
        panel,
        podium,
        probe,
        purge,
        replay,
        replies,
        report,
        report_edition,
        report_merchant,
        review,
        review_replies,
        root,
        schedule,
    )

    app.callback()(root.root)
    app.command()(audit.audit)
    app.command()(crawl.crawl)
    app.command()(crawl.depths)
    app.command("delays")(delays.show)
    app.command()(demo.demo)
    app.command()(detect.detect)
    app.add_typer(report.app, name="report")
    report.app.command("edition")(report_edition.report_edition)
    report.app.command("merchant")(report_merchant.merchant)
    app.command()(diff.diff)
    app.command()(changes.changes)
    app.command()(history.history)
    app.add_typer(evidence.app, name="evidence")
    app.command()(replay.replay)
    app.add_typer(probe.app, name="probe")
    app.add_typer(replies.app, name="replies")
    review_replies.attach(replies.app)
    app.add_typer(desk.app, name="desk")
    app.add_typer(mark.app, name="mark")
    app.add_typer(grid.app, name="grid")
    app.add_typer(edition.app, name="edition")
    app.add_typer(review.app, name="review")
    app.add_typer(podium.app, name="podium")
    app.command()(export.export)
    app.command()(purge.purge)
    app.add_typer(schedule.app, name="schedule")
    night.attach(app)
    app.command()(metrics.metrics)
    app.add_typer(backup.app, name="backup")
    app.command()(backup.restore)
    app.add_typer(panel.app, name="panel")
    app.add_typer(optout.app, name="optout")
    app.command()(doctor.settings)
    app.command()(doctor.doctor)
