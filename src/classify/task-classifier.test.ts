import { describe, expect, it } from 'vitest';
import type { TaskInput } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { LexiconClassifier, TaskClassifier } from './index.ts';

const classifier = new TaskClassifier();

describe('the specification', () => {
	it('prints the descriptor it shows for the login bug', () => {
		expect(classifier.classify('Fix authentication bug in login endpoint')).toMatchObject({
			type: 'debugging',
			complexity: 'medium',
			pattern: 'multi-step',
			estimatedInputTokens: 850,
			estimatedOutputTokens: 1500,
			requiresExtendedThinking: true,
			involvesCode: true,
			requiresCreativity: false,
			priority: 4,
		});
	});

	it.each([
		['Add JSDoc comments to utility functions', 'documentation', ['simple']],
		['Design scalable microservices architecture', 'architecture', ['complex', 'critical']],
		['Implement REST API endpoint for user profile', 'code-generation', ['medium']],
		['Comprehensive security audit of authentication system', 'code-review', ['complex', 'critical']],
		['Quick documentation update', 'documentation', ['simple']],
		['Implement REST API with authentication', 'code-generation', ['medium', 'complex']],
		['Design critical production architecture', 'architecture', ['critical']],
		['Debug complex distributed system issue', 'debugging', ['complex']],
		['Write documentation for API endpoints', 'documentation', ['simple', 'medium']],
		['Implement user authentication system with JWT tokens', 'code-generation', ['medium', 'complex']],
		['Analyze performance bottlenecks in database queries', 'analysis', ['medium', 'complex']],
		['Fix bug in payment processing', 'debugging', ['medium', 'complex']],
	])('reads "%s" as %s', (task, type, complexities) => {
		const descriptor = classifier.classify(task);
		expect(descriptor.type).toBe(type);
		expect(complexities).toContain(descriptor.complexity);
	});

	it('keeps a simple logging statement simple', () => {
		expect(classifier.classifyComplexity('Add a simple logging statement')).toBe('simple');
	});

	it('explains in the layout people know', () => {
		const descriptor = classifier.classify('Fix authentication bug in login endpoint');
		expect(classifier.explain(descriptor)).toBe(`Task Classification Report
==========================

Type: debugging
Complexity: medium
Pattern: multi-step
Priority: 4/5

Characteristics:
- Requires Extended Thinking: Yes
- Involves Code: Yes
- Requires Creativity: No

Token Estimates:
- Input: ~850 tokens
- Output: ~1,500 tokens
- Total: ~2,350 tokens`);
	});
});

describe('defects of the earlier code', () => {
	it('"latest" is not about tests', () => {
		const descriptor = classifier.classify('Show me the latest contest results');
		expect(descriptor.type).not.toBe('testing');
		expect(descriptor.features.filter((feature) => feature.target === 'type:testing')).toEqual([]);
	});

	it('a tie does not fall to the first type of the list', () => {
		// Two words of equal weight each way round: the words decide, never the list.
		const shares = Object.values(classifier.classify('qwertz uiop asdf ghjk').typeProbabilities);
		expect(new Set(shares).size).toBe(shares.length);
		expect(classifier.classifyType('qwertz uiop asdf ghjk')).not.toBe('architecture');
	});

	it('"analyze" alone is no chain of thought', () => {
		expect(classifier.detectTaskPattern('Analyze this sentence')).toBe('single-shot');
	});

	it('a short ask is not simple for being short', () => {
		expect(classifier.classifyComplexity('Implement OAuth login')).toBe('medium');
		expect(classifier.classifyComplexity('Prove this consensus algorithm correct')).toBe('complex');
	});
});

describe('what else a descriptor says', () => {
	it('critical work is told from talk about it', () => {
		expect(classifier.classify('Fix the production outage in checkout now')).toMatchObject({
			complexity: 'critical',
			priority: 5,
		});
		expect(classifier.classifyComplexity('What is a mission critical system?')).not.toBe('critical');
	});

	it('an ask that goes round and round is iterative', () => {
		expect(classifier.detectTaskPattern('Keep improving the prompt until all tests pass')).toBe('iterative');
	});

	it('haste raises the priority and leisure lowers it', () => {
		expect(classifier.classify('Urgent: update the README').priority).toBe(3);
		expect(classifier.classify('Update the README, no rush').priority).toBe(1);
	});

	it('creative work wants creativity and no code', () => {
		expect(classifier.classify('Write a poem about autumn rain')).toMatchObject({
			requiresCreativity: true,
			involvesCode: false,
		});
	});

	it('context counts for tokens and is kept', () => {
		const bare = classifier.classify('Fix the login bug');
		const withContext = classifier.classify('Fix the login bug', 'x '.repeat(2_000));
		expect(withContext.estimatedInputTokens - bare.estimatedInputTokens).toBe(1_000);
		expect(withContext.context).toHaveLength(4_000);
		expect(withContext.type).toBe(bare.type);
	});

	it('token estimates add up', () => {
		const estimate = classifier.estimateTokens('Fix authentication bug in login endpoint');
		expect(estimate).toMatchObject({ input: 850, output: 1500, total: 2350 });
		expect(estimate.confidence).toBeGreaterThan(0.5);
		expect(estimate.confidence).toBeLessThanOrEqual(1);
	});

	it('a batch keeps its order', () => {
		expect(classifier.batchClassify(['Write a poem', 'Refactor this class']).map((task) => task.type)).toEqual([
			'creative',
			'refactoring',
		]);
	});

	it('names the classifier, and another one can take its place', () => {
		const poet = {
			version: 'poet@1',
			classify: (task: TaskInput) => ({ ...new LexiconClassifier().classify(task), type: 'creative' as const }),
		};
		const replaced = new TaskClassifier({ classifier: poet });
		expect(classifier.classify('Fix a bug').classifier).toMatch(/^lexicon@\d+\.\d+\.\d+$/);
		expect([replaced.version, replaced.classifyType('Fix a bug')]).toEqual(['poet@1', 'creative']);
	});
});

describe('input nobody wished for', () => {
	it.each(['', '   ', '\n\t', '\0'])('refuses a blank text (%j) with a sentence that helps', (task) => {
		expect(() => classifier.classify(task)).toThrow(InvalidInputError);
		expect(() => classifier.classify(task)).toThrow(/nothing to classify.*Say in words/);
	});

	it.each([null, 42, undefined, []])('refuses %j as a task', (task) => {
		// A caller without types: this is what the test is about.
		expect(() => classifier.classify(task as unknown as TaskInput)).toThrow(InvalidInputError);
	});

	it.each<[string, TaskInput]>([
		['no messages', {}],
		['empty messages', { messages: [] }],
		['a message without content', { messages: [{ role: 'user' }] }],
		['blank text', { messages: [{ role: 'user', content: '  \0 ' }] }],
		['odd parts', { messages: [{ role: 'user', content: [null, 7, { type: 'text' }, ['x']] }] }],
		['only tool results', { messages: [{ role: 'user', content: [{ type: 'tool_result', content: 'ok' }] }] }],
	])('answers a conversation with %s, unsure', (_name, task) => {
		const descriptor = classifier.classify(task);
		expect(descriptor.type).toBe('simple-task');
		expect(descriptor.confidence).toBeLessThan(0.3);
		expect(descriptor.estimatedInputTokens).toBeGreaterThan(0);
	});

	it('reads past NUL bytes and lone surrogates, and hands on well-formed text', () => {
		const descriptor = classifier.classify('Fix the\0 login bug \ud800 now');
		expect(descriptor.type).toBe('debugging');
		expect(descriptor.task.isWellFormed()).toBe(true);
		expect(descriptor.task).not.toContain('\0');
	});

	it('keeps only a bounded part of a huge text', () => {
		const descriptor = classifier.classify(`Summarize this report:\n${'lorem ipsum dolor sit amet '.repeat(400_000)}`);
		expect(descriptor.type).toBe('analysis');
		expect(descriptor.task.length).toBeLessThan(6_000);
		expect(descriptor.estimatedInputTokens).toBeGreaterThan(2_000_000);
	});
});
