"""The command `plugins`."""

from sweeper.cli import options


def plugins(
    use: list[str] = options.USE,
    as_json: bool = options.JSON,
) -> None:
    """List the models, networks, datasets and measures that are not built in, and where each is
    defined: those that installed packages bring, and those of --use.

    Example: sweeper plugins --use examples/own_loss.py"""
    from trainers.own_code.installed import installed_parts
    from trainers.specs.own import PARTS

    rows = [
        {"kind": p.kind, "name": p.name, "from": p.place, "digest": p.digest}
        for p in PARTS.values()
    ]
    rows += [
        {"kind": p.kind, "name": p.name, "from": f"{p.package}: {p.module}", "digest": ""}
        for key, p in installed_parts().items()
        if key not in PARTS
    ]
    if as_json:
        options.print_json(rows)
    elif rows:
        from rich.console import Console
        from rich.table import Table

        table = Table("kind", "name", "from", "digest", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row.values())
        Console().print(table, highlight=False)
    else:
        print("none: name a file with --use, or install a package that brings some")
