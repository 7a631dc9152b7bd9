#!/usr/bin/env python3
"""Makes the demo's assets from a folder that holds primary.onnx, retrained.onnx and rows.jsonl (Python's standard library only).

    python3 make_assets.py FOLDER

swapped.onnx.gz is retrained.onnx with two of its FP32 inputs exchanged inside the graph: a deployment bug that no schema can see, because
names, datatypes and shapes stay as they are. The protobuf is rewritten by hand: ModelProto.graph = field 7, GraphProto.node = field 1,
NodeProto.input = field 1 (onnx.proto3).
"""
import csv
import gzip
import io
import json
import sys
from pathlib import Path

SWAPPED = (b"car_value", b"loan_length")
MODEL_GRAPH, GRAPH_NODE, NODE_INPUT = 7, 1, 1
LENGTH_DELIMITED = 2
# Where the monitoring rows begin to drift: half-way through 50,000 rows in time order.
DRIFT_BEGINS = 25_000


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def encoded(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def rewrite(message, field, change):
    """The message with `change` applied to the bytes of each length-delimited `field`; everything else byte for byte."""
    out, at = bytearray(), 0
    while at < len(message):
        start = at
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 0:
            _, at = varint(message, at)
        elif wire == 1:
            at += 8
        elif wire == 5:
            at += 4
        elif wire == LENGTH_DELIMITED:
            length, at = varint(message, at)
            body = message[at:at + length]
            at += length
            if tag >> 3 == field:
                body = change(body)
                out += encoded(tag) + encoded(len(body)) + body
                continue
        else:
            raise ValueError(f"wire type {wire} at byte {start}")
        out += message[start:at]
    return bytes(out)


def swap_inputs(model):
    other = dict(zip(SWAPPED, reversed(SWAPPED)))
    seen = []

    def name(value):
        if value in other:
            seen.append(value)
        return other.get(value, value)

    swapped = rewrite(model, MODEL_GRAPH, lambda graph: rewrite(graph, GRAPH_NODE, lambda node: rewrite(node, NODE_INPUT, name)))
    if set(seen) != set(SWAPPED):
        raise ValueError(f"expected both of {SWAPPED} as inputs of nodes, found {seen}")
    return swapped


def quiet(row_id):
    return row_id.startswith("loan-r") or row_id.startswith("loan-m") and int(row_id[6:]) < DRIFT_BEGINS


def rows(path):
    text, writer = io.StringIO(), None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line, parse_float=str, parse_int=str)
            if not quiet(row["id"]):
                continue
            if writer is None:
                writer = csv.writer(text, lineterminator="\n")
                writer.writerow(tensor["name"] for tensor in row["inputs"])
            values = [tensor["data"][0] for tensor in row["inputs"]]
            writer.writerow(str(value).lower() if isinstance(value, bool) else value for value in values)
    return text.getvalue().encode()


def save(name, data):
    # Without a time stamp, so that making them again changes nothing.
    Path(__file__).with_name(name + ".gz").write_bytes(gzip.compress(data, compresslevel=9, mtime=0))


source = Path(sys.argv[1])
retrained = (source / "retrained.onnx").read_bytes()
save("primary.onnx", (source / "primary.onnx").read_bytes())
save("retrained.onnx", retrained)
save("swapped.onnx", swap_inputs(retrained))
save("rows.csv", rows(source / "rows.jsonl"))
