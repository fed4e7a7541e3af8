"""What came of a loop or a study, in a few lines (figures are invented)."""

from pathlib import Path

from calm_harness.report.outcome import Best, LoopEvaluation, LoopOutcome, WithoutLabels
from calm_harness.report.training import brief
from tests.report.test_arrows import evaluation, measured, study

FOLDER = Path("runs/my demo")
BASE, FIRST, SECOND = measured(0.4, 0.3), measured(0.45, 0.5, {"acc": 0.4, "consistency": 0.3}), measured(0.1, 0.2)


def loop(kept, rounds):
    signal = WithoutLabels(None, None, None)
    best = Best(kept, f"round{kept}/dpo" if kept else None, "it was so")
    evaluations = {"mini test": LoopEvaluation(60, ["en", "fr"], rounds)}
    return brief.loop(LoopOutcome(evaluations, [signal] * len(rounds), {}, best), FOLDER, "loop.log").splitlines()


def test_the_round_that_is_kept_is_held_against_the_base_model():
    assert loop(1, [BASE, FIRST, SECOND]) == [
        "",
        "mini test: 60 questions in en, fr",
        "               base model            round 1               difference",
        "  acc          0.400 [0.370, 0.430]  0.450 [0.420, 0.480]  +0.050 [+0.020, +0.080]",
        "  consistency  0.300 [0.270, 0.330]  0.500 [0.470, 0.530]  +0.200 [+0.170, +0.230]",
        "",
        "95% intervals over questions, differences paired by question.",
        "",
        "report       runs/my demo/report.md",
        "adapter      runs/my demo/round1/dpo",
        "log          runs/my demo/loop.log",
        "leaderboard  calm report 'runs/my demo' --output 'runs/my demo/leaderboard'",
    ]


def test_a_round_that_is_not_kept_is_shown_as_such():
    lines = loop(0, [BASE, FIRST])
    assert lines[2].split() == ["base", "model", "round", "1,", "which", "is", "not", "kept", "difference"]
    assert "adapter      none: the base model is kept" in lines


def test_a_loop_that_reports_nothing_says_where_its_files_are():
    signal = WithoutLabels(None, None, None)
    text = brief.loop(LoopOutcome({}, [signal], {}, Best(1, "round1/dpo", "")), FOLDER, "loop.log")
    assert "adapter      runs/my demo/round1/dpo" in text


def test_what_is_not_measured_has_no_row_and_what_is_undefined_no_figure():
    undefined = {"value": None, "stderr": None, "interval": [None, None]}
    base = measured(0.4, 0.3)
    base = type(base)({"em": base.metrics["acc"], "consistency": undefined})
    lines = loop(1, [base, base])
    assert [line.split()[0] for line in lines[3:5]] == ["em", "consistency"]
    assert lines[4] == "  consistency"


def test_the_arms_of_a_study_stand_beneath_each_other():
    told = study(unseen=evaluation({"crosslingual": (0.1, 0.2), "english": (0, 0.1)}))
    lines = brief.study(told, FOLDER, "study.log").splitlines()
    assert lines[1:7] == [
        "unseen: 60 questions in en, zh",
        "                            base model            after                 difference",
        "  crosslingual acc          0.400 [0.370, 0.430]  0.500 [0.470, 0.530]  +0.100 [+0.070, +0.130]",
        "  crosslingual consistency  0.300 [0.270, 0.330]  0.500 [0.470, 0.530]  +0.200 [+0.170, +0.230]",
        "  english acc               0.400 [0.370, 0.430]  0.400 [0.370, 0.430]  +0.000 [-0.030, +0.030]",
        "  english consistency       0.300 [0.270, 0.330]  0.400 [0.370, 0.430]  +0.100 [+0.070, +0.130]",
    ]
    assert lines[-2] == "log          runs/my demo/study.log"


def test_studies_of_different_arms_have_logs_of_their_own():
    assert brief.log_of(None) == "study.log"
    assert brief.log_of(["english"]) == "study-english.log"
    assert len(brief.log_of(["a" * 200])) < 110
