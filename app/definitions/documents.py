"""Documents: YAML and JSON text to data with positions, and back. The one place to import them from.

Reading is strict and bounded: whatever two programs could read differently is refused, with line and column.
"""

from app.definitions.document_builder import Document, document_of
from app.definitions.document_text import DOCUMENT_LIMITS, Limits, Position, UnreadableDocument
from app.definitions.json_reader import read_json
from app.definitions.yaml_reader import read_yaml
from app.definitions.yaml_writer import write_yaml

__all__ = [
    "DOCUMENT_LIMITS",
    "Document",
    "Limits",
    "Position",
    "UnreadableDocument",
    "document_of",
    "read_json",
    "read_yaml",
    "write_yaml",
]
