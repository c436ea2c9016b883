import type { ScriptedFault, SimulatedFault } from '../../src/testing.ts';
import type { ClientTask, Company } from './client-driver.ts';
import {
	expectAbort,
	expectAnswering,
	expectBothResults,
	expectRefusal,
	expectRouted,
	expectSecondAgent,
	expectText,
	expectThoughts,
	expectToolResults,
	expectWhole,
	type Played,
	shorten,
	type Verdict,
} from './judges.ts';
import { LONG_TEXT, type PlannedFault, type Scenario, THOUGHT } from './provider-script.ts';
import { listOthers, MODELS, type StageOptions } from './stage.ts';

/** One column of the matrix. */
export interface Cell {
	name: string;
	/** What a user has when it holds. */
	promise: string;
	scenario: Scenario;
	task?: Partial<Pick<ClientTask, 'isStreamed' | 'hasTools' | 'thinks' | 'delegates' | 'key' | 'model'>>;
	hasAttachment?: boolean;
	hasPicture?: boolean;
	/** The user leaves once the answer has begun. */
	isCancelled?: boolean;
	/** Programs only or libraries only say why not in `cannot`. */
	stage?: (company: Company) => Partial<StageOptions>;
	/** How a provider without a gateway meets the client, to compare with. @default not tried */
	direct?: Partial<StageOptions>;
	judge(played: Played): Verdict | Promise<Verdict>;
}

const EVERY_CALL = Number.POSITIVE_INFINITY;

function plan(fault: SimulatedFault, more: Partial<PlannedFault> = {}): PlannedFault {
	const scripted: ScriptedFault = { fault, retryAfterSeconds: null };
	return { fault: scripted, step: 0, models: /./, times: 1, ...more };
}

const FINISHED = /FINISHED with (\d) results/;
const PICTURE =
	/"media_type":"image\/|data:image\/|"mime_?type":"image\/png","data"|"inlineData":\{[^{}]*"image\/|"data":"iVBOR/i;

/** Half a megabyte of a log. */
export const ATTACHMENT: string = `${Array.from({ length: 11_000 }, (_, index) => `2026-11-01 ${index} the worker took a job and ended it`).join('\n')}\nEND-OF-THE-LOG\n`;

/** A conversation with tools that the router finds the model for. */
const ROUTED: Pick<Cell, 'scenario' | 'task' | 'judge'> = {
	scenario: 'tools',
	task: { isStreamed: true, hasTools: true },
	judge: async (played) =>
		expectText('FINISHED with 4 results', played) ?? expectToolResults(played) ?? (await expectRouted(played)),
};

/** A conversation with tools in which another company's model answers once; `index`: which of the two. */
function createFailoverCell(index: number): Cell {
	const findOther = (company: Company) => listOthers(company).slice(index, index + 1);
	return {
		name: `failover ${index + 1}`,
		promise: `A conversation with tools goes to the ${index === 0 ? 'first' : 'second'} other provider and comes back`,
		scenario: 'tools',
		task: { isStreamed: true, hasTools: true, thinks: true },
		stage: (company) => ({
			fallbacks: findOther(company),
			faults: [plan('529', { step: 1, models: new RegExp(MODELS[company]), times: EVERY_CALL })],
		}),
		judge: (played) => {
			const { company } = played.driver;
			const own = MODELS[company];
			const others = findOther(company).map((other) => MODELS[other]);
			return expectText(FINISHED, played) ?? expectAnswering([own, ...others, own, own], played);
		},
	};
}

/** The matrix, a column each. */
export const CELLS: readonly Cell[] = [
	{
		name: 'text',
		promise: 'An answer in one piece is shown; programs always stream',
		scenario: 'text',
		judge: (played) => expectText('FINISHED with 0 results', played),
	},
	{
		name: 'stream',
		promise: 'A long answer arrives whole, line for line',
		scenario: 'stream',
		task: { isStreamed: true },
		judge: (played) =>
			LONG_TEXT.split('\n').every((line) => played.result.text.includes(line)) ? null : expectText(/line 300$/, played),
	},
	{
		name: 'tools',
		promise: 'Four tool calls, one after the other, are run and answered',
		scenario: 'tools',
		task: { isStreamed: true, hasTools: true },
		judge: (played) => expectText('FINISHED with 4 results', played) ?? expectToolResults(played),
	},
	{
		name: 'parallel tools',
		promise: 'Two tool calls of one turn are both run and answered',
		scenario: 'parallel',
		task: { isStreamed: true, hasTools: true },
		judge: (played) => expectText('FINISHED with 2 results', played) ?? expectBothResults(played),
	},
	{
		name: 'thinking',
		promise: 'The model thinks between tool calls, and its signed reasoning comes back unchanged',
		scenario: 'tools',
		task: { isStreamed: true, hasTools: true, thinks: true },
		judge: (played) =>
			expectText('FINISHED with 4 results', played) ??
			(played.stage.script.calls.every(({ request }) => THOUGHT.test(request.bodyText))
				? expectThoughts(played)
				: 'the client asked for no thinking'),
	},
	{
		name: 'subagent',
		promise: 'A second agent works and its answer returns to the first',
		scenario: 'subagent',
		task: { isStreamed: true, hasTools: true, delegates: true },
		judge: (played) => expectText(FINISHED, played) ?? expectSecondAgent(played),
	},
	{
		name: 'image',
		promise: 'A picture reaches the model',
		scenario: 'picture',
		hasPicture: true,
		judge: (played) =>
			expectText(FINISHED, played) ??
			(played.stage.script.calls.some(({ request }) => PICTURE.test(request.bodyText))
				? null
				: 'no picture reached the provider'),
	},
	{
		name: 'cancel',
		promise: 'The provider stops writing when the user leaves',
		scenario: 'slow',
		task: { isStreamed: true },
		isCancelled: true,
		judge: expectAbort,
	},
	{
		name: '429',
		promise: 'A rate limit of the provider is not noticed',
		scenario: 'tools',
		task: { isStreamed: true, hasTools: true },
		stage: () => ({ faults: [plan('429', { step: 1 })] }),
		judge: (played) => expectText('FINISHED with 4 results', played),
	},
	{
		name: '529',
		promise: 'An overloaded model is replaced by the next',
		scenario: 'text',
		task: { isStreamed: true },
		stage: (company) => ({ faults: [plan('529', { models: new RegExp(MODELS[company]), times: EVERY_CALL })] }),
		judge: (played) => expectText('FINISHED with 0 results', played),
	},
	{
		name: 'cut',
		promise: 'A stream that breaks off is asked for again or shown as broken, never taken for whole',
		scenario: 'stream',
		task: { isStreamed: true },
		stage: () => ({ faults: [plan('cut')] }),
		judge: (played) =>
			played.result.text.includes('line 300')
				? 'ok: asked again'
				: played.result.isError || /error|terminated|disconnect|closed|incomplete|interrupt/i.test(played.result.text)
					? 'ok: shown as an error'
					: `taken for whole: ${shorten(played.result.text)}`,
	},
	{
		name: 'wrong key',
		promise: 'A refused key is said, after no more attempts than at a provider that refuses it',
		scenario: 'text',
		task: { key: 'sk-sy-wrong' },
		stage: () => ({ refusesKeys: true }),
		direct: { faults: [plan('401', { times: EVERY_CALL })] },
		judge: (played) => expectRefusal(/key|401|auth|unauthorized|credential/i, played),
	},
	{
		name: 'budget end',
		promise: 'A spent budget is said at once',
		scenario: 'text',
		stage: () => ({ isBudgetSpent: true }),
		judge: (played) => expectRefusal(/budget|quota|limit|402|billing|credit/i, played),
	},
	...[0, 1].map(createFailoverCell),
	{
		name: '500 KB',
		promise: 'A prompt of 500 KB arrives whole',
		scenario: 'text',
		task: { isStreamed: true },
		hasAttachment: true,
		judge: (played) => expectText('FINISHED with 0 results', played) ?? expectWhole(ATTACHMENT.trim(), played),
	},
	{
		...ROUTED,
		name: 'auto',
		promise:
			'With `auto` as its model: the router chooses, and stays with its choice where the client names its session',
		task: { ...ROUTED.task, model: 'auto' },
	},
	{
		...ROUTED,
		name: 'alias',
		promise: 'The same with a model’s name that the configuration has `auto` for',
		stage: (company) => ({ aliases: { [MODELS[company]]: 'auto' } }),
	},
];
