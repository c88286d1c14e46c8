"""The digest of code: equal where the program is the same, different where it is not."""

import pytest

from trainers.own_code.digest import digest_of

TEXT = '''"""About."""
import math

def area(r, *, scale=1.0):
    """Of a circle."""
    return scale * math.pi * r ** 2
'''


@pytest.mark.parametrize(
    "old, new",
    [
        ('"""About."""', '"""Something else."""'),
        ('    """Of a circle."""\n', ""),
        ("import math\n", "import math  # for pi\n\n\n"),
        ("scale * math.pi", "(scale   *\n        math.pi)"),
        ("1.0", "1.00"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(old, new):
    assert digest_of("a.py", {"a.py": TEXT.replace(old, new)}) == digest_of("a.py", {"a.py": TEXT})


@pytest.mark.parametrize(
    "old, new", [("1.0", "1"), ("1.0", "2.0"), ("** 2", "** 3"), ("pi", "e"), ("*, ", "")]
)
def test_every_change_of_the_program_counts(old, new):
    assert digest_of("a.py", {"a.py": TEXT.replace(old, new)}) != digest_of("a.py", {"a.py": TEXT})


def test_a_text_that_is_no_docstring_counts():
    one, other = ({"a.py": f"def f():\n    x = 1\n    return '{word}'\n"} for word in ("a", "b"))
    assert digest_of("a.py", one) != digest_of("a.py", other)


def test_the_named_file_may_be_renamed_and_a_helper_may_not():
    assert digest_of("a.py", {"a.py": TEXT}) == digest_of("b.py", {"b.py": TEXT})
    with_helper = {"a.py": TEXT, "x.py": "y = 1"}
    assert digest_of("a.py", with_helper) != digest_of("a.py", {"a.py": TEXT, "z.py": "y = 1"})


def test_two_contents_of_two_files_are_not_confused():
    one = digest_of("a.py", {"a.py": "x = 1", "b.py": "y = 2"})
    assert one != digest_of("a.py", {"a.py": "x = 1\ny = 2", "b.py": ""})
