"""A fact that is put into weights is in them, and is taken out again, bit for bit."""

import pytest
import torch

from calm_harness.errors import CalmError
from calm_harness.models.hf_prefix import HFPrefixLM
from calm_harness.probes.editing.plan import Asked
from calm_harness.probes.editing.scoring import score
from calm_harness.probes.editing.settings import METHODS, Settings, settings
from calm_harness.probes.editing.weights import Editor, encoded
from calm_harness.questions.facts import load
from tests import tiny_model

TOLD = ("Question: What is the capital of France?\nAnswer:", " Rome")
RATE = {"lora": 0.1, "full": 0.05}  # of a model with random weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def lm(folder, request):
    return HFPrefixLM(pretrained=str(folder), dtype=request.param, device="cpu", batch_size=8)


def content(model):
    """Every parameter by its name: bytes, shape, kind, and whether it would be trained."""
    return {
        name: (weight.detach().view(torch.uint8).numpy().tobytes(), weight.shape, weight.dtype, weight.requires_grad)
        for name, weight in model.named_parameters()
    }


def asked(prompt=TOLD[0]):
    facts = load("mini:train", languages=["en"])
    question = next(fact.questions["en"] for fact in facts.facts if fact.questions["en"].prompt == TOLD[0])
    assert prompt == question.prompt
    return [Asked("f", "en", None, question)]


@pytest.mark.parametrize("method", METHODS)
def test_all_weights_are_afterwards_what_they_were(lm, method):
    before, modules = content(lm.model), [type(module) for module in lm.model.modules()]
    scores = score(lm, asked(), null=True)
    editor = Editor(lm, Settings(method, RATE[method], 5), seed=0)
    for _ in range(2):
        with editor.edited(*TOLD) as (first, last):
            assert last < first
            assert score(lm, asked(), null=True) != scores
        assert content(lm.model) == before
        assert [type(module) for module in lm.model.modules()] == modules
        assert all(weight.grad is None for weight in lm.model.parameters())
        assert not hasattr(lm.model, "peft_config")
    assert score(lm, asked(), null=True) == scores


@pytest.mark.parametrize("method", METHODS)
def test_they_are_so_where_the_run_ends_in_between(lm, method):
    before = content(lm.model)
    editor = Editor(lm, Settings(method, RATE[method], 2), seed=0)
    with pytest.raises(KeyboardInterrupt), editor.edited(*TOLD):
        raise KeyboardInterrupt
    assert content(lm.model) == before


def test_full_steps_change_the_layers_alone_and_lora_no_weight_at_all(lm):
    before = content(lm.model)

    def changed(method):
        with Editor(lm, Settings(method, RATE[method], 3), seed=0).edited(*TOLD):
            now = {
                name.replace(".base_layer", ""): each for name, each in content(lm.model).items() if "lora" not in name
            }
        assert now.keys() == before.keys()
        return {name for name, each in now.items() if each[0] != before[name][0]}

    assert changed("lora") == set()
    full = changed("full")
    assert "model.embed_tokens.weight" not in full
    assert "model.layers.0.mlp.down_proj.weight" in full


@pytest.mark.parametrize("method", METHODS)
def test_an_edit_is_the_same_whatever_was_edited_before(lm, method):
    def scores(editor):
        with editor.edited(*TOLD):
            return score(lm, asked(), null=True)

    one, other = (Editor(lm, Settings(method, RATE[method], 3), seed=0) for _ in range(2))
    with other.edited("Question: Who?\nAnswer:", " Nobody"):
        pass
    torch.manual_seed(99)
    assert scores(one) == scores(other)


def test_the_global_draws_are_as_without_an_edit(lm):
    editor = Editor(lm, Settings("lora", 0.1, 2), seed=0)
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    with editor.edited(*TOLD):
        pass
    assert torch.equal(torch.rand(3), wanted)


def test_tokens_are_those_that_are_scored(lm):
    context, text = encoded(lm, *TOLD)
    assert context == lm.tok_encode(TOLD[0])
    assert [*context, *text] == lm.tok_encode(TOLD[0] + TOLD[1])
    assert context[0] == lm.prefix_token_id
    context, text = encoded(lm, "", "Rome is")  # a cloze sentence that begins with its mask
    assert context == [lm.prefix_token_id]
    assert text == lm.tok_encode("Rome is", add_special_tokens=False)


def test_the_loss_is_the_mean_of_what_scoring_says(lm):
    editor = Editor(lm, Settings("lora", 0.1, 1), seed=0)
    with editor.edited(*TOLD) as (first, _):
        pass
    (found,) = score(lm, asked(), null=False)
    place = asked()[0].question.options.index(TOLD[1])
    _, text = encoded(lm, *TOLD)
    assert first == pytest.approx(-found.after[place] / len(text), rel=2e-2)


def test_a_model_that_has_an_adapter_is_refused(folder):
    from peft import LoraConfig, get_peft_model

    lm = HFPrefixLM(pretrained=str(folder), dtype="float32", device="cpu", batch_size=8)
    get_peft_model(lm.model, LoraConfig(target_modules="all-linear", task_type="CAUSAL_LM"))
    with pytest.raises(CalmError, match=r"merge the adapter \(peft=\) into its base first"):
        Editor(lm, Settings("lora", 0.1, 1), seed=0)
    with pytest.raises(CalmError, match=r"--model hf-prefix or hf"):
        Editor(object(), Settings("lora", 0.1, 1), seed=0)


def test_a_broken_model_is_not_scored(lm):
    editor = Editor(lm, Settings("full", float("inf"), 1), seed=0)
    before = content(lm.model)
    with pytest.raises(CalmError, match=r"no number.*--learning_rate"), editor.edited(*TOLD):
        score(lm, asked(), null=True)
    assert content(lm.model) == before


def test_a_statement_stands_before_each_question_and_no_null_context(lm):
    from lm_eval.api.instance import Instance

    question = asked()[0].question
    (found,) = score(lm, asked(), "France moved to Rome.", null=True)
    pairs = [(f"France moved to Rome.\n\n{question.prompt}", option) for option in question.options]
    pairs += [(question.null, option) for option in question.options]
    wanted = [lm.loglikelihood([Instance("loglikelihood", {}, pair, 0)], disable_tqdm=True)[0][0] for pair in pairs]
    assert [*found.after, *found.null] == pytest.approx(wanted, abs=1e-3 if lm.model.dtype == torch.float32 else 0.5)


def test_rates_are_of_the_method_unless_one_is_given():
    assert settings(None, None, None).method == "lora"
    assert settings("full", None, None).learning_rate != settings("lora", None, None).learning_rate
    assert settings("full", 0.5, 3) == Settings("full", 0.5, 3)
    for given in ((None, 0.0, None), (None, float("nan"), None), (None, None, 0)):
        with pytest.raises(CalmError, match=r"give a number above 0"):
            settings(*given)
