"""What training reads and how it ends: token by token what sampling read and evaluation scores."""

import copy
import json

import pytest
from lm_eval.models.huggingface import HFLM
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate
from calm_harness.predictions import read
from calm_harness.prompts import chat
from calm_harness.questions import load
from tests.chat_models import FAMILIES, bare_tokenizer, tokenizer_of, write
from tests.conftest import log_of
from trainer.parallel.texts import Parallel
from trainer.parallel.translations import demonstration
from trainer.preferences import make
from trainer.preferences.arguments import PairArguments
from trainer.training import data
from trainer.training.tokens import Writer, demonstrations, encode_all, tokens

SIDES = ("chosen", "rejected")


@pytest.fixture(scope="module")
def texts():
    """What the tiny tokenizers are trained on: the questions of the built-in set."""
    rows = load("mini", split="train", languages=["en", "fr"]).rows
    return [f"{row.stem}\n\n{'. '.join(row.options)}\n" for row in rows]


@pytest.fixture(scope="module")
def trained(texts):
    """A tokenizer of each family."""
    return {family: tokenizer_of(family, texts) for family in FAMILIES}


@pytest.fixture
def chats(trained):
    """The same, to which a test may do what it likes."""
    return copy.deepcopy(trained)


@pytest.fixture(scope="module")
def models(trained, tmp_path_factory):
    """A tiny model of each family."""
    folder = tmp_path_factory.mktemp("families")
    return {family: write(folder / family, family, tokenizer) for family, tokenizer in trained.items()}


@pytest.fixture(scope="module")
def gemma(offline_model):
    return AutoTokenizer.from_pretrained(offline_model)


def encoded(rows, tokenizer, **more):
    return list(tokens(rows, Writer(tokenizer), **more))


# Texts ----------------------------------------------------------------------------------------------------------------


def test_options_have_the_tokens_that_evaluation_scored(cloze_log, offline_model, gemma, tmp_path):
    made = PairArguments(samples=[str(cloze_log)], output=str(tmp_path), score="pmi", vote="own", max_pairs=12)
    assert make.command(made) == 0
    scoring = HFLM(pretrained=str(offline_model), device="cpu", dtype="float32")
    rows = data.load(str(tmp_path))
    for row, found in zip(rows, encoded(rows, gemma), strict=True):
        for side in SIDES:
            context, continuation = scoring._encode_pair(row["prompt"], row[side])
            assert found["prompt_ids"] == context
            assert found[f"{side}_ids"] == continuation


def test_white_space_at_the_end_of_a_prompt_goes_to_the_option(gemma):
    row = {"prompt": "Answer: ", "chosen": "Paris", "rejected": "Rome", "format": "cloze"}
    (found,) = encoded([row], gemma)
    assert gemma.decode(found["prompt_ids"], skip_special_tokens=True) == "Answer:"
    assert gemma.decode(found["chosen_ids"]) == " Paris"
    assert found["prompt_ids"][0] == gemma.bos_token_id
    (again,) = encoded([{**row, "prompt": f"{gemma.bos_token}Answer: "}], gemma)
    assert again == found  # a rendered chat template brings its own


def test_a_response_ends_and_an_option_does_not(gemma):
    row = {"prompt": "Question: ?", "chosen": "\nyes", "rejected": "\nno"}
    (response,) = encoded([row], gemma)
    (option,) = encoded([{**row, "format": "cloze"}], gemma)
    assert response["chosen_ids"] == [*option["chosen_ids"], gemma.eos_token_id]
    assert response["rejected_ids"] == [*option["rejected_ids"], gemma.eos_token_id]
    (again,) = encoded([{**row, "chosen": f"\nyes{gemma.eos_token}"}], gemma)
    assert again == response  # a file may have written it already


def test_chosen_texts_are_learned_once(gemma):
    row = {"prompt": "Q:", "chosen": " a", "format": "cloze"}
    rows = [{**row, "rejected": " b"}, {**row, "rejected": " c"}]
    tokenised = encoded(rows, gemma)
    (found,) = demonstrations(tokens(rows, Writer(gemma, ("chosen",))))
    assert found["labels"] == [*[-100] * len(tokenised[0]["prompt_ids"]), *tokenised[0]["chosen_ids"]]
    assert found["input_ids"] == tokenised[0]["prompt_ids"] + tokenised[0]["chosen_ids"]


@pytest.fixture(scope="module")
def tokenizers(gemma, texts):
    """Real and small tokenizers, in which line ends melt into one another."""
    small = [
        PreTrainedTokenizerFast(
            tokenizer_object=bare_tokenizer([*texts, "\n\n\n" * 50], ["<eos>"], spaced=spaced), eos_token="<eos>"
        )
        for spaced in (False, True)
    ]
    return [gemma, *small]


BORDERS = [
    ("Which one?\n", "\nThe first.", "The second."),
    ("Which one?\n", "The first.", "\nThe second."),
    ("Which one?\n\n", "\n\nThe first.", "\nThe second."),
    ("Which one? Wh", "at", " none"),
    ("Which one?", " The first.", " The second."),
]


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize(("prompt", "chosen", "rejected"), BORDERS)
def test_each_side_has_its_own_tokens_over_the_border(which, prompt, chosen, rejected, tokenizers):
    tokenizer = tokenizers[which]
    (found,) = encoded([{"prompt": prompt, "chosen": chosen, "rejected": rejected}], tokenizer)
    for side, text in (("chosen", chosen), ("rejected", rejected)):
        (whole,) = encode_all(tokenizer, [prompt + text])
        assert found["prompt_ids"] + found[f"{side}_ids"] == [*whole, tokenizer.eos_token_id]
    (alone,) = encode_all(tokenizer, [prompt])
    assert found["prompt_ids"] == alone[: len(found["prompt_ids"])]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_tokens_do_melt_over_the_border_in_these_tests(which, tokenizers):
    shorter = []
    for prompt, chosen, rejected in BORDERS:
        (found,) = encoded([{"prompt": prompt, "chosen": chosen, "rejected": rejected}], tokenizers[which])
        shorter.append(len(encode_all(tokenizers[which], [prompt])[0]) - len(found["prompt_ids"]))
    assert max(shorter) > 0
    assert shorter[-1] == 0


def test_what_is_too_long_is_left_out_whole_and_counted(gemma, caplog):
    short = {"prompt": "Q:", "chosen": " a", "rejected": " b"}
    rows = [short, {**short, "rejected": " b" * 20}, {**short, "prompt": "Q: " * 20}]
    writer = Writer(gemma)
    assert list(tokens(rows, writer, 12)) == encoded([short], gemma)
    assert (writer.count.pairs, writer.count.too_long) == (3, 2)
    writer.count.warn("")
    assert caplog.messages == ["2 of 3 pairs are longer than max_length and left out"]
    assert len(list(tokens(rows, Writer(gemma, ("chosen",)), 12))) == 2  # SFT does not read what is rejected
    assert writer.count.lengths == {"all": [1, 2, 2]}  # of the pair that is left: a word and the end, on either side
    assert len(encoded(rows, gemma)) == 3


# Chats ----------------------------------------------------------------------------------------------------------------

SYSTEM = "Answer like a teacher."
SAMPLES = ["Because of that.\nAnswer: A", "Because of that.\nAnswer: A", "Or not.\nAnswer: B"]


@pytest.fixture(scope="module")
def sampled(models, tmp_path_factory):
    """Of each family, a log sampled with a system text and an example, and the tokens that the model read for it.

    A model of random weights answers nothing, so the log is given responses that do.
    """
    done = {}
    with pytest.MonkeyPatch.context() as patch:
        for family, model in models.items():
            seen, generate, batch = {}, HFLM._model_generate, HFLM.tok_batch_encode
            strings = []

            def noting(self, texts, *rest, batch=batch, strings=strings, **named):
                strings.append(texts[0])
                return batch(self, texts, *rest, **named)

            def generating(self, context, *rest, generate=generate, strings=strings, seen=seen, **named):
                seen[strings[-1]] = context[0].tolist()
                return generate(self, context, *rest, **named)

            with patch.context() as inner:
                inner.setattr(HFLM, "tok_batch_encode", noting)
                inner.setattr(HFLM, "_model_generate", generating)
                done[family] = sample(model, tmp_path_factory.mktemp(family)), seen
    return done


def sample(model, folder, *more, responses=SAMPLES):
    """Sample with a chat template, and put responses that can be voted on into the log."""
    told = {"languages": "en", "split": "train", "fewshot": "leave_one_out", "repeats": 3}
    words = [
        "--model",
        "hf",
        "--model_args",
        f"pretrained={model},dtype=float32",
        "--device",
        "cpu",
        "--batch_size",
        "1",
    ]
    words += ["--tasks", "calm_mini_xl_cot", "--metadata", json.dumps(told), "--limit", "4", "--num_fewshot", "1"]
    words += ["--apply_chat_template", "--system_instruction", SYSTEM, "--output_path", str(folder), "--log_samples"]
    evaluate([*words, "--gen_kwargs", "max_gen_toks=4", *more])
    log = log_of(folder)
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    for row in rows:
        row["resps"], row["answers"]["choice"] = [responses], 0
        assert len(row["answers"]["cut"]) == 3
        row["answers"]["cut"] = [False] * 3
        row["answers"]["truncated"] = row["answers"]["unfinished"] = False
    log.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return log


def paired(log, folder, chat, **settings):
    made = PairArguments(samples=[str(log)], output=str(folder), chat=chat, vote="own", chosen=["native"], **settings)
    assert make.command(made) == 0
    return data.load(str(folder))


@pytest.mark.parametrize("chat", [True, False], ids=["messages", "text"])
@pytest.mark.parametrize("family", FAMILIES)
def test_sampling_training_and_evaluation_read_the_same(family, chat, sampled, models, tmp_path):
    log, seen = sampled[family]
    rows = paired(log, tmp_path, chat)
    tokenizer = AutoTokenizer.from_pretrained(models[family])
    lm = HFLM(pretrained=str(models[family]), device="cpu", dtype="float32")
    prompts = {(row.question_id, row.language): row.prompt for row in read(log)}
    end = tokenizer.convert_tokens_to_ids(FAMILIES[family].end)
    assert len(rows) == 4
    for row, found in zip(rows, encoded(rows, tokenizer), strict=True):
        prompt = prompts[row["question_id"], row["language"]]
        assert SYSTEM in prompt
        assert found["prompt_ids"] == seen[prompt]  # what `generate` was given
        for side, response in (("chosen", SAMPLES[0]), ("rejected", SAMPLES[2])):
            context, continuation = lm._encode_pair(prompt, response)  # what a likelihood is taken of
            assert found["prompt_ids"] + found[f"{side}_ids"] == [*context, *continuation, end]
            assert tokenizer.decode(found[f"{side}_ids"]).strip() == response + FAMILIES[family].end


@pytest.mark.parametrize("family", FAMILIES)
def test_messages_have_the_system_text_and_the_examples(family, sampled, tmp_path):
    log, _ = sampled[family]
    first = paired(log, tmp_path, chat=True)[0]
    asked = next(row for row in read(log) if row.question_id == first["question_id"])
    system, example, answer, user = first["prompt"]
    assert system == {"role": "system", "content": SYSTEM}
    assert (example["role"], answer["role"]) == ("user", "assistant")
    assert "Answer: " in answer["content"]
    assert user == {"role": "user", "content": asked.user}
    assert first["rendered"] == asked.prompt


def test_examples_in_one_turn_and_thoughts_are_kept(models, tmp_path):
    thought = [f"<think>\nHm.\n</think>\n\n{text}" for text in SAMPLES]
    log = sample(models["qwen3"], tmp_path / "log", "--fewshot_as_multiturn", "false", responses=thought)
    rows = paired(log, tmp_path / "pairs", chat=True, thoughts=True)
    assert [message["role"] for message in rows[0]["prompt"]] == ["system", "user"]
    asked = next(row for row in read(log) if row.question_id == rows[0]["question_id"])
    assert rows[0]["prompt"][1]["content"].endswith(asked.user)
    assert len(rows[0]["prompt"][1]["content"]) > len(asked.user)  # the example, before it
    tokenizer = AutoTokenizer.from_pretrained(models["qwen3"])
    found = encoded(rows, tokenizer)[0]
    assert tokenizer.decode(found["prompt_ids"]) == rows[0]["rendered"]
    assert tokenizer.decode(found["chosen_ids"]) == f"{thought[0]}<|im_end|>"  # the template would drop the thoughts
    bare = encoded(paired(log, tmp_path / "bare", chat=True), tokenizer)[0]
    for side, response in (("chosen", SAMPLES[0]), ("rejected", SAMPLES[2])):
        assert tokenizer.decode(bare[f"{side}_ids"]) == f"{response}<|im_end|>"


def test_a_translation_as_messages_is_a_turn_of_the_template(trained):
    blue = Parallel("option", "q1", "q1", {"en": "blue", "fr": "bleu"})
    row = demonstration(blue, "en", "fr", chat=True)
    (found,) = demonstrations(tokens([row], Writer(trained["gemma3"], ("completion",))))
    tokenizer = trained["gemma3"]
    asked = "<bos><start_of_turn>user\nTraduisez le texte suivant en français\u00a0:\n\nblue<end_of_turn>\n"
    learned = [token for token in found["labels"] if token != -100]
    assert tokenizer.decode(found["input_ids"]) == f"{asked}<start_of_turn>model\nbleu<end_of_turn>"
    assert tokenizer.decode(learned) == "bleu<end_of_turn>"


def test_a_turn_stands_behind_the_tokens_that_its_prompt_had(gemma):
    """`generate` was given the prompt alone; a line end of the response does not melt into the prompt's last one."""
    row = {"prompt": "Which one?\n", "chosen": "\nThe first.", "rejected": "The second.", "format": "turn"}
    (found,) = encoded([row], gemma)
    (prompt,) = encode_all(gemma, [row["prompt"]])
    assert found["prompt_ids"] == prompt
    for side in SIDES:
        assert gemma.decode(prompt + found[f"{side}_ids"][:-1]) == gemma.bos_token + row["prompt"] + row[side]
    (whole,) = encode_all(gemma, [row["prompt"] + row["chosen"]])
    assert whole[: len(prompt)] != prompt  # they would have


@pytest.mark.parametrize("family", FAMILIES)
def test_how_a_turn_ends(family, chats):
    tokenizer = chats[family]
    assert chat.turn(tokenizer).end == FAMILIES[family].end


def test_a_template_that_does_not_end_a_turn(chats):
    tokenizer = chats["qwen3"]
    tokenizer.chat_template = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    assert chat.turn(tokenizer).end == tokenizer.eos_token
    tokenizer.chat_template = "{{ raise_exception('never') }}"
    assert chat.turn(tokenizer) is None
    tokenizer.chat_template = None
    assert chat.turn(tokenizer) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_that_opens_a_turn_is_noticed(family, chats, caplog):
    tokenizer = chats[family]
    asked = chat.render(tokenizer, [{"role": "user", "content": "Which?"}])
    writer = Writer(tokenizer)
    (found,) = tokens([{"prompt": asked, "chosen": "One", "rejected": "Two"}], writer)
    assert found["chosen_ids"][-1] == tokenizer.convert_tokens_to_ids(FAMILIES[family].end)
    writer.count.warn(writer.end_of_turn)
    end = FAMILIES[family].end
    assert caplog.messages == [
        f"1 of 1 prompts open a turn of the chat template, so their responses end with its '{end}'"
    ]
    plain = Writer(tokenizer)
    (found,) = tokens([{"prompt": "Which?\n", "chosen": "One", "rejected": "Two"}], plain)
    assert found["chosen_ids"][-1] == tokenizer.eos_token_id
    assert plain.count.turns == 0


ASKED = {"role": "user", "content": "Which?"}
CHAT = {
    "prompt": [ASKED],
    "chosen": [{"role": "assistant", "content": "One"}],
    "rejected": [{"role": "assistant", "content": "Two"}],
}


def test_messages_that_the_template_makes_another_prompt_of(chats):
    tokenizer = chats["qwen3"]
    other = chats["gemma3"]
    for read_text in (
        chat.render(other, [ASKED]),  # another model
        chat.render(tokenizer, [{"role": "system", "content": SYSTEM}, ASKED]),  # an earlier log: no system text
    ):
        with pytest.raises(CalmError, match="row 0 of the pairs: the chat template of this model makes another prompt"):
            encoded([{**CHAT, "rendered": read_text}], tokenizer)


def test_what_sampling_read_is_read_whatever_the_template_was_told(chats):
    tokenizer = chats["qwen3"]
    told = chat.render(tokenizer, [ASKED], enable_thinking=False)
    (found,) = encoded([{**CHAT, "rendered": told}], tokenizer)
    assert tokenizer.decode(found["prompt_ids"]) == told
    assert told.endswith("</think>\n\n")


def test_a_template_that_writes_the_day(chats):
    tokenizer = chats["llama3"]
    asked = chat.render(tokenizer, [ASKED])
    today = asked.partition("Today: ")[2].partition("\n")[0]
    earlier = asked.replace(today, "26 Jul 2024")
    (found,) = encoded([{**CHAT, "rendered": earlier}], tokenizer)
    assert tokenizer.decode(found["prompt_ids"]) == earlier


def test_a_system_text_that_the_template_refuses_is_left_out_as_lm_eval_does(chats):
    tokenizer = chats["gemma3"]
    refusal = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    tokenizer.chat_template = refusal + tokenizer.chat_template
    turns = [{"role": "system", "content": SYSTEM}, ASKED]
    row = {**CHAT, "prompt": turns, "rendered": chat.render(tokenizer, [ASKED])}
    (found,) = encoded([row], tokenizer)
    assert found == encoded([CHAT], tokenizer)[0]
    with pytest.raises(CalmError, match=r"refuses its messages, of roles system, user \(no system\)"):
        encoded([{**CHAT, "prompt": turns}], tokenizer)


@pytest.mark.parametrize("as_text", [False, True])
def test_a_row_may_tell_the_template_of_tools_and_more(as_text, chats):
    """In the columns that TRL reads; a data set whose tools differ from row to row has them as JSON."""
    tokenizer = chats["qwen3"]
    template = "{% for tool in tools or [] %}Tool {{ tool.name }}. {% endfor %}{{ mood or '' }}"
    tokenizer.chat_template = template + tokenizer.chat_template
    tools = [{"name": "clock"}, {"name": "map"}]
    row = {**CHAT, "tools": json.dumps(tools) if as_text else tools, "chat_template_kwargs": {"mood": "Kindly: "}}
    (found,) = encoded([row], tokenizer)
    (plain,) = encoded([CHAT], tokenizer)
    assert tokenizer.decode(found["prompt_ids"]) == "Tool clock. Tool map. Kindly: " + tokenizer.decode(
        plain["prompt_ids"]
    )
    with pytest.raises(CalmError, match="row 0 of the pairs: the chat template of this model refuses its messages"):
        encoded([{**CHAT, "tools": "clock"}], tokenizer)


def test_prompts_sampled_without_the_template_are_said(chats, caplog):
    tokenizer = chats["qwen3"]
    writer = Writer(tokenizer)
    (found,) = tokens([{**CHAT, "rendered": "Which?"}], writer)
    assert tokenizer.decode(found["prompt_ids"]) == chat.render(tokenizer, [ASKED])
    writer.count.warn(writer.end_of_turn)
    assert caplog.messages == ["1 of 1 prompts were sampled as plain text, and are trained on in the chat template"]


@pytest.mark.parametrize("chosen", [[], [{"role": "assistant"}], CHAT["chosen"] * 2, ["One"]])
def test_a_completion_that_is_no_message(chosen, chats):
    tokenizer = chats["qwen3"]
    with pytest.raises(CalmError, match="row 0 of the pairs: chosen must be one message of the assistant"):
        encoded([{**CHAT, "chosen": chosen}], tokenizer)
