// publish.js PORT TOPIC PAYLOAD [3.1.1]: one event by MQTT.js over MQTT 5, with the properties that other people's servers set,
// or over 3.1.1.
'use strict';
const mqtt = require('mqtt');
const [port, topic, payload, version] = process.argv.slice(2);
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: version === '3.1.1' ? 4 : 5, reconnectPeriod: 0 });
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
