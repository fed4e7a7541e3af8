"""SFT on rows of TRL's other formats, completions and texts: the tokens that TRL trains on, and what is refused."""

import json

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from calm_harness.errors import CalmError
from tests.tiny_model import write as write_tiny
from trainer import dpo, mixed, sft, translations
from trainer.training import data
from trainer.training.shared_prompts import Shared, SharedPromptSFTTrainer
from trainer.training.tokens import Writer, demonstrations, tokens

COMPLETIONS = [
    {"prompt": "Traduisez\u00a0:\n\nThe sky is blue.\n\n", "completion": "Le ciel est bleu."},
    {"prompt": "请翻译：\n\nrain\n\n", "completion": "雨"},
]
TEXTS = [{"text": "The sky is blue. Il pleut. 天空是蓝色的。"}, {"text": "Il pleut."}]
FLAGS = ["--max_steps", "2", "--save_steps", "1", "--logging_steps", "1", "--per_device_train_batch_size", "2"]
FLAGS += ["--gradient_checkpointing", "false", "--report_to", "none", "--bf16", "false"]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("tiny") / "model", seed=1)


def written(rows, folder):
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def ours(rows, side, tokenizer):
    return list(demonstrations(tokens(rows, Writer(tokenizer, (side,)))))


@pytest.mark.parametrize(("rows", "side"), [(COMPLETIONS, "completion"), (TEXTS, "text")])
def test_completions_and_texts_are_the_tokens_that_trl_trains_on(rows, side, tiny_model, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    settings = SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none")
    stock = SFTTrainer(str(tiny_model), settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
    wanted = [{name: row[name] for name in ("input_ids", "labels")} for row in stock.train_dataset]
    found = ours(rows, side, tokenizer)
    assert found == wanted
    assert [row["labels"][-1] for row in found] == [tokenizer.eos_token_id] * 2
    learned = [tokenizer.decode([token for token in row["labels"] if token != -100]) for row in found]
    beginning = "" if side == "completion" else "<bos>"
    assert learned == [f"{beginning}{row[side]}<eos>" for row in rows]


@pytest.mark.parametrize(("rows", "side", "shared"), [(COMPLETIONS, "completion", True), (TEXTS, "text", False)])
def test_the_loss_is_trls_and_texts_share_no_prompt(rows, side, shared, tiny_model, monkeypatch):
    answered = []
    answer = Shared._answer
    monkeypatch.setattr(Shared, "_answer", lambda *given: answered.append(1) or answer(*given))
    losses = []
    for kind in (SFTTrainer, SharedPromptSFTTrainer):
        settings = SFTConfig(
            output_dir=str(tiny_model.parent / "loss"), use_cpu=True, bf16=False, report_to="none", max_steps=1,
            per_device_train_batch_size=2, learning_rate=1e-3, gradient_checkpointing=False, save_strategy="no",
            logging_steps=1,
        )  # fmt: skip
        examples = Dataset.from_list(ours(rows, side, AutoTokenizer.from_pretrained(tiny_model)))
        trainer = kind(str(tiny_model), settings, train_dataset=examples)
        trainer.train()
        losses.append([entry["loss"] for entry in trainer.state.log_history if "loss" in entry])
    assert losses[1] == pytest.approx(losses[0], abs=1e-4)
    assert len(losses[0]) == 1
    assert bool(answered) is shared


def test_each_row_is_learned_once(tiny_model):
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert len(ours([*TEXTS, TEXTS[0]], "text", tokenizer)) == 2
    assert len(ours([*COMPLETIONS, COMPLETIONS[0]], "completion", tokenizer)) == 2


def test_the_first_row_tells_the_format(tmp_path):
    formats = [data.COLUMNS, data.COMPLETION, data.TEXT]
    assert data.load(str(written(COMPLETIONS, tmp_path)), formats).columns == ("prompt", "completion")
    assert data.load(str(written(TEXTS, tmp_path)), formats).columns == ("text",)
    pair = {"prompt": "Q:", "chosen": " a", "rejected": " b"}
    assert data.load(str(written([pair], tmp_path)), formats).columns == ("prompt", "chosen", "rejected")


@pytest.fixture
def failure(capsys, tiny_model, tmp_path):
    """What a command says of rows, in its one line."""

    def run(rows, *more, command=sft):
        argv = ["--pairs", str(written(rows, tmp_path)), "--model_name_or_path", str(tiny_model)]
        capsys.readouterr()
        assert command.main([*argv, "--output_dir", str(tmp_path / "out"), *FLAGS, *more]) == 1
        (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer."))
        assert not (tmp_path / "out" / "adapter_model.safetensors").exists()
        return line

    return run


def test_rows_of_no_format_are_one_line(failure):
    assert "has no column chosen, rejected, or completion, or text (it has: prompt)" in failure([{"prompt": "Q"}])
    assert "rows.jsonl row 1: text must be a text, and not empty" in failure([TEXTS[0], {"text": ""}])
    assert "rows.jsonl row 0: text must be a text" in failure([{"text": [{"role": "user", "content": "a"}]}])
    assert "row 1: prompt and completion must be texts, or lists of messages, and not empty" in failure(
        [COMPLETIONS[0], {"prompt": "Q", "completion": None}]
    )
    assert "row 1: prompt and completion must be texts" in failure([COMPLETIONS[0], TEXTS[0]])
    assert "has no column chosen, rejected (it has: prompt, completion)" in failure(COMPLETIONS, command=dpo)
    assert "all 2 texts are longer than 2 tokens; raise --max_length" in failure(TEXTS, "--max_length", "2")
    asked = [{"role": "user", "content": "Q"}]
    said = [{"role": "assistant", "content": "a"}]
    assert "has no chat template, and these pairs are messages" in failure([{"prompt": asked, "completion": said}])


STEM = "Which planet is known for its large, bright rings?"  # of mini's test


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": f"Traduisez\u00a0:\n\n{STEM}\n\n", "completion": "Laquelle ?"},
        {"prompt": "Translate into English:\n\n哪颗行星？\n\n", "completion": STEM},
        {"prompt": "Q", "completion": "A", "stem": "Q", "source_stem": STEM},
        {"text": f"Der Himmel ist blau. {STEM} Saturne."},
    ],
    ids=["prompt", "completion", "source", "text"],
)
def test_a_question_of_a_test_is_found_wherever_it_stands(row, failure):
    rows = [row]
    assert "1 questions of these pairs are in mini:test: row 0 in an unnamed language" in failure(rows)


def test_evaluated_questions_are_let_in_by_no_vote_at_all(failure):
    assert "or leave transductive out" in failure(TEXTS, "--transductive", "true")


@pytest.mark.slow
@pytest.mark.parametrize("command", [translations, mixed])
def test_a_training_on_what_is_made_goes_on_after_a_cut(command, tiny_model, tmp_path, monkeypatch):
    made = ["--parallel", "mini:train", "--languages", "en", "fr", "de", "--output", str(tmp_path / "made")]
    assert command.main(made) == 0

    def train(output):
        argv = ["--pairs", str(tmp_path / "made"), "--model_name_or_path", str(tiny_model), "--output_dir", str(output)]
        return sft.main([*argv, *FLAGS])

    assert train(tmp_path / "whole") == 0
    compute = SharedPromptSFTTrainer.compute_loss

    def cut(self, *args, **kwargs):
        if self.state.global_step == 1:
            raise CalmError("cut off")
        return compute(self, *args, **kwargs)

    monkeypatch.setattr(SharedPromptSFTTrainer, "compute_loss", cut)
    assert train(tmp_path / "cut") == 1
    assert (tmp_path / "cut/checkpoint-1").is_dir()
    assert not json.loads((tmp_path / "cut/training.json").read_text("utf-8"))["finished"]
    monkeypatch.setattr(SharedPromptSFTTrainer, "compute_loss", compute)
    assert train(tmp_path / "cut") == 0
    records = [json.loads((tmp_path / name / "training.json").read_text("utf-8")) for name in ("whole", "cut")]
    assert [record["steps"] for record in records] == [2, 2]
    whole, went_on = (record["cost"] for record in records)
    assert whole["tokens"] == went_on["tokens"]
    assert whole["learned_tokens"] == went_on["learned_tokens"] > 0
    asked = whole["tokens"] - whole["learned_tokens"]  # of texts all is learned, of demonstrations the answer
    assert asked > 0 if command is translations else asked == 0
    assert min(whole["seconds"], went_on["seconds"]) > 0
    assert records[0]["identity"] == records[1]["identity"]
    weights = [load_file(tmp_path / name / "adapter_model.safetensors") for name in ("whole", "cut")]
    assert all(torch.allclose(weight, weights[1][name], atol=1e-6) for name, weight in weights[0].items())
    kind = "demonstrations" if command is translations else "texts"
    assert records[1]["pairs"]["kind"] == kind
    card = (tmp_path / "cut/README.md").read_text("utf-8")
    assert f"after SFT on {records[1]['pairs']['count']} {kind} of 100 questions or passages" in card
    assert (tmp_path / "cut/trained_on.txt").read_text("utf-8").count("\n") > 100
