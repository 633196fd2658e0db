"""Work in a process that goes away with all that it read."""

import os
import sys

import pytest

from bot.child import in_a_child


def _imports(name: str) -> tuple[int, bool]:
    __import__(name)
    return os.getpid(), name in sys.modules


def _dies() -> None:
    os._exit(3)


def test_what_it_gives_comes_back_and_what_it_imports_does_not() -> None:
    sys.modules.pop("wave", None)
    pid, imported = in_a_child(_imports, "wave")
    assert imported
    assert pid != os.getpid()
    assert "wave" not in sys.modules


def test_a_child_that_dies_is_an_error_with_its_name() -> None:
    with pytest.raises(ChildProcessError, match="_dies"):
        in_a_child(_dies)
