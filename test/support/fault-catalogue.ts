import type { SimulatedModel } from '../../src/testing.ts';

/** How long things take: the bench's fast profile, with the gateway's limits scaled to it. Milliseconds. */
export const FAULT_TIMES = {
	slowFirstToken: 3000,
	stall: 4000,
	noResponse: 15_000,
	down: 6000,
	/** Lower than what the slow first token takes, by as much as the catalogue gives for the answer itself. */
	firstOutputLimit: 1000,
	/** 20 s as by default, where a stall takes 30 s. */
	idleLimit: 2667,
	deadline: 20_000,
} as const;

/** Sixty words. */
export const CANONICAL_ANSWER: string = Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(' ');

/** What one request through the gateway came to, seen by the caller and by the provider. */
export interface FaultRun {
	outcome: 'success' | 'error' | 'hang';
	text: string;
	/** The text is the canonical answer, whole. */
	isComplete: boolean;
	/** The stream said that it is over in good order. */
	hasFinish: boolean;
	error: unknown;
	tookMs: number;
	model: string | null;
	usage: { prompt_tokens: number; completion_tokens: number } | null;
	attempts: string | null;
	/** Times of the requests that the primary and the fallback model got, milliseconds since the first. */
	primary: number[];
	fallback: number[];
	prefillRejections: number;
	isAliveAfter: boolean;
}

/** Something a run must show, or (advisory) should. */
export interface FaultCheck {
	name: string;
	isAdvisory?: boolean;
	holds(run: FaultRun): boolean;
}

/** One fault of the catalogue. */
export interface Fault {
	id: string;
	title: string;
	primary: SimulatedModel;
	fallback?: SimulatedModel;
	/** What is best: an answer, or the provider's refusal. */
	ideal: 'success' | 'error';
	checks: readonly FaultCheck[];
}

const check = (name: string, holds: FaultCheck['holds']): FaultCheck => ({ name, holds });
const advice = (name: string, holds: FaultCheck['holds']): FaultCheck => ({ name, holds, isAdvisory: true });

const noHang = check('no hang', ({ outcome }) => outcome !== 'hang');
const noTruncatedSuccess = check(
	'no truncated success',
	({ isComplete, outcome }) => outcome !== 'success' || isComplete,
);
const alive = check('alive afterwards', ({ isAliveAfter }) => isAliveAfter);
const within = (ms: number) => check(`ended within ${ms} ms`, ({ tookMs }) => tookMs <= ms);
const primaryAtMost = (most: number) => check(`at most ${most} tries`, ({ primary }) => primary.length <= most);
const primaryOnce = check('asked once', ({ primary }) => primary.length === 1);
const atMostWithin = (most: number, ms: number) =>
	check(`at most ${most} tries in ${ms} ms`, ({ primary }) => primary.filter((at) => at < ms).length <= most);
const usageTold = advice('usage told', ({ usage }) => usage !== null);

const text = CANONICAL_ANSWER;
const speed = { text, tokensPerSecond: 200 };
const { down, firstOutputLimit, noResponse, slowFirstToken, stall } = FAULT_TIMES;

/** The sixteen faults of the public Failover Bench (failoverbench/failoverbench, scenarios/catalogue.yaml, v0.1), scripted. */
export const FAULTS: readonly Fault[] = [
	{
		id: 'S01',
		title: '429 with retry-after',
		primary: { ...speed, schedule: [{ fault: '429', retryAfterSeconds: 2 }] },
		ideal: 'success',
		checks: [
			advice('tried again', ({ primary }) => primary.length >= 2),
			advice('waited as told', ({ primary }) => (primary[1] ?? 0) >= 1800),
			atMostWithin(2, 1500),
		],
	},
	{
		id: 'S02',
		title: '429 without retry-after, always',
		primary: { ...speed, afterwards: { fault: '429', retryAfterSeconds: null } },
		ideal: 'success',
		checks: [atMostWithin(4, 3000), primaryAtMost(6), noHang],
	},
	{
		id: 'S03',
		title: '500 once',
		primary: { ...speed, schedule: ['500'] },
		ideal: 'success',
		checks: [noHang, advice('tried again', ({ primary }) => primary.length >= 2)],
	},
	{
		id: 'S04',
		title: '503, always',
		primary: { ...speed, afterwards: { fault: '503', retryAfterSeconds: null } },
		ideal: 'success',
		checks: [primaryAtMost(6), noHang],
	},
	{
		id: 'S05',
		title: 'connection reset before a byte, once',
		primary: { ...speed, schedule: ['reset'] },
		ideal: 'success',
		checks: [noHang],
	},
	{
		id: 'S06',
		title: 'no response at all',
		primary: { ...speed, afterwards: { fault: 'hang', forMs: noResponse } },
		ideal: 'success',
		checks: [
			within(firstOutputLimit + 1500),
			noHang,
			advice('the silent route is not tried again', ({ primary }) => primary.length <= 1),
		],
	},
	{
		id: 'S07',
		title: 'slow first token',
		primary: { ...speed, firstTokenMs: slowFirstToken },
		ideal: 'success',
		checks: [noHang, advice('failed over before the first token', ({ tookMs }) => tookMs < 0.75 * slowFirstToken)],
	},
	{
		id: 'S08',
		title: 'stream cut in the middle',
		primary: { ...speed, afterwards: { fault: 'cut', afterTokens: 40 } },
		ideal: 'success',
		checks: [noTruncatedSuccess, noHang],
	},
	{
		id: 'S09',
		title: 'stream stalls',
		primary: { ...speed, afterwards: { fault: 'stall', afterTokens: 20, forMs: stall } },
		ideal: 'success',
		checks: [within(1.5 * stall), noTruncatedSuccess, alive, noHang],
	},
	{
		id: 'S10',
		title: 'an event that is not JSON',
		primary: { ...speed, afterwards: { fault: 'malformed', afterTokens: 10 } },
		ideal: 'success',
		checks: [
			alive,
			noTruncatedSuccess,
			noHang,
			advice('whole answer', ({ isComplete, outcome }) => outcome === 'success' && isComplete),
		],
	},
	{
		id: 'S11',
		title: 'no [DONE]',
		primary: { ...speed, afterwards: 'no-done' },
		ideal: 'success',
		checks: [within(2500), usageTold],
	},
	{
		id: 'S12',
		title: 'context length exceeded',
		primary: { ...speed, afterwards: 'context-too-long' },
		ideal: 'success',
		checks: [primaryOnce, noHang],
	},
	{
		id: 'S13',
		title: 'content policy',
		primary: { ...speed, afterwards: 'content-policy' },
		ideal: 'error',
		checks: [primaryOnce, noHang],
	},
	{
		id: 'S14',
		title: 'stream cut, and the fallback takes no prefill',
		primary: { ...speed, afterwards: { fault: 'cut', afterTokens: 40 } },
		fallback: { ...speed, rejectsPrefill: true },
		ideal: 'success',
		checks: [
			check('the prefill refusal is not the answer', (run) => run.outcome !== 'error' || run.prefillRejections === 0),
			noTruncatedSuccess,
		],
	},
	{
		id: 'S15',
		title: 'down for a while, then healthy',
		primary: { ...speed, downForMs: down },
		ideal: 'success',
		checks: [noHang],
	},
	{
		id: 'S16',
		title: 'accounting of a fail-over',
		primary: { ...speed, afterwards: { fault: '503', retryAfterSeconds: null } },
		ideal: 'success',
		checks: [check('names the fallback', ({ model }) => model === 'fallback-id'), usageTold, primaryAtMost(6)],
	},
];

/** The catalogue's verdict on a run. */
export function verdictOf({ checks, ideal }: Fault, run: FaultRun): { verdict: string; failed: string[] } {
	const failed = checks.filter(({ holds }) => !holds(run));
	const names = failed.map(({ name }) => name);
	if (run.outcome === 'hang') return { verdict: 'fail', failed: ['hang', ...names] };
	if (run.outcome === 'success' && !run.isComplete) return { verdict: 'fail', failed: ['truncated success', ...names] };
	if (failed.some(({ isAdvisory }) => isAdvisory !== true)) return { verdict: 'fail', failed: names };
	if (ideal === 'error' && run.outcome === 'success')
		return { verdict: 'partial', failed: ['routed around', ...names] };
	if (run.outcome !== ideal) return { verdict: 'safe', failed: names };
	return { verdict: failed.length === 0 ? 'pass' : 'partial', failed: names };
}
