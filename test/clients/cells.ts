import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptedFault, SimulatedFault } from '../../src/testing.ts';
import type { ClientDriver, ClientResult, ClientTask, Company } from './client-driver.ts';
import { LONG_TEXT, type PlannedFault, type Scenario } from './provider-script.ts';
import { listOthers, MODELS, type Stage, type StageOptions } from './stage.ts';

/** What a client left behind in a cell. */
interface Played {
	result: ClientResult;
	stage: Stage;
	driver: ClientDriver;
	elapsedMs: number;
}

/** One column of the matrix. */
export interface Cell {
	name: string;
	/** What a user has when it holds. */
	promise: string;
	scenario: Scenario;
	task?: Partial<Pick<ClientTask, 'isStreamed' | 'hasTools' | 'thinks' | 'delegates' | 'key'>>;
	hasAttachment?: boolean;
	hasPicture?: boolean;
	/** The user leaves once the answer has begun. */
	isCancelled?: boolean;
	/** Programs only or libraries only say why not in `cannot`. */
	stage?: (company: Company) => Partial<StageOptions>;
	/** What is wrong; `null`: nothing. A text that begins with `ok` names how it held. */
	judge(played: Played): string | null | Promise<string | null>;
}

const EVERY_CALL = Number.POSITIVE_INFINITY;

function plan(fault: SimulatedFault, more: Partial<PlannedFault> = {}): PlannedFault {
	const scripted: ScriptedFault = { fault, retryAfterSeconds: null };
	return { fault: scripted, step: 0, models: /./, times: 1, ...more };
}

function expectText(wanted: string | RegExp, { result }: Played): string | null {
	const isThere = typeof wanted === 'string' ? result.text.includes(wanted) : wanted.test(result.text);
	return isThere && !result.isError ? null : `the client shows: ${shorten(result.text)}`;
}

/** The end of an output, on one line. */
export function shorten(text: string): string {
	return text.replaceAll(/\s+/g, ' ').trim().slice(-240);
}

/** The client ended with an error that names its cause, before the user lost patience, and the provider got nothing. */
function expectRefusal(words: RegExp, { elapsedMs, result, stage }: Played): string | null {
	if (stage.script.calls.length > 0) return 'the provider was called';
	if (!words.test(result.text)) return `the client shows: ${shorten(result.text)}`;
	return elapsedMs > 30_000 ? `shown after ${Math.round(elapsedMs / 1000)} s` : null;
}

function expectToolResults({ stage }: Played): string | null {
	const last = stage.script.calls.at(-1)?.request.bodyText ?? '';
	return /FORTY-TWO|SHELL-42/.test(last) ? null : 'no tool result reached the provider';
}

/** The models that answered each step in the end. */
function listAnswering({ stage }: Played): string[] {
	const answering: string[] = [];
	for (const { request, step } of stage.script.calls) {
		if (request.met === 'ok') answering[step] = request.model;
	}
	return answering;
}

function expectAnswering(wanted: readonly string[], played: Played): string | null {
	const answering = listAnswering(played).slice(0, wanted.length);
	return answering.join() === wanted.join() ? null : `answered by ${answering.join(', ')}`;
}

async function expectAbort({ stage }: Played): Promise<string | null> {
	const [call] = stage.script.calls;
	for (let waited = 0; waited < 5000 && call !== undefined; waited += 100) {
		if (call.request.abortedAt !== null) return null;
		await sleep(100);
	}
	return call === undefined ? 'the provider was not called' : 'the provider still writes five seconds later';
}

const FINISHED = /FINISHED with (\d) results/;
const THOUGHT = /"thinking":\{"type":"(?:adaptive|enabled)|"reasoning":\{|"reasoning_effort":"|"thinkingConfig":\{/;
const PICTURE =
	/"media_type":"image\/|data:image\/|"mime_?type":"image\/png","data"|"inlineData":\{[^{}]*"image\/|"data":"iVBOR/i;

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
		judge: (played) => expectText(/FINISHED with [12] results/, played) ?? expectToolResults(played),
	},
	{
		name: 'thinking',
		promise: 'The model thinks between tool calls, and its signed reasoning comes back unchanged',
		scenario: 'tools',
		task: { isStreamed: true, hasTools: true, thinks: true },
		judge: (played) =>
			expectText('FINISHED with 4 results', played) ??
			(played.stage.script.calls.some(({ request }) => THOUGHT.test(request.bodyText))
				? null
				: 'the client asked for no thinking'),
	},
	{
		name: 'subagent',
		promise: 'A second agent works and its answer returns to the first',
		scenario: 'subagent',
		task: { isStreamed: true, hasTools: true, delegates: true },
		judge: (played) =>
			expectText(FINISHED, played) ??
			(played.stage.script.calls.some(({ scenario }) => scenario === 'inner')
				? null
				: 'no second agent called the provider'),
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
		promise: 'A refused key is said at once',
		scenario: 'text',
		task: { key: 'sk-sy-wrong' },
		stage: () => ({ refusesKeys: true }),
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
		judge: (played) =>
			expectText('FINISHED with 0 results', played) ??
			(played.stage.script.calls.some(({ request }) => request.bodyText.includes('END-OF-THE-LOG'))
				? null
				: 'the provider did not get the whole prompt'),
	},
];
