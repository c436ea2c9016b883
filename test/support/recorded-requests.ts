import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelProfile } from '../../src/contracts/index.ts';
import type { JsonObject } from '../../src/util/index.ts';

/** A request that a provider answered, and the tokens that it reported. */
export interface RecordedRequest {
	name: string;
	/** Folder of the recordings: who answered, in which format. */
	source: string;
	profile: Pick<ModelProfile, 'provider' | 'modelId' | 'contextWindow'>;
	text: string;
	body: JsonObject;
	inputTokens: number;
	/** With those of reasoning; 0 where none are reported. */
	outputTokens: number;
}

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'fixtures', 'streams');
export const hasRecordings: boolean = existsSync(join(folder, 'index.jsonl'));

const PROVIDERS: Readonly<Record<string, string>> = {
	'anthropic-messages': 'anthropic',
	'azure-openai-chat': 'azure',
	'azure-openai-responses': 'azure',
	'openai-chat': 'openai',
	'openai-responses': 'openai',
	gemini: 'google',
	'vertex-gemini': 'google',
};

/** Whole context windows would hide how close the other parts of a bound are. */
const CONTEXT_WINDOW = 200_000;

type Counts = Readonly<Record<string, number | undefined>>;

/** Input tokens, all classes together, of a provider's own usage object. */
function countInput(usage: Counts): number {
	const anthropic = (usage['cache_read_input_tokens'] ?? 0) + (usage['cache_creation_input_tokens'] ?? 0);
	const gemini = (usage['promptTokenCount'] ?? 0) + (usage['toolUsePromptTokenCount'] ?? 0);
	return gemini + (usage['prompt_tokens'] ?? usage['input_tokens'] ?? 0) + anthropic;
}

/** Output tokens, with reasoning, of a provider's own usage object. */
function countOutput(usage: Counts): number {
	const gemini = (usage['candidatesTokenCount'] ?? 0) + (usage['thoughtsTokenCount'] ?? 0);
	return gemini + (usage['completion_tokens'] ?? usage['output_tokens'] ?? 0);
}

/** The highest tokens that any event of an answer reports. */
function readTokens(answer: string): { inputTokens: number; outputTokens: number } {
	const texts = answer.startsWith('{') || answer.startsWith('[') ? [answer] : answer.match(/(?<=^data: ?)[{].*$/gm);
	const most = { inputTokens: 0, outputTokens: 0 };
	JSON.parse(`[${(texts ?? []).join(',')}]`, (name, value) => {
		if ((name === 'usage' || name === 'usageMetadata') && typeof value === 'object' && value !== null) {
			most.inputTokens = Math.max(most.inputTokens, countInput(value));
			most.outputTokens = Math.max(most.outputTokens, countOutput(value));
		}
		return value;
	});
	return most;
}

/** Every recorded answer with usage whose request is known. */
export function* readRecordedRequests(): Generator<RecordedRequest> {
	for (const line of readFileSync(join(folder, 'index.jsonl'), 'utf8').split('\n')) {
		if (line === '') continue;
		const { file, requestFile, status, uri } = JSON.parse(line) as Record<string, string> & { status: number };
		const source = file?.split('/')[0] ?? '';
		if (requestFile === undefined || requestFile === null || status !== 200 || source === 'bedrock-converse') continue;
		const text = readFileSync(join(folder, requestFile), 'utf8');
		const reported = readTokens(readFileSync(join(folder, file ?? ''), 'utf8'));
		if (reported.inputTokens === 0) continue;
		const body = JSON.parse(text) as JsonObject;
		const modelId = typeof body['model'] === 'string' ? body['model'] : (/models\/([^:/]+)/.exec(uri ?? '')?.[1] ?? '');
		const profile = { provider: PROVIDERS[source] ?? source, modelId, contextWindow: CONTEXT_WINDOW };
		yield { name: `${file} (${modelId}, ${requestFile})`, source, profile, text, body, ...reported };
	}
}
