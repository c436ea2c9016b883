import { BILLING_TEXT_PREFIX, type WireFormatName } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import { fitAnthropic } from './fit-anthropic.ts';
import { fitGemini } from './fit-gemini.ts';
import { fitCompatibleChat, fitOpenAiChat, fitOpenAiResponses } from './fit-openai.ts';
import { Fitting, type ToolNames } from './fitting.ts';
import type { ModelRules } from './model-rules.ts';

/** What is known of a request's target beside the rules of its generation. */
export interface FitOptions {
	rules: ModelRules;
	/** Most output tokens that are paid for, for each answer. @default no limit but the request's */
	limit?: number | undefined;
	/** Most output tokens that the model can write. @default not known */
	ceiling?: number | undefined;
	/** Anthropic's betas that the caller asks for, by the header. @default none */
	betas?: string | undefined;
	/** Parameters that the model has refused before. @default none */
	refused?: ReadonlySet<string> | undefined;
	/** Most characters in the name of a tool where the model is called. @default as at the company that made it */
	toolNameLength?: number | undefined;
}

/** A request as its target takes it. */
export interface FittedRequest {
	/** What did not change is the same object as before; where nothing changed, the body itself is. */
	body: JsonObject;
	/** Paths of what was left out or changed, in the target's format. */
	dropped: readonly string[];
	/** Names of tools that were changed; answers must be told them back. `null`: none. */
	names: ToolNames | null;
}

/** Where each format has its output limit. */
const LIMITS: Readonly<Record<WireFormatName, ReadonlyArray<readonly [member: string, inner?: string]>>> = {
	'anthropic-messages': [['max_tokens']],
	'openai-chat': [['max_completion_tokens'], ['max_tokens']],
	'openai-responses': [['max_output_tokens']],
	gemini: [
		['generationConfig', 'maxOutputTokens'],
		['generationConfig', 'max_output_tokens'],
		['generation_config', 'maxOutputTokens'],
		['generation_config', 'max_output_tokens'],
	],
};

/**
 * Fits a request to the model that it is sent to: what the model refuses is said as it takes it, or left out and named.
 * Pure, one pass over the body; unreadable members are left to the provider to refuse.
 */
export function fitRequest(format: WireFormatName, body: JsonObject, options: FitOptions): FittedRequest {
	const { refused, rules, toolNameLength } = options;
	const request = new Fitting(body, toolNameLength);
	for (const parameter of refused ?? []) dropRefused(request, parameter);
	if (rules.family !== 'unknown') fitCeiling(request, format, options);
	if (rules.family === 'anthropic') fitAnthropic(request, rules, options);
	else if (rules.family === 'google') fitGemini(request, rules);
	else if (rules.family === 'openai') (format === 'openai-chat' ? fitOpenAiChat : fitOpenAiResponses)(request, rules);
	else if (format === 'openai-chat') fitCompatibleChat(request);
	if (format === 'anthropic-messages' && rules.family !== 'anthropic') leaveOutBilling(request);
	const { dropped, names } = request;
	return { body: request.body, dropped, names };
}

/** What Claude Code tells Anthropic goes to no other company, whose prompt cache it would only miss. */
function leaveOutBilling(request: Fitting): void {
	const system = request.get('system');
	if (!Array.isArray(system)) return;
	const texts = system.filter((block) => !isObject(block) || !String(block['text']).startsWith(BILLING_TEXT_PREFIX));
	if (texts.length < system.length) request.set('system', texts.length === 0 ? undefined : texts);
}

/** An output limit beyond what the model can write becomes the largest that it takes. */
function fitCeiling(request: Fitting, format: WireFormatName, { ceiling }: FitOptions): void {
	if (ceiling === undefined) return;
	for (const [member, inner] of LIMITS[format]) {
		const value = inner === undefined ? request.get(member) : request.object(member)[inner];
		if (typeof value !== 'number' || value <= ceiling) continue;
		request.note(inner === undefined ? member : `${member}.${inner}`);
		if (inner === undefined) request.set(member, ceiling);
		else request.setIn(member, inner, ceiling);
	}
}

/** Leaves out a parameter that the model has refused; the limit is said under its other name. */
function dropRefused(request: Fitting, parameter: string): void {
	const [member = '', inner] = parameter.split('.');
	if (inner !== undefined) {
		request.dropIn(member, inner);
		return;
	}
	const other = OTHER_NAMES[parameter];
	const value = request.get(parameter);
	if (other === undefined) request.drop(parameter);
	else if (value !== undefined) {
		if (request.get(other) === undefined) request.set(other, value);
		request.set(parameter, undefined);
	}
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
	max_tokens: 'max_completion_tokens',
	max_completion_tokens: 'max_tokens',
};

/** Whether a request asks the model to think, by whichever setting its format has for it. */
export function asksForThinking(format: WireFormatName, body: JsonObject): boolean {
	const request = new Fitting(body);
	switch (format) {
		case 'anthropic-messages': {
			const form = request.object('thinking')['type'];
			return (form !== undefined && form !== 'disabled') || request.object('output_config')['effort'] !== undefined;
		}
		case 'openai-chat':
			return isEffort(request.get('reasoning_effort'));
		case 'openai-responses':
			return isEffort(request.object('reasoning')['effort']);
		default: {
			const thinking = request.object('generationConfig')['thinkingConfig'];
			if (!isObject(thinking)) return false;
			return thinking['thinkingLevel'] !== undefined || (thinking['thinkingBudget'] ?? -1) !== 0;
		}
	}
}

function isEffort(value: unknown): boolean {
	return value !== undefined && value !== 'none';
}
