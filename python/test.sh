#!/bin/sh
# Builds the Python package into a virtual environment of its own (target/python) and runs its tests there. Prints a line
# `skipped: …` for what could not be run.
set -eu
cd "$(dirname "$0")/.."
skip() { echo "skipped: $1: $2"; }

python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    skip 'Python 3.9' 'the Python package was not built'
    exit 0
fi
"$python" -m venv --clear target/python || { skip 'python3-venv' 'the Python package was not built'; exit 0; }
pip="target/python/bin/python -m pip --disable-pip-version-check -q"
if ! $pip download --no-deps -d target/python/tried 'maturin>=1.9,<2' >/dev/null 2>&1; then
    skip PyPI 'the Python package was not built: maturin cannot be had'
    exit 0
fi
CARGO_TARGET_DIR=$PWD/target/python-build $pip install ./python
$pip install 'pytest>=8'
# Libraries that read records, run notebooks and distribute work: tests that need one that is missing say so.
for library in pyarrow pandas polars nbformat nbclient ipykernel distributed ray; do
    $pip install "$library" >/dev/null 2>&1 || skip "$library" 'tests of the Python package that need it were skipped'
done
# Outside the repository's folder, so that the installed package is tested.
tests=$PWD/python
(cd target/python && bin/python -m pytest -q -rs --doctest-modules -c "$tests/pyproject.toml" "$tests/tests" \
    "$(bin/python -c 'import jobsim, os; print(os.path.dirname(jobsim.__file__))')")
