#!/usr/bin/env bash
# run.sh PROGRAM
#
# Runs PROGRAM.sh. There is nothing to install: grpcurl and buf learn the API from the server, by reflection.

set -euo pipefail
exec bash "$(dirname -- "${BASH_SOURCE[0]}")/$1.sh"
