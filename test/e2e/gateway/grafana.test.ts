import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type MetricSample, parseOpenMetrics } from '../../support/open-metrics.ts';
import { inventedModel } from '../../support/open-scripted-gateway.ts';
import { chat, openTestGateway, type TestGateway } from '../../support/open-test-gateway.ts';

const FOLDER = new URL('../../../deploy/grafana/', import.meta.url);

interface Query {
	/** Where it stands. */
	of: string;
	expression: string;
}

interface Panel {
	title: string;
	targets?: Array<{ expr: string; legendFormat: string }>;
}

function readPanels(): Panel[] {
	const { panels } = JSON.parse(readFileSync(new URL('dashboard.json', FOLDER), 'utf8')) as { panels: Panel[] };
	return panels;
}

interface Rule {
	alert: string;
	expr: string;
	annotations: Record<string, string>;
}

function readRules(): Rule[] {
	const { groups } = parse(readFileSync(new URL('alerts.yaml', FOLDER), 'utf8')) as {
		groups: Array<{ rules: Rule[] }>;
	};
	return groups.flatMap(({ rules }) => rules);
}

/** Labels that the scraper adds. */
const SCRAPED_LABELS = ['instance', 'job'];

/** What a query asks for: selectors, and the labels that it groups or joins by. */
interface ReadQuery {
	selectors: Array<{ name: string; matchers: Array<{ label: string; operator: string; value: string }> }>;
	labels: string[];
}

/** Reads a query by Prometheus' own grammar. @throws where it breaks it */
function readQuery({ expression, of }: Query): ReadQuery {
	const text = expression.replaceAll('$__rate_interval', '5m');
	const read: ReadQuery = { selectors: [], labels: [] };
	const of_ = ({ from, to }: { from: number; to: number }): string => text.slice(from, to);
	parser.parse(text).iterate({
		enter(node) {
			if (node.type.isError) throw new Error(`${of}: no PromQL at ${node.from}: ${text.slice(node.from)}`);
			if (node.name === 'VectorSelector') {
				const name = node.node.getChild('Identifier');
				read.selectors.push({ name: name === null ? '' : of_(name), matchers: [] });
			}
			if (node.name === 'UnquotedLabelMatcher') {
				const [, label = '', operator = '', value = ''] = /^\s*(\w+)\s*(=~|!~|!=|=)\s*"(.*)"\s*$/.exec(of_(node)) ?? [];
				read.selectors.at(-1)?.matchers.push({ label, operator, value });
			}
			if (node.name === 'GroupingLabels') read.labels.push(...(of_(node).match(/\w+/g) ?? []));
		},
	});
	return read;
}

function isSelected(
	{ labels }: MetricSample,
	{ label, operator, value }: { label: string; operator: string; value: string },
): boolean {
	const actual = labels[label] ?? '';
	const isMatch = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : actual === value;
	return operator.startsWith('!') ? !isMatch : isMatch;
}

let gateway: TestGateway;
let samples: MetricSample[] = [];

/** Everything happens once that a query may ask for. */
async function makeTraffic(): Promise<void> {
	const ask = async (body: object) => await (await gateway.ask('/v1/chat/completions', { body })).text();
	const { catalog } = gateway.running.gateway.runtime.system.router;
	gateway.simulator.script({
		[catalog.get('haiku').modelId]: { schedule: [{ fault: '429', retryAfterSeconds: 60 }] },
		[catalog.get('opus').modelId]: { cachedTokens: 3 },
		[catalog.get('sonnet').modelId]: { afterwards: { fault: 'cut', afterTokens: 5 } },
	});
	await ask(chat('haiku'));
	for (const stream of [true, false]) await ask(chat('opus', { stream }));
	await ask(chat('sonnet', { stream: true }));
	await ask(chat('free', { max_tokens: 10 }));
	await gateway.running.gateway.settled();
	await gateway.running.gateway.runtime.system.flush();
}

beforeAll(async () => {
	gateway = await openTestGateway({
		config: {
			budget: { dailyLimit: 0.02, monthlyLimit: 1, alerts: { dailyWarning: 1, monthlyWarning: 80 } },
			models: [{ ...inventedModel('free'), provider: 'openai', pricing: 'unpriced' }],
			allowUnpriced: ['free'],
		},
	});
	await makeTraffic();
	const scrape = async () => {
		const response = await gateway.ask('/metrics', { headers: { accept: 'application/openmetrics-text' } });
		return parseOpenMetrics(await response.text()).flatMap((family) => family.samples);
	};
	await scrape();
	// the lag of the event loop is measured from the first scrape on
	await new Promise((resolve) => setTimeout(resolve, 100));
	samples = await scrape();
});
afterAll(() => gateway.close());

const QUERIES: Query[] = [
	...readPanels().flatMap(({ targets = [], title }) => targets.map(({ expr }) => ({ of: title, expression: expr }))),
	...readRules().map(({ alert, expr }) => ({ of: alert, expression: expr })),
];

describe('every query of the dashboard and the alerts', () => {
	it('is there', () => {
		expect(QUERIES.length).toBeGreaterThan(30);
		const alerts = readRules().map(({ alert }) => alert);
		for (const wanted of ['BudgetNear', 'ErrorBudgetFast', 'Cooldown', 'LedgerLag'])
			expect(alerts).toContain(`Switchyard${wanted}`);
	});

	it.each(QUERIES)('is PromQL that selects what a gateway reports: $of', (query) => {
		const { labels, selectors } = readQuery(query);
		expect(selectors.length).toBeGreaterThan(0);
		for (const { matchers, name } of selectors) {
			const selected = samples.filter(
				(sample) => sample.name === name && matchers.every((matcher) => isSelected(sample, matcher)),
			);
			expect(selected.length, `${name} ${JSON.stringify(matchers)}`).toBeGreaterThan(0);
			for (const label of labels)
				expect([...SCRAPED_LABELS, ...Object.keys(selected[0]?.labels ?? {})]).toContain(label);
		}
	});

	it.each(readPanels().filter(({ targets }) => targets !== undefined))(
		'names in its legend only labels that are left: $title',
		({ targets = [], title }) => {
			for (const { expr, legendFormat } of targets) {
				const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
				const { labels } = readQuery({ of: title, expression: expr });
				expect(labels).toEqual(expect.arrayContaining(named));
			}
		},
	);

	it('says of every alert what it is and what to do', () => {
		for (const { alert, annotations, expr } of readRules()) {
			expect(annotations['summary'], alert).toBeTruthy();
			expect(annotations['description'], alert).toBeTruthy();
			const { labels } = readQuery({ of: alert, expression: expr });
			for (const [, label = ''] of (annotations['summary'] ?? '').matchAll(/\$labels\.(\w+)/g))
				expect(labels).toContain(label);
		}
	});
});
