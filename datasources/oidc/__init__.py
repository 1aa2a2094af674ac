"""An OpenID Connect provider, as far as its public keys go."""
