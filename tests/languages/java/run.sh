#!/usr/bin/env bash
# run.sh PROGRAM
#
# Installs the Java client, generated from the protos by Maven, into a repository of the project's own, and compiles the
# programs and runs PROGRAM (my_program is MyProgram.java) in an empty Maven project in the current folder that depends on it.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../../.." && pwd)
class=$(sed -E 's/(^|_)(.)/\U\2/g' <<<"$1")
maven=(mvn --batch-mode --quiet "-Dmaven.repo.local=$project/build/tools/maven")

"$project/bazel-free-scripts/gen-stubs.sh" java
"${maven[@]}" -f "$project/build/stubs/java" install >&2
version=$(sed -n 's/^  <version>\(.*\)<.*/\1/p' "$project/build/stubs/java/pom.xml")

mkdir -p src/main/java
cp "$here/pom.xml" .
cp "$here"/*.java src/main/java
"${maven[@]}" "-Dorder1688.version=$version" compile dependency:copy-dependencies >&2
exec java -cp 'target/classes:target/dependency/*' "$class"
