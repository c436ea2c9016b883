import type { EndpointOperation } from '../../contracts/index.ts';
import type { EndpointCall } from './deployment.ts';

const VERBS: Readonly<Partial<Record<EndpointOperation, string>>> = {
	generate: ':generateContent',
	stream: ':streamGenerateContent?alt=sse',
	'count-tokens': ':countTokens',
};

/** Where Gemini's format is served, below the base address; `null` where the operation is not. */
export function geminiPath({ format, modelId, operation }: EndpointCall): string | null {
	const verb = VERBS[operation];
	return format !== 'gemini' || verb === undefined ? null : `/models/${encodeURIComponent(modelId)}${verb}`;
}
