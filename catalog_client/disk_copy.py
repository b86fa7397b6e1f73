"""The copy of the snapshot on disk: what a client starts from while the server is down."""

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from catalog_client.change import Change
from catalog_client.moment import Moment
from catalog_client.replica import Held
from catalog_client.snapshot import Snapshot
from catalog_client.tool import Tool

log = logging.getLogger("catalog_client")

FORMAT = "tool-catalog-copy-1"


class DiskCopy:
    """One JSON file with the snapshot of one server. Processes may share it: each reads a whole one."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self._url = url

    def load(self) -> Held | None:
        """What the file holds; None, with a warning in the log, when that is of no use. Never raises."""
        try:
            return self._held(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.warning(
                "the copy %s is of no use, and ignored: %s", self.path, str(error)[:200] or type(error).__name__
            )
            return None

    def save(self, held: Held) -> bool:
        """Replace the file, all at once; whether that went well, else there is a warning in the log."""
        try:
            self._save(held)
        except OSError as error:
            log.warning("the copy %s could not be written: %s", self.path, error.strerror or error)
            return False
        return True

    def _held(self, told: Mapping[str, Any]) -> Held:
        if told.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        if told["url"] != self._url:
            raise ValueError(f"it is of {str(told['url'])[:100]}, not of {self._url}")
        revision, confirmed_at = told["revision"], told["confirmed_at"]
        if type(revision) is not int or revision < 0:
            raise ValueError("its revision is none")
        last = None if told["last_change"] is None else Change.of(told["last_change"])
        return Held(Snapshot(revision, map(Tool.of, told["tools"])), Moment.remembered(float(confirmed_at)), last)

    def _save(self, held: Held) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Made for its owner alone (0600): who may read the catalog is the server's to say.
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".new")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                self._write(held, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _write(self, held: Held, file: IO[str]) -> None:
        """One JSON object, tool by tool: other threads get their turn in between."""
        head = {
            "format": FORMAT,
            "url": self._url,
            "revision": held.snapshot.revision,
            "confirmed_at": held.confirmed.wall,
            "last_change": held.last and held.last.as_json(),
        }
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "tools": [')
        for number, tool in enumerate(held.snapshot):
            file.write(f"{',' if number else ''}\n{json.dumps(tool.whole(), ensure_ascii=False)}")
        file.write("\n]}\n")


class Saver:
    """Decides when the copy is worth writing again. Not to be shared by threads.

    Soon after a change, but not after each of many; and rarely while only the confirmation is newer.
    """

    CHANGED_S = 5.0
    CONFIRMED_S = 300.0

    def __init__(self, copy: DiskCopy, saved: Held | None) -> None:
        self._copy = copy
        self._saved = saved
        self._tried: Moment | None = None

    def due_s(self, held: Held) -> float | None:
        """In how many seconds the copy ought to be written; 0 or less: now; None: it is as it should be."""
        if held is self._saved:
            return None
        rest_s = self.CONFIRMED_S if self._is_saved(held) else self.CHANGED_S
        return 0.0 if self._tried is None else rest_s - self._tried.age_s

    def save_if_due(self, held: Held) -> None:
        """Write it when it ought to be written."""
        due_s = self.due_s(held)
        if due_s is not None and due_s <= 0:
            self.save(held)

    def save(self, held: Held) -> None:
        """Write it, unless it is written already."""
        if held is not self._saved:
            self._tried = Moment.now()
            self._saved = held if self._copy.save(held) else self._saved

    def _is_saved(self, held: Held) -> bool:
        return self._saved is not None and self._saved.snapshot is held.snapshot
