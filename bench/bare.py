"""The baseline: a bare Flask view that returns bytes it was given, and knows nothing of the catalog.

Run by granian as `bench.bare:serving_app`, in a process of its own.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response

BODIES = "BENCH_BODIES"
"""The environment variable that names the folder of bodies; `/<name>` answers with the file of that name."""


def bare_app(bodies: Mapping[str, bytes]) -> Flask:
    """The least Flask can do: one view, bytes out of a dict, their media type."""
    app = Flask(__name__)

    @app.get("/<name>")
    def show(name: str) -> Response:
        return Response(bodies[name], content_type="application/json")

    return app


def serving_app() -> Flask:
    """The bare application over the files of the folder."""
    return bare_app({path.name: path.read_bytes() for path in Path(os.environ[BODIES]).iterdir()})
