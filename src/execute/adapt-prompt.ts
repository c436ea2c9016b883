import type { ModelName, ModelReference } from '../contracts/index.ts';
import { readTextProperty } from './classify-failure.ts';

/** Adapts a prompt for one model; must give a text. */
export type PromptAdapter = (prompt: string, model: ModelName) => string;

/** Families are named as the catalog names them. The names tell where no profile does; a wrong guess costs one sentence. */
const FAMILY_NAMES: ReadonlyArray<readonly [family: string, name: RegExp]> = [
	['anthropic', /claude|opus|sonnet|haiku/i],
	['openai', /gpt|^o\d|codex/i],
	['google', /gemini|gemma/i],
];

/** Tags with which prompts written for Claude mark their parts; HTML has none of them. */
const SECTION =
	/^[ \t]{0,8}<(instructions?|context|documents?|examples?|task|output_format|formatting|question|background|rules|constraints|requirements|transcript|conversation)>/gim;
const SECTION_NOTE = 'The XML tags in this message mark its parts.';
const NEEDS_SECTION_NOTE: ReadonlySet<string> = new Set(['openai', 'google']);

/** A model's family, from its profile or else its name; `undefined` when neither tells. */
export function getModelFamily(model: ModelReference): string | undefined {
	const family = readTextProperty(model, 'family') ?? readTextProperty(model, 'provider');
	if (family !== null) return family;
	const name = typeof model === 'string' ? model : model.name;
	return FAMILY_NAMES.find(([, pattern]) => pattern.test(name))?.[0];
}

/**
 * The prompt for a model of a family: the same text, with one sentence behind it where another family's habits need
 * saying. Never removes or changes a character of the prompt; adapting twice adds nothing.
 *
 * - `anthropic`: as it is.
 * - `openai`, `google`: a prompt whose parts are marked by XML tags gets a line that says so.
 * - the id of a model (`gpt-5.4`): as its company's.
 * - any other: as it is.
 */
export function adaptPromptForFamily(prompt: string, family: string | undefined): string {
	if (family === undefined) return prompt;
	const company = FAMILY_NAMES.find(([, pattern]) => pattern.test(family))?.[0] ?? family;
	if (!NEEDS_SECTION_NOTE.has(company)) return prompt;
	return prompt.endsWith(SECTION_NOTE) || !hasSections(prompt) ? prompt : `${prompt}\n\n${SECTION_NOTE}`;
}

/** Each tag is looked for once, so that a long prompt costs as much as reading it. */
function hasSections(prompt: string): boolean {
	const seen = new Set<string>();
	for (const { 1: tag = '', index } of prompt.matchAll(SECTION)) {
		if (seen.has(tag)) continue;
		seen.add(tag);
		if (prompt.includes(`</${tag}>`, index)) return true;
	}
	return false;
}
