import type { ConfigIssue } from '../errors/index.ts';
import type { PriceFileSheet } from './schema/price-file.ts';

/** What is wrong with one span by itself. */
function checkSpan({ from, until, tiers = [] }: PriceFileSheet, at: string): ConfigIssue[] {
	const issues: ConfigIssue[] = [];
	if (until !== undefined && from !== undefined && until <= from)
		issues.push({ path: `${at}.until`, message: `is ${until}, not after its own from (${from})` });
	const borders = tiers.map(({ aboveInputTokens }) => aboveInputTokens);
	if (borders.some((border, index) => index > 0 && border <= (borders[index - 1] ?? 0)))
		issues.push({ path: `${at}.tiers`, message: 'must have rising borders, each once' });
	return issues;
}

function overlap(path: string, begins: string, reached: string): ConfigIssue {
	return { path: `${path}.from`, message: `overlaps the prices before it: ${begins} comes before ${reached}` };
}

/** What is wrong between a span and the one that follows it. */
function checkBorder(span: PriceFileSheet, next: PriceFileSheet, path: { span: string; next: string }): ConfigIssue[] {
	const { from: begins } = next;
	if (begins === undefined)
		return [{ path: `${path.next}.from`, message: 'is missing: only the first prices may hold since ever' }];
	const ends = span.until ?? begins;
	if (ends < begins)
		return [{ path: `${path.span}.until`, message: `leaves a gap: nothing holds from ${ends} to ${begins}` }];
	if (ends > begins) return [overlap(path.next, begins, ends)];
	return span.from !== undefined && begins <= span.from ? [overlap(path.next, begins, span.from)] : [];
}

/** Spans of time must follow each other without a gap and without an overlap; the last has no end. */
export function findSpanIssues(sheets: readonly PriceFileSheet[], path: string): ConfigIssue[] {
	return sheets.flatMap((span, index) => {
		const [at, nextAt] = [`${path}[${index}]`, `${path}[${index + 1}]`];
		const next = sheets[index + 1];
		if (next !== undefined) return [...checkSpan(span, at), ...checkBorder(span, next, { span: at, next: nextAt })];
		const message = 'leaves no price after it: add the next prices, or leave it out';
		return [...checkSpan(span, at), ...(span.until === undefined ? [] : [{ path: `${at}.until`, message }])];
	});
}
