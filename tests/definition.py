"""A definition that is valid and small, for tests to start from."""

import copy
from typing import Any

PATTERN: dict[str, Any] = {
    "description": "Search files for a pattern",
    "typical_use_cases": ["find text in files"],
    "time_estimate_ms": "200 + 0.5 * N",
    "cost_estimate": 1,
    "complexity_score": 0.2,
    "scope": "batch",
    "completeness": "complete",
    "policy": {"max_cost": 5, "requires_approval": False, "production_safe": True},
    "preference_match": {"speed": 0.8, "accuracy": 1.0, "cost": 0.9, "complexity": 0.9, "completeness": 1.0},
    "required_inputs": [{"name": "host", "type": "string", "description": "Target host"}],
}


def definition(name: str = "grep", **changes: Any) -> dict[str, Any]:
    """A valid definition, with top-level keys replaced."""
    whole = {
        "tool_name": name,
        "version": "1.0",
        "description": f"What {name} does",
        "platform": "linux",
        "category": "system",
        "metadata": {"tags": ["text"]},
        "capabilities": {"text_search": {"description": "Search text", "patterns": {"search_files": PATTERN}}},
    }
    return copy.deepcopy({**whole, **changes})
