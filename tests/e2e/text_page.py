"""A page with a text editor in a form that saves itself, on a server that can be told to fail.

What the pages of drafts are made of, with our policy, styles and scripts, and without a database: a test says what the
server answers.
"""

import re
import threading
from collections.abc import Callable
from html import escape

from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import BaseWSGIServer, make_server

from app.envelope import SECURITY_HEADERS
from tests.served import PROJECT, free_port

TEXT = """\
# What the server remembers
tool_name: systemctl
version: "2.4.0"
platform: linux
capabilities:
  - capability_name: service_control
    patterns:
      - pattern_name: single
        cost_estimate: "ceil(N / 100"
        complexity_score: 0.3
        policy: {production_safe: true, approvers: [ops]}
"""
META = re.search(r"<meta name=\"htmx-config\".*?>", (PROJECT / "templates" / "base.html").read_text(), re.DOTALL)
PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Text</title>
  {meta}
  <link rel="icon" href="/static/icons/favicon.svg" type="image/svg+xml">
  {sheets}
  <script src="/static/js/theme.js"></script>
  <script src="/static/vendor/htmx-2.0.11.min.js" defer></script>
  <script src="/static/js/text-editor.js" type="module"></script>
  <script src="/static/js/autosave.js" type="module"></script>
</head>
<body>
<main>
  <h1>Edit as text</h1>
  <p><a class="button" href="/elsewhere">Elsewhere</a></p>
  <form id="part" action="/save" method="post" hx-post="/save" hx-trigger="input delay:100ms, autosave" hx-swap="none"
        hx-request='{{"timeout": 1000}}' data-autosave="draft-1" data-node="node-1" data-shows-both>
    <input type="hidden" name="step" id="step" value="{step}">
    <p><label for="title">Title</label> <input id="title" name="title" value="{title}"></p>
    <p><label for="urgent"><input id="urgent" name="urgent" type="checkbox" value="yes"> Urgent</label></p>
    <label for="definition">Definition</label>
    <text-editor for="definition" findings="text-findings" words="text-words">
      <textarea id="definition" name="text" rows="12" cols="60">
{text}</textarea>
    </text-editor>
    <datalist id="text-words"><option value="complexity_score"><option value="completeness"></datalist>
    <button class="button">Save</button> <button class="button" type="button" hx-post="/save" hx-include="#part"
      hx-target="main" hx-swap="innerHTML" hx-sync="#part:replace" name="act" value="add">Add</button>
    <p data-save-state role="status"></p>
  </form>
  <ol id="text-findings" data-findings>{findings}</ol>
  <div id="swapped"></div>
</main>
</body>
</html>
"""
STEP = '<input type="hidden" name="step" id="step" value="{}" form="part" hx-swap-oob="true">'
ELSEWHERE = "<!doctype html><html lang='en'><title>Elsewhere</title><a href='/'>Back</a>"


def finding(line: int, message: str, column: int | None = None, severity: str = "error", fix: str = "") -> str:
    """An item of the list of findings, as the page of a draft renders it."""
    place = f'data-line="{line}"' + (f' data-column="{column}"' if column else "")
    button = f' <button class="button" name="fix" value="{escape(fix)}" data-fix>{escape(fix)}</button>' if fix else ""
    if button:
        button = f'<form action="/fix" method="post" hx-post="/fix" hx-swap="none">{button}</form>'
    return f'<li {place} data-severity="{severity}"><span data-message>{escape(message)}</span>{button}</li>'


def found(*items: str) -> str:
    """The list of findings, for htmx to put in the place of the one that is there."""
    return f'<ol id="text-findings" data-findings hx-swap-oob="true">{"".join(items)}</ol>'


class TextPage:
    """The page, what it has saved, and how its server answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.text, self.title, self.urgent = TEXT, "Old title", ""
        self.findings: list[str] = []
        self.saves: list[dict[str, str]] = []
        self.fixes: list[str] = []
        self.step = 1
        self.answer: Callable[[], Response | None] = lambda: None
        self._server: BaseWSGIServer | None = None
        self._app = self._application()

    def _application(self) -> Flask:
        app = Flask(__name__, static_folder=PROJECT / "static")
        sheets = "".join(
            f'<link rel="stylesheet" href="/static/css/{sheet}.css">'
            for sheet in ("tokens", "base", "layout", "components", "pages")
        )

        @app.get("/")
        def page() -> str:
            assert META is not None
            shown = {"text": escape(self.text), "title": escape(self.title), "findings": "".join(self.findings)}
            return PAGE.format(meta=META[0], sheets=sheets, step=self.step, **shown)

        @app.get("/elsewhere")
        def elsewhere() -> str:
            return ELSEWHERE

        @app.post("/save")
        def save() -> ResponseReturnValue:
            answer = self.answer()
            if answer is not None:
                return answer
            self.saves.append(request.form.to_dict())
            self.text = request.form["text"].replace("\r\n", "\n")
            self.title, self.urgent = request.form["title"], request.form.get("urgent", "")
            self.step += 1
            return (
                Response(STEP.format(self.step) + found(*self.findings))
                if "HX-Request" in request.headers
                else redirect("/", 303)
            )

        @app.post("/fix")
        def fix() -> Response:
            self.fixes.append(request.form["fix"])
            return Response(status=204)

        @app.after_request
        def guard(response: Response) -> Response:
            for name, value in SECURITY_HEADERS:
                response.headers[name] = value
            return response

        return app

    def start(self) -> "TextPage":
        """Serve it, on the same port each time."""
        self._server = make_server("127.0.0.1", self.port, self._app, threaded=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
