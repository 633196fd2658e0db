"""The directory against a model of it in a few dictionaries, through whatever order of changes
Hypothesis thinks of.
"""

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.sponsors.administration import Administration
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.model import Absence
from bot.sponsors.store import Directory, DirectoryError
from tests.sponsors.conftest import POSTGRES, empty_postgres
from tests.sponsors.examples import sponsor

HANDLES = ["belmarsh-1", "belmarsh-2", "swaleside-1"]
REFERENCES = ["LPP0001", "LPP0002", "LPP0003"]
handles, references = st.sampled_from(HANDLES), st.sampled_from(REFERENCES)
DAY = date(2026, 11, 25)


@dataclass
class Model:
    names: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    covers: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    """By reference: the one that opens something."""


class CheapHasher(CodeHasher):
    """Reversible and fast: argon2 itself is tested elsewhere, and this machine issues thousands of
    codes.
    """

    async def hash(self, code: str) -> str:
        return f"cheap {code}"


class Machine(RuleBasedStateMachine):
    backend = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="signpost-")
        self.now = datetime.now(UTC)
        self.model = Model()
        self.hasher = CheapHasher()
        keys = Path(self.folder.name) / "keys"
        add_key(keys)
        self.url = (
            POSTGRES
            if self.backend == "postgresql"
            else f"sqlite:///{self.folder.name}/sponsors.db"
        )
        if self.backend == "postgresql":
            self.run(empty_postgres())
        self.keys = keys
        self.open()
        self.run(self.directory.upgrade())

    def open(self) -> None:
        self.directory = Directory(self.url, read_keys(self.keys))
        self.administration = Administration(self.directory, lambda: self.now)

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.directory.close())
        self.hasher.close()
        self.loop.close()
        self.folder.cleanup()

    @rule(handle=handles, name=st.sampled_from(["Sam Example", "Jo Madeup"]))
    def add(self, handle: str, name: str) -> None:
        assert self.run(self.administration.add(sponsor(handle, name))) is (
            handle not in self.model.names
        )
        self.model.names[handle] = name
        self.model.left.discard(handle)

    @rule(reference=references, handle=handles, move=st.booleans())
    def assign(self, reference: str, handle: str, move: bool) -> None:
        before = self.model.assigned.get(reference)
        allowed = handle in self.model.names and (
            before is not None if move else before in {None, handle}
        )
        with contextlib.nullcontext() if allowed else pytest.raises(DirectoryError):
            self.run(self.administration.assign(reference, handle, move=move))
        if allowed:
            self.model.assigned[reference] = handle

    @rule(handle=handles, away=st.booleans(), cover=st.sampled_from(["", *HANDLES]))
    def absent(self, handle: str, away: bool, cover: str) -> None:
        allowed = (
            handle in self.model.names
            and (not cover or cover in self.model.names)
            and handle != cover
        )
        with contextlib.nullcontext() if allowed else pytest.raises(DirectoryError):
            self.run(self.administration.absent(handle, Absence(DAY) if away else None, cover))
        if allowed:
            (self.model.away.add if away else self.model.away.discard)(handle)
            if cover:
                self.model.covers[handle] = cover

    @precondition(lambda self: self.model.names)
    @rule(handle=handles)
    def retire(self, handle: str) -> None:
        if handle in self.model.names:
            assert self.run(self.administration.retire(handle)) == list(
                self.model.assigned.values()
            ).count(handle)
            self.model.left.add(handle)

    @rule(reference=references, days=st.integers(1, 3))
    def issue(self, reference: str, days: int) -> None:
        allowed = reference in self.model.assigned
        with contextlib.nullcontext() if allowed else pytest.raises(DirectoryError):
            issued = self.run(self.administration.issue(self.hasher, reference, days))
        if allowed:
            assert issued.replaced is (reference in self.model.codes)
            self.model.codes[reference] = issued.code.replace("-", "")

    @rule(reference=references)
    def revoke(self, reference: str) -> None:
        if reference in self.model.assigned:
            assert self.run(self.administration.revoke(reference)) is (
                reference in self.model.codes
            )
            self.model.codes.pop(reference, None)

    @rule(reference=references)
    def forget(self, reference: str) -> None:
        if reference in self.model.assigned:
            self.run(self.administration.forget(reference))
            self.model.assigned.pop(reference)
            self.model.codes.pop(reference, None)

    @rule()
    def four_days_pass(self) -> None:
        self.now += timedelta(days=4)
        self.model.codes.clear()

    @rule()
    def purge(self) -> None:
        self.run(self.administration.purge(self.now))
        used = {*self.model.assigned.values(), *self.model.covers.values()}
        for handle in self.model.left - used:
            # What left at this very moment may stay; the next look tells.
            there = {
                entry.sponsor.handle for entry, _, _ in self.run(self.administration.sponsors())
            }
            if handle not in there:
                self.model.names.pop(handle)
                self.model.left.discard(handle)
                self.model.away.discard(handle)
                self.model.covers.pop(handle, None)

    @rule()
    def new_key(self) -> None:
        self.run(self.directory.close())
        add_key(self.keys)
        self.open()
        assert self.run(self.administration.rotate())[0] == len(self.model.names)

    @invariant()
    def everybody_sees_their_own_and_nothing_else(self) -> None:
        for reference in REFERENCES:
            candidate = self.run(self.directory.candidate(reference, self.now))
            code = self.model.codes.get(reference)
            assert (candidate is not None) is (reference in self.model.assigned)
            assert (candidate.hashed if candidate and candidate.is_live else None) == (
                f"cheap {code}" if code else None
            )
            if candidate is None:
                continue
            seen = self.run(self.directory.listing(candidate.person)).entries
            wanted, handle = [], self.model.assigned.get(reference)
            while handle and handle not in wanted:
                wanted.append(handle)
                handle = self.model.covers.get(handle)
            assert [entry.sponsor.handle for entry in seen] == wanted
            for entry in seen:
                own = entry.sponsor.handle
                assert entry.sponsor == replace(sponsor(own), name=self.model.names[own])
                assert entry.is_here(DAY) is (
                    own not in self.model.away and own not in self.model.left
                )


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
@pytest.mark.timeout(240)
def test_the_directory_is_what_the_model_says(backend: str) -> None:
    if backend == "postgresql" and not POSTGRES:
        pytest.skip("SIGNPOST_TEST_POSTGRES is not set: see tests/sponsors/conftest.py")
    machine = type("BackedMachine", (Machine,), {"backend": backend})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
