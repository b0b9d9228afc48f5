#!/bin/sh
# Makes .venv-reference at the package root: the pinned reference the goldens are recorded from.
# Needs Python 3.11 (PYTHON names another one) and about 2 GB; takes a minute or two.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=$(cd "$here/../.." && pwd)/.venv-reference
"${PYTHON:-python3.11}" -m venv "$venv"
"$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
"$venv/bin/pip" install --quiet --no-deps transformers==4.17.0
"$venv/bin/python" -c "import sys; sys.path.insert(0, '$here'); import reference; reference.check_versions()"
echo "the reference is ready: $venv/bin/python"
