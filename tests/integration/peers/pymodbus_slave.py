"""A Modbus RTU slave by python3-pymodbus: pymodbus_slave.py PORT BAUD UNIT:REGISTERS …

Checks CRCs, is silent for units it does not have, refuses registers it does not have. "dump UNIT FIRST COUNT" on
standard input prints registers as they are; it ends with its input."""
import os
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer

try:
    from pymodbus.transaction import ModbusRtuFramer as framer
except ImportError:  # 3.7 and later name framers by an enumeration
    from pymodbus.framer import FramerType
    framer = FramerType.RTU


def make_unit(registers):
    try:
        return ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, [0] * registers), zero_mode=True)
    except TypeError:  # later versions always count from 1 inside
        return ModbusSlaveContext(hr=ModbusSequentialDataBlock(1, [0] * registers))


units = {int(unit): make_unit(int(registers)) for unit, registers in (word.split(":") for word in sys.argv[3:])}


def obey():
    for line in sys.stdin:
        _, unit, first, count = line.split()
        print(*units[int(unit)].getValues(3, int(first), int(count)), flush=True)
    os._exit(0)


threading.Thread(target=obey, daemon=True).start()
print("ready", flush=True)
StartSerialServer(context=ModbusServerContext(slaves=units, single=False), framer=framer, port=sys.argv[1],
                  baudrate=int(sys.argv[2]), parity="N", stopbits=1, timeout=1, broadcast_enable=True,
                  ignore_missing_slaves=True)
