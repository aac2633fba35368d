"""What goes wrong, as exceptions."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """Something in a manifest or a scenario that cannot be taken."""

    file: str
    line: int | None
    column: int | None
    field: str
    message: str
    suggestion: str | None


class JobsimError(Exception):
    """jobsim cannot do what it was asked for; the message says why, and what is allowed."""


class InputError(JobsimError):
    """Something is wrong with a manifest or a scenario. ``file``, ``line`` and ``field`` are those of the first problem."""

    def __init__(self, text: str, problems: list[tuple] = ()):  # type: ignore[assignment]
        super().__init__(text)
        #: All problems, each with its place.
        self.problems = [Problem(*problem) for problem in problems]

    @property
    def file(self) -> str | None:
        """The file, ``manifest.yaml`` for a manifest that is none."""
        return self.problems[0].file if self.problems else None

    @property
    def line(self) -> int | None:
        """The line, from 1."""
        return self.problems[0].line if self.problems else None

    @property
    def field(self) -> str | None:
        """The path of the field."""
        return self.problems[0].field if self.problems else None

    def __reduce__(self):
        return (InputError, (str(self), [tuple(problem) for problem in self.problems]))
