import {
	DEFAULT_LEARNING_CONFIG,
	type DecisionRecord,
	type EvidenceReport,
	type JudgedQuality,
	type OutcomeRow,
	type TimeRange,
} from '../contracts/index.ts';
import { STAND_DOWN_POLICY, STAND_DOWN_REASON } from '../route/index.ts';
import { getWilsonInterval } from './read-models.ts';
import { readBaselines, SAMPLE_LIMIT } from './reports.ts';
import type { RoutingSystem } from './routing-system.ts';

/** What outcomes say of each model in each workload, of routing beside choosing without it, and where it stands down. */
export async function readEvidence(system: RoutingSystem, range: TimeRange): Promise<EvidenceReport> {
	const storage = await system.flush();
	const { candidates, catalog } = system.router;
	const outcomes = await storage.records.outcomes(range, SAMPLE_LIMIT);
	const decisions = await storage.records.decisions(range, SAMPLE_LIMIT);
	return {
		outcomes: outcomes.length,
		judged: outcomes.filter(({ quality }) => quality !== null).length,
		sampleLimit: SAMPLE_LIMIT,
		qualities: groupJudged(outcomes),
		baselines: await readBaselines(storage, range, { candidates, catalog, outcomes }),
		standDown: {
			mode: system.config.learning?.standDown ?? DEFAULT_LEARNING_CONFIG.standDown,
			workloads: findStandDowns(decisions),
		},
	};
}

/** Means of what was judged, by workload and model, the most judged first. */
export function groupJudged(outcomes: readonly OutcomeRow[]): JudgedQuality[] {
	const groups = new Map<string, Pick<JudgedQuality, 'workload' | 'model' | 'judged'> & { sum: number }>();
	for (const { answeredBy, quality, workload = null } of outcomes) {
		if (quality === null) continue;
		const key = JSON.stringify([workload, answeredBy]);
		const group = groups.get(key) ?? { workload, model: answeredBy, judged: 0, sum: 0 };
		groups.set(key, group);
		group.judged += 1;
		group.sum += quality;
	}
	return [...groups.values()]
		.map(({ sum, ...group }) => {
			// no value from 0 to 100 varies more than all or nothing: its interval holds the mean of any
			const [low, high] = getWilsonInterval(sum / 100, group.judged);
			return { ...group, mean: sum / group.judged, low: 100 * low, high: 100 * high };
		})
		.sort((a, b) => b.judged - a.judged);
}

/** The workloads whose decisions, newest first, say that a single model would be better, as their reasons were recorded. */
export function findStandDowns(decisions: readonly DecisionRecord[]): EvidenceReport['standDown']['workloads'] {
	return [...Map.groupBy(decisions, ({ workload }) => workload)].flatMap(([workload, made]) => {
		const told = made.flatMap(({ at, id, reasoning }) => {
			const reason = reasoning.find((line) => line.includes(STAND_DOWN_REASON));
			return reason === undefined ? [] : [{ decision: id, at, reason }];
		});
		const [latest] = told;
		if (workload === undefined || latest === undefined) return [];
		const standing = made.filter(({ policy }) => policy === STAND_DOWN_POLICY).length;
		return [{ workload, decisions: made.length, standing, latest }];
	});
}
