"""What every group of commands shares: a refusal is one line and exit code 1, not a stack trace."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from app.config import SettingError
from app.errors import CatalogError


class RefusingGroup(AppGroup):
    """Commands that say in a line why they cannot do what they were asked."""

    def __init__(self, name: str | None = None, **options: Any) -> None:
        super().__init__(name, **{"no_args_is_help": True, **options})

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CatalogError, SettingError) as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except SQLAlchemyError as error:
            raise click.ClickException(f"The database does not do this: {getattr(error, 'orig', error)}") from error
