"""The words of a prompt, one row a language; a set in another language brings a row of its own.

The rows here are the 16 languages of X-CSQA and 18 more, of Global-MMLU, MMLU-ProX, Belebele and BMLAMA. A
multiple-choice prompt is rendered from a row as `{question}{colon}{space}{stem}`, the lettered options a line each,
then `{answer}{colon}`, and what a model continues with is `{space}{letter}`. Free text puts `instruction` above the
question, and below it the format lines `{explanation}{colon}{space}{placeholder_explanation}` and
`{answer}{colon}{space}{placeholder_letter}`. A question without options is `{question}{colon}{space}{stem}` and
`{answer}{colon}`; in a chat `short` stands above it. Above a question of mixed languages `mixed` may stand.

Changing a word changes the prompts, hence the numbers: bump the tasks' `metadata.version` with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.prompts.answer_words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a prompt says in one language; a row that a set brings may leave empty what its formats do not need.

    Attributes:
        code: BCP 47 tag.
        name: English name.
        question: Word that heads the question, as an exam in the language prints it.
        answer: Word that heads the answer.
        explanation: Word that heads the explanation.
        context: Word that heads the passages that stand before a question.
        colon: Colon as printed after these words, with the no-break space before it where usage has one.
        space: What stands between the colon and the text: a space, or nothing after a full-width colon.
        instruction: Asks for a brief explanation (at most three sentences, in the language) and then the letter of
            the one correct option, in the format that follows; ends in the language's colon.
        placeholder_explanation: Stands for the explanation in the format lines.
        placeholder_letter: Stands for the letter in the format lines.
        short: Asks for the answer alone, in a few words of the language, where no options are shown.
        mixed: Says that question and answers may be in different languages.
        answers: What else a set says of how its language answers; `calm_harness.answers.words` has the known ones.
    """

    code: str
    name: str
    question: str
    answer: str
    explanation: str = ""
    context: str = ""
    colon: str = ":"
    space: str = " "
    instruction: str = ""
    placeholder_explanation: str = ""
    placeholder_letter: str = ""
    short: str = ""
    mixed: str = ""
    answers: Words | None = None


_ROWS = [
    Language(
        code="en",
        name="English",
        question="Question",
        answer="Answer",
        explanation="Explanation",
        context="Context",
        instruction=(
            "Answer the multiple-choice question. First explain your reasoning briefly in English, in at most three "
            "sentences, and then give the letter of the one correct option. Use the following format:"
        ),
        placeholder_explanation="<your explanation>",
        placeholder_letter="<letter>",
        short="Answer the question in English. Give the answer alone, in a few words, and no explanation.",
        mixed="The question and the answers may be in different languages.",
    ),
    Language(
        code="zh",
        name="Chinese",
        question="问题",
        answer="答案",
        explanation="解析",
        context="参考资料",
        colon="：",
        space="",
        instruction=(
            "请回答这道单项选择题。先用中文简要说明推理过程（不超过三句话），再给出唯一正确选项的字母。"
            "请按以下格式作答："
        ),
        placeholder_explanation="<你的解析>",
        placeholder_letter="<选项字母>",
        short="请用中文回答问题。只给出答案，用几个词即可，不要解释。",
        mixed="问题和答案可能使用不同的语言。",
    ),
    Language(
        code="de",
        name="German",
        question="Frage",
        answer="Antwort",
        explanation="Begründung",
        context="Kontext",
        instruction=(
            "Beantworten Sie die Multiple-Choice-Frage. Legen Sie zuerst Ihre Überlegungen kurz auf Deutsch dar, in "
            "höchstens drei Sätzen, und nennen Sie dann den Buchstaben der einzigen richtigen Antwortmöglichkeit. "
            "Verwenden Sie das folgende Format:"
        ),
        placeholder_explanation="<Ihre Begründung>",
        placeholder_letter="<Buchstabe>",
        short=(
            "Beantworten Sie die Frage auf Deutsch. Nennen Sie nur die Antwort, in wenigen Worten und ohne Erklärung."
        ),
        mixed="Die Frage und die Antworten können in verschiedenen Sprachen stehen.",
    ),
    Language(
        code="es",
        name="Spanish",
        question="Pregunta",
        answer="Respuesta",
        explanation="Explicación",
        context="Contexto",
        instruction=(
            "Responda a la pregunta de opción múltiple. Primero explique brevemente su razonamiento en español, en "
            "tres frases como máximo, y después indique la letra de la única opción correcta. Utilice el siguiente "
            "formato:"
        ),
        placeholder_explanation="<su explicación>",
        placeholder_letter="<letra>",
        short="Responda a la pregunta en español. Dé solo la respuesta, en pocas palabras y sin explicación.",
        mixed="La pregunta y las respuestas pueden estar en distintos idiomas.",
    ),
    Language(
        code="fr",
        name="French",
        question="Question",
        answer="Réponse",
        explanation="Explication",
        context="Contexte",
        colon="\u00a0:",
        instruction=(
            "Répondez à la question à choix multiple. Expliquez d’abord brièvement votre raisonnement en français, "
            "en trois phrases au maximum, puis indiquez la lettre de la seule proposition correcte. Utilisez le "
            "format suivant\u00a0:"
        ),
        placeholder_explanation="<votre explication>",
        placeholder_letter="<lettre>",
        short="Répondez à la question en français. Donnez seulement la réponse, en quelques mots et sans explication.",
        mixed="La question et les réponses peuvent être dans des langues différentes.",
    ),
    Language(
        code="it",
        name="Italian",
        question="Domanda",
        answer="Risposta",
        explanation="Spiegazione",
        context="Contesto",
        instruction=(
            "Rispondere alla domanda a scelta multipla. Per prima cosa spiegare brevemente il ragionamento in "
            "italiano, in non più di tre frasi, poi indicare la lettera dell’unica opzione corretta. Usare il "
            "seguente formato:"
        ),
        placeholder_explanation="<spiegazione>",
        placeholder_letter="<lettera>",
        short="Rispondere alla domanda in italiano. Dare soltanto la risposta, in poche parole e senza spiegazioni.",
        mixed="La domanda e le risposte possono essere in lingue diverse.",
    ),
    Language(
        code="ja",
        name="Japanese",
        question="問題",
        answer="答え",
        explanation="解説",
        context="参考資料",
        colon="：",
        space="",
        instruction=(
            "選択問題に答えてください。"
            "まず考え方を日本語で簡潔に（三文以内）説明し、続いて正しい選択肢の記号を一つだけ示してください。"
            "次の形式で解答してください："
        ),
        placeholder_explanation="<解説>",
        placeholder_letter="<記号>",
        short="質問に日本語で答えてください。答えだけを短い語句で示し、説明は書かないでください。",
        mixed="問題と答えは、それぞれ異なる言語で書かれていることがあります。",
    ),
    Language(
        code="nl",
        name="Dutch",
        question="Vraag",
        answer="Antwoord",
        explanation="Uitleg",
        context="Context",
        instruction=(
            "Beantwoord de meerkeuzevraag. Leg eerst in het Nederlands kort uw redenering uit, in hoogstens drie "
            "zinnen, en geef daarna de letter van het enige juiste antwoord. Gebruik de volgende opmaak:"
        ),
        placeholder_explanation="<uw uitleg>",
        placeholder_letter="<letter>",
        short="Beantwoord de vraag in het Nederlands. Geef alleen het antwoord, in enkele woorden en zonder uitleg.",
        mixed="De vraag en de antwoorden kunnen in verschillende talen staan.",
    ),
    Language(
        code="pl",
        name="Polish",
        question="Pytanie",
        answer="Odpowiedź",
        explanation="Wyjaśnienie",
        context="Kontekst",
        instruction=(
            "Odpowiedz na pytanie jednokrotnego wyboru. Najpierw krótko wyjaśnij po polsku swój tok rozumowania, w "
            "co najwyżej trzech zdaniach, a następnie podaj literę jedynej poprawnej odpowiedzi. Zastosuj "
            "następujący format:"
        ),
        placeholder_explanation="<wyjaśnienie>",
        placeholder_letter="<litera>",
        short="Odpowiedz na pytanie po polsku. Podaj tylko odpowiedź, w kilku słowach i bez wyjaśnienia.",
        mixed="Pytanie i odpowiedzi mogą być w różnych językach.",
    ),
    Language(
        code="pt",
        name="Portuguese",
        question="Pergunta",
        answer="Resposta",
        explanation="Explicação",
        context="Contexto",
        instruction=(
            "Responda à pergunta de múltipla escolha. Primeiro, explique brevemente o seu raciocínio em português, "
            "em três frases no máximo, e depois indique a letra da única opção correta. Use o seguinte formato:"
        ),
        placeholder_explanation="<explicação>",
        placeholder_letter="<letra>",
        short="Responda à pergunta em português. Dê apenas a resposta, em poucas palavras e sem explicação.",
        mixed="A pergunta e as respostas podem estar em idiomas diferentes.",
    ),
    Language(
        code="ru",
        name="Russian",
        question="Вопрос",
        answer="Ответ",
        explanation="Объяснение",
        context="Контекст",
        instruction=(
            "Ответьте на вопрос с вариантами ответа. Сначала кратко, не более чем в трёх предложениях, объясните "
            "по-русски ход своих рассуждений, а затем укажите букву единственного правильного варианта. Используйте "
            "следующий формат:"
        ),
        placeholder_explanation="<ваше объяснение>",
        placeholder_letter="<буква>",
        short="Ответьте на вопрос по-русски. Дайте только ответ, в нескольких словах и без объяснения.",
        mixed="Вопрос и ответы могут быть на разных языках.",
    ),
    Language(
        code="ar",
        name="Arabic",
        question="السؤال",
        answer="الإجابة",
        explanation="الشرح",
        context="السياق",
        instruction=(
            "أجب عن سؤال الاختيار من متعدد. اشرح أولًا استدلالك بإيجاز باللغة العربية، في ثلاث جمل على الأكثر، ثم "
            "اذكر حرف الخيار الصحيح الوحيد. استخدم الصيغة الآتية:"
        ),
        placeholder_explanation="<شرحك>",
        placeholder_letter="<الحرف>",
        short="أجب عن السؤال بالعربية. اكتب الإجابة وحدها في بضع كلمات، من دون شرح.",
        mixed="قد يكون السؤال والإجابات بلغات مختلفة.",
    ),
    Language(
        code="vi",
        name="Vietnamese",
        question="Câu hỏi",
        answer="Đáp án",
        explanation="Giải thích",
        context="Ngữ cảnh",
        instruction=(
            "Hãy trả lời câu hỏi trắc nghiệm. Trước hết, hãy giải thích ngắn gọn lập luận của bạn bằng tiếng Việt, "
            "không quá ba câu, sau đó nêu chữ cái của phương án đúng duy nhất. Hãy trình bày theo mẫu sau:"
        ),
        placeholder_explanation="<giải thích của bạn>",
        placeholder_letter="<chữ cái>",
        short="Hãy trả lời câu hỏi bằng tiếng Việt. Chỉ đưa ra câu trả lời, trong vài từ và không giải thích.",
        mixed="Câu hỏi và các câu trả lời có thể bằng những ngôn ngữ khác nhau.",
    ),
    Language(
        code="hi",
        name="Hindi",
        question="प्रश्न",
        answer="उत्तर",
        explanation="व्याख्या",
        context="संदर्भ",
        instruction=(
            "बहुविकल्पीय प्रश्न का उत्तर दीजिए। पहले अपना तर्क हिंदी में संक्षेप में (अधिकतम तीन वाक्यों में) समझाइए "
            "और फिर एकमात्र सही विकल्प का अक्षर लिखिए। निम्नलिखित प्रारूप का प्रयोग कीजिए:"
        ),
        placeholder_explanation="<आपकी व्याख्या>",
        placeholder_letter="<अक्षर>",
        short="प्रश्न का उत्तर हिन्दी में दीजिए। केवल उत्तर कुछ शब्दों में लिखिए, बिना स्पष्टीकरण के।",
        mixed="प्रश्न और उत्तर अलग-अलग भाषाओं में हो सकते हैं।",
    ),
    Language(
        code="sw",
        name="Swahili",
        question="Swali",
        answer="Jibu",
        explanation="Maelezo",
        context="Muktadha",
        instruction=(
            "Jibu swali la kuchagua jibu sahihi. Kwanza eleza hoja zako kwa Kiswahili, kwa ufupi na katika sentensi "
            "zisizozidi tatu, kisha andika herufi ya chaguo moja tu lililo sahihi. Tumia muundo ufuatao:"
        ),
        placeholder_explanation="<maelezo yako>",
        placeholder_letter="<herufi>",
        short="Jibu swali kwa Kiswahili. Toa jibu pekee, kwa maneno machache na bila maelezo.",
        mixed="Swali na majibu yanaweza kuwa katika lugha tofauti.",
    ),
    Language(
        code="ur",
        name="Urdu",
        question="سوال",
        answer="جواب",
        explanation="وضاحت",
        context="سیاق و سباق",
        instruction=(
            "کثیر الانتخابی سوال کا جواب دیں۔ پہلے اپنا استدلال اختصار کے ساتھ اردو میں، زیادہ سے زیادہ تین جملوں "
            "میں، بیان کریں اور پھر واحد درست انتخاب کا حرف لکھیں۔ درج ذیل ترتیب کے مطابق لکھیں:"
        ),
        placeholder_explanation="<آپ کی وضاحت>",
        placeholder_letter="<حرف>",
        short="سوال کا جواب اردو میں دیجیے۔ صرف جواب چند الفاظ میں لکھیے، وضاحت کے بغیر۔",
        mixed="سوال اور جوابات مختلف زبانوں میں ہو سکتے ہیں۔",
    ),
    Language(
        code="ko",
        name="Korean",
        question="문제",
        answer="정답",
        explanation="해설",
        context="참고 자료",
        instruction=(
            "객관식 문제에 답해 주십시오. 먼저 풀이 과정을 한국어로 간략하게(세 문장 이내) 설명한 다음, "
            "유일한 정답 선택지의 기호를 제시해 주십시오. 다음 형식을 사용해 주십시오:"
        ),
        placeholder_explanation="<해설>",
        placeholder_letter="<기호>",
        short="질문에 한국어로 답하십시오. 설명 없이 답만 몇 단어로 쓰십시오.",
        mixed="질문과 답은 서로 다른 언어로 되어 있을 수 있습니다.",
    ),
    Language(
        code="tr",
        name="Turkish",
        question="Soru",
        answer="Cevap",
        explanation="Açıklama",
        context="Bağlam",
        instruction=(
            "Çoktan seçmeli soruyu cevaplayınız. Önce akıl yürütmenizi Türkçe olarak en fazla üç cümleyle kısaca "
            "açıklayınız, ardından tek doğru seçeneğin harfini belirtiniz. Aşağıdaki biçimi kullanınız:"
        ),
        placeholder_explanation="<açıklamanız>",
        placeholder_letter="<harf>",
        short="Soruyu Türkçe yanıtlayın. Yalnızca yanıtı, birkaç sözcükle ve açıklama yapmadan verin.",
        mixed="Soru ve yanıtlar farklı dillerde olabilir.",
    ),
    Language(
        code="id",
        name="Indonesian",
        question="Pertanyaan",
        answer="Jawaban",
        explanation="Penjelasan",
        context="Konteks",
        instruction=(
            "Jawablah pertanyaan pilihan ganda ini. Pertama-tama, jelaskan penalaran Anda secara singkat dalam "
            "bahasa Indonesia, paling banyak tiga kalimat, kemudian tuliskan huruf dari satu-satunya pilihan yang "
            "benar. Gunakan format berikut:"
        ),
        placeholder_explanation="<penjelasan Anda>",
        placeholder_letter="<huruf>",
        short=(
            "Jawablah pertanyaan dalam bahasa Indonesia. Berikan jawabannya saja, dalam beberapa kata dan "
            "tanpa penjelasan."
        ),
        mixed="Pertanyaan dan jawaban mungkin dalam bahasa yang berbeda-beda.",
    ),
    Language(
        code="th",
        name="Thai",
        question="คำถาม",
        answer="คำตอบ",
        explanation="คำอธิบาย",
        context="ข้อมูลอ้างอิง",
        instruction=(
            "โปรดตอบคำถามแบบเลือกตอบ ก่อนอื่นให้อธิบายเหตุผลของคุณโดยย่อเป็นภาษาไทย ไม่เกินสามประโยค "
            "จากนั้นระบุตัวอักษรของตัวเลือกที่ถูกต้องเพียงข้อเดียว โปรดใช้รูปแบบต่อไปนี้:"
        ),
        placeholder_explanation="<คำอธิบายของคุณ>",
        placeholder_letter="<ตัวอักษร>",
        short="ตอบคำถามเป็นภาษาไทย ให้เฉพาะคำตอบด้วยคำเพียงไม่กี่คำ โดยไม่ต้องอธิบาย",
        mixed="คำถามและคำตอบอาจเป็นคนละภาษากัน",
    ),
    Language(
        code="bn",
        name="Bengali",
        question="প্রশ্ন",
        answer="উত্তর",
        explanation="ব্যাখ্যা",
        context="প্রসঙ্গ",
        instruction=(
            "বহুনির্বাচনি প্রশ্নটির উত্তর দিন। প্রথমে আপনার যুক্তি বাংলায় সংক্ষেপে (সর্বোচ্চ তিনটি বাক্যে) "
            "ব্যাখ্যা করুন এবং তারপর একমাত্র সঠিক বিকল্পটির অক্ষর লিখুন। নিচের বিন্যাসটি ব্যবহার করুন:"
        ),
        placeholder_explanation="<আপনার ব্যাখ্যা>",
        placeholder_letter="<অক্ষর>",
        short="প্রশ্নটির উত্তর বাংলায় দিন। শুধু উত্তরটি কয়েকটি শব্দে লিখুন, ব্যাখ্যা ছাড়া।",
        mixed="প্রশ্ন ও উত্তরগুলি ভিন্ন ভিন্ন ভাষায় হতে পারে।",
    ),
    Language(
        code="fa",
        name="Persian",
        question="سؤال",
        answer="پاسخ",
        explanation="توضیح",
        context="متن مرجع",
        instruction=(
            "به سؤال چندگزینه‌ای پاسخ دهید. ابتدا استدلال خود را به زبان فارسی و به‌اختصار، حداکثر در سه جمله، توضیح "
            "دهید و سپس حرف تنها گزینهٔ درست را بنویسید. از قالب زیر استفاده کنید:"
        ),
        placeholder_explanation="<توضیح شما>",
        placeholder_letter="<حرف>",
        short="به پرسش به فارسی پاسخ دهید. فقط پاسخ را در چند کلمه و بدون توضیح بنویسید.",
        mixed="پرسش و پاسخ‌ها ممکن است به زبان‌های مختلف باشند.",
    ),
    Language(
        code="he",
        name="Hebrew",
        question="שאלה",
        answer="תשובה",
        explanation="הסבר",
        context="הקשר",
        instruction=(
            "ענו על שאלת רב־הברירה. תחילה הסבירו בקצרה את שיקוליכם בעברית, בשלושה משפטים לכל היותר, ולאחר מכן ציינו "
            "את האות של האפשרות הנכונה היחידה. השתמשו בתבנית הבאה:"
        ),
        placeholder_explanation="<ההסבר שלכם>",
        placeholder_letter="<האות>",
        short="ענו על השאלה בעברית. כתבו את התשובה בלבד, במילים ספורות וללא הסבר.",
        mixed="השאלה והתשובות עשויות להיות בשפות שונות.",
    ),
    Language(
        code="el",
        name="Greek",
        question="Ερώτηση",
        answer="Απάντηση",
        explanation="Αιτιολόγηση",
        context="Υλικό αναφοράς",
        instruction=(
            "Απαντήστε στην ερώτηση πολλαπλής επιλογής. Αρχικά εξηγήστε σύντομα τον συλλογισμό σας στα ελληνικά, σε "
            "τρεις προτάσεις το πολύ, και στη συνέχεια δώστε το γράμμα της μοναδικής σωστής επιλογής. Χρησιμοποιήστε "
            "την ακόλουθη μορφή:"
        ),
        placeholder_explanation="<η αιτιολόγησή σας>",
        placeholder_letter="<γράμμα>",
        short="Απαντήστε στην ερώτηση στα ελληνικά. Δώστε μόνο την απάντηση, με λίγες λέξεις και χωρίς εξήγηση.",
        mixed="Η ερώτηση και οι απαντήσεις μπορεί να είναι σε διαφορετικές γλώσσες.",
    ),
    Language(
        code="uk",
        name="Ukrainian",
        question="Запитання",
        answer="Відповідь",
        explanation="Пояснення",
        context="Контекст",
        instruction=(
            "Дайте відповідь на запитання з вибором однієї правильної відповіді. Спочатку стисло, не більше ніж "
            "трьома реченнями, поясніть українською мовою хід своїх міркувань, а потім укажіть літеру єдиного "
            "правильного варіанта. Використовуйте такий формат:"
        ),
        placeholder_explanation="<ваше пояснення>",
        placeholder_letter="<літера>",
        short="Дайте відповідь на запитання українською. Напишіть лише відповідь, кількома словами й без пояснення.",
        mixed="Запитання та відповіді можуть бути різними мовами.",
    ),
    Language(
        code="cs",
        name="Czech",
        question="Otázka",
        answer="Odpověď",
        explanation="Vysvětlení",
        context="Kontext",
        instruction=(
            "Odpovězte na otázku s výběrem odpovědi. Nejprve česky stručně vysvětlete svou úvahu, nejvýše třemi "
            "větami, a poté uveďte písmeno jediné správné možnosti. Použijte následující formát:"
        ),
        placeholder_explanation="<vaše vysvětlení>",
        placeholder_letter="<písmeno>",
        short="Odpovězte na otázku česky. Uveďte pouze odpověď, několika slovy a bez vysvětlení.",
        mixed="Otázka a odpovědi mohou být v různých jazycích.",
    ),
    Language(
        code="ro",
        name="Romanian",
        question="Întrebare",
        answer="Răspuns",
        explanation="Explicație",
        context="Context",
        instruction=(
            "Răspundeți la întrebarea cu alegere multiplă. Mai întâi explicați pe scurt, în limba română, "
            "raționamentul dumneavoastră, în cel mult trei fraze, apoi indicați litera singurei variante corecte. "
            "Folosiți următorul format:"
        ),
        placeholder_explanation="<explicația dumneavoastră>",
        placeholder_letter="<litera>",
        short="Răspundeți la întrebare în română. Dați doar răspunsul, în câteva cuvinte și fără explicație.",
        mixed="Întrebarea și răspunsurile pot fi în limbi diferite.",
    ),
    Language(
        code="ta",
        name="Tamil",
        question="வினா",
        answer="விடை",
        explanation="விளக்கம்",
        context="பின்னணித் தகவல்",
        instruction=(
            "பலவுள் தெரிவு வினாவிற்கு விடையளிக்கவும். முதலில் உங்கள் காரணங்களைத் தமிழில் சுருக்கமாக, அதிகபட்சம் "
            "மூன்று வாக்கியங்களில் விளக்கவும்; பின்னர் சரியான ஒரே தெரிவுக்குரிய எழுத்தைக் குறிப்பிடவும். "
            "பின்வரும் வடிவத்தைப் பயன்படுத்தவும்:"
        ),
        placeholder_explanation="<உங்கள் விளக்கம்>",
        placeholder_letter="<எழுத்து>",
        short="கேள்விக்குத் தமிழில் பதிலளிக்கவும். விளக்கம் இல்லாமல், பதிலை மட்டும் சில சொற்களில் எழுதவும்.",
        mixed="கேள்வியும் பதில்களும் வெவ்வேறு மொழிகளில் இருக்கலாம்.",
    ),
    Language(
        code="te",
        name="Telugu",
        question="ప్రశ్న",
        answer="సమాధానం",
        explanation="వివరణ",
        context="సందర్భం",
        instruction=(
            "బహుళైచ్ఛిక ప్రశ్నకు సమాధానం ఇవ్వండి. ముందుగా మీ తర్కాన్ని తెలుగులో క్లుప్తంగా, గరిష్ఠంగా మూడు వాక్యాలలో "
            "వివరించండి. ఆ తర్వాత సరైన ఏకైక ఎంపికకు చెందిన అక్షరాన్ని రాయండి. కింది నమూనాను ఉపయోగించండి:"
        ),
        placeholder_explanation="<మీ వివరణ>",
        placeholder_letter="<అక్షరం>",
        short="ప్రశ్నకు తెలుగులో సమాధానం ఇవ్వండి. వివరణ లేకుండా, సమాధానాన్ని మాత్రమే కొన్ని పదాల్లో రాయండి.",
        mixed="ప్రశ్న, సమాధానాలు వేర్వేరు భాషల్లో ఉండవచ్చు.",
    ),
    Language(
        code="yo",
        name="Yoruba",
        question="Ìbéèrè",
        answer="Ìdáhùn",
        explanation="Àlàyé",
        context="Àyíká ọ̀rọ̀",
        instruction=(
            "Ẹ dáhùn ìbéèrè yìí tí ó ní ọ̀pọ̀ àṣàyàn ìdáhùn. Ẹ kọ́kọ́ ṣàlàyé èrò yín ní ṣókí ní èdè Yorùbá, kí ó má ju "
            "gbólóhùn mẹ́ta lọ, lẹ́yìn náà kí ẹ kọ lẹ́tà àṣàyàn kan ṣoṣo tí ó tọ̀nà. Ẹ lo ìgbékalẹ̀ ìsàlẹ̀ yìí:"
        ),
        placeholder_explanation="<àlàyé yín>",
        placeholder_letter="<lẹ́tà>",
        short="Dáhùn ìbéèrè náà ní èdè Yorùbá. Kọ ìdáhùn nìkan, ní ọ̀rọ̀ díẹ̀, láìsí àlàyé.",
        mixed="Ìbéèrè àti àwọn ìdáhùn lè wà ní àwọn èdè tó yàtọ̀ síra.",
    ),
    Language(
        code="ha",
        name="Hausa",
        question="Tambaya",
        answer="Amsa",
        explanation="Bayani",
        context="Nassi",
        instruction=(
            "Ku amsa tambayar nan mai zaɓin amsoshi. Da farko, ku yi taƙaitaccen bayani da Hausa kan dalilanku, cikin "
            "jimloli waɗanda ba su wuce uku ba, sannan ku rubuta harafin zaɓi guda ɗaya tilo wanda yake daidai. Ku yi "
            "amfani da tsarin da ke ƙasa:"
        ),
        placeholder_explanation="<bayaninku>",
        placeholder_letter="<harafi>",
        short="Amsa tambayar da Hausa. Ba da amsar kawai, cikin ’yan kalmomi, ba tare da bayani ba.",
        mixed="Tambayar da amsoshin za su iya kasancewa a harsuna daban-daban.",
    ),
    Language(
        code="am",
        name="Amharic",
        question="ጥያቄ",
        answer="መልስ",
        explanation="ማብራሪያ",
        context="ዋቢ ጽሑፍ",
        colon="፦",
        instruction=(
            "ባለብዙ ምርጫ ጥያቄውን ይመልሱ። በመጀመሪያ ምክንያትዎን በአማርኛ በአጭሩ፣ ከሦስት ባልበለጡ ዓረፍተ ነገሮች፣ ያብራሩ፤ ከዚያም የብቸኛውን "
            "ትክክለኛ ምርጫ ፊደል ይጻፉ። የሚከተለውን ቅርጸት ይጠቀሙ፦"
        ),
        placeholder_explanation="<የእርስዎ ማብራሪያ>",
        placeholder_letter="<ፊደል>",
        short="ጥያቄውን በአማርኛ ይመልሱ። ያለ ማብራሪያ መልሱን ብቻ በጥቂት ቃላት ይጻፉ።",
        mixed="ጥያቄውና መልሶቹ በተለያዩ ቋንቋዎች ሊሆኑ ይችላሉ።",
    ),
    Language(
        code="ca",
        name="Catalan",
        question="Pregunta",
        answer="Resposta",
        explanation="Explicació",
        context="Context",
        instruction=(
            "Responeu la pregunta d’opció múltiple. Primer expliqueu breument el vostre raonament en català, en tres "
            "frases com a màxim, i després indiqueu la lletra de l’única opció correcta. Utilitzeu el format següent:"
        ),
        placeholder_explanation="<la vostra explicació>",
        placeholder_letter="<lletra>",
        short="Responeu la pregunta en català. Doneu només la resposta, en poques paraules i sense explicació.",
        mixed="La pregunta i les respostes poden estar en llengües diferents.",
    ),
    Language(
        code="hu",
        name="Hungarian",
        question="Kérdés",
        answer="Válasz",
        explanation="Indoklás",
        context="Forrásszöveg",
        instruction=(
            "Válaszoljon a feleletválasztós kérdésre. Először röviden, legfeljebb három mondatban indokolja meg "
            "magyarul a válaszát, majd adja meg az egyetlen helyes válaszlehetőség betűjelét. Használja a következő "
            "formátumot:"
        ),
        placeholder_explanation="<az Ön indoklása>",
        placeholder_letter="<betűjel>",
        short="Válaszoljon a kérdésre magyarul. Csak a választ adja meg, néhány szóban, magyarázat nélkül.",
        mixed="A kérdés és a válaszok különböző nyelveken lehetnek.",
    ),
]

NEEDED = ("name", "question", "answer")  # of a row that a set brings

LANGUAGES: dict[str, Language] = {row.code: row for row in _ROWS}


def language(code: str) -> Language:
    """Returns the row of a language.

    Raises:
        CalmError: The table has no such row.
    """
    try:
        return LANGUAGES[code]
    except KeyError:
        raise CalmError(
            f"no words for prompts in language {code!r} (known: {' '.join(LANGUAGES)}); give a custom set's YAML file "
            f"some: calm data languages --draft {code}"
        ) from None


def brought(code: str, values: object, where: str) -> Language:
    """Read the row that a set brings for a language.

    Args:
        code: BCP 47 tag.
        values: field -> text, from the set's YAML file; `answers` has fields of its own.
        where: The file, for messages.

    Raises:
        CalmError: A field is unknown, missing or no text.
    """
    texts = dict(values) if isinstance(values, Mapping) else values
    forms = texts.pop("answers", {}) if isinstance(texts, dict) else {}
    texts = _texts(Language, texts, f"{where}: words: {code}")
    answers = Words(code=code, **{"answer": "", **_texts(Words, forms, f"{where}: words: {code}: answers", ())})
    return Language(code=code, **texts, answers=replace(answers, answer=f"{texts['answer']}, {answers.answer}"))


def _texts(row: type, values: object, where: str, needed: Sequence[str] = NEEDED) -> dict[str, str]:
    """Checks that values are texts of a row's fields."""
    known = [field.name for field in fields(row) if field.name not in ("code", "answers")]
    if not isinstance(values, Mapping):
        raise CalmError(f"{where}: names and texts are wanted ({', '.join(known)})")
    for name, text in values.items():
        if name not in known or not isinstance(text, str):
            raise CalmError(f"{where}: {name} is no field with a text; there are: {', '.join(known)}")
    missing = [name for name in needed if not str(values.get(name, "")).strip()]
    if missing:
        raise CalmError(f"{where}: {', '.join(missing)} is missing")
    return dict(values)


def draft(code: str) -> str:
    """Returns an empty row of a language for a set's YAML file, with what it is for beside it."""
    english = LANGUAGES["en"]
    lines = ["words:", f"  {code}:"]
    for field in fields(Language):
        if field.name in ("colon", "space"):
            lines.append(f'    {field.name}: "{field.default}"')
        elif field.name not in ("code", "answers"):
            lines.append(f'    {field.name}: ""  # {getattr(english, field.name)}')
    lines.append("    answers:  # by which responses are read; phrases with commas between them")
    lines += [f'      {field.name}: ""' for field in fields(Words) if field.name != "code"]
    return "\n".join(lines)


def laid_out(row: Language) -> dict[str, Any]:
    """Returns a row as a document carries it."""
    return asdict(row)


def words_of(doc: Mapping[str, Any], *needed: str) -> Language:
    """Returns the words of a document's language: its own (`words`), where its set brought some.

    Args:
        doc: `language`, and perhaps `words`, are read.
        needed: Fields that must not be empty.

    Raises:
        CalmError: There are none, or one of those that are needed is not there.
    """
    own = doc.get("words")
    if not own:
        return language(doc["language"])
    row = Language(**{**own, "answers": Words(**own["answers"]) if own.get("answers") else None})
    missing = [name for name in needed if not getattr(row, name)]
    if missing:
        raise CalmError(
            f"this task's prompts in {row.code!r} need {', '.join(missing)}; give it under words: {row.code}: in the "
            "set's YAML file"
        )
    return row


def own_words(doc: Mapping[str, Any]) -> Words | None:
    """Returns the words by which a document's set reads answers, beside those that are known."""
    return words_of(doc).answers if doc.get("words") else None
