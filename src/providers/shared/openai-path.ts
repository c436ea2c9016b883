import type { EndpointCall } from './deployment.ts';

/** Where OpenAI's formats are served, below the base address; `null` where the operation is not. */
export function openAiPath({ format, operation }: Pick<EndpointCall, 'format' | 'operation'>): string | null {
	if (operation === 'embeddings') return format === 'openai-chat' ? '/embeddings' : null;
	if (operation === 'count-tokens') return null;
	if (format === 'openai-chat') return '/chat/completions';
	return format === 'openai-responses' ? '/responses' : null;
}
