"""The servers that a team would write instead, and the same schema on stock Strawberry."""
