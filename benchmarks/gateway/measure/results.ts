import type { LoadResult } from '../load/load-job.ts';
import type { BenchSettings } from './bench-settings.ts';

/** A window of load, and what it took from the target. */
export interface Window extends LoadResult {
	/** On-CPU microseconds of the target's processes for each request; `null`: nothing was started, or no Linux. */
	cpuUsPerRequest: number | null;
	/** Share of the target's core that others used meanwhile. */
	foreignShare: number;
}

/** How a target started. Times in milliseconds from the spawn. */
export interface StartFigures {
	listensMs: number;
	firstAnswerMs: number;
	cpuMs: number;
	residentMib: number;
}

/** One scenario on one target in one round. */
export interface ScenarioFigures {
	/** CPU per request of each warm-up window. */
	warmUpUs: number[];
	open: Window;
	saturated: Window;
}

/** Streams that were open at once. */
export interface CrowdFigures extends Window {
	streams: number;
}

/** Memory over many requests. */
export interface MemoryFigures {
	/** After every step: requests answered so far, resident memory in KiB. */
	samples: { requests: number; residentKib: number }[];
	/** Least squares over all samples, and over their second half. */
	bytesPerRequest: number;
	settledBytesPerRequest: number;
	peakMib: number;
}

/** Everything measured of one target in one round. */
export interface RoundFigures {
	round: number;
	target: string;
	/** Why there are no figures, or not all. */
	errors: string[];
	start: StartFigures | null;
	scenarios: Record<string, ScenarioFigures>;
	crowds: CrowdFigures[];
	memory: MemoryFigures | null;
	/** Resident memory after all load, MiB. */
	residentMib: number | null;
}

/** What is kept of a run. */
export interface BenchResults {
	startedAt: string;
	machine: {
		cpu: string;
		cores: number;
		memoryGib: number;
		kernel: string;
		node: string;
		loadAtStart: number[];
		pinned: boolean;
	};
	settings: BenchSettings;
	targets: Record<string, string>;
	rounds: RoundFigures[];
}
