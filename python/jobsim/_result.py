"""What comes back: results with their records and pictures, parts of results, explanations, verdicts on manifests."""

from __future__ import annotations

import os
from typing import Any, Iterable, NamedTuple

from ._errors import JobsimError
from ._jobsim import ResultData, command as _command


class Estimate(NamedTuple):
    """A measure over replications, with the ends of its confidence interval; ``None`` where an end is not known."""

    value: float | None
    low: float | None
    high: float | None
    unit: str


class Picture:
    """A picture as SVG. Jupyter shows it; ``save`` writes it."""

    def __init__(self, name: str, text: str, svg: str):
        #: What it is of.
        self.name = name
        #: What it shows, in words.
        self.text = text
        #: The picture.
        self.svg = svg

    def save(self, path: str | os.PathLike) -> None:
        """Write it as an ``.svg`` file."""
        _write(path, self.svg.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture {self.name}: {self.text}>"


class Records:
    """Records of replications as a table, over the Arrow PyCapsule interface.

    ``pandas.DataFrame.from_arrow``, ``polars.DataFrame``, ``pyarrow.table`` and DuckDB read it as it is. The columns are
    ``replication``, ``job``, ``end``, ``reason``, ``cut`` and every response that ``docs/measures.md`` lists, in seconds, shares or
    counts; of several points first ``point`` and the fields that vary.
    """

    def __init__(self, data: ResultData, by_job: bool):
        self._data = data
        self._by_job = by_job

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._data.stream(self._by_job)

    def __len__(self) -> int:
        return self._data.rows(self._by_job)

    def to_pylist(self) -> list[dict[str, Any]]:
        """The rows as dictionaries. This needs pyarrow."""
        import pyarrow

        return pyarrow.table(self).to_pylist()


class Result:
    """The result of a simulation: what the command would save, and its answer in words.

    It can be pickled, and goes through processes and clusters as the saved result.
    """

    def __init__(self, data: ResultData, text: str = "", warnings: str = ""):
        self._data = data
        self._cached: dict[str, Any] | None = None
        #: The answer as the command prints it.
        self.text = text or "\n".join(data.sentences()) + "\n"
        #: What was warned of, a line each.
        self.warnings = warnings.splitlines()

    @classmethod
    def _of(cls, answer: Any) -> Result:
        if answer.result is None:
            raise JobsimError("this command has no result")
        return cls(answer.result, answer.data, answer.talk)

    @property
    def _head(self) -> dict[str, Any]:
        if self._cached is None:
            import json

            self._cached = json.loads(self._data.head())
        return self._cached

    @property
    def points(self) -> list[dict[str, Any]]:
        """The points of a design, or the one of a run: ``name``, ``settings``, ``summary``, ``measures``, ``goals``."""
        return self._head["points"]

    @property
    def summary(self) -> dict[str, Any]:
        """The summary of a run: ``replications``, ``all`` (ends and responses with their statistics), ``series``.

        Of a design there is one for each point: see :attr:`points`.
        """
        if len(self.points) != 1:
            raise ValueError(f"there are {len(self.points)} points: each has a summary of its own, in .points")
        return self.points[0]["summary"]

    @property
    def replications(self) -> int:
        """How many replications there are, of all points together."""
        return sum(point["summary"]["replications"] for point in self.points)

    @property
    def partial(self) -> bool:
        """Whether something is missing, because it was interrupted or parts were."""
        return bool(self._head.get("partial", False))

    @property
    def seed(self) -> int:
        """The seed of all random numbers."""
        return self._head["seed"]

    @property
    def solution(self) -> dict[str, Any] | None:
        """What :func:`jobsim.solve` found."""
        return self._head.get("solution")

    @property
    def comparisons(self) -> list[dict[str, Any]]:
        """What :func:`jobsim.compare` found: of each variant its differences from the base, and a verdict in sentences."""
        return self._head.get("comparisons") or []

    @property
    def goals(self) -> list[dict[str, Any]]:
        """The goals of all points: whether each holds, and surely."""
        return [goal for point in self.points for goal in point.get("goals") or []]

    @property
    def holds(self) -> bool:
        """Whether all goals hold."""
        return all(goal["holds"] for goal in self.goals)

    def measure(self, name: str) -> Estimate:
        """A measure of a run: one that was asked for with ``show``, ``"P(Complete)"`` and the like, or the mean of a response."""
        for measure in self.points[0].get("measures") or []:
            if name in (measure["measure"], f"mean({measure['measure']})") or measure["measure"] == f"mean({name})":
                return Estimate(measure.get("value"), measure.get("low"), measure.get("high"), measure["unit"])
        of_all = self.summary["all"]
        if name.startswith("P(") and name.endswith(")"):
            ends = [end for end in of_all["ends"] if end["end"] == name[2:-1]]
            if len(ends) == 1:
                low, high = ends[0]["interval"]
                return Estimate(ends[0]["probability"], low, high, "probability")
        for response in of_all["responses"]:
            if name in (response["name"], f"mean({response['name']})"):
                low, high = response.get("meanInterval") or (None, None)
                return Estimate(response.get("mean"), low, high, response["unit"])
        raise KeyError(f"{name!r} was not measured: ask for it with show={name!r}")

    @property
    def records(self) -> Records:
        """A row for each replication of each point, of all Jobs together."""
        return Records(self._data, False)

    @property
    def records_by_job(self) -> Records:
        """A row for each Job of each replication of each point."""
        return Records(self._data, True)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._data.stream(False)

    @property
    def kinds(self) -> list[str]:
        """The kinds of pictures for which there is something to show."""
        return self._data.kinds()

    def plot(self, kind: str | None = None, width: int = 720) -> Picture:
        """The first picture of a kind (by default of the first of :attr:`kinds`), ``width`` pixels wide."""
        return self.plots(kind, width)[0]

    def plots(self, kind: str | None = None, width: int = 720) -> list[Picture]:
        """All pictures of a kind."""
        if kind is None:
            kinds = self.kinds
            if not kinds:
                raise ValueError("there is nothing to draw")
            kind = kinds[0]
        return [Picture(*picture) for picture in self._data.pictures(kind, width)]

    def page(self) -> str:
        """A page for a browser, with pictures, numbers and the timeline to step through. It needs no network."""
        return self._data.page()

    def save(self, path: str | os.PathLike) -> None:
        """Write the bytes that ``jobsim … --save`` writes, gzipped if the name ends in ``.gz``."""
        data = self.to_bytes()
        if os.fspath(path).endswith(".gz"):
            import gzip

            data = gzip.compress(data, mtime=0)
        _write(path, data)

    @staticmethod
    def load(path: str | os.PathLike) -> Result:
        """Read a saved result, gzipped or not."""
        with open(path, "rb") as file:
            data = file.read()
        if data.startswith(b"\x1f\x8b"):
            import gzip

            data = gzip.decompress(data)
        return Result.from_bytes(data)

    def to_bytes(self) -> bytes:
        """The saved result."""
        return self._data.to_bytes()

    @staticmethod
    def from_bytes(data: bytes, text: str = "") -> Result:
        """Read a saved result."""
        return Result(ResultData.from_bytes(data), text)

    @staticmethod
    def merge(parts: Iterable[Part], partial: bool = False) -> Result:
        """Merge parts to the result that one process would have given, to the byte, in whatever order they come.

        Raises :class:`JobsimError` if parts do not belong together, overlap, or (without ``partial``) are missing.
        """
        import tempfile

        parts = list(parts)
        if not parts:
            raise ValueError("there are no parts to merge")
        with tempfile.TemporaryDirectory(prefix="jobsim-") as folder:
            for number, part in enumerate(parts):
                _write(os.path.join(folder, f"{number:06}.part"), part.data)
            words = ["merge", folder, "-o", os.path.join(folder, "result.json")]
            return Result._of(_command([*words, "--partial"] if partial else words, parts[0].texts))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Result.from_bytes, (self.to_bytes(), self.text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Result: {'; '.join(self._data.sentences()[:3])}>"

    def _repr_html_(self) -> str:
        from html import escape

        page = escape(self.page(), quote=True)
        style = "width:100%;height:40em;border:1px solid #8884;border-radius:4px"
        return f'<iframe sandbox="allow-scripts allow-downloads" style="{style}" title="jobsim" srcdoc="{page}"></iframe>'


class Part:
    """A part of the replications of an experiment, for :meth:`Result.merge`. It can be pickled."""

    def __init__(self, data: bytes, texts: list[tuple[str, str, str]]):
        #: What ``jobsim … --shard`` saves.
        self.data = data
        #: The texts that the command read from memory.
        self.texts = texts

    @classmethod
    def _made(cls, words: list[str], texts: list[tuple[str, str, str]], shard: tuple[int, int]) -> Part:
        import tempfile

        index, of = shard
        with tempfile.TemporaryDirectory(prefix="jobsim-") as folder:
            path = os.path.join(folder, "this.part")
            _command([*words, "--shard", f"{index}/{of}", "--save", path], texts)
            with open(path, "rb") as file:
                return cls(file.read(), texts)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Part, (self.data, self.texts))


class Explanation:
    """The worst case of Jobs: ``jobs`` as data, and as text."""

    def __init__(self, jobs: list[dict[str, Any]], text: str):
        #: Of each Job its attempts with waits and rules, its limits, fields and common mistakes.
        self.jobs = jobs
        #: The same for people.
        self.text = text

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


class Validation:
    """What the API server and a reviewer say about manifests."""

    def __init__(self, accepted: bool, data: dict[str, Any], text: str):
        #: Whether the server would take everything (with ``strict``: without a warning).
        self.accepted = accepted
        #: What was found, a ``dict`` each: ``file``, ``line``, ``column``, ``field``, ``level``, ``code``, ``message``.
        self.findings = [{"file": file["file"], **finding} for file in data["files"] for finding in file["findings"]]
        #: The same for people.
        self.text = text

    def __bool__(self) -> bool:
        return self.accepted

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def _write(path: str | os.PathLike, data: bytes) -> None:
    """Write a file whole or not at all."""
    path = os.fspath(path)
    unfinished = f"{path}.{os.getpid()}.unfinished"
    try:
        with open(unfinished, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise
