"""The forms of signing in and of accounts, as browsers send them. What their values may be, `changes` decides."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.actor import Role, Scope

ROLES = [role.value for role in Role]
SCOPES = [scope.value for scope in Scope]
REQUIRED = InputRequired("Write something here.")


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    name = StringField("Name", [REQUIRED, Length(max=200)])
    password = PasswordField("Password", [REQUIRED, Length(max=1000)])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A code of the second factor."""

    code = StringField("Code", [REQUIRED, Length(max=100)])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, and the present one of who has one."""

    now = PasswordField("Present password", [Length(max=1000)])
    password = PasswordField("New password", [REQUIRED, Length(max=1000)])


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A new API token of one's own."""

    name = StringField("What it is for", [REQUIRED, Length(max=100)], id="token-name")
    scopes = SelectMultipleField(
        "Scopes",
        choices=SCOPES,  # type: ignore[arg-type]
        default=["read"],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = IntegerField("Good for days", [Optional()], default=90)


class UserForm(FlaskForm):  # type: ignore[misc]
    """A new account; a person unless it says it is a service."""

    name = StringField("Name", [REQUIRED, Length(max=200)], id="user-name")
    role = SelectField("Role", choices=ROLES, default=Role.AUTHOR.value)  # type: ignore[arg-type]
    is_service = BooleanField("A service, which has tokens only")


class TeamForm(FlaskForm):  # type: ignore[misc]
    """A new team."""

    name = StringField("Name", [REQUIRED, Length(max=200)], id="team-name")
