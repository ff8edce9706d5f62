#!/bin/bash
# The modbus LED backend against slaves that other people wrote: python3-pymodbus, and modbus-serial from npm, which is
# left out (and said so) when the registry of npm cannot be reached.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
make -s B="$build" "$build/tests/integration/led_drive" "$build/tests/integration/led_relay"

peers=pymodbus
status=0
tests/integration/node/install "$build" || status=$?
case $status in
0) peers="$peers modbus-serial" ;;
77) echo "skipped: modbus-serial: the registry of npm cannot be reached" ;;
*) exit 1 ;;
esac
BUILD=$build exec /usr/bin/python3 -B tests/integration/led_interop.py $peers
