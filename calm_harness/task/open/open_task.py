"""The `_open` tasks: closed-book questions without options, answered in a few words.

What scored options gain, free text may lose: these tasks are the guard. An answer counts as the option whose text it
is, in the question's language or in another that is asked; so all metrics of options are those of free answers, too.
Nothing of the options is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from calm_harness import prompts
from calm_harness.answers.short import Texts, equal
from calm_harness.prompts.answer_words import Words
from calm_harness.questions import Row
from calm_harness.task import answers
from calm_harness.task.calm_task import CalmTask


class OpenTask(CalmTask):
    """A `calm_*_open` task."""

    def doc_to_text(self, doc: dict[str, Any], doc_to_text: Callable[..., str] | None = None) -> str:
        """Render the question; a chat's user asks for the answer alone as well."""
        text: str = prompts.open_chat_text(doc) if self.chat else super().doc_to_text(doc, doc_to_text)
        return text

    def _ends(self, doc: Mapping[str, Any]) -> list[str]:
        """Return the end of the line, which is that of a short answer."""
        return ["\n"]

    def _reads(self, doc: Mapping[str, Any]) -> answers.Reads:
        return answers.unseen(doc, self.options.thinking, self._texts[doc["question_id"]], self._own)

    @cached_property
    def _texts(self) -> dict[str, dict[str, Texts]]:
        """The texts that stand for each question's options, by language; of the gold one its aliases, too."""
        return {
            question[0].question_id: {row.language: self._stand_for(row, question[0].answer) for row in question}
            for question in self.questions.questions()
        }

    def _stand_for(self, row: Row, gold: int) -> Texts:
        """Return the texts of each option; one that is an alias of the gold option is as right."""
        own = self._own.get(row.language)
        also = row.aliases if gold >= 0 else ()
        texts: list[tuple[str, ...]] = [
            () if any(equal(option, alias, row.language, own) for alias in also) else (option,)
            for option in row.options
        ]
        if also:
            texts[gold] = (row.options[gold], *also)
        return texts

    @cached_property
    def _own(self) -> dict[str, Words | None]:
        """The words that the set brought, by language."""
        return {language: row.answers for language, row in self.questions.words.items()}
