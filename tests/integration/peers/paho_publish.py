#!/usr/bin/python3
"""paho_publish.py PORT TOPIC PAYLOAD 3.1.1|5: one event by Eclipse Paho; returns when the broker has it."""
import sys

import paho.mqtt.client as paho

port, topic, payload, version = sys.argv[1:]
options = {"client_id": "paho", "protocol": paho.MQTTv5 if version == "5" else paho.MQTTv311}
if hasattr(paho, "CallbackAPIVersion"):  # 2.0, Debian 13
    options["callback_api_version"] = paho.CallbackAPIVersion.VERSION2
client = paho.Client(**options)
client.connect("127.0.0.1", int(port))
client.loop_start()
message = client.publish(topic, payload, qos=1)
message.wait_for_publish(30)
sys.exit(not message.is_published())
