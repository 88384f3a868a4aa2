"""The command line, with a fake recommender; then the whole path with the starter."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

import fake_recommender
from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.serving.terminal import RichScreen

ROOT = Path(__file__).parents[1]
STARTER = ROOT / "src" / "wherefore" / "assets" / "starter"
FAKE = [sys.executable, str(Path(__file__).with_name("fake_recommender.py"))]
REAL = [sys.executable, "-m", "wherefore.cli"]
COMMANDS = (
    *(
        "benchmark",
        "chat",
        "converse",
        "data",
        "estimate",
        "evaluate",
        "index",
        "recommend",
        "reproduce",
        "train",
        "truth",
        "ui",
    ),
)

needs_starter = pytest.mark.skipif(not STARTER.is_dir(), reason="assets/starter has not been made yet")


def run(command, text="", **environment):
    """Run a program with text on standard input."""
    given = text if isinstance(text, bytes) else text.encode()
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    done = subprocess.run(command, input=given, capture_output=True, env=env, timeout=600)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    return SimpleNamespace(code=done.returncode, out=out, err=err)


@pytest.fixture
def fake(monkeypatch):
    """`main` runs in this process on the fake recommender."""
    monkeypatch.delenv("WHEREFORE_DEBUG", raising=False)
    modules = {}
    module = fake_recommender.install(modules)
    monkeypatch.setitem(sys.modules, "wherefore.recommender", module)
    return module


# -- the command itself --------------------------------------------------------------------------------------


def test_help_answers_in_under_a_second():
    seconds = []
    for _ in range(3):
        started = os.times()
        result = run([*REAL, "--help"])
        ended = os.times()  # of the processor: a busy machine stretches the clock's
        seconds.append(
            ended.children_user + ended.children_system - started.children_user - started.children_system
        )
        assert result.code == 0
        assert all(command in result.out for command in COMMANDS)
    assert min(seconds) < 1.0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    assert cli.main([command, "--help"]) == 0
    assert f"wherefore {command}" in capsys.readouterr().out


def test_no_command_is_help(capsys):
    assert cli.main([]) == 0
    assert "recommend" in capsys.readouterr().out


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert re.fullmatch(r"wherefore \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "nope"),
        (["chat", "--colour"], "--colour"),
        (["chat", "--k", "0"], "--k"),
        (["chat", "--k", "many"], "--k"),
        (["recommend"], "request"),
        (["recommend", "hi", "--schema", "books.yaml"], "--catalog"),
        (["recommend", "hi", "--catalog", "no-such-file.csv"], "no-such-file.csv"),
        (["recommend", "hi", "--checkpoint", "no-such-folder"], "no-such-folder"),
        (["train", "no-such-config.yaml"], "no-such-config.yaml"),
        (["evaluate", "no-such-corpus", "nowhere"], "no-such-corpus"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, said, fake, capsys):
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    assert said in captured.err.lower()


def test_a_fault_of_ours_is_one_line_too_and_can_be_debugged(fake, monkeypatch, capsys):
    assert cli.main(["recommend", "crash"]) == 1
    assert capsys.readouterr().err == "error: RuntimeError: a fault of ours (WHEREFORE_DEBUG=1 shows where)\n"
    monkeypatch.setenv("WHEREFORE_DEBUG", "1")
    with pytest.raises(RuntimeError, match="a fault of ours"):
        cli.main(["recommend", "crash"])


def test_settings_reach_the_evaluation(monkeypatch, capsys):
    given = {}
    monkeypatch.setattr(
        "wherefore.evaluation.run.evaluate_corpus", lambda *_, **named: given.update(named) or []
    )
    monkeypatch.setattr("wherefore.evaluation.report.markdown", lambda reports: "| table |\n")
    assert (
        cli.main(["evaluate", "redial", "nowhere", "--set", "turn.demanded=0", "--set", "retrieval.k=50"])
        == 0
    )
    assert given["settings"] == ["turn.demanded=0", "retrieval.k=50"]
    assert capsys.readouterr().out == "| table |\n"


def test_an_operating_system_error_names_the_file(fake, monkeypatch, capsys):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "books.csv")

    monkeypatch.setattr(Catalog, "load", refuse)
    assert cli.main(["recommend", "hi", "--catalog", "books.csv"]) == 2
    assert capsys.readouterr().err == "error: books.csv: Permission denied\n"


# -- recommend -----------------------------------------------------------------------------------------------


def test_recommend_prints_the_reply_without_markdown(fake, capsys):
    assert cli.main(["recommend", "Something good", "--k", "2"]) == 0
    out = capsys.readouterr().out
    assert out == "Message 1:\n\n1. The Cellar — a reason.\n2. Ghosts & Sons — a reason.\n"


def test_recommend_json_is_the_reply(fake, capsys):
    assert cli.main(["recommend", "Something good", "--k", "3", "--json"]) == 0
    reply = json.loads(capsys.readouterr().out)
    assert set(reply) == {"text", "action", "recommendations", "preferences", "timings"}
    assert [one["item"]["id"] for one in reply["recommendations"]] == ["1", "2", "3"]


def test_own_catalogue(fake, tmp_path, capsys, monkeypatch):
    books = tmp_path / "books.csv"
    books.write_text("book_id,title,authors\n1,First Book,Ann Lee\n2,Second Book,Bo Ray\n", encoding="utf-8")
    assert cli.main(["recommend", "a book", "--catalog", str(books)]) == 0
    captured = capsys.readouterr()
    assert "1. First Book" in captured.out
    monkeypatch.setattr(sys, "stdin", io.StringIO("another\n"))
    assert cli.main(["chat", "--catalog", str(books)]) == 0
    assert "authors" in capsys.readouterr().err  # says what the columns were taken for


def test_rows_that_cannot_be_read_are_left_out_with_skip_bad(fake, tmp_path, capsys):
    books = tmp_path / "books.csv"
    books.write_text("book_id,title\n1,First Book\n2,Second,Book\n3,Third Book\n", encoding="utf-8")
    asked = ["recommend", "a book", "--catalog", str(books)]
    assert cli.main(asked) == 2
    error = capsys.readouterr().err
    assert (
        error.startswith("error: books.csv, line 3 has 3 cells where the header has 2")
        and "--skip-bad" in error
    )
    assert cli.main([*asked, "--skip-bad"]) == 0
    captured = capsys.readouterr()
    assert "First Book" in captured.out
    assert captured.err.startswith(
        "books.csv: 1 of 3 rows is left out: more cells than the header has (line 3)"
    )
    assert cli.main(["recommend", "a book", "--skip-bad"]) == 2
    assert "--skip-bad leaves out rows of --catalog; give both" in capsys.readouterr().err


# -- chat in a pipe ------------------------------------------------------------------------------------------


def test_chat_answers_each_line_of_standard_input():
    result = run([*FAKE, "chat", "--k", "3"], "First\n\n  Second  \n")
    assert (result.code, result.err) == (0, "")
    first, second = result.out.split("> ")[1:]
    assert first == (
        "First\nMessage 1:\n\n1. The Cellar — a reason.\n2. Ghosts & Sons — a reason.\n3. Señor Ñandú — a reason.\n\n"
    )
    # The second turn sees three messages; the fake does not repeat what the assistant said.
    assert second.startswith("Second\nMessage 3:\n\n1. Red [31mTrain")


def test_control_characters_never_reach_the_terminal():
    result = run([*FAKE, "chat", "--k", "7"], "a\x1b[2J\x07b\n")
    assert result.out.startswith("> a[2Jb\n")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", result.out)


def test_commands_in_a_pipe():
    result = run(
        [*FAKE, "chat", "--k", "1"], "/state\nFirst\n/state\n/reset\n/STATE\nSecond\n/nope\n/quit\nThird\n"
    )
    assert (result.code, result.err) == (0, "")
    assert result.out.count("Nothing understood so far.") == 2
    assert 'Liked: Low Tide (2019)\nLimit: year after 2000 — "after 2000"\n' in result.out
    assert result.out.count("Message 1:") == 2  # the second conversation begins anew
    assert "There is no /nope." in result.out
    assert "Third" not in result.out


def test_a_message_that_is_refused_does_not_end_the_chat():
    result = run([*FAKE, "chat", "--k", "1"], "This is too long\nShort\n")
    assert result.code == 2
    assert result.err == "error: a message is too long\n"
    assert "> Short\nMessage 1:" in result.out  # the refused message is not part of the conversation


def test_broken_bytes_are_read():
    result = run([*FAKE, "chat", "--k", "1"], b"caf\xe9\n")
    assert (result.code, result.err) == (0, "")
    assert "> caf\ufffd\n" in result.out


def test_a_terminal_that_cannot_show_a_letter_shows_a_question_mark():
    result = run([*FAKE, "chat", "--k", "3"], "First\n", PYTHONIOENCODING="ascii")
    assert (result.code, result.err) == (0, "")
    assert "3. Se?or ?and? ? a reason." in result.out
    result = run([*FAKE, "recommend", "hi", "--k", "3", "--json"], PYTHONIOENCODING="ascii")
    assert json.loads(result.out)["recommendations"][2]["item"]["title"] == "Señor Ñandú"


def test_a_reader_that_leaves_is_no_error():
    chat = subprocess.Popen(
        [*FAKE, "chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert chat.stdin and chat.stdout and chat.stderr
    chat.stdout.close()
    chat.stdin.write(b"First\nSecond\n")
    chat.stdin.close()
    assert chat.wait(60) == 0
    assert chat.stderr.read() == b""
    chat.stderr.close()


# -- chat in a terminal --------------------------------------------------------------------------------------


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, command):
        self.master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        self.seen = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, text, seconds=30):
        """Everything shown up to `text`, without colours."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{text!r} did not come; seen: {self.seen!r}"
            try:
                piece = os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError as error:  # Linux says so when the program has ended
                raise AssertionError(f"ended before {text!r}; seen: {self.seen!r}") from error
            self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", piece)
        before, _, self.seen = self.seen.partition(text)
        return before


def test_chat_in_a_terminal():
    terminal = Terminal([*FAKE, "chat", "--k", "3"])
    try:
        opening = terminal.wait_for("> ")
        assert "7 " in opening and "/reset" in opening
        terminal.type("First\n")
        shown = terminal.wait_for("3. Señor Ñandú — a reason.")
        assert re.search(r"genre\s+director", shown)  # the table's header
        assert re.search(r"2\s+Ghosts & Sons\s+2004\s+Horror, Comedy\s+Bo Hill", shown)
        assert "**" not in shown
        terminal.wait_for("> ")
        terminal.type("Second, slowly\n")
        terminal.wait_for("Message 3")
        os.killpg(terminal.process.pid, signal.SIGINT)  # Ctrl-C stops the reply, not the program
        terminal.wait_for("(stopped)")
        terminal.wait_for("> ")
        terminal.type("Third\n")
        shown = terminal.wait_for("Message 5")  # the stopped reply is part of the conversation
        assert "Sevenfold" in shown and "Low Tide" not in shown  # and what it had listed is not listed again
        terminal.wait_for("> ")
        terminal.type("This is too long\n")
        terminal.wait_for("error: a message is too long")
        terminal.wait_for("> ")
        terminal.type("/state\n")
        terminal.wait_for("Limit: year after 2000")
        terminal.wait_for("> ")
        terminal.type("\x04")
        assert terminal.process.wait(20) == 0
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)


def test_words_are_not_broken_at_the_edge():
    console = Console(file=io.StringIO(), width=20, emoji=False)
    screen = RichScreen(console)
    text = "1. **Ghosts & Sons** (2004) — :ghost: it [b]haunts[/b] you, **too**.\n2. A-very-very-long-unbroken-title"
    for letter in text:  # however the pieces fall
        screen.words(letter)
    screen.done()
    lines = console.file.getvalue().rstrip().splitlines()
    assert " ".join(lines) == text.replace("**", "").replace("\n", " ")
    assert max(map(len, lines[:-1])) <= 20 and len(lines) >= 5
    assert lines[-2:] == ["2.", "A-very-very-long-unbroken-title"]


# -- index and train -----------------------------------------------------------------------------------------


def test_index_saves_a_checkpoint_on_the_catalogue(fake, tmp_path, monkeypatch, capsys):
    books = tmp_path / "books.csv"
    books.write_text("book_id,title,authors\n1,First Book,Ann Lee\n2,Second Book,Bo Ray\n", encoding="utf-8")
    saved = []

    class Config(SimpleNamespace):
        def model_copy(self, update):
            return Config(**{**vars(self), **update})

    def load(folder, merge, settings):
        assert list(settings) == wanted
        base = SimpleNamespace(
            index=SimpleNamespace(embedder="starter's"),
            config=Config(catalog="builtin"),
            model="m",
            retriever="learned",
            signals="heard",
        )
        return base if merge is (not saved_to) else pytest.fail("an adapter that is merged cannot be saved")

    def moved(base, catalog, progress):
        for done in (0, 1, 2):
            progress(done, 2)
        index = SimpleNamespace(catalog=catalog, pictures=None, notes=())
        return Config(**{**vars(base), "retriever": (catalog, base.retriever), "index": index})

    checkpoint = ModuleType("wherefore.checkpoint")
    checkpoint.load_checkpoint = load
    checkpoint.save_checkpoint = lambda *given, **named: saved.append((*given, named))
    checkpoint.checkpoint_dir = Path
    monkeypatch.setitem(sys.modules, "wherefore.checkpoint", checkpoint)
    checkpoint.moved = moved

    saved_to, wanted = [], []
    assert cli.main(["index", str(books)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"Indexed 2 books. Now: wherefore chat --catalog {books}\n"
    assert "2/2" in captured.err and "authors" in captured.err
    assert not saved
    books.write_text(books.read_text(encoding="utf-8") + "3\n", encoding="utf-8")
    assert cli.main(["index", str(books), "--skip-bad"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"Indexed 2 books. Now: wherefore chat --catalog {books} --skip-bad\n"
    assert "1 of 3 rows is left out" in captured.err
    books.write_text(books.read_text(encoding="utf-8").removesuffix("3\n"), encoding="utf-8")
    wanted = ["images.model=pixels"]
    assert cli.main(["index", str(books), "--set", "images.model=pixels"]) == 0
    assert capsys.readouterr().out.endswith(f"--catalog {books} --set images.model=pixels\n")
    wanted = []

    saved_to = [tmp_path / "mine"]
    assert cli.main(["index", str(books), "--out", str(saved_to[0])]) == 0
    assert capsys.readouterr().out.endswith(f"wherefore chat --checkpoint {saved_to[0]}\n")
    folder, config, model, (index, learned), _, named = saved[0]
    assert (folder, model, learned, named) == (saved_to[0], "m", "learned", {"signals": "heard"})
    assert config.catalog == "books.csv" and index.ids[0] == "1"


def test_train_passes_config_and_overrides(tmp_path, monkeypatch, capsys):
    class TrainingStopped(Exception):
        pass

    called = []

    def train(config, out, resume, progress):
        called.append((config.train.save_every, out, resume, progress))
        if not resume:
            raise TrainingStopped("stopped at step 3 of 9; run the same command to go on")
        return out / "checkpoint"

    modules = {
        "wherefore.training.train": {"train": train},
        "wherefore.training.trainer": {"TrainingStopped": TrainingStopped},
    }
    for name, contents in modules.items():
        module = ModuleType(name)
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    config = tmp_path / "small.yaml"
    config.write_text("seed: 3\n", encoding="utf-8")

    assert cli.main(["train", str(config), "train.save_every=7"]) == 0
    made = Path("runs") / "small"
    assert capsys.readouterr().out == f"Trained. Now: wherefore chat --checkpoint {made / 'checkpoint'}\n"
    assert cli.main(["train", str(config), "--out", str(tmp_path), "--no-resume"]) == 130
    assert capsys.readouterr().err == "stopped at step 3 of 9; run the same command to go on\n"
    assert called == [(7, made, True, True), (200, tmp_path, False, True)]

    assert cli.main(["train", str(config), "train.epochs=7"]) == 2
    assert "train.epochs" in capsys.readouterr().err


# -- the whole path ------------------------------------------------------------------------------------------


def listed_titles(reply):
    return re.findall(r"^\d+\. (.+?)(?: \((\d{4})\))? — (.+)$", reply, flags=re.MULTILINE)


FIRST = "I loved The Shining and It Follows. Something scary but not gory, after 2000."
SECOND = "I have seen that. Anything with Toni Collette?"


@pytest.fixture(scope="module")
def chatted():
    """Two turns with the starter, in a process of their own."""
    return run([*REAL, "chat"], f"{FIRST}\n{SECOND}\n", HF_HUB_OFFLINE="1")


@pytest.mark.slow
@needs_starter
def test_chat_with_the_starter(chatted):
    assert (chatted.code, chatted.err) == (0, "")
    replies = chatted.out.split("> ")[1:]
    assert replies[0].startswith(FIRST) and replies[1].startswith(SECOND)
    lists = [listed_titles(reply) for reply in replies]
    assert [len(one) for one in lists] == [5, 5]
    catalog = Catalog.builtin()
    years = {}
    for item in catalog:
        years.setdefault(item.title, set()).add(item.get("year"))
    named = {"The Shining", "It Follows"}
    for title, year, reason in lists[0] + lists[1]:
        assert int(year) in years[title] and int(year) > 2000 and title not in named and reason
    assert not {title for title, *_ in lists[0]} & {title for title, *_ in lists[1]}


@pytest.mark.slow
@needs_starter
def test_own_catalogue_with_the_starter(tmp_path, capsys, monkeypatch):
    lines = ["book_id,title,authors,year,genre"]
    lines += [
        f"{n},Book Number {n},Author {n % 5},{1990 + n},{('Mystery', 'Romance')[n % 2]}" for n in range(1, 31)
    ]
    books = tmp_path / "books.csv"
    books.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setenv("WHEREFORE_CACHE", str(tmp_path / "cache"))
    assert cli.main(["index", str(books), "--out", str(tmp_path / "mine")]) == 0
    assert "authors" in capsys.readouterr().err
    for options in (["--catalog", str(books)], ["--checkpoint", str(tmp_path / "mine")]):
        assert cli.main(["recommend", "A mystery after 2000", "--k", "3", "--json", *options]) == 0
        reply = json.loads(capsys.readouterr().out)
        assert len(reply["recommendations"]) == 3
        assert all(one["item"]["year"] > 2000 and one["reason"] for one in reply["recommendations"])


def test_a_turn_in_the_terminal_prints_nothing_on_standard_error(chatted):
    """No package's warning stands above the first reply, whatever its version."""
    assert (chatted.code, chatted.err) == (0, "") and "2. " in chatted.out
