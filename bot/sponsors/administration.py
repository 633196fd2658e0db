"""What an administrator does to the directory. Each change is one transaction, and stands in the
audit in that same transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sponsors import codes
from bot.sponsors.checks import settle
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.model import Absence, Entry, Sponsor, Status, to_record
from bot.sponsors.roster import Roster
from bot.sponsors.store import Directory, DirectoryError, new_id
from bot.sponsors.tables import (
    access_code,
    assignment,
    audit,
    person,
    sponsor,
    staff_account,
    unanswered,
)

VALID_DAYS = 90
"""How long a code opens something, unless told otherwise."""


@dataclass(slots=True)
class Changes:
    """What an import did, or would do."""

    sponsors_added: int = 0
    sponsors_changed: int = 0
    assigned: int = 0
    reassigned: int = 0
    unchanged: int = 0
    lines: list[tuple[str, str, str]] = field(default_factory=list, compare=False)
    """What changed, one by one: a kind of model.KINDS_OF_CHANGE, a sponsor's handle, and the reference
    or the cover's handle that goes with it.
    """


@dataclass(frozen=True, slots=True)
class Issued:
    """A new code, to be seen this once. `replaced`: there was one that opened something until now."""

    code: str
    expires: datetime
    replaced: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody in the directory, by opaque ids. `code`: valid, expired, revoked or none."""

    person: str
    sponsor: str
    since: datetime
    until: datetime | None
    code: str


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the audit."""

    at: datetime
    action: str
    outcome: str
    person: str
    sponsor: str
    tried: str


class NotAgreed(DirectoryError):
    """What would be done is not what somebody was shown and agreed to."""


class Administration:
    """One administrator's work. Raises DirectoryError for what cannot be done, with nothing
    changed.
    """

    def __init__(
        self, directory: Directory, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._directory, self._keyring, self._now = directory, directory.keyring, now

    async def load(
        self,
        roster: Roster,
        *,
        dry_run: bool = False,
        agreed: Callable[[Changes], bool] = lambda _: True,
        progress: Callable[[], None] = lambda: None,
    ) -> Changes:
        """Brings the directory to what a roster says, all of it or nothing. What the roster does
        not mention stays as it is. Raises NotAgreed where these changes were not `agreed` to.
        """
        changes = Changes()
        async with self._directory.writing() as connection:
            for one in roster.sponsors:
                await self._put(connection, one, changes)
                progress()
            for handle, cover in roster.covers.items():
                if await self._set_cover(
                    connection,
                    await self._sponsor(connection, handle),
                    await self._sponsor(connection, cover),
                ):
                    changes.lines.append(("covered", handle, cover))
            for reference, handle in roster.assignments.items():
                await self._assign(connection, reference, handle, changes)
                progress()
            await self._directory.record(connection, "import")
            if not agreed(changes):
                raise NotAgreed("the directory has changed meanwhile")
            if dry_run:
                await connection.rollback()
        return changes

    async def add(self, one: Sponsor) -> bool:
        """Adds a sponsor, or changes the one with that handle. True: it is new."""
        changes = Changes()
        async with self._directory.writing() as connection:
            await self._put(connection, one, changes)
        return changes.sponsors_added == 1

    async def assign(self, reference: str, handle: str, *, move: bool = False) -> None:
        """Assigns somebody to a sponsor; `move` allows that they have another one, which then goes
        into the history.
        """
        changes = Changes()
        async with self._directory.writing() as connection:
            await self._assign(connection, reference, handle, changes)
            if changes.reassigned and not move:
                raise DirectoryError("this reference has another sponsor already: use reassign")
            if move and not (changes.reassigned or changes.unchanged):
                raise DirectoryError("this reference has no sponsor yet: use assign")

    async def absent(self, handle: str, absence: Absence | None, cover: str = "") -> None:
        """Notes that a sponsor is away, or (None) back. A cover, once named, stays until another
        one is.
        """
        async with self._directory.writing() as connection:
            id_ = await self._sponsor(connection, handle)
            days = {
                "absent_from": absence.first if absence else None,
                "absent_until": absence.last if absence else None,
            }
            await connection.execute(
                update(sponsor).where(sponsor.c.id == id_).values(**days, changed=self._now())
            )
            if cover:
                await self._set_cover(connection, id_, await self._sponsor(connection, cover))
            await self._directory.record(connection, "absent" if absence else "back", sponsor=id_)

    async def confirm(self, handle: str) -> None:
        """Notes that a sponsor's details were looked at today and are right."""
        async with self._directory.writing() as connection:
            id_ = await self._sponsor(connection, handle)
            await connection.execute(
                update(sponsor).where(sponsor.c.id == id_).values(confirmed=self._now())
            )
            await settle(connection, id_)
            await self._directory.record(connection, "confirm", sponsor=id_)

    async def confirmed(self) -> dict[str, datetime | None]:
        """When each sponsor's details were last confirmed, by opaque ids."""
        async with self._directory.reading() as connection:
            rows = await connection.execute(select(sponsor.c.id, sponsor.c.confirmed))
        return {row.id: row.confirmed for row in rows}

    async def hand_over(self, handle: str, to: str, agreed: int | None = None) -> int:
        """Assigns everybody of one sponsor to another one, in one transaction. Returns how many.
        The history keeps the one before. Raises NotAgreed where they are not as many as `agreed`.
        """
        async with self._directory.writing() as connection:
            from_, to_ = (
                await self._sponsor(connection, handle),
                await self._find_sponsor(connection, to),
            )
            if to_ is None or to_.status != Status.ACTIVE.value:
                raise DirectoryError(f"there is no sponsor {to} who can take people on")
            if to_.id == from_:
                raise DirectoryError("a sponsor cannot hand over to themselves")
            now = self._now()
            theirs = (assignment.c.sponsor_id == from_) & assignment.c.until.is_(None)
            ended = (
                update(assignment).where(theirs).values(until=now).returning(assignment.c.person_id)
            )
            people = list((await connection.execute(ended)).scalars())
            if agreed is not None and agreed != len(people):
                raise NotAgreed("the directory has changed meanwhile")
            for person_id in people:
                await connection.execute(
                    insert(assignment).values(
                        id=new_id(), person_id=person_id, sponsor_id=to_.id, since=now
                    )
                )
                await self._directory.record(connection, "assign", person=person_id, sponsor=to_.id)
            await self._directory.record(connection, "hand over", sponsor=from_)
        return len(people)

    async def retire(self, handle: str) -> int:
        """Marks a sponsor as having left. Returns how many people are still assigned to them: those
        see the cover until they are reassigned.
        """
        async with self._directory.writing() as connection:
            id_ = await self._sponsor(connection, handle)
            await connection.execute(
                update(sponsor)
                .where(sponsor.c.id == id_)
                .values(status=Status.LEFT.value, changed=self._now())
            )
            await settle(connection, id_)
            await self._directory.record(connection, "retire", sponsor=id_)
            left = select(func.count()).where(
                assignment.c.sponsor_id == id_, assignment.c.until.is_(None)
            )
            return int((await connection.execute(left)).scalar_one())

    async def issue(self, hasher: CodeHasher, reference: str, days: int = VALID_DAYS) -> Issued:
        """Makes a code. What was issued before opens nothing from then on. The code is in the
        database, hashed, before this returns. Raises Busy.
        """
        return (await self.issue_all(hasher, [reference], days))[0]

    async def issue_all(
        self, hasher: CodeHasher, references: Sequence[str], days: int = VALID_DAYS
    ) -> list[Issued]:
        """Makes a code for each of several references: for all, or for none. Raises Busy."""
        made = [codes.new_code() for _ in references]
        hashes = [await hasher.hash(code.replace("-", "")) for code in made]
        now = self._now()
        expires = now + timedelta(days=days)
        issued: list[Issued] = []
        async with self._directory.writing() as connection:
            for reference, code, hashed in zip(references, made, hashes, strict=True):
                id_ = await self._person(connection, reference)
                replaced = await self._revoke(connection, id_, now)
                row = {
                    "id": new_id(),
                    "person_id": id_,
                    "hashed": hashed,
                    "issued": now,
                    "expires": expires,
                }
                await connection.execute(insert(access_code).values(row))
                await self._directory.record(connection, "issue", person=id_)
                issued.append(Issued(code, expires, replaced))
        return issued

    async def has_person(self, reference: str) -> bool:
        """Whether there is somebody with this reference."""
        return await self._directory.candidate(reference, self._now()) is not None

    async def has_code(self, reference: str) -> bool:
        """Whether a reference has a code that opens something now."""
        candidate = await self._directory.candidate(reference, self._now())
        return candidate is not None and candidate.is_live

    async def revoke(self, reference: str) -> bool:
        """Makes somebody's code open nothing. False: there was none."""
        async with self._directory.writing() as connection:
            id_ = await self._person(connection, reference)
            revoked = await self._revoke(connection, id_, self._now())
            await self._directory.record(
                connection, "revoke", "done" if revoked else "nothing", person=id_
            )
            return revoked

    async def sponsors(self) -> list[tuple[Entry, str, int]]:
        """Every sponsor with the handle of the cover and how many people are assigned."""
        count = (
            select(assignment.c.sponsor_id, func.count())
            .where(assignment.c.until.is_(None))
            .group_by(assignment.c.sponsor_id)
        )
        async with self._directory.reading() as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in await connection.execute(count)}
            rows = (await connection.execute(select(sponsor))).all()
        entries = {row.id: self._directory.entry(row) for row in rows}
        listed = [
            (
                entries[r.id],
                entries[r.cover_id].sponsor.handle if r.cover_id else "",
                counts.get(r.id, 0),
            )
            for r in rows
        ]
        return sorted(listed, key=lambda item: item[0].sponsor.handle)

    async def people(self) -> list[Held]:
        """Every assignment, past ones too, with the state of the person's code."""
        now, found = self._now(), []
        async with self._directory.reading() as connection:
            rows = (
                await connection.execute(
                    select(assignment).order_by(assignment.c.person_id, assignment.c.since)
                )
            ).all()
            issued = (
                await connection.execute(select(access_code).order_by(access_code.c.issued))
            ).all()
        states = {
            c.person_id: "revoked" if c.revoked else "valid" if now < c.expires else "expired"
            for c in issued
        }
        for row in rows:
            found.append(
                Held(
                    row.person_id,
                    row.sponsor_id,
                    row.since,
                    row.until,
                    states.get(row.person_id, "none"),
                )
            )
        return found

    async def audited(self, since: datetime) -> list[Record]:
        """The audit from a moment on, oldest first."""
        async with self._directory.reading() as connection:
            rows = await connection.execute(
                select(audit).where(audit.c.at >= since).order_by(audit.c.id)
            )
        return [
            Record(r.at, r.action, r.outcome, r.person_id or "", r.sponsor_id or "", r.tried or "")
            for r in rows
        ]

    async def purge(self, before: datetime) -> int:
        """Deletes what is over since before a moment: codes, past assignments, the audit, sponsors
        that left and that nobody is assigned to.
        """
        gone = [
            delete(access_code).where(
                (access_code.c.expires < before) | (access_code.c.revoked < before)
            ),
            delete(assignment).where(assignment.c.until < before),
            delete(audit).where(audit.c.at < before),
        ]
        used = select(assignment.c.sponsor_id).union(
            select(sponsor.c.cover_id).where(sponsor.c.cover_id.is_not(None))
        )
        gone.append(
            delete(sponsor).where(
                sponsor.c.status == Status.LEFT.value,
                sponsor.c.changed < before,
                sponsor.c.id.not_in(used),
            )
        )
        async with self._directory.writing() as connection:
            deleted = sum([(await connection.execute(statement)).rowcount for statement in gone])
            await self._directory.record(connection, "purge")
        return deleted

    async def forget(self, reference: str) -> None:
        """Deletes all that is held of one service user; the audit keeps the opaque id."""
        async with self._directory.writing() as connection:
            id_ = await self._person(connection, reference)
            for statement in (
                delete(access_code).where(access_code.c.person_id == id_),
                delete(assignment).where(assignment.c.person_id == id_),
                delete(person).where(person.c.id == id_),
            ):
                await connection.execute(statement)
            await self._directory.record(connection, "forget", person=id_)

    async def rotate(self) -> tuple[int, int]:
        """Seals every sponsor, what signs staff in and the questions that wait under the newest key.
        Returns how many sponsors, and how many references only an older key can still find.

        A reference is moved to the newest key when it is next imported, assigned or issued a code:
        nobody can do it without the reference.
        """
        async with self._directory.writing() as connection:
            rows = (await connection.execute(select(sponsor))).all()
            for row in rows:
                record = self._keyring.open(row.id, row.sealed)
                values = {
                    "sealed": self._keyring.seal(row.id, record),
                    "handle_hash": self._keyring.hashed("handle", record["handle"]),
                }
                await connection.execute(
                    update(sponsor).where(sponsor.c.id == row.id).values(**values)
                )
            for table in (staff_account, unanswered):
                for row in (await connection.execute(select(table))).all():
                    sealed = self._keyring.seal(row.id, self._keyring.open(row.id, row.sealed))
                    await connection.execute(
                        update(table).where(table.c.id == row.id).values(sealed=sealed)
                    )
            older = select(func.count()).where(person.c.key_name != self._keyring.newest)
            left = int((await connection.execute(older)).scalar_one())
            await self._directory.record(connection, "rotate")
        return len(rows), left

    async def _put(self, connection: AsyncConnection, one: Sponsor, changes: Changes) -> None:
        row = await self._find_sponsor(connection, one.handle)
        id_ = row.id if row else new_id()
        if row and row.status == Status.ACTIVE.value and self._directory.entry(row).sponsor == one:
            return
        values = {
            "sealed": self._keyring.seal(id_, to_record(one)),
            "service": one.service,
            "status": Status.ACTIVE.value,
            "changed": self._now(),
            "confirmed": self._now(),
        }
        changes.lines.append(("sponsor_changed" if row else "sponsor_added", one.handle, ""))
        if row:
            changes.sponsors_changed += 1
            await connection.execute(update(sponsor).where(sponsor.c.id == id_).values(**values))
            await settle(connection, id_)
        else:
            changes.sponsors_added += 1
            await connection.execute(
                insert(sponsor).values(
                    id=id_, handle_hash=self._keyring.hashed("handle", one.handle), **values
                )
            )
        await self._directory.record(
            connection, "sponsor", "changed" if row else "added", sponsor=id_
        )

    async def _assign(
        self, connection: AsyncConnection, reference: str, handle: str, changes: Changes
    ) -> None:
        sponsor_id = await self._sponsor(connection, handle)
        now, person_id = self._now(), await self._find_person(connection, reference)
        if person_id is None:
            person_id = new_id()
            row = {
                "reference_hash": self._keyring.hashed("reference", reference),
                "key_name": self._keyring.newest,
            }
            await connection.execute(insert(person).values(id=person_id, added=now, **row))
        current = select(assignment.c.sponsor_id).where(
            assignment.c.person_id == person_id, assignment.c.until.is_(None)
        )
        before = (await connection.execute(current)).scalar()
        if before == sponsor_id:
            changes.unchanged += 1
            return
        changes.lines.append(("reassigned" if before else "assigned", handle, reference))
        if before is None:
            changes.assigned += 1
        else:
            changes.reassigned += 1
            ends = update(assignment).where(
                assignment.c.person_id == person_id, assignment.c.until.is_(None)
            )
            await connection.execute(ends.values(until=now))
        await connection.execute(
            insert(assignment).values(
                id=new_id(), person_id=person_id, sponsor_id=sponsor_id, since=now
            )
        )
        await self._directory.record(connection, "assign", person=person_id, sponsor=sponsor_id)

    async def _set_cover(self, connection: AsyncConnection, id_: str, cover: str) -> bool:
        """False: it was so already."""
        if id_ == cover:
            raise DirectoryError("a sponsor cannot cover for themselves")
        before = select(sponsor.c.cover_id).where(sponsor.c.id == id_)
        if (await connection.execute(before)).scalar() == cover:
            return False
        await connection.execute(update(sponsor).where(sponsor.c.id == id_).values(cover_id=cover))
        return True

    async def _revoke(self, connection: AsyncConnection, person_id: str, now: datetime) -> bool:
        current = (access_code.c.person_id == person_id) & access_code.c.revoked.is_(None)
        was_live = (
            await connection.execute(
                select(func.count()).where(current, access_code.c.expires > now)
            )
        ).scalar_one() > 0
        await connection.execute(update(access_code).where(current).values(revoked=now))
        return was_live

    async def _find_sponsor(self, connection: AsyncConnection, handle: str) -> Row[Any] | None:
        found = select(sponsor).where(
            sponsor.c.handle_hash.in_(self._keyring.all_hashed("handle", handle))
        )
        return (await connection.execute(found)).first()

    async def _sponsor(self, connection: AsyncConnection, handle: str) -> str:
        row = await self._find_sponsor(connection, handle)
        if row is None:
            raise DirectoryError(f"there is no sponsor {handle}")
        return str(row.id)

    async def _find_person(self, connection: AsyncConnection, reference: str) -> str | None:
        """A person's id. One that an older key wrote is moved to the newest key on the way."""
        found = select(person.c.id, person.c.key_name).where(
            person.c.reference_hash.in_(self._keyring.all_hashed("reference", reference))
        )
        row = (await connection.execute(found)).first()
        if row is None:
            return None
        if row.key_name != self._keyring.newest:
            values = {
                "reference_hash": self._keyring.hashed("reference", reference),
                "key_name": self._keyring.newest,
            }
            await connection.execute(update(person).where(person.c.id == row.id).values(**values))
        return str(row.id)

    async def _person(self, connection: AsyncConnection, reference: str) -> str:
        id_ = await self._find_person(connection, reference)
        if id_ is None:
            raise DirectoryError(
                "there is nobody with this reference: assign it to a sponsor first"
            )
        return id_
