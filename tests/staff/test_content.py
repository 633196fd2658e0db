"""Answers as an editor meets them over HTTP: read, changed, tried, published, taken back."""

import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from bot import snapshots
from bot.errors import SignpostError
from bot.publishing import child, trying
from bot.publishing.archive import packed, unpacked
from bot.publishing.catalogue import Catalogue
from bot.publishing.child import Checked
from bot.publishing.draft import Files, mark
from bot.settings import ROOT, Settings
from bot.staff.app import Desk
from bot.staff.model import Role, may_publish
from bot.staff.pages import content as pages
from tests.staff.conftest import Person, Seen, Staff

BELMARSH, VISITS = "services/belmarsh.yml", "services/belmarsh.yml:answers.visits"
SHOUT = "crisis.yml:lines.shout"
SAID = "Yes, the Belmarsh unit (LPPU) has family visits."
NOW = "Yes, says this test, the Belmarsh unit has family visits."


CHECKED, READ = dict[str, Checked](), dict[str, Catalogue]()
"""What was read once, by the mark of its files: it takes seconds, and most tests begin with the same."""


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the child, in this process. tests/publishing/test_trying.py has the real one."""

    def check(settings: Settings, files: Files) -> Checked:
        if (known := mark(files)) not in CHECKED:
            with tempfile.TemporaryDirectory() as folder:
                for name, data in files.items():
                    (Path(folder) / name).parent.mkdir(exist_ok=True)
                    (Path(folder) / name).write_bytes(data)
                CHECKED[known] = child.check(Path(folder))
        return CHECKED[known]

    def catalogue(files: Files, titles: Mapping[str, str], today: date) -> Catalogue:
        if (known := mark(files)) not in READ:
            READ[known] = catalogue_of(files, titles, today)
        return READ[known]

    catalogue_of = pages._catalogue_of
    monkeypatch.setattr(trying, "check", check)
    monkeypatch.setattr(pages, "_catalogue_of", catalogue)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    content = shutil.copytree(ROOT / "bot/content", tmp_path / "content")
    # The port of a service that does not run.
    return settings.model_copy(update={"content": content, "port": 1})


def file(settings: Settings, name: str = BELMARSH) -> str:
    return (settings.content / name).read_bytes().decode()


def fields_of(page: Seen) -> dict[str, str]:
    """What a form holds, as a browser would send it."""
    form = page.text[page.text.index('action="/content/item"') :]
    inputs = re.findall(r'name="([\w-]+)"[^>]* value="([^"]*)"', form)
    areas = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    chosen = re.findall(
        r'<select[^>]* name="(\w+)"[^>]*>(?:(?!</select>).)*?value="(\w+)" selected',
        form,
        re.DOTALL,
    )
    return {name: value for name, value in (*inputs, *areas, *chosen) if name != "csrf"}


async def edit(person: Person, at: str, **changes: str) -> Seen:
    page = await person.get(f"/content/item?at={at}")
    assert page.status == 200
    return await person.post("/content/item", **{**fields_of(page), **changes})


async def publish(person: Person, note: str = "as the page says now") -> Seen:
    asked = await person.post("/content/publish")
    sure = re.search(r'name="sure" value="(\w+)"', asked.text)
    assert sure, asked.text
    return await person.post("/content/publish", note=note, sure=sure.group(1))


async def test_every_answer_is_shown_as_the_public_reads_it(staff: Staff) -> None:
    person = await staff(Role.EDITOR)
    page = (await person.get("/content?group=services/belmarsh.yml")).text
    assert SAID in page
    assert "Source: LPP's older History & Pathways page (Belmarsh), last checked" in page
    assert "<td>LPP content editor</td>" in page
    assert "Aylesbury is" not in page
    help_lines = (await person.get("/content?group=crisis.yml")).text
    assert "Shout: text 85258" in help_lines
    assert "These are national lines" in help_lines


async def test_the_list_is_filtered_and_sorted_here(staff: Staff, settings: Settings) -> None:
    old = file(settings).replace("last_checked: 2026-11-22", "last_checked: 2020-01-02")
    (settings.content / BELMARSH).write_text(old, encoding="utf-8")
    person = await staff(Role.EDITOR)
    page = (await person.get("/content?group=all&show=overdue")).text
    assert "2 January 2020" in page
    assert "22 November 2026" not in re.sub("<td class=.*?</td>", "", page, flags=re.DOTALL)
    by_day = (await person.get("/content?group=all&sort=checked")).text
    assert by_day.index("2 January 2020") < by_day.index("22 November 2026</td>")
    by_name = (await person.get("/content?group=services/sova.yml&sort=title")).text
    names = re.findall(r'<th scope="row"><a [^>]*>(.*?)</a>', by_name)
    assert names == sorted(names, key=str.lower)
    assert len(names) > 3


async def test_a_sentence_is_changed_published_and_taken_back(
    desk: Desk, staff: Staff, settings: Settings
) -> None:
    person, before = await staff(Role.EDITOR), file(settings)
    words = fields_of(await person.get(f"/content/item?at={VISITS}"))["text"]
    saved = await edit(person, VISITS, text=words.replace(SAID, NOW))
    assert saved.at == "/content/draft?done=drafted"
    assert file(settings) == before  # nothing is live yet
    draft = (await person.get("/content/draft")).text
    assert NOW in draft
    assert SAID in draft
    assert "in your draft" in (await person.get(f"/content?group={BELMARSH}")).text
    missing = await publish(person, note=" ")
    assert (missing.status, "Write a note" in missing.text) == (400, True)
    assert file(settings) == before
    assert (await publish(person)).at == "/content/versions?done=published"
    changed = file(settings)
    assert NOW.split(", ")[1] in changed
    gone = set(before.splitlines()) - set(changed.splitlines())
    assert gone == {line for line in before.splitlines() if SAID in line}
    assert "You have changed nothing" in (await person.get("/content/draft")).text
    versions = (await person.get("/content/versions")).text
    assert "as the page says now" in versions
    assert person.name in versions
    # And back to what was there.
    back = await person.post("/content/versions/1/back")
    assert SAID in back.text
    sure = re.search(r'name="sure" value="(\w+)"', back.text)
    assert sure
    done = await person.post("/content/versions/1/back", note="wrong", sure=sure.group(1))
    assert done.at == "/content/versions?done=published"
    assert file(settings) == before
    lines = [(line.action, line.outcome, line.about) for line in await desk.accounts.logged(10)]
    assert lines[:4] == [
        ("publish", "done", "version 3"),
        ("publish", "begun", "1 files"),
        ("publish", "done", "version 2"),
        ("publish", "begun", "1 files"),
    ]


MISTAKES: list[tuple[str, dict[str, str], str]] = [
    (VISITS, {"text": "word" + " word" * 90}, "91 words long, at most 90"),
    (VISITS, {"text": ""}, "can't be empty"),
    (VISITS, {"text": "It has {visits}."}, "can't be filled in here"),
    (VISITS, {"held": "most"}, "Choose one of the list"),
    (BELMARSH + ":", {"status": "closed"}, "Choose one of the list"),
    (BELMARSH + ":", {"aliases": " \r\n "}, "at least one name"),
    (BELMARSH + ":", {"aliases": "aylesbury"}, "names service aylesbury already"),
    (BELMARSH + ":", {"checked-month": "13"}, "as day, month and year"),
    (BELMARSH + ":", {"checked-year": "2999"}, "can't be in the future"),
]


@pytest.mark.parametrize(("at", "changes", "said"), MISTAKES)
async def test_a_mistake_is_said_and_what_was_typed_stays(
    staff: Staff, at: str, changes: dict[str, str], said: str
) -> None:
    person = await staff(Role.EDITOR)
    seen = await edit(person, at, **changes)
    assert (seen.status, "There is a problem" in seen.text) == (400, True)
    assert said in seen.text
    typed = fields_of(seen)
    for name in changes.keys() - {"status", "held"}:  # those can't be typed
        assert typed[name] == changes[name]
    assert "You have changed nothing" in (await person.get("/content/draft")).text


async def test_the_second_of_two_editors_is_told_and_loses_nothing(
    desk: Desk, staff: Staff, settings: Settings
) -> None:
    one, other = await staff(Role.EDITOR), await staff(Role.ADMINISTRATOR)
    opened = fields_of(await other.get(f"/content/item?at={VISITS}"))
    await edit(one, VISITS, line="visits of one.")
    await publish(one)
    # A form that was opened before.
    told = await other.post("/content/item", **{**opened, "line": "visits of the other."})
    assert told.status == 400
    assert "Somebody has changed this since you opened it" in told.text
    again = fields_of(told)
    assert again["line"] == "visits of the other."
    assert (await other.post("/content/item", **again)).status == 303
    # A draft of before.
    await edit(one, VISITS, line="visits of one, again.")
    await publish(one)
    assert (await other.post("/content/publish")).at == "/content/draft"
    draft = (await other.get("/content/draft")).text
    assert "changed by somebody else meanwhile" in draft
    assert "visits of one, again." in draft
    assert "visits of the other." in draft
    place = f"{VISITS}.line"
    assert (await other.post("/content/draft", at=place, do="keep")).status == 303
    assert (await publish(other)).status == 303
    assert "    line: visits of the other.\n" in file(settings)
    assert desk.content._versions.all()[0].who == other.name


async def test_what_changed_after_the_last_look_is_shown_before_it_is_published(
    staff: Staff, settings: Settings
) -> None:
    person = await staff(Role.EDITOR)
    await edit(person, VISITS, line="visits.")
    asked = await person.post("/content/publish")
    sure = re.search(r'name="sure" value="(\w+)"', asked.text)
    assert sure
    other = settings.content / "services" / "sova.yml"
    other.write_text(other.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    seen = await person.post("/content/publish", note="x", sure=sure.group(1))
    assert (seen.status, "changed since you looked" in seen.text) == (400, True)
    assert "    line: visits.\n" not in file(settings)


ROLES = [(Role.EDITOR, False), (Role.SAFETY_OFFICER, True), (Role.ADMINISTRATOR, True)]


@pytest.mark.parametrize(("role", "may"), ROLES)
async def test_help_lines_are_published_by_the_safety_officer(
    staff: Staff, settings: Settings, role: Role, may: bool
) -> None:
    person, before = await staff(role), file(settings, "crisis.yml")
    assert (await edit(person, SHOUT, text="Shout: text 85258. All day.")).status == 303
    assert (
        "published by the clinical safety officer" in (await person.get("/content/draft")).text
    ) is not may
    seen = await person.post("/content/publish")
    assert seen.status == (200 if may else 403)
    if may:
        await publish(person)
        wanted = before.replace("85258. Day or night.", "85258. All day.")
        assert file(settings, "crisis.yml") == wanted
    else:
        assert file(settings, "crisis.yml") == before


def test_who_may_publish_what() -> None:
    for name in ("crisis.yml", "languages.yml"):
        assert not may_publish(Role.EDITOR, {name, "general.yml"})
        assert may_publish(Role.SAFETY_OFFICER, {name})
    assert may_publish(Role.EDITOR, {"general.yml", "services/a.yml"})


async def test_an_editor_cannot_go_back_over_the_help_lines(
    staff: Staff, settings: Settings
) -> None:
    officer, editor = await staff(Role.SAFETY_OFFICER), await staff(Role.EDITOR)
    await edit(officer, SHOUT, text="Shout: text 85258. All day.")
    await publish(officer)
    after = file(settings, "crisis.yml")
    seen = await editor.post("/content/versions/1/back", note="x", sure="x")
    assert seen.status == 403
    assert file(settings, "crisis.yml") == after


async def test_export_and_import_are_exact(staff: Staff, settings: Settings) -> None:
    person = await staff(Role.EDITOR)
    async with person.client.get(
        "/content/export", headers={"Cookie": f"signpost_staff={person.cookie}"}
    ) as response:
        whole = await response.read()
    files = {
        path.relative_to(settings.content).as_posix(): path.read_bytes()
        for path in settings.content.rglob("*.yml")
    }
    assert unpacked("x.zip", whole) == files
    same = await person.upload(whole, to="/content/import", name="x.zip")
    assert same.at == "/content/draft?done=same"
    mine = files[BELMARSH].replace(
        b"status: current", b"status: under_review  # \xe2\x80\x9cwhy\xe2\x80\x9d"
    )
    for data, name in ((mine, "belmarsh.yml"), (packed({BELMARSH: mine}), "given.zip")):
        assert (await person.upload(data, to="/content/import", name=name)).status == 303
        assert (await person.get("/content/export?draft=yes")).status == 200
        await publish(person)
        assert (settings.content / BELMARSH).read_bytes() == mine
        (settings.content / BELMARSH).write_bytes(files[BELMARSH])


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "x.zip", "Choose a YAML file or a zip"),
        (b"PK\x03\x04nonsense", "x.zip", "not a zip"),
        (b"id: x\n", "../../etc/x.yml", "no name of a content file"),
        (b"id: belmarsh\nnonsense: true\n", "belmarsh.yml", "nonsense: unknown key"),
        (b"a: [unclosed\n", "belmarsh.yml", "belmarsh.yml:"),
    ],
)
async def test_what_cannot_be_imported_is_said(
    staff: Staff, settings: Settings, data: bytes, name: str, said: str
) -> None:
    person, before = await staff(Role.EDITOR), snapshots.version(settings.content)
    seen = await person.upload(data, to="/content/import", name=name)
    assert (seen.status, said in seen.text) == (400, True)
    assert "You have changed nothing" in (await person.get("/content/draft")).text
    assert snapshots.version(settings.content) == before


async def test_a_service_that_refuses_it_leaves_all_as_it_was(
    desk: Desk, staff: Staff, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Settings) -> str:
        raise SignpostError("the content was not reloaded")

    person, before = await staff(Role.EDITOR), snapshots.version(settings.content)
    monkeypatch.setattr("bot.commands.operate.is_running", lambda _: True)
    monkeypatch.setattr("bot.commands.operate.reload", refuse)
    await edit(person, VISITS, line="visits.")
    seen = await publish(person)
    assert seen.status == 400
    assert "Nothing was published, and everything is as it was: the content was not" in seen.text
    assert snapshots.version(settings.content) == before
    assert "visits." in (await person.get("/content/draft")).text
    assert (await desk.accounts.logged(1))[0].outcome == "failed"


async def test_a_folder_that_cannot_be_written_to_is_said_and_the_draft_exported(
    staff: Staff, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await staff(Role.EDITOR)
    monkeypatch.setattr("os.access", lambda path, mode: path != settings.content)
    assert "Nothing can be published from here" in (await person.get("/content")).text
    await edit(person, VISITS, line="visits.")
    page = (await person.get("/content/draft")).text
    assert "Export your draft instead" in page
    assert 'action="/content/publish"' not in page
    assert (await person.get("/content/export?draft=yes")).status == 200
    assert (await publish(person)).status == 400


async def test_content_that_somebody_broke_by_hand_is_said(
    staff: Staff, settings: Settings
) -> None:
    person = await staff(Role.EDITOR)
    (settings.content / BELMARSH).write_text("a: [", encoding="utf-8")
    seen = await person.get("/content")
    assert (seen.status, "There is a mistake in the content files" in seen.text) == (500, True)
    assert "belmarsh.yml:" in (await person.get("/content/check")).text


async def test_a_question_is_tried_on_the_draft_and_never_on_the_service(
    staff: Staff, settings: Settings
) -> None:
    person, before = await staff(Role.EDITOR), snapshots.version(settings.content)
    words = fields_of(await person.get(f"/content/item?at={VISITS}"))["text"]
    await edit(person, VISITS, text=words.replace(SAID, NOW))
    page = (await person.post("/content/try", question="family visits at belmarsh?")).text
    now, _, then = page[page.index('<div class="beside">') :].partition("<h3>With your draft</h3>")
    # To a question that asks for no "Yes" the service says none.
    assert "says this test" in then.lower()
    assert "has family visits" in now
    assert "says this test" not in now.lower()
    assert "The answers differ" in page
    crisis = (await person.post("/content/try", question="I want to kill myself")).text
    assert "116 123" in crisis
    assert "Both are the same" in crisis
    assert "Write a question" in (await person.post("/content/try", question=" ")).text
    assert snapshots.version(settings.content) == before


async def test_the_recorded_questions_that_change_are_listed(staff: Staff) -> None:
    person = await staff(Role.EDITOR)
    await edit(person, "services/sova.yml:answers.about", text="SOVA, says this test, is here.")
    page = (await person.post("/content/compare")).text
    found = re.search(r"(\d+) of (\d+) recorded test questions would be answered otherwise", page)
    assert found
    some, every = map(int, found.groups())
    assert 1 <= some < every
    assert "sova support link - what's that about then" in page
    assert "SOVA, says this test, is here." in page
    assert "are slam one of the partners" not in page
