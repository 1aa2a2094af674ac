"""What `python -m gateway demo` adds: the scenario, the seeded data, and three simulated servers."""
