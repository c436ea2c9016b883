/** What lengths are counted in. */
export type LengthUnit = 'word' | 'sentence' | 'line' | 'paragraph' | 'page' | 'item' | 'name' | 'character' | 'minute';

/** Languages with spaces: words in lower case, by what they say, with a value where they have one. Digits are read as they are. */
export const LENGTH_WORDS = {
	number: `one:1 single:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 ten:10 twelve:12 fifteen:15 twenty:20 thirty:30
		fifty:50 couple:2 few:3 several:4 ein:1 eine:1 einem:1 einen:1 einer:1 zwei:2 drei:3 vier:4 fünf:5 sechs:6 sieben:7
		acht:8 neun:9 zehn:10 zwanzig:20 fünfzig:50 hundert:100 un:1 une:1 uno:1 una:1 deux:2 trois:3 quatre:4 cinq:5 sept:7 huit:8
		neuf:9 dix:10 quinze:15 vingt:20 cinquante:50 dos:2 tres:3 cuatro:4 cinco:5 seis:6 siete:7 ocho:8 nueve:9 diez:10 veinte:20
		cincuenta:50 doscientos:200 doscientas:200 trescientos:300 trescientas:300 cuatrocientos:400 cuatrocientas:400
		quinientos:500 quinientas:500 seiscientos:600 seiscientas:600 ochocientos:800 ochocientas:800 um:1 uma:1 dois:2 duas:2 três:3 quatro:4 sete:7 oito:8 nove:9 dez:10 vinte:20 jednym:1 jedno:1 dwa:2 dwóch:2 trzy:3
		trzech:3 cztery:4 pięć:5 pięciu:5 sześć:6 dziesięć:10 dziesięciu:10 одним:1 одно:1 два:2 двух:2 три:3 трёх:3 трех:3 четыре:4
		пять:5 пяти:5 шесть:6 семь:7 десять:10 десяти:10 bir:1 tek:1 iki:2 üç:3 dört:4 beş:5 altı:6 yedi:7 sekiz:8 dokuz:9 yirmi:20 एक:1
		दो:2 तीन:3 चार:4 पाँच:5 पांच:5 छह:6 सात:7 आठ:8 दस:10 ثلاث:3 ثلاثة:3 أربع:4 أربعة:4 خمس:5 خمسة:5 ست:6 سبع:7 عشر:10 عشرة:10`,
	/** Behind a number its factor, otherwise a number. */
	multiplier: 'hundred:100 thousand:1000 cien:100 ciento:100 mil:1000',
	word: `word words wort worte wörter wörtern mot mots palabra palabras palavra palavras słowo słowa słów słowem слово слова слов словом
		словах kelime kelimelik kelimeyle शब्द शब्दों كلمة كلمات`,
	sentence: `sentence sentences satz sätze sätzen phrase phrases frase frases zdanie zdania zdań zdaniu zdaniach предложение предложения
		предложений предложении предложениях cümle cümleyle cümlede वाक्य वाक्यों جملة جمل`,
	line: `line lines liner zeile zeilen ligne lignes línea líneas linha linhas linijki linijek строка строки строк satır satırlık पंक्ति
		पंक्तियाँ سطر أسطر`,
	paragraph: `paragraph paragraphs absatz absätze absätzen paragraphe paragraphes párrafo párrafos parágrafo parágrafos akapit akapity
		akapitów абзац абзаца абзацев paragraf अनुच्छेद فقرة فقرات`,
	page: `page pages pp pager seite seiten seitige seitigen seitiger seitiges página páginas strona strony stron stronicowy stronicową страница
		страницы страниц страницах страничный sayfa sayfalık पन्ने पन्नों पृष्ठ पृष्ठों पेज पेजों صفحة صفحات`,
	item: `bullet bullets point points item items idea ideas tip tips example examples reason reasons fact facts question questions option
		options suggestion suggestions variant variants variation variations thing things way ways quote quotes joke jokes alternative
		alternatives recommendation recommendations punkte punkten stichpunkte stichpunkten ideen tipps beispiele gründe fragen vorschläge
		varianten idées conseils exemples raisons propositions consejos ejemplos razones preguntas puntos ideias dicas exemplos razões
		perguntas pontos punktów punktach pomysłów pomysły przykładów przykłady pytań пунктов пунктах идей идеи советов примеров вопросов
		вариантов madde maddede fikir öneri örnek बिंदु बिंदुओं सुझाव उदाहरण सवाल نقاط أفكار أمثلة أسئلة نصائح`,
	name: `name names title titles headline headlines slogan slogans tagline taglines synonym synonyms keyword keywords hashtag hashtags noms
		titres nombres títulos namen titel nomes nazw nazwy названий имён isim नाम أسماء عناوين`,
	character: 'character characters zeichen caractères caracteres znaków символов знаков karakter अक्षर حرف',
	minute: 'minute minutes minuten minutos minut минут dakika dakikalık मिनट دقائق',
	/** Factors on what is usual. */
	scale: `brief:0.5 briefly:0.5 concise:0.5 concisely:0.5 short:0.6 quick:0.7 succinct:0.5 terse:0.5 kurz:0.6 kurze:0.6 knapp:0.5 bref:0.6
		brève:0.6 brièvement:0.5 court:0.6 courte:0.6 breve:0.6 brevemente:0.5 corto:0.6 corta:0.6 curto:0.6 krótko:0.5 krótki:0.6 krótka:0.6
		zwięźle:0.5 кратко:0.5 коротко:0.5 краткий:0.6 короткий:0.6 kısa:0.6 kısaca:0.5 संक्षेप:0.5 छोटा:0.6 छोटी:0.6 باختصار:0.5 قصيرة:0.6
		قصير:0.6 detailed:1.6 detail:1.5 thorough:1.5 comprehensive:1.6 extensive:1.6 exhaustive:1.8 lengthy:1.8 ausführlich:1.6 ausführliche:1.6
		detailliert:1.6 détaillé:1.6 détaillée:1.6 detallado:1.6 detallada:1.6 detalhado:1.6 detalhada:1.6 szczegółowo:1.6 szczegółowy:1.6
		подробно:1.6 подробный:1.6 ayrıntılı:1.6 detaylı:1.6 विस्तार:1.6 विस्तृत:1.6 بالتفصيل:1.6 مفصل:1.6`,
	/** Tokens of texts with a usual length. */
	creative: `joke:35 pun:25 riddle:40 haiku:25 limerick:60 tweet:60 slogan:20 tagline:20 caption:25 sonnet:180 poem:200 lyrics:350 song:350
		email:280 letter:320 speech:550 story:750 article:1000 essay:1000 blog:1000 chapter:1800 screenplay:1500 novel:3000 witz:35
		gedicht:200 geschichte:750 rede:550 aufsatz:1000 blague:35 poème:200 lettre:320 histoire:750 discours:550 chiste:35 poema:200
		carta:320 cuento:750 discurso:550 piada:35 conto:750 wiersz:200 opowiadanie:750 анекдот:35 стих:200 письмо:320 рассказ:750 şiir:200
		mektup:320 öykü:750 hikaye:750 कविता:200 पत्र:320 कहानी:750 قصيدة:200 رسالة:320 قصة:750`,
	/** Tokens of code with a usual length. */
	code: `liner:100 oneliner:100 regex:150 formula:150 formel:150 formule:150 fórmula:150 formuła:150 формула:150 formül:150 snippet:250
		command:120 query:300 function:500 funktion:500 fonction:500 función:500 função:500 funkcja:500 функция:500 fonksiyon:500 module:2400
		modul:2400 app:3200 application:3200 game:3000 spiel:3000 jeu:3000 juego:3000 jogo:3000 grę:3000 игра:3000 oyunu:3000 website:3000`,
	only: 'only just solely nur solo sólo seulement uniquement apenas só tylko только sadece yalnızca केवल सिर्फ فقط',
	/** After "only", or before it: an answer of a token or two. */
	single: `number digit letter word label category zahl buchstabe wort nombre lettre mot número letra palabra liczbę
		literę słowo число букву слово sayıyı harfi kelime संख्या शब्द الرقم كلمة`,
	/** Near "one word", which is the answer then. */
	answer:
		'answer answers reply respond response antworte antworten antwort responde respuesta réponds réponse responda resposta rispondi',
	yes: 'yes true ja oui sí sim tak да evet हाँ نعم',
	no: 'no false nein non não nie нет hayır नहीं لا',
	exactly: 'exactly verbatim',
	summary: `summarize summarise summary tldr tl recap gist zusammenfassung fasse résume résumer résumé resume resumir resumen resumo resuma
		streść streszczenie резюме перескажи özetle özet özetler सारांश संक्षेप لخص ملخص`,
	/** What follows says what the thing is for: "a name for my game". */
	purpose: 'for about of from with using für über pour sur para sobre por dla для про için',
	/** Before the length of an answer: "in 3 pages". */
	beforeAnswer: `in within under max maximum most than to exactly only just auf unter höchstens maximal en sous w na в до`,
	/** Before the length of a text that exists: "this 500-word essay". */
	beforeSource: `this these that those the my our your his her their attached following dieser diese dieses diesen meinen unseren den dem ce
		cet cette mon ma notre este esta mi nuestro ten tę mój этот эту мой наш bu şu इस هذا هذه`,
} as const;

/** Chinese, Japanese and Korean: parts of words, by what they say, with a value. */
export const UNSPACED_LENGTH_WORDS = {
	scale:
		'简短:0.5 简要:0.5 简洁:0.5 短く:0.5 手短:0.5 簡潔:0.5 짧게:0.5 간단히:0.5 详细:1.6 詳しく:1.6 詳細:1.6 자세히:1.6',
	creative:
		'笑话:35 俳句:25 诗:200 詩:200 故事:750 小说:1500 小説:1500 信:320 手紙:320 演讲:550 文案:80 시:200 소설:1500 편지:320',
	code: '正则:150 正規表現:150 公式:150 函数:500 関数:500 정규식:150 수식:150 함수:500 游戏:3000 ゲーム:3000 게임:3000',
	summary: '总结 概括 摘要 要約 요약',
} as const;

/** Numerals by their value. */
export const UNSPACED_NUMERALS: readonly string[] = [
	' ',
	'一한',
	'二两두',
	'三세',
	'四네',
	'五다',
	'六',
	'七',
	'八',
	'九',
	'열',
];
/** A number with its unit in Chinese, Japanese and Korean; what "个" counts must be something that is written. */
export const UNSPACED_MEASURE: RegExp =
	/(\d{1,6}|[一二两三四五六七八九十]{1,3}|[한두세네열]|다섯) ?(?:个|個|つの)?(单词|词|単語|단어|文字|字|자|句|文|문장|段|문단|页|頁|ページ|페이지|쪽|行|줄|条|点|つ|가지|(?<=个)(?=.{0,4}[名点例建想案题理主口选词笑]))/g;
/** Before the length of a text that exists: "this", "below". */
export const UNSPACED_SOURCE: RegExp = /[这這那下この이]$/;
/** Units in these scripts, with how many words one is where that is not 1. */
export const UNSPACED_UNITS: ReadonlyArray<readonly [units: string, unit: LengthUnit, words?: number]> = [
	['单词 词 単語 단어', 'word'],
	['文字 字 자', 'word', 0.75],
	['句 文 문장', 'sentence'],
	['段 문단', 'paragraph'],
	['页 頁 ページ 페이지 쪽', 'page'],
	['行 줄', 'line'],
];
