"""Writes blocks.json: header blocks as Debian's python3-hpack encodes them, which no code of ours has touched. Run: python3 make.py > blocks.json"""
import json
import random

from hpack import Encoder

random.seed(7541)
connections = []
for size in (4096, 4096, 256, 65536):
    encoder = Encoder()
    blocks = []
    names = [b"x-%d" % i for i in range(30)] + [b":path", b"grpc-timeout", b"content-type", b"x-request-id"]
    values = [bytes(random.choices(range(256), k=random.randint(0, 60))) for _ in range(40)]
    values += [bytes([symbol]) * 3 for symbol in range(256)]  # every symbol of the Huffman code
    for i in range(60):
        if i == 5 or (i > 5 and random.random() < 0.1):
            encoder.header_table_size = random.choice((size, size // 2, 0, size))
        fields = [(random.choice(names), random.choice(values)) for _ in range(random.randint(1, 12))]
        if i < 26:
            fields += [(b"all", bytes(range(i * 10, min(256, i * 10 + 10))))]
        blocks.append({"block": encoder.encode(fields, huffman=random.random() < 0.8).hex(), "fields": [[n.hex(), v.hex()] for n, v in fields]})
    connections.append(blocks)
print(json.dumps(connections, separators=(",", ":")))
