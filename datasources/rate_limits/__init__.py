"""Token buckets that many requests draw from: in this process, or in Redis for all gateways together."""
