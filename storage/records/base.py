"""What every record shares: one class that is the row, the type and the item."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, dataclass_transform

from sqlalchemy import JSON, Enum, ForeignKey, MetaData, String, event
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from storage.records.columns import ExactDecimal, PageText, UtcDateTime, as_utc, exact, new_id, storable

WORD_LENGTH = 32
"""Room for a word of a closed list, in characters."""
SHA256_LENGTH = 64
"""A SHA-256 in hexadecimal digits; the name of an evidence file."""

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are named, so that a later migration can name what it changes."""


def reference(table: str, *, cascade: bool = False, **column: Any) -> MappedColumn[Any]:
    """Return a column that holds the key of a record of *table*, indexed, checked at commit.

    With *cascade* the row goes when that record goes; *column* are the options of ``mapped_column``.
    """
    key = ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None, deferrable=True, initially="DEFERRED")
    return mapped_column(String(32), key, **{"index": True, **column})


def sha256(**column: Any) -> MappedColumn[Any]:
    """Return a column that holds the name of an evidence file; *column* are the options of ``mapped_column``."""
    return mapped_column(String(SHA256_LENGTH), **column)


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(mapped_column, reference, sha256))
class Record(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """A row that can be made, passed on and kept without a session.

    Keys are made by the constructor, and references are plain keys checked at commit: records may be stored in any
    order, and storing a batch again with ``session.merge`` changes nothing (what a record leaves at its default does
    not overwrite what is stored). Times must be aware, words must belong to their list and money must be exact: an
    assignment that breaks this raises ``ValueError`` on the spot. JSON columns hold plain values; assign a new one
    instead of changing it in place.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: PageText,
        datetime: UtcDateTime,
        Decimal: ExactDecimal,
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            length=WORD_LENGTH,
            validate_strings=True,
            values_callable=lambda words: [word.value for word in words],
        ),
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default_factory=new_id, sort_order=-1)


@event.listens_for(Record, "attribute_instrument", propagate=True)
def _check_assignments(record: type[Record], key: str, attribute: Any) -> None:
    """Make the attribute refuse, when it is set, what its column would refuse when it is stored."""
    columns = getattr(attribute.property, "columns", None)
    accepted = _acceptance(columns[0].type) if columns else None
    if accepted is None:
        return

    @event.listens_for(attribute, "set", retval=True)
    def set_checked(target: Record, value: Any, previous: Any, initiator: Any) -> Any:
        try:
            return None if value is None else accepted(value)
        except ValueError as error:
            raise ValueError(f"{record.__name__}.{key}: {error}") from None


def _acceptance(column_type: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """Return the function that turns a value into the one stored, or ``None`` where any value will do."""
    if isinstance(column_type, Enum):
        return column_type.enum_class
    if isinstance(column_type, UtcDateTime):
        return as_utc
    if isinstance(column_type, ExactDecimal):
        return exact
    return storable if isinstance(column_type, PageText) else None
