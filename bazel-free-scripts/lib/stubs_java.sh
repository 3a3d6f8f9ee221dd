#!/usr/bin/env bash
# stubs_java.sh OUT
#
# Puts client/java, the protos and the project's version together as a Maven project, whose plugin generates the stubs:
# `mvn -f OUT install` makes com.order1688:order1688-client, with stubs and helper, usable by other projects.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
out=$1 version=$(project_version)
cd "$PROJECT_ROOT"

cp -r client/java/src "$out"
mkdir -p "$out/src/main/proto/order1688"
cp -r protos/order1688/v1 "$out/src/main/proto/order1688"
sed "s/@VERSION@/$version/" client/java/pom.xml >"$out/pom.xml"
