"""The command line, and docs/sponsors.md as it stands."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.commands.sponsors import app
from bot.errors import SettingsError, SignpostError
from bot.settings import ROOT
from tests.sponsors.examples import ROSTER

GUIDE = (ROOT / "docs" / "sponsors.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("python -m bot sponsors ")
    for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.M | re.S)
    for line in block.splitlines()
]


class Line:
    """The command line of one directory. `typed` is what is put into standard input."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.env = {
            "SIGNPOST_SPONSOR_DATABASE": url,
            "SIGNPOST_SPONSOR_KEYS": str(folder / "new" / "keys"),
        }

    def try_(self, command: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, shlex.split(command), input=typed, env=self.env)

    def do(self, command: str, typed: str = "") -> str:
        result = self.try_(command, typed)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    def fails(self, command: str, typed: str = "") -> str:
        result = self.try_(command, typed)
        assert isinstance(result.exception, SignpostError), result.exception
        return f"{result.output}\n{result.exception}"


@pytest.fixture
def line(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    made = Line(tmp_path, url)
    made.do("setup")
    return made


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/sponsors.db"


def test_the_guide_leads_from_nothing_to_the_first_slip(line: Line) -> None:
    (line.folder / "roster.csv").write_text(
        re.findall(r"^```csv roster.csv\n(.*?)^```", GUIDE, re.M | re.S)[0], encoding="utf-8"
    )
    said = [line.do(command) for command in COMMANDS if not command.startswith("export ")]
    assert len(said) == 4
    assert (
        said[1]
        == "would be: 2 sponsors added, 0 sponsors changed, 2 assigned, 0 reassigned, 0 unchanged\n"
    )
    assert re.search(r"^[2-9A-Z]{4}(-[2-9A-Z]{4}){3}$", said[3], re.M)
    assert "LPP-0001" not in said[3]


def test_every_command_of_the_guide_exists() -> None:
    named = {command.split()[0] for command in re.findall(r"`sponsors ([^`]+)`", GUIDE)}
    assert named >= {
        "add",
        "assign",
        "reassign",
        "absent",
        "back",
        "retire",
        "issue",
        "revoke",
        "audit",
        "export",
        "purge",
        "rotate",
    }
    assert [
        name for name in named if CliRunner().invoke(app, [name, "--help"]).exit_code != 0
    ] == []


def test_an_import_with_a_mistake_changes_nothing(line: Line) -> None:
    (line.folder / "bad.csv").write_text(
        ROSTER + "A1234BC,belmarsh-1,,,,,,,,,,,,\n", encoding="utf-8"
    )
    said = line.fails("import bad.csv --yes")
    assert "nothing was imported: 1 to put right" in said
    assert line.do("export").count("\n") == 1


def test_an_export_can_be_imported_again(line: Line) -> None:
    line.do("import roster.csv")
    exported = line.do("export")
    (line.folder / "again.csv").write_text(exported, encoding="utf-8")
    assert line.do("import again.csv").startswith(
        "were: 0 sponsors added, 0 sponsors changed, 0 assigned"
    )
    assert line.do("export") == exported
    assert line.do("export --people").count("none") == 3


ASKED = [
    "import changed.csv",
    "reassign swaleside-1 LPP-0001",
    "retire belmarsh-1",
    "revoke LPP-0001",
    "issue LPP-0001",
    "rotate --new-key",
]
ASKED += [
    "purge --before 2026-01-01",
    "add belmarsh-1 --name Jo --role x --service belmarsh --route phone=020",
]


@pytest.mark.parametrize("command", ASKED)
def test_what_cannot_be_undone_asks_or_takes_yes(
    line: Line, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line.folder / "changed.csv").write_text(
        ROSTER.replace("Sam Example", "Sam Newname"), encoding="utf-8"
    )
    line.do("import roster.csv")
    line.do("issue LPP-0001")
    before = line.do("export") + line.do("export --people")
    assert "add --yes" in line.fails(command)
    assert line.do("export") + line.do("export --people") == before
    line.do(f"{command} --yes")


def test_a_reference_that_is_left_out_is_read_and_not_shown(line: Line) -> None:
    line.do("import roster.csv")
    assert "LPP-0001" not in line.do("issue", "LPP-0001\n")
    assert line.do("purge --person --yes", "LPP-0001\n") == "deleted\n"
    assert "nobody with this reference" in line.fails("issue", "LPP-0001\n")


def test_the_audit_is_by_opaque_ids(line: Line) -> None:
    line.do("import roster.csv")
    line.do("issue LPP-0001")
    said = line.do("audit")
    assert [action for action in ("import", "assign", "issue") if action not in said] == []
    assert [secret for secret in ("LPP", "Sam", "belmarsh") if secret in said] == []


REFUSED = [
    ("assign nobody-1 LPP-0001", "there is no sponsor nobody-1"),
    ("assign belmarsh-1 A1234BC", "looks like a prison number"),
    ("issue LPP-0099", "nobody with this reference"),
    ("absent belmarsh-1 --from 2026-12-02 --until 2026-12-01", "before the first day"),
    ("add x1 --name Jo --role x --service nowhere --route phone=020", "has to be one of"),
    ("add x1 --name Jo --role x --service belmarsh --route fax=020", "fax is none of"),
    ("purge --yes", "either --before or --person"),
    ("import nothing.csv", "No such file"),
]


@pytest.mark.parametrize(("command", "said"), REFUSED)
def test_what_cannot_be_done_is_refused_in_words(line: Line, command: str, said: str) -> None:
    line.do("import roster.csv")
    assert said in line.fails(command)


def test_without_settings_or_tables_it_says_what_is_missing(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.env["SIGNPOST_SPONSOR_DATABASE"] = f"sqlite:///{tmp_path}/other.db"
    assert "run `python -m bot sponsors setup`" in line.fails("export")
    line.env["SIGNPOST_SPONSOR_DATABASE"] = f"sqlite:///{tmp_path}/no/such/folder/other.db"
    assert "cannot be opened" in line.fails("export")
    for name in line.env:
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, ["export"], env=dict.fromkeys(line.env))
    assert isinstance(result.exception, SettingsError)


def test_nothing_heavy_is_imported_for_help() -> None:
    import subprocess

    code = "import sys, bot.commands.sponsors; print([name for name in ('sqlalchemy', 'alembic', 'argon2', 'cryptography') if name in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_the_tables_go_to_a_revision_that_there_is(line: Line) -> None:
    line.do("import roster.csv --yes")
    before = line.do("export")
    line.do("setup --to 0001")
    assert "tables are missing or old" in line.fails("export")
    line.do("setup")
    assert line.do("export") == before
    assert "0000 is not a revision of the tables" in line.fails("setup --to 0000")


def test_a_backup_is_for_our_eyes_and_can_be_restored(line: Line) -> None:
    line.do("import roster.csv --yes")
    before = line.do("export")
    assert line.do("backup copy.jsonl").startswith("backed up: ")
    assert (line.folder / "copy.jsonl").stat().st_mode & 0o077 == 0
    assert "File exists" in line.fails("backup copy.jsonl")
    assert "not empty" in line.fails("restore copy.jsonl --yes")
    line.env["SIGNPOST_SPONSOR_DATABASE"] = f"sqlite:///{line.folder}/other.db"
    line.do("setup")
    assert line.do("restore copy.jsonl --yes").startswith("restored: ")
    assert line.do("export") == before
    assert "cannot be read" in line.fails("restore nowhere.jsonl --yes")
