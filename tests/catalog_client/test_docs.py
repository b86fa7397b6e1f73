"""docs/client.md is a contract: its examples run, and it names everything that is public."""

import re
from pathlib import Path

import pytest

import catalog_client
from catalog_client import CatalogClient, Snapshot
from tests.served import PROJECT, Served

TEXT = (PROJECT / "docs" / "client.md").read_text()
EXAMPLES = [code for code in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "import" in code]


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples_run(code: str, served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = code.replace("http://127.0.0.1:8080", served.url).replace("catalog-copy.json", str(tmp_path / "copy.json"))
    exec(here, {"__name__": "example"})
    assert "grep" in capsys.readouterr().out or "loader.source" in code


def test_everything_public_is_described() -> None:
    of_classes = {name for one in (CatalogClient, Snapshot) for name in vars(one) if not name.startswith("_")}
    public = of_classes | set(catalog_client.__all__) - {"VERSION", "CatalogError"}
    assert {name for name in public if not re.search(rf"\b{name}\b", TEXT)} == {"with_changes"}
