"""Nothing that opens something is ever written down: not in the log, not in an answer to others, not in a table."""

import json
import os
import re
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.definition import definition
from tests.people import HEADERS, TOKEN
from tests.served import PROJECT, Served

SECRETS = {"OIDC": "oidc-secret-of-this-test", "WEBHOOK": "webhook-secret-of-this-test"}
PASSWORD = "wooden trams sing eleven plums"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Served, dict[str, str]]:
    """A catalog that was used with every kind of secret, right and wrong, and then stopped; and the secrets."""
    folder = tmp_path_factory.mktemp("secrets")
    seeds = folder / "seeds"
    seeds.mkdir()
    (seeds / "grep.json").write_text(json.dumps(definition()))
    settings = {"LOG_FORMAT": "json", "LOG_LEVEL": "debug", "RELOAD_WEBHOOK_SECRET": SECRETS["WEBHOOK"]}
    served = Served(folder / "data", {**settings, "SEED_DIR": str(seeds)}).start()
    secrets = {"token": TOKEN, "webhook": SECRETS["WEBHOOK"], "password": PASSWORD}
    secrets["key"] = (served.data_dir / "secret_key").read_text()
    secrets["first link"] = (served.data_dir / "sign-in-link").read_text().strip().rsplit("/", 1)[1]
    browser = Browser(served)
    form = browser.form(f"/sign-in/link/{secrets['first link']}")
    browser.send(f"/sign-in/link/{secrets['first link']}", form)
    secrets["session"] = browser.cookie
    browser.send("/account/password", {**browser.form("/account"), "password": PASSWORD})
    secrets["made token"] = browser.token("laptop")
    browser.send("/sign-in", {**Browser(served).form("/sign-in"), "name": "admin", "password": f"{PASSWORD} not"})
    for headers in ({"Authorization": f"Bearer {secrets['made token']}"}, {"Authorization": "Bearer tcat_wrong"}):
        browser.ask("GET", "/api/v1/tools/grep", headers)
        browser.ask("PUT", "/api/v1/tools/grep", headers, "{nonsense")
    browser.ask("POST", "/api/v1/tools/reload/webhook", {"Webhook-Signature": "v1,wrong"}, "{}")
    browser.ask("GET", f"/sign-in/link/{secrets['first link']}", {})
    served.stop()
    return served, secrets


class Browser:
    """As much of a browser as forms need."""

    def __init__(self, served: Served) -> None:
        self._served, self.cookie = served, ""

    def ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> str:
        """Any request; the text of its answer."""
        connection = HTTPConnection("127.0.0.1", self._served.port, timeout=20)
        connection.request(method, path, body, {**headers, **({"Cookie": self.cookie} if self.cookie else {})})
        answer = connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).split(";")[0]
        text = answer.read().decode()
        connection.close()
        return text

    def form(self, path: str) -> dict[str, str]:
        """What a page's form needs to be sent."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.ask("GET", path, {}))
        assert found is not None, path
        return {"csrf_token": found[1]}

    def send(self, path: str, form: dict[str, str]) -> str:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Referer": self._served.url}
        return self.ask("POST", path, kind, urlencode(form))

    def token(self, name: str) -> str:
        """Make a token."""
        page = self.send("/account/tokens", {**self.form("/account"), "name": name, "scopes": "read"})
        found = re.search(r'value="(tcat_\w+)"', page)
        assert found is not None
        return found[1]


def test_the_log_holds_no_secret(used: tuple[Served, dict[str, str]]) -> None:
    served, secrets = used
    log = served.output()
    assert "/sign-in/link/…" in log
    assert [name for name, secret in secrets.items() if secret in log] == []


def test_the_database_holds_no_secret(used: tuple[Served, dict[str, str]]) -> None:
    served, secrets = used
    served.start()
    try:
        with served.database() as connection:
            tables = [
                name
                for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'tool_catalog'")
            ]
            assert len(tables) > 15
            rows = "\n".join(
                str(row)
                for table in tables
                for row in connection.execute(f"SELECT * FROM tool_catalog.{table}".encode())
            )
    finally:
        served.stop()
    del secrets["token"]
    assert "laptop" in rows
    assert [name for name, secret in secrets.items() if secret in rows] == []


def test_no_answer_tells_where_the_database_is(tmp_path: Path) -> None:
    url = "postgresql://somebody:a-password-of-this-test@127.0.0.1:9/none"
    script = """
from app import create_app
from app.config import Settings
app = create_app(Settings.from_environment())
client = app.test_client()
for path in ("/health/ready", "/api/v1/tools", "/tools", "/sign-in"):
    answer = client.get(path, headers={"Authorization": "Bearer %s"})
    print(answer.status_code, answer.text)
    answer = client.post(path, data={"name": "a", "password": "b"})
    print(answer.status_code, answer.text)
"""
    settings = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "LOG_FORMAT": "json", "LOG_LEVEL": "debug"}
    told = subprocess.run(
        [sys.executable, "-c", script % TOKEN],
        cwd=PROJECT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "503" in told.stdout
    for secret in ("a-password-of-this-test", TOKEN):
        assert secret not in told.stdout + told.stderr
    commanded = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "accounts", "user", "list"],
        cwd=PROJECT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert commanded.returncode == 1
    assert "a-password-of-this-test" not in commanded.stdout + commanded.stderr
    assert "Traceback" not in commanded.stderr


def test_an_unforeseen_error_tells_no_header_of_the_request(used: tuple[Served, dict[str, str]]) -> None:
    served, _ = used
    lines = [json.loads(line) for line in served.output().splitlines() if line.startswith("{")]
    assert lines
    assert not any(HEADERS["Authorization"] in json.dumps(line) for line in lines)
