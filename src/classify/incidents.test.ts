import { describe, expect, it } from 'vitest';
import { readTypeTable } from '../project.ts';
import { RoutingEngine } from '../route/index.ts';
import { DEFAULT_ROUTER_CONFIG } from '../system/index.ts';
import { TaskClassifier } from './task-classifier.ts';

/** With the trained table, as the command line and the gateway use it, and with the words alone. */
const classifiers = [new TaskClassifier({ readTable: readTypeTable }), new TaskClassifier()];

describe('what fails in production at this moment never goes to a small model', () => {
	const race = new RoutingEngine(DEFAULT_ROUTER_CONFIG);
	const claude = new RoutingEngine(DEFAULT_ROUTER_CONFIG, { availableProviders: ['anthropic'] });

	it.each([
		'URGENT: prod database is corrupting orders',
		'checkout is down, customers are screaming, fix now',
		'our production API went down five minutes ago',
		'Die Produktion steht, Kunden können nicht bezahlen – sofort beheben!',
		'URGENT : la base de production est corrompue, les commandes sont perdues',
		'URGENTE: el servidor de producción está caído y perdemos datos',
		'Produção fora do ar, pagamentos falhando, urgente',
		'URGENTE: il database di produzione sta perdendo ordini',
		'СРОЧНО: продакшн лежит, клиенты не могут оплатить',
		'紧急:生产数据库正在损坏订单',
		'至急:本番データベースの注文データが壊れています',
		'긴급: 운영 DB가 주문 데이터를 손상시키고 있어요',
		'عاجل: قاعدة بيانات الإنتاج تتلف الطلبات',
		'तत्काल: प्रोडक्शन डेटाबेस ऑर्डर खराब कर रहा है',
		'acil: üretim veritabanı siparişleri bozuyor',
		'Pilne: produkcja nie działa, klienci nie mogą zapłacić',
		'СРОЧНО: база данных в проде теряет заказы',
		'у нас прод не отвечает, все запросы падают с 500',
		'DRINGEND: Die Datenbank in Produktion verliert Bestellungen',
		'URGENT : la base de données de production perd des commandes',
		'Le site est en panne, les clients ne peuvent plus payer',
		'La web está caída y los clientes no pueden pagar',
		'O site caiu e os clientes não conseguem pagar',
		'Il sito è giù, i clienti non riescono a pagare',
		'PILNE: baza danych na produkcji gubi zamówienia',
		'Strona nie działa, klienci nie mogą zapłacić',
		'ACİL: üretim veritabanı siparişleri kaybediyor',
		'网站挂了，客户无法付款',
		'緊急：本番データベースで注文が失われています',
		'サイトが落ちていて、お客様が支払いできません',
		'사이트가 다운돼서 고객이 결제를 못 해요',
		'عاجل: قاعدة بيانات الإنتاج تفقد الطلبات',
		'الموقع متوقف والعملاء لا يستطيعون الدفع',
		'तुरंत: प्रोडक्शन डेटाबेस ऑर्डर खो रहा है',
		'साइट बंद है, ग्राहक भुगतान नहीं कर पा रहे',
		'payments are failing for everyone',
		'the whole site is white since noon, help',
		'nobody can log in',
		'no one can check out since this morning',
		'orders are being charged twice right now!!!',
		'아무도 로그인을 못 하고 있어요 급해요',
		'Niemand kann sich anmelden',
		'Personne ne peut se connecter',
		'Nadie puede iniciar sesión',
		'Ninguém consegue entrar',
		'Nessuno riesce ad accedere',
		'Никто не может войти в систему',
		'Nikt nie może się zalogować',
		'Kimse sisteme giremiyor',
		'没人能登录',
		'誰もログインできません',
		'لا أحد يستطيع تسجيل الدخول',
		'कोई भी लॉग इन नहीं कर पा रहा है',
	])('%s', (ask) => {
		for (const classifier of classifiers) {
			const task = classifier.classify(ask);
			expect(task).toMatchObject({ type: 'debugging', complexity: 'critical', priority: 5 });
			for (const router of [race, claude]) expect(router.route(task).predictedQuality.value).toBeGreaterThanOrEqual(95);
		}
	});

	it.each([
		'Write a blog post about how a production outage was fixed',
		'Fix the typo on the settings page today',
		'What is the difference between a crash and a hang?',
		'Summarize the meeting notes right away',
		'Explain what data loss means',
		'Wie verliert man schnell Gewicht?',
		'Перескажи сказку о том, как принцесса теряет туфельку',
		'Comment perd-on du poids sans sport ?',
		'Napisz wiersz o kocie, który gubi klucze',
		'Telefonum çalışmıyor, yeni bir tane önerir misin?',
		'写一篇关于丢失的小狗的故事',
		'鍵が失われたという短い物語を書いて',
		'write a story in which payments are failing',
		'what happens when nobody can log in?',
		'write a test that checks that nobody can log in with a wrong password',
		'Make sure nobody can log in without two factors',
		'Explain why a customer may be charged twice',
		'Napisz wiersz o tym, że nikt nie może się zalogować',
		'로그인을 못 하는 고양이 이야기를 써줘',
		'Translate into French: our production database is down and customers cannot pay',
		'Übersetze ins Englische: Die Produktion steht, Kunden können nicht bezahlen',
		'Traduis en anglais : la base de production est en panne, les clients ne peuvent plus payer',
		'Traduce al inglés: la web está caída y los clientes no pueden pagar',
		'Переведи на английский: прод лежит, клиенты не могут оплатить',
		'把下面这句话翻译成英文:生产数据库宕机,客户无法付款',
		'次の文を英語に翻訳して:本番データベースが落ちて、お客様が支払いできません',
		'다음 공지를 영어로 번역해 줘: 사이트가 다운돼서 고객이 결제를 못 해요',
		"Summarise the post-mortem of yesterday's outage in five bullets",
		'Fasse den Bericht über den Ausfall in der Produktion zusammen',
		'Resume el informe sobre la caída de producción de ayer',
		'总结一下昨天生产环境宕机的复盘报告',
		'Write a status page update: checkout is down, we are working on it',
		"Draft an e-mail to our customers about yesterday's production outage",
		'Schreibe eine Statusmeldung: Der Shop ist ausgefallen, Kunden können nicht bezahlen',
		'Escribe un post-mortem sobre la caída de producción de ayer',
		'Classify this ticket: "the site is down and nobody can pay"',
		'Write tests for the behaviour when the payment provider is down',
		'A user cannot log in',
		"One customer can't check out with her old card",
		'Ein Benutzer kann sich nicht anmelden',
		'Un utilisateur ne peut pas se connecter',
		'Un usuario no puede iniciar sesión',
		'Пользователь не может войти',
		'一个用户无法登录',
	])('and calm work is none: %s', (ask) => {
		for (const classifier of classifiers) expect(classifier.classify(ask).complexity).not.toBe('critical');
	});
});
