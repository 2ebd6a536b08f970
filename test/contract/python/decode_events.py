"""Decodes events as a subscriber in Python would: schema from the registry, bytes by fastavro.

Reads one hexadecimal value a line from standard input; writes the webhook that each carries as one JSON a line.
Usage: decode_events.py REGISTRY_URL
"""

import io
import json
import math
import sys
import urllib.request

import fastavro

# A datetime ends with the year 9999, and a subscriber with it. The schemas say what the numbers are.
fastavro.read.LOGICAL_READERS.pop("long-timestamp-millis", None)

registry_url = sys.argv[1]
schemas = {}


def schema_of(schema_id):
    if schema_id not in schemas:
        with urllib.request.urlopen(f"{registry_url}/schemas/ids/{schema_id}", timeout=10) as answer:
            schemas[schema_id] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    return schemas[schema_id]


def with_extra(fields, record):
    extra = record.get("extraJson")
    return {**fields, **(json.loads(extra) if extra is not None else {})}


def party(branch):
    name, record = branch
    kind = name.rsplit(".", 1)[-1]
    if kind == "UnrecognisedParty":
        return json.loads(record["json"])
    if kind == "User":
        return with_extra({"type": "user", "uid": record["uid"], "email": record["email"]}, record)
    if kind == "PhoneNumber":
        return with_extra({"type": "phoneNumber", "phoneNumberE164": record["phoneNumberE164"]}, record)
    if kind == "UnknownParty":
        return with_extra({"type": "unknown"}, record)
    return with_extra({"type": "other", "value": record["value"]}, record)


def result(branch):
    name, record = branch
    kind = name.rsplit(".", 1)[-1]
    if kind == "UnrecognisedResult":
        return json.loads(record["json"])
    times = {member: time for member, time in record.items() if member.endswith("Timestamp")}
    return with_extra({"type": "missed" if kind == "MissedCall" else "answered", **times}, record)


def common(record):
    user = None if record["user"] is None else party(record["user"])
    plain = {member: record[member] for member in ("version", "id", "url", "phoneNumberE164")}
    return {**plain, "user": user}


def webhook(schema, record):
    if schema["name"].endswith("CallLog"):
        event = "callLog"
        payload = {
            "direction": record["direction"] if record["directionText"] is None else record["directionText"],
            "result": result(record["result"]),
            "otherParties": [party(other) for other in record["otherParties"]],
        }
    else:
        event = "voicemail"
        payload = {
            "timestamp": record["timestamp"],
            "duration": record["duration"],
            "transcription": record["transcription"],
            "callerId": party(record["callerId"]),
        }
    body = {"event": event, event: with_extra({**common(record), **payload}, record)}
    envelope = record["envelopeExtraJson"]
    return {**body, **(json.loads(envelope) if envelope is not None else {})}


def printable(value):
    """JSON has no infinity: a number beyond a double is told apart by its name."""
    if isinstance(value, float) and math.isinf(value):
        return "beyond a double"
    if isinstance(value, dict):
        return {name: printable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [printable(member) for member in value]
    return value


for line in sys.stdin:
    data = bytes.fromhex(line.strip())
    assert data[0] == 0, "not the Confluent wire format"
    schema = schema_of(int.from_bytes(data[1:5], "big"))
    record = fastavro.schemaless_reader(io.BytesIO(data[5:]), schema, return_record_name=True)
    print(json.dumps(printable(webhook(schema, record))))
