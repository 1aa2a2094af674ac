"""How the gateway shows what it does itself."""
