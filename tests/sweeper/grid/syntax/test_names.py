"""Names that become folders."""

import pytest

from sweeper.grid.syntax.names import safe_name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "../a", "a b", "a\0", "a\n", "n" * 101, "caf\xe9", "~"],
)
def test_names_that_leave_their_folder_are_rejected(name: str) -> None:
    with pytest.raises(ValueError):
        safe_name(name)


@pytest.mark.parametrize("name", ["a", "table7_1", "2024-01.b", "-x"])
def test_plain_names_are_accepted(name: str) -> None:
    assert safe_name(name) == name
