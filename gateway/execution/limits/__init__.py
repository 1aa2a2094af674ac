"""What a document may ask for, told from the document alone and in time linear in it: one rule a file, in this order.

Each comes before the ones whose work it bounds: `comparisons` walks the fields that `fields` has counted.
"""

from .aliases import ALIASES
from .comparisons import COMPARISONS
from .definitions import DEFINITIONS
from .depth import DEPTH
from .directives import DIRECTIVES
from .fields import FIELDS
from .introspection_depth import INTROSPECTION_DEPTH
from .root_fields import ROOT_FIELDS
from .rule import Limits, Rule, exceeded
from .text import check_text, parse_within

RULES: tuple[Rule, ...] = (
    DEFINITIONS,
    DEPTH,
    ROOT_FIELDS,
    ALIASES,
    DIRECTIVES,
    FIELDS,
    COMPARISONS,
    INTROSPECTION_DEPTH,
)
"""After the text's own: its length (`text.check_text`) and its tokens (`text.parse_within`)."""

__all__ = ["RULES", "Limits", "Rule", "check_text", "exceeded", "parse_within"]
