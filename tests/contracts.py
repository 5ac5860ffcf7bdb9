"""Validation against the published contracts, for the tests of whatever prints them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

DOCS = Path(__file__).resolve().parents[1] / "docs"


def complaints(contract: str, instance: object) -> list[str]:
    """Return what is wrong with *instance* under ``docs/<contract>.schema.json``, one line each; empty when valid.

    Readers must accept keys they do not know, so the published schema does too; what we print ourselves may hold only
    keys that the schema names, so here an unknown key is a complaint.
    """
    schema = published(contract)
    found = [_line(error) for error in _validator(contract, "").iter_errors(instance)]
    if found and isinstance(instance, dict):
        found = [_line(error) for error in _validator(contract, _kind(contract, instance)).iter_errors(instance)]
    return found + sorted(f"unknown key {key!r}" for key in _keys(instance) - _named(schema))


@cache
def published(contract: str) -> dict[str, Any]:
    """Return the schema of ``audit`` or ``detect`` as it stands in the docs."""
    schema: dict[str, Any] = json.loads((DOCS / f"{contract}.schema.json").read_text(encoding="utf-8"))
    return schema


def _kind(contract: str, instance: dict[str, Any]) -> str:
    """The root only offers alternatives; the complaints of the one that was meant are those that help."""
    if contract == "audit":
        return "result"
    return "unreadable" if "error" in instance else "page"


@cache
def _validator(contract: str, definition: str) -> jsonschema.Draft202012Validator:
    schema = published(contract)
    if definition:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    return jsonschema.Draft202012Validator(schema)


def _line(error: jsonschema.ValidationError) -> str:
    where = "/".join(str(part) for part in error.absolute_path)
    return f"{where or '(root)'}: {error.message}"


def _named(schema: object) -> set[str]:
    """Return every key that some object of the schema names."""
    if isinstance(schema, list):
        return set().union(*map(_named, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*map(_named, schema.values()))


def _keys(instance: object) -> set[str]:
    """Return every key of the instance but the field names of a merchant's form, which are free."""
    if isinstance(instance, list):
        return set().union(*map(_keys, instance))
    if not isinstance(instance, dict):
        return set()
    return set(instance).union(*(_keys(part) for name, part in instance.items() if name != "fields"))
