"""What the scopers of the three languages share: string literals, limits, rules as matchers, merging.

Nothing of a person's text reaches a source unless a small allow-listing lexer recognised it: comments are dropped,
every string literal is written again as a plain double-quoted one, any other character outside of a fixed ASCII set
is refused. So the text that is sent has one reading, whatever the source's own lexer does with odd characters.
"""
