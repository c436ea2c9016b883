/**
 * Words by which a sentence is known as one that asks for something: commands, modals and question words. In spaced scripts each
 * stands among the first words of the sentence, or is its last. No words for types: which work is wanted, the features say.
 */
export const REQUEST_WORDS = {
	/** Words that ask whatever follows. */
	request: `please pls plz kindly help need needs want wanna like let let's lets i'd
		task goal wondering`,
	/** Words that ask where they begin a sentence or stand behind `you`; elsewhere they tell what is possible. */
	modal: 'can could would',
	/** Such a sentence limits what is asked elsewhere. */
	negation: "never not don't",
	/** Words between a word that asks and a command. */
	link: 'to you me us someone',
	/** Verbs that command, but without a word that asks, and behind the first sentence of a letter, are small talk ("Bring an umbrella"). */
	smallTalk: 'bring come take leave call order book',
	/** Words before a command. */
	filler: 'also and so now then next hi hello hey ok okay just first second finally',
	/** English verbs, which may also be nouns: they command at the beginning of a sentence, or behind a word that asks. */
	verb: `give tell show explain write create make build implement add fix debug find review check test refactor rename rewrite simplify
		clean extract move split merge remove delete replace convert translate summarize summarise describe document design plan propose
		suggest recommend compare analyze analyse evaluate assess draft compose generate draw list name sort count calculate compute solve
		prove determine update change improve optimize optimise investigate look figure run set put turn prepare outline schedule organize
		organise assign coordinate ask send collect gather break come imagine act pretend bring continue correct proofread paraphrase shorten
		classify identify define outline walk brainstorm verify cover mock audit critique rate judge trace diagnose reproduce port migrate
		develop provide produce sketch choose decide pick tally arrange delegate distribute format rephrase answer reply respond say
		interpret discuss illustrate teach configure keep estimate scope bump invent modernize modernise synchronize synchronise pull push
		read inline tidy drop take consolidate reduce open queue route expose use enable stop prevent reuse flatten prioritise prioritize
		complete allow introduce rework cache deduplicate decouple restructure speed raise increase simulate assert stub fill transcribe
		print revert spell play get swap repeat label reverse round resolve dispatch remind ping orchestrate supervise monitor model lay
		clarify note mention transform insert adapt expand elaborate architect research leave capitalize encode decode parse highlight tag group filter spin roll hand chase start kick scan
		inspect point roast grade scaffold wire hook integrate throw return download upload install deploy order book call notify`,
	/** Commands and requests in other languages. */
	command: `
		bitte kannst könntest können könnten hilf helft brauche brauchen möchte erkläre erklär schreib schreibe erstelle mach mache gib
		zeig zeige finde prüfe teste übersetze fasse beschreibe entwirf plane vergleiche analysiere berechne ändere füge behebe korrigiere
		verbessere nenne sag sage bau baue entwickle implementiere vereinfache überarbeite sortiere zähle verteile dokumentiere liste
		s'il merci peux peut pouvez pourrais pourriez aide aidez j'ai besoin voudrais veux explique expliquez écris écrivez ecris rédige crée
		fais faites donne donnez montre trouve vérifie teste traduis résume décris conçois planifie compare analyse calcule corrige ajoute
		améliore propose dis liste répartis relis simplifie documente
		favor puedes puede podrías podría ayuda ayúdame necesito quiero quisiera explica explícame escribe crea haz dame muestra encuentra
		revisa prueba traduce resume describe diseña planifica compara analiza calcula corrige arregla añade agrega mejora propón dime
		reparte simplifica documenta genera redacta
		pode poderia você ajude ajuda preciso quero gostaria explique escreva crie faça me mostre encontre verifique teste traduza resuma
		descreva projete planeje compare analise calcule corrija conserte adicione melhore proponha diga distribua simplifique documente gere
		пожалуйста можешь можете помоги помогите нужно нужен надо хочу объясни объясните напиши напишите создай сделай дай покажи найди
		проверь протестируй переведи кратко опиши спроектируй составь сравни проанализируй посчитай вычисли исправь добавь улучши предложи
		скажи распредели упрости придумай подскажи
		proszę możesz możecie pomóż pomóżcie potrzebuję chcę chciałbym wyjaśnij wytłumacz napisz stwórz zrób daj pokaż znajdź sprawdź
		przetestuj przetłumacz streść opisz zaprojektuj zaplanuj porównaj przeanalizuj oblicz popraw napraw dodaj ulepsz zaproponuj
		powiedz rozdziel uprość wymyśl
		lütfen yardım misin mısın musun müsün misiniz mısınız istiyorum gerek lazım açıkla anlat yaz yazın oluştur yap göster bul kontrol
		çevir özetle tasarla planla karşılaştır analiz hesapla düzelt ekle geliştir öner söyle dağıt sadeleştir düşün hazırla
		رجاء أرجو هل يمكنك ساعدني أحتاج أريد اشرح اكتب أنشئ اصنع أعطني أرني ابحث راجع اختبر ترجم لخص صف صمم خطط قارن حلل احسب صحح أصلح أضف
		حسن اقترح قل وزع بسط ضع
		कृपया मदद चाहिए चाहता चाहती समझाओ समझाइए बताओ बताइए लिखो लिखिए बनाओ बनाइए करो कीजिए करें दो दीजिए दिखाओ खोजो जाँचो जांचो सुधारो जोड़ो सोचो
		बाँटो ठीक
		benenne such ersetze erfinde lagere zerlege erinnere starte korrigier kommentier trag erzähl formulier entferne stelle stell
		programmiere ergänze bewerte erhöhe werte wandle rechne formatiere formuliere refaktoriere aktualisiere teile implementier optimiere
		renomme mets découpe passe remplace invente nettoie extrais rends cherche lance formule enlève commente établis supprime implémente
		réécris évalue augmente préviens demande coordonne trie convertis mettez génère refactorise optimise
		renombra pon cambia averigua divide avisa ponlo inventa limpia extrae halla busca lanza quita sube escríbeme háblame comenta elimina
		pasa organiza prioriza programa implementa reescribe evalúa aumenta pregunta coordina ordena convierte hazme actualiza refactoriza
		revise divida limpe extraia renomeie deixe coloque muda modele coloca tira troque inclui fala remova passe cria monte priorize descubra
		programe implemente reescreva aumente desenhe avise pergunte coordene ordene converta invente redija refatore atualize
		zmień posortuj podziel przejrzyj usuń zamień ułóż posprzątaj wydziel przepisz wyznacz przypomnij uruchom przenieś podnieś skomentuj
		zaktualizuj opowiedz ustal zaprogramuj zaimplementuj udokumentuj zwiększ powiadom zapytaj skoordynuj
		переименуй посмотри вынеси отсортируй спланируй найдите докажите разбей напомни запусти глянь раскритикуй почини убери замени подними
		прокомментируй обнови расскажи сочини почисти раздели удали ускорь расставь выясни реализуй задокументируй перепиши увеличь сообщи
		спроси согласуй перескажи преобразуй
		çıkar sırala değiştir böl ver uydur değerlendir gönder hatırlat birleştir bırak ayır toparla koy belgele taşı topla düzenle temizle sil
		incele artır bildir dönüştür bak nedir
		رتب أعد احذف أوجد حدد انتقد ارفع اجعل نظف انقل استخرج قسم سرع برمج نفذ وثق أبلغ اسأل نسق حول
		बदलो भेजो हटाओ निकालो तोड़ो कहो सुनाओ पूछो दिला`,
	/** Something fails: a report of it asks for it to be mended. */
	problem: `error errors fails failed failing fail crashes crashed crash freezes hangs broken blank doesn't don't can't cannot won't isn't
		exception traceback leak leaks stuck bug wrong stopped unfortunately timeout unable 500 404 502 fehler funktioniert geht absturz stürzt hängt
		erreur plante marche fonctionne falla error funciona erro ошибка ошибку падает работает błąd działa hata çalışmıyor خطأ लिए एरर`,
	/** Question words. */
	question: `what what's whats why how how's when where who which whose is are does do did am was were has have any
		was warum wie wann wo wer welche welcher welches ist sind gibt hat soll sollte wieso weshalb
		quoi que quel quelle quels quelles pourquoi comment quand où qui est-ce combien faut
		qué por cómo cuándo dónde quién cuál cuáles cuánto hay es
		o que por como quando onde quem qual quais quanto é
		что почему как когда где кто какой какая какие сколько зачем есть стоит
		co dlaczego jak kiedy gdzie kto jaki jaka jakie ile czy
		ne neden nasıl ne nerede kim hangi kaç mi mı mu mü
		ما ماذا لماذا كيف متى أين من أي كم هل
		क्या क्यों कैसे कब कहाँ कौन कितना कितने`,
	/** Parts of sentences in scripts without spaces, and of Korean, whose endings stick to words. */
	unspaced: `请 帮我 帮忙 麻烦 能不能 可以吗 怎么 如何 为什么 什么 哪 吗 写 翻译 设计 解释 总结 制定 分析 检查 修复 ください 下さい お願い 教えて して 書いて 作って
		何ですか ですか ますか なぜ どう どの 考えて 直して 해 줘 해줘 줘 주세요 부탁 어떻게 왜 뭐 인가요 할까 나요 알려 써`,
} as const;
