"""The directory's keys: what seals contact data, and what makes a reference into something that
says nothing without the key.

They are in a file of their own, one key a line, the newest first: the first one seals, all of them
open. Nothing here is ever logged.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SettingsError, SignpostError

KEY_BYTES = 32
_NAME = "SIGNPOST_SPONSOR_KEYS"


class SealError(SignpostError):
    """Sealed data that none of the keys opens, or that belongs to another record."""


class Keyring:
    """Seals records and hashes references. Two keys for each key of the file, so that one use says
    nothing about the other.
    """

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        """`keys`: KEY_BYTES random bytes each, newest first, at least one."""
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
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SettingsError(f"{_NAME}: {file}: other users may read this file; `chmod 600` it")
        lines = file.read_text(encoding="ascii").split()
        keys = tuple(base64.urlsafe_b64decode(line) for line in lines)
    except OSError as error:
        raise SettingsError(
            f"{_NAME}: {file}: {error.strerror}; `python -m bot sponsors setup` makes it"
        ) from None
    except (UnicodeDecodeError, binascii.Error):
        keys = ()
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise SettingsError(
            f"{_NAME}: {file}: has to hold a key of {KEY_BYTES} bytes in base64 on each line"
        )
    return Keyring(keys)


def add_key(file: Path) -> None:
    """Puts a new key in front of those that are there, in one step and for our user's eyes only.
    Raises OSError.
    """
    older = file.read_text(encoding="ascii") if file.exists() else ""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(
            base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n" + older
        )
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(
        hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"signpost sponsors " + use
    ).derive(key)
