import type { ModelLifecycle } from '../contracts/index.ts';

/** Shutdown dates and replacements of OpenAI models. */
const OPENAI_DEPRECATIONS =
	'https://developers.openai.com/api/docs/deprecations (read via importstatic.com, 2026-10-15)';
/** Retirement dates of Gemini models. */
const GOOGLE_LIFECYCLE = 'https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions';
/** Shutdown dates of the Gemini API (Vertex AI sets its own). */
const GOOGLE_DEPRECATIONS =
	'https://ai.google.dev/gemini-api/docs/deprecations (as quoted by aideprecations.com, 2026-11-10)';
/** State of a Gemini model on its own page. */
const GOOGLE_MODEL_PAGES = 'https://ai.google.dev/gemini-api/docs/models';
/** State, retirement and successor of Claude models on their own pages. */
const ANTHROPIC_LIFECYCLE =
	'https://platform.claude.com/docs/en/about-claude/model-deprecations and the overview page of the model, read 2026-11-24';
/** State, day of the shutdown, successor, source, and the day the state began where it is known. */
type LifecycleRow = readonly [
	state: ModelLifecycle['state'],
	retiresOn: string | null,
	replacedBy: string | null,
	source: string,
	since?: string,
];

const ROWS: Readonly<Record<string, LifecycleRow>> = {
	opus: ['active', null, 'claude-opus-5-5', ANTHROPIC_LIFECYCLE],
	sonnet: ['deprecated', '2026-11-30', 'claude-sonnet-5-5', ANTHROPIC_LIFECYCLE],
	haiku: ['active', null, 'claude-haiku-5-5', ANTHROPIC_LIFECYCLE],
	'claude-opus-5': ['active', null, 'claude-opus-5-5', ANTHROPIC_LIFECYCLE, '2026-07-24'],
	'claude-sonnet-5': ['active', null, 'claude-sonnet-5-5', ANTHROPIC_LIFECYCLE, '2026-06-30'],
	'gpt-4': ['retired', '2026-10-23', 'gpt-5.6-sol', OPENAI_DEPRECATIONS, '2026-10-23'],
	'gpt-3.5': ['retired', '2026-10-23', 'gpt-5.6-terra', OPENAI_DEPRECATIONS, '2026-10-23'],
	'gpt-4o': ['deprecated', '2027-01-14', 'gpt-6-luna', OPENAI_DEPRECATIONS],
	'gpt-4o-mini': ['deprecated', '2027-01-14', 'gpt-6-luna', OPENAI_DEPRECATIONS],
	'gpt-4.1': ['deprecated', '2027-01-14', 'gpt-6-luna', OPENAI_DEPRECATIONS],
	'gpt-4.1-mini': ['deprecated', '2027-01-14', 'gpt-6-luna', OPENAI_DEPRECATIONS],
	'gpt-4.1-nano': ['retired', '2026-10-23', 'gpt-6-luna', OPENAI_DEPRECATIONS, '2026-10-23'],
	'gpt-5': ['deprecated', '2026-12-11', 'gpt-5.6-sol', OPENAI_DEPRECATIONS],
	'gpt-5-mini': ['deprecated', '2026-12-11', 'gpt-5.6-terra', OPENAI_DEPRECATIONS],
	'gpt-5-nano': ['deprecated', '2026-12-11', 'gpt-6-luna', OPENAI_DEPRECATIONS],
	'gpt-5.1': ['deprecated', '2027-04-01', 'gpt-5.6-sol', OPENAI_DEPRECATIONS],
	'gemini-pro': ['retired', '2025-09-24', 'gemini-3.1-pro-preview', GOOGLE_LIFECYCLE, '2025-09-24'],
	'gemini-flash': ['retired', '2025-09-24', 'gemini-3.8-flash', GOOGLE_LIFECYCLE, '2025-09-24'],
	'gemini-2.5-pro': ['deprecated', '2026-12-01', 'gemini-3.8-flash', GOOGLE_DEPRECATIONS],
	'gemini-2.5-flash': ['deprecated', '2026-12-01', 'gemini-3.5-flash-lite', GOOGLE_DEPRECATIONS],
	'gemini-2.5-flash-lite': ['active', null, null, GOOGLE_DEPRECATIONS],
	'gemini-3.5-flash': ['deprecated', null, 'gemini-3.6-flash', GOOGLE_MODEL_PAGES],
};

/** The life of the built-in models that have an end, a successor or a source of their state, by name. */
export const BUILTIN_LIFECYCLES: Readonly<Record<string, ModelLifecycle>> = Object.fromEntries(
	Object.entries(ROWS).map(([name, [state, retiresOn, replacedBy, source, since]]) => [
		name,
		{ state, ...(since && { since }), ...(retiresOn && { retiresOn }), ...(replacedBy && { replacedBy }), source },
	]),
);
