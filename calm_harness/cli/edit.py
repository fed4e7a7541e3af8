"""`calm edit`: tell a model a new fact in one language, and ask for it in another."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.cache import is_done
from calm_harness.errors import CalmError
from calm_harness.files import only_writer
from calm_harness.report.tables import where
from calm_harness.runtime import processes
from calm_harness.stages import Stages
from calm_harness.task.checks import check_model, check_output
from retrieval.text import printable

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.probes.editing.plan import Plan
    from calm_harness.probes.editing.weights import Settings
    from calm_harness.questions.facts import FactSet

DESCRIPTION = """Tell a model a new fact in one language and ask for it in another: in context, where a statement of it
stands before the question, or in weights, which a few steps of training change and which are put back then, bit for
bit. Success (the new answer over the old one) and locality (other questions answered as before) are written by language
of the edit and of the question, beside what the model prefers without an edit and after another fact's
(docs/probes.md). A run that was ended goes on when its command is given again. All that is said meanwhile is in
edit.log.
"""
EXAMPLES = """examples:
  calm edit --model hf-prefix --model_args pretrained=~/gemma,dtype=float32 --batch_size auto \\
    --facts mini --in context --languages en,de,zh --edits 20 --output_path runs/edit
  calm edit ... --facts mini --in weights --method full --output_path runs/edit_weights
  calm edit ... --facts mlake@~/MLaKE --in context --output_path runs/mlake

Facts: mini, bmlama (or bmlama@FOLDER), and your own copies: mlake@FOLDER, bmike@FOLDER/data/BMIKE53/CounterFact.
"""
REPORT = "edit"
LOG = "edit.log"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `edit` to the command line."""
    command = subparsers.add_parser(
        "edit",
        help="tell a model a new fact in one language, ask in another",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--model", default="hf-prefix", help="a model class of lm-eval (hf-prefix)")
    command.add_argument("--model_args", required=True, metavar="ARGS", help="as lm-eval's: pretrained=..., dtype=...")
    command.add_argument("--device", help="as lm-eval's")
    command.add_argument("--batch_size", default="auto", help="as lm-eval's (auto; with hf give a number)")
    command.add_argument("--facts", required=True, metavar="SET", help="mini, bmlama, mlake@FOLDER or bmike@FOLDER")
    command.add_argument(
        "--in", dest="place", required=True, choices=("context", "weights"), help="where a fact is told"
    )
    command.add_argument("--languages", type=_tags, metavar="LIST", help="of edits and questions; all of the set's")
    command.add_argument("--edits", type=int, default=20, metavar="N", help="facts that are edited (20)")
    command.add_argument("--seed", type=int, default=0, help="of the facts and new answers that are drawn (0)")
    command.add_argument("--output_path", required=True, type=Path, metavar="DIR", help="where the run is to lie")
    command.add_argument("-v", "--verbose", action="store_true", help=f"show all that goes to {LOG}")
    weights = command.add_argument_group("in weights")
    weights.add_argument("--method", choices=("lora", "full"), help="which weights learn a fact (lora)")
    weights.add_argument("--learning_rate", type=float, metavar="RATE", help="of AdamW")
    weights.add_argument("--steps", type=int, metavar="N", help="for each fact")
    command.set_defaults(run=run)


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))


@dataclass(frozen=True)
class Run:
    """A run: where it lies, of what inputs it is, and what is done.

    Attributes:
        folder: where it lies.
        config: lm-eval's reading of the model's flags.
        facts: what can be edited.
        plan: what is edited and asked.
        place: where facts are told.
        settings: how weights are edited; None where they are not.
        seed: of what is drawn.
    """

    folder: Path
    config: EvaluatorConfig
    facts: FactSet
    plan: Plan
    place: str
    settings: Settings | None
    seed: int


def run(args: argparse.Namespace) -> int:
    """Edit and ask what was not asked yet, and write and print the tables.

    Raises:
        CalmError: what is asked for does not fit together, facts cannot be read, or the folder holds a run of other
            inputs.
    """
    stages = Stages(verbose=args.verbose)
    with stages.heard():
        it = _planned(args)
        inputs = _inputs(it)
        is_done(it.folder, inputs)
        check_output(str(it.folder))
    with only_writer(it.folder), stages.logged(it.folder / LOG):
        stages.say(
            f"{args.facts}, {len(it.plan.edits)} edits in {args.place}; all that is said is in {it.folder / LOG}"
        )
        stages.once("edit and ask")(it.folder, inputs, lambda: _ask(it, inputs))
        with stages.stage("tables"):
            text = _write(it, inputs)
        stages.say("\n".join(["", text, *map(printable, where(it.folder, f"{REPORT}.md", LOG))]))
    return 0


def _planned(args: argparse.Namespace) -> Run:
    """Lay out a run, of which all is seen that can be before a model is loaded. Errors as of `run`."""
    from calm_harness.evaluation import configure
    from calm_harness.models.adapters import check_base
    from calm_harness.probes.editing.plan import plan
    from calm_harness.questions.facts import load

    settings = _settings(args)
    if processes() > 1:
        raise CalmError("calm edit runs in one process; start it without torchrun or accelerate")
    flags = {"model": args.model, "model_args": args.model_args, "batch_size": args.batch_size, "device": args.device}
    # lm-eval reads no command line without a task; this one names none.
    words = [f"--{name}={value}" for name, value in flags.items() if value is not None]
    config = configure([*words, "--tasks=edit"])
    check_model(config.model_args)
    check_base(config.model_args)
    _check_engine(config.model, args.place)
    facts = load(args.facts, languages=args.languages, seed=args.seed)
    planned = plan(facts, args.edits, args.seed)
    return Run(args.output_path.expanduser(), config, facts, planned, args.place, settings, args.seed)


def _settings(args: argparse.Namespace) -> Settings | None:
    """Return how weights are edited; None where they are not."""
    from calm_harness.probes.editing.settings import settings

    given = {name: getattr(args, name) for name in ("method", "learning_rate", "steps")}
    if args.place == "weights":
        return settings(**given)
    for name, value in given.items():
        if value is not None:
            raise CalmError(f"--{name} is of edits --in weights; leave it out")
    return None


def _check_engine(name: str, place: str) -> None:
    """See that a model class gives log-likelihoods, and for edits in weights has weights.

    Raises:
        CalmError: it does not.
    """
    from calm_harness.models.engines import ENGINES

    if name in ENGINES and not ENGINES[name].scores:
        raise CalmError(f"--model {name} gives no log-likelihoods of options; take one that does, as local-completions")
    if place == "weights" and (name not in ENGINES or ENGINES[name].adapter != "peft"):
        raise CalmError(f"--in weights: the weights of --model {name} cannot be changed here; take hf-prefix or hf")


def _inputs(it: Run) -> dict[str, Any]:
    """Lay out what decides the run, as content."""
    from calm_harness.runtime import versions
    from calm_harness.task.inputs import inputs

    content = inputs(it.config, {"facts": it.facts.digest})
    packages = versions(("peft",)) if it.settings and it.settings.method == "lora" else {}
    edit = {"in": it.place, "edits": len(it.plan.edits), "seed": it.seed}
    edit |= {"settings": asdict(it.settings) if it.settings else None}
    return {**content, "versions": content["versions"] | packages, "edit": edit}


def _ask(it: Run, inputs: dict[str, Any]) -> None:
    """Load the model, and ask what is not in the record."""
    from calm_harness.evaluation import load_model
    from calm_harness.probes.editing.record import Record
    from calm_harness.probes.editing.run import ask

    record = Record(it.folder, inputs)
    lm = load_model(it.config)
    editor = None
    if it.settings is not None:
        from calm_harness.probes.editing.weights import Editor

        editor = Editor(lm, it.settings, it.seed)
    ask(lm, it.facts, it.plan, record, editor)


def _write(it: Run, inputs: dict[str, Any]) -> str:
    """Write the tables of a run that is finished, and return them as Markdown."""
    from calm_harness.probes.editing.outcome import outcome
    from calm_harness.probes.editing.record import Record
    from calm_harness.probes.editing.tables import laid_out, probe, to_csv, to_markdown
    from calm_harness.probes.files import save

    found = outcome(it.plan, it.facts.score, Record(it.folder, inputs).lines)
    named = it.config.model_args
    about = {
        "model": str(named.get("pretrained") or named.get("model") or it.config.model),
        "facts": it.facts.name,
        "in": it.place,
        "score": it.facts.score,
        "settings": inputs["edit"]["settings"],
        "notes": list(it.facts.notes),
    }
    table = laid_out(found, about)
    text = to_markdown(table)
    save(it.folder, REPORT, table, text=text, rows=to_csv(table), probe=probe(table))
    return text
