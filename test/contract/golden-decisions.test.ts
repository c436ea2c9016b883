import { expect, it } from 'vitest';
import { TaskClassifier } from '../../src/classify/index.ts';
import { TASK_TYPES, type TaskInput } from '../../src/contracts/index.ts';
import { RoutingEngine } from '../../src/route/index.ts';
import { hashText } from '../../src/util/index.ts';
import { goldenTasks } from '../support/golden-tasks.ts';
import { makeConfig, makeProfile } from '../support/route-models.ts';

const MADE_UP = 1500;

/** What a descriptor and a decision say, in the order their keys were written in. */
function fingerprint(value: unknown): string {
	return hashText(JSON.stringify(value)).slice(-8);
}

const classifier = new TaskClassifier();
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

function readTask(task: TaskInput, context: string | undefined): string {
	const descriptor = classifier.classify(task, context);
	try {
		const { id: _id, ...decision } = router.route(descriptor);
		return `${fingerprint(descriptor)} ${fingerprint({ ...decision, descriptor: null })}`;
	} catch (error) {
		return `${fingerprint(descriptor)} ${fingerprint(String(error))}`;
	}
}

// A change of the lexicon, of a weight or of a scorer changes this file knowingly: run the test with `-u` and say so in
// the changeset. A change that only makes things faster leaves it alone.
it('the same task is read and decided as it was before: nobody pays for another model because of an upgrade', async () => {
	const contexts = [undefined, undefined, undefined, 'Write unit tests for the parser', '  '];
	const lines = goldenTasks(MADE_UP).map((task, at) => readTask(task, contexts[at % contexts.length]));
	await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../fixtures/golden/decisions.txt');
});
