"""Asking a person for marks, one criterion after another."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from barometer.cli.keyboard import Keyboard
from probes.criteria import Criterion, Judgement, judgement

NOT_JUDGED, BACK, STOP = "-", "u", "q"


def ask_marks(
    console: Console, keyboard: Keyboard, wanted: Sequence[Criterion], keep: Callable[[str, Judgement], None]
) -> bool:
    """Ask for each of *wanted*, and *keep* what is said of it, by key, at once; return whether the person came to the end.

    Who goes back is asked again, and what they say then replaces what was kept.
    """
    place = 0
    while place < len(wanted):
        criterion = wanted[place]
        _show(console, criterion, place + 1, len(wanted))
        key = ""
        while key not in {"0", "1", "2", NOT_JUDGED, BACK, STOP}:
            key = keyboard.key(None)
        if key == STOP:
            return False
        if key == BACK:
            place = max(0, place - 1)
            continue
        judged = _judged(console, keyboard, key)
        keep(criterion.key, judged)
        console.print(Text(f"     {_said(criterion, judged)}", style="green"))
        place += 1
    return True


def _show(console: Console, criterion: Criterion, number: int, count: int) -> None:
    console.print(Text(f"\n{number}/{count}  {criterion.asks}", style="bold"))
    for value, says in enumerate(criterion.levels):
        console.print(Text(f"     {value}  {says}"))
    console.print(Text("     -  cannot be judged   u  back   q  stop here", style="dim"))


def _judged(console: Console, keyboard: Keyboard, key: str) -> Judgement:
    if key != NOT_JUDGED:
        return judgement(key)
    while True:
        try:
            return judgement(f"{keyboard.line('     why not? ')} ")
        except ValueError:
            console.print(Text("     say it in a few words", style="dim"))


def _said(criterion: Criterion, judged: Judgement) -> str:
    (said,) = judged
    return f"not judged: {said}" if isinstance(said, str) else f"{said}  {criterion.levels[int(said)]}"
