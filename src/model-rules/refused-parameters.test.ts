import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import { describeRefusal, findRefusedParameter, readRefusals } from './refused-parameters.ts';

const find = (format: WireFormatName, body: object, message: string, param?: string) =>
	findRefusedParameter(format, { ...body }, { message, param });

describe('a parameter that a provider does not know costs one refused call, not every one', () => {
	it.each<[WireFormatName, object, string, string]>([
		[
			'openai-chat',
			{ max_tokens: 5, max_completion_tokens: 5 },
			"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
			'max_tokens',
		],
		['openai-chat', { top_p: 1 }, 'Model incompatible request arguments supplied: temperature, top_p', 'top_p'],
		['openai-chat', { seed: 1 }, 'Unrecognized request argument supplied: seed', 'seed'],
		[
			'openai-chat',
			{ top_k: 1, top_p: 1 },
			'[{"loc":["body","top_k"],"msg":"Extra inputs are not permitted"}]',
			'top_k',
		],
		['openai-responses', { text: { verbosity: 'low' } }, "Unknown parameter: 'text.verbosity'.", 'text.verbosity'],
		['anthropic-messages', { temperature: 1 }, '`temperature` is deprecated for this model.', 'temperature'],
		[
			'anthropic-messages',
			{ output_config: { effort: 'max' } },
			'This model does not support the effort parameter.',
			'output_config.effort',
		],
		[
			'gemini',
			{ generationConfig: { presencePenalty: 1 } },
			'Invalid JSON payload received. Unknown name "presence_penalty" at \'generation_config\'',
			'generationConfig.presencePenalty',
		],
	])('%s, %j: %s', (format, body, message, parameter) => {
		expect(find(format, body, message)).toBe(parameter);
	});

	it('is found by the name that the error gives', () => {
		expect(find('openai-chat', { seed: 1, user: 'u' }, 'This is not supported by user models.', 'seed')).toBe('seed');
	});
});

describe('what must not be left out is not', () => {
	it.each<[object, string]>([
		[{ messages: [] }, "Unsupported value: 'messages[0].role' does not support 'x' with this model."],
		[{ tools: [] }, "Unsupported parameter: 'tools' is not supported with this model."],
		[{ temperature: 3 }, 'temperature: Input should be less than or equal to 1'],
		[{ stop: 'a' }, 'stopwords are not supported'],
		[{}, "Unsupported parameter: 'temperature' is not supported with this model."],
	])('%j: %s', (body, message) => {
		expect(find('openai-chat', body, message)).toBeNull();
	});
});

it('a refusal is read from the record of an attempt as it was written there', () => {
	const note = `timed out ${describeRefusal('seed')} ${describeRefusal('generationConfig.topK')}`;
	expect(readRefusals(note)).toEqual(['seed', 'generationConfig.topK']);
});
