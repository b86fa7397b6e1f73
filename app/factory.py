"""Making the application: the only place where all of it meets."""

from flask import Flask

from app import api_docs, database, errors, formats, logs, openapi, styleguide, web
from app.accounts import directory, doorkeeper, oidc, sign_in
from app.accounts.blueprint import accounts
from app.accounts.commands import commands as accounts_commands
from app.audit import service as audit_service
from app.audit.blueprint import audit
from app.audit.commands import commands as audit_commands
from app.catalog import guards, live, owners
from app.catalog.blueprint import catalog
from app.catalog.commands import commands
from app.catalog.remembered import Remembered
from app.config import PROJECT, Settings, secret_key
from app.drafts import proposals as draft_proposals
from app.drafts.blueprint import drafts
from app.encryption import Encryption
from app.envelope import Envelope
from app.extensions import csrf, db, htmx
from app.health import health
from app.rate_limits import service as rate_limits
from app.reload import feed, service
from app.reload.blueprint import reload
from app.reload.commands import commands as reload_commands
from app.selection import decisions, judge, live_index, proposals
from app.selection.blueprint import selection
from app.selection.commands import commands as selection_commands
from app.selection.guard import hold_cases


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application: settings, then extensions, then features. Opens no connection and starts no thread."""
    settings = settings or Settings.from_environment()
    app = web.Application(__name__, template_folder=PROJECT / "templates", static_folder=PROJECT / "static")
    app.config["SECRET_KEY"] = secret_key(settings)
    logs.configure(settings)

    database.configure(app, settings)
    db.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)

    web.init_app(app, settings)
    errors.init_app(app)
    formats.init_app(app)
    live.init_app(app)
    service.init_app(app, settings)
    feed.init_app(app, settings)
    audit_service.init_app(app, settings, service.of(app))
    directory.init_app(app)
    service.of(app).when_looked = directory.of(app).look
    live_index.init_app(app, lambda: carry_on_index(app))
    judge.init_app(app, settings)
    decisions.init_app(app, settings)
    guards.register(app, hold_cases)
    proposals.init_app(app)
    proposals.register(app, "draft", draft_proposals.draft)
    owners.init_app(app, lambda: directory.of(app).directory().names)
    sign_in.init_app(app, settings)
    oidc.init_app(app, settings)
    app.extensions["encryption"] = Encryption(settings)
    doorkeeper.init_app(app)
    rate_limits.init_app(app, settings, doorkeeper.token_check(app), doorkeeper.who_is_signed_in)
    doorkeeper.hold_off(app)
    app.register_blueprint(accounts)
    app.register_blueprint(catalog)
    app.register_blueprint(drafts)
    app.register_blueprint(reload)
    app.register_blueprint(selection)
    app.register_blueprint(audit)
    app.register_blueprint(health)
    app.cli.add_command(commands)
    app.cli.add_command(reload_commands)
    app.cli.add_command(audit_commands)
    app.cli.add_command(selection_commands)
    app.cli.add_command(accounts_commands)
    app.register_blueprint(openapi.bp)
    app.register_blueprint(api_docs.bp)
    app.register_blueprint(styleguide.bp)
    answering = Remembered(app.wsgi_app, live.of(app), doorkeeper.reader_check(app, rate_limits.of(app).admits_request))
    surrounded = Envelope(answering, logs.request_log(settings))
    app.wsgi_app = web.behind_proxies(surrounded, settings)  # type: ignore[method-assign, assignment]
    return app


def carry_on_index(app: Flask) -> None:
    """Have the index of selection carried on soon after each change, so that nobody who asks waits for it."""
    service.of(app).register_handler("selection", lambda _: live_index.of(app).current())
