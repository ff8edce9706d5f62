#!/bin/bash
# The folder protocol/ by the readers of AsyncAPI and JSON Schema that npm has (node/schemas.js).
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
status=0
tests/integration/node/install "$build" || status=$?
[ $status -ne 77 ] || echo "@asyncapi/parser and ajv: the registry of npm cannot be reached"
[ $status -eq 0 ] || exit $status
NODE_PATH=$PWD/$build/node/node_modules exec node tests/integration/node/schemas.js protocol tests/data/messages.json
