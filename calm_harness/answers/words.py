"""The words by which answers are recognised, one row a language.

Adding a language is adding a row. Words are written in lower case and separated by commas; several words together count
as one. What a word may do is in `Words`; the grammar that uses it is in `calm_harness.answers.reader`, and knows no
language.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one language says around an answer.

    Attributes:
        code: BCP 47 tag.
        answer: "answer" and what else announces one.
        option: "option", "choice", in the singular: the plural announces a list, not an answer.
        good: What the answer is said to be: right, best, most plausible.
        copula: Verbs and particles between "the answer" and what it is.
        negation: Words that turn a commitment into its opposite.
        filler: Words that may stand in between without changing the meaning: articles, "therefore", "most likely".
        join: "and", "or".
        clause: Words that begin a reason or a remark, and so end the answer before them.
        choose: "I choose" and its like, for the first person: a commitment without "the answer is".
        refusal: "none of the above", "cannot be determined".
        aside: "other", "wrong": what sets an option aside, as in "none of the other options", "the wrong answer is".
        would: Words by which something is said of what is not so: "A would be right for the hungry".
        condition: Words that begin a condition: "option A is when one is hungry".
        single: Words of one letter that a sentence can begin with: "A hospital" names no option A.
        articles: Articles, which an option's text may have or lack.
    """

    code: str
    answer: str
    option: str
    good: str
    copula: str
    negation: str
    filler: str
    join: str
    clause: str
    choose: str
    refusal: str
    aside: str
    would: str = ""
    condition: str = ""
    single: str = ""
    articles: str = ""


_ROWS = [
    Words(
        code="en",
        answer="conclusion, answer, answers, ans, solution, boxed",
        option="option, choice, alternative, selection, letter, answer choice, answer option",
        good=(
            "correct, right, best, accurate, most appropriate, most likely, most plausible, most suitable, "
            "most logical, most probable, most reasonable, most accurate, most fitting, most relevant, "
            "most sensible, most correct, best fit, best suited, most obvious"
        ),
        copula="is, are, was, be, would, should, must, will, seems, seem, appears, becomes, remains, 's, it's, that's",
        negation="not, isn't, aren't, wasn't, wouldn't, cannot, can't, never, neither, nor, none, no, hardly",
        filler=(
            "therefore, thus, so, hence, then, likely, probably, clearly, definitely, indeed, actually, simply, "
            "to, my, our, this, that, given, here, final, only, also, still, in this case, of course, obviously, "
            "i believe, i think, it, single, one, following, as follows, very, most, in, labeled, labelled, of, "
            "for, question"
        ),
        join="and, or, as well as, and also",
        clause=(
            "because, since, as, due, for, which, who, where, when, that, but, however, with, if, while, given, "
            "considering, although, though, based"
        ),
        choose=(
            "i choose, i would choose, i'd choose, i will choose, i'll choose, i select, i would select, "
            "i'd select, i would go with, i'd go with, i will go with, i'll go with, i pick, i would pick, "
            "i'd pick, i'd say, i would say, we choose, we select, we can choose, i would answer, i'd answer, "
            "we should choose, i'm going with"
        ),
        refusal=(
            "i'm sorry, none of the, none of these, none of those, none of them, not among, not listed, "
            "not one of the, "
            "not in the list, not provided in the options, not present in the options, "
            "not included in the options, not given in the options, no correct answer, no correct option, "
            "no right answer, no suitable option, no suitable answer, cannot be determined, can't be determined, "
            "can not be determined, cannot be answered, cannot answer, can't answer, cannot determine, "
            "can't determine, cannot choose, can't choose, cannot provide, can't provide, unable to, "
            "impossible to determine, impossible to answer, not enough information, insufficient information, "
            "no answer"
        ),
        aside="other, others, remaining, rest, wrong, incorrect, false, unlikely",
        would="would",
        condition="if, when, unless",
        single="a, i",
        articles="the, a, an",
    ),
    Words(
        code="zh",
        answer="答案, 正确答案, 正答, 正解, 解答, 回答, 答, 最终答案, 正確答案, 结论",
        option="选项, 選項, 答案选项",
        good=(
            "正确, 正確, 最佳, 最合适, 最合適, 最适合, 最可能, 最有可能, 最符合, 最恰当, 最合理, 最好, 最贴切, "
            "最相关, 最准确, 对的, 合适, 正确的, 最合适的, 最适合的, 最可能的, 最有可能的, 最符合题意, "
            "最符合题意的, 最恰当的, 最合理的, 最好的, 最佳的, 最贴切的, 最准确的, 符合题意, 符合题意的, 最适当, "
            "最适当的, 最为合适, 最接近, 最接近的"
        ),
        copula="是, 为, 為, 应是, 应为, 应该是, 应该为, 应当是, 就是, 即, 可能是, 乃",
        negation="不, 不是, 并非, 非, 并不是, 不可能, 没有, 没, 不应, 不应该是, 无, 不能",
        filler=(
            "的, 因此, 所以, 故, 则, 最, 可能, 也, 而, 本题, 这道题, 该题, 题, 一个, 项, 应该, 最有可能, 了, 只, "
            "我, 选择的, 我的, 都, 均"
        ),
        join="和, 或, 或者, 以及, 与, 及, 跟, 还是",
        clause="因为, 由于, 但, 但是, 因, 而",
        choose="选, 選, 选择, 选择选项, 選擇, 应选择, 我选, 我选择, 我会选择",
        refusal=(
            "没有正确答案, 没有正确, 没有选项, 没有合适, 没有符合, 没有一个选项, 没有任何选项, 没有一个, 没有答案, "
            "没有提供, 以上都不, 以上皆非, 以上都没有, 以上选项都不, 以上选项均不, 以上均不, 都不是, 都不正确, "
            "均不正确, 均不是, 无法确定, 无法回答, 不能确定, 不能回答, 无法判断, 无正确答案, 无正确, 无选项, "
            "无答案, 不在选项中, 不在选项, 无法提供, 不能提供, 不在给出的选项中, 无法选择"
        ),
        aside="其他, 其它, 其余, 错误, 错误的, 错, 错的, 不正确的",
        condition="如果, 若, 假如, 要是",
    ),
    Words(
        code="de",
        answer="schlussfolgerung, fazit, antwort, antworten, lösung",
        option=(
            "option, antwortoption, antwortmöglichkeit, möglichkeit, auswahl, wahl, alternative, buchstabe, "
            "variante, auswahlmöglichkeit, antwortalternative"
        ),
        good=(
            "richtig, richtige, richtigen, richtiger, korrekt, korrekte, korrekten, beste, besten, am besten, "
            "wahrscheinlichste, wahrscheinlichsten, am wahrscheinlichsten, plausibelste, plausibelsten, "
            "passendste, passendsten, sinnvollste, sinnvollsten, geeignetste, geeignetsten, zutreffend, "
            "zutreffende, logischste, logischsten, naheliegendste, naheliegendsten, angemessenste, angemessensten, "
            "treffendste, am ehesten"
        ),
        copula=("ist, sind, wäre, lautet, sein, scheint, dürfte, sollte, wird, bleibt, heißt, ist also, müsste, muss"),
        negation="nicht, kein, keine, keiner, keines, keinen, weder, niemals",
        filler=(
            "also, daher, somit, demnach, folglich, wohl, wahrscheinlich, vermutlich, eindeutig, hier, "
            "in diesem fall, zu, deshalb, offensichtlich, meine, auf, auf die frage, frage, am, hierbei, "
            "höchstwahrscheinlich, nun, einzige, einzig, im, für"
        ),
        join="und, oder, sowie, bzw",
        clause="sondern, weil, da, denn, aufgrund, wegen, aber, jedoch, obwohl, wenn, um, welche, welches, dass",
        choose="ich wähle, ich würde wählen, ich würde sagen, ich entscheide mich für, wähle ich, ich tippe auf",
        refusal=(
            "keine der, keine dieser, keine von, keiner der, keines der, nicht unter den, nicht in den optionen, "
            "nicht aufgeführt, nicht in der liste, nicht bestimmt werden, nicht beantworten, nicht beantwortet, "
            "keine richtige antwort, keine korrekte antwort, keine richtige option, keine korrekte option, "
            "gibt es nicht, nicht möglich zu bestimmen, kann ich nicht"
        ),
        aside=(
            "anderen, andere, anderer, übrigen, restlichen, falsch, falsche, falschen, inkorrekt, inkorrekte, falscher"
        ),
        would="wäre, würde",
        condition="wenn, falls, sofern",
        articles="der, die, das, den, dem, des, ein, eine, einen, einem, einer",
    ),
    Words(
        code="es",
        answer="conclusión, respuesta, respuestas, solución, contestación",
        option="opción, alternativa, elección, letra, inciso, opción de respuesta",
        good=(
            "correcta, correcto, mejor, adecuada, más adecuada, más adecuado, más probable, más apropiada, "
            "más apropiado, más lógica, más lógico, más plausible, más acertada, más razonable, acertada"
        ),
        copula="es, son, sería, ser, parece, debe, debería, será, está, sea",
        negation="no, no es, no son, ninguna, ninguno, nunca, tampoco, ni",
        filler=(
            "por lo tanto, por tanto, entonces, así que, probablemente, más, claramente, mi, a, a la pregunta, "
            "a esta pregunta, en este caso, que, lo, de, pues, única, siguiente, la siguiente"
        ),
        join="y, o, e, u, así como",
        clause="sino, sino que, porque, ya, pues, puesto, debido, dado, pero, que, si, aunque, como",
        choose=(
            "me inclinaría por, yo me inclinaría por, me quedo con, me decanto por, elegiría, yo elegiría, "
            "optaría por, yo diría, elijo, escojo, escogería, selecciono, opto por, diría"
        ),
        refusal=(
            "ninguna de las, ninguna de estas, ninguno de los, ninguno de estos, ninguna de, no está entre, "
            "no se encuentra entre, no hay respuesta correcta, no hay una respuesta correcta, no hay ninguna, "
            "no se puede determinar, no puede determinarse, no es posible determinar, no puedo responder, "
            "no puedo determinar, no puedo"
        ),
        aside="otras, otros, demás, restantes, otra, otro, incorrecta, incorrecto, incorrectas, errónea",
        would="sería",
        condition="si, cuando",
        single="a, e, o, y, u",
        articles="el, la, los, las, un, una, unos, unas, al, del",
    ),
    Words(
        code="fr",
        answer="conclusion, réponse, réponses, solution, reponse",
        option="option, choix, proposition, alternative, lettre, possibilité",
        good=(
            "bonne, correcte, correct, bon, exacte, juste, meilleure, meilleur, la plus probable, plus probable, "
            "plus appropriée, plus approprié, plus logique, plus plausible, plus pertinente, plus adaptée, "
            "plus adéquate, plus vraisemblable, appropriée, adéquate, plus correcte"
        ),
        copula="est, sont, serait, être, semble, doit, devrait, sera, c'est, paraît, soit",
        negation="pas, n'est pas, ne, ne sont pas, aucune, aucun, jamais, ni, non, ne serait pas, n'est",
        filler=(
            "donc, alors, ainsi, par conséquent, probablement, certainement, clairement, ici, dans ce cas, "
            "à la question, à cette question, plus, ma, notre, à, cette, évidemment, bien, en conclusion, "
            "suivante, seule, finale, très"
        ),
        join="et, ou, ainsi que, ou bien",
        clause=(
            "mais plutôt, mais bien, car, parce, puisque, étant, mais, comme, qui, que, si, bien que, en raison, "
            "pour, cependant, selon"
        ),
        choose="je choisis, je choisirais, je sélectionne, je dirais, j'opte pour, je réponds, nous choisissons",
        refusal=(
            "aucune des, aucune de ces, aucun des, aucun de ces, aucune de, aucune réponse, aucune option, "
            "pas parmi, ne figure pas, n'est pas listée, pas de réponse correcte, pas de bonne réponse, "
            "ne peut pas être déterminée, ne peut être déterminée, impossible de déterminer, "
            "impossible à déterminer, ne peux pas répondre, ne peux pas, ne peut pas répondre, "
            "ne peut pas être répondue, pas possible de déterminer, n'y a pas de réponse"
        ),
        aside="autres, autre, restantes, incorrecte, incorrect, incorrectes, fausse, mauvaise, erronée",
        would="serait",
        condition="si, quand, lorsque",
        single="a, à, y, ô",
        articles="le, la, les, un, une, des, du, de la, au, aux, l', d'",
    ),
    Words(
        code="it",
        answer="conclusione, risposta, risposte, soluzione",
        option="opzione, scelta, alternativa, lettera",
        good=(
            "corretta, corretto, giusta, giusto, migliore, esatta, esatto, più probabile, più appropriata, "
            "più appropriato, più adatta, più adatto, più logica, più logico, più plausibile, più corretta, "
            "più adeguata, più sensata, più pertinente, più ragionevole"
        ),
        copula="è, sono, sarebbe, essere, sembra, dovrebbe, deve, sarà, sia, potrebbe essere",
        negation="non, non è, nessuna, nessuno, nessun, mai, né, non sono, non sarebbe",
        filler=(
            "quindi, dunque, pertanto, perciò, probabilmente, chiaramente, qui, in questo caso, alla domanda, a, "
            "a questa domanda, più, mia, la mia, di, sicuramente, certamente, ovviamente, allora, così, "
            "seguente, finale"
        ),
        join="e, o, oppure, ed, sia, nonché",
        clause=(
            "bensì, perché, poiché, in quanto, siccome, dato, ma, come, che, se, anche, tuttavia, visto, per, dove"
        ),
        choose=("direi, io direi, sceglierei, opterei per, scelgo, seleziono, opto per, io sceglierei, selezionerei"),
        refusal=(
            "nessuna delle, nessuna di, nessuna tra, nessuno dei, nessuno degli, nessuna opzione, "
            "nessuna risposta, non è tra, non è presente, non è elencata, non c'è una risposta, "
            "non c'è risposta, non esiste una risposta, non può essere determinata, "
            "non è possibile determinare, impossibile determinare, non posso rispondere, non posso, "
            "non è possibile rispondere, non si può determinare"
        ),
        aside="altre, altri, altra, restanti, rimanenti, errata, errate, sbagliata, scorretta, errato",
        would="sarebbe",
        condition="se, quando",
        single="a, e, i, o, è",
        articles=(
            "il, lo, la, i, gli, le, un, uno, una, un', l', al, allo, alla, nel, nella, nell', all', dell', dell, "
            "sul, sulla"
        ),
    ),
    Words(
        code="ja",
        answer="答え, 答, 正解, 正答, 解答, 回答, 正しい答え, 正しい回答, 最終的な答え, こたえ",
        option="選択肢, 選択, 記号, 肢",
        good=(
            "正しい, 正解, 正しいです, 適切, 最適, 最も適切, 最も適切な, 最も適当, 最も適当な, 最も可能性が高い, "
            "最も可能性の高い, 最もふさわしい, 最も妥当, 最も妥当な, 妥当, 最も自然, 最も自然な, 正しく, "
            "最も正しい, 最も合理的, 最も合理的な, 可能性が最も高い, 最も近い, 適当, 最も当てはまる, 当てはまる, "
            "を選びます, を選択します, を選ぶ, を選んだ, を選びました, ふさわしい, 最善, 最良, 最も適している, "
            "適している, 最も適した, 適した, 最も考えられる, 一番適切, 一番適切な"
        ),
        copula=(
            "は, が, として, とは, としては, です, である, だ, となります, になります, となる, になる, と, も, "
            "だと, であると"
        ),
        negation=(
            "ではない, ではありません, でない, じゃない, ない, ありません, なく, くない, くありません, "
            "とは言えない, とは限らない, 不"
        ),
        filler=(
            "の, な, よって, したがって, つまり, ゆえに, 従って, おそらく, 最も, 一番, この, 問題, この問題, 質問, こと"
        ),
        join="または, か, と, や, および, 及び, もしくは, あるいは, 又は, or",
        clause="なぜなら, ので, ため, から, しかし, ただし",
        choose="",
        refusal=(
            "どれも, いずれも, 該当なし, 該当する選択肢はありません, 該当する選択肢がありません, "
            "正しい選択肢はありません, 正しい答えはありません, 正解はありません, 答えはありません, "
            "選択肢にはありません, 選択肢にありません, 選択肢にない, 選択肢の中にはない, 選択肢の中にはありません, "
            "選択肢の中にありません, 答えられません, 答えることはできません, 答えることができません, "
            "お答えできません, 回答できません, 決定できません, 判断できません, 正解なし, 答えなし, なし, "
            "特定できません, 選択肢には含まれていません"
        ),
        aside=(
            "ではなく, じゃなく, ではなくて, 他, ほか, 他の, その他, 不正解, 間違い, 誤り, 不適切, 間違った, 誤った"
        ),
        condition="もし",
    ),
    Words(
        code="nl",
        answer="conclusie, antwoord, antwoorden, oplossing",
        option="optie, keuze, antwoordoptie, alternatief, mogelijkheid, keuzemogelijkheid",
        good=(
            "juist, juiste, correct, correcte, goede, goed, beste, het beste, meest waarschijnlijke, "
            "meest waarschijnlijk, meest geschikte, meest geschikt, meest logische, meest logisch, meest passende, "
            "meest plausibele, waarschijnlijkste, meest voor de hand liggende"
        ),
        copula="is, zijn, luidt, lijkt, zou, moet, wordt, blijft",
        negation="niet, geen, nooit, noch",
        filler=(
            "dus, daarom, dan, waarschijnlijk, duidelijk, hier, op, op de vraag, op deze vraag, mijn, "
            "in dit geval, te, vraag, ook"
        ),
        join="en, of, alsmede",
        clause="maar wel, omdat, want, aangezien, maar, als, daar, die, dat, wegens, vanwege, doordat, hoewel",
        choose=(
            "ik kies, ik zou kiezen, ik kies voor, ik zou kiezen voor, ik selecteer, ik zou zeggen, ik ga voor, "
            "ik zou gaan voor"
        ),
        refusal=(
            "geen van de, geen van deze, geen enkele, geen juist antwoord, geen correct antwoord, "
            "niet bij de opties, niet tussen, niet te bepalen, kan niet worden bepaald, niet worden bepaald, "
            "niet beantwoorden, kan ik niet, niet vermeld"
        ),
        aside="andere, anderen, overige, fout, foute, onjuist, onjuiste, verkeerde",
        would="zou, zouden",
        condition="als, wanneer, indien",
        single="u",
        articles="de, het, een, 't",
    ),
    Words(
        code="pl",
        answer="odpowiedz, wniosek, odpowiedź, odpowiedzi, odpowiedzią, odp, rozwiązanie, rozwiązaniem",
        option="opcja, opcją, opcję, opcji, wybór, wyborem, litera, wariant, wariantem, możliwość",
        good=(
            "poprawna, poprawną, poprawne, poprawny, poprawnym, poprawnej, prawidłowa, prawidłową, prawidłowym, "
            "prawidłowej, właściwa, właściwą, najlepsza, najlepszą, najlepszym, najbardziej prawdopodobna, "
            "najbardziej prawdopodobną, najbardziej odpowiednia, najbardziej odpowiednią, najbardziej trafna, "
            "najbardziej trafną, najbardziej logiczna, najbardziej logiczną, słuszna, trafna"
        ),
        copula="to, jest, brzmi, będzie, są, wydaje się, powinna, być, stanowi",
        negation="nie, nie jest, żadna, żaden, żadne, nigdy",
        filler=(
            "zatem, więc, dlatego, prawdopodobnie, na, pytanie, na to pytanie, moja, tu, tutaj, moim zdaniem, "
            "w tym przypadku, tym samym, zdecydowanie"
        ),
        join="i, lub, albo, oraz, a",
        clause="lecz, tylko, ponieważ, bo, gdyż, ale, która, który, jako, jednak, jeśli, gdy, że, bowiem",
        choose="wybieram, wybrałbym, wybrałabym, wskazuję",
        refusal=(
            "żadna z, żaden z, żadne z, brak poprawnej odpowiedzi, brak prawidłowej odpowiedzi, nie ma poprawnej, "
            "nie ma prawidłowej, nie da się określić, nie można określić, nie można ustalić, "
            "nie mogę odpowiedzieć, nie mogę, nie ma wśród"
        ),
        aside="innych, pozostałych, inne, pozostałe, błędna, niepoprawna, nieprawidłowa, błędną",
        would="byłaby, byłby, byłoby",
        condition="jeśli, jeżeli, gdyby, gdy",
        single="a, i, o, u, w, z",
    ),
    Words(
        code="pt",
        answer="conclusão, resposta, respostas, solução, gabarito",
        option="opção, alternativa, escolha, letra, item",
        good=(
            "correta, correto, certa, certo, melhor, adequada, mais adequada, mais adequado, mais provável, "
            "mais apropriada, mais apropriado, mais lógica, mais lógico, mais plausível, mais razoável"
        ),
        copula="é, são, seria, ser, parece, deve, deveria, será, está, seja",
        negation="não, não é, nenhuma, nenhum, nunca, nem, não são",
        filler=(
            "portanto, então, assim, logo, provavelmente, mais, claramente, minha, à pergunta, a, à, para, "
            "esta pergunta, neste caso, de, que, única, seguinte, para esta pergunta, aqui"
        ),
        join="e, ou, bem como",
        clause="mas sim, e sim, porque, pois, já, uma vez, devido, mas, que, se, embora, como, visto, porém",
        choose="escolho, eu escolho, eu escolheria, escolheria, seleciono, eu diria, opto por, fico com, optaria por",
        refusal=(
            "nenhuma das, nenhuma dessas, nenhum dos, nenhuma de, não está entre, não há resposta correta, "
            "não há uma resposta, não há nenhuma, não é possível determinar, não pode ser determinada, "
            "não posso responder, não posso, não se encontra entre, não existe resposta"
        ),
        aside="outras, outros, demais, restantes, incorreta, errada, incorreto, errado",
        would="seria",
        condition="quando, caso",
        single="a, e, o, à, é",
        articles="o, a, os, as, um, uma, uns, umas, ao, à, no, na, do, da",
    ),
    Words(
        code="ru",
        answer="вывод, ответ, ответом, ответы, ответа, решение",
        option=("вариант, вариантом, выбор, выбором, буква, вариант ответа, вариантом ответа, опция, пункт"),
        good=(
            "правильный, правильным, правильно, правильная, верный, "
            "верным, верно, верная, лучший, лучшим, "
            "наиболее вероятный, наиболее вероятным, "
            "наиболее подходящий, наиболее подходящим, "
            "наиболее логичный, наиболее логичным, "
            "наиболее правдоподобный, наиболее точный, "
            "наиболее уместный, корректный, самый подходящий, "
            "самый вероятный, самым подходящим, самым вероятным, "
            "подходящий"
        ),
        copula=("это, является, будет, есть, был бы, должен быть, выглядит, кажется, представляется, следующий"),
        negation="не, не является, нет, ни, никакой, неверно",
        filler=(
            "таким образом, поэтому, следовательно, значит, итак, "
            "вероятно, скорее всего, очевидно, мой, на, вопрос, "
            "на этот вопрос, здесь, в данном случае, под, под буквой, "
            "тогда"
        ),
        join="и, или, а также, либо",
        clause=("потому, так как, поскольку, ведь, но, который, что, если, однако, из-за, хотя, а"),
        choose="я выбираю, выбираю, я бы выбрал, я бы выбрала, я выберу",
        refusal=(
            "ни один из, ни одного из, ни одна из, ни одно из, "
            "нет правильного, нет верного, среди вариантов нет, "
            "нет среди, невозможно определить, нельзя определить, "
            "не могу ответить, не могу, невозможно ответить, "
            "нет подходящего, ни один вариант"
        ),
        aside=("других, остальных, другие, остальные, неправильный, неверный, неправильно, неправильным"),
        would="бы",
        condition="если, когда",
        single="а, и, о, у, в, к, с, я",
    ),
    Words(
        code="ar",
        answer="الإجابة, الاجابة, الإجابه, الجواب, إجابة, جواب, الحل, إجابتي, الاجابه, فالإجابة, فالجواب",
        option="الخيار, خيار, الاختيار, الحرف, البديل, حرف",
        good=(
            "الصحيحة, الصحيح, صحيح, صحيحة, الأفضل, الأنسب, الأكثر ترجيحا, الأكثر احتمالا, الأكثر ملاءمة, "
            "الأكثر منطقية, الأرجح, الأدق, المناسبة, المناسب, الصائبة, الأصح, أفضل, أنسب, الاصح, الصواب, "
            "الأكثر احتمالية"
        ),
        copula="هو, هي, تكون, يكون, ستكون, سيكون, تعتبر, يعتبر, تعد, يعد, كانت, كان, يبدو, تبدو",
        negation="ليس, ليست, لا, غير, لم, لن, ما",
        filler=(
            "إذن, لذلك, إذا, بالتالي, وبالتالي, لذا, هنا, على, السؤال, على السؤال, هذا, النهائية, من, بين, الأكثر, "
            "على الأرجح, ربما, رقم, هذه, في, الحالة"
        ),
        join="و, أو, او, أم",
        clause="بل, وإنما, لأن, لأنه, لأنها, حيث, لكن, ولكن, بسبب, إذ, لان, لانه, لانها, وذلك, التي, الذي",
        choose="أختار, سأختار, اختار, اخترت, نختار",
        refusal=(
            "لا شيء مما, لا شيء من, ليس أي من, ليست أي من, لا يوجد خيار, لا توجد إجابة, لا يوجد جواب, "
            "لا يوجد إجابة, لا يمكن تحديد, لا يمكنني, لا أستطيع, أي من الخيارات غير, ليس من بين, ليست من بين, "
            "ليست ضمن, لا أحد من, غير موجودة"
        ),
        aside="الأخرى, أخرى, الباقية, المتبقية, خاطئة, الخاطئة, خاطئ, الخاطئ",
        condition="إذا, لو, إن",
        single="و",
    ),
    Words(
        code="vi",
        answer="đáp án, câu trả lời, trả lời, đáp số, lời giải, phương án trả lời",
        option="phương án, lựa chọn, sự lựa chọn, chữ cái, tùy chọn, ý, câu",
        good=(
            "đúng, đúng nhất, chính xác, chính xác nhất, phù hợp nhất, hợp lý nhất, tốt nhất, "
            "thích hợp nhất, có khả năng nhất, hợp lí nhất, có khả năng cao nhất, khả thi nhất, phù hợp, "
            "hợp lý"
        ),
        copula="là, sẽ là, phải là, có lẽ là, chính là, nên là, có vẻ là, có vẻ",
        negation="không, không phải, không phải là, chẳng, chưa, không đúng",
        filler=(
            "do đó, vì vậy, vậy, nên, cho, câu hỏi, câu hỏi này, cho câu hỏi này, của, tôi, của tôi, có lẽ, "
            "chắc chắn, ở đây, cuối cùng, thì, sẽ, nhất, này"
        ),
        join="và, hoặc, hay, cùng với",
        clause="mà là, vì, bởi, do, nhưng, mà, khi, nếu, bởi vì, tại vì, tuy",
        choose="tôi chọn, tôi sẽ chọn, chọn, ta chọn, em chọn",
        refusal=(
            "không có đáp án, không có phương án, không có lựa chọn, không có câu trả lời, "
            "không đáp án nào, không phương án nào, không thể xác định, không thể trả lời, "
            "không nằm trong, không lựa chọn nào, không xác định được"
        ),
        aside="khác, còn lại, sai",
        condition="nếu, khi",
        single="ý, à",
        articles="các, những, cái, con, một, chiếc",
    ),
    Words(
        code="hi",
        answer="उत्तर, जवाब, सही उत्तर, सही जवाब, हल, समाधान",
        option="विकल्प, चयन, अक्षर, चुनाव",
        good=(
            "सही, सबसे उपयुक्त, सर्वोत्तम, सबसे अच्छा, सबसे सही, उचित, सबसे संभावित, सबसे उचित, सटीक, सबसे सटीक, "
            "सबसे तार्किक, उपयुक्त, सबसे अधिक संभावित"
        ),
        copula="है, हैं, होगा, होगी, हो सकता है, लगता है, होना चाहिए, प्रतीत होता है, था",
        negation="नहीं, नहीं है, न, मत, कोई नहीं",
        filler=("इसलिए, अतः, तो, शायद, यहाँ, यहां, इस, प्रश्न, का, इस प्रश्न का, मेरा, सबसे, ही, अंतिम, संभवतः, की, के, इसका"),
        join="और, या, अथवा, तथा, एवं",
        clause="बल्कि, क्योंकि, चूंकि, चूँकि, लेकिन, जो, कि, परंतु, यदि, कारण",
        choose="मैं चुनता हूँ, मैं चुनूंगा, मैं चुनती हूँ, मेरा चुनाव",
        refusal=(
            "इनमें से कोई नहीं, इनमें से कोई भी नहीं, उपरोक्त में से कोई नहीं, इनमें से कोई भी, कोई भी विकल्प, "
            "कोई सही उत्तर नहीं, निर्धारित नहीं किया जा सकता, उत्तर नहीं दे सकता, बताया नहीं जा सकता, "
            "विकल्पों में नहीं, कोई विकल्प नहीं"
        ),
        aside="अन्य, बाकी, दूसरे, गलत",
        condition="यदि, अगर",
    ),
    Words(
        code="sw",
        answer="jibu, majibu, suluhisho, jibu sahihi",
        option="chaguo, herufi, chaguzi, uchaguzi",
        good=(
            "sahihi, lililo sahihi, bora, bora zaidi, linalofaa zaidi, linalofaa, sawa, sahihi zaidi, "
            "kinachowezekana zaidi, linalowezekana zaidi, inayofaa zaidi"
        ),
        copula="ni, ndio, ndiyo, ndilo, itakuwa, litakuwa, inaonekana, yaani, lingekuwa",
        negation="si, sio, siyo, hapana, silo, hakuna",
        filler=(
            "hivyo, kwa hiyo, basi, kwa hivyo, labda, huenda, hapa, kwa swali, hili, la, ya, kwa, swali hili, "
            "langu, yangu, cha, lenye"
        ),
        join="na, au, ama, pamoja na",
        clause="bali, kwa sababu, kwani, lakini, ambayo, ambalo, kama, maana, ikiwa, kwa kuwa",
        choose="ninachagua, nachagua, ningechagua, nitachagua",
        refusal=(
            "hakuna kati ya, hakuna jibu, hakuna chaguo, haiwezi kubainishwa, haiwezekani kubaini, siwezi kujibu, "
            "siwezi, hakuna jibu sahihi, hakuna hata moja"
        ),
        aside="nyingine, zingine, mengine, mbaya, si sahihi",
        would="ingekuwa, lingekuwa",
        condition="ikiwa, kama",
    ),
    Words(
        code="ur",
        answer="جواب, صحیح جواب, درست جواب, حل",
        option="آپشن, انتخاب, اختیار, حرف, متبادل",
        good="صحیح, درست, بہترین, سب سے موزوں, سب سے مناسب, مناسب, سب سے بہتر, سب سے زیادہ ممکنہ, موزوں, سب سے درست",
        copula="ہے, ہیں, ہوگا, ہو گا, ہوگی, لگتا ہے, ہونا چاہیے, ہو سکتا ہے, تھا",
        negation="نہیں, نہ, نہیں ہے, کوئی نہیں",
        filler=(
            "لہذا, لہٰذا, اس لیے, تو, شاید, یہاں, اس, سوال, کا, اس سوال کا, میرا, سب سے, ہی, چنانچہ, غالباً, حتمی, "
            "اس کا, پس"
        ),
        join="اور, یا",
        clause="بلکہ, کیونکہ, چونکہ, لیکن, جو, کہ, مگر, اگر, وجہ",
        choose="میں انتخاب کرتا ہوں, میں منتخب کرتا ہوں, میرا انتخاب",
        refusal=(
            "ان میں سے کوئی نہیں, ان میں سے کوئی بھی نہیں, ان میں سے کوئی بھی, مذکورہ بالا میں سے کوئی نہیں, "
            "کوئی بھی آپشن, تعین نہیں کیا جا سکتا, جواب نہیں دے سکتا, کوئی درست جواب نہیں, کوئی صحیح جواب نہیں"
        ),
        aside="دیگر, باقی, دوسرے, غلط",
        condition="اگر",
    ),
]
WORDS: dict[str, Words] = {row.code: row for row in _ROWS}
