import type { AuditAuthor } from './administration.ts';
import type { ModelName } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { PolicyConfig, RoutingWeights } from './routing.ts';

/** What an experiment may ask of each arm beside the first. */
export const EXPERIMENT_QUESTIONS = ['cheaper', 'quality', 'cost', 'latency'] as const;
/** By what the quality of an answer is known: what somebody judged, or that there was an answer at all. */
export const EXPERIMENT_QUALITIES = ['rating', 'success'] as const;
/** What is drawn into an arm, and stays there. */
export const EXPERIMENT_UNITS = ['conversation', 'key'] as const;

/** One way to answer requests. Without a policy, weights or model it is the configured way. */
export interface ExperimentArm {
	/** Unique in its experiment. */
	name: string;
	/** Of the units, 0-1; those of all arms sum to 1. An arm of share 0 gets none. */
	share: number;
	/** A policy, or the name of one (`cheap`, `best`, …). */
	policy?: PolicyConfig | string | undefined;
	weights?: Partial<RoutingWeights> | undefined;
	/** Answers whatever it can. */
	model?: ModelName | undefined;
	/** Whether prompts are adapted to families of models where an executor asks for it. @default as configured */
	promptAdaptation?: boolean | undefined;
}

/** By how much an arm's mean may surely exceed the first arm's before the experiment is stopped; `null`: by anything. */
export interface ExperimentGuardrails {
	/** Share of failed requests, 0-1. */
	errors: number | null;
	/** USD a request, of costs up to the cap. */
	costUsd: number | null;
	/** Milliseconds a request, of latencies up to the cap. */
	latencyMs: number | null;
}

/** An experiment as it is frozen when it starts: nothing of it can be changed, a change makes another experiment. */
export interface ExperimentDefinition {
	/** 1 to 64 small letters, digits and hyphens; unique. */
	name: string;
	/** The first is what the others are compared with. */
	arms: readonly ExperimentArm[];
	unit: (typeof EXPERIMENT_UNITS)[number];
	/**
	 * `cheaper`: not worse in quality by more than the margin, and cheaper; `quality`, `cost` and `latency`: better in that alone.
	 */
	question: (typeof EXPERIMENT_QUESTIONS)[number];
	quality: (typeof EXPERIMENT_QUALITIES)[number];
	/** What counts as no difference: points of quality (0-100), and percent of the cap for cost and latency. */
	margin: number;
	/** What a request costs and takes at most here, by the mean of its unit's: more counts as this much. */
	costCapUsd: number;
	latencyCapMs: number;
	/** Chance that arms which do not differ get a verdict other than that, over all looks, in (0, 0.5). */
	alpha: number;
	/** Units that are counted at most. */
	maxUnits: number;
	/** Days after which it ends. */
	maxDays: number;
	/** Minutes from a unit's first request until it is counted, once and for all; what comes later is not. */
	windowMinutes: number;
	guardrails: ExperimentGuardrails;
}

/** Why an experiment has ended. */
export const EXPERIMENT_ENDINGS = [
	'decided',
	'max-units',
	'max-days',
	'guardrail',
	'arm-gone',
	'changed',
	'by-hand',
] as const;

/** What is measured of the arms. */
export type ExperimentMetric = 'quality' | 'cost' | 'latency' | 'errors';

/** How much one metric of an arm differs from the first arm's: points of quality, USD, milliseconds, or percent of requests. */
export interface ExperimentComparison {
	metric: ExperimentMetric;
	/** Difference of the means of what was counted; `null` while an arm has nothing. */
	estimate: number | null;
	/** Where the true difference lies, at all times, with the confidence that the experiment was given. */
	low: number;
	high: number;
	/** The verdict goes by this interval. */
	decides: boolean;
}

/** An arm beside the first one. */
export interface ArmVerdict {
	arm: string;
	/** `null`: there is none, as something is wrong with the experiment (`problems`). */
	outcome: 'better' | 'worse' | 'equivalent' | 'undecided' | null;
	comparisons: ExperimentComparison[];
}

/** What was counted of an arm; means over its units, `null` where there is nothing. */
export interface ArmResult {
	arm: string;
	share: number;
	units: number;
	requests: number;
	/** Units without the quality that the experiment goes by. */
	missing: number;
	/** Points, 0-100. */
	quality: number | null;
	/** USD and milliseconds a request, up to the caps. */
	costUsd: number | null;
	latencyMs: number | null;
	/** Share of the requests that failed, 0-1. */
	errors: number | null;
}

/** Why there is no verdict. */
export interface ExperimentProblem {
	kind: 'sample-ratio' | 'leakage' | 'missing-outcomes';
	message: string;
}

/** What an experiment has shown so far. */
export interface ExperimentResult {
	/** Units counted. */
	units: number;
	arms: ArmResult[];
	/** Of each arm but the first. */
	verdicts: ArmVerdict[];
	problems: ExperimentProblem[];
	/** What surely went too far, in a sentence. */
	guardrail: string | null;
}

/** What an experiment's definition meant when it started, and what keeps its arms apart. */
export interface ExperimentFreeze {
	at: number;
	/** Of the definition. */
	hash: string;
	/** Of each arm's policy with weights and default model; then of the configured one, where an arm falls back on it. */
	policyHashes: readonly string[];
	/** Mixed into the hash that draws units into arms. */
	salt: string;
}

/** An experiment as it is stored. */
export interface StoredExperiment {
	definition: ExperimentDefinition;
	createdAt: number;
	/** `null` before its start. */
	freeze: ExperimentFreeze | null;
	/** `null` until it has ended. */
	end: { at: number; reason: (typeof EXPERIMENT_ENDINGS)[number]; message: string; result: ExperimentResult } | null;
}

/** Whether an experiment has started and has not ended. */
export function isRunning({ end, freeze }: StoredExperiment): boolean {
	return freeze !== null && end === null;
}

/** A request that was answered in an arm. */
export interface ExperimentRequest {
	decisionId: string;
	experiment: string;
	/** Salted hash of the conversation or key. */
	unit: string;
	arm: string;
	/** With which the unit was drawn into the arm, in (0, 1]. */
	probability: number;
	at: number;
}

/** A unit as it was counted: means over the requests of its window, `null` where there is nothing. */
export interface ExperimentUnit {
	/** Counts up by one with each unit that was counted, from 1. */
	position: number;
	arm: string;
	probability: number;
	requests: number;
	/** A request of it was answered in another arm. */
	isLeaked: boolean;
	/** 0-100, of the requests that were judged. */
	quality: number | null;
	/** Of the requests that have ended and have a price. */
	costNanoUsd: NanoUsd | null;
	/** Milliseconds, of the requests that were answered. */
	latencyMs: number | null;
	/** Share of failures among the requests that have ended, 0-1. */
	errors: number | null;
}

/** Keeps experiments and what was counted of them. One runs at a time, over all processes. */
export interface ExperimentStore {
	/** The newest first. */
	list(): Promise<StoredExperiment[]>;
	/**
	 * Adds an experiment that has not started. False when there is one of its name, unless `isReplacing` and that one has not
	 * started either: then it takes its place.
	 */
	add(
		experiment: Pick<StoredExperiment, 'definition' | 'createdAt'>,
		author: AuditAuthor,
		options?: { isReplacing?: boolean },
	): Promise<boolean>;
	/** Starts an experiment that has not. False when it has, is not there, or another one runs. */
	start(name: string, freeze: ExperimentFreeze, author: AuditAuthor): Promise<boolean>;
	/** Ends a running experiment. False when it does not run. */
	end(name: string, end: NonNullable<StoredExperiment['end']>, author: AuditAuthor): Promise<boolean>;
	/**
	 * Counts units whose first request is older, in the order of those, as far as there is room below `maxUnits`. A unit that is
	 * counted never changes. Answers how many there are now.
	 */
	count(name: string, limits: { before: number; windowMs: number; maxUnits: number }): Promise<number>;
	/** Units that were counted after the one at a position, in order. */
	units(name: string, after: number, limit: number): Promise<ExperimentUnit[]>;
	/** Whether a unit has been drawn into an arm. */
	knows(name: string, unit: string): Promise<boolean>;
	/** Where a decision was drawn into, if it was. */
	request(decisionId: string): Promise<ExperimentRequest | null>;
}
