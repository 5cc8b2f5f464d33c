#!/bin/sh
# The compiled engine on 64-bit ARM, emulated, against the reference on this machine:
#
#     sh tests/arm64/try.sh [FOLDER]
#
# Needs Debian (or a relative) with its package qemu-user-static, and what `make .venv/app` sets up; no rights, and
# nothing is installed outside FOLDER. An ARM Python comes from Debian's archive and numpy and numba as ARM wheels, in
# the versions pinned here: some 120 MB on first use.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/glassy-arm64}
python=${PYTHON:-$here/../../.venv/bin/python}
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || {
    echo "There is no emulator here: install Debian's package qemu-user-static, then call this again." >&2
    exit 1
}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$folder/root site=$folder/site

if [ ! -e "$folder/unpacked" ]; then
    rm -rf "$root"
    mkdir -p "$root" "$folder/apt/lists" "$folder/apt/archives"
    : >"$folder/apt/status" # no package is there yet
    set -- -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Cache="$folder/apt" \
        -o Dir::State::Lists="$folder/apt/lists" -o Dir::State::Status="$folder/apt/status" -o Debug::NoLocking=true
    apt-get "$@" update
    apt-get "$@" --yes --no-install-recommends --download-only install python3 libstdc++6 >/dev/null
    for package in "$folder"/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
    touch "$folder/unpacked"
fi
name=$(readlink "$root/usr/bin/python3") # python3.11

grep -hE '^(numpy|numba|pytest)==' "$here"/../../requirements*.txt >"$folder/wanted"
if ! cmp -s "$folder/wanted" "$folder/had"; then
    rm -rf "$site"
    "$python" -m pip install --quiet --no-compile --target "$site" --requirement "$folder/wanted" --only-binary=:all: \
        --python-version "${name#python}" --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64
    cp "$folder/wanted" "$folder/had"
fi

# Python takes itself for this file, so that processes which tests start are emulated too.
cat >"$folder/python" <<END
#!/bin/sh
exec "$qemu" -0 "\$0" -L "$root" "$root/usr/bin/$name" "\$@"
END
chmod +x "$folder/python"

export OMP_NUM_THREADS=1
"$python" "$here/trial.py" reference "$folder/reference.npz"
export PYTHONHOME="$root/usr" PYTHONPATH="$site" PYTHONDONTWRITEBYTECODE=1
# What LLVM compiles for: any 64-bit ARM, and Apple's.
for NUMBA_CPU_NAME in generic apple-m1; do
    export NUMBA_CPU_NAME NUMBA_CPU_FEATURES= NUMBA_CACHE_DIR="$folder/kernels-$NUMBA_CPU_NAME"
    rm -rf "$NUMBA_CACHE_DIR" # nothing compiled before is tried
    "$folder/python" "$here/trial.py" compare "$folder/reference.npz"
done
