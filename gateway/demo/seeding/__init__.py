"""What the demo's store holds: the scenario's errors as reports, and the alerts that its outages raise."""
