#!/usr/bin/env bash
# package_go.sh STUBS OUT VERSION
#
# Builds the module order1688.internal/order1688 from the stubs and client/go into OUT/go, laid out as a module proxy
# serves it: GOPROXY=file://OUT/go.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
stubs=$1 out=$2 version="v$3"
module=order1688.internal/order1688 served="$2/go/order1688.internal/order1688/@v"

rm -rf "$out/go"
mkdir -p "$served"
echo "$version" >"$served/list"
printf '{"Version":"%s"}\n' "$version" >"$served/$version.info"
cp "$PROJECT_ROOT/client/go/go.mod" "$served/$version.mod"
python3 - "$served/$version.zip" "$module@$version" "$PROJECT_ROOT/client/go" "$stubs" <<'END'
import pathlib, sys, zipfile
path, prefix, *folders = sys.argv[1:]
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as module:
    for folder in map(pathlib.Path, folders):
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            module.write(file, f"{prefix}/{file.relative_to(folder)}")
END
