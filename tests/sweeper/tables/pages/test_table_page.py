"""Which numbers of a column are marked."""

import math

from sweeper.analysis.scores import score
from sweeper.analysis.statistics.spread import spread
from sweeper.tables.pages.table_page import marks


def test_equal_prints_share_a_mark():
    values = [spread([value]) for value in (0.604, 0.596, 0.58, 0.5)]
    assert marks(values, score("cbd")) == ["best", "best", "second", ""]
    assert marks(values, score("reconstruction")) == ["", "", "second", "best"]
    assert marks([values[0], None], score("cbd")) == ["", ""]
    assert marks([spread([math.nan]), *values[2:]], score("cbd")) == ["", "best", "second"]
