import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';
import { writeProjectConfig } from '../../support/open-test-gateway.ts';
import { callSwitchyard } from '../../support/switchyard-command.ts';
import { createTemporaryProject } from '../../support/temporary-project.ts';

const ALIASES = { 'claude-opus-5-5': 'auto', Sonnet: 'auto:cheap', 'my-model': 'auto:best' };

let at: SimulatedGateway;
beforeAll(async () => {
	at = await openSimulatedGateway({ aliases: ALIASES });
});
afterAll(() => at.close());

const TITLE = 'Generate a concise, sentence-case title (3-7 words) that captures the main topic';

async function ask(model: string, more: { system?: string; max_tokens?: number } = {}) {
	const body = { model, max_tokens: 2000, messages: [{ role: 'user', content: 'Say hello' }], ...more };
	const { response, text } = await at.post('/v1/messages', body);
	expect(response.status, text).toBe(200);
	const { headers } = response;
	return { model: headers.get('x-switchyard-model'), policy: headers.get('x-switchyard-policy') };
}

describe('a client that knows no other name than a model’s is routed by it', () => {
	it('as auto, in the list and in what it is answered by', async () => {
		expect(await ask('claude-opus-5-5')).toEqual(await ask('auto'));
		expect(await ask('anthropic/claude-opus-5-5[1m]')).toEqual(await ask('auto'));
		expect(await ask('my-model')).toEqual(await ask('auto:best'));
		const list = await (await fetch(`${at.gateway.url}/v1/models`)).text();
		const { data }: { data: Array<{ id: string; owned_by: string }> } = JSON.parse(list);
		const owners = new Map(data.map(({ id, owned_by }) => [id, owned_by]));
		expect(data.filter(({ id }) => id.toLowerCase() === 'claude-opus-5-5')).toHaveLength(1);
		expect([owners.get('claude-opus-5-5'), owners.get('my-model'), owners.get('sonnet')]).toEqual([
			'switchyard',
			'switchyard',
			undefined,
		]);
	});

	it('and an agent’s own call under that name goes where one of auto goes', async () => {
		const title = await ask('claude-opus-5-5', { system: TITLE });
		expect(title).toEqual(await ask('auto', { system: TITLE }));
		expect(title).toEqual(await ask('auto:cheapest'));
	});

	it('whatever its case, while the model keeps its other names', async () => {
		expect(await ask('sonnet')).toEqual(await ask('auto:cheap'));
		expect((await ask('opus')).model).toBe('opus');
	});

	it('and is told of the same under every name by which it is asked', async () => {
		for (const name of ['claude-opus-5-5', 'anthropic/claude-opus-5-5', 'CLAUDE-OPUS-5-5[1m]', 'sonnet', 'my-model']) {
			const response = await fetch(`${at.gateway.url}/v1/models/${encodeURIComponent(name)}`);
			expect(await response.json(), name).toMatchObject({ owned_by: 'switchyard' });
		}
	});

	it('which `switchyard models` says', async () => {
		const project = createTemporaryProject();
		try {
			writeProjectConfig(project, { aliases: ALIASES });
			const { stdout } = await callSwitchyard(project, ['models']);
			expect(stdout).toContain('claude-opus-5-5 means auto');
			expect(stdout).toContain('Sonnet means auto:cheap');
		} finally {
			project.remove();
		}
	});
});

describe('an alias that would silently route somewhere else is refused with what to write in its place', () => {
	it.each([
		['fast', 'auto', 'is a name of the router itself'],
		['auto:mine', 'auto', 'is a name of the router itself'],
		['Auto', 'auto:cheap', 'is a name of the router itself'],
		[' sonnet', 'auto', 'begins or ends with a space'],
		['sonnet', 'opus', 'another name of a model goes to "aliases" of that model'],
		['sonnet', 'auto:cheepest', 'which is no choice by the router'],
	])('%s: %s', async (alias, choice, message) => {
		const project = createTemporaryProject();
		try {
			writeProjectConfig(project, { aliases: { [alias]: choice } });
			const { code, stderr } = await callSwitchyard(project, ['models']);
			expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)]);
		} finally {
			project.remove();
		}
	});

	it('and so is one that is there twice, as capitals make no difference', async () => {
		const project = createTemporaryProject();
		try {
			writeProjectConfig(project, { aliases: { Haiku: 'auto', haiku: 'auto:best' } });
			const { stderr } = await callSwitchyard(project, ['models']);
			expect(stderr).toContain('aliases.haiku: is the same name as "Haiku"');
		} finally {
			project.remove();
		}
	});
});
