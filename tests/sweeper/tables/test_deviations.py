"""Our numbers next to the thesis's, the largest deviations first."""

import pytest

from sweeper.tables.deviations import deviations
from sweeper.tables.pages.table_page import table_page
from tests.sweeper.support.thesis_tables import launched


def test_largest_deviations_come_first_and_are_sized_as_stated(small):
    found = deviations(launched("7.1", small))
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    recon = next(one for one in found if one.column == "reconstruction")
    assert recon.size == pytest.approx(abs(recon.ours / recon.published - 1))
    other = next(one for one in found if one.column == "cbd")
    assert other.size == pytest.approx(abs(other.ours - other.published))
    notes = table_page(launched("7.1", small), compare=True).notes
    assert "Largest deviations" in notes[0] and found[0].model in notes[1]
