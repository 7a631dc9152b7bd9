"""Writes huffman.txt (the code of each symbol as bits) and static.txt (the static table), a line each, from Debian's python3-hpack."""
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.table import HeaderTable

with open("huffman.txt", "w") as file:
    for code, length in zip(REQUEST_CODES, REQUEST_CODES_LENGTH):
        file.write(f"{code:0{length}b}\n")
with open("static.txt", "w") as file:
    for name, value in HeaderTable.STATIC_TABLE:
        file.write(f"{name.decode()}: {value.decode()}\n")
