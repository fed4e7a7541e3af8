"""LLaMA-Factory's `generated_predictions.jsonl`, of all its templates."""

import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.predictions import read

QUESTION = "Answer with a letter.\nQuestion: Which of these is a metal?\nA. wood\nB. glass\nC. cloth\nD. iron"
TEMPLATES = {
    "baichuan2": "<reserved_106>{}<reserved_107>",
    "chatml": "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
    "cohere": "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>{}<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    "cpm": "<用户>{}<AI>",
    "deepseek": "<｜begin▁of▁sentence｜>User: {}\n\nAssistant:",
    "deepseek3": "<｜begin▁of▁sentence｜><｜User｜>{}<｜Assistant｜>",
    "exaone": "[|user|]{}\n[|assistant|]",
    "gemma": "<bos><start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
    "gemma4": "<bos><|turn>user\n{}<turn|>\n<|turn>model\n",
    "gpt_oss": "<|start|>user<|message|>{}<|end|><|start|>assistant",
    "kimi": "<|im_user|>user<|im_middle|>{}<|im_end|><|im_assistant|>assistant<|im_middle|>",
    "llama2": "<s>[INST] {} [/INST]",
    "llama3 without special tokens": "user\n\n{}assistant\n\n",
    "minimax1": "<beginning_of_sentence>user name=user\n{}<end_of_sentence>\n<beginning_of_sentence>ai name=ai\n",
    "minimax2": "]~b]user\n{}[e~[\n]~b]ai\n",
    "openchat": "GPT4 Correct User: {}<|end_of_turn|>GPT4 Correct Assistant:",
    "seed_oss": "<seed:bos>user\n{}<seed:eos><seed:bos>assistant\n",
    "telechat": "<_user>{}<_bot>",
    "vicuna": "USER: {} ASSISTANT:",
    "yi_vl": "### Human: {}\n### Assistant:",
    "ziya": "<human>:{}\n<bot>:",
}


def only(tmp_path, predict, label, prompt=TEMPLATES["chatml"]):
    path = tmp_path / "generated_predictions.jsonl"
    row = {"prompt": prompt.format(QUESTION), "predict": predict, "label": label}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    (prediction,) = read(path, "en")
    return prediction


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_mark_of_a_template_sticks_to_an_option(tmp_path, template):
    prediction = only(tmp_path, "iron", "iron", TEMPLATES[template])
    assert prediction.options == ("wood", "glass", "cloth", "iron")
    assert (prediction.choices, prediction.gold) == ((3,), 3)
    assert prediction.stem == "Question: Which of these is a metal?"


@pytest.mark.parametrize(
    "end", ["<｜end▁of▁sentence｜>", "<|im_end|>", "<turn|>", "</s>", "<seed:eos>", "[|endofturn|]"]
)
def test_the_end_of_a_turn_is_no_part_of_the_answer(tmp_path, end):
    prediction = only(tmp_path, f"D{end}", f"D{end}")
    assert (prediction.choices, prediction.gold) == ((3,), 3)


@pytest.mark.parametrize(
    ("label", "gold"),
    [
        ("B", 1),
        ("(B)", 1),
        ("<think>\n\n</think>\n\nB", 1),
        ("<think>\nA is wood. So D.\n</think>\n\nAnswer: D", 3),
        ("Iron is hard and shines.\n\nAnswer: D", 3),
        ("Explanation: A. is wood, which is none.\nAnswer: D. iron", 3),
        ("(A) is wood.\nThe answer is (D).", 3),
        ("D. a metal", 3),
        ("iron", 3),
        ("", -1),
    ],
)
def test_a_label_is_a_letter_an_option_or_an_explanation(tmp_path, label, gold):
    assert only(tmp_path, "D", label).gold == gold


@pytest.mark.parametrize("label", ["E", "steel", "It depends."])
def test_a_label_that_is_no_option_is_refused(tmp_path, label):
    with pytest.raises(CalmError, match=r"row 0: the gold answer '.*' is none of the 4 options; correct the row"):
        only(tmp_path, "D", label)


def test_a_question_stands_above_a_line_that_only_says_that_options_follow(tmp_path):
    path = tmp_path / "generated_predictions.jsonl"
    prompt = "Answer with a letter.\nWhich of these is a metal?\n\nOptions:\nA. wood\nB. iron"
    path.write_text(json.dumps({"prompt": prompt, "predict": "B", "label": "B"}) + "\n", encoding="utf-8")
    (prediction,) = read(path, "en")
    assert (prediction.stem, prediction.options) == ("Which of these is a metal?\nOptions:", ("wood", "iron"))


def test_more_than_ten_options_are_read(tmp_path):
    path = tmp_path / "generated_predictions.jsonl"
    options = [f"option {letter.lower()}" for letter in "ABCDEFGHIJKL"]
    lines = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCDEFGHIJKL", options, strict=True))
    row = {"prompt": f"Which one?\n{lines}", "predict": "L", "label": "K"}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    (prediction,) = read(path, "en")
    assert (prediction.options, prediction.gold, prediction.choices) == (tuple(options), 10, (11,))
