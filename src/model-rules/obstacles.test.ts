import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import { getModelRules } from './model-rules.ts';
import { getObstacle, readFeatures } from './obstacles.ts';

function obstacle(from: WireFormatName, body: object, target: WireFormatName, model: string): string | null {
	const features = readFeatures(from, { ...body }, true);
	return features && getObstacle(features, getModelRules({ format: target, ids: [model] }));
}

describe('the router does not choose a model that would lose what is asked', () => {
	const begun = {
		messages: [
			{ role: 'user', content: 'a' },
			{ role: 'assistant', content: '{' },
		],
	};
	it('an answer that has been begun is continued by a model that does', () => {
		expect(obstacle('anthropic-messages', begun, 'anthropic-messages', 'claude-opus-5-5')).toContain('has been begun');
		expect(obstacle('openai-chat', begun, 'anthropic-messages', 'claude-sonnet-4-6')).toContain('has been begun');
		expect(obstacle('anthropic-messages', begun, 'anthropic-messages', 'claude-haiku-4-5')).toBeNull();
		expect(obstacle('openai-chat', begun, 'openai-responses', 'gpt-5-mini')).toBeNull();
	});

	it('all of many tools are offered', () => {
		const tools = Array.from({ length: 129 }, (_, index) => ({ name: `t${index}` }));
		expect(obstacle('anthropic-messages', { tools, messages: [] }, 'openai-responses', 'gpt-5-mini')).toContain('128');
		expect(obstacle('anthropic-messages', { tools, messages: [] }, 'anthropic-messages', 'claude-opus-5-5')).toBeNull();
	});

	it.each<[WireFormatName, object]>([
		[
			'anthropic-messages',
			{ messages: [{ role: 'user', content: [{ type: 'image', source: { media_type: 'image/gif' } }] }] },
		],
		['openai-chat', { messages: [{ role: 'user', content: [{ image_url: { url: 'data:image/gif;base64,AA' } }] }] }],
		['openai-responses', { input: [{ role: 'user', content: [{ image_url: 'data:image/gif;base64,AA' }] }] }],
		['gemini', { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/gif' } }] }] }],
	])('a picture goes to a model that reads its type, from %s', (format, body) => {
		expect(obstacle(format, body, 'gemini', 'gemini-3.8-flash')).toContain('image/gif');
		expect(obstacle(format, body, 'anthropic-messages', 'claude-haiku-4-5')).toBeNull();
		expect(obstacle(format, body, 'openai-chat', 'llama')).toBeNull();
	});

	it('asks nothing of most requests', () => {
		expect(readFeatures('openai-chat', { messages: [{ role: 'user', content: 'a' }] }, false)).toBeNull();
	});
});
