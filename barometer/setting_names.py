"""The names of settings, in the file and in the environment, and what is said of one that is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ValidationError

from barometer.errors import UserError

PREFIX = "BAROMETER_"
FILE_VARIABLE = f"{PREFIX}SETTINGS"


def names_of(table: type[BaseModel], above: str = "") -> Iterator[str]:
    """Yield every setting of *table* as it is written in full, such as ``budgets.pages``."""
    for name, field in table.model_fields.items():
        yield above + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names_of(field.annotation, f"{above}{name}.")


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "__").upper()


def refuse_near_misses(names: Sequence[str], environment: Mapping[str, str]) -> None:
    """Refuse a variable that is nearly a setting's: ignored in silence, it would leave the operator deceived.

    Other names that begin with the prefix may belong to somebody else.
    """
    known = {_variable(name) for name in names} | {FILE_VARIABLE}
    for given in environment:
        if given.upper().startswith(PREFIX) and given.upper() not in known:
            near = get_close_matches(given.upper(), known, n=1, cutoff=0.9)
            if near:
                raise UserError(f"environment: {given}: unknown setting", f"do you mean {near[0]}?")


def first_problem(
    names: Sequence[str], error: ValidationError, path: Path, environment: Mapping[str, str]
) -> UserError:
    """Return the first thing that *error* found wrong, as one line: where, what, and what to do; no password is repeated."""
    details = error.errors()[0]
    key = ".".join(str(part) for part in details["loc"])
    from_variable = _variable(key) in {name.upper() for name in environment}
    where = f"environment: {_variable(key)}" if from_variable else f"{path}: {key}"
    if details["type"] == "extra_forbidden":
        near = _nearest(names, key)
        hint = f"do you mean {near}? " if near else ""
        return UserError(f"{where}: unknown setting", f"{hint}See: barometer settings --example")
    if details["type"] in {"model_type", "model_attributes_type"}:
        return UserError(f"{where}: is not a table", f"write [{key}] on a line of its own, and its keys below")
    what, _, remedy = details["msg"].removeprefix("Value error, ").partition("; ")
    # An address may hold a password, which must not end up on a screen or in a log.
    hidden = (
        isinstance(details["input"], dict)
        or key == "database"
        or (key == "evidence" and ":/" in str(details["input"]))
        or key.endswith(("password", "secret", "token", "urls"))
    )
    shown = "" if hidden or what.startswith("'") else f"{str(details['input'])[:60]!r}: "
    return UserError(f"{where}: {shown}{what[:1].lower()}{what[1:]}", remedy or "see: barometer settings --example")


def _nearest(names: Sequence[str], key: str) -> str | None:
    """Return the setting that *key* most likely means: of its own table first, then of any."""
    table, _, name = key.rpartition(".")
    siblings = {known.rpartition(".")[2]: known for known in names if known.rpartition(".")[0] == table}
    close = get_close_matches(name, siblings, n=1, cutoff=0.7) or [one for one in siblings if name in one]
    anywhere = {known.rpartition(".")[2]: known for known in names} | siblings
    close = close or get_close_matches(name, anywhere, n=1, cutoff=0.7)
    return anywhere[close[0]] if close else None
