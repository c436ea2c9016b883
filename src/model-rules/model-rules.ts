import type { WireFormatName } from '../contracts/index.ts';
import { BoundedMap } from '../util/index.ts';
import { ANTHROPIC_RULES, type AnthropicRules } from './anthropic-rules.ts';
import { GEMINI_RULES, type GeminiRules } from './gemini-rules.ts';
import { OPENAI_RULES, type OpenAiRules } from './openai-rules.ts';

/** Rules of a server that is not known: only what no server misses is changed. */
interface UnknownRules {
	family: 'unknown';
}

/** What a provider takes in a request for one of its models. */
export type ModelRules = AnthropicRules | OpenAiRules | GeminiRules | UnknownRules;

const UNKNOWN: UnknownRules = { family: 'unknown' };

const TABLES: Readonly<Record<WireFormatName, ReadonlyArray<readonly [id: RegExp, rules: ModelRules]>>> = {
	'anthropic-messages': ANTHROPIC_RULES,
	'openai-chat': OPENAI_RULES,
	'openai-responses': OPENAI_RULES,
	gemini: GEMINI_RULES,
};

/** Ids whose rules are kept, of each format. */
const MAX_KEPT_IDS = 1000;

const found: Readonly<Record<WireFormatName, BoundedMap<string, ModelRules>>> = {
	'anthropic-messages': new BoundedMap(MAX_KEPT_IDS),
	'openai-chat': new BoundedMap(MAX_KEPT_IDS),
	'openai-responses': new BoundedMap(MAX_KEPT_IDS),
	gemini: new BoundedMap(MAX_KEPT_IDS),
};

/** Which model is called, and how. */
export interface RuledModel {
	/** The wire format in which the provider is called. */
	format: WireFormatName;
	/** Ids of the model, the deployment's own first: a name that is given to it (Azure) tells nothing. */
	ids: readonly string[];
	/** The model whose rules it has, where its profile says so: wherever it is served, and whatever its ids are. @default by its ids */
	family?: string | undefined;
	/** It is served by somebody else than the company that made the format. */
	isCompatible?: boolean | undefined;
}

/** The rules of a model, by its family or the first of its ids that a table knows; those of an unknown server where none does. */
export function getModelRules({ family, format, ids, isCompatible = false }: RuledModel): ModelRules {
	const named = [...(family === undefined ? [] : [family]), ...(isCompatible ? [] : ids)];
	for (const id of named) {
		const known = found[format].get(id);
		const rules = known ?? findRules(format, id);
		if (known === undefined) found[format].set(id, rules);
		if (rules.family !== 'unknown') return rules;
	}
	return UNKNOWN;
}

function findRules(format: WireFormatName, id: string): ModelRules {
	// a model that was tuned bears the name of its base: ft:gpt-4o-mini:company::id; [1m] asks for a longer context
	const base = id.toLowerCase().replace(/^ft:|^models\/|\[1m\]$/g, '');
	return TABLES[format].find(([pattern]) => pattern.test(base))?.[1] ?? UNKNOWN;
}
