// publish.js PORT TOPIC PAYLOAD: one event by MQTT.js over MQTT 5, with the properties that other people's servers set.
'use strict';
const mqtt = require('mqtt');
const [port, topic, payload] = process.argv.slice(2);
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0 });
client.on('error', (error) => { console.error(error.message); process.exit(1); });
client.on('connect', () => {
    const properties = {
        messageExpiryInterval: 10,
        payloadFormatIndicator: true,
        contentType: 'application/json',
        userProperties: { sender: 'MQTT.js' },
    };
    client.publish(topic, payload, { qos: 1, properties }, (error) => {
        if (error) throw error;
        client.end();
    });
});
