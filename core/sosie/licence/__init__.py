"""The licence's rules: documents, signatures, the scope lattice, the gate, the log's tree.

Pure: bytes, keys and one time go in, a document or an error comes out. No file, no socket, no clock and no
randomness of its own, except inside `cryptography`.
"""
