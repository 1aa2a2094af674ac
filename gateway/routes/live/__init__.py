"""Connections that stay open: graphql-transport-ws, server-sent events and multipart.

`endpoint.py` takes a WebSocket, `socket.py` speaks its protocol in the words of `messages.py`; `responses.py` writes a stream
over HTTP in one of the `formats.py`; `connections.py` counts and drains them, `viewers.py` checks who is at the other end.
"""
