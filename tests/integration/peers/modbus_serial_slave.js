// A Modbus RTU slave by npm modbus-serial: modbus_serial_slave.js PORT BAUD UNIT:REGISTERS …
// It cuts frames by silence on the line, so two requests without a gap between them are lost; it does not check CRCs.
// "dump UNIT FIRST COUNT" on standard input prints registers as they are; it ends with its input.
"use strict";
const readline = require("readline");
const { ServerSerial } = require("modbus-serial");

const [, , port, baud, ...words] = process.argv;
const units = new Map(words.map((word) => word.split(":").map(Number)).map(([unit, count]) => [unit, new Array(count).fill(0)]));

const missing = (registers, first) => {
  const error = new Error("no such register");
  error.modbusErrorCode = 2;
  return first < registers.length ? null : error;
};
const withRegisters = (unit, first, callback, work) => {
  const registers = units.get(unit);
  if (!registers) return; // never answered: nobody there
  callback(missing(registers, first), work(registers));
};
const vector = {
  getHoldingRegister: (first, unit, callback) => withRegisters(unit, first, callback, (r) => r[first] || 0),
  getMultipleHoldingRegisters: (first, count, unit, callback) =>
    withRegisters(unit, first + count - 1, callback, (r) => Array.from({ length: count }, (_, i) => r[first + i] || 0)),
  setRegister: (first, value, unit, callback) =>
    withRegisters(unit, first, callback, (r) => { if (first < r.length) r[first] = value; }),
};

// A relay at 9600 baud gives a byte each millisecond, if the machine has time for it.
const interval = baud <= 9600 ? 20 : 5;
const server = new ServerSerial(vector, { port, baudRate: Number(baud), unitID: 255, interval });
server.on("initialized", () => console.log("ready"));
server.on("socketError", (error) => console.error("socket", error));
server.on("serverError", (error) => console.error("server", error));

readline.createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [, unit, first, count] = line.split(" ").map(Number);
    console.log(units.get(unit).slice(first, first + count).join(" "));
  })
  .on("close", () => process.exit(0));
