// aedes.js PORT: the broker of npm, MQTT 3.1.1, on loopback, until it is killed.
'use strict';
const { Aedes } = require('aedes');
const net = require('net');

Aedes.createBroker().then((broker) => {
    net.createServer(broker.handle).listen(Number(process.argv[2]), '127.0.0.1');
});
