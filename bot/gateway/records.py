"""What is kept of a conversation where several gateways share it: as JSON, put together from two that
changed it, and sealed.
"""

import hashlib
import hmac
import json
import secrets
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_origin, get_type_hints

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from bot.conversation import Memory
from bot.gateway.conversations import Session
from bot.keyfile import derived

TAG_CHARACTERS = 16

Plain = dict[str, Any]
"""A conversation as JSON, by field."""

_TYPES: Mapping[type, Mapping[str, TypeAdapter[Any]]] = {
    kind: {
        each.name: TypeAdapter(get_type_hints(kind)[each.name])
        for each in fields(kind)
        if each.name not in left_out
    }
    for kind, left_out in ((Memory, {"id", "order"}), (Session, {"memory", "used", "address"}))
}
"""What is shared of a conversation: every field, but what is one process's own."""
_COLLECTIONS = frozenset(
    name
    for kind in _TYPES
    for name in _TYPES[kind]
    if get_origin(get_type_hints(kind)[name]) in {OrderedDict, set, deque}
)


def plain(session: Session) -> Plain:
    """All that is shared of a conversation."""
    return {
        name: type_.dump_python(getattr(of, name), mode="json")
        for of, types in ((session.memory, _TYPES[Memory]), (session, _TYPES[Session]))
        for name, type_ in types.items()
    }


def put(session: Session, kept: Plain) -> None:
    """Makes a conversation what was kept of it. A field that is not there stays as it is."""
    for of, types in ((session.memory, _TYPES[Memory]), (session, _TYPES[Session])):
        for name in types.keys() & kept.keys():
            value = types[name].validate_python(kept[name])
            before = getattr(of, name)
            if isinstance(before, deque):
                value = deque(value, before.maxlen)
            setattr(of, name, value)


def merge(base: Plain, mine: Plain, theirs: Plain) -> Plain:
    """What comes of a conversation that two changed at the same time, each from `base`. What only
    one of them changed is as that one made it; of collections both have their way with each element;
    of all else `mine` holds.
    """
    return {
        name: _merged(base.get(name), value, theirs.get(name, value), each=name in _COLLECTIONS)
        for name, value in mine.items()
    }


def _merged(base: Any, mine: Any, theirs: Any, *, each: bool = False) -> Any:
    if mine in (base, theirs):
        return theirs
    if theirs == base or not each:
        return mine
    if isinstance(mine, dict):
        return {
            name: _merged(
                base.get(name), mine.get(name, base.get(name)), theirs.get(name, mine.get(name))
            )
            for name in (*theirs, *(own for own in mine if own not in theirs))
            if (name in mine and name in theirs) or name not in base
        }
    added = [value for value in mine if value not in base and value not in theirs]
    return [value for value in theirs if value in mine or value not in base] + added


class Seal:
    """Encrypts what is kept, with AES-256-GCM (NIST SP 800-38D), and makes ids that can be told from
    anybody's invention.

    Each conversation has a key of its own: a random nonce of 96 bits is safe for some 2^32 records
    under one key, which a conversation never sees and a service would in half a year.
    """

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        """`keys`: random, newest first. The first one seals, all of them open."""
        self._keys = keys
        self._tagging = [derived(key, b"signpost conversation id") for key in keys]

    def new_id(self) -> str:
        random = secrets.token_urlsafe(24)
        return f"{random}.{_tag(self._tagging[0], random)}"

    def is_ours(self, id_: str) -> bool:
        """Whether we made this id, under any of the keys."""
        random, _, tag = id_.partition(".")
        return any(
            hmac.compare_digest(tag.encode(), _tag(key, random).encode()) for key in self._tagging
        )

    def name(self, id_: str) -> str:
        """What the conversation is called in the store: whoever reads it there learns no id."""
        return hashlib.sha256(id_.encode()).hexdigest()[:40]

    def close(self, id_: str, kept: Plain) -> bytes:
        nonce = secrets.token_bytes(12)
        text = json.dumps(kept, separators=(",", ":")).encode()
        return nonce + self._cipher(self._keys[0], id_).encrypt(nonce, text, id_.encode())

    def open(self, id_: str, sealed: bytes) -> Plain | None:
        """None where no key opens it, or where it was sealed for another conversation."""
        for key in self._keys:
            try:
                text = self._cipher(key, id_).decrypt(sealed[:12], sealed[12:], id_.encode())
            except (InvalidTag, ValueError):
                continue
            kept: Plain = json.loads(text)
            return kept
        return None

    def _cipher(self, key: bytes, id_: str) -> AESGCM:
        return AESGCM(derived(key, b"signpost conversation seal " + id_.encode()))


def _tag(key: bytes, random: str) -> str:
    return hmac.new(key, random.encode(), hashlib.sha256).hexdigest()[:TAG_CHARACTERS]
