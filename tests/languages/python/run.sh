#!/usr/bin/env bash
# run.sh PROGRAM
#
# Installs the wheel into an empty virtual environment in the current folder, runs PROGRAM.py in it.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../../.." && pwd)

"$project/bazel-free-scripts/package.sh" python >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" "$project"/build/packages/order1688-*-py3-none-any.whl >&2
[[ $1 != scenario ]] || venv/bin/mypy --strict --no-error-summary "$here/$1.py" >&2   # as a team's program would be
exec venv/bin/python -I "$here/$1.py"
