"""Meta-learning: tasks are of one language, and the outer step goes a part of the way to where the inner ones led."""

import json
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from calm_harness.errors import CalmError
from tests import chat_models
from trainer import meta
from trainer.methods.meta import Reptile, in_tasks

TEXTS = {"en": "Is fire hot or cold?", "fr": "Où est le chat ?", "it": "Dov'è il gatto?"}


def test_a_task_is_of_one_language_and_all_whole_tasks_are_taken():
    languages = ["fr", "en", "fr", "en", "fr", "en", "en", "fr", "fr"]  # 5 and 4
    order = in_tasks(languages, 2, seed=0)
    assert len(order) == len(set(order)) == 8  # two tasks of each; the fifth French pair fills none
    assert sorted(languages[number] for number in order) == ["en"] * 4 + ["fr"] * 4
    assert all(languages[one] == languages[other] for one, other in zip(order[::2], order[1::2], strict=True))
    assert order == in_tasks(languages, 2, seed=0)
    assert {tuple(in_tasks(languages, 2, seed=seed)) for seed in range(5)} != {tuple(order)}


def test_too_few_pairs_and_one_language_alone_are_refused():
    with pytest.raises(CalmError, match=r"en has 1 pairs, and a task is 2"):
        in_tasks(["fr", "fr", "en"], 2, seed=0)
    with pytest.raises(CalmError, match="all pairs are in fr; meta-learning is from several languages"):
        in_tasks(["fr", "fr"], 2, seed=0)


def test_the_outer_step_goes_part_of_the_way_and_ever_less():
    """Two tasks of two steps, of size .5 and then half of that: 0 + .5 (1 − 0) = .5, and .5 + .25 (2.5 − .5) = 1."""
    model = torch.nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0.0)
    optimizer = torch.optim.SGD(model.parameters(), momentum=0.9)
    reptile, state = Reptile(2, 0.5), SimpleNamespace(max_steps=4, global_step=0)

    def after(step, weight):
        model.weight.data.fill_(weight)
        optimizer.state[model.weight] = {"momentum_buffer": torch.ones(1, 1)}
        state.global_step = step
        reptile.on_step_end(None, state, None, model=model, optimizer=optimizer)
        return float(model.weight)

    reptile.on_train_begin(None, state, None, model=model)
    assert after(1, 0.7) == pytest.approx(0.7)  # within a task
    assert optimizer.state
    assert after(2, 1.0) == pytest.approx(0.5)
    assert not optimizer.state  # what the next language's steps must not go by
    assert after(3, 9.0) == pytest.approx(9.0)
    assert after(4, 2.5) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    tokenizer = chat_models.tokenizer_of("llama3", TEXTS.values())
    return chat_models.write(tmp_path_factory.mktemp("base") / "model", "llama3", tokenizer)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    rows = [
        {
            "prompt": text * (40 if (language, number) == ("it", 3) else 1) + str(number),
            "chosen": " a",
            "rejected": " b",
            "format": "cloze",
            "language": language,
        }
        for number in range(4)
        for language, text in TEXTS.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    return path


def flags(pairs, base, folder, *more):
    return [
        "--pairs", str(pairs), "--model_name_or_path", str(base), "--output_dir", str(folder), "--inner_steps", "2",
        "--per_device_train_batch_size", "2", "--logging_steps", "1", "--bf16", "false", "--report_to", "none",
        "--learning_rate", "0.01", *more,
    ]  # fmt: skip


def test_an_adapter_is_meta_learned_and_an_outer_step_of_less_ends_nearer_to_the_start(pairs, base, tmp_path):
    """A LoRA's B begins at 0, so its size says how far it went."""
    sizes = []
    for rate in ("1.0", "0.1"):
        folder = tmp_path / rate
        assert meta.main(flags(pairs, base, folder, "--outer_learning_rate", rate)) == 0
        record = json.loads((folder / "training.json").read_text())
        assert (record["method"], record["steps"]) == ("META", 6)  # three tasks of two steps
        weights = load_file(folder / "adapter_model.safetensors")
        sizes.append(sum(float(weight.norm()) for name, weight in weights.items() if "lora_B" in name))
    assert 0 < sizes[1] < sizes[0] / 2


@pytest.fixture
def command_line(pairs, base, tmp_path):
    return flags(pairs, base, tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--max_steps", "3"], "--max_steps 3 ends within a task of 2 --inner_steps; take a multiple"),
        (["--outer_learning_rate", "2"], "--outer_learning_rate above 0 and at most 1"),
        (["--inner_steps", "4"], "en has 4 pairs, and a task is 8 (--inner_steps times the batch)"),
        (["--max_length", "40"], "1 pairs are longer than 40 tokens, so that it is not known whose language"),
    ],
)
def test_what_makes_no_tasks_ends_in_one_line(more, said, command_line, capsys):
    assert meta.main([*command_line, *more]) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer.meta: "))
    assert said in line
