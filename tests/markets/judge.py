"""Compare an audit result with the truth of a test market."""

from typing import Any
from urllib.parse import urlsplit

_PATHS = ("contact_page", "form")


def complaints(truth: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """Return in one line each where *result* differs from the market's ``expected.toml``; nothing means right."""
    found = [
        line for name, wanted in truth["channels"].items() for line in _channel(name, wanted, result["channels"][name])
    ]
    aside = {(entry["channel"], entry["value"], entry["why"]) for entry in result["set_aside"]}
    found += [
        f"{entry['channel']} {entry['value']} is not set aside as {entry['why']}"
        for entry in truth.get("set_aside", [])
        if (entry["channel"], entry["value"], entry["why"]) not in aside
    ]
    limit = truth.get("pages", {}).get("read_at_most")
    if limit is not None and result["pages"]["read"] > limit:
        found.append(f"{result['pages']['read']} pages were read, {limit} are enough")
    warning = truth.get("warning")
    if warning is not None and not any(warning in said for said in result["warnings"]):
        found.append(f"warnings are {result['warnings']}, none says {warning!r}")
    return found


def _channel(name: str, wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    keys = [key for key in ("outcome", "clicks", "at_least", "basis", "searched", "reason") if key in wanted]
    found = [f"{name}: {key} is {got[key]}, not {wanted[key]}" for key in keys if got[key] != wanted[key]]
    if "values" in wanted:
        values = sorted(_comparable(name, value["value"]) for value in got["values"])
        expected = sorted(_comparable(name, value) for value in wanted["values"])
        if values != expected:
            found.append(f"{name}: values are {values}, not {expected}")
    nearest: dict[str, Any] = next(iter(got["values"]), {"readable": None, "tariff": None})
    if "readable" in wanted and nearest["readable"] is not wanted["readable"]:
        found.append(f"{name}: readable is {nearest['readable']}, not {wanted['readable']}")
    if "tariff" in wanted and (nearest["tariff"] or {}).get("class") != wanted["tariff"]:
        found.append(f"{name}: tariff is {nearest['tariff']}, not {wanted['tariff']}")
    return found


def _comparable(name: str, value: str) -> str:
    if name in _PATHS:
        parts = urlsplit(value)
        return parts.path.removesuffix("index.html").removesuffix(".html").rstrip("/") or "/"
    return value.rstrip("/").casefold()
