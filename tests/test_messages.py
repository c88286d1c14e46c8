"""Messages to users speak with one voice: `python -m tests.messages` prints them all for review."""

import ast
import re

import pytest

from tests.messages import messages, shown_texts

# Wording that we do not use, and what to write instead.
FORBIDDEN = {
    r"\b(told|tells?) (at|by|with|apart|more|each|of|that|what)\b": "say, report, show",
    r"\bto tell\b": "say what is unknown",
    r"\b(go(es)?|going) on\b": "continue, resume",
    r"\bturns?\b": "queue, order",
    r"\bat hand\b": "available, missing",
    r"\bfor good\b": "permanently",
    r"\banew\b": "again",
    r"\bbeside\b": "next to, with",
    r"\bcannot be meant\b": "is invalid",
    r"\bknows?\b": "name who reads or stores it",
    r"\bso (many|much)\b": "the number",
    r"\bwith the remedy\b": "and how to fix it",
    r"\bwrong use\b": "invalid usage",
    r"\bset aside\b": "excluded",
    r"\bmake room\b": "free space",
    r"\bis (away|gone|back)\b|\bis there again\b": "is unreachable, is reachable",
    r"\babout to go\b": "draining",
    r"\bis no (key|number|setting|grid)\b": "is not a ...",
    r"\bof (its|one's|your) own making\b": "your own",
}


def test_no_message_uses_a_forbidden_wording():
    wrong = [
        f"{message.file}:{message.line}: {message.text!r}: instead of {found[0]!r}: {instead}"
        for message in messages()
        for pattern, instead in FORBIDDEN.items()
        if (found := re.search(pattern, message.text, re.IGNORECASE))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('raise UsageError(f"no run {run} here")', ["no run {..} here"]),
        ("x = f'a {len(y)} and {\"it is\" if y else 0}'", ["a {..} and {..}", "it is"]),
        ('def f():\n    """A docstring is not shown."""', []),
        ('@app.command()\ndef f():\n    """Help of\n    a command."""', ["Help of a command."]),
        ('name = "measure/cbd"\nkey = "cbd"', []),
    ],
)
def test_messages_are_found(code, texts):
    assert [text for _, text in shown_texts(ast.parse(code), "sweeper/cli/x.py")] == texts
