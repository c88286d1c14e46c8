"""Files that appear whole."""

import pytest

from trainers.files import write_then_rename


def test_a_reader_sees_the_old_file_until_the_block_ends(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with write_then_rename(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_old_file_alone(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error), write_then_rename(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_longest_name_of_a_file_system_is_written(tmp_path):
    path = tmp_path / ("x" * 255)
    with write_then_rename(path) as temporary:
        temporary.write_text("content")
    assert path.read_text() == "content"
