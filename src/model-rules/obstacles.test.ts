import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import { getModelRules } from './model-rules.ts';
import { getObstacle, readFeatures } from './obstacles.ts';

function obstacle(from: WireFormatName, body: object, target: WireFormatName, model: string): string | null {
	const features = readFeatures(from, { ...body }, true);
	return features && getObstacle(features, getModelRules({ format: target, ids: [model] }), target);
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

	it.each<[WireFormatName, object]>([
		[
			'openai-chat',
			{ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { format: 'wav' } }] }] },
		],
		['openai-responses', { input: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }],
		['gemini', { contents: [{ role: 'user', parts: [{ inline_data: { mime_type: 'audio/mp3' } }] }] }],
	])('a recording goes to a model that hears it, from %s', (format, body) => {
		expect(obstacle(format, body, 'gemini', 'gemini-3.8-flash')).toBeNull();
		expect(obstacle(format, body, 'openai-chat', 'gpt-4o-audio-preview')).toBeNull();
		expect(obstacle(format, body, 'openai-chat', 'gpt-5-mini')).toBe('does not read audio');
		expect(obstacle(format, body, 'anthropic-messages', 'claude-haiku-4-5')).toBe('does not read audio');
		expect(obstacle(format, body, 'openai-chat', 'llama')).toBeNull();
	});

	it('a film goes to a model that sees it, a document to any', () => {
		const film = { contents: [{ parts: [{ fileData: { mimeType: 'video/mp4', fileUri: 'https://a.org/a' } }] }] };
		expect(obstacle('gemini', film, 'gemini', 'gemini-3.8-flash')).toBeNull();
		expect(obstacle('gemini', film, 'openai-responses', 'gpt-5-mini')).toBe('does not read video');
		const result = { type: 'tool_result', content: [{ type: 'document', source: { type: 'base64' } }] };
		const paper = { messages: [{ role: 'user', content: [result] }] };
		for (const [target, model] of [
			['gemini', 'gemini-3.8-flash'],
			['openai-responses', 'gpt-5-mini'],
			['anthropic-messages', 'claude-haiku-4-5'],
		] as const)
			expect(obstacle('anthropic-messages', paper, target, model)).toBeNull();
	});

	it('a tool of free text is offered to a model that takes one, or as a function in another format', () => {
		const body = { messages: [], input: [], tools: [{ type: 'custom', name: 'patch', custom: { name: 'patch' } }] };
		for (const format of ['openai-chat', 'openai-responses'] as const) {
			expect(obstacle(format, body, format, 'gpt-4o')).toBe('takes no tools of free text');
			expect(obstacle(format, body, format, 'gpt-5.1')).toBeNull();
			expect(obstacle(format, body, 'anthropic-messages', 'claude-haiku-4-5')).toBeNull();
		}
		expect(obstacle('anthropic-messages', { ...body, messages: [] }, 'openai-responses', 'gpt-4o')).toBeNull();
	});

	it('asks nothing of most requests', () => {
		expect(readFeatures('openai-chat', { messages: [{ role: 'user', content: 'a' }] }, false)).toBeNull();
	});
});
