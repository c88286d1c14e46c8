"""A Sphinx extension: long paths and names in the cells of tables may continue on a next line.

Browsers break no line within `tests/sweeper/test_ids.py`, so a column of such paths makes a table
wider than the page. The break is a `<wbr>`, which copies no character."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

LONGEST = 24  # characters that stay on one line


class BreakLongNames(SphinxPostTransform):
    default_priority = 800
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for entry in self.document.findall(nodes.entry):
            for literal in list(entry.findall(nodes.literal)):
                parts = pieces(literal.astext())
                literal.clear()
                literal.extend(parts)


def pieces(text: str) -> list[nodes.Node]:
    """A name as text and breaks: after each / of a long path, after each _ of another long name."""
    if len(text) <= LONGEST:
        return [nodes.Text(text)]
    parts = re.split(r"(?<=/)(?=\w)" if "/" in text else r"(?<=_)(?=\w)", text)
    return [
        node
        for index, part in enumerate(parts)
        for node in ([nodes.raw("", "<wbr>", format="html")] if index else []) + [nodes.Text(part)]
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(BreakLongNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
