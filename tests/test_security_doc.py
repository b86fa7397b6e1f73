"""docs/security.md is true: its table is whole and names tests that are there, and its numbers are those of the code.

Below that, what the table says and no other test shows.
"""

import ast
import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app import logs
from app.accounts import changes, passwords, second_factor, sign_in, tokens
from app.accounts.models import User
from app.catalog import archives
from app.config import Settings
from app.definitions import extent
from app.definitions.document_text import DOCUMENT_LIMITS
from app.encryption import new_key
from app.envelope import SECURITY_HEADERS
from app.errors import BadRequest
from app.web import MOST_BYTES
from tests.catalog.caller import Caller
from tests.served import PROJECT

TEXT = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| (?P<numbers>[0-9.–]+) \| (?P<asked>.+?) \| (?P<verdict>.*?) \| (?P<why>.*?) ?\|")
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\]\(([\w.-]*)#([\w-]+)\)")
VERDICTS = {"pass", "n/a", "gap"}
# How many requirements of levels 1 and 2 each section of OWASP ASVS 5.0.0 has; each is numbered from 1.
SECTIONS = (
    "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 "
    "4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 "
    "7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 "
    "10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 "
    "14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2"
)
ALL = [
    f"{section}.{number}"
    for section, _, count in (told.partition(":") for told in SECTIONS.split())
    for number in range(1, int(count) + 1)
]


def rows() -> list[re.Match[str]]:
    """Every row of the tables of requirements."""
    lines = [line for line in TEXT.splitlines() if re.match(r"\| \d+\.\d+\.\d+", line)]
    found = [ROW.fullmatch(line) for line in lines]
    assert all(found), [line for line, row in zip(lines, found, strict=True) if row is None]
    return [row for row in found if row is not None]


def numbers_of(row: re.Match[str]) -> list[str]:
    """The requirements a row is about: `1.2.6–1.2.8` are three."""
    first, _, last = row["numbers"].partition("–")
    return ALL[ALL.index(first) : ALL.index(last or first) + 1]


def test_every_requirement_of_levels_1_and_2_is_told_once_in_order() -> None:
    assert [number for row in rows() for number in numbers_of(row)] == ALL


def test_every_row_has_a_verdict_and_what_it_rests_on() -> None:
    for row in rows():
        assert row["verdict"] in VERDICTS, row["numbers"]
        assert row["why"], row["numbers"]
        if row["verdict"] == "pass":
            assert any(name for _, name in NAMED.findall(row["why"])), row["numbers"]


def test_the_counts_in_the_text_are_those_of_the_table() -> None:
    counts = Counter(row["verdict"] for row in rows() for _ in numbers_of(row))
    told = re.search(r"(\d+) requirements, of which (\d+) pass, (\d+) do not apply, and\s+(\d+) are\s+gaps", TEXT)
    assert told is not None
    assert [int(number) for number in told.groups()] == [len(ALL), counts["pass"], counts["n/a"], counts["gap"]]


def test_every_test_it_names_is_there() -> None:
    missing = []
    for path, name in sorted(set(NAMED.findall(TEXT))):
        file = PROJECT / ("" if path.startswith("app/") else "tests") / path
        if not file.is_file() or (name and name not in functions_in(file.read_text(encoding="utf-8"))):
            missing.append(f"{path}::{name}")
    assert missing == []


def functions_in(text: str) -> set[str]:
    """The names of the tests of a file."""
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def test_nothing_is_left_to_be_filled_in() -> None:
    assert [line for line in TEXT.splitlines() if "TODO" in line] == []


def test_every_link_leads_to_a_heading() -> None:
    links = LINK.findall(TEXT)
    assert len(links) > 10
    for document, heading in links:
        text = TEXT if not document else (PROJECT / "docs" / document).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, heading


def test_the_limits_told_are_those_of_the_code() -> None:
    default, in_mib = Settings(), 1024 * 1024
    told = [
        f"{passwords.SHORTEST} to {passwords.LONGEST} characters, zxcvbn's score {passwords.STRONG_ENOUGH} or more",
        f"{sign_in.ACCOUNT_ATTEMPTS} failed attempts for an account and {sign_in.ADDRESS_ATTEMPTS} for an address in "
        f"{sign_in.ATTEMPTS_WITHIN_S} s",
        f"TOTP, {second_factor.STEP_S} s and a step before and after",
        f"{second_factor.RECOVERY_CODES} recovery codes",
        f"| {changes.LINK_MIN} minutes; made by administrators",
        f"after {default.session_idle_min} minutes without a request, and after {default.session_longest_min} in any",
        f"| requests with a token | {default.rate_limit_token} |",
        f"| requests without one, from an address | {default.rate_limit_address} |",
        f"| body of a request; of an import | {MOST_BYTES // in_mib} MiB; {default.max_body_bytes // in_mib} MiB |",
        f"| {archives.MOST_FILES:,}; {archives.MOST_BYTES // in_mib} MiB; a hundredth at least |",
        f"| {DOCUMENT_LIMITS.bytes // 1024} KiB, {DOCUMENT_LIMITS.events:,} values, {DOCUMENT_LIMITS.depth} levels, "
        f"{extent.MOST_PARTS} capabilities and patterns |",
        f"in a process | {default.waiting_readers} |",
        f"| a change that waits for the database | {default.write_timeout_ms} ms, then 503 |",
        f"| a statement in the database | {default.statement_timeout_ms // 1000} s |",
        f"the last {default.reload_events_kept} |",
    ]
    assert [words for words in told if words not in TEXT] == []


# What the code of the product does nowhere, or in a few places only.


@cache
def modules() -> dict[str, tuple[ast.AST, ...]]:
    """All there is in every module of the application, by its path in it."""
    return {
        path.relative_to(PROJECT / "app").as_posix(): tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted((PROJECT / "app").rglob("*.py"))
    }


@cache
def imports_in(path: str) -> set[str]:
    """What a module imports, wherever in it: `a.b` and `a.b.c` of `from a.b import c`."""
    found = set()
    for node in modules()[path]:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def importing(*names: str) -> set[str]:
    """The modules that import one of these, or something of it."""
    return {
        path
        for path in modules()
        for imported in imports_in(path)
        if any(f"{imported}.".startswith(f"{name}.") for name in names)
    }


@cache
def calls() -> list[tuple[str, ast.Call, str]]:
    """Every call: its module, itself, and its name as it is written, `os.open`."""
    return [
        (path, node, ast.unparse(node.func))
        for path, nodes in modules().items()
        for node in nodes
        if isinstance(node, ast.Call)
    ]


def test_no_code_runs_what_it_was_given() -> None:
    harmful = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "render_template_string", "Markup"}
    assert {(path, name) for path, _, name in calls() if name in harmful} == set()
    assert importing("pickle", "marshal", "shelve", "dill", "jsonpickle", "code", "pty") == set()
    assert importing("subprocess") == importing("subprocess.SubprocessError") == {"serve.py"}
    assert {name for _, _, name in calls() if name.startswith("yaml.")} == {"yaml.parse", "yaml.dump"}
    templates = [path.name for path in (PROJECT / "templates").rglob("*.html") if "|safe" in path.read_text()]
    assert templates == []


def test_no_format_comes_from_outside() -> None:
    made = {
        path
        for path, call, name in calls()
        if name.endswith(".format") and not isinstance(call.func.value, ast.Constant)  # type: ignore[attr-defined]
    }
    # In these, the format is one of the module's own texts.
    own = {"definitions/expression_grammar.py", "definitions/validation/estimates.py", "reload/listener.py"}
    assert made <= own | {"selection/ambiguity.py", "selection/playground.py"}


def test_only_these_modules_speak_to_others() -> None:
    # The provider of single sign-on; the judge, at the address that is set; `make run`, which asks its own port whether
    # it is ready.
    assert importing("requests", "authlib", "urllib.request", "urllib3", "http.client", "httpx", "smtplib") == {
        "accounts/oidc.py",
        "selection/judge.py",
        "serve.py",
    }
    # The name of this machine, and a pair of sockets to wake a thread.
    assert importing("socket") == {"reload/events.py", "reload/listener.py"}
    assert {name for _, _, name in calls() if name.startswith("socket.")} == {"socket.gethostname", "socket.socketpair"}
    assert {path for path, _, name in calls() if name == "storage_from_string"} == {"rate_limits/service.py"}


def test_only_these_modules_write_files() -> None:
    writing = {
        path
        for path, call, name in calls()
        if name.endswith((".write_text", ".write_bytes", ".touch")) or name == "os.fdopen"
        or (name.rpartition(".")[2] == "open" and any(is_mode_to_write(one) for one in call.args))
    }  # fmt: skip
    keys_links_and_anchors = {"config.py", "encryption.py", "accounts/links.py", "audit/anchors.py"}
    # An export by command, and a file that is locked and stays empty.
    assert writing == keys_links_and_anchors | {"catalog/commands.py", "database.py"}
    logging_elsewhere = ("logging.handlers", "logging.FileHandler", "syslog")
    assert importing(*logging_elsewhere) == set()


def is_mode_to_write(argument: ast.expr) -> bool:
    """Whether an argument of `open` says that it writes."""
    return isinstance(argument, ast.Constant) and bool(re.fullmatch("[wax+bt]+", str(argument.value)))


def test_chance_is_that_of_the_system_where_it_must_be() -> None:
    # How long somebody waits before asking again.
    assert importing("random") == {"reload/feed.py", "reload/listener.py"}


def test_hashes_and_ciphers_are_those_of_the_inventory() -> None:
    inventory = TEXT.partition("### Keys and ciphers")[2].partition("\n### ")[0]
    libraries = "hashlib hmac secrets cryptography argon2 itsdangerous pyotp authlib joserfc jwt jose nacl bcrypt"
    used = {library for library in libraries.split() if importing(library)}
    assert [library for library in used if f"`{library}`" not in inventory] == []
    hashing = {name for _, _, name in calls() if re.fullmatch(r"hashlib\.\w+", name)}
    assert hashing == {"hashlib.sha256", "hashlib.blake2b"}
    assert {path for path, _, name in calls() if name == "hashlib.blake2b"} == {"answers.py", "rate_limits/storage.py"}
    assert importing("cryptography") == importing("cryptography.fernet") == {"encryption.py"}


def test_what_opens_something_cannot_be_guessed() -> None:
    random_digits = len(tokens.new_token()) - len(tokens.PREFIX) - tokens._CHECKSUM
    bits = {
        "token": random_digits * math.log2(len(tokens._DIGITS)),
        "session or link": len(tokens.new_secret()) * 6 - 2,
        "secret of a second factor": len(second_factor.new_secret()) * 5,
        "key": len(new_key().rstrip("=")) * 6 - 2,
    }
    assert [what for what, found in bits.items() if found < 128] == []
    assert 3 * len(second_factor._part()) * math.log2(len(second_factor._ALPHABET)) > 20


def test_scripts_set_no_key_they_were_given() -> None:
    for script in (PROJECT / "static" / "js").rglob("*.js"):
        text = re.sub(r"\b(const|let) \[[^\]]*\] =", "", script.read_text())
        assert re.findall(r"\]\s*=(?![=>])|__proto__|Object\.assign", text) == [], script.name


# What answers are like.


def test_the_content_security_policy_is_this_strict() -> None:
    policy = dict(SECURITY_HEADERS)["Content-Security-Policy"]
    directives = {name: words for name, _, words in (part.strip().partition(" ") for part in policy.split(";"))}
    # Without one of their own, objects, frames, workers and media come under the first.
    nothing = {"default-src", "base-uri", "frame-ancestors"}
    assert {name for name, words in directives.items() if words == "'none'"} == nothing
    assert {words for name, words in directives.items() if name not in nothing} == {"'self'"}


@pytest.mark.parametrize(
    "address",
    ["/tools", "/sign-in", "/nothing", "/static/css/base.css", "/static/js/app.js", "/api/v1/audit?format=csv"],
)
def test_text_says_how_it_is_written(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.mimetype.startswith("text/")
    assert answer.mimetype_params["charset"] == "utf-8"
    answer.close()


@pytest.mark.parametrize(
    "address", ["/tools", "/tools/nothing", "/tools?platform=x", "/reloads", "/audit", "/account", "/accounts"]
)
def test_every_page_offers_to_sign_out(client: FlaskClient, address: str) -> None:
    assert 'action="/sign-out" method="post"' in client.get(address).text


@pytest.mark.parametrize("address", ["/sign-in", "/account"])
def test_password_fields_are_masked_and_known_to_password_managers(
    app: Flask, client: FlaskClient, address: str
) -> None:
    if address == "/sign-in":
        client.delete_cookie("tool_catalog")
    fields = re.findall(r'<input[^>]*name="(?:password|now)"[^>]*>', client.get(address).text)
    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
    scripts = "".join(path.read_text() for path in (PROJECT / "static" / "js").glob("*.js"))
    assert "paste" not in scripts


def test_no_password_expires() -> None:
    # Nothing is known of when a password was set, so nothing can ask for another one.
    assert {column.name for column in User.__table__.columns if "password" in column.name} == {"password_hash"}


def test_the_commonest_passwords_are_refused() -> None:
    common = [one for one in FREQUENCY_LISTS["passwords"] if len(one) >= passwords.SHORTEST]
    assert len(common) > 200
    taken = []
    for password in common:
        try:
            passwords.check_password(password)
            taken.append(password)
        except BadRequest:
            continue
    assert taken == []


@pytest.mark.parametrize(
    "address", ["/api/v1/tools?q=a&q=b", "/api/v1/audit?who=a&who=b", "/api/v1/changes?since=0&since=1"]
)
def test_a_parameter_that_is_given_twice_is_refused(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert "more than once" in answer.get_json()["detail"]


def test_times_are_written_with_their_zone(client: FlaskClient) -> None:
    Caller(client).create()
    (entry, *_) = client.get("/api/v1/audit").get_json()["entries"]
    lines: list[bytes] = []
    logs._json_line(lines.append)("answered")
    (logged,) = re.findall(r'"timestamp":"([^"]+)"', lines[0].decode())
    for written in (entry["changed_at"], logged):
        moment = datetime.fromisoformat(written)
        assert moment.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_nobody_writes_lines_of_the_log() -> None:
    path, lines = '/a\n{"event":"signed_in"}\r\x1b[31m\u2028', list[bytes]()
    logs._json_line(lines.append)("answered", path=path)
    on_a_terminal = structlog.dev.ConsoleRenderer(colors=False)(None, "info", {"event": "answered", "path": path})
    for line in (lines[0].decode(), on_a_terminal):
        assert not re.search("[\n\r\x1b]", line)
