"""HTTP: parse, call, render. One file per kind of client."""
