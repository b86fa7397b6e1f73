"""The command: what it prints, and how it ends."""

import json
import signal
import subprocess
import sys

import pytest

from catalog_client.__main__ import main
from tests.catalog_client.author import Author
from tests.served import PROJECT, Served


def test_it_tells_what_a_catalog_holds(served: Served, author: Author, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([served.url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{len(author.tools())} tools at revision {author.revision}"
    assert any(line.startswith("platform: linux ") for line in lines)
    assert any(line.startswith("enabled: yes ") for line in lines)


def test_it_tells_the_same_as_json(served: Served, author: Author, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([served.url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["revision"], told["tools"]) == (author.revision, len(author.tools()))
    assert told["facets"]["platform"]["linux"] > 0


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_it_watches_until_interrupted(served: Served, author: Author, form: list[str]) -> None:
    arguments = [sys.executable, "-m", "catalog_client", served.url, "--watch", *form]
    with subprocess.Popen(
        arguments, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        try:
            assert watching.stdout is not None
            assert watching.stderr is not None
            name = f"watched-{len(form)}"
            for line in watching.stdout:
                if line.startswith(("owner", "{", "capability")):
                    break
            revision = author.create(name)
            told = next(line for line in watching.stdout if name in line)
            watching.send_signal(signal.SIGINT)
            assert (watching.wait(30), watching.stderr.read()) == (130, "")
        finally:
            # One that does not end when it is told to would keep the test, and the whole run, waiting for it.
            watching.kill()
    if form:
        assert json.loads(told)["revision"] == revision
    else:
        assert told.startswith(f"{revision}  ")
        assert f"{name} 1.0 created by" in told


def test_nobody_there_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:9"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "http://127.0.0.1:9: no answer: Connection refused\n")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["http://a", "--what"]])
def test_a_wrong_call_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m catalog_client" in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "python -m catalog_client http://127.0.0.1:8080 --watch" in capsys.readouterr().out
