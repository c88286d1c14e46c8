"""The site: `make docs`. The reference is written from the code before each build."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from docs.tools.reference import write_pages  # noqa: E402
from sweeper.version import __version__  # noqa: E402

write_pages(HERE / "reference")

project = "sweeper"
author = "The sweeper maintainers"
version = release = __version__
extensions = ["myst_parser", "docs.tools.mathml", "docs.tools.breaks"]
exclude_patterns = ["_build", "tools", "results/*.md"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

smartquotes = False  # options begin with two dashes

html_theme = "furo"
html_title = "sweeper"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_copy_source = False
