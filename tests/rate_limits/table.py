"""The table of rate limits, as tests look into it and take it away."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, text, update

from app.extensions import SCHEMA, db
from app.rate_limits.models import RateLimitRow
from app.rate_limits.storage import column
from tests.owner import owning


def rows() -> int:
    """How many keys are counted."""
    with db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(RateLimitRow)) or 0


def total() -> int:
    """How much is counted, of all keys."""
    with db.engine.connect() as connection:
        return int(connection.scalar(select(func.coalesce(func.sum(RateLimitRow.count), 0))) or 0)


def end_windows(*keys: str) -> None:
    """Let the windows of these keys, or all, have ended a second ago."""
    ended = update(RateLimitRow).values(ends_at=text("clock_timestamp() - interval '1 second'"))
    if keys:
        ended = ended.where(RateLimitRow.key.in_(map(column, keys)))
    with db.engine.begin() as connection:
        connection.execute(ended)


@contextmanager
def silent() -> Iterator[None]:
    """For the block, whoever counts gets no answer, and no error either."""
    with owning() as connection:
        connection.execute(text(f"LOCK TABLE {SCHEMA}.rate_limits IN ACCESS EXCLUSIVE MODE"))
        yield
