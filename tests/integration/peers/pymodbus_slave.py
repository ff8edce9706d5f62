"""A Modbus RTU slave by python3-pymodbus: pymodbus_slave.py PORT BAUD UNIT:REGISTERS …

Checks CRCs, is silent for units it does not have, refuses registers and coils it does not have, and says at function 17
that it is an SMI2. "dump UNIT FIRST COUNT" on standard input prints registers as they are, "coils …" coils; it ends
with its input."""
import os
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartSerialServer

try:
    from pymodbus.transaction import ModbusRtuFramer as framer
except ImportError:  # 3.7 and later name framers by an enumeration
    from pymodbus.framer import FramerType
    framer = FramerType.RTU


def make_unit(registers):
    def block(first, count):
        return ModbusSequentialDataBlock(first, [0] * count)
    try:
        return ModbusSlaveContext(hr=block(0, registers), co=block(0, 228), zero_mode=True)
    except TypeError:  # later versions always count from 1 inside
        return ModbusSlaveContext(hr=block(1, registers), co=block(1, 228))


units = {int(unit): make_unit(int(registers)) for unit, registers in (word.split(":") for word in sys.argv[3:])}


def obey():
    for line in sys.stdin:
        kind, unit, first, count = line.split()
        values = units[int(unit)].getValues(3 if kind == "dump" else 1, int(first), int(count))
        print(*map(int, values), flush=True)
    os._exit(0)


identity = ModbusDeviceIdentification(info_name={"VendorName": "SMI2 V1.02"})
threading.Thread(target=obey, daemon=True).start()
print("ready", flush=True)
StartSerialServer(context=ModbusServerContext(slaves=units, single=False), framer=framer, port=sys.argv[1],
                  baudrate=int(sys.argv[2]), parity="N", stopbits=1, timeout=1, broadcast_enable=True,
                  ignore_missing_slaves=True, identity=identity)
