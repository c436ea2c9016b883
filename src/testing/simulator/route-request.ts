import { ANTHROPIC_FORMAT } from './anthropic-format.ts';
import { GEMINI_FORMAT } from './gemini-format.ts';
import { OPENAI_CHAT_FORMAT } from './openai-chat-format.ts';
import { OPENAI_RESPONSES_FORMAT } from './openai-responses-format.ts';
import type { WireFormat } from './wire-format.ts';

/** What an address stands for. */
export interface Route {
	path: string;
	format: WireFormat;
	operation: 'generate' | 'count-tokens' | 'embeddings';
	/** Named by the path; `null` when the body names it. */
	model: string | null;
	/** `null` when the body says. */
	isStream: boolean | null;
}

/** By how the path ends, so that every base URL a client is given works. */
const ENDINGS: ReadonlyArray<[ending: string, format: WireFormat, operation: Route['operation']]> = [
	['/messages', ANTHROPIC_FORMAT, 'generate'],
	['/messages/count_tokens', ANTHROPIC_FORMAT, 'count-tokens'],
	['/chat/completions', OPENAI_CHAT_FORMAT, 'generate'],
	['/responses', OPENAI_RESPONSES_FORMAT, 'generate'],
	['/responses/input_tokens', OPENAI_RESPONSES_FORMAT, 'count-tokens'],
	['/embeddings', OPENAI_CHAT_FORMAT, 'embeddings'],
];

const GEMINI_PATH = /\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

/** The route of a path; `null` when there is none. */
export function routeRequest(path: string): Route | null {
	const gemini = GEMINI_PATH.exec(path);
	if (gemini !== null) {
		const [, model = '', verb] = gemini;
		return {
			path,
			format: GEMINI_FORMAT,
			operation: verb === 'countTokens' ? 'count-tokens' : 'generate',
			model: decodeURIComponent(model),
			isStream: verb === 'streamGenerateContent',
		};
	}
	const found = ENDINGS.find(([ending]) => path.endsWith(ending));
	return found === undefined ? null : { path, format: found[1], operation: found[2], model: null, isStream: null };
}
