import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ShadowComparison } from '../../../src/contracts/index.ts';
import { createSeededRandom } from '../../../src/util/index.ts';
import {
	inventedModel,
	openTestGateway,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';

/** A call as the provider got it. */
interface Call {
	model: string;
	messages: Array<{ role: string; content: unknown }>;
	text: string;
	stream?: boolean;
	tools?: unknown;
}

/** Share of the answers that are good, which nobody is told. */
const TRUTH: Readonly<Record<string, number>> = { plain: 0.3, sharp: 0.85 };
const WORDS = 'Here is what I found after looking at each of the files that you have named in your request';

const open: Array<() => Promise<void> | void> = [];
afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close();
});

/** Which of two blocks of a judge's prompt is good. */
function judge(prompt: string): string {
	const isGood = (label: string) => new RegExp(`<answer-${label} \\w+>\\n[^<]*GOOD`).test(prompt);
	const [a, b] = [isGood('A'), isGood('B')];
	const verdict = a === b ? 'tie' : a ? 'A' : 'B';
	return JSON.stringify({ reason: 'One of them is good.', verdict });
}

function answer(response: ServerResponse, { model, stream }: Call, message: object): void {
	const usage = { prompt_tokens: 200, completion_tokens: 40, total_tokens: 240 };
	const base = { id: 'chatcmpl-1', created: 1, model };
	if (stream !== true) {
		response.writeHead(200, { 'content-type': 'application/json' });
		const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }];
		response.end(JSON.stringify({ ...base, object: 'chat.completion', choices, usage }));
		return;
	}
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	const chunk = (delta: object, reason: string | null) => ({
		...base,
		object: 'chat.completion.chunk',
		choices: [{ index: 0, delta, finish_reason: reason }],
	});
	const events = [
		chunk({ role: 'assistant', ...message }, null),
		chunk({}, 'stop'),
		{ ...chunk({}, null), choices: [], usage },
	];
	response.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
}

interface ShadowGateway extends TestGateway {
	calls: Call[];
	/** Calls that hang: of the judge, where it is dead, or of every model. */
	hanging: ServerResponse[];
	ask(body?: object, headers?: Record<string, string>, path?: string, signal?: AbortSignal): Promise<string>;
	/** The comparisons, once there are so many. */
	readRows(count: number): Promise<ShadowComparison[]>;
}

/** A gateway whose users are answered by `plain`, beside which `sharp` is asked; `umpire` judges. */
async function openShadow(
	shadow: object = {},
	{ isJudgeDead = false, isModelSilent = false } = {},
): Promise<ShadowGateway> {
	const calls: Call[] = [];
	const hanging: ServerResponse[] = [];
	const random = createSeededRandom(5);
	const isSilent = ({ model }: Call) => isModelSilent || (isJudgeDead && model === 'umpire');
	const server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on('data', (part: Buffer) => parts.push(part));
		request.on('end', () => {
			const text = Buffer.concat(parts).toString();
			const call: Call = { ...JSON.parse(text), text };
			calls.push(call);
			if (isSilent(call)) hanging.push(response);
			else if (call.model === 'umpire')
				answer(response, call, { content: judge(String(call.messages.at(-1)?.content)) });
			else {
				const isGood = random() < (TRUTH[call.model] ?? 0);
				answer(response, call, { content: `${isGood ? 'GOOD' : 'POOR'}. ${WORDS}.` });
			}
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1`;
	const models = ['plain', 'sharp', 'umpire'];
	const gateway = await openTestGateway({
		deployments: [
			{ ...simulatedDeployment('openai-compatible', Object.fromEntries(models.map((name) => [name, name]))), baseUrl },
		],
		config: {
			models: models.map((name) => inventedModel(name, name === 'umpire' ? { id: 'umpire-2026' } : {})),
			// what is asked beside need not compete
			candidates: ['plain', 'umpire'],
			defaultModel: 'plain',
			storage: { captureTaskText: true },
			gateway: { shadow: { share: 1, budgetPerDay: 1, models: ['sharp'], judge: 'umpire', ...shadow } },
		},
	});
	open.push(
		() => void server.close(),
		() => server.closeAllConnections(),
		() => gateway.close(),
	);
	return {
		...gateway,
		calls,
		hanging,
		async ask(body = {}, headers = {}, path = '/v1/chat/completions', signal) {
			const asked = {
				model: 'plain',
				max_tokens: 500,
				messages: [{ role: 'user', content: 'What is wrong here?' }],
				...body,
			};
			const response = await fetch(gateway.url + path, {
				method: 'POST',
				headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers },
				body: JSON.stringify(asked),
				...(signal && { signal }),
			});
			const text = await response.text();
			expect(response.status, text).toBe(200);
			return text;
		},
		async readRows(count) {
			const read = async () => {
				const storage = await gateway.gateway.gateway.runtime.system.storage();
				return await storage.shadow.list({ from: 0, to: Number.MAX_SAFE_INTEGER }, 1000);
			};
			return await vi.waitFor(
				async () => {
					const rows = await read();
					expect(rows.length).toBeGreaterThanOrEqual(count);
					return rows;
				},
				{ timeout: 20_000, interval: 20 },
			);
		},
	};
}

const countBy = (rows: readonly ShadowComparison[], field: 'verdict' | 'cause') =>
	Object.fromEntries([...Map.groupBy(rows, (row) => row[field])].map(([key, group]) => [String(key), group.length]));

describe('another model is asked beside those that answer', () => {
	it('and the better one is found, on whole answers and streams of two formats, while users’ figures stay theirs', async () => {
		const gateway = await openShadow();
		const paths = ['/v1/chat/completions', '/v1/messages'];
		for (let index = 0; index < 40; index += 1)
			await gateway.ask({ stream: index % 4 < 2 }, { 'x-switchyard-session': `s${index >> 1}` }, paths[index % 2]);
		const rows = await gateway.readRows(40);
		const verdicts = countBy(rows, 'verdict');
		expect(countBy(rows, 'cause')).toEqual({ null: 40 });
		expect(verdicts['second']).toBeGreaterThan(3 * (verdicts['first'] ?? 0));
		expect(verdicts['error'] ?? 0).toBe(0);
		expect(rows[0]).toMatchObject({ model: 'plain', shadowModel: 'sharp', judge: 'umpire' });
		expect(new Set(rows.map(({ session }) => session)).size).toBe(20);
		// every eighth is followed by a pair whose right verdict is known: this judge knows only its own marks
		expect(rows.filter(({ planted }) => planted !== null)).toHaveLength(5);
		// nothing of it is a decision, an outcome or anybody's spending but its own
		expect(await gateway.query('SELECT model_selected, COUNT(*) AS n FROM routing_decisions GROUP BY 1')).toEqual([
			{ model_selected: 'plain', n: 40 },
		]);
		expect(await gateway.query('SELECT DISTINCT answered_by FROM routing_outcomes')).toEqual([
			{ answered_by: 'plain' },
		]);
		const spent = await gateway.query(
			`SELECT model, SUM(cost_nano) AS nano FROM cost_tracking WHERE tags LIKE '%shadow%' GROUP BY 1 ORDER BY 1`,
		);
		expect(spent.map(({ model }) => model)).toEqual(['sharp', 'umpire']);
		expect(await gateway.query(`SELECT DISTINCT key_id, team FROM cost_tracking WHERE tags LIKE '%shadow%'`)).toEqual([
			{ key_id: null, team: null },
		]);
		const sum = rows.reduce((total, row) => total + (row.costNanoUsd ?? 0), 0);
		expect(spent[0]?.['nano']).toBe(sum);
		const { byModel } = await gateway.gateway.gateway.runtime.system.stats();
		expect(Object.keys(byModel)).toEqual(['plain']);
	});

	it('after its caller was answered: with a judge that never answers nobody waits, and one request is compared at a time', async () => {
		const gateway = await openShadow({}, { isJudgeDead: true });
		await Promise.all(Array.from({ length: 60 }, () => gateway.ask()));
		expect(gateway.calls.filter(({ model }) => model === 'plain')).toHaveLength(60);
		await vi.waitFor(() => expect(gateway.hanging).toHaveLength(1), { timeout: 10_000, interval: 20 });
		expect(gateway.calls.filter(({ model }) => model === 'sharp')).toHaveLength(1);
		// what the queue does not hold is dropped, and each has its row
		const rows = await gateway.readRows(27);
		expect(countBy(rows, 'cause')).toEqual({ 'queue-full': rows.length });
		expect(await gateway.ask()).toContain('"plain"');
		// what waits when the gateway is told to stop has its row, too
		const storage = await gateway.gateway.gateway.runtime.system.storage();
		await gateway.gateway.gateway.close();
		const all = await storage.shadow.list({ from: 0, to: Number.MAX_SAFE_INTEGER }, 1000);
		expect(countBy(all, 'cause')).toEqual({ 'queue-full': expect.any(Number), stopped: expect.any(Number) });
		expect(all).toHaveLength(61);
	});

	it('within its money: no nano-dollar more than a day’s budget, holds included, and each request that it ended for is told', async () => {
		const gateway = await openShadow({ budgetPerDay: 0.02 });
		for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: 8 }, () => gateway.ask()));
		const rows = await gateway.readRows(32);
		expect(countBy(rows, 'cause')['budget']).toBeGreaterThan(0);
		const [spent] = await gateway.query(`SELECT SUM(cost_nano) AS nano FROM cost_tracking WHERE tags LIKE '%shadow%'`);
		expect(spent?.['nano']).toBeGreaterThan(0);
		expect(spent?.['nano']).toBeLessThanOrEqual(20_000_000);
		// users are served all the same
		await gateway.ask();
	});

	it('never what its caller keeps to itself: by header, by key, by the models that may see it', async () => {
		const gateway = await openShadow();
		const created = await fetch(`${gateway.url}/admin/v1/keys`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ name: 'private' }),
		});
		const { key, token } = (await created.json()) as { key: { id: string }; token: string };
		const { runtime } = gateway.gateway.gateway;
		const shadow = { ...runtime.config.shadow, excludedKeys: [key.id] };
		gateway.gateway.gateway.configure({ ...runtime, config: { ...runtime.config, shadow } });
		await gateway.ask({}, { authorization: `Bearer ${token}` });
		await gateway.ask({}, { 'x-switchyard-no-shadow': 'true' });
		await gateway.ask({ switchyard: { noShadow: true } });
		await gateway.ask({}, { 'x-switchyard-allowed-models': 'plain' });
		await gateway.ask({}, { 'x-switchyard-excluded-models': 'umpire' });
		await gateway.ask({ n: 2 });
		const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
		await gateway.ask({ messages: [{ role: 'user', content: [image] }] });
		const rows = await gateway.readRows(7);
		expect(countBy(rows, 'cause')).toEqual({ 'opted-out': 3, 'not-eligible': 2, 'not-comparable': 2 });
		expect(new Set(gateway.calls.map(({ model }) => model))).toEqual(new Set(['plain']));
		expect(rows.every(({ costNanoUsd, judgeCostNanoUsd }) => costNanoUsd === 0 && judgeCostNanoUsd === 0)).toBe(true);
	});

	it('by no judge of its own answers, by whichever name it was configured', async () => {
		const gateway = await openShadow({ judge: 'umpire-2026' });
		const served = JSON.parse(await gateway.ask({ model: 'umpire' }));
		expect(served.model).toBe('umpire');
		const [row] = await gateway.readRows(1);
		expect(row).toMatchObject({ model: 'umpire', cause: 'not-eligible', judge: null });
		expect(gateway.calls.map(({ model }) => model)).toEqual(['umpire']);
		// its own name keeps it out, too
		await gateway.ask({}, { 'x-switchyard-excluded-models': 'umpire' });
		expect(countBy(await gateway.readRows(2), 'cause')).toEqual({ 'not-eligible': 2 });
		// and another model's answer it may judge, under its one name in the books
		await gateway.ask();
		expect((await gateway.readRows(3)).find(({ cause }) => cause === null)).toMatchObject({ judge: 'umpire' });
	});

	it('only of whole answers, and one whose caller left before it was whole is told', async () => {
		const gateway = await openShadow({}, { isModelSilent: true });
		for (const stream of [true, false]) {
			const caller = new AbortController();
			const asked = gateway.ask({ stream }, {}, undefined, caller.signal);
			await vi.waitFor(() => expect(gateway.hanging).toHaveLength(stream ? 1 : 2), { timeout: 10_000, interval: 20 });
			caller.abort();
			await expect(asked).rejects.toThrow();
		}
		const rows = await gateway.readRows(2);
		expect(countBy(rows, 'cause')).toEqual({ 'not-answered': 2 });
		expect(rows[0]).toMatchObject({ model: 'plain', shadowModel: null, usedCostNanoUsd: null, costNanoUsd: 0 });
		expect(rows[0]?.detail).toMatch(/left/);
	});

	it('with its tools, which the judge is shown, and without the names of models', async () => {
		const gateway = await openShadow();
		const tools = [{ type: 'function', function: { name: 'read_file', parameters: { type: 'object' } } }];
		await gateway.ask({ tools });
		await gateway.readRows(1);
		const shadow = gateway.calls.find(({ model }) => model === 'sharp');
		expect(shadow?.tools).toEqual(tools);
		const prompt = String(gateway.calls.find(({ model }) => model === 'umpire')?.messages.at(-1)?.content);
		expect(prompt).toContain('read_file');
		expect(prompt).toContain('What is wrong here?');
		expect(prompt).not.toMatch(/plain|sharp/);
	});

	it('only where texts may be kept at all, by models that there are, and by a judge that is none of them', async () => {
		const reject = (shadow: object, storage: object = {}) =>
			openTestGateway({
				deployments: [simulatedDeployment('openai-compatible', { plain: 'plain' })],
				config: {
					models: [inventedModel('plain'), inventedModel('sharp')],
					candidates: ['plain'],
					defaultModel: 'plain',
					storage,
					gateway: { shadow: { share: 0.02, models: ['sharp'], judge: 'plain', ...shadow } },
				},
			});
		const captured = { captureTaskText: true };
		await expect(reject({})).rejects.toThrow(/gateway\.shadow\.share.*Set storage\.captureTaskText to true/);
		await expect(reject({ models: ['shrap'] }, captured)).rejects.toThrow(/sharp/);
		await expect(reject({ judge: '' }, captured)).rejects.toThrow(/gateway\.shadow\.judge.*Name a model/);
		await expect(reject({ judge: 'sharp' }, captured)).rejects.toThrow(/no model judges itself/);
		await expect(reject({}, captured)).rejects.toThrow(/gateway\.shadow: No deployment serves sharp/);
	});
});
