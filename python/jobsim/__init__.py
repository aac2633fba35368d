"""A discrete-event simulator of the Kubernetes Job controller.

Give it a Job as Kubernetes takes it and say how Pods behave; it tells what the controller does, once or thousands of times:

>>> import jobsim
>>> job = {
...     "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "import"},
...     "spec": {"completions": 5, "parallelism": 2, "backoffLimit": 3, "template": {"spec": {
...         "restartPolicy": "Never", "containers": [{"name": "main", "image": "import:1"}]}}},
... }
>>> result = jobsim.run(job, fail=0.2, run="5m", replications=200)
>>> round(result.measure("P(Complete)").value, 2) > 0.7
True

Times are seconds wherever they come out; where they go in, a number is seconds too, and ``"5m"``, ``"1h30m"``, a
``datetime.timedelta`` or a distribution such as ``"exponential(mean=5m)"`` are as good. Probabilities are numbers from 0 to 1.
"""

from __future__ import annotations

from ._errors import InputError, JobsimError, Problem
from ._input import Manifest, Words, inputs, text_of_time
from ._jobsim import __version__, command as _command
from ._result import Estimate, Explanation, Part, Picture, Records, Result, Validation

__all__ = [
    "Estimate", "Explanation", "InputError", "JobsimError", "Part", "Picture", "Problem", "Records", "Result", "Validation",
    "__version__", "compare", "explain", "run", "solve", "sweep", "validate",
]  # fmt: skip


def run(
    manifest: Manifest,
    *,
    replications: int | None = None,
    seed: int | None = None,
    expect: Words = (),
    show: Words = (),
    shard: tuple[int, int] | None = None,
    **behaviour: object,
) -> Result | Part:
    """Simulate Jobs, and say what becomes of them.

    ``manifest`` is a manifest, a scenario, or several: each a ``dict``, a path, or YAML or JSON text. ``replications`` is how
    often it is simulated, each time with its own random numbers (by default what the scenario says, or once). ``expect`` are
    goals such as ``"P(Complete) >= 99%"``, ``show`` measures such as ``"p95(duration)"``.

    ``behaviour`` is what the flags of the command are: ``fail`` (a probability), ``run``, ``start``, ``terminate`` and ``until``
    (times or distributions), ``set`` (a ``dict`` of fields, such as ``{"spec.backoffLimit": 3}``), ``days``, ``budget``,
    ``kubernetes`` (a release), ``precision``, ``confidence``, ``threads``, ``from_status``, ``start_at``.

    With ``shard=(1, 4)`` only that part of the replications is done, and a :class:`Part` comes back for
    :meth:`Result.merge`.

    Raises :class:`InputError` for what is wrong in a manifest, with file, line and field, and :class:`JobsimError` for
    everything else.

    >>> result = run({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {"spec": {
    ...     "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}})
    >>> result.records.to_pylist()[0]["duration"] > 60  # seconds: a Pod runs for a minute
    True
    """
    words, texts = inputs(manifest)
    words = ["run", *words, *_flags(replications=replications, seed=seed, expect=expect, show=show, **behaviour)]
    return _simulated(words, texts, shard)


def sweep(
    manifest: Manifest,
    fields: dict[str, object],
    *,
    replications: int | None = None,
    seed: int | None = None,
    show: Words = (),
    shard: tuple[int, int] | None = None,
    **behaviour: object,
) -> Result | Part:
    """Simulate every combination of the values of fields, under common random numbers.

    ``fields`` are fields and their values: a range as the command takes it (``"0..10"``, ``"1m..1h:5m"``), or a list of values.
    The rest is that of :func:`run`; 1,000 replications of each point, unless ``replications`` says otherwise.
    """
    words, texts = inputs(manifest)
    varied: list[str] = []
    for path, values in fields.items():
        if isinstance(values, str):
            varied += ["-P", f"{path}={values}"]
        elif isinstance(values, range):
            varied += ["-P", f"{path}={','.join(map(str, values))}"]
        else:
            varied += ["-L", f"{path}={','.join(text_of_time(value) for value in values)}"]
    words = ["sweep", *words, *varied, *_flags(replications=replications, seed=seed, show=show, **behaviour)]
    return _simulated(words, texts, shard)


def compare(
    manifest: Manifest,
    *variants: Manifest | dict[str, object],
    replications: int | None = None,
    seed: int | None = None,
    shard: tuple[int, int] | None = None,
    **behaviour: object,
) -> Result | Part:
    """Compare variants with the first one, pair by pair under common random numbers.

    A variant is another manifest or scenario, or the fields in which it differs: ``{"spec.backoffLimit": 8}``.
    """
    others: list[Manifest] = []
    changes: list[str] = []
    for variant in variants:
        if isinstance(variant, dict) and "apiVersion" not in variant:
            changes += ["--with", "; ".join(f"{path}={text_of_time(value)}" for path, value in variant.items())]
        else:
            others.append(variant)
    words, texts = inputs([manifest, *others])
    words = ["compare", *words, *changes, *_flags(replications=replications, seed=seed, **behaviour)]
    return _simulated(words, texts, shard)


def solve(
    manifest: Manifest,
    field: str,
    values: str,
    goal: Words = (),
    *,
    largest: bool = False,
    sure: bool = False,
    replications: int | None = None,
    seed: int | None = None,
    **behaviour: object,
) -> Result:
    """Find the smallest (or ``largest``) value of a field for which goals hold.

    >>> job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {"spec": {
    ...     "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}
    >>> found = solve(job, "spec.backoffLimit", "0..6", "P(Complete) >= 90%", fail=0.3, replications=300)
    >>> found.solution["value"]
    1
    """
    words, texts = inputs(manifest)
    chosen = [*(["--largest"] if largest else []), *(["--sure"] if sure else [])]
    words = ["solve", *words, "--field", f"{field}={values}", *chosen]
    words += _flags(replications=replications, seed=seed, goal=goal, **behaviour)
    return _simulated(words, texts, None)


def explain(manifest: Manifest, **behaviour: object) -> Explanation:
    """Explain the worst case of a Job, rule by rule: every attempt fails, and nothing is random."""
    import json

    words, texts = inputs(manifest)
    words = ["explain", *words, *_flags(**behaviour)]
    text = _command(words, texts).data
    return Explanation(json.loads(_command([*words, "-o", "json"], texts).data), text)


def validate(manifest: Manifest, *, advice: bool = True, strict: bool = False, kubernetes: str | None = None) -> Validation:
    """Say what the API server would answer to manifests, and what a careful reviewer would add.

    >>> validate({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {}}).accepted
    False
    """
    import json

    words, texts = inputs(manifest)
    words = ["validate", *words, *_flags(kubernetes=kubernetes)]
    words += [*([] if advice else ["--no-advice"]), *(["--strict"] if strict else [])]
    answer = _command(words, texts)
    return Validation(answer.code == 0, json.loads(_command([*words, "-o", "json"], texts).data), answer.data)


_NAMES = {"start_at": "from", "from_status": "from-status"}
_TIMES = ("run", "start", "terminate", "until")
_LISTS = ("expect", "show", "goal", "precision", "feature_gate")


def _flags(**flags: object) -> list[str]:
    """Flags of the command by their names in Python; ``None`` and ``False`` are left out."""
    words: list[str] = []
    for name, value in flags.items():
        flag = "--" + _NAMES.get(name, name.replace("_", "-"))
        if value is None or value is False:
            continue
        if value is True:
            words.append(flag)
        elif name == "set":
            for path, one in value.items():
                words += [flag, f"{path}={text_of_time(one)}"]
        elif name in _LISTS:
            for one in [value] if isinstance(value, str) else value:
                words += [flag, one]
        elif name == "from_status":
            words.append(f"{flag}={value}")
        elif name in _TIMES and isinstance(value, (int, float)):
            words.append(f"{flag}={value}s")
        else:
            words.append(f"{flag}={text_of_time(value)}")
    return words


def _simulated(words: list[str], texts: list[tuple[str, str, str]], shard: tuple[int, int] | None) -> Result | Part:
    if shard is None:
        return Result._of(_command(words, texts))
    return Part._made(words, texts, shard)
