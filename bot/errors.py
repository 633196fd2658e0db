"""The errors that an operator, an editor or a client of ours is meant to read. Everything else is a
bug.
"""

from pathlib import Path


class SignpostError(Exception):
    """Base of all errors that carry a sentence for a person. Caught at the edges: the command line,
    the gateway, the workers.
    """


class ContentError(SignpostError):
    """A mistake in a content or data file, in the form that editors and their tools can jump to:
    `file:line: what is wrong`.
    """

    def __init__(self, file: Path, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


class SettingsError(SignpostError):
    """A setting that is missing or out of range. The message names the environment variable."""


class ModelError(SignpostError):
    """A model file that is missing, stale, or not the one that the manifest names."""
