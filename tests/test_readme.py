"""What the README and the pages of `docs/` claim: commands and files exist, Python runs, numbers are the results'."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from wherefore import cli

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results.md"
PAGES = (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
STARTER = ROOT / "src" / "wherefore" / "assets" / "starter"
GENERATED = {"changes.md", "commands.md", "model-card.md"}  # by docs/hooks.py, when the site is built
SHELL = ("", "bash", "console", "sh", "shell")


@pytest.fixture(scope="module")
def text():
    return README.read_text(encoding="utf-8")


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


def blocks(text, *languages):
    """Fenced code blocks in one of the languages."""
    found = re.findall(r"^```([\w-]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


def spans(text):
    """Inline code."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def commands(text, program):
    """First arguments of a program in shell blocks and inline code."""
    code = [line for block in blocks(text, *SHELL) for line in block.splitlines()] + spans(text)
    return {
        name for line in code for name in re.findall(rf"(?:^|[|;&$]\s*){program} ([a-z][\w-]*)", line.strip())
    }


def missing_files(text, folder=ROOT):
    """Links to local files, and names of files in inline code, that lead nowhere."""
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    local = {link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)}
    missing = {link for link in local if not (folder / link).exists() and link not in GENERATED}
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in (".git", ".venv")]
    for span in spans(text):
        first, slash, _ = span.partition("/")
        if slash and re.fullmatch(r"[\w./-]+", span) and (ROOT / first) in folders:
            missing |= set() if (ROOT / span).exists() else {span}
        elif re.fullmatch(r"[\w-]+\.(py|md|toml|json)", span):
            known = (ROOT / span).exists() or any(next(folder.rglob(span), None) for folder in folders)
            missing |= set() if known else {span}
    return missing


def make_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", makefile, flags=re.MULTILINE))


def cli_commands():
    commands = {info.name or info.callback.__name__ for info in cli.app.registered_commands}
    return commands | {group.name for group in cli.app.registered_groups}


def as_today(command):
    """A command that results were made by, as it is called now: several scripts have become commands."""
    program, _, rest = command.partition(".py")
    name = program.removeprefix("python scripts/")
    if name == "benchmark":
        rest = rest or " speed"
    elif name not in ("reproduce", "converse", "truth"):
        return command
    words = []
    for word in shlex.split(rest):
        if word[:1] != "-" and words[-2:-1] and words[-2] in SEVERAL:
            words.append(words[-2])
        words.append(word)
    return shlex.join(["wherefore", name, *words])


SEVERAL = ("--parts", "--candidates", "--configs")


def test_old_commands_as_they_are_called_today():
    assert as_today("python scripts/benchmark.py") == "wherefore benchmark speed"
    assert as_today("python scripts/converse.py --parts a b c") == (
        "wherefore converse --parts a --parts b --parts c"
    )
    assert as_today("python scripts/towers.py --set a=b") == "python scripts/towers.py --set a=b"


def test_the_first_screen_says_how_to_start_and_how_to_test(text):
    first = "\n".join(text.splitlines()[:40])
    assert "make chat" in first
    assert "make test" in first


def test_there_are_pages():
    assert len(PAGES) > 10 and {"tutorial.md", "adding.md", "results.md"} <= {page.name for page in PAGES}


def test_the_readme_is_two_screens_at_most(text):
    assert len(text.splitlines()) <= 100


def test_every_make_target_exists(page):
    named = commands(page.read_text(encoding="utf-8"), "make")
    assert {"chat", "test"} <= named or page != README
    assert named <= make_targets()


def test_every_command_exists(page):
    named = commands(page.read_text(encoding="utf-8"), "wherefore")
    assert named or page != README
    assert named <= cli_commands()


def test_every_file_exists(page):
    assert missing_files(page.read_text(encoding="utf-8"), page.parent) == set()


@pytest.mark.skipif(not STARTER.is_dir(), reason="assets/starter has not been made yet")
def test_the_python_session_runs(text, tmp_path, monkeypatch):
    found = blocks(text, "python")
    assert found
    monkeypatch.chdir(tmp_path)
    session = {}
    for number, code in enumerate(found, 1):
        exec(compile(code, f"README.md, Python block {number}", "exec"), session)
    reply = session["reply"]
    assert reply.text
    assert reply.recommendations and all(one.reason and one.evidence for one in reply.recommendations)


@pytest.mark.parametrize(
    "name", [page.name for page in PAGES[1:] if blocks(page.read_text(encoding="utf-8"), "python")]
)
def test_the_python_of_the_pages_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = {}
    for number, code in enumerate(blocks((ROOT / "docs" / name).read_text(encoding="utf-8"), "python"), 1):
        exec(compile(code, f"{name}, Python block {number}", "exec"), session)


def test_the_readers_of_this_file_find_what_they_look_for():
    sample = (
        "Run `make chat` or `wherefore ui --k 3`; see `config.py`, `src/wherefore/nothing.py`, `gone.md`,\n"
        "[config](pyproject.toml#x), [page](https://example.org), [lost](docs/lost.md).\n"
        "```sh\nprintf 'hi\\n' | make chat\nmake test && wherefore dance\n```\n"
        "```python\nimport wherefore nothing\n```\n"
    )
    assert commands(sample, "make") == {"chat", "test"}
    assert commands(sample, "wherefore") == {"ui", "dance"}
    assert missing_files(sample) == {"src/wherefore/nothing.py", "gone.md", "docs/lost.md"}
    assert blocks(sample, "python") == ["import wherefore nothing\n"]
    assert {"chat", "ui", "test", "check", "clean"} <= make_targets()
    assert {"chat", "recommend", "ui", "index", "train", "evaluate"} <= cli_commands()


NAMES = {
    "**Wherefore**": "wherefore",
    "the same, never trained on INSPIRED": "wherefore, zero-shot",
    "co-mention of items": "co-mention",
    "EASE": "ease",
    "nearest training dialogues": "nearest-dialogues",
    "MiniLM, zero-shot": "zero-shot",
    "popularity": "popularity",
    "what was just named, again": "repeat-context",
}


@pytest.mark.parametrize("name", ["redial", "inspired"])
def test_the_ranking_tables_hold_the_numbers_of_the_results(name):
    import json

    results = json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))
    measured = RESULTS.read_text(encoding="utf-8")
    (part,) = (one for one in measured.split("\n**") if f"results/{name}.json" in one)
    rows = {cells[0]: cells[1:] for cells in table_of(part)}
    shown = {NAMES[row]: cells for row, cells in rows.items() if row in NAMES}
    assert {"wherefore", "ease", "co-mention", "nearest-dialogues", "popularity"} <= shown.keys()
    assert ("wherefore, zero-shot" in shown) == (name == "inspired")
    for system, cells in shown.items():
        for protocol, three in (("dedup", cells[:3]), ("repeats", cells[3:6])):
            for cell, measure in zip(three, ("recall@1", "recall@10", "recall@50"), strict=True):
                of = results["systems"][system][protocol]
                told = f"{of[measure]:.3f}"
                if "(" in cell:
                    told += " ({:.3f}–{:.3f})".format(*of["intervals"][measure])
                assert cell == told.replace("0.", "."), (system, protocol, measure)
    assert "(" in "".join(shown["wherefore"][:3])
    assert results["seeds"] == [0, 1, 2, 3, 4] and as_today(results["command"]) in part
    dedup, repeats = (results["systems"]["wherefore"][one] for one in ("dedup", "repeats"))
    for told in (dedup["instances"], dedup["gold_mentions"], repeats["gold_mentions"]):
        assert f"{told:,}" in part
    if name == "redial":
        assert (dedup["instances"], dedup["gold_mentions"], repeats["gold_mentions"]) == (3838, 4472, 4975)
    assert f"{results['parameters']['total'] / 1e6:.1f} M" in part


def test_the_table_of_parts_holds_the_numbers_of_the_results():
    import json

    results = json.loads((ROOT / "results" / "redial-ablations.json").read_text(encoding="utf-8"))
    part = RESULTS.read_text(encoding="utf-8").split("**What the parts are worth**")[1].split("\n**")[0]
    names = {
        "the whole chain": "wherefore",
        "no LLM: sources and the head over their features": "no LLM",
        "titles as text instead of soft tokens": "titles instead of soft tokens",
        "a linear item encoder": "a linear item encoder",
        "a Q-Former as item encoder": "a Q-Former as item encoder",
        "candidates as a causal list instead of a block": "a causal list",
        "PCA to 95 % of variance": "PCA to 95 % of variance",
        "no collaborative vector": "no collaborative vector",
        "no fine-tuned reading: the LLM as it comes": "no fine-tuned reading",
        "half the training data": "half the training data",
        "no source features: the LLM alone orders what they found": "no source features",
    }
    rows = {cells[0]: cells[1:] for cells in table_of(part) if cells[0] in names}
    assert rows.keys() == names.keys() and set(names.values()) == set(results["systems"])
    for row, cells in rows.items():
        of = results["systems"][names[row]]["dedup"]
        measures = [of[f"recall@{k}"] for k in (1, 10, 50)]
        assert cells == [f"{share:.3f}".replace("0.", ".") for share in measures]
    assert as_today(results["command"]) in part and results["seeds"] == [0, 1, 2, 3, 4]


def test_the_table_of_training_holds_the_numbers_of_the_results():
    import json

    part = RESULTS.read_text(encoding="utf-8").split("**Training**")[1].split("\n**")[0]
    rows = {cells[0]: cells[1:] for cells in table_of(part)}
    expected = []
    for row, file, config in (
        ("starter", "training", "starter"),
        ("SmolLM2-135M", "training-smollm2-135m", "smollm2-135m"),
    ):
        results = json.loads((ROOT / "results" / f"{file}.json").read_text(encoding="utf-8"))["configs"][
            config
        ]
        ways = ("as configured", "float32", "gradient checkpointing", "compiled")
        expected.append(f"{results['as configured']['estimated_gib']:.2g}")
        for way, cell in zip(ways, rows[row], strict=True):
            of = results.get(way)
            if of is None:
                assert cell == "–"
            elif "hours" not in of:
                assert cell == f"more than {of['free_gib']:.0f} GiB"
            else:
                hours, memory = (
                    f"{n:.2g}" if n >= 1.5 else f"{n:.2f}" for n in (of["hours"], of["memory_gib"])
                )
                assert cell == f"{hours} h, {memory} GiB"
    assert f"expects {' and '.join(expected)} GiB" in " ".join(part.split())


def test_the_table_of_cold_items_holds_the_numbers_of_the_results():
    import json

    results = json.loads((ROOT / "results" / "redial-cold.json").read_text(encoding="utf-8"))
    part = RESULTS.read_text(encoding="utf-8").split("**Cold items**")[1].split("\n**")[0]
    rows = {cells[0]: cells[1:] for cells in table_of(part)}
    for row, system in (("trained with them", "wherefore"), ("trained without", "without the cold items")):
        cold = results["systems"][system]["dedup"]["slices"]["cold"]
        shown = [f"{cold[which]['recall@50']:.3f}".replace("0.", ".") for which in ("cold", "other")]
        assert rows[row] == shown
    ratio = results["cold_recall@50_ratio"]
    assert ratio >= 0.6 and f"{ratio:.0%}".replace("%", " %") in part
    assert (
        as_today(results["command"]) in part
        and f"{results['cold_items']:,}" in part
        and "/tmp" not in results["command"]
    )


def table_of(text):
    """The rows of Markdown tables, cell by cell."""
    lines = (line.strip("|") for line in text.splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def test_the_other_tables_hold_the_numbers_of_their_results():
    """A table's heading names its file; its last column the key; a percentage is a share there."""
    import json

    measured = RESULTS.read_text(encoding="utf-8")
    checked = set()
    for part in measured.split("\n**")[1:]:
        rows = re.findall(r"^\| (.+?) \| (.+?) \| `(\w+)` \|$", part, flags=re.MULTILINE)
        if not rows:
            continue
        (name,) = set(re.findall(r"results/(\w+)\.json", part))
        results = json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for what, shown, key in rows:
            value = results[key]["median"] if isinstance(results[key], dict) else results[key]
            number = re.findall(r"\d[\d,]*(?:\.\d+)?", shown)[0].replace(",", "")
            places = len(number.partition(".")[2])
            assert number == f"{value * (100 if '%' in shown else 1):.{places}f}", what
        assert all(results[key] not in ("", None) for key in ("command", "commit", "seed", "hardware"))
        assert as_today(results["command"]) in part
        checked.add(name)
    assert checked == {"speed", "truth", "conversation", "ui"}


def test_what_codes_bring_is_as_measured():
    import json

    told = json.loads((ROOT / "results" / "sources.json").read_text())
    text = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")

    def short(value: float) -> str:
        return f"{value:.3f}".removeprefix("0")

    for name, source in (("query tower", "tower"), ("codes", "codes"), ("BM25", "bm25"), ("dense", "dense")):
        one = told["sources"][source]
        recalls = " | ".join(short(one[f"recall@{depth}"]) for depth in (1, 10, 50))
        assert f"| {name} | {recalls} | {one['hits']:,} | {one['hits_of_no_other']} |" in text
    for name in ("without", "with"):
        one = told["ranking"][name]
        cells = [f"{short(one[f'recall@{k}'])} ± {short(one['sd'][f'recall@{k}'])}" for k in (1, 10, 50)]
        assert f"| {name} codes | {' | '.join(cells)} | {short(one['among_candidates'])} |" in text
    assert told["invalid_codes"] == 0 and "Invalid codes: 0" in text
    assert f"{told['valid_turns']:,} turns with {told['gold_mentions']:,} items" in text


def test_what_more_towers_find_is_as_measured():
    import json

    alone = json.loads((ROOT / "results" / "towers.json").read_text())["settings"]["min_frequency=2"]
    pairs = [
        (sum(one[f"recall@{depth}"] for one in alone["alone"]) / 4, alone["together"][f"recall@{depth}"])
        for depth in (50, 200)
    ]
    said = [f"R@{depth} {a:.3f} -> {b:.3f}" for depth, (a, b) in zip((50, 200), pairs, strict=True)]
    four, one = (
        json.loads((ROOT / "results" / name).read_text())["systems"][system]["dedup"]["recall@50"]
        for name, system in (("redial-four-towers.json", "wherefore"), ("redial-ablations.json", "no LLM"))
    )
    said.append(f"R@50 {four:.3f} instead of {one:.3f} without the LLM")
    flat = " ".join(RESULTS.read_text(encoding="utf-8").split())
    for part in said:
        assert part.replace("0.", ".") in flat
