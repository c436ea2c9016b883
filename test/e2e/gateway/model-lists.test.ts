import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

let at: SimulatedGateway;
beforeAll(async () => {
	at = await openSimulatedGateway();
});
afterAll(() => at.close());

describe('each client lists the models and reads one of them in its own format', () => {
	it('OpenAI’s', async () => {
		const { models } = new OpenAI({ apiKey: 'none', baseURL: `${at.gateway.url}/v1`, maxRetries: 0 });
		expect((await models.list()).data.map(({ id }) => id)).toEqual(expect.arrayContaining(['auto', 'haiku']));
		expect(await models.retrieve('haiku')).toMatchObject({ id: 'haiku', object: 'model' });
		await expect(models.retrieve('nothing')).rejects.toMatchObject({ status: 404, code: 'ROUTER_NOT_FOUND' });
	});

	it('Anthropic’s', async () => {
		const { models } = new Anthropic({ apiKey: 'none', baseURL: at.gateway.url, maxRetries: 0 });
		expect((await models.list()).data.map(({ id }) => id)).toEqual(expect.arrayContaining(['auto', 'haiku']));
		expect(await models.retrieve('haiku')).toMatchObject({ id: 'haiku', type: 'model' });
		await expect(models.retrieve('nothing')).rejects.toMatchObject({ status: 404, type: 'not_found_error' });
	});

	// Its default is /v1 in newer versions, whose address is that of OpenAI's clients.
	it.each(['v1', 'v1beta', 'v1alpha'])('Google’s, of the API version %s', async (apiVersion) => {
		const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: at.gateway.url, apiVersion } });
		const names: Array<string | undefined> = [];
		for await (const { name } of await models.list()) names.push(name);
		expect(names).toEqual(expect.arrayContaining(['models/auto', 'models/haiku']));
		expect(await models.get({ model: 'haiku' })).toMatchObject({ name: 'models/haiku' });
		await expect(models.get({ model: 'nothing' })).rejects.toThrow('"status":"NOT_FOUND"');
	});
});
