/** @module Anthropic's Messages API. */
import type { GenerateRequest, GenerateResult, Provider } from '../../contracts/index.ts';
import { readAnthropicUsage } from '../../protocol/index.ts';
import { type ProviderAccess, postJson } from '../shared/http-call.ts';
import { asList, asObject, emptyAnswer, finishReasonOf } from '../shared/read-answer.ts';

const API_VERSION = '2023-06-01';

/** Calls Anthropic. @throws ProviderCallError from `generate` for every failure but an abort. */
export function createAnthropicProvider(access: ProviderAccess): Provider {
	const baseUrl = access.baseUrl ?? 'https://api.anthropic.com';
	return {
		name: 'anthropic',
		async generate(request: GenerateRequest): Promise<GenerateResult> {
			const call = { provider: 'anthropic', model: request.modelId };
			const { body, requestId } = await postJson({
				...call,
				url: `${baseUrl}/v1/messages`,
				headers: { 'x-api-key': access.apiKey, 'anthropic-version': API_VERSION },
				body: {
					model: request.modelId,
					max_tokens: request.maxOutputTokens,
					messages: request.messages,
					...(request.system === undefined ? {} : { system: request.system }),
				},
				signal: request.signal,
			});
			const message = asObject(body);
			const texts = asList(message['content'])
				.map(asObject)
				.filter((part) => part['type'] === 'text');
			const text = texts.map((part) => String(part['text'] ?? '')).join('');
			const finishReason = finishReasonOf(message['stop_reason']);
			if (text === '') throw emptyAnswer(call, { reason: finishReason, requestId });
			const usage = readAnthropicUsage(message['usage']);
			return { text, finishReason, usage, ...(requestId === null ? {} : { requestId }) };
		},
	};
}
