import type { SimulatedAsk } from './simulated-ask.ts';
import type { SimulatedModel } from './simulator-options.ts';
import type { WireFormat } from './wire-format.ts';

/** Why a provider refuses a request. */
export interface Refusal {
	kind: string;
	message: string;
}

/** What a provider that looks closely finds wrong with a request; `null` when nothing is. */
export function checkAsk(
	ask: SimulatedAsk,
	{
		model,
		script,
		format,
		inputTokens,
	}: { model: string; script: SimulatedModel; format: WireFormat; inputTokens: number },
): Refusal | null {
	if (script.rejectsPrefill === true && ask.prefill !== null) {
		return {
			kind: 'prefill',
			message: 'This model does not support assistant message prefill. The conversation must end with a user message.',
		};
	}
	if (script.contextWindow !== undefined && inputTokens > script.contextWindow) {
		return {
			kind: 'context-too-long',
			message: `prompt is too long: ${inputTokens} tokens > ${script.contextWindow} maximum`,
		};
	}
	const forged = ask.reasoning.some((reasoning) => !format.isGenuine(model, reasoning));
	return forged ? { kind: 'forgery', message: format.forgery } : null;
}
