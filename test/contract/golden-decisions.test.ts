import { expect, it } from 'vitest';
import { TaskClassifier } from '../../src/classify/index.ts';
import { TASK_TYPES, type TaskDescriptor, type TaskInput } from '../../src/contracts/index.ts';
import { isRouterError } from '../../src/errors/index.ts';
import { readTypeTable } from '../../src/project.ts';
import { RoutingEngine } from '../../src/route/index.ts';
import { hashText } from '../../src/util/index.ts';
import { goldenTasks } from '../support/golden-tasks.ts';
import { makeConfig, makeProfile } from '../support/route-models.ts';

const MADE_UP = 1500;

/** The rest of a descriptor or a decision: what the columns in clear do not show. */
function fingerprint(value: unknown): string {
	return hashText(JSON.stringify(value)).slice(-8);
}

const classifier = new TaskClassifier({ readTable: readTypeTable });
/** Models of the test's own, so that a new price of a real one changes nothing here. */
const models = ['alpha', 'beta', 'gamma', 'delta'].map((name, index) =>
	makeProfile(name, {
		provider: index % 2 === 0 ? 'one' : 'two',
		strengths: TASK_TYPES.filter((_, at) => at % 4 === index),
		contextWindow: 20_000 * (index + 1),
		maxOutputTokens: 5000 * (index + 1),
		qualityScore: 75 + 6 * index,
		costPer1kInputTokens: 0.001 * (index + 1),
		costPer1kOutputTokens: 0.004 * (index + 1),
		latencyMs: 400 * (index + 1),
	}),
);
const clock = { now: () => Date.UTC(2026, 10, 24), monotonic: () => 0 };
const router = new RoutingEngine(makeConfig(models), { clock });

const COLUMNS =
	'# type complexity → model confidence, expected input → output; fingerprints of descriptor and decision';

function describeChoice(descriptor: TaskDescriptor): { choice: string; rest: string } {
	try {
		const { id: _id, propensityKind: _kind, ...decision } = router.route(descriptor);
		// what later releases say beside it is left out, so that these lines compare with those of the first one
		const { hash: _hash, ...policy } = decision.policy;
		const scores = decision.scores.map(({ model, totalScore, scores: factors, weightedScore }) => {
			return { model, totalScore, scores: factors, weightedScore };
		});
		const choice = `${decision.model.name} ${decision.confidence.toFixed(1)}%`;
		return { choice, rest: fingerprint({ ...decision, scores, policy, descriptor: null }) };
	} catch (error) {
		return { choice: isRouterError(error) ? error.code : String(error), rest: fingerprint(String(error)) };
	}
}

/** One task in one line, so that a diff says what changed for whom. */
function describeTask(task: TaskInput, context: string | undefined): string {
	const descriptor = classifier.classify(task, context);
	const { type, complexity, estimatedInputTokens: input, estimatedOutputTokens: output } = descriptor;
	const { choice, rest } = describeChoice(descriptor);
	return `${type} ${complexity} → ${choice}, ${input} → ${output} tokens; ${fingerprint(descriptor)} ${rest}`;
}

// A change of the lexicon, of a weight or of a scorer changes this file knowingly: run the test with `-u` and say so in
// the changeset. A change that only makes things faster leaves it alone.
it('the same task is read and decided as it was before: nobody pays for another model because of an upgrade', async () => {
	const contexts = [undefined, undefined, undefined, 'Write unit tests for the parser', '  '];
	const lines = goldenTasks(MADE_UP).map((task, at) => describeTask(task, contexts[at % contexts.length]));
	await expect(`${[COLUMNS, ...lines].join('\n')}\n`).toMatchFileSnapshot('../fixtures/golden/decisions.txt');
});
