import { escapeText, MINUTE_MS, SECOND_MS } from '../util/index.ts';

const NANO_PER_USD = 1e9;
/** Nano-dollars below which an amount is not shown in digits: it would read as nothing. */
const LEAST_SHOWN_NANO = 100_000;

const grouped = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const counted = new Intl.NumberFormat('en-US');

/** Money in nano-dollars as it is shown: `$12.40`, `$0.0123`, `<$0.0001`, `$0.00` for exactly nothing, `unpriced`. */
export function formatMoney(nanoUsd: number | null): string {
	if (nanoUsd === null) return 'unpriced';
	const sign = nanoUsd < 0 ? '−' : '';
	const nano = Math.abs(nanoUsd);
	if (nano === 0) return '$0.00';
	if (nano < LEAST_SHOWN_NANO) return sign === '' ? '<$0.0001' : '>−$0.0001';
	// decided by what is shown, so that $0.99996 is not "$1.0000"
	const fine = (nano / NANO_PER_USD).toFixed(4);
	return `${sign}$${Number(fine) < 1 ? fine : grouped.format(nano / NANO_PER_USD)}`;
}

/** The exact amount, for whoever points at a shown one. */
export function formatExactMoney(nanoUsd: number | null): string {
	return nanoUsd === null ? 'No price is known.' : `${counted.format(nanoUsd)} nano-dollars (1e-9 USD)`;
}

/** USD of the admin API as nano-dollars. */
export function toNano(usd: number | null): number | null {
	return usd === null ? null : Math.round(usd * NANO_PER_USD);
}

/** `1,204` */
export function formatCount(count: number): string {
	return counted.format(count);
}

/** A part of a whole: `31 %`, `0.4 %`; `–` where the whole is nothing. Only what is whole reads as 0 % or 100 %. */
export function formatShare(part: number, whole: number): string {
	if (whole <= 0) return '–';
	const percent = (100 * part) / whole;
	if (percent > 0 && percent < 0.1) return '<0.1 %';
	if (percent < 100 && percent > 99.9) return '>99.9 %';
	return `${percent < 10 || percent > 90 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** `840 ms`, `1.2 s`, `3 min 5 s`; `–` where nothing was measured. */
export function formatDuration(ms: number | null): string {
	if (ms === null) return '–';
	if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
	if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(ms < 10 * SECOND_MS ? 1 : 0)} s`;
	return `${Math.floor(ms / MINUTE_MS)} min ${Math.round((ms % MINUTE_MS) / SECOND_MS)} s`;
}

/** How long ago: `12 s`, `5 min`, `3 h`, `2 days`. */
export function formatAge(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / SECOND_MS));
	if (seconds < 90) return `${seconds} s`;
	if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
	if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
	return `${Math.round(seconds / 86_400)} days`;
}

/** An instant in a zone: `Nov 24, 09:05:12`. */
export function formatInstant(at: number | string, timezone: string): string {
	return new Intl.DateTimeFormat('en-US', {
		timeZone: timezone,
		month: 'short',
		day: 'numeric',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
		hourCycle: 'h23',
	}).format(new Date(at));
}

/** The day that it is in a zone: `2026-11-24`. */
export function formatDay(at: number, timezone: string): string {
	return new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(at);
}

/** The beginning of a bucket in a zone: `Nov 24`, or `09:00` of a single day. */
export function formatBucket(at: number, timezone: string, isHour: boolean): string {
	const parts: Intl.DateTimeFormatOptions = isHour
		? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
		: { month: 'short', day: 'numeric' };
	return new Intl.DateTimeFormat('en-US', { timeZone: timezone, ...parts }).format(new Date(at));
}

/** A name that somebody else chose, with everything in it visible; `(none)` for an empty one. */
export function formatName(name: string): string {
	return name === '' ? '(none)' : escapeText(name);
}
