"""What the browser loads: vendored files are what they were, and nothing needs a laxer policy."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
STATIC, TEMPLATES = PROJECT / "static", PROJECT / "templates"


def manifest() -> list[tuple[str, str]]:
    """(SHA-256, path) of every vendored file the manifest names."""
    lines = (STATIC / "vendor" / "MANIFEST").read_text().splitlines()
    return [(line.split()[0], line.split()[1]) for line in lines if line and not line.startswith("#")]


def test_every_vendored_file_is_what_the_manifest_says() -> None:
    told = manifest()
    assert {path for _, path in told} >= {
        path.relative_to(STATIC).as_posix() for path in (STATIC / "vendor").glob("*.js")
    }
    assert [path for digest, path in told if hashlib.sha256((STATIC / path).read_bytes()).hexdigest() != digest] == []


def compressed(*paths: Path) -> int:
    """Bytes of these files together, each compressed as they are sent."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def test_the_text_editor_keeps_its_budget_and_loads_only_where_it_is() -> None:
    editor = [*(STATIC / "vendor").glob("codemirror-*.js"), *(STATIC / "js" / "text-editor").glob("*.js")]
    assert 50 * 1024 < compressed(*editor) <= 150 * 1024
    static_imports = r"^import .*(codemirror|text-editor/)"
    assert [
        path.name for path in (STATIC / "js").glob("*.js") if re.search(static_imports, path.read_text(), re.M)
    ] == []


def test_the_text_editor_is_made_of_the_versions_it_is_named_by() -> None:
    wanted = json.loads((PROJECT / "supply" / "codemirror" / "package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert [version for version in versions.values() if not re.fullmatch(r"[0-9]+(\.[0-9]+){2}", version)] == []
    lock = json.loads((PROJECT / "supply" / "codemirror" / "package-lock.json").read_text())["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in versions} == versions
    name = f"codemirror-{versions['@codemirror/view']}.min.js"
    assert [path.name for path in (STATIC / "vendor").glob("codemirror-*.js")] == [name]
    assert name in (STATIC / "js" / "text-editor" / "codemirror.js").read_text()


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on", text)


@pytest.mark.parametrize("fragment", sorted(TEMPLATES.rglob("_*.html")), ids=lambda path: path.name)
def test_fragments_begin_with_what_they_need(fragment: Path) -> None:
    assert fragment.read_text().startswith("{#- ")


def test_no_page_asks_another_site_for_anything() -> None:
    sources = [*TEMPLATES.rglob("*.html"), *(STATIC / "css").glob("*.css"), *(STATIC / "js").rglob("*.js")]
    asked = [
        path.name for path in sources if re.search(r"(src|href)=\"https?://|url\(\s*['\"]?https?:", path.read_text())
    ]
    assert asked == []
