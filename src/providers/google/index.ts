/** @module Google's Gemini API. */

import type { GenerateRequest, GenerateResult, Provider } from '../../contracts/index.ts';
import { countGroundingSearches, readGeminiUsage } from '../../protocol/index.ts';
import { type ProviderAccess, postJson } from '../shared/http-call.ts';
import { asList, asObject, emptyAnswer, finishReasonOf } from '../shared/read-answer.ts';

export { createGoogleDeployment } from '../kinds/google.ts';

/** Calls Google. @throws ProviderCallError from `generate` for every failure but an abort. */
export function createGoogleProvider(access: ProviderAccess): Provider {
	const baseUrl = access.baseUrl ?? 'https://generativelanguage.googleapis.com';
	return {
		name: 'google',
		async generate(request: GenerateRequest): Promise<GenerateResult> {
			const call = { provider: 'google', model: request.modelId };
			const { body, requestId } = await postJson({
				...call,
				url: `${baseUrl}/v1beta/models/${encodeURIComponent(request.modelId)}:generateContent`,
				headers: { 'x-goog-api-key': access.apiKey },
				body: {
					contents: request.messages.map(({ role, content }) => ({
						role: role === 'assistant' ? 'model' : 'user',
						parts: [{ text: content }],
					})),
					generationConfig: { maxOutputTokens: request.maxOutputTokens },
					...(request.system === undefined ? {} : { systemInstruction: { parts: [{ text: request.system }] } }),
				},
				signal: request.signal,
			});
			const answer = asObject(body);
			const candidate = asObject(asList(answer['candidates'])[0]);
			const isBlocked = asObject(answer['promptFeedback'])['blockReason'] !== undefined;
			const parts = asList(asObject(candidate['content'])['parts']).map(asObject);
			const text = parts
				.filter((part) => part['thought'] !== true)
				.map((part) => String(part['text'] ?? ''))
				.join('');
			const finishReason = isBlocked ? 'content-filter' : finishReasonOf(candidate['finishReason']);
			if (text === '') throw emptyAnswer(call, { reason: finishReason, requestId });
			const usage = readGeminiUsage(answer['usageMetadata'], countGroundingSearches(answer['candidates']));
			return { text, finishReason, usage, ...(requestId === null ? {} : { requestId }) };
		},
	};
}
