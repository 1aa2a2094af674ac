"""What the gateway costs beside the servers that a team would write instead: the same upstream, queries and answers."""
