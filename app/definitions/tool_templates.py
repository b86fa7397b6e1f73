"""Starting points for new tools: complete but for the name and what the tool is for, which nobody can guess.

The definitions are YAML files beside this module, read as any author's text is; capabilities have the names other tools
of their kind have. Use cases are left out: a guessed one would answer requests it was not meant for.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from app.definitions.documents import read_yaml


@dataclass(frozen=True, slots=True)
class ToolTemplate:
    """One starting point.

    Attributes:
        name: stable, in addresses: `/tools/new?template=linux-command`.
        title: what a chooser calls it.
        purpose: which tools it suits, in a sentence.
    """

    name: str
    title: str
    purpose: str

    @property
    def text(self) -> str:
        """The definition as YAML, with comments."""
        return _text(self.name)

    @property
    def document(self) -> dict[str, Any]:
        """The definition as data, the asker's own to change."""
        data: dict[str, Any] = read_yaml(self.text).data
        return data


TOOL_TEMPLATES = (
    ToolTemplate(
        "linux-command", "Linux command", "A program on Linux hosts, run over a connection: df, journalctl, your script"
    ),
    ToolTemplate("powershell-cmdlet", "PowerShell cmdlet", "A cmdlet on Windows hosts, run over WinRM: Get-Service"),
    ToolTemplate("http-api", "HTTP API", "A web service that is asked for one record, or for all of them page by page"),
    ToolTemplate("database-query", "Database query", "Reading rows, or counting them, with SQL"),
    ToolTemplate(
        "kubernetes-command", "Kubernetes command", "Reading how a cluster's workloads stand, through its API: kubectl"
    ),
    ToolTemplate("network-probe", "Network probe", "Asking a target once or repeatedly whether it answers: ping, dig"),
    ToolTemplate("scheduled-job", "Scheduled job", "A job of a scheduler, started now: cron, Jenkins, Airflow"),
    ToolTemplate("blank", "Blank", "One empty pattern, for everything else"),
)


def tool_template(name: str) -> ToolTemplate | None:
    """Return the starting point of a name; None when there is none."""
    return next((template for template in TOOL_TEMPLATES if template.name == name), None)


@cache
def _text(name: str) -> str:
    return (files("app.definitions") / "tool_templates" / f"{name}.yaml").read_text(encoding="utf-8")
