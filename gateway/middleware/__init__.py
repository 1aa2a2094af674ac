"""Pure ASGI middleware, one class a file; `app.py` lists them in order."""
