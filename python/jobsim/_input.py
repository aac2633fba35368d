"""What a caller gives as a manifest, as words and texts of a command."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, Iterable, Union

#: A manifest or a scenario: a ``dict``, a path, or YAML or JSON text; or several of these.
Manifest = Union[dict, str, os.PathLike, Iterable[Any]]
#: A time: seconds, a text such as ``"5m"`` or ``"exponential(mean=5m)"``, or a ``timedelta``.
Time = Union[int, float, str, timedelta]
#: One word, or several.
Words = Union[str, Iterable[str]]


def inputs(manifest: Manifest) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The files of a command, and the texts that stand for those that are no files (name, folder, text)."""
    many = manifest if isinstance(manifest, (list, tuple)) else [manifest]
    words: list[str] = []
    texts: list[tuple[str, str, str]] = []
    for one in many:
        text = _text(one)
        if text is None:
            words.append(os.fspath(one))
            continue
        number = len(texts) + 1
        name = "manifest.yaml" if number == 1 else f"manifest-{number}.yaml"
        words.append(name)
        texts.append((name, "", text))
    return words, texts


def _text(manifest: Any) -> str | None:
    """The text of a manifest that is no path."""
    if isinstance(manifest, dict):
        import json

        return json.dumps(manifest, indent=2, default=str) + "\n"
    if isinstance(manifest, str) and ("\n" in manifest or manifest.lstrip().startswith("{")):
        return manifest
    if isinstance(manifest, (str, os.PathLike)):
        return None
    raise TypeError(f"a manifest is a dict, a path, or text, not {type(manifest).__name__}")


def text_of_time(value: object) -> str:
    """A value as the command takes it: numbers and texts as they are, a time with its unit.

    >>> text_of_time(timedelta(minutes=1.5)), text_of_time(0.2), text_of_time("5m"), text_of_time(True)
    ('90.0s', '0.2', '5m', 'true')
    """
    if isinstance(value, timedelta):
        return f"{value.total_seconds()}s"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        import json

        return json.dumps(value)
    return str(value)
