"""Rules as queries over the state: ``audits/*.sql``. Any row is a violation; what breaks no rule gives no row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archief.projections import tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Violation(NamedTuple):
    """A rule that is broken.

    Attributes:
        rule: its name.
        says: the rule and its ground, as its file says.
        stream: the record it is about; None when it is about no single one.
        seq: the entry it is about; None when it is about no single one.
        what: what is wrong, one sentence. Never content of a record.
    """

    rule: str
    says: str
    stream: str | None
    seq: int | None
    what: str


def rules() -> dict[str, str]:
    """Every rule with what it says and its ground."""
    return {rule: text.partition("\n")[0].removeprefix("-- ") for rule, text in tables.audits().items()}


def audit(connection: DuckDBPyConnection) -> list[Violation]:
    """Ask every rule.

    Args:
        connection: a state, from ``Projector.connect``.

    Returns:
        Everything that is wrong, by rule and entry.
    """
    found = []
    grounds = rules()
    for rule, text in tables.audits().items():
        says = grounds[rule]
        for stream, seq, what in connection.execute(text).fetchall():
            found.append(Violation(rule, says, None if stream is None else str(stream), seq, what))
    return found
