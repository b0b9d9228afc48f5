#!/bin/sh
# Makes the pinned references the goldens are recorded from, at the package root:
#   .venv-reference        transformers 4.17.0, the authority of nearly everything
#   .venv-reference-4.40   transformers 4.40.2, for record_hf_beam.py, record_processors.py, record_sampling.py
#   .venv-reference-4.57   transformers 4.57.6, and
#   .venv-reference-5      transformers 5.24.0, for record_folders.py and check_written.py
# Needs Python 3.11 (PYTHON names another one) and about 2 GB for each; takes a minute or two.
# Which ones: setup.sh [4.17] [4.40] [4.57] [5]; all when none is named.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../.." && pwd)

check() {
    "$1/bin/python" -c "import sys; sys.path.insert(0, '$here'); import reference; reference.check_versions(reference.$2)"
    echo "the reference is ready: $1/bin/python"
}

[ $# -gt 0 ] || set -- 4.17 4.40 4.57 5
for version in "$@"; do
    case $version in
    4.17)
        venv=$package/.venv-reference
        "${PYTHON:-python3.11}" -m venv "$venv"
        "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
        "$venv/bin/pip" install --quiet --no-deps transformers==4.17.0
        check "$venv" PINNED
        ;;
    4.40 | 4.57 | 5)
        venv=$package/.venv-reference-$version
        "${PYTHON:-python3.11}" -m venv "$venv"
        "$venv/bin/pip" install --quiet --requirement "$here/requirements-$version.txt"
        check "$venv" "PINNED_$(echo "$version" | tr -d .)"
        ;;
    *)
        echo "no such reference: $version (4.17, 4.40, 4.57, 5)" >&2
        exit 2
        ;;
    esac
done
