"""One process that answers as Prometheus, Loki and Tempo do, with bodies that are made once."""
