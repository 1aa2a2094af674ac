"""The words of PromQL that may be used. What a future version adds is refused until it stands here."""

from __future__ import annotations

AGGREGATIONS = frozenset(
    "sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio".split()
)
# info() is missing on purpose: it reads target_info by job and instance, behind the back of any selector.
FUNCTIONS = frozenset(
    """abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min
    cos cosh count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv
    double_exponential_smoothing exp first_over_time floor histogram_avg histogram_count histogram_fraction
    histogram_quantile histogram_quantiles histogram_stddev histogram_stdvar histogram_sum holt_winters hour idelta
    increase irate label_join label_replace last_over_time ln log10 log2 mad_over_time max_over_time min_over_time
    minute month pi predict_linear present_over_time quantile_over_time rad rate resets round scalar sgn sin sinh sort
    sort_by_label sort_by_label_desc sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time tan tanh time
    timestamp ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time vector year""".split()
)
WORD_OPERATORS = frozenset({"and", "or", "unless", "atan2"})
BINARY_OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", "<=", ">=", "<", ">"})
MATCH_OPERATORS = frozenset({"=", "!=", "=~", "!~"})
KEYWORDS = (
    AGGREGATIONS
    | WORD_OPERATORS
    | frozenset(
        """offset smoothed anchored by without on ignoring group_left group_right fill fill_left fill_right bool start
        end step range max_of min_of""".split()
    )
)
