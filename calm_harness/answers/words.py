"""The words by which answers are recognised, one row a language.

Adding a language is adding a row. Words are written in lower case and separated by commas; several words together count
as one. What a word may do is in
`calm_harness.prompts.answer_words`; the grammar that uses it is in `calm_harness.answers.reader`, and knows no
language.
"""

from calm_harness.prompts.answer_words import Words

_ROWS = [
    Words(
        code="en",
        answer="conclusion, answer, answers, ans, solution, boxed",
        option="option, choice, alternative, selection, letter, answer choice, answer option",
        good=(
            "correct, right, best, accurate, most appropriate, most likely, most plausible, most suitable, most "
            "logical, most probable, most reasonable, most accurate, most fitting, most relevant, most sensible, most "
            "correct, best fit, best suited, most obvious, better choice, better option, better answer, better fit, "
            "makes the most sense, makes most sense, fits best, safest choice, safest option, ideal choice, closest "
            "match, ✅, ✔, ✓, ☑"
        ),
        copula=(
            "is, are, was, be, would, should, must, will, seems, seem, appears, becomes, remains, 's, it's, that's, "
            "have to be, has to be, had to be, looks like"
        ),
        negation="not, isn't, aren't, wasn't, wouldn't, cannot, can't, never, neither, nor, none, no, hardly",
        filler=(
            "number, therefore, thus, so, hence, then, likely, probably, clearly, definitely, indeed, actually, "
            "simply, to, my, our, this, that, given, here, final, only, also, still, in this case, of course, "
            "obviously, i believe, i think, wait, in question, correction, by elimination, by process of elimination, "
            "choose, select, pick, really, ultimately, finally, in fact, it, single, one, following, as follows, "
            "very, most, in, labeled, labelled, of, for, question, both"
        ),
        join="and, or, as well as, and also",
        clause=(
            "because, since, as, due, for, which, who, where, when, that, but, however, with, if, while, given, "
            "considering, although, though, based"
        ),
        choose=(
            "leaving, which leaves, this leaves, that leaves, leaves us with, leaving us with, which leaves us with, "
            "this leaves us with, that leaves us with, we are left with, remaining option is, remaining choice is, "
            "only remaining option is, i'd have to say, i would have to say, i have to say, i'd lean towards, i lean "
            "towards, i would lean towards, i'm choosing, i am choosing, you should choose, you should select, you "
            "should pick, i choose, i would choose, i'd choose, i will choose, i'll choose, i select, i would select, "
            "i'd select, i would go with, i'd go with, i will go with, i'll go with, i pick, i would pick, i'd pick, "
            "i'd say, i would say, we choose, we select, we can choose, i would answer, i'd answer, we should choose, "
            "i'm going with"
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
        aside="other, others, remaining, rest, wrong, incorrect, false, unlikely, ❌, ✗, ✘, ✖",
        would="would",
        condition="if, when, unless, whether",
        single="a, i",
        articles="the, a, an",
        outer="in, on, at, to, into, from, with, by, of, for, against, about, through, during",
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
        copula="是, 为, 為, 应是, 应为, 应该是, 应该为, 应当是, 就是, 即, 可能是, 乃, 吧",
        negation="不, 不是, 并非, 非, 并不是, 不可能, 没有, 没, 不应, 不应该是, 无, 不能",
        filler=(
            "的, 因此, 所以, 故, 则, 我觉得, 我认为, 最, 可能, 也, 而, 本题, 这道题, 该题, 题, 一个, 项, 应该, "
            "最有可能, 了, 只, 其实, 实际上, 我, 选择的, 我的, 都, 均"
        ),
        join="和, 或, 或者, 以及, 与, 及, 跟, 还是",
        clause="因为, 由于, 但, 但是, 因, 而",
        choose="选, 選, 选择, 选择选项, 選擇, 应选择, 我选, 我选择, 我会选择, 剩下, 只剩, 只剩下, 剩下的是",
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
        copula=(
            "ist, sind, wäre, lautet, sein, scheint, dürfte, sollte, wird, bleibt, heißt, ist also, müsste, muss, "
            "handelt es sich um, es handelt sich um"
        ),
        negation="nicht, kein, keine, keiner, keines, keinen, weder, niemals",
        filler=(
            "nummer, also, daher, somit, demnach, folglich, wohl, wahrscheinlich, vermutlich, eindeutig, hier, in "
            "diesem fall, zu, nur, eigentlich, tatsächlich, letztendlich, durch ausschluss, deshalb, offensichtlich, "
            "meine, auf, auf die frage, frage, am, hierbei, höchstwahrscheinlich, nun, einzige, einzig, im, für"
        ),
        join="und, oder, sowie, bzw, als auch",
        clause="sondern, weil, da, denn, aufgrund, wegen, aber, jedoch, obwohl, wenn, um, welche, welches, dass",
        choose=(
            "ich wähle, ich würde wählen, ich würde sagen, ich entscheide mich für, wähle ich, ich tippe auf, bleibt "
            "nur, bleibt nur noch, es bleibt, übrig bleibt, damit bleibt, somit bleibt"
        ),
        refusal=(
            "keine der, keine dieser, keine von, keiner der, keines der, nicht unter den, nicht in den optionen, "
            "nicht aufgeführt, nicht in der liste, nicht bestimmt werden, nicht beantworten, nicht beantwortet, "
            "keine richtige antwort, keine korrekte antwort, keine richtige option, keine korrekte option, "
            "antwort gibt es nicht, option gibt es nicht, nicht möglich zu bestimmen, kann ich nicht"
        ),
        aside=(
            "anderen, andere, anderer, übrigen, restlichen, falsch, falsche, falschen, inkorrekt, inkorrekte, falscher"
        ),
        would="wäre, würde",
        condition="wenn, falls, sofern, ob",
        articles="der, die, das, den, dem, des, ein, eine, einen, einem, einer",
        outer=(
            "eines, in, im, ins, am, an, ans, auf, aus, bei, beim, durch, für, gegen, mit, nach, von, vom, zu, "
            "zum, zur, unter, über"
        ),
    ),
    Words(
        code="es",
        answer="conclusión, respuesta, respuestas, solución, contestación",
        option="opción, alternativa, elección, letra, inciso, opción de respuesta",
        good=(
            "correcta, correcto, mejor, adecuada, más adecuada, más adecuado, más probable, más apropiada, "
            "más apropiado, más lógica, más lógico, más plausible, más acertada, más razonable, acertada"
        ),
        copula="es, son, sería, ser, parece, debe, debería, será, está, sea, se trata de",
        negation="no, no es, no son, ninguna, ninguno, nunca, tampoco, ni",
        filler=(
            "número, por lo tanto, por tanto, entonces, así que, probablemente, más, claramente, en realidad, "
            "realmente, finalmente, por eliminación, por descarte, mi, a, a la pregunta, a esta pregunta, en este "
            "caso, que, lo, de, pues, única, siguiente, la siguiente"
        ),
        join="y, o, e, u, así como",
        clause="sino, sino que, porque, ya, pues, puesto, debido, dado, pero, que, si, aunque, como",
        choose=(
            "yo diría que, diría que, creo que es, queda, solo queda, sólo queda, nos queda, me inclinaría por, yo me "
            "inclinaría por, me quedo con, me decanto por, elegiría, yo elegiría, optaría por, yo diría, elijo, "
            "escojo, escogería, selecciono, opto por, diría"
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
        outer="a, de, en, con, por, para, contra, desde, hacia, lo",
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
        copula="est, sont, serait, être, semble, doit, devrait, sera, c'est, paraît, soit, s'agit de, il s'agit de",
        negation="pas, n'est pas, ne, ne sont pas, aucune, aucun, jamais, ni, non, ne serait pas, n'est",
        filler=(
            "numéro, donc, alors, ainsi, par conséquent, probablement, certainement, finalement, en fait, en réalité, "
            "plutôt, par élimination, clairement, ici, dans ce cas, à la question, à cette question, plus, ma, notre, "
            "à, cette, évidemment, bien, en conclusion, suivante, seule, finale, très"
        ),
        join="et, ou, ainsi que, ou bien",
        clause=(
            "mais plutôt, mais bien, car, parce, puisque, étant, mais, comme, qui, que, si, bien que, en raison, "
            "pour, cependant, selon"
        ),
        choose=(
            "je choisis, je choisirais, je sélectionne, je dirais, j'opte pour, je réponds, nous choisissons, il "
            "reste, il ne reste que"
        ),
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
        outer="à, de, en, dans, avec, par, pour, contre, sur, sous, vers, chez, depuis, d'",
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
        copula=(
            "è, sono, sarebbe, essere, sembra, dovrebbe, deve, sarà, sia, potrebbe essere, si tratta di, si tratta "
            "della"
        ),
        negation="non, non è, nessuna, nessuno, nessun, mai, né, non sono, non sarebbe",
        filler=(
            "numero, quindi, dunque, pertanto, perciò, probabilmente, chiaramente, si, ne, in realtà, infatti, "
            "infine, per esclusione, qui, in questo caso, alla domanda, a, a questa domanda, più, mia, la mia, di, "
            "sicuramente, certamente, ovviamente, allora, così, seguente, finale"
        ),
        join="e, o, oppure, ed, sia, nonché",
        clause=(
            "bensì, perché, poiché, in quanto, siccome, dato, ma, come, che, se, anche, tuttavia, visto, per, dove"
        ),
        choose=(
            "resta, rimane, resta solo, rimane solo, direi, io direi, sceglierei, opterei per, scelgo, seleziono, "
            "opto per, io sceglierei, selezionerei"
        ),
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
        outer=(
            "a, ad, di, da, in, con, per, su, contro, d', dal, dalla, dallo, dai, dagli, dalle, dall', ai, agli, "
            "alle, allo, del, della, dello, dei, degli, delle, nello, nei, negli, nelle, sullo, sui, sugli, "
            "sulle, sull', col, coi"
        ),
    ),
    Words(
        code="ja",
        answer="答え, 答, 正解, 正答, 解答, 回答, 正しい答え, 正しい回答, 最終的な答え, こたえ",
        option="選択肢, 選択, 記号, 肢",
        good=(
            "正しい, 正解, 正しいです, 適切, 最適, 最も適切, 最も適切な, 最も適当, 最も適当な, 最も可能性が高い, "
            "最も可能性の高い, 最もふさわしい, 最も妥当, 最も妥当な, 妥当, 最も自然, 最も自然な, 正しく, 最も正しい, "
            "最も合理的, 最も合理的な, 可能性が最も高い, 最も近い, 適当, 最も当てはまる, 当てはまる, を選びます, "
            "を選択します, を選択するの, が残ります, が残る, を選ぶ, を選んだ, を選びました, ふさわしい, 最善, 最良, "
            "最も適している, 適している, 最も適した, 適した, 最も考えられる, 一番適切, 一番適切な"
        ),
        copula=(
            "は, が, として, とは, としては, の方が, のほうが, です, である, だ, となります, になります, となる, "
            "になる, も, だと, であると, と考えます, と思われます, と言えます, といえます, だと思います, だと思う, "
            "と思います, と考えられます, だと考えられます, でしょう, だろう"
        ),
        negation=(
            "ではない, ではありません, でない, じゃない, ない, ありません, なく, くない, くありません, "
            "とは言えない, とは限らない, 不"
        ),
        filler=(
            "の, な, よって, したがって, つまり, ゆえに, 従って, おそらく, 最も, 一番, この, 問題, この問題, 質問, "
            "こと, 実は, やはり"
        ),
        join="または, か, と, や, および, 及び, もしくは, あるいは, 又は, or",
        clause="なぜなら, ので, ため, から, しかし, ただし",
        choose="残るのは, 残りは, 残った選択肢は, 残る選択肢は",
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
        copula="is, zijn, luidt, lijkt, zou, moet, wordt, blijft, het gaat om, gaat het om",
        negation="niet, geen, nooit, noch",
        filler=(
            "nummer, dus, daarom, dan, waarschijnlijk, duidelijk, hier, op, op de vraag, op deze vraag, mijn, "
            "in dit geval, te, vraag, ook"
        ),
        join="en, of, alsmede",
        clause="maar wel, omdat, want, aangezien, maar, als, daar, die, dat, wegens, vanwege, doordat, hoewel",
        choose=(
            "ik kies, ik zou kiezen, ik kies voor, ik zou kiezen voor, ik selecteer, ik zou zeggen, ik ga voor, "
            "ik zou gaan voor, blijft over"
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
        outer="in, op, aan, bij, door, met, naar, van, voor, tegen, uit, te, tot",
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
            "numer, nr, zatem, więc, dlatego, prawdopodobnie, na, pytanie, na to pytanie, moja, tu, tutaj, w "
            "rzeczywistości, moim zdaniem, w tym przypadku, tym samym, zdecydowanie"
        ),
        join="i, lub, albo, oraz, a, jak i",
        clause="lecz, tylko, ponieważ, bo, gdyż, ale, która, który, jako, jednak, jeśli, gdy, że, bowiem",
        choose="wybieram, wybrałbym, wybrałabym, wskazuję, pozostaje, zostaje",
        refusal=(
            "żadna z, żaden z, żadne z, brak poprawnej odpowiedzi, brak prawidłowej odpowiedzi, nie ma poprawnej, "
            "nie ma prawidłowej, nie da się określić, nie można określić, nie można ustalić, "
            "nie mogę odpowiedzieć, nie mogę, nie ma wśród"
        ),
        aside="innych, pozostałych, inne, pozostałe, błędna, niepoprawna, nieprawidłowa, błędną",
        would="byłaby, byłby, byłoby",
        condition="jeśli, jeżeli, gdyby, gdy, czy",
        single="a, i, o, u, w, z",
        outer="w, we, na, z, ze, do, od, przez, po",
    ),
    Words(
        code="pt",
        answer="conclusão, resposta, respostas, solução, gabarito",
        option="opção, alternativa, escolha, letra, item",
        good=(
            "correta, correto, certa, certo, melhor, adequada, mais adequada, mais adequado, mais provável, "
            "mais apropriada, mais apropriado, mais lógica, mais lógico, mais plausível, mais razoável"
        ),
        copula="é, são, seria, ser, parece, deve, deveria, será, está, seja, trata-se de",
        negation="não, não é, nenhuma, nenhum, nunca, nem, não são",
        filler=(
            "número, portanto, então, assim, logo, provavelmente, na verdade, realmente, por eliminação, mais, "
            "claramente, minha, à pergunta, a, à, para, esta pergunta, neste caso, de, que, única, seguinte, para "
            "esta pergunta, aqui"
        ),
        join="e, ou, bem como",
        clause="mas sim, e sim, porque, pois, já, uma vez, devido, mas, que, se, embora, como, visto, porém",
        choose=(
            "resta, sobra, resta apenas, escolho, eu escolho, eu escolheria, escolheria, seleciono, eu diria, opto "
            "por, fico com, optaria por"
        ),
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
        outer="a, de, em, com, por, para, contra, nos, nas, dos, das, aos, às, num, numa, pelo, pela",
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
            "номер, под номером, таким образом, поэтому, следовательно, значит, итак, "
            "на самом деле, действительно, вероятно, скорее всего, очевидно, мой, на, вопрос, "
            "на этот вопрос, здесь, в данном случае, под, под буквой, "
            "тогда"
        ),
        join="и, или, а также, либо, так и",
        clause=("потому, так как, поскольку, ведь, но, который, что, если, однако, из-за, хотя, а"),
        choose=(
            "остаётся, остается, остаётся только, остается только, я выбираю, выбираю, я бы выбрал, я бы выбрала, я "
            "выберу"
        ),
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
        outer="в, во, на, из, с, со, к, от, по, о",
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
        choose="يبقى, تبقى, يتبقى, ويبقى, أختار, سأختار, اختار, اخترت, نختار",
        refusal=(
            "لا شيء مما, لا شيء من, ليس أي من, ليست أي من, لا يوجد خيار, لا توجد إجابة, لا يوجد جواب, "
            "لا يوجد إجابة, لا يمكن تحديد, لا يمكنني, لا أستطيع, أي من الخيارات غير, ليس من بين, ليست من بين, "
            "ليست ضمن, لا أحد من, غير موجودة"
        ),
        aside="الأخرى, أخرى, الباقية, المتبقية, خاطئة, الخاطئة, خاطئ, الخاطئ",
        condition="إذا, لو, إن",
        single="و",
        outer="في, إلى, من, على, عن, مع, ضد, الـ, بالـ, للـ, كالـ",
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
            "chắc chắn, ở đây, cuối cùng, thì, sẽ, nhất, này, thực ra"
        ),
        join="và, hoặc, hay, cùng với, lẫn",
        clause="mà là, vì, bởi, do, nhưng, mà, khi, nếu, bởi vì, tại vì, tuy",
        choose="chỉ còn, chỉ còn lại, vậy còn lại, tôi chọn, tôi sẽ chọn, chọn, ta chọn, em chọn",
        refusal=(
            "không có đáp án, không có phương án, không có lựa chọn, không có câu trả lời, "
            "không đáp án nào, không phương án nào, không thể xác định, không thể trả lời, "
            "không nằm trong, không lựa chọn nào, không xác định được"
        ),
        aside="khác, còn lại, sai",
        condition="nếu, khi",
        single="ý, à",
        articles="các, những, cái, con, một, chiếc",
        outer="ở, tại, trong, từ, bằng, với, vào",
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
        answer="jibu, majibu, jibu langu, suluhisho, jibu sahihi, jibu la mwisho, hitimisho",
        option="chaguo, herufi, uchaguzi, chaguo la jibu, mbadala, chaguo la",
        good=(
            "sahihi, lililo sahihi, iliyo sahihi, kilicho sahihi, sahihi zaidi, bora, bora zaidi, sawa, linalofaa, "
            "linalofaa zaidi, inayofaa, inayofaa zaidi, kinachofaa zaidi, lifaalo zaidi, kinachowezekana zaidi, "
            "linalowezekana zaidi, inayowezekana zaidi, lenye uwezekano mkubwa, lenye uwezekano mkubwa zaidi, "
            "lenye mantiki zaidi, yenye mantiki zaidi, yanayofaa zaidi, linaloeleweka zaidi, linalofaa kabisa"
        ),
        copula=(
            "ni, ndio, ndiyo, ndilo, ndicho, ndiye, itakuwa, litakuwa, ingekuwa, lingekuwa, inaonekana, linaonekana, "
            "linapaswa kuwa, inapaswa kuwa, linaweza kuwa, yaani, kuwa"
        ),
        negation="si, sio, siyo, hapana, silo, sicho, siye, hakuna, haliwezi kuwa, haiwezi kuwa, hayuko, wala",
        filler=(
            "namba, nambari, hivyo, kwa hiyo, basi, kwa hivyo, hivyo basi, labda, huenda, pengine, hapa, "
            "kwa swali, hili, la, ya, "
            "kwa, swali, swali hili, kwa swali hili, katika, langu, yangu, cha, lenye, hii, pia, tu, zaidi, "
            "bila shaka, wazi, pekee, kwamba"
        ),
        join="na, au, ama, pamoja na, na pia",
        clause=(
            "bali, kwa sababu, kwani, lakini, ambayo, ambalo, ambacho, ambaye, kama, maana, kwa maana, ikiwa, "
            "kwa kuwa, kutokana na, ingawa, hata hivyo"
        ),
        choose=(
            "ninachagua, nachagua, ningechagua, nitachagua, nimechagua, mimi ninachagua, ningesema, tunachagua, "
            "chaguo langu"
        ),
        refusal=(
            "hakuna kati ya, hakuna hata moja, hakuna lolote, hakuna jibu, hakuna jibu sahihi, hakuna chaguo, "
            "hakuna chaguo sahihi, hakuna iliyo sahihi, hakuna lililo sahihi, halipo kati ya, haipo kati ya, "
            "haiwezi kubainishwa, haiwezekani kubaini, haiwezekani kujua, haiwezekani kuamua, haliwezi kubainishwa, "
            "siwezi kujibu, siwezi kubaini, siwezi, haiwezekani kujibu, hakuna taarifa za kutosha"
        ),
        aside=(
            "nyingine, zingine, mengine, lingine, kingine, zilizobaki, yaliyobaki, mbaya, makosa, kosa, si sahihi, "
            "sio sahihi, siyo sahihi, lisilo sahihi, yasiyo sahihi, isiyo sahihi, zisizo sahihi"
        ),
        would="ingekuwa, lingekuwa, kingekuwa, yangekuwa",
        condition="ikiwa, kama, endapo, iwapo",
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
    Words(
        code="ko",
        answer=(
            "정답, 정답은, 정답이, 정답을, 정답으로, 정답입니다, 정답이다, 정답이에요, 정답임, 답, 답은, 답이, "
            "답입니다, 답이다, 답안, 답변, 최종 답변, 해답, 해답은, 결론"
        ),
        option="선택, 보기, 보기의, 선택지, 선택지는, 선택지가, 선택지인, 옵션, 옵션은, 기호, 기호는, 번, 항목",
        good=(
            "맞습니다, 맞다, 맞는, 맞아요, 옳습니다, 옳다, 옳은, 올바른, 올바릅니다, 적절한, 가장 적절한, "
            "적절합니다, 가장 적절합니다, 가장 적합한, 가장 적합합니다, 알맞은, "
            "가장 알맞은, 가장 가능성이 높은, 가장 타당한, 타당합니다, 를 선택합니다, 를 선택하겠습니다, "
            "을 선택합니다, 를 고르겠습니다, 를 고릅니다"
        ),
        copula=(
            "입니다, 이다, 이에요, 예요, 임, 이며, 이고, 은, 는, 이, 가, 것은, 것이, 바로, 로, 으로, 됩니다, "
            "이라고, 라고, 이라고 할 수 있습니다, 라고 할 수 있습니다, "
            "인 것 같습니다, 인, 번이, 번은, 번입니다, 번이다, 번이에요, 뿐입니다, "
            "라고 생각합니다, 라고 봅니다"
        ),
        negation="아닙니다, 아니다, 아니에요, 아니며, 아니고, 아님, 않습니다, 않다, 않은, 않으며, 안",
        filler=(
            "따라서, 그러므로, 그래서, 즉, 아마, 아마도, 가장, 이 문제의, 문제의, 질문의, 질문에 대한, "
            "이 질문에 대한, 저의, 제, 사실, 사실은, 최종, 여기서, 결국, 분명히, 것"
        ),
        join="와, 과, 또는, 혹은, 및, 그리고, 이나, 나, 하고",
        clause="왜냐하면, 때문에, 때문입니다, 이므로, 므로, 이기 때문에, 하지만, 그러나, 다만, 그런데, 반면, 이지만",
        choose="남는 것은, 남은 것은, 제 선택은, 저의 선택은, 나의 선택은, 저는",
        refusal=(
            "정답이 없습니다, 정답은 없습니다, 답이 없습니다, 정답 없음, 해당 없음, 정답을 알 수 없습니다, "
            "정답을 결정할 수 없습니다, 정답을 고를 수 없습니다, 답을 고를 수 없습니다, "
            "답할 수 없습니다, 판단할 수 없습니다, 결정할 수 없습니다, 하나를 고르기 어렵습니다, 어느 것도, "
            "정답이 없다, 모두 정답이 아닙니다"
        ),
        aside=(
            "아니라, 아닌, 다른, 나머지, 나머지는, 다른 선택지는, 다른 보기는, 다른 어느 것도, 오답, "
            "오답입니다, 틀린, 틀렸습니다, 잘못된, 부적절한, 부적절합니다"
        ),
        condition="만약, 만일, 경우, 때",
    ),
    Words(
        code="tr",
        answer=(
            "cevap, cevabı, cevabi, cevabım, cevabımız, cevaptır, yanıt, yanit, yanıtı, yanıtım, yanıttır, "
            "son cevap, sonuç, çözüm"
        ),
        option=(
            "seçenek, seçeneği, seçeneğini, seçenektir, şık, şıkkı, şıkkını, şıktır, harf, harfi, seçim, "
            "cevap seçeneği, alternatif"
        ),
        good=(
            "doğru, doğrudur, en doğru, en doğrusu, en uygun, en uygunu, en uygundur, uygun, uygundur, en iyi, "
            "en olası, en mantıklı, en mantıklısı, en muhtemel, en makul, seçiyorum, işaretliyorum, tercih ediyorum, "
            "seçerdim"
        ),
        copula=(
            "dır, dir, dur, dür, tır, tir, dı, di, şıkkıdır, seçeneğidir, harfidir, olmalıdır, olmalı, olur, "
            "olacaktır, olarak, ise, olabilir, budur, şudur, görünüyor, görünmektedir"
        ),
        negation="değil, değildir, değildi, hayır, olamaz",
        filler=(
            "bu nedenle, bu yüzden, dolayısıyla, o halde, bu durumda, yani, muhtemelen, büyük olasılıkla, bu, "
            "sorunun, bu sorunun, soruya, bu soruya, sonuç olarak, buna göre, öyleyse, benim, olan, tek, kesinlikle, "
            "aslında, açıkça"
        ),
        join="ve, veya, ya da, yahut, veyahut, ile, hem, hem de",
        clause="çünkü, zira, ama, fakat, ancak, oysa, nedeniyle, dolayı, için, eğer, ki, iken, olduğu için, aksine",
        choose="geriye, seçimim, tercihim, benim seçimim",
        refusal=(
            "yukarıdakilerin hiçbiri, yukarıdakilerden hiçbiri, seçeneklerin hiçbiri, seçeneklerden hiçbiri, "
            "şıkların hiçbiri, bunların hiçbiri, hiçbiri, hiçbir seçenek, doğru cevap yok, doğru cevap yoktur, "
            "doğru seçenek yok, doğru seçenek yoktur, belirlenemez, cevaplanamaz, cevap veremem, yanıt veremem, "
            "cevap verilemez"
        ),
        aside=(
            "diğer, diğerleri, öteki, öbür, geri kalan, yanlış, yanlıştır, hatalı, uygun değildir, "
            "diğerlerinin hiçbiri, diğer seçeneklerin hiçbiri, diğer şıkların hiçbiri"
        ),
        would="olurdu, olabilirdi",
        condition="eğer, şayet",
        single="o",
        articles="bir",
    ),
    Words(
        code="id",
        answer="jawaban, jawabannya, jawab, jawaban akhir, kesimpulan, kesimpulannya, solusi, kunci jawaban",
        option="pilihan, opsi, alternatif, huruf, pilihan jawaban, opsi jawaban, poin",
        good=(
            "benar, yang benar, tepat, yang tepat, paling tepat, yang paling tepat, paling benar, paling sesuai, "
            "yang paling sesuai, paling mungkin, yang paling mungkin, terbaik, paling masuk akal, paling logis, "
            "paling cocok, betul, sesuai"
        ),
        copula="adalah, ialah, yaitu, yakni, merupakan, seharusnya, adalah sebagai berikut, tampaknya, akan menjadi",
        negation="bukan, bukanlah, tidak, tak, bukannya, tidaklah",
        filler=(
            "jadi, maka, oleh karena itu, karena itu, dengan demikian, sehingga, kemungkinan besar, mungkin, yang, "
            "ini, itu, untuk, pertanyaan, dari pertanyaan ini, untuk pertanyaan ini, saya, dalam kasus ini, "
            "dalam hal ini, akhir, paling, jelas, sebenarnya"
        ),
        join="dan, atau, serta, maupun",
        clause=(
            "melainkan, tetapi, karena, sebab, namun, tapi, meskipun, walaupun, jika, kalau, dikarenakan, mengingat, "
            "dimana, sedangkan"
        ),
        choose="saya memilih, saya pilih, saya akan memilih, saya akan pilih, kita pilih, kita memilih, pilih",
        refusal=(
            "tidak ada pilihan yang, tidak ada jawaban yang, tidak ada opsi yang, tidak ada yang benar, "
            "tidak ada jawaban, tidak satu pun, tidak satupun, bukan salah satu dari, tidak dapat ditentukan, "
            "tidak bisa ditentukan, tidak dapat menjawab, tidak bisa menjawab, tidak dapat dijawab, "
            "tidak dapat dipastikan, semua salah, semua pilihan salah"
        ),
        aside="lain, lainnya, yang lain, sisanya, salah, keliru, tidak tepat, tidak benar, kurang tepat",
        condition="jika, kalau, apabila, bila, ketika",
        outer="di, ke, dari, dengan, pada",
    ),
    Words(
        code="th",
        answer=(
            "คำตอบ, คำตอบที่ถูกต้อง, คำตอบที่ถูก, คำตอบสุดท้าย, ตอบ, ตอบว่า, คำตอบของคำถามนี้, คำตอบของข้อนี้, เฉลย, "
            "ข้อที่ถูกต้อง, ข้อที่ถูก, สรุปคำตอบ, สรุป"
        ),
        option="ข้อ, ตัวเลือก, ตัวเลือกที่, ตัวเลือกข้อ, ข้อที่, ตัวอักษร, ทางเลือก",
        good=(
            "ถูกต้อง, ถูกต้องที่สุด, ที่ถูกต้อง, ที่ถูกต้องที่สุด, ถูกที่สุด, เหมาะสมที่สุด, ที่เหมาะสมที่สุด, "
            "ดีที่สุด, ที่ดีที่สุด, เป็นไปได้มากที่สุด, ที่เป็นไปได้มากที่สุด, สมเหตุสมผลที่สุด, "
            "ที่สมเหตุสมผลที่สุด, ใกล้เคียงที่สุด, ตรงที่สุด"
        ),
        copula=("คือ, เป็น, ก็คือ, จึงเป็น, จึงคือ, ได้แก่, น่าจะเป็น, ควรเป็น, ควรจะเป็น, จะเป็น, ต้องเป็น, จะต้องเป็น, นั่นคือ"),
        negation="ไม่ใช่, มิใช่, ไม่, ไม่ได้, ไม่ได้เป็น, ไม่เป็น, หาใช่",
        filler=("ดังนั้น, เพราะฉะนั้น, ฉะนั้น, จึง, อาจ, น่าจะ, ที่, ของ, นี้, คำถามนี้, สำหรับ, ในกรณีนี้, ของฉัน, ที่สุด, ก็"),
        join="และ, หรือ, กับ, หรือว่า, รวมถึง",
        clause="เพราะ, เพราะว่า, เนื่องจาก, แต่, ซึ่ง, โดย, หาก, ถ้า, เมื่อ, ส่วน, อย่างไรก็ตาม, เพื่อ, ในขณะที่",
        choose="เลือก, ฉันเลือก, ผมเลือก, ดิฉันเลือก, ขอเลือก, จึงเลือก, ขอตอบ, เลือกข้อ, เลือกตอบ",
        refusal=(
            "ไม่มีข้อใดถูก, ไม่มีข้อใดถูกต้อง, ไม่มีข้อถูก, ไม่มีข้อที่ถูกต้อง, ไม่มีคำตอบที่ถูกต้อง, ไม่มีคำตอบ, "
            "ไม่มีตัวเลือกใด, ไม่มีตัวเลือกที่ถูกต้อง, ไม่สามารถระบุคำตอบ, ไม่สามารถตอบ, ไม่สามารถเลือก, "
            "ไม่สามารถสรุปได้, ไม่สามารถระบุได้, ผิดทุกข้อ, ไม่ถูกทุกข้อ"
        ),
        aside=("อื่น, อื่นๆ, ข้ออื่น, ข้ออื่นๆ, ตัวเลือกอื่น, ตัวเลือกอื่นๆ, ที่เหลือ, ผิด, ไม่ถูกต้อง, ไม่ถูก, ไม่เหมาะสม, ที่ผิด"),
        # No condition: its first token, one Thai character (ถ of ถ้า), would also be that of ถูกต้อง.
    ),
    Words(
        code="bn",
        answer="উত্তর, উত্তরটি, উত্তর হিসেবে, সঠিক উত্তর, সঠিক উত্তরটি, চূড়ান্ত উত্তর, জবাব, সমাধান, উপসংহার, উঃ",
        option="বিকল্প, বিকল্পটি, বিকল্পটিই, অপশন, অপশনটি, অক্ষর, পছন্দ, নম্বর",
        good=(
            "সঠিক, সবচেয়ে সঠিক, সর্বোত্তম, সেরা, উপযুক্ত, সবচেয়ে উপযুক্ত, সবচেয়ে সম্ভাব্য, সবচেয়ে যুক্তিসঙ্গত, "
            "সবচেয়ে যুক্তিযুক্ত, সবচেয়ে ভালো, যথার্থ, শুদ্ধ, যুক্তিসঙ্গত, বেছে নিচ্ছি, বেছে নেব, বেছে নিলাম, "
            "নির্বাচন করছি"
        ),
        copula="হলো, হল, হচ্ছে, হবে, হয়, হবে বলে মনে হয়, ছিল, হতে পারে, হওয়া উচিত, বলে মনে হয়",
        negation="নয়, না, নেই, নহে, কোনোটিই, মোটেই নয়",
        filler=(
            "তাই, সুতরাং, অতএব, কাজেই, ফলে, সেহেতু, সম্ভবত, এই, প্রশ্নের, এই প্রশ্নের, এর, এখানে, এক্ষেত্রে, "
            "চূড়ান্ত, আমার, অর্থাৎ, এটি, সবচেয়ে, টি, ই"
        ),
        join="এবং, ও, আর, অথবা, বা, কিংবা, নাকি",
        clause="কারণ, কেননা, যেহেতু, কিন্তু, তবে, যা, যে, যেখানে, যদি, বরং, যদিও, কারন",
        choose="আমি বেছে নিচ্ছি, আমি বেছে নেব, আমি নির্বাচন করছি, আমি বেছে নিলাম, আমার পছন্দ",
        refusal=(
            "কোনোটিই নয়, কোনটিই নয়, উপরের কোনোটিই নয়, উপরের কোনোটিই, এগুলোর কোনোটিই নয়, কোনোটিই সঠিক নয়, "
            "কোনো সঠিক উত্তর নেই, সঠিক উত্তর নেই, কোনো বিকল্পই সঠিক নয়, নির্ধারণ করা সম্ভব নয়, "
            "নির্ধারণ করা যায় না, উত্তর দেওয়া সম্ভব নয়, নিশ্চিতভাবে বলা যায় না"
        ),
        aside=("অন্য, অন্যান্য, বাকি, বাকিগুলো, ভুল, অন্য কোনোটিই, অন্য কোনোটিই নয়, অন্যান্য বিকল্পগুলো, সঠিক নয় এমন"),
        condition="যদি, যখন",
        articles="একটি, একজন, এক",
    ),
    Words(
        code="fa",
        answer=("پاسخ, جواب, پاسخ صحیح, پاسخ درست, جواب صحیح, جواب درست, پاسخ نهایی, پاسخ من, راه‌حل, نتیجه‌گیری, پاسخِ"),
        option="گزینه, گزینه‌ی, گزینهٔ, گزینه ی, گزینه‌ای, حرف, مورد, انتخاب, گزینه شماره",
        good=(
            "صحیح, درست, بهترین, درست‌ترین, صحیح‌ترین, مناسب‌ترین, محتمل‌ترین, منطقی‌ترین, دقیق‌ترین, مناسب, "
            "مناسب ترین, محتمل ترین, منطقی ترین, را انتخاب می‌کنم, را انتخاب می کنم, را انتخاب می‌کنیم"
        ),
        copula=(
            "است, هست, می‌باشد, می باشد, باشد, خواهد بود, بوده, هستند, عبارت است از, به نظر می‌رسد, می‌شود, همان, "
            "برابر است با"
        ),
        negation="نباید, هرگز, نیست, نمی‌باشد, نمی باشد, نیستند, نه, نخواهد بود, هیچ",
        filler=(
            "بنابراین, پس, لذا, در نتیجه, از این رو, احتمالا, این, سوال, سؤال, به این سوال, این سوال, به, من, نهایی, "
            "برای, در اینجا, در این مورد, یعنی, قطعا, ما, کاملا"
        ),
        join="و, یا, و یا, همچنین",
        clause="زیرا, چون, چرا که, چراکه, اما, ولی, بلکه, که, به دلیل, اگر, هرچند, در حالی که, با توجه",
        choose="انتخاب می‌کنم, انتخاب می کنم, انتخاب من, من انتخاب می‌کنم, برمی‌گزینم",
        refusal=(
            "هیچ‌کدام از, هیچ کدام از, هیچکدام از, هیچ یک از, هیچ‌یک از, هیچ‌کدام, هیچکدام, هیچ گزینه‌ای, "
            "پاسخ صحیح وجود ندارد, پاسخ درست وجود ندارد, پاسخ صحیحی وجود ندارد, پاسخ درستی وجود ندارد, "
            "نمی‌توان تعیین کرد, نمی‌توان مشخص کرد, نمی‌توانم پاسخ, قابل تعیین نیست, قابل تشخیص نیست"
        ),
        aside="دیگر, سایر, بقیه, بقیهٔ, نادرست, غلط, اشتباه, نامناسب, گزینه‌های دیگر, سایر گزینه‌ها, گزینه دیگر",
        would="می‌بود",
        condition="اگر, وقتی, هنگامی, چنانچه",
        articles="یک",
        outer="در, از, به, با",
    ),
    Words(
        code="he",
        answer=(
            "תשובה, התשובה, תשובתי, תשובתנו, תשובה סופית, התשובה הסופית, פתרון, הפתרון, מסקנה, המסקנה, כתשובה, "
            "שהתשובה, והתשובה"
        ),
        option=(
            "אפשרות, האפשרות, באפשרות, שאפשרות, אופציה, האופציה, חלופה, החלופה, בחירה, הבחירה, אות, האות, סעיף, "
            "תשובה מספר"
        ),
        good=(
            "נכונה, הנכונה, נכון, הנכון, הטובה ביותר, הטוב ביותר, המתאימה ביותר, המתאים ביותר, מתאימה ביותר, "
            "הסבירה ביותר, הסביר ביותר, ההגיונית ביותר, הנכונה ביותר, המדויקת ביותר, המתאימה, המתאים, מתאימה"
        ),
        copula="היא, הוא, הינה, הינו, זו, זה, זוהי, זהו, תהיה, יהיה, הייתה, צריכה להיות, נראית, שהיא, כנראה היא",
        negation="לא, אינה, אינו, איננה, איננו, אין, אינן, ולא",
        filler=(
            "לכן, ולכן, לפיכך, על כן, אם כן, מכאן, כנראה, ככל הנראה, ביותר, לשאלה, השאלה, לשאלה זו, על השאלה, "
            "במקרה זה, במקרה הזה, שלי, כאן, של, כלומר, בבירור"
        ),
        join="או, וגם, וכן, וכמו כן, ו",
        clause="כי, מכיוון, כיוון, מאחר, משום, בגלל, שכן, היות, אבל, אך, אלא, אשר, למרות, בעוד, אם, כאשר, שהרי",
        choose="אני בוחר, אני בוחרת, אבחר, הייתי בוחר, הייתי בוחרת, בחרתי, נבחר, אני אבחר",
        refusal=(
            "אף אחת מהאפשרויות, אף אחת מהתשובות, אף אחד מהאפשרויות, אף אחת מהן, אף אחת מאלה, אף תשובה, אף אפשרות, "
            "אף לא אחת, אין תשובה נכונה, לא ניתן לקבוע, אי אפשר לקבוע, לא ניתן לדעת, לא ניתן לענות, איני יכול, "
            "אינני יכול, אני לא יכול לענות, כל התשובות שגויות"
        ),
        aside="אחרת, אחרות, האחרות, האחרים, שאר, יתר, השאר, היתר, שגויה, השגויה, שגוי, שגויות, לא נכונה",
        would="הייתה, היה",
        condition="אם, כאשר, אילו, לו, כש",
    ),
    Words(
        code="el",
        answer=(
            "απάντηση, απαντηση, απάντησή, απαντησή, απάντησης, τελική απάντηση, τελικη απαντηση, απ, λύση, λυση, "
            "συμπέρασμα, συμπερασμα"
        ),
        option="επιλογή, επιλογη, επιλογής, εναλλακτική, εναλλακτικη, γράμμα, γραμμα, πρόταση, περίπτωση",
        good=(
            "σωστή, σωστη, σωστό, σωστο, σωστός, ορθή, ορθη, ορθό, καλύτερη, καλυτερη, πιο πιθανή, πιο πιθανη, "
            "πιθανότερη, πιο κατάλληλη, πιο καταλληλη, καταλληλότερη, πιο λογική, πιο λογικη, λογικότερη, πιο σωστή, "
            "πιο εύλογη, πιο ακριβής"
        ),
        copula=(
            "είναι, ειναι, ήταν, θα είναι, θα ήταν, θα ειναι, φαίνεται, φαινεται, φαίνεται να είναι, "
            "πρέπει να είναι, αποτελεί, παραμένει"
        ),
        negation="δεν, δεν είναι, δεν ειναι, δε, όχι, οχι, μη, ούτε, ουτε, ποτέ",
        filler=(
            "άρα, αρα, επομένως, επομενως, συνεπώς, συνεπως, λοιπόν, λοιπον, οπότε, έτσι, πιθανότατα, πιθανώς, "
            "μάλλον, πιο, στην ερώτηση, σε αυτή την ερώτηση, μου, εδώ, σε αυτή την περίπτωση, σαφώς, προφανώς, "
            "τελική, η εξής, δηλαδή"
        ),
        join="και, κι, ή, η αλλιώς, είτε, καθώς και",
        clause=(
            "γιατί, γιατι, επειδή, επειδη, διότι, διοτι, καθώς, αφού, αφου, αλλά, αλλα, όμως, που, η οποία, αν, "
            "όταν, ενώ, λόγω, δεδομένου, ωστόσο"
        ),
        choose=(
            "επιλέγω, επιλεγω, θα επέλεγα, θα επιλέξω, διαλέγω, διαλεγω, θα διάλεγα, θα έλεγα, επιλέγουμε, "
            "επιλέγω την, επιλέγω το"
        ),
        refusal=(
            "καμία από τις, καμια απο τις, κανένα από τα, κανενα απο τα, καμία από αυτές, τίποτα από τα παραπάνω, "
            "καμία σωστή απάντηση, δεν υπάρχει σωστή απάντηση, δεν υπάρχει σωστή επιλογή, "
            "δεν μπορεί να προσδιοριστεί, δεν μπορεί να καθοριστεί, δεν μπορεί να απαντηθεί, δεν μπορώ να απαντήσω, "
            "δεν είναι δυνατό να, αδύνατο να προσδιοριστεί"
        ),
        aside=(
            "άλλη, άλλες, αλλες, άλλα, υπόλοιπες, υπολοιπες, υπόλοιπα, λάθος, λαθος, λανθασμένη, λανθασμενη, "
            "εσφαλμένη, λανθασμένες"
        ),
        would="ήταν",
        condition="αν, εάν, όταν, εφόσον",
        articles="ο, η, το, οι, τα, τον, την, τη, του, της, των, ένας, μια, μία, ένα, στο, στη, στην",
        outer="σε, από, με, για, κατά",
    ),
    Words(
        code="uk",
        answer="відповідь, відповіддю, відповіді, висновок, розв'язок, розв'язання, рішення",
        option=(
            "варіант, варіантом, варіант відповіді, варіантом відповіді, вибір, вибором, літера, буква, опція, пункт"
        ),
        good=(
            "правильна, правильною, правильний, правильним, правильно, вірна, вірною, вірний, вірним, вірно, "
            "найкраща, найкращою, найкращий, найкращим, найбільш імовірна, найбільш імовірний, найбільш ймовірна, "
            "найбільш ймовірний, найбільш ймовірним, найімовірніша, найімовірніший, найімовірнішим, "
            "найбільш доречна, найбільш доречний, найбільш відповідний, найбільш логічний, найбільш логічна, "
            "найлогічніший, найлогічніша, найточніша, найточніший, коректна, коректний"
        ),
        copula="це, є, буде, був би, була б, має бути, повинна бути, звучить, виглядає, здається, наступна, така",
        negation="не, не є, ні, немає, жоден, жодна, жодне, жодного, ніколи, неправильно, невірно",
        filler=(
            "отже, таким чином, тому, тож, значить, ймовірно, імовірно, найімовірніше, скоріше за все, очевидно, "
            "моя, на, питання, на це питання, на запитання, тут, у цьому випадку, в цьому випадку, під, під літерою, "
            "під буквою, саме, тоді, остаточна"
        ),
        join="і, й, та, або, чи, а також",
        clause="бо, тому що, оскільки, адже, через те що, але, а, який, яка, яке, що, якщо, однак, проте, хоча",
        choose="я обираю, обираю, я вибираю, вибираю, я б обрав, я б обрала, я б вибрав, я б вибрала, я оберу, оберу",
        refusal=(
            "жоден із, жоден з, жодна з, жодна із, жодне з, жодного з, жоден варіант, немає правильної, "
            "немає правильного, немає вірної, немає відповіді, серед варіантів немає, немає серед, "
            "неможливо визначити, не можна визначити, неможливо відповісти, не можу відповісти, не можу, "
            "недостатньо інформації"
        ),
        aside=(
            "інших, інші, інший, інша, решта, решту, неправильна, неправильний, неправильні, неправильною, невірна, "
            "невірний, невірні, хибна, хибний"
        ),
        would="би",
        condition="якщо, якби, коли",
        single="а, і, й, о, у, в, з, є, я",
        outer="в, у, на, із, з, зі, до, від, по, про",
    ),
    Words(
        code="cs",
        answer=(
            "odpověď, odpovědí, odpovědi, odpoveď, odpověd, odpoved, odpovedi, řešení, reseni, řešením, závěr, zaver"
        ),
        option=(
            "možnost, možností, moznost, moznosti, varianta, variantou, variantu, volba, volbou, volbu, výběr, "
            "písmeno, písmenem, pismeno, alternativa"
        ),
        good=(
            "správná, správně, správný, správné, správnou, správným, spravna, spravne, spravny, spravnou, nejlepší, "
            "nejlepsi, nejlépe, nejpravděpodobnější, nejpravdepodobnejsi, nejvhodnější, nejvhodnejsi, nejlogičtější, "
            "nejpřesnější, nejpravděpodobněji, nejrozumnější, vhodná, korektní"
        ),
        copula=(
            "je, jsou, to je, je to, zní, zni, bude, být, by byla, by byl, by bylo, by měla být, by měl být, "
            "by mohla být, má být, musí být, zdá se, se zdá, tedy je"
        ),
        negation=(
            "ne, není, neni, nejsou, nejsou to, nebude, žádná, žádný, žádné, nikdy, ani, nikoli, nikoliv, nesprávně"
        ),
        filler=(
            "za, tedy, takže, proto, tudíž, pravděpodobně, pravdepodobne, zřejmě, jasně, na, otázku, si, na otázku, "
            "na tuto otázku, moje, má, zde, tady, v tomto případě, pod, pod písmenem, se, tato, následující, jediná, "
            "podle mě, nejspíše, nejspíš"
        ),
        join="a, i, nebo, či, anebo, a také",
        clause=(
            "protože, protoze, neboť, nebot, jelikož, ale, nýbrž, který, která, které, že, pokud, když, však, avšak, "
            "ačkoli, i když"
        ),
        choose=(
            "vybírám, vyberu, volím, zvolil bych, zvolila bych, vybral bych, vybrala bych, zvolím, vybírám si, "
            "řekl bych, řekla bych"
        ),
        refusal=(
            "žádná z, žádný z, žádné z, žádná možnost, žádná odpověď, žádná z uvedených, zadna z, není mezi, "
            "správná odpověď není, není uvedena, nelze určit, nelze urcit, nelze odpovědět, nemohu odpovědět, "
            "nemohu určit, nemohu, nedá se určit, není možné určit, nedostatek informací"
        ),
        aside=(
            "ostatní, ostatních, ostatni, jiná, jiné, jiný, jiných, zbývající, zbylé, špatně, špatná, špatné, "
            "nesprávná, nesprávné, nesprávný, chybná, chybné"
        ),
        would="by",
        condition="pokud, jestliže, kdyby, když",
        single="a, i, o, u, k, s, v, z",
        outer="v, ve, na, z, ze, do, od, s, se",
    ),
    Words(
        code="ro",
        answer=(
            "răspuns, răspunsul, raspuns, raspunsul, răspunsuri, răspunsului, soluția, soluţia, solutia, soluție, "
            "concluzie, concluzia"
        ),
        option=(
            "varianta, variantă, variantei, opțiunea, opţiunea, optiunea, opțiune, optiune, alegerea, alegere, "
            "litera, literă, alternativa, varianta de răspuns, varianta de raspuns"
        ),
        good=(
            "corect, corectă, corecta, corectul, potrivit, potrivită, potrivita, cel mai bun, cea mai bună, "
            "cea mai buna, cel mai potrivit, cea mai potrivită, cea mai potrivita, cel mai probabil, "
            "cea mai probabilă, cea mai probabila, cel mai logic, cea mai logică, cel mai plauzibil, "
            "cea mai plauzibilă, cel mai adecvat, cea mai adecvată, adecvat, adecvată, exactă"
        ),
        copula=(
            "este, e, sunt, ar fi, va fi, fi, ar trebui să fie, ar putea fi, trebuie să fie, pare, pare a fi, "
            "pare să fie, rămâne"
        ),
        negation=(
            "nu, nu este, nu e, nu sunt, nu ar fi, nici, niciun, nicio, niciuna, niciunul, nici una, nici unul, "
            "niciodată, nu-i"
        ),
        filler=(
            "deci, așadar, aşadar, asadar, prin urmare, astfel, atunci, probabil, clar, evident, la, întrebare, "
            "la întrebare, la această întrebare, cel mai, cea mai, aici, în acest caz, in acest caz, meu, mea, "
            "final, finală, pe, cel, cea, acesta, aceasta, următoarea, singura, singurul, de, cu"
        ),
        join="și, şi, si, sau, ori, precum și",
        clause=(
            "deoarece, pentru că, pentru ca, fiindcă, întrucât, intrucat, dar, însă, insa, ci, iar, care este, "
            "care sunt, care se, că, dacă, deși, având, datorită, ținând"
        ),
        choose=(
            "aleg, eu aleg, aș alege, as alege, eu aș alege, voi alege, selectez, aș selecta, aș spune, as spune, "
            "optez pentru, aș opta pentru, am ales"
        ),
        refusal=(
            "niciuna dintre, niciunul dintre, nici una dintre, nici unul dintre, niciuna din, niciunul din, "
            "nicio variantă, niciun răspuns, nicio opțiune, nu există răspuns, nu există un răspuns, "
            "nu există nicio, nu se află printre, nu este printre, nu se regăsește, nu se poate determina, "
            "nu se poate stabili, nu poate fi determinat, nu pot răspunde, nu pot determina, nu pot, "
            "imposibil de determinat, informații insuficiente"
        ),
        aside=(
            "celelalte, ceilalți, altă, restul, rămase, greșit, greşit, gresit, greșită, greşită, gresita, greșite, "
            "incorect, incorectă, incorecte, eronat, alte variante, alte opțiuni"
        ),
        would="ar",
        condition="dacă, daca, când, cand",
        single="a, e, i, o",
        articles="un, o, niște, unei, unui, cel, cea, cei, cele",
        outer="în, la, din, pe, cu, de",
    ),
    Words(
        code="ta",
        answer="பதில், விடை, சரியான பதில், சரியான விடை, பதிலானது, விடையானது, தீர்வு, இறுதி பதில்",
        option="விருப்பம், தெரிவு, தேர்வு, விருப்பத்தேர்வு, எழுத்து, ஆப்ஷன்",
        good=(
            "சரியான, சரியானது, சரி, சரியானதாகும், சரியானதாக, மிகவும் பொருத்தமான, மிகவும் பொருத்தமானது, "
            "மிகப் பொருத்தமான, பொருத்தமான, பொருத்தமானது, பொருத்தமானதாகும், சிறந்த, சிறந்தது, மிகச் சரியான, "
            "மிகவும் சரியான, சாத்தியமான, மிகவும் சாத்தியமான, துல்லியமான, மிகவும் நியாயமான, தேர்ந்தெடுக்கிறேன், "
            "தேர்வு செய்கிறேன், தேர்ந்தெடுப்பேன்"
        ),
        copula="ஆகும், என்பது, என்பதாகும், தான், என்பதே, ஆக, இருக்கும், ஆக இருக்கும், எனலாம், இது, என்று, என, ஆகிறது",
        negation="அல்ல, இல்லை, இல்ல, கிடையாது, முடியாது",
        filler=(
            "எனவே, ஆகவே, ஆதலால், ஆகையால், அதனால், இதனால், இந்த, கேள்விக்கு, கேள்விக்கான, இந்த கேள்விக்கு, இதற்கு, "
            "இதற்கான, இங்கு, இங்கே, மிகவும், மிக, என், எனது, ஒரு, அநேகமாக, இறுதி, ஒரே, பெரும்பாலும்"
        ),
        join="மற்றும், அல்லது, அத்துடன், மேலும்",
        clause="ஏனெனில், ஏனென்றால், ஆனால், காரணம், எனினும், இருப்பினும், என்பதால்",
        choose="நான் தேர்ந்தெடுப்பது, நான் தேர்வு செய்வது, என் தேர்வு, எனது தேர்வு, நான் தேர்ந்தெடுத்தது",
        refusal=(
            "இவற்றில் எதுவும் இல்லை, இவற்றில் எதுவுமில்லை, இவற்றில் எதுவும் அல்ல, மேற்கண்ட எதுவும் இல்லை, "
            "மேற்கண்ட எதுவும், மேற்கண்டவற்றில் எதுவும், மேலே உள்ள எதுவும், எதுவும் சரியானது அல்ல, எதுவும் சரியில்லை, "
            "எதுவும் சரியான, சரியான பதில் இல்லை, பதில் இல்லை, விடை இல்லை, தீர்மானிக்க முடியாது, தீர்மானிக்க இயலாது, "
            "பதிலளிக்க முடியாது, பதிலளிக்க இயலாது, கூற முடியாது, விருப்பங்களில் இல்லை"
        ),
        aside="மற்ற, பிற, இதர, ஏனைய, மீதமுள்ள, தவறான, தவறு, தவறானது, தவறானவை, அல்லாமல்",
        condition="என்றால், எனில், ஒருவேளை",
    ),
    Words(
        code="te",
        answer="సమాధానం, జవాబు, సరైన సమాధానం, సరైన జవాబు, సమాధానము, పరిష్కారం, ఆన్సర్, తుది సమాధానం",
        option="ఎంపిక, ఐచ్ఛికం, ఆప్షన్, అక్షరం, ప్రత్యామ్నాయం, వికల్పం",
        good=(
            "సరైన, సరైనది, సరైనదే, సరియైన, సరియైనది, సరి, ఉత్తమ, ఉత్తమమైన, ఉత్తమమైనది, అత్యంత సముచితమైన, "
            "అత్యంత సముచితమైనది, సముచితమైన, అత్యంత సరైన, అత్యంత సరైనది, అత్యంత అనుకూలమైన, తగిన, తగినది, "
            "అత్యంత సంభావ్య, ఖచ్చితమైన, కరెక్ట్, అత్యంత తార్కికమైన, ఎంచుకుంటాను, ఎంచుకుంటున్నాను, ఎంచుకున్నాను"
        ),
        copula="అవుతుంది, ఇది, అది, అనేది, అని, అయి ఉంటుంది, అయి ఉండాలి, ఉంటుంది, ఉంది, అయినది, కావచ్చు",
        negation="కాదు, లేదు, కావు, లేవు, కానిది, కాలేదు",
        filler=(
            "కాబట్టి, అందువల్ల, అందుకే, కనుక, అందుచేత, ఈ, ప్రశ్నకు, ఈ ప్రశ్నకు, దీనికి, ఇక్కడ, అత్యంత, చాలా, నా, "
            "బహుశా, ఒక, మాత్రమే, తుది, చివరి, స్పష్టంగా"
        ),
        join="మరియు, లేదా, లేక, అలాగే",
        clause="ఎందుకంటే, ఎందుకనగా, కానీ, అయితే, కారణం, అయినప్పటికీ, ఎందుకు అంటే, కాని",
        choose="నేను ఎంచుకునేది, నేను ఎంచుకున్నది, నా ఎంపిక, నేను ఎంచుకుంటాను",
        refusal=(
            "పైవేవీ కావు, పైవేవీ కాదు, పైవి ఏవీ కావు, పైవాటిలో ఏదీ, పైన పేర్కొన్నవేవీ, వీటిలో ఏదీ కాదు, వీటిలో ఏదీ, "
            "వీటిలో ఏవీ, ఇవేవీ కావు, ఇవేవీ కాదు, ఏదీ సరైనది కాదు, ఏ ఎంపిక కూడా, సరైన సమాధానం లేదు, సమాధానం లేదు, "
            "నిర్ణయించలేము, నిర్ధారించలేము, నిర్ణయించడం సాధ్యం కాదు, సమాధానం చెప్పలేను, సమాధానం ఇవ్వలేను, చెప్పలేము, "
            "ఎంపికలలో లేదు, ఎంపికల్లో లేదు"
        ),
        aside="ఇతర, మిగతా, మిగిలిన, వేరే, తప్పు, తప్పుడు, తప్పైన, సరికాని, కాకుండా",
        condition="ఒకవేళ, ఉంటే",
    ),
    Words(
        code="yo",
        answer="ìdáhùn, idahun, ìdáhùnsí, idáhùn, ìdáhun, ojútùú, ojutuu, èsì",
        option="àṣàyàn, aṣayan, asayan, àsàyàn, ìyàn, yíyàn, lẹ́tà, lẹta, leta, àṣàyàn ìdáhùn",
        good=(
            "tó tọ́, tó tọ̀nà, to tọna, tó tọ, to tọ, tí ó tọ́, ti o tọ, ó tọ́, o tọ, tọ́, tọ, tótọ́, títọ́, "
            "tó péye, ti o pe, tó pé, tó dára jùlọ, tó dára jù, tí ó dára jùlọ, ti o dara julọ, to dara julọ, "
            "dára jùlọ, dara julọ, tó yẹ, tí ó yẹ, ti o yẹ, tó bá a mu, tó bójú mu jùlọ, tó ṣeéṣe jùlọ, "
            "ti o ṣeeṣe julọ"
        ),
        copula="ni, jẹ́, jẹ, je, ló, lo, yóò jẹ́, yoo jẹ, ó jẹ́, o jẹ, ó ní láti jẹ́, nìyí, niyi",
        negation=(
            "kì í ṣe, kì í, kìí ṣe, kìí, kii ṣe, kii se, kii, kò, ko, kọ́ ni, kọ ni, rárá, kò sí, ko si, kò ní jẹ́"
        ),
        filler=(
            "nítorí náà, nitori naa, nítorínáà, nitorinaa, náà, naa, ìbéèrè, ibeere, ìbéèrè yìí, ibeere yii, yìí, "
            "yii, mi, bóyá, boya, níbí, nibi, gan, nìkan, tí ó jẹ́, ti o jẹ, fún"
        ),
        join="àti, ati, tàbí, tabi, pẹ̀lú, pẹlu",
        clause=(
            "nítorí, nitori, nítorí pé, nitori pe, torí, torí pé, ṣùgbọ́n, ṣugbọn, sugbon, àmọ́, èyí tí, eyi ti, "
            "bíótilẹ̀, bótilẹ̀"
        ),
        choose="mo yan, mo máa yan, mo maa yan, màá yan, èmi yóò yan, emi yoo yan, mo mú, a yan",
        refusal=(
            "kò sí èyíkéyìí, ko si eyikeyi, kò sí ọ̀kankan, kò sí ìkankan, ko si ọkan, kò sí ọ̀kan, kò sí ìdáhùn, "
            "ko si idahun, kò sí àṣàyàn, ko si aṣayan, kò sí nínú, ko si ninu, mi ò lè dáhùn, mi ò lè, "
            "mi o le dahun, èmi kò lè, emi ko le, n kò lè, a kò lè mọ̀, kò ṣeé mọ̀, a kò lè pinnu, ko le pinnu"
        ),
        aside=(
            "mìíràn, miiran, mìíràn tó kù, yòókù, yooku, tó kù, to ku, àṣìṣe, asise, tí kò tọ́, ti ko tọ, kò tọ́, ko tọ"
        ),
        would="ìbá, iba",
        condition="bí, nígbàtí, nigbati, nígbà, nigba",
        single="a, á, à, e, ẹ, i, í, o, ó, ò, ọ, n",
    ),
    Words(
        code="ha",
        answer="amsa, amsar, amsata, amsa ta, amsoshi, mafita, amsar tambaya, kammalawa",
        option="zaɓi, zabi, zaɓin, zabin, zaɓe, harafi, harafin, madadin, zaɓi na, zabi na",
        good=(
            "daidai, mai daidai, da ke daidai, madaidaiciya, madaidaiciyar, madaidaici, madaidaicin, da ta dace, "
            "da ya dace, wadda ta dace, wanda ya dace, mafi dacewa, mafi kyau, mafi kyawun, mafi daidai, "
            "mafi yiwuwa, mafi yiwuwar, da ta fi dacewa, da ya fi dacewa, wanda ya fi dacewa, wadda ta fi dacewa, "
            "dacewa, dai-dai"
        ),
        copula="ce, ne, ita ce, shi ne, shine, itace, su ne, zai zama, za ta zama, zata zama, ya zama, kenan, ke nan",
        negation="ba, ba a, ba shi ba ne, ba ita ba ce, bai, babu, ba haka ba, a'a, ba daidai",
        filler=(
            "saboda haka, don haka, sabili da haka, to, wannan, wannan tambaya, tambaya, tambayar, na, ta, ga, nan, "
            "a nan, mai, watakila, kawai, tabbas, ƙarshe, karshe, ta ƙarshe, hakika, mafi, cewa"
        ),
        join="da, ko, ko kuma, kuma, da kuma, haka kuma",
        clause="saboda, domin, amma, wanda, wadda, sai dai, tunda, sabili da, idan, ko da yake, kasancewar",
        choose="na zaɓi, na zabi, zan zaɓi, zan zabi, zan zaɓa, zan zaba, ina zaɓar, ina zabar, na zaɓa, mun zaɓi",
        refusal=(
            "babu ɗaya daga cikin, babu daya daga cikin, babu ɗaya, babu daya, babu wani daga cikin, babu ko ɗaya, "
            "babu amsa, babu amsar, babu zaɓi, babu zabi, ba a cikin zaɓuɓɓukan, ba ya cikin, ba ta cikin, "
            "ba za a iya tantancewa, ba za a iya sani, ba za a iya, ba zan iya amsawa, ba zan iya, "
            "ba zai yiwu a tantance"
        ),
        aside=(
            "sauran, kuskure, ba daidai ba, ba daidai ba ne, ba daidai ba ce, maimakon, sabanin, wani daban, "
            "wata daban, wasu daban"
        ),
        condition="idan",
        single="a, e, i, o, u",
    ),
    Words(
        code="am",
        answer="መልስ, መልሱ, መልሱም, መልሴ, ትክክለኛ መልስ, ትክክለኛው መልስ, ትክክለኛ መልሱ, የመጨረሻ መልስ, ምላሽ, መፍትሄ, መፍትሄው, መልስም",
        option="ምርጫ, ምርጫው, አማራጭ, አማራጩ, ፊደል, ፊደሉ, የመልስ ምርጫ",
        good=(
            "ትክክለኛ, ትክክለኛው, ትክክለኛውን, ትክክል, ትክክለኛና, የተሻለ, የተሻለው, ምርጥ, ምርጡ, በጣም ተገቢ, በጣም ተገቢው, ተገቢ, ተገቢው, ተስማሚ, ተስማሚው, "
            "በጣም ተስማሚ, በጣም ተስማሚው, በጣም ትክክለኛ, በጣም ትክክለኛው, በጣም ሊሆን የሚችለው, የሚስማማው, የበለጠ ተስማሚ, እመርጣለሁ, መርጫለሁ"
        ),
        copula="ነው, ናቸው, ናት, ነች, ይሆናል, ሊሆን ይችላል, መሆን አለበት, ይመስላል, ነበር, ነውና, የሚለው, የሚለው ነው, ሲሆን",
        negation="አይደለም, አይደሉም, አይደለችም, አይሆንም, የለም, የሉም, ምንም, አይችልም, ያልሆነ, ያልሆነው",
        filler=(
            "ስለዚህ, በመሆኑም, ስለሆነም, እንግዲህ, ለዚህ, ጥያቄ, ለዚህ ጥያቄ, ለጥያቄው, የጥያቄው, የዚህ ጥያቄ, እዚህ, ምናልባት, በጣም, የእኔ, ይህ, የመጨረሻ, "
            "የመጨረሻው, ብቻ, በዚህ, እንደሚከተለው, በእርግጥ"
        ),
        join="እና, ወይም, ወይንም, እንዲሁም",
        clause="ምክንያቱም, ምክንያቱ, ነገር ግን, ግን, ስለሆነ, ሆኖም, ይሁን እንጂ, ስለሚሆን",
        choose="እኔ የምመርጠው, የምመርጠው, የመረጥኩት, እኔ የመረጥኩት, የእኔ ምርጫ, ምርጫዬ",
        refusal=(
            "ከላይ ከተጠቀሱት ውስጥ አንዱም, ከላይ ከተጠቀሱት አንዱም, ከተጠቀሱት ውስጥ አንዱም, ከእነዚህ ውስጥ አንዱም, ከእነዚህ አንዱም, ከአማራጮቹ ውስጥ አንዱም, "
            "አንዳቸውም, አንዱም አይደለም, ሁሉም አይደሉም, ትክክለኛ መልስ የለም, መልስ የለም, መልስ የለውም, ትክክለኛ ምርጫ የለም, ከምርጫዎቹ ውስጥ የለም, "
            "መወሰን አይቻልም, ማወቅ አይቻልም, መመለስ አይቻልም, መመለስ አልችልም, መልስ መስጠት አልችልም, አልችልም"
        ),
        aside="ሳይሆን, ሌላ, ሌሎች, ሌሎቹ, የቀሩት, ቀሪዎቹ, ስህተት, የተሳሳተ, የተሳሳተው, የተሳሳቱ, ትክክል ያልሆነ, ትክክል ያልሆነው",
        condition="ከሆነ",
    ),
    Words(
        code="ca",
        answer="resposta, respostes, solució",
        option="opció, alternativa, lletra, elecció",
        good="correcta, correcte, millor, més probable, més adequada, més adient, encertada, bona",
        copula="és, són, seria, serà, sembla, ha de ser",
        negation="no, no és, cap, mai",
        filler=(
            "per tant, així doncs, doncs, llavors, probablement, la, el, a la pregunta, meva, més, clarament, aquí, "
            "en aquest cas, número"
        ),
        join="i, o",
        clause="sinó, perquè, ja que, però, que, atès que, mentre que",
        choose="trio, escullo, jo triaria, triaria, diria, diria que, jo diria que, em quedo amb",
        refusal=(
            "cap de les anteriors, cap de les opcions, cap d'aquestes, no es pot determinar, no puc respondre, "
            "no hi ha cap resposta correcta"
        ),
        aside="altres, restants, incorrecta, errònia",
        would="seria",
        condition="si, quan",
        single="a, e, i, o",
        articles="el, la, els, les, un, una",
        outer="l', d', uns, unes, a, al, als, de, del, dels, en, amb, per, pel, pels, contra",
    ),
    Words(
        code="hu",
        answer="válasz, válaszom, válaszunk, megoldás",
        option="lehetőség, válaszlehetőség, opció, betű, betűjel, válaszopció",
        good="helyes, jó, legjobb, legvalószínűbb, legmegfelelőbb, megfelelő",
        copula="a, az, lesz, lenne, lehet",
        negation="nem, nem a, nem az, egyik sem",
        filler="tehát, ezért, így, valószínűleg, ebben az esetben, én, a kérdésre, végső, számú",
        join="és, vagy",
        clause="hanem, mert, mivel, de, hiszen, ami, amely",
        choose="választom, a választásom, én választom, választásom",
        refusal=(
            "egyik sem, nem határozható meg, nem lehet megállapítani, nem tudok válaszolni, nincs helyes válasz, "
            "nem állapítható meg"
        ),
        aside="többi, más, helytelen, hibás, rossz",
        would="lenne, volna",
        condition="ha, amikor",
        single="a, ő, s",
        articles="a, az, egy",
    ),
]
WORDS: dict[str, Words] = {row.code: row for row in _ROWS}
SHARED = ("en", "zh", "de", "fr", "it", "ja", "es", "nl", "pl", "pt", "ru", "ar", "vi", "hi", "sw", "ur")
"""Languages whose words count whatever language is asked for; those of others count where they are asked for."""
