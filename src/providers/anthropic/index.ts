/** @module Anthropic's Messages API. */

import type { GenerateRequest, GenerateResult, Provider } from '../../contracts/index.ts';
import { type CacheMarker, readAnthropicUsage } from '../../protocol/index.ts';
import { type ProviderAccess, postJson } from '../shared/http-call.ts';
import { asList, asObject, emptyAnswer, finishReasonOf } from '../shared/read-answer.ts';

export { createAnthropicDeployment } from '../kinds/anthropic.ts';

const API_VERSION = '2023-06-01';

/** What may be added to a call. */
export interface AnthropicOptions {
	/** Places cache marks where they pay. @default none are placed */
	markCache?: CacheMarker;
}

/** Calls Anthropic. @throws ProviderCallError from `generate` for every failure but an abort. */
export function createAnthropicProvider(access: ProviderAccess, options: AnthropicOptions = {}): Provider {
	const baseUrl = access.baseUrl ?? 'https://api.anthropic.com';
	return {
		name: 'anthropic',
		async generate(request: GenerateRequest): Promise<GenerateResult> {
			const call = { provider: 'anthropic', model: request.modelId };
			const message = {
				model: request.modelId,
				max_tokens: request.maxOutputTokens,
				messages: request.messages,
				...(request.system === undefined ? {} : { system: request.system }),
			};
			const { body, requestId } = await postJson({
				...call,
				url: `${baseUrl}/v1/messages`,
				headers: { 'x-api-key': access.apiKey, 'anthropic-version': API_VERSION },
				body: options.markCache?.(message) ?? message,
				signal: request.signal,
			});
			const answer = asObject(body);
			const texts = asList(answer['content'])
				.map(asObject)
				.filter((part) => part['type'] === 'text');
			const text = texts.map((part) => String(part['text'] ?? '')).join('');
			const finishReason = finishReasonOf(answer['stop_reason']);
			if (text === '') throw emptyAnswer(call, { reason: finishReason, requestId });
			const usage = readAnthropicUsage(answer['usage']);
			return { text, finishReason, usage, ...(requestId === null ? {} : { requestId }) };
		},
	};
}
