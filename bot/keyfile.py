"""Files of keys: one key a line in base64, the newest first. The first one seals, all of them open.
Nothing here is ever logged.
"""

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SettingsError

KEY_BYTES = 32


def read_key_file(file: Path, setting: str, made_by: str) -> tuple[bytes, ...]:
    """The keys of a file, newest first, at least one. `made_by` is the command that makes such a file.

    Raises SettingsError, naming the setting, where it is missing, broken, or anybody else may read it.
    """
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SettingsError(
                f"{setting}: {file}: other users may read this file; `chmod 600` it"
            )
        lines = file.read_text(encoding="ascii").split()
        keys = tuple(base64.urlsafe_b64decode(line) for line in lines)
    except OSError as error:
        raise SettingsError(f"{setting}: {file}: {error.strerror}; `{made_by}` makes it") from None
    except (UnicodeDecodeError, binascii.Error):
        keys = ()
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise SettingsError(
            f"{setting}: {file}: has to hold a key of {KEY_BYTES} bytes in base64 on each line"
        )
    return keys


def read_conversation_keys(file: Path) -> tuple[bytes, ...]:
    """Those that seal what several gateways share. Raises SettingsError."""
    return read_key_file(file, "SIGNPOST_CONVERSATIONS_KEYS", "python -m bot new-key FILE")


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


def derived(key: bytes, use: bytes) -> bytes:
    """A key for one use, which says nothing about the one that it comes from (HKDF, RFC 5869)."""
    return HKDF(hashes.SHA256(), length=KEY_BYTES, salt=None, info=use).derive(key)
