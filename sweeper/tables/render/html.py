"""A table in HTML: a fragment in plain ASCII, so that the encoding of a page does not matter."""

from html import escape

from sweeper.tables.pages.page import Page, PageCell

_TAGS = {"best": "strong", "second": "u"}


def page_html(page: Page) -> str:
    lines = ['<table class="sweeper">', f"<caption>{escape(page.title)}</caption>", "<thead><tr>"]
    classes = ['class="text"' if i in page.left else "" for i in range(len(page.header))]
    lines += [
        f'<th scope="col" {kind}>{escape(name)}</th>'.replace(" >", ">")
        for kind, name in zip(classes, page.header, strict=True)
    ]
    lines.append("</tr></thead>")
    for section in page.sections:
        lines.append("<tbody>")
        for number, row in enumerate(section.rows):
            span = f'<th scope="rowgroup" rowspan="{len(section.rows)}">'
            head = f"{span}{escape(section.dataset)}</th>" if number == 0 else ""
            model = f'<th scope="row">{escape(row[0].text)}</th>'
            cells = "".join(map(_cell, row[1:], classes[2:]))
            lines.append(f"<tr>{head}{model}{cells}</tr>")
        lines.append("</tbody>")
    lines += ["</table>", '<ul class="notes">']
    lines += [f"<li>{escape(note)}</li>" for note in page.notes]
    return "\n".join([*lines, "</ul>"]).encode("ascii", "xmlcharrefreplace").decode() + "\n"


def _cell(cell: PageCell, kind: str) -> str:
    text, tag = escape(cell.text), _TAGS.get(cell.mark)
    start = f"<td {kind}>" if kind else "<td>"
    return f"{start}{f'<{tag}>{text}</{tag}>' if tag else text}</td>"
