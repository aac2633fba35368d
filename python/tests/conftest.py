"""What tests share: a small Job, and the repository that they stand in."""

from pathlib import Path

import pytest


@pytest.fixture
def job() -> dict:
    """Five completions, two at a time, three retries."""
    containers = [{"name": "main", "image": "import:1"}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "import"},
        "spec": {
            "completions": 5,
            "parallelism": 2,
            "backoffLimit": 3,
            "template": {"spec": {"restartPolicy": "Never", "containers": containers}},
        },
    }


@pytest.fixture
def repository() -> Path:
    """The repository."""
    return Path(__file__).resolve().parents[2]
