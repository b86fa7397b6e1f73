"""Every setting: its environment variable, type, default and meaning. Only here is the environment read."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from limits import parse_many

PROJECT = Path(__file__).resolve().parent.parent
DATA_DIR = PROJECT / ".data"
SEED_DIR = PROJECT / "seed_tools"
MOST_COUNTED = 1_000_000_000
LONGEST_WINDOW_S = 86_400
MOST_SELECTIONS = 100_000
REDIS = ("redis://", "rediss://", "redis+unix://")


class SettingError(ValueError):
    """An environment variable holds something that is no value for its setting."""


def setting(
    default: Any,
    meaning: str,
    *,
    words: tuple[str, ...] = (),
    least: float = 0,
    most: float = float("inf"),
    check: Callable[[str, str], None] | None = None,
) -> Any:
    """Declare a setting: its default and what it means, in the words of the README's table.

    Args:
        words: the only values it has; none: any. least, most: the range of a number.
        check: raises a SettingError for a text that is no value, given the variable's name and the text.
    """
    metadata = {"meaning": meaning, "words": words, "range": (least, most), "check": check}
    return field(default=default, metadata=metadata)


def a_rate(name: str, text: str) -> None:
    """Check that a text says how often somebody may ask.

    Raises:
        SettingError: it is not one number of requests in one time, or either is too small or too large.
    """
    try:
        rates = parse_many(text)
    except ValueError as error:
        raise SettingError(f"{name}={text!r}: write how many and how long, such as: 300 per minute") from error
    if len(rates) != 1:
        raise SettingError(f"{name}={text!r}: write one limit only, such as: 300 per minute")
    if not 1 <= rates[0].amount <= MOST_COUNTED:
        raise SettingError(f"{name}={text!r}: not between 1 and {MOST_COUNTED} requests")
    if not 1 <= rates[0].get_expiry() <= LONGEST_WINDOW_S:
        raise SettingError(f"{name}={text!r}: not between a second and a day")


def a_redis(name: str, text: str) -> None:
    """Check that a text is the address of a Redis. Never says the text: it may hold a password.

    Raises:
        SettingError: it is none.
    """
    if not text.startswith(REDIS):
        raise SettingError(f"{name}: write an address that begins with {', '.join(REDIS)}, or nothing for PostgreSQL")


def a_service(name: str, text: str) -> None:
    """Check that a text is the address of a service on the web. Never says the text: it may hold a password.

    Raises:
        SettingError: it is none.
    """
    address = urlsplit(text)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise SettingError(f"{name}: write an address that begins with https:// (or http://), or nothing")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, read once; each is the environment variable of its name in capitals."""

    database_url: str = setting("", "PostgreSQL ≥ 14 to use; empty: an embedded one under `DATA_DIR`")
    data_dir: Path = setting(DATA_DIR, "where the embedded database and the secret key live")
    seed_dir: Path = setting(SEED_DIR, "definitions imported when `make run` finds an empty catalog")
    host: str = setting("127.0.0.1", "address `make run` binds to")
    port: int = setting(8080, "port `make run` serves on", least=1, most=65_535)
    workers: int = setting(1, "serving processes", least=1)
    threads: int = setting(4, "threads per serving process", least=1)
    secret_key: str = setting("", "signs cookies and forms; empty: made once and kept under `DATA_DIR`")
    encryption_keys: str = setting(
        "", "encrypt secrets in the database, the newest key first; empty: made once and kept under `DATA_DIR`"
    )
    public_url: str = setting("", "where people reach the catalog, when not at `http://HOST:PORT`; for links")
    trusted_proxies: int = setting(
        0, "reverse proxies in front, whose `X-Forwarded-…` headers say who asks and whether TLS is used", most=10
    )
    oidc_issuer: str = setting("", "provider of single sign-on (OpenID Connect), as `https://…`; empty: none")
    oidc_client_id: str = setting("", "this catalog's name at the provider")
    oidc_client_secret: str = setting("", "this catalog's secret at the provider; empty: it has none")
    oidc_scopes: str = setting("openid profile email", "what the provider is asked for")
    oidc_name_claim: str = setting("preferred_username", "the claim that names an account; else a verified `email`")
    oidc_role_claim: str = setting("groups", "the claim that gives the role; `a.b` is one within another")
    oidc_roles: str = setting("", "role for each value of it: `catalog-admins=admin, platform=author, *=viewer`")
    oidc_label: str = setting("single sign-on", "what the button for single sign-on says")
    session_idle_min: int = setting(120, "minutes after which somebody who does nothing is signed out", least=1)
    session_longest_min: int = setting(24 * 60, "minutes after which everybody signs in again", least=1)
    log_level: str = setting("info", "debug, info, warning or error", words=("debug", "info", "warning", "error"))
    log_format: str = setting(
        "auto",
        "`json`, `console`, or `auto`: console on a terminal, JSON elsewhere",
        words=("json", "console", "auto"),
    )
    require_if_match: bool = setting(False, "1: JSON changes without `If-Match` are refused with 428")
    max_body_bytes: int = setting(
        32 * 1024 * 1024, "largest body of an import, bytes; any other request has 1 MiB", least=1
    )
    pool_size: int = setting(8, "database connections per process", least=1)
    pool_timeout_s: float = setting(0.7, "seconds a request waits for a connection before it is answered 503")
    write_timeout_ms: int = setting(
        700, "how long a request that changes something waits before it is answered 503, milliseconds", least=1
    )
    statement_timeout_ms: int = setting(15_000, "longest a statement may run in the database, milliseconds")
    lock_timeout_ms: int = setting(5_000, "longest a change waits for another one, milliseconds")
    idle_in_transaction_timeout_ms: int = setting(10_000, "after this an idle open transaction is ended, milliseconds")
    listen_dsn: str = setting(
        "", "where to listen for changes, when not `DATABASE_URL`: past a pooler, for one; `none`: nowhere"
    )
    revision_check_ms: int = setting(
        250, "how often a serving process looks for changes it was not told of, milliseconds", least=1
    )
    reload_every_s: float = setting(0.0, "how often a serving process reads the whole catalog again, seconds; 0: never")
    reload_events_kept: int = setting(10_000, "how many reload events the database keeps", least=1)
    reload_webhook_secret: str = setting("", "signs the calls of the reload webhook; empty: it is off")
    selections_kept: int = setting(
        1_000, "how many distinct selections the decision log keeps; 0: none", most=MOST_SELECTIONS
    )
    selections_sampled: float = setting(1.0, "the share of selections that is counted there, from 0 to 1", most=1)
    waiting_readers: int = setting(
        32, "readers of `/api/v1/changes` that may wait at once in a serving process, beside its threads", least=1
    )
    judge_url: str = setting(
        "",
        "an LLM service that chooses between the best two of an ambiguous selection, as `https://…/v1` "
        "(OpenAI's chat completions); it is told the intent; empty: none",
        check=a_service,
    )
    judge_model: str = setting("", "the model asked for there")
    judge_key: str = setting("", "sent to it as `Authorization: Bearer`; empty: none")
    judge_timeout_s: float = setting(
        2.0, "seconds after which the judge is not waited for any longer", least=0.05, most=60
    )
    rate_limit_enabled: bool = setting(True, "0: requests are not counted, and none is answered 429")
    rate_limit_token: str = setting("60000 per minute", "how often one API token may ask", check=a_rate)
    rate_limit_address: str = setting(
        "300 per minute", "how often one address may ask without a token; of IPv6, one /64 network", check=a_rate
    )
    rate_limit_storage: str = setting(
        "", "`redis://…`: requests are counted there; empty: in PostgreSQL", check=a_redis
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings.

        Raises:
            SettingError: a variable's value does not fit its type; the message names it.
        """
        values = {f.name: _read(f, environment[f.name.upper()]) for f in fields(cls) if environment.get(f.name.upper())}
        return cls(**values)


def _read(setting: Field[Any], text: str) -> Any:
    name, words, (least, most) = setting.name.upper(), setting.metadata["words"], setting.metadata["range"]
    value = _converted(name, text.lower() if words else text, setting.type)
    if words and value not in words:
        raise SettingError(f"{name}={text!r}: write {', '.join(words[:-1])} or {words[-1]}")
    if isinstance(value, int | float) and not least <= value <= most:
        raise SettingError(f"{name}={text!r}: not between {least} and {most}")
    if setting.metadata["check"] is not None:
        setting.metadata["check"](name, value)
    return value


def _converted(name: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in {"0", "1", "true", "false"}:
            raise SettingError(f"{name}={text!r}: write 1 or 0")
        return text.lower() in {"1", "true"}
    if kind is Path:
        return Path(text).expanduser().resolve()
    try:
        return kind(text)
    except ValueError as error:
        raise SettingError(f"{name}={text!r}: not a {kind.__name__}") from error


def secret_key(settings: Settings) -> str:
    """Return the key that signs cookies and forms, making and keeping one when none is set."""
    if settings.secret_key:
        return settings.secret_key
    return kept_once(settings.data_dir / "secret_key", lambda: secrets.token_hex(32))


def kept_once(path: Path, make: Callable[[], str]) -> str:
    """What a file holds; when there is none, it is made, readable by its owner only. Of several processes, one wins."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return _made_once(path, make())


def _made_once(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
