"""A table in Markdown: bold for the best, underlined for the second."""

from sweeper.tables.pages.page import Page, PageCell

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\|*_`<>[]"})


def page_markdown(page: Page) -> str:
    lines = [f"**{_escape(page.title)}**", "", _line([_escape(name) for name in page.header])]
    lines.append(_line(["---" if i in page.left else "---:" for i in range(len(page.header))]))
    for section in page.sections:
        for number, row in enumerate(section.rows):
            dataset = _escape(section.dataset) if number == 0 else ""
            lines.append(_line([dataset, *map(_cell, row)]))
    lines += ["", *(f"- {_escape(note)}" for note in page.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: PageCell) -> str:
    text = _escape(cell.text)
    return {"best": f"**{text}**", "second": f"<u>{text}</u>"}.get(cell.mark, text)


def _escape(text: str) -> str:
    return " ".join(text.translate(_SPECIAL).split())
