"""What MkDocs shows that is kept elsewhere: the change log, the model card, pictures of results, the commands' help."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
ELSEWHERE = {
    "changes.md": ROOT / "CHANGELOG.md",
    "model-card.md": ROOT / "src" / "wherefore" / "assets" / "STARTER.md",
}


def on_files(files: Files, config: Any) -> Files:
    """Add what is generated, or kept outside of `docs/`."""
    for name, path in ELSEWHERE.items():
        files.append(File.generated(config, name, content=path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "results").glob("*.png")):
        files.append(File.generated(config, f"results/{path.name}", abs_src_path=str(path)))
    files.append(File.generated(config, "commands.md", content=commands()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links that lead out of `docs/` in a checkout lead to the same file here."""
    return re.sub(r"\]\(\.\./(results/[\w.-]+\.png)\)", r"](\1)", markdown)


def commands() -> str:
    """The help of every command, as the terminal shows it."""
    import typer

    from wherefore import cli

    group = typer.main.get_command(cli.app)
    text = ["# Commands\n", "Each says the same when it is asked with `--help`.\n"]

    def show(command: Any, name: str, above: Any) -> None:
        context = command.make_context(name, [], parent=above, resilient_parsing=True, terminal_width=100)
        text.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
        for inner in sorted(getattr(command, "commands", {})):
            show(command.commands[inner], f"{name} {inner}", context)

    show(group, "wherefore", None)
    return "\n".join(text)
