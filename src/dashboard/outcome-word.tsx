/** How a decision ended, as the admin API shows it. */
export interface Outcome {
	success: boolean;
	answeredBy: string;
	actualCostUsd: number | null;
	actualLatencyMs: number | null;
	inputTokens: number;
	outputTokens: number;
	usedFallback: boolean;
	attempts: number;
	errorMessage: string | null;
	errorCode: string | null;
}

/** How a decision ended, in a word. */
export function OutcomeWord({ outcome }: { outcome: Outcome | null }) {
	if (outcome === null) return <span class="muted">pending</span>;
	if (!outcome.success) return <span class="state-over">✕ failed</span>;
	return outcome.usedFallback ? (
		<span class="state-near">↷ fell back</span>
	) : (
		<span class="state-good">✓ succeeded</span>
	);
}
