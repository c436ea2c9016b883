/** @module What every entry point does with the answer of one attempt: timeouts, metering, and the relay of neutral streams. */
export {
	type AttemptTimeouts,
	createInterruptedError,
	createSilenceError,
	type InactivityKind,
	InactivityTimer,
	resolveStreamTimeouts,
	resolveWholeTimeouts,
	type StreamSource,
	type StreamTimeouts,
} from './attempt-timeouts.ts';
export { generateNeutral, type NeutralAnswer, settleWholeAnswer } from './generate-neutral.ts';
export {
	countExpectedTokens,
	describeAttempt,
	isWordlessRefusal,
	OutputMeter,
	type OutputPlan,
	planAttemptOutput,
	toHeldTokens,
	UsageMeter,
} from './metering.ts';
export {
	type FinishPart,
	limitOutput,
	listUnsupportedFeatures,
	type NeutralAttempt,
	NeutralRelay,
	type NeutralSink,
} from './neutral-relay.ts';
export {
	FirstOutputTimes,
	getFirstOutputMs,
	type PatienceOptions,
	planPatience,
	readThinkingEffort,
	type ThinkingEffort,
} from './patience.ts';
