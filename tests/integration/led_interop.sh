#!/bin/bash
# The modbus LED backend against slaves that other people wrote: python3-pymodbus, and modbus-serial from npm, which is
# left out (and said so) when the registry of npm cannot be reached.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
make -s B="$build" "$build/tests/integration/led_drive"

install_node() {
    mkdir -p "$build/node"
    cmp -s tests/integration/node/package-lock.json "$build/node/package-lock.json" && [ -d "$build/node/node_modules" ] && return
    cp tests/integration/node/package.json tests/integration/node/package-lock.json "$build/node/"
    npm ci --prefix "$build/node" --no-audit --no-fund --ignore-scripts >"$build/node/log" 2>&1 && return
    rm -rf "$build/node/node_modules" "$build/node/package-lock.json"
    return 1
}

peers=pymodbus
if install_node; then
    peers="$peers modbus-serial"
elif npm ping >/dev/null 2>&1; then
    tail -n 20 "$build/node/log"
    echo "npm ci failed"
    exit 1
else
    echo "skipped: modbus-serial: the registry of npm cannot be reached"
fi
BUILD=$build exec /usr/bin/python3 -B tests/integration/led_interop.py $peers
