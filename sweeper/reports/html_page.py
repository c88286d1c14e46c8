"""The HTML and CSS around a report."""

from html import escape

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
table.sweeper { border-collapse: collapse; margin: 1rem 0 .5rem;
  font-variant-numeric: tabular-nums; }
table.sweeper caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
table.sweeper th, table.sweeper td { padding: .2rem .7rem; text-align: right;
  white-space: nowrap; }
table.sweeper tbody th, table.sweeper .text { text-align: left; }
table.sweeper th { font-weight: 500; }
table.sweeper tbody th[scope=rowgroup] { vertical-align: top; }
table.sweeper thead th { border-bottom: 2px solid #444; }
table.sweeper tbody { border-bottom: 1px solid #bbb; }
ul.notes { color: #444; font-size: .9em; padding-left: 1.2rem; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; } figcaption { font-size: .9em; }
pre { background: #f5f5f5; padding: 1rem; overflow-x: auto; }
.gaps { background: #fff4e0; border-left: 4px solid #d55e00; padding: .5rem 1rem; }
.wide { overflow-x: auto; }
"""


def html_page(title: str, body: str, heading: str = "") -> str:
    """A whole page in the report's style around a body that is escaped already."""
    head = f"<h1>{escape(heading)}</h1>\n" if heading else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body>{head}{body}</body></html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{content}\n"
