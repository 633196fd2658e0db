"""The directory's keys: what seals contact data, and what makes a reference into something that
says nothing without the key.

They are in a file of their own, one key a line, the newest first: the first one seals, all of them
open. Nothing here is ever logged.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import SignpostError
from bot.keyfile import add_key, derived, read_key_file

__all__ = ["Keyring", "SealError", "add_key", "read_keys"]

_NAME = "SIGNPOST_SPONSOR_KEYS"


class SealError(SignpostError):
    """Sealed data that none of the keys opens, or that belongs to another record."""


class Keyring:
    """Seals records and hashes references. Two keys for each key of the file, so that one use says
    nothing about the other.
    """

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        """`keys`: random, newest first, at least one."""
        self._seals = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_derived(key, b"seal"))) for key in keys]
        )
        self._references = [_derived(key, b"reference") for key in keys]
        self.newest = hashlib.sha256(_derived(keys[0], b"name")).hexdigest()[:16]
        """Names the key that is in use; it says nothing about the key."""

    def seal(self, id_: str, record: dict[str, Any]) -> bytes:
        """Encrypts a record, together with whose it is: a row that was copied over another one does
        not open.
        """
        return self._seals.encrypt(json.dumps({"id": id_, "record": record}).encode())

    def open(self, id_: str, sealed: bytes) -> dict[str, Any]:
        """Raises SealError."""
        try:
            held = json.loads(self._seals.decrypt(sealed))
        except InvalidToken:
            raise SealError(f"{_NAME}: none of the keys opens this record") from None
        if held["id"] != id_:
            raise SealError("a sealed record belongs to another row")
        record: dict[str, Any] = held["record"]
        return record

    def hashed(self, kind: str, text: str) -> str:
        """HMAC-SHA256 of a reference or a handle under the newest key, in hex. `kind` keeps the two
        apart.
        """
        return self.all_hashed(kind, text)[0]

    def all_hashed(self, kind: str, text: str) -> tuple[str, ...]:
        """The same under each key, newest first: to find what an older key has written."""
        return tuple(
            hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()
            for key in self._references
        )


def read_keys(file: Path) -> Keyring:
    """Reads the key file. Raises SettingsError where it is missing, broken, or anybody else may
    read it.
    """
    return Keyring(read_key_file(file, _NAME, "python -m bot sponsors setup"))


def _derived(key: bytes, use: bytes) -> bytes:
    return derived(key, b"signpost sponsors " + use)
