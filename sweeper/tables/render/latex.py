"""A table in LaTeX; needs the package booktabs."""

from sweeper.analysis.titles import BETA
from sweeper.tables.pages.page import ARROW_DOWN, ARROW_UP, HAT, PLUS_MINUS, Page, PageCell

_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"}
_SPECIAL |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL |= {"<": "$<$", ">": "$>$", "|": "$|$"}
_SPECIAL |= {ARROW_DOWN: r"$\downarrow$", ARROW_UP: r"$\uparrow$", PLUS_MINUS: r"$\pm$"}
_SPECIAL |= {BETA: r"$\beta$", "\u03c3": r"$\sigma$"}


def page_latex(page: Page) -> str:
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{_escape(page.title)}}}"]
    places = "".join("l" if i in page.left else "r" for i in range(len(page.header)))
    lines += [rf"\begin{{tabular}}{{{places}}}", r"\toprule"]
    lines.append(_line([_escape(name) for name in page.header]))
    for section in page.sections:
        lines.append(r"\midrule")
        for number, row in enumerate(section.rows):
            dataset = _escape(section.dataset) if number == 0 else ""
            lines.append(_line([dataset, *map(_cell, row)]))
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\\ {{\footnotesize {_escape(note)}}}" for note in page.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: PageCell) -> str:
    text = _escape(cell.text)
    if cell.mark == "best":
        return rf"\textbf{{{text}}}"
    return rf"\underline{{{text}}}" if cell.mark == "second" else text


def _escape(text: str) -> str:
    hat = _SPECIAL[BETA].replace(r"\beta", r"\hat\beta")
    parts = " ".join(text.split()).split(BETA + HAT)
    return hat.join("".join(_SPECIAL.get(c, c) for c in part) for part in parts)
