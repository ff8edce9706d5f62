// A Modbus RTU slave by npm modbus-serial: modbus_serial_slave.js PORT BAUD UNIT:REGISTERS …
// It cuts frames by silence on the line, so two requests without a gap between them are lost; it does not check CRCs.
// "dump UNIT FIRST COUNT" on standard input prints registers as they are, "coils …" coils; it ends with its input.
"use strict";
const readline = require("readline");
const { ServerSerial } = require("modbus-serial");

const [, , port, baud, ...words] = process.argv;
const sizes = words.map((word) => word.split(":").map(Number));
const units = new Map(sizes.map(([unit, count]) => [unit, new Array(count).fill(0)]));
const coils = new Map(sizes.map(([unit]) => [unit, new Array(228).fill(0)]));

const missing = (registers, first) => {
  const error = new Error("no such register");
  error.modbusErrorCode = 2;
  return first < registers.length ? null : error;
};
const withRegisters = (unit, first, callback, work, of = units) => {
  const registers = of.get(unit);
  if (!registers) return; // never answered: nobody there
  callback(missing(registers, first), work(registers));
};
const vector = {
  getHoldingRegister: (first, unit, callback) => withRegisters(unit, first, callback, (r) => r[first] || 0),
  getMultipleHoldingRegisters: (first, count, unit, callback) =>
    withRegisters(unit, first + count - 1, callback, (r) => Array.from({ length: count }, (_, i) => r[first + i] || 0)),
  setRegister: (first, value, unit, callback) =>
    withRegisters(unit, first, callback, (r) => { if (first < r.length) r[first] = value; }),
  getCoil: (at, unit, callback) => withRegisters(unit, at, callback, (c) => c[at] || 0, coils),
  setCoil: (first, value, unit, callback) =>
    withRegisters(unit, first, callback, (c) => { if (first < c.length) c[first] = Number(value); }, coils),
};

// The wire gives what arrived by the millisecond, if the machine has time for it.
const interval = 20;
const server = new ServerSerial(vector, { port, baudRate: Number(baud), unitID: 255, interval });
server.on("initialized", () => console.log("ready"));
server.on("socketError", (error) => console.error("socket", error));
server.on("serverError", (error) => console.error("server", error));

readline.createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [kind, ...numbers] = line.split(" ");
    const [unit, first, count] = numbers.map(Number);
    console.log((kind === "dump" ? units : coils).get(unit).slice(first, first + count).join(" "));
  })
  .on("close", () => process.exit(0));
