"""Credentials: passwords, the gateway's own tokens, and who a request comes from."""
