"""Which command lives in which module."""

import typer


def register(app: typer.Typer) -> None:
    """Add every command group to *app*; called once, so that importing the package stays cheap."""
    from barometer.cli import audit, crawl, demo, detect, diff, doctor, evidence, optout, panel, replay, report, root

    app.callback()(root.root)
    app.command()(audit.audit)
    app.command()(crawl.crawl)
    app.command()(crawl.depths)
    app.command()(demo.demo)
    app.command()(detect.detect)
    app.add_typer(report.app, name="report")
    app.command()(diff.diff)
    app.add_typer(evidence.app, name="evidence")
    app.command()(replay.replay)
    app.add_typer(panel.app, name="panel")
    app.add_typer(optout.app, name="optout")
    app.command()(doctor.settings)
    app.command()(doctor.doctor)
