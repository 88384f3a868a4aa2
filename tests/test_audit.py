"""Known vulnerabilities of what is installed: told, listed with a reason and a day, or said not to be looked for."""

from __future__ import annotations

import datetime
import json
import sys
import time

import pytest
from scripts import audit

TODAY = datetime.date(2026, 11, 29)
VULNERABLE = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {
            "name": "bad",
            "version": "2.0",
            "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.1"]}],
        },
        {"name": "own", "skip_reason": "not on the index"},
    ]
}


def run(monkeypatch, tmp_path, code: str, entries: str = "[]", seconds: str = "30") -> int:
    (tmp_path / "ignore.yaml").write_text(entries)
    monkeypatch.setattr(audit, "command", lambda lock: [sys.executable, "-c", code])
    return audit.main(["--ignored", str(tmp_path / "ignore.yaml"), "--seconds", seconds], TODAY)


def told(answer: object) -> str:
    return f"print({json.dumps(answer)!r}); raise SystemExit(1)"


def test_what_is_found_fails(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, tmp_path, told(VULNERABLE)) == 1
    out = capsys.readouterr().out
    assert "bad 2.0: PYSEC-2026-1, CVE-2026-1 (mended in 2.1)" in out
    assert "2 packages audited, 1 vulnerabilities, 0 ignored; 1 not known there, such as own" in out


@pytest.mark.parametrize(("until", "status"), [("2026-11-29", 0), ("2026-11-28", 1)])
def test_what_was_looked_at_is_let_pass_until_its_day(monkeypatch, tmp_path, capsys, until, status):
    entries = f"- {{id: CVE-2026-1, reason: not used, until: {until}}}"
    assert run(monkeypatch, tmp_path, told(VULNERABLE), entries) == status
    assert ("which is over" in capsys.readouterr().out) == bool(status)


@pytest.mark.parametrize(
    "entries",
    [
        "- CVE-2026-1",
        "- {id: CVE-2026-1, until: 2026-12-01}",
        "- {id: CVE-2026-1, reason: ' ', until: 2026-12-01}",
        "- {id: CVE-2026-1, reason: not used, until: soon}",
    ],
)
def test_an_entry_without_a_reason_or_a_day_is_refused(monkeypatch, tmp_path, entries):
    with pytest.raises(ValueError, match="each has id, reason and until"):
        run(monkeypatch, tmp_path, told(VULNERABLE), entries)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit('connection refused')", "not audited: connection refused"),
        ("print('{}')", "not audited: nothing was told"),
        (
            told({"dependencies": [{"name": "a", "skip_reason": "x"}]}),
            "not audited: the service that was asked",
        ),
    ],
)
def test_where_it_cannot_be_asked_nothing_fails_and_that_is_said(monkeypatch, tmp_path, capsys, code, said):
    assert run(monkeypatch, tmp_path, code) == 0
    assert said in capsys.readouterr().out


def test_a_network_that_hangs_holds_nothing_up(monkeypatch, tmp_path, capsys):
    began = time.monotonic()
    assert run(monkeypatch, tmp_path, "import time; time.sleep(60)", seconds="0.5") == 0
    assert time.monotonic() - began < 20
    assert "not audited: no answer within 0.5 seconds" in capsys.readouterr().out


def test_our_own_list_can_be_read_and_pip_audit_takes_our_options():
    assert isinstance(audit.ignored(audit.IGNORED), dict)
    argparse_of = pytest.importorskip("pip_audit._cli")._parser()
    parsed = argparse_of.parse_args(audit.command(audit.ROOT / "constraints.txt")[3:])
    assert parsed.no_deps and parsed.disable_pip
