"""`virtspec bench`: what may be asked for, what is shown, and that different counts do not pass."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from virtspec.bench import comparing, liveness
from virtspec.bench.checkers import VIOLATED, Failed, Found, Spin, available, optimize
from virtspec.bench.comparing import Comparison, Row, Sample, as_json
from virtspec.bench.history import HISTORY
from virtspec.bench.instances import CLASSICS, MODELS, PEERS, SIZES, STATES, Instance, chosen, instance
from virtspec.bench.liveness import CLAIMS, LIVENESS, LiveSpin
from virtspec.bench.processes import Ran
from virtspec.cli.output import plain
from virtspec.cli.verbs.bench import shown
from virtspec.errors import UsageError
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path

ROOT = Path(__file__).parents[2]
INSTALLED = [tool for tool in ("spin", "rumur") if shutil.which(tool) and shutil.which("gcc")]
needs_a_peer = pytest.mark.skipif(not INSTALLED, reason="not installed: spin, rumur or gcc")
TINY = "ticket_lock:Cpu=3"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with as much of a checkout as the benchmark needs; its history is empty."""
    for part in (CLASSICS, PEERS, LIVENESS):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).symlink_to(ROOT / part)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- what may be asked for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("--sizes", "smal"),
            "'smal' is no size; did you mean 'small'?; a single instance is written ring:P=2,C=1,K=2",
        ),
        (("--sizes", "small", "rnig:P=2"), "rnig:P=2: there is no model 'rnig' to measure; did you mean 'ring'?"),
        (("--sizes", "ring:P=2,C=2"), "ring:P=2,C=2: expected ring:P=...,C=...,K=..."),
        (("--sizes", "ring:P=2,C=2,K=2,K=2"), "expected ring:P=...,C=...,K=..."),
        (("--sizes", "ring:P=2,C=2,Q=2"), "expected ring:P=...,C=...,K=..."),
        (("--sizes", "german:Client=2,D=3"), "german:Client=2,D=3: D is a number from 1 to 2"),
        (("--sizes", "mcs:Proc=x"), "mcs:Proc=x: Proc is a number from 1 to 9"),
        (("--sizes", "peterson:N=3,L=3"), "peterson:N=3,L=3: there are fewer levels than processes"),
        (("--models", "mcs,petersen"), "there is no model 'petersen' to measure; did you mean 'peterson'?"),
        (("--models", "dining", "--sizes", "large"), "there is no large instance of dining"),
        (("--peers", "spin,tcl"), "there is no peer 'tcl'; did you mean 'tlc'?"),
        (("--peers", "spin", "--no-peers"), "not allowed with argument --peers"),
        (("--workers", "1,0"), "'0' is not a whole number above 0"),
        (("--tlc-jar", "nowhere.jar"), "--tlc-jar nowhere.jar: there is no such file"),
        (("--root", "nowhere"), "nowhere is no such checkout"),
        (("--liveness", "--sizes", "large"), "'large' is no size; known: medium, small;"),
        (("--liveness", "--models", "german"), "there is no small instance of german"),
        (
            ("--liveness", "--sizes", "dining:N=5"),
            "dining:N=5: nothing is claimed of the liveness of dining, but of peterson, mcs, ring",
        ),
    ],
)
def test_what_is_wrong_with_a_command_is_said(checkout: Path, run: Run, args: tuple[str, ...], message: str) -> None:
    done = run("bench", *args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_elsewhere_one_clear_message(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("bench")
    assert done.code == 2
    assert done.err == (
        "virtspec: error: bench needs a checkout of virtspec, with tests/corpus/classics and tests/bench/peers: "
        "this folder is in no such checkout; use --root DIR\n"
    )


def test_sizes_and_single_instances_mix() -> None:
    texts = [str(one) for one in chosen(["mcs:Proc=3", "small"], ["mcs", "ring"])]
    assert texts == ["mcs:Proc=3", "ring:P=2,C=1,K=2", "mcs:Proc=4"]
    assert str(instance("ring:K=4,P=1,C=2")) == "ring:P=1,C=2,K=4"
    with pytest.raises(UsageError, match="known: large, medium, small"):
        chosen(["enormous"], [])


def test_the_table_of_models_fits_the_files() -> None:
    assert {text for texts in SIZES.values() for text in texts} <= set(STATES)
    for text in STATES:
        one = instance(text)
        assert str(one) == text
        module = load_path(ROOT / CLASSICS / f"{one.model}.py")
        model = MODELS[one.model]
        system = load(module.models[0], module.properties, {**dict(one.parameters), **model.fixed})
        assert set(model.properties) <= {prop.id for prop in system.properties}
        for suffix in ("pml", "m", "tla", "cfg"):
            body = (ROOT / PEERS / f"{one.model}.{suffix}").read_text()
            assert suffix not in ("m", "cfg") or all(f"${name}" in body for name in one.constants)


def test_the_table_of_claims_fits_the_files() -> None:
    assert {text for texts in liveness.SIZES.values() for text in texts} <= set(STATES)
    for model, claim in CLAIMS.items():
        module = load_path(ROOT / LIVENESS / f"{model}_live.py")
        system = load(module.models[0], module.properties, liveness.fairness(claim))
        assert claim.id in {prop.id for prop in system.temporal}
        assert {action.fair for action in system.actions} == {"weak"}
        body = (ROOT / LIVENESS / f"{model}_live.cfg").read_text()
        one = next(instance(text) for texts in liveness.SIZES.values() for text in texts if text.startswith(model))
        assert all(f"${name}" in body for name in one.constants) and f"PROPERTY {claim.id}\n" in body


def test_gcc_optimizes_where_it_pays() -> None:
    texts = ("mcs:Proc=3", "mcs:Proc=4", "mcs:Proc=5", "mcs:Proc=7")
    assert [optimize(instance(text))[0] for text in texts] == ["-O0", "-O1", "-O3", "-O3"]


def test_a_peer_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "rumur" else program)
    checkers, missing = available(ROOT, ("spin", "rumur", "tlc"), (1, 2), None)
    assert [checker.name for checker in checkers] == ["virtspec-1", "virtspec-2", "spin-dfs", "spin-bfs"]
    assert missing == {"rumur": "not installed: rumur", "tlc": "no jar is given: --tlc-jar PATH"}


def test_what_cannot_check_liveness_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: program)
    checkers, missing = liveness.available(ROOT, ("spin", "rumur", "tlc"), (2,), Path("tla2tools.jar"))
    assert [checker.name for checker in checkers] == ["virtspec-2", "spin", "tlc-2"]
    assert missing == {"rumur": "it checks no liveness"}


@pytest.mark.parametrize(("processes", "counters"), [(3, 2), (5, 2), (6, 3), (9, 3)])
def test_spin_is_built_for_as_many_fair_processes_as_there_are(processes: int, counters: int) -> None:
    _, compile_it = LiveSpin(ROOT).build(instance(f"mcs:Proc={processes}"), Path("nowhere"))
    assert f"-DNFAIR={counters}" in compile_it
    assert 8 * counters // 2 - 2 >= processes + 1


# --- what is shown ---------------------------------------------------------------------------------------------------


def row(name: str, search: float, whole: float, states: int = 408_762, transitions: int = 1_000_000) -> Row:
    """A checker that took so long in one of three rounds, and less or more in the others."""
    tool, _, workers = name.partition("-")
    sample = Sample(Found(states, transitions), whole - search, search, whole, whole, 40 * 408_762)
    samples = (replace(sample, search=search * 3, whole=whole * 3), sample, replace(sample, search=0.0, whole=0.0))
    return Row(name, tool, int(workers) if workers.isdecimal() else 1, samples)


def table(*rows: Row) -> str:
    comparison = Comparison(instance("mcs:Proc=5"), list(rows))
    return "\n".join(plain(line) for line in shown(comparison))


def test_a_table_of_medians_and_ratios() -> None:
    rows = (row("virtspec-1", 0.4, 0.8), row("virtspec-2", 0.2, 0.6), row("spin-dfs", 0.6, 2.0), row("tlc-2", 6, 6))
    assert table(*rows) == (
        "mcs:Proc=5  408,762 states\n"
        "  checker      states/s  virtspec-1  virtspec-2  seconds to verdict  virtspec-1  virtspec-2  MB  bytes/state\n"
        "  virtspec-1  1,021,905       1.00x       2.00x                0.80       1.00x       1.33x  16           40\n"
        "  virtspec-2  2,043,810       0.50x       1.00x                0.60       0.75x       1.00x  16           40\n"
        "  spin-dfs      681,270       1.50x       3.00x                2.00       2.50x       3.33x  16           40\n"
        "  tlc-2          68,127      15.00x      30.00x                6.00       7.50x      10.00x  16           40"
    )


def test_json_has_the_same_figures() -> None:
    comparison = Comparison(instance("mcs:Proc=5"), [row("virtspec-1", 0.4, 0.8), row("spin-dfs", 0.6, 2.0)])
    [figures] = as_json([comparison])
    assert (figures["instance"], figures["states"], figures["disagreements"]) == ("mcs:Proc=5", 408_762, [])
    spin = figures["checkers"][1]
    assert (spin["speed_ratio"], spin["whole_ratio"]) == ({"virtspec-1": 1.5}, {"virtspec-1": 2.5})
    assert spin["search_seconds_of_rounds"] == [1.8, 0.6, 0.0]
    json.dumps(figures)


def test_what_took_no_time_and_what_is_small_have_no_rates() -> None:
    quick = Row("spin-bfs", "spin", 1, (Sample(Found(93, 171), 0.2, 0.0, 0.2, 0.2, None),))
    comparison = Comparison(instance(TINY), [quick])
    assert plain(shown(comparison)[2]).split() == ["spin-bfs", "-", "0.20", "-", "-"]


def test_a_busy_machine_is_told() -> None:
    calm = row("virtspec-1", 0.4, 2.0)
    busy = replace(calm, samples=tuple(replace(sample, others=0.75) for sample in calm.samples))
    assert "Other programs" not in table(calm)
    assert "Other programs kept 0.8 processors busy meanwhile" in table(busy)


def live(name: str, search: float, whole: float, verdict: str = "holds") -> Row:
    """A checker that judged a claim; SPIN counts other states than those of the model."""
    made = row(name, search, whole, 131_301, 460_493)
    states, transitions, product = (None, None, 620_739) if name == "spin" else (131_301, 460_493, None)
    found = Found(states, transitions, verdict=verdict, product_states=product)
    return replace(made, samples=tuple(replace(sample, found=found) for sample in made.samples))


def comparison_of(*rows: Row) -> Comparison:
    return Comparison(instance("peterson:N=4,L=3"), list(rows), claim="each process that asks enters")


def test_a_table_of_liveness_has_verdicts_and_one_measure_of_states() -> None:
    comparison = comparison_of(live("virtspec-2", 0.5, 0.75), live("spin", 2.0, 3.0), live("tlc-2", 30, 30))
    assert "\n".join(plain(line) for line in shown(comparison)) == (
        "peterson:N=4,L=3  131,301 states  each process that asks enters\n"
        "  checker     verdict  states/s  virtspec-2  seconds to verdict  virtspec-2  MB  bytes/state\n"
        "  virtspec-2    holds   262,602       1.00x                0.75       1.00x  16          125\n"
        "  spin          holds    65,650       4.00x                3.00       4.00x  16          125\n"
        "  tlc-2         holds     4,377      60.00x               30.00      40.00x  16          125"
    )
    [figures] = as_json([comparison])
    assert (figures["claim"], figures["disagreements"]) == ("each process that asks enters", [])
    ours, spin, _ = figures["checkers"]
    assert (ours["states"], ours["verdict"], ours["product_states"]) == (131_301, "holds", None)
    assert (spin["states"], spin["transitions"], spin["product_states"]) == (None, None, 620_739)
    assert (spin["speed_ratio"], spin["whole_ratio"]) == ({"virtspec-2": 4.0}, {"virtspec-2": 4.0})


# --- different answers ------------------------------------------------------------------------------------------------


def test_other_counts_than_the_known_ones_are_told() -> None:
    rows = [row("virtspec-1", 1, 1), row("spin-dfs", 1, 1, states=408_761), row("rumur-1", 1, 1, transitions=9)]
    comparison = Comparison(instance("mcs:Proc=5"), rows)
    assert comparison.disagreements == [
        "mcs:Proc=5: spin-dfs found 408,761 states, but there are 408,762",
        "mcs:Proc=5: rumur-1 took 9 transitions, but virtspec-1 1,000,000",
    ]
    assert "DIFFERENT ANSWERS  mcs:Proc=5: spin-dfs found 408,761" in table(*rows)


def test_where_nothing_is_known_the_checkers_are_compared() -> None:
    comparison = Comparison(instance("mcs:Proc=7"), [row("virtspec-1", 1, 1), row("spin-dfs", 1, 1, states=1)])
    assert comparison.disagreements == ["mcs:Proc=7: spin-dfs found 1 states, but virtspec-1 found 408,762"]


def test_one_round_that_differs_is_enough() -> None:
    good = row("spin-dfs", 1, 1)
    odd = replace(good.samples[1], found=Found(408_762, 7))
    comparison = Comparison(
        instance("mcs:Proc=5"), [row("virtspec-1", 1, 1), replace(good, samples=(good.samples[0], odd))]
    )
    assert comparison.disagreements == ["mcs:Proc=5: spin-dfs took 7 transitions, but virtspec-1 1,000,000"]


def test_where_verdicts_differ_there_are_no_ratios() -> None:
    comparison = comparison_of(live("virtspec-2", 0.5, 0.75), live("spin", 2.0, 3.0, VIOLATED))
    assert comparison.disagreements == ["peterson:N=4,L=3: spin says violated, but it holds"]
    _, _, ours, spin, last = (plain(line) for line in shown(comparison))
    assert ours.split() == ["virtspec-2", "holds", "262,602", "-", "0.75", "-", "16", "125"]
    assert spin.split() == ["spin", "violated", "65,650", "-", "3.00", "-", "16", "125"]
    assert last == "  DIFFERENT ANSWERS  peterson:N=4,L=3: spin says violated, but it holds"
    [figures] = as_json([comparison])
    assert [c["speed_ratio"] | c["whole_ratio"] for c in figures["checkers"]] == [{"virtspec-2": None}] * 2


def test_a_claim_that_nobody_finds_true_is_told() -> None:
    comparison = comparison_of(live("virtspec-2", 0.5, 0.75, VIOLATED), live("spin", 2.0, 3.0, VIOLATED))
    assert len(comparison.disagreements) == 2


FALSE_TLC = """\
#!/bin/sh
echo 'Model checking completed. No error has been found.'
echo '172 states generated, 92 distinct states found, 0 states left on queue.'
echo 'The depth of the complete state graph search is 11.'
"""


FALSE_LIVE_TLC = """\
#!/bin/sh
echo 'Error: Temporal properties were violated.'
echo '1633 states generated, 590 distinct states found, 0 states left on queue.'
exit 13
"""


def test_a_peer_that_counts_otherwise_makes_it_fail(checkout: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = checkout / "bin"
    programs.mkdir()
    (programs / "java").write_text(FALSE_TLC)
    (programs / "java").chmod(0o755)
    (checkout / "false.jar").touch()
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    peer = ("--peers", "tlc", "--tlc-jar", "false.jar", "--workers", "1")
    done = run("bench", "--sizes", TINY, "--repeat", "1", "--record", *peer)
    assert done.code == 1
    assert f"{TINY}: tlc-1 found 92 states, but there are 93\n" in done.out
    assert "The answers differ" in done.out
    assert not (checkout / HISTORY).exists()


def test_a_search_of_spin_without_fairness_is_no_search_for_liveness() -> None:
    report = "\tacceptance   cycles \t+ (fairness disabled)\nState-vector 48 byte, depth reached 9, errors: 0\n"
    ran = Ran(0, f"{report}     4460 states, stored\n", "", 0.1, 0.1, None, 0.0, False)
    with pytest.raises(Failed):
        LiveSpin(ROOT).read(ran)
    found = LiveSpin(ROOT).read(replace(ran, output=ran.output.replace("disabled", "enabled")))
    assert found == Found(None, None, product_states=4_460)


# --- real runs -------------------------------------------------------------------------------------------------------


@needs_a_peer
def test_every_checker_that_is_installed_counts_the_same(checkout: Path, run: Run) -> None:
    options = ("--repeat", "2", "--peers", ",".join(INSTALLED), "--workers", "1", "--format", "json")
    done = run("bench", "--sizes", "dining:N=5", *options)
    assert (done.code, done.err) == (0, "")
    line = json.loads(done.out)
    assert (line["kind"], line["repeat"], line["missing"]) == ("bench", 2, {})
    assert set(INSTALLED) < set(line["versions"])
    [figures] = line["instances"]
    assert {(c["states"], c["transitions"]) for c in figures["checkers"]} == {(1_364, 5_655)}
    assert len(figures["checkers"]) == 1 + 2 * ("spin" in INSTALLED) + ("rumur" in INSTALLED)


@pytest.mark.parametrize("one", ["peterson:N=3,L=1", "mcs:Proc=2", "ring:P=1,C=1,K=2"])
def test_every_checker_that_is_installed_gives_the_same_verdict_on_liveness(checkout: Path, run: Run, one: str) -> None:
    peers = ("--peers", "spin") if "spin" in INSTALLED else ("--no-peers",)
    done = run("bench", "--liveness", "--sizes", one, "--repeat", "1", *peers, "--workers", "2", "--format", "json")
    assert (done.code, done.err) == (0, "")
    line = json.loads(done.out)
    assert (line["kind"], line["missing"]) == ("liveness", {})
    [figures] = line["instances"]
    assert figures["claim"] == CLAIMS[one.partition(":")[0]].says
    assert [c["checker"] for c in figures["checkers"]] == ["virtspec-2", *(["spin"] if "spin" in INSTALLED else [])]
    assert {c["verdict"] for c in figures["checkers"]} == {"holds"}


def test_a_peer_that_says_otherwise_of_liveness_makes_it_fail(
    checkout: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = checkout / "bin"
    programs.mkdir()
    (programs / "java").write_text(FALSE_LIVE_TLC)
    (programs / "java").chmod(0o755)
    (checkout / "false.jar").touch()
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    peer = ("--peers", "tlc", "--tlc-jar", "false.jar", "--workers", "1")
    done = run("bench", "--liveness", "--sizes", "peterson:N=3,L=1", "--repeat", "1", "--record", *peer)
    assert done.code == 1
    assert "peterson:N=3,L=1: tlc-1 says violated, but it holds\n" in done.out
    assert "The answers differ" in done.out and "1.00x" not in done.out
    assert not (checkout / HISTORY).exists()


def test_record_appends_a_line_that_names_no_machine(checkout: Path, run: Run) -> None:
    (checkout / HISTORY).write_text('{"kind": "oracle"}\n')
    done = run("bench", "--sizes", TINY, "--repeat", "1", "--no-peers", "--workers", "1", "--record")
    assert done.code == 0
    assert done.out.endswith(f"All checkers agree on 1 instance.\nRecorded: {HISTORY}\n")
    first, second = (checkout / HISTORY).read_text().splitlines()
    assert first == '{"kind": "oracle"}'
    line = json.loads(second)
    assert set(line) == {"kind", "date", "host", "versions", "repeat", "missing", "instances"}
    assert set(line["host"]) == {"cpu", "cores", "memory_gib", "system", "python"}
    assert line["instances"][0]["checkers"][0]["states"] == 93
    assert str(checkout) not in second


def test_what_is_not_done_in_time_is_no_pass(checkout: Path, run: Run) -> None:
    done = run("bench", "--sizes", TINY, "--repeat", "2", "--no-peers", "--workers", "1", "--timeout", "0.01")
    assert done.code == 3
    assert "virtspec-1  failed: not done in 0.01 s\n" in done.out
    assert "1 search gave no verdict" in done.out


@needs_a_peer
def test_a_verifier_that_cannot_be_built_is_a_failure(
    checkout: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spin, "build", lambda self, instance, folder: [["spin", "-a", "nowhere.pml"]])
    done = run("bench", "--sizes", TINY, "--repeat", "1", "--peers", "spin", "--workers", "1")
    assert done.code == 3
    assert "spin-dfs  failed: it cannot be built, exit code" in done.out


def test_ctrl_c_keeps_what_is_measured_and_records_nothing(
    checkout: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(one: Instance, *args: object) -> Comparison:
        if str(one) == TINY:
            return Comparison(one, [row("virtspec-1", 1, 1, 93)])
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "compare", interrupted)
    done = run("bench", "--sizes", TINY, "mcs:Proc=3", "--no-peers", "--record")
    assert done.code == 130
    assert f"{TINY}  93 states\n" in done.out
    assert "Interrupted; 1 instance measured.\nRecorded: nothing" in done.out
    assert not (checkout / HISTORY).exists()
