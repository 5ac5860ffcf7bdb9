"""What moved, as a comma-separated file: a change a row, and no cell that a spreadsheet could run."""

import csv
import io

from barometer.history.found import Found
from barometer.reports.history_json import change_id, state_word
from barometer.reports.history_words import HistoryWords
from barometer.tables.cells import guarded

COLUMNS = (
    "first_on", "confirmed_on", "last_before", "merchant", "name", "category", "url", "channel", "kind", "before", "after",
    "cause", "conditions", "tool_version", "sentence", "id",
)  # fmt: skip


def changes_csv(found: Found, words: HistoryWords) -> str:
    """Return the changes as the text of a file that begins with a byte-order mark, which Excel needs."""
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for owner, change in found.moved:
        cells = (
            change.first.day.isoformat(), change.confirmed.day.isoformat(), change.last.day.isoformat(), owner.key,
            owner.name, owner.category or "", owner.url, change.channel or "", change.kind, state_word(change.before),
            state_word(change.after), "unknown" if change.conditions else "merchant",
            ", ".join(f"{one.what} {one.before} > {one.after}" for one in change.conditions),
            change.first.conditions.tool_version or "", words.whole(change, owner.name), change_id(change).urn,
        )  # fmt: skip
        writer.writerow([guarded(str(cell)) for cell in cells])
    return text.getvalue()
