"""Readers of what models write and users type: responses, chat templates, --metadata."""

import json
from functools import cache

from calm_harness.answers import extract, read
from calm_harness.answers.reader import explain
from calm_harness.errors import CalmError
from calm_harness.prompts import chat
from calm_harness.task.options import Options, of_set
from tests.fuzz.oracle import check_json
from tests.fuzz.target import target

OPTIONS = ("maine", "florida keys", "texas", "the sea")
RESPONSES = (
    "Explanation: crabs live there.\n\nAnswer: B. florida keys",
    "<think>Perhaps A, or C?</think>\nLa réponse est **(C)**.",
    "答案：B",
    "I cannot answer. None of these.",
)
WORDS = (
    *("Answer:", "answer is", "A", "B.", "(C)", "D)", "not", "or", "and", "florida keys", "texas", "maine", "**", "\n"),
    *(
        "<think>",
        "</think>",
        "Question:",
        "答案",
        "。",
        "：",
        "La réponse",
        "neither",
        "Option",
        "[B]",
        "\\boxed{",
        "}",
        "$",
    ),
    *("analysis", "assistantfinal", "a", "1.", "2)", "- ", "#", "|", "“", "”", "…", "\u200b", "\u0301", "İ", "ß", "ﬀ"),
)


@target(lambda: [text.encode() for text in RESPONSES], "text", WORDS)
def responses(data):
    text = data.decode("utf-8", "replace")
    for language in ("en", "zh"):
        choice, finished = read(text, OPTIONS, language)
        assert choice is None or 0 <= choice < len(OPTIONS)
        assert finished in (True, False)
        assert explain(text, OPTIONS, language).answer == choice == extract(text, OPTIONS, language)


TEMPLATES = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "[{{ m.content | trim }}]{{ eos_token }}{% endfor %}",
)
JINJA = (
    *(
        "{{ 1 / 0 }}",
        "{{ [][0] }}",
        "{{ {}['a'] }}",
        "{{ messages[9].content }}",
        "{% for i in range(9) %}",
        "{% endfor %}",
    ),
    *(
        "{{ 'x' * 1000 }}",
        "{{ none + 1 }}",
        "{{ messages | tojson }}",
        "{{ messages.__class__ }}",
        "{% if",
        "%}",
        "{{",
        "}}",
    ),
    *("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{% generation %}", "{% set x = messages %}", "{{ x.y.z }}"),
    *(
        "{{ messages[0]['content'].split('a')[7] }}",
        "{{ strftime_now('%Y') }}",
        "{{ raise_exception(1) }}",
        "{{ 10 ** 100 }}",
    ),
    *(
        "{{ messages | map(attribute='a.b') | list }}",
        "{{ 'a' | int(base=99) }}",
        "{{ range(1000000) }}",
        "{{ '%d' % 'a' }}",
    ),
)


@cache
def _tokenizer():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="</s>", bos_token="<s>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_end|>"]})
    return tokenizer


@target(lambda: [text.encode() for text in TEMPLATES], "text", JINJA)
def chat_template(data):
    tokenizer = _tokenizer()
    tokenizer.chat_template = data.decode("utf-8", "replace")
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    turn = chat.turn(tokenizer)
    assert turn is None or isinstance(turn.end, str)
    for text in chat.renderings(tokenizer, messages):
        assert isinstance(text, str)
    if tokenizer.chat_template:
        apply = chat.checked(lambda said, **told: chat.render(tokenizer, said, **told))["chat_template"]
        apply(messages[1:])


METADATA = (
    {"languages": ["en", "zh"], "split": "test", "source": "x", "option_seed": 1, "score": "pmi", "repeats": 2},
    {
        "languages": "en,zh",
        "thinking": ["<a>", "</a>"],
        "k": 3,
        "index": "i",
        "passage_language": "same",
        "mini": {"k": 2},
    },
    {"prompt": "release", "fewshot": "leave_one_out", "passage_budget": 100, "keep_leaks": True, "pretrained": "x"},
)


@target(lambda: [json.dumps(row).encode() for row in METADATA], "json")
def metadata(data):
    from trainer.command import _object

    try:
        told = _object(data.decode("utf-8", "surrogatepass"))
    except Exception as error:
        if type(error).__name__ != "ArgumentTypeError" and not isinstance(error, UnicodeDecodeError):
            raise
        raise CalmError("no JSON object") from None
    options = Options.from_metadata(of_set(told, "mini"))
    assert options.k >= 1
    assert options.repeats >= 1
    check_json(options.languages)
