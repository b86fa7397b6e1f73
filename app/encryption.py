"""Secrets at rest: encrypted with the newest of the installation's keys, read with any of them (Fernet).

The keys come from `ENCRYPTION_KEYS`, or from a file under the data directory that is made when first needed.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import SettingError, Settings, kept_once

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

FILE = "encryption_keys"
# Of several processes that need the first key, one makes it; of several threads of one process, one asks.
_making = threading.Lock()


class NotReadable(ValueError):
    """A secret was encrypted with a key that is not here."""


class Encryption:
    """Encrypts and reads secrets."""

    def __init__(self, settings: Settings) -> None:
        """Use the settings' keys; none is read or made before one is needed.

        Raises:
            SettingError: a key in `ENCRYPTION_KEYS` is none.
        """
        self._given = [key for key in settings.encryption_keys.replace(",", " ").split() if key]
        self._file = settings.data_dir / FILE
        if self._given:
            _fernet("ENCRYPTION_KEYS", self._given)

    @property
    def file(self) -> Path | None:
        """Where the keys are kept; None: they are given in the environment."""
        return None if self._given else self._file

    def encrypted(self, secret: str) -> bytes:
        """A secret as it may be kept."""
        return self._keys().encrypt(secret.encode())

    def read(self, kept: bytes) -> str:
        """The secret that was kept.

        Raises:
            NotReadable: its key is not here.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            return self._keys().decrypt(kept).decode()
        except InvalidToken as error:
            raise NotReadable("A secret was encrypted with a key that is not among the encryption keys.") from error

    def rotated(self, kept: bytes) -> bytes:
        """The same secret, encrypted with the newest key.

        Raises:
            NotReadable: its key is not here.
        """
        return self.encrypted(self.read(kept))

    def add_key(self) -> None:
        """Put a new key before those in the file.

        Raises:
            SettingError: the keys are given in the environment, where this cannot write.
        """
        if self._given:
            raise SettingError("ENCRYPTION_KEYS holds the keys: put a new one before the others there.")
        self._write([new_key(), *self._in_file()])

    def drop_old_keys(self) -> None:
        """Keep only the newest key of the file."""
        self._write(self._in_file()[:1])

    def _keys(self) -> "MultiFernet":
        return _fernet("ENCRYPTION_KEYS", self._given) if self._given else _fernet(str(self._file), self._in_file())

    def _in_file(self) -> list[str]:
        with _making:
            return kept_once(self._file, new_key).split()

    def _write(self, keys: list[str]) -> None:
        draft = self._file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text("\n".join(keys))
        draft.replace(self._file)


def new_key() -> str:
    """A new key."""
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet.generate_key().decode()


def _fernet(place: str, keys: list[str]) -> "MultiFernet":
    # Imported where it is used: it takes 7 MiB, and few serving processes ever read a secret.
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise SettingError(f"{place}: a key is 32 bytes in URL-safe base64, as `Fernet.generate_key` makes.") from error
