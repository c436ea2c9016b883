import { describe, expect, it } from 'vitest';
import { RoutingEngine } from '../route/index.ts';
import { DEFAULT_ROUTER_CONFIG } from '../system/index.ts';
import { TaskClassifier } from './task-classifier.ts';

const classifier = new TaskClassifier();

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
	])('%s', (ask) => {
		const task = classifier.classify(ask);
		expect(task).toMatchObject({ complexity: 'critical', priority: 5 });
		for (const router of [race, claude]) expect(router.route(task).predictedQuality.value).toBeGreaterThanOrEqual(95);
	});

	it.each([
		'Write a blog post about how a production outage was fixed',
		'Fix the typo on the settings page today',
		'What is the difference between a crash and a hang?',
		'Summarize the meeting notes right away',
		'Explain what data loss means',
	])('and calm work is none: %s', (ask) => {
		expect(classifier.classify(ask).complexity).not.toBe('critical');
	});
});
