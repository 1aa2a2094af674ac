"""What an operation costs, told before it is executed from its arguments: `weights.py` is the table, `estimate.py` the sum."""

from .estimate import Estimate
from .phase import Budgets, Cost, CostLimit

__all__ = ["Budgets", "Cost", "CostLimit", "Estimate"]
