/** @module OpenAI's Chat Completions API. */

import type { GenerateRequest, GenerateResult, Provider } from '../../contracts/index.ts';
import { readOpenAiChatUsage } from '../../protocol/index.ts';
import { type ProviderAccess, postJson } from '../shared/http-call.ts';
import { asList, asObject, emptyAnswer, finishReasonOf } from '../shared/read-answer.ts';

export { createOpenAiDeployment } from '../kinds/openai.ts';

/** Calls OpenAI. @throws ProviderCallError from `generate` for every failure but an abort. */
export function createOpenAiProvider(access: ProviderAccess): Provider {
	const baseUrl = access.baseUrl ?? 'https://api.openai.com/v1';
	return {
		name: 'openai',
		async generate(request: GenerateRequest): Promise<GenerateResult> {
			const call = { provider: 'openai', model: request.modelId };
			const system = request.system === undefined ? [] : [{ role: 'system', content: request.system }];
			const { body, requestId } = await postJson({
				...call,
				url: `${baseUrl}/chat/completions`,
				headers: { authorization: `Bearer ${access.apiKey}` },
				body: {
					model: request.modelId,
					max_completion_tokens: request.maxOutputTokens,
					messages: [...system, ...request.messages],
				},
				signal: request.signal,
			});
			const completion = asObject(body);
			const choice = asObject(asList(completion['choices'])[0]);
			const message = asObject(choice['message']);
			const isRefused = typeof message['refusal'] === 'string' && message['refusal'] !== '';
			const finishReason = isRefused ? 'content-filter' : finishReasonOf(choice['finish_reason']);
			const text = typeof message['content'] === 'string' ? message['content'] : '';
			if (text === '') throw emptyAnswer(call, { reason: finishReason, requestId });
			const usage = readOpenAiChatUsage(completion['usage'], completion['service_tier']);
			return { text, finishReason, usage, ...(requestId === null ? {} : { requestId }) };
		},
	};
}
