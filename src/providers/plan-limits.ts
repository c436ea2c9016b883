import { MINUTE_MS } from '../util/index.ts';

/** How far one of the windows of a subscription is used up. */
export interface PlanWindow {
	/** e.g. `5h`, `7d`, or minutes where the provider gives another length (`90m`). */
	window: string;
	/** 0 to 100, above where the plan was exceeded. */
	usedPercent: number;
	/** Epoch milliseconds at which it is all available again; `null` where the provider does not say. */
	resetsAt: number | null;
}

type HeaderLookup = (name: string) => string | null | undefined;

function toNumber(text: string | null | undefined): number | null {
	const value = text?.trim() ?? '';
	return /^\d{1,13}(?:\.\d{1,15})?$/.test(value) ? Number(value) : null;
}

function toEpochMs(seconds: number | null): number | null {
	return seconds === null ? null : seconds * 1000;
}

/** Windows of Claude's plans: used parts of one, resets in epoch seconds. Seen in responses in 2026; not documented by Anthropic. */
function readClaudeWindow(name: '5h' | '7d', header: HeaderLookup): PlanWindow[] {
	const used = toNumber(header(`anthropic-ratelimit-unified-${name}-utilization`));
	if (used === null) return [];
	const resetsAt = toEpochMs(toNumber(header(`anthropic-ratelimit-unified-${name}-reset`)));
	return [{ window: name, usedPercent: Math.round(used * 10_000) / 100, resetsAt }];
}

function formatMinutes(minutes: number | null, otherwise: string): string {
	if (minutes === null) return otherwise;
	if (minutes % 1440 === 0) return `${minutes / 1440}d`;
	return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

/** Windows of ChatGPT's plans. Source: https://github.com/openai/codex (codex-rs/codex-api/src/rate_limits.rs), read 2026-11-29. */
function readCodexWindow(name: 'primary' | 'secondary', header: HeaderLookup, now: number): PlanWindow[] {
	const read = (part: string) => toNumber(header(`x-codex-${name}-${part}`));
	const usedPercent = read('used-percent');
	if (usedPercent === null) return [];
	const after = read('reset-after-seconds');
	const resetsAt = toEpochMs(read('reset-at')) ?? (after === null ? null : now + after * 1000);
	return [{ window: formatMinutes(read('window-minutes'), name), usedPercent, resetsAt }];
}

/** The windows of a subscription as the headers of a response give them; none where it is no subscription's. */
export function parsePlanLimits(header: HeaderLookup, now: number): PlanWindow[] {
	return [
		...readClaudeWindow('5h', header),
		...readClaudeWindow('7d', header),
		...readCodexWindow('primary', header, now),
		...readCodexWindow('secondary', header, now),
	];
}

/** Longest that a plan's headers are believed where they name no reset, milliseconds. */
const MAX_AGE_MS = 300 * MINUTE_MS;

/** Whether a window still stands as it was seen. */
export function isCurrentWindow(
	{ resetsAt }: PlanWindow,
	{ now, observedAt }: { now: number; observedAt: number },
): boolean {
	return (resetsAt ?? observedAt + MAX_AGE_MS) > now;
}

/** The headers of a response that tell its client how far its plan is used up. */
export function selectPlanHeaders(
	headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
	const selected = Object.entries(headers).filter(([name]) => /^(?:anthropic-ratelimit-unified-|x-codex-)/.test(name));
	return Object.fromEntries(selected.map(([name, value]) => [name, String(value)]));
}
