"""The audit result and the depth table as a person reads them on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from barometer.cli.console import printable
from barometer.measures.depth import Outcome
from barometer.reports.merchant_text import bare_address, host_of, legible, web_link
from barometer.reports.page_names import is_same_page, path_of, words_on
from barometer.reports.wording import Language, words_of
from storage.vocabulary import Action, Basis, Channel, OutcomeKind, Searched

_STYLES = {"exact": "green", "at_most": "yellow", "not_found": "red", "not_measured": "dim"}
_NAMES = {"contact_page": "contact page", "facebook": "Facebook", "x": "X", "instagram": "Instagram", "linkedin": "LinkedIn",
          "youtube": "YouTube", "whatsapp": "WhatsApp", "callback": "call-back"}  # fmt: skip
_WIDEST = 36
"""Characters of a web address that a summary shows (*ours*)."""
_MOST_UNBROKEN = 44
"""Characters up to which a value stands on one line (*ours*): more would leave no room on a terminal of 80."""
_STATUS = {
    "complete": "read to the end",
    "partial": "read in part",
    "unreachable": "could not be reached",
    "refused": "refused by robots.txt",
    "blocked": "blocked",
}


def audit_summary(result: Mapping[str, Any]) -> RenderableType:
    """Return the verdict line, a table of the channels, what was set aside and the warnings of one audit result."""
    site, pages = result["site"], result["pages"]
    home = site["final_url"] or site["url"]
    reason = f" ({result['status_reason']})" if result["status_reason"] else ""
    head = Text.assemble(
        (printable(home), "bold"),
        f"  {result['profile']}, {_STATUS[result['status']]}{reason}: {pages['read']} pages, {_size(pages['bytes'])}",
    )
    table = Table(box=None, pad_edge=False, show_edge=False)
    for column in ("channel", "clicks", "value", "the way there"):
        table.add_column(column, overflow="fold", no_wrap=column in ("channel", "clicks"))
    for name, channel in result["channels"].items():
        clicks, values = Text(_narrow(clicks_words(channel)), _STYLES[channel["outcome"]]), _values(channel, home)
        table.add_row(_name(name), clicks, values, _way(channel))
    # The way there breaks between words; an address breaks nowhere unless it leaves no room for anything else.
    table.columns[2].no_wrap = max(map(_width, table.columns[2].cells)) <= _MOST_UNBROKEN
    notes = [Text(f"warning: {printable(warning)}", "yellow") for warning in result["warnings"]]
    if result["status"] in ("unreachable", "refused", "blocked"):
        remedy = _REMEDIES.get(
            result["status_reason"], "nothing was measured, and nothing is held against the merchant"
        )
        return Group(head, Text(remedy), *notes)
    return Group(head, "", table, *_aside(result["set_aside"], home), *notes)


_REMEDIES = {
    "private_address": "a loopback or private address is read only with --allow-private",
    "dns": "no such host; check the address",
    "connect": "nobody answers there; check the address and the port",
    "tls": "no valid certificate; write http:// if the site has none (https is assumed where no scheme is given)",
    "http_error": "the home page answers with an error; look at it in a browser",
    "not_html": "what answers there is no web page",
}


def clicks_words(channel: Mapping[str, Any]) -> str:
    """Return an outcome of the contract in words: ``1 click``, ``at most 3, at least 2``, ``not found``."""
    kind = channel["outcome"]
    if kind == OutcomeKind.EXACT:
        return _clicks(channel["clicks"]) + (" (templates sampled)" if channel["basis"] == Basis.TEMPLATES else "")
    if kind == OutcomeKind.AT_MOST:
        return f"at most {_clicks(channel['clicks'])}, at least {channel['at_least']}"
    if kind == OutcomeKind.NOT_MEASURED:
        return f"not measured ({channel['reason']})"
    return {Searched.COMPLETE: "not found", Searched.TEMPLATES: "not found (templates sampled)"}.get(
        channel["searched"], "not found (budget spent)"
    )


def depth_table(
    rows: Iterable[tuple[str, str, str, Mapping[Channel, Outcome] | None]], channels: Iterable[Channel]
) -> Table:
    """Return merchants by channels, each cell the clicks from home; fits 80 columns with the seven usual channels.

    *rows* are (category, merchant, how the visit ended, outcomes or ``None`` where there is no closed visit yet).
    """
    shown, listed = list(channels), list(rows)
    table = Table(
        title="Clicks from the home page", title_justify="left", header_style="bold", box=None, pad_edge=False
    )
    table.add_column("merchant", overflow="fold", min_width=16)
    for channel in shown:
        table.add_column(_SHORT.get(channel, channel), justify="center", no_wrap=True)
    noteworthy = any(ended != "complete" for _, _, ended, _ in listed)
    if noteworthy:
        table.add_column("visit", overflow="fold")
    previous = None
    for category, merchant, ended, outcomes in listed:
        if category != previous:
            table.add_row(Text(printable(category or "no category"), "bold cyan"), end_section=False)
        cells = [_cell(outcomes[channel]) if outcomes is not None else Text("") for channel in shown]
        table.add_row(Text(f"  {printable(merchant)}"), *cells, *([ended] if noteworthy else []))
        previous = category
    table.caption = (
        "0 on the home page   ≤2 at most 2   - not found   … not found within the budget   ? not measured   "
        "* templates sampled"
    )
    table.caption_justify = "left"
    return table


_SHORT = {
    Channel.EMAIL: "e-mail", Channel.CONTACT_PAGE: "page", Channel.FACEBOOK: "Fb", Channel.X: "X", Channel.INSTAGRAM: "Insta",
    Channel.LINKEDIN: "LinkedIn", Channel.YOUTUBE: "YouTube", Channel.WHATSAPP: "WhatsApp", Channel.CALLBACK: "call-back",
}  # fmt: skip


def _cell(outcome: Outcome) -> Text:
    star = "*" if outcome.basis is Basis.TEMPLATES or outcome.searched is Searched.TEMPLATES else ""
    style = _STYLES[outcome.kind]
    if outcome.kind is OutcomeKind.EXACT:
        return Text(f"{outcome.clicks}{star}", style)
    if outcome.kind is OutcomeKind.AT_MOST:
        return Text(f"≤{outcome.clicks}", style)
    if outcome.kind is OutcomeKind.NOT_MEASURED:
        return Text("?", style)
    return Text("…" if outcome.searched is Searched.BUDGET else f"-{star}", style)


def _name(channel: str) -> str:
    return _NAMES.get(channel, channel)


def _clicks(count: int) -> str:
    return f"{count} click" if count == 1 else f"{count} clicks"


def _width(cell: RenderableType) -> int:
    return max(map(len, str(cell).split("\n")))


def _narrow(words: str) -> str:
    """Return an outcome on two lines where it has two parts: the way there needs the room."""
    return words.replace(" (", "\n(").replace(", ", ",\n")


def _values(channel: Mapping[str, Any], home: str) -> Text:
    text = Text()
    for position, value in enumerate(channel["values"][:3]):
        text.append("\n" if position else "")
        text.append(_shown(value["value"], home))
        if value["tariff"] is not None:
            text.append(f"  {value['tariff']['class']}", "red" if value["tariff"]["class"] == "premium" else "dim")
        if value["readable"] is False:
            text.append("  digits not shown" if value["tariff"] is not None else "  not readable", "yellow")
    more = len(channel["values"]) - 3
    if more > 0:
        text.append(f"\nand {more} more", "dim")
    return text


def _shown(value: str, home: str) -> str:
    """Return a value for a narrow column: a page of the site by its path, an address cut in the middle, all else whole."""
    if not web_link(value):
        return printable(value)
    if is_same_page(value, home):
        return "the home page"
    return _cut(path_of(value) if host_of(value) == host_of(home) else legible(bare_address(value)))


def _cut(text: str) -> str:
    """Return *text* with its middle left out where it is long: both ends of an address tell more than its half."""
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST // 2]}…{text[-(_WIDEST // 2 - 1) :]}"


def _way(channel: Mapping[str, Any]) -> Text:
    if not channel["values"]:
        return Text("")
    steps = [_step(step) for step in channel["path"] if step["action"] != Action.REDIRECT]
    return Text(" → ".join(["home", *steps]), "dim")


def _step(step: Mapping[str, Any]) -> str:
    """Return what the visitor presses or follows; of a control without words its kind, and where it leads."""
    label = words_on(step["label"])
    if label:
        return label
    return "an icon" if step["action"] == Action.PRESS else f"an icon to {_cut(path_of(step['to']))}"


def _aside(entries: Sequence[Mapping[str, Any]], home: str) -> list[RenderableType]:
    """Return what was set aside and why, one value a line."""
    if not entries:
        return []
    words = words_of(Language.ENGLISH)
    listed = [f"{_shown(entry['value'], home)} ({words['set_aside.' + entry['why']]})" for entry in entries[:8]]
    more = [f"and {len(entries) - 8} more"] if len(entries) > 8 else []
    return ["", Text("set aside: " + "\n           ".join([*listed, *more]), "dim")]


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.0f} kB"
