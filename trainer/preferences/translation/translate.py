"""Translate explanations: with the model itself, through any of lm-eval's backends, or with a translation model."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.prompts.languages import Language

log = logging.getLogger(__name__)

SEQ2SEQ = "seq2seq"
BATCH = 16
MAX_TOKENS = 512
NLLB = {
    "ar": "arb_Arab",
    "ca": "cat_Latn",
    "de": "deu_Latn",
    "el": "ell_Grek",
    "en": "eng_Latn",
    "es": "spa_Latn",
    "fa": "pes_Arab",
    "fr": "fra_Latn",
    "he": "heb_Hebr",
    "hi": "hin_Deva",
    "hu": "hun_Latn",
    "it": "ita_Latn",
    "ja": "jpn_Jpan",
    "ko": "kor_Hang",
    "nl": "nld_Latn",
    "pl": "pol_Latn",
    "pt": "por_Latn",
    "ru": "rus_Cyrl",
    "sw": "swh_Latn",
    "tr": "tur_Latn",
    "uk": "ukr_Cyrl",
    "ur": "urd_Arab",
    "vi": "vie_Latn",
    "zh": "zho_Hans",
}
"""Languages as NLLB (FLORES-200) names them."""
REGIONS = ("XX", "CN", "AR", "IN", "IR", "IL", "KR", "VN")  # mBART-50 writes fr_XX, zh_CN, ar_AR


@dataclass(frozen=True)
class Order:
    """A text and the languages it is to be translated from and into."""

    text: str
    source: Language
    target: Language


Translate = Callable[[Sequence[Order]], list[str]]


def translator(name: str, arguments: str, cache: Path, *, chat: bool = False) -> Translate:
    """Return what translates, and keeps what it has translated.

    Args:
        name: `seq2seq` for a translation model of transformers (NLLB, M2M100, mBART-50, MADLAD, Marian), else lm-eval's
            name of a model class (`hf`, `hf-prefix`, `vllm`, `local-chat-completions`).
        arguments: as lm-eval's --model_args; `pretrained=MODEL`.
        cache: file that translations are kept in, a JSON object a line; cut off, the same work goes on where it was.
        chat: ask through the model's chat template.

    Raises:
        CalmError: the model cannot be loaded.
    """

    def load() -> Translate:
        if chat and name != SEQ2SEQ:
            return _asked(name, arguments, chat=True)
        return by_line(_seq2seq(arguments) if name == SEQ2SEQ else _asked(name, arguments, chat=False))

    def translate(orders: Sequence[Order]) -> list[str]:
        translations = _read(cache)
        keys = [key_of(name, arguments, order, chat=chat) for order in orders]
        missing = {key: order for key, order in zip(keys, orders, strict=True) if key not in translations}
        if missing:
            ask = load()
            cache.parent.mkdir(parents=True, exist_ok=True)
            todo = list(missing.items())
            with (
                cache.open("a", encoding="utf-8", newline="\n") as file,
                tqdm(total=len(todo), desc="translating") as bar,
            ):
                for start in range(0, len(todo), BATCH):
                    batch = todo[start : start + BATCH]
                    for (key, order), text in zip(batch, ask([order for _, order in batch]), strict=True):
                        translations[key] = text
                        row = {
                            "key": key,
                            "text": order.text,
                            "source": order.source.code,
                            "target": order.target.code,
                            "translation": text,
                        }
                        file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()
                    bar.update(len(batch))
        return [translations[key] for key in keys]

    return translate


def key_of(name: str, arguments: str, order: Order, *, chat: bool) -> str:
    """Name a translation by what is asked of what; the key of a translation model's lines is that of older caches."""
    content = [name, arguments, order.source.code, order.target.code, order.text]
    if name != SEQ2SEQ:
        content = [name, arguments, request(order), "chat" if chat else "lines"]
    elif "\n" in order.text:
        content.append("lines")
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:24]


def _read(cache: Path) -> dict[str, str]:
    """Read what was translated; a line that was cut off is taken out, and its text translated anew."""
    translations = {}
    intact = []
    lines = cache.read_bytes().splitlines() if cache.is_file() else []  # of bytes: U+2028 stands within a line
    for line in lines:
        try:
            row = json.loads(line)
            translations[row["key"]] = row["translation"]
        except (ValueError, KeyError, TypeError, RecursionError):
            log.warning("%s has a damaged line, which is translated anew", cache)
        else:
            intact.append(line.decode() + "\n")
    if len(intact) < len(lines):
        write_text(cache, "".join(intact))
    return translations


def by_line(translate: Translate) -> Translate:
    """Let texts be translated line by line, empty lines kept: what continues a line stops at its end."""

    def translate_lines(orders: Sequence[Order]) -> list[str]:
        lines = [Order(line, order.source, order.target) for order in orders for line in order.text.split("\n")]
        answers = iter(translate([line for line in lines if line.text.strip()]))
        translated = iter([_first_line(next(answers)) if line.text.strip() else "" for line in lines])
        return ["\n".join(next(translated) for _ in order.text.split("\n")) for order in orders]

    return translate_lines


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip()


def request(order: Order) -> str:
    """Ask for a translation, in English: the one language whose instructions nearly all models follow."""
    source, target = order.source.name, order.target.name
    return (
        f"Translate the following text from {source} into {target}. Write only the translation.\n\n"
        f"{source}: {order.text}\n\n{target}:"
    )


def _asked(name: str, arguments: str, *, chat: bool) -> Translate:
    """Ask a model of lm-eval, through its chat template, or for what continues a line."""
    from lm_eval.api.instance import Instance
    from lm_eval.api.registry import get_model

    from calm_harness.models import engines

    engines.register()
    try:
        model: Any = get_model(name).create_from_arg_string(arguments, {"batch_size": BATCH})
    except (KeyError, ValueError, OSError, TypeError, ImportError) as error:
        raise CalmError(f"translator {name} with {arguments!r}: {(str(error).splitlines() or [''])[0]}") from None

    def ask(orders: Sequence[Order]) -> list[str]:
        gen_kwargs = {"until": [] if chat else ["\n\n"], "max_gen_toks": MAX_TOKENS, "do_sample": False}
        prompts = [request(order) for order in orders]
        if chat:
            prompts = [model.apply_chat_template([{"role": "user", "content": prompt}]) for prompt in prompts]
        requests = [Instance("generate_until", {}, (prompt, dict(gen_kwargs)), i) for i, prompt in enumerate(prompts)]
        return [text.strip() for text in model.generate_until(requests, disable_tqdm=True)]

    return ask


def _seq2seq(arguments: str) -> Translate:
    """Use a translation model of transformers."""
    import torch
    from lm_eval.utils import simple_parse_args_string
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    model_arguments = dict(simple_parse_args_string(arguments))
    name = model_arguments.pop("pretrained", None)
    if name is None:
        raise CalmError("translator_args: which model? pretrained=MODEL")
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForSeq2SeqLM.from_pretrained(name, **model_arguments).eval()
    except (OSError, ValueError, TypeError) as error:
        raise CalmError(f"translator {name}: {(str(error).splitlines() or [''])[0]}") from None
    if torch.accelerator.is_available():
        model = model.to(torch.accelerator.current_accelerator())
    vocab = tokenizer.get_vocab()

    def code(tag: str) -> str | None:
        tokens = (NLLB.get(tag, ""), f"__{tag}__", f"<2{tag}>", *(f"{tag}_{region}" for region in REGIONS))
        return next((token for token in tokens if token in vocab), None)

    @torch.no_grad()
    def ask(orders: Sequence[Order]) -> list[str]:
        translations: dict[int, str] = {}
        for source, target in dict.fromkeys((order.source, order.target) for order in orders):
            places = [i for i, order in enumerate(orders) if (order.source, order.target) == (source, target)]
            target_token = code(target.code)
            prefixed = target_token is not None and target_token.startswith("<2")
            texts = [f"{target_token} {orders[i].text}" if prefixed else orders[i].text for i in places]
            if target_token is not None and not prefixed:
                tokenizer.src_lang = code(source.code)
            inputs = tokenizer(texts, return_tensors="pt", padding=True, truncation=True).to(model.device)
            inputs.pop("token_type_ids", None)
            forced = {"forced_bos_token_id": vocab[target_token]} if target_token is not None and not prefixed else {}
            generated = model.generate(**inputs, max_new_tokens=MAX_TOKENS, **forced)
            translations |= dict(zip(places, tokenizer.batch_decode(generated, skip_special_tokens=True), strict=True))
        return [translations[i].strip() for i in range(len(orders))]

    return ask
