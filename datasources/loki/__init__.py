"""Loki: requests and answers as pure functions, the LogQL scoper, and the client that meets `LogsSource`."""
