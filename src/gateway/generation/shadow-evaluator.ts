import type { ShadowConfig } from '../../config/index.ts';
import type {
	Clock,
	ModelName,
	ModelProfile,
	NanoUsd,
	PlantedVerdict,
	RandomSource,
	RoutingDecision,
	ShadowComparison,
	ShadowDropCause,
} from '../../contracts/index.ts';
import { InvalidInputError, isRouterError } from '../../errors/index.ts';
import {
	checkJudgeIsNoArm,
	isSameModel,
	type JudgedPair,
	type JudgeReply,
	judgePair,
	plantPairs,
} from '../../evaluate/index.ts';
import type { DeploymentTable } from '../../providers/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { hashText } from '../../util/index.ts';
import { parseSentAnswer, readAnswerText } from './answer-text.ts';
import { createAsideSystem } from './aside-system.ts';
import type {
	DrawnAnswer,
	GenerationRequest,
	RequestContext,
	ShadowPort,
	UnansweredRequest,
	UsedAnswer,
} from './request-context.ts';
import { getSession } from './routing.ts';
import type { AnswerListener } from './send-answer.ts';
import { askAgain, askJudge, MAX_ASIDE_BYTES } from './shadow-call.ts';

/** Requests whose answers are gathered at most: the oldest makes room for a later one. */
const MAX_GATHERING = 32;
/** Requests that wait for their comparison at most, and their bytes. */
const MAX_WAITING = 32;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Largest request that is asked again, bytes. */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** Milliseconds between two looks at whether requests wait, and for how long is looked at most. */
const GIVE_WAY_MS = 200;
const MAX_GIVE_WAY_MS = 60_000;
/** Output tokens that a shadow may write beyond four times the caller's answer. */
const SPARE_TOKENS = 1024;
const MOST_TIMES_LONGER = 4;
/** Milliseconds one call beside a request may take. */
const CALL_TIMEOUT_MS = 180_000;
/** One comparison in so many is followed by a pair whose right verdict is known. */
const PLANT_EVERY = 8;
/** Characters of a conversation and of its tools that a judge is shown, the last and the first of them. */
const MAX_ASK_CHARACTERS = 24_000;
const MAX_TOOLS_CHARACTERS = 12_000;

/** A request that was drawn: gathers what is sent to its caller, and passes it on. */
class DrawnRequest implements DrawnAnswer {
	readonly #evaluator: ShadowEvaluator;
	readonly #next: AnswerListener | null;
	readonly request: GenerationRequest;
	readonly context: RequestContext;
	readonly #chunks: Buffer[] = [];
	#bytes = 0;
	/** Its answer is gathered no more. */
	isLeftOut = false;

	constructor(
		evaluator: ShadowEvaluator,
		{ context, next, request }: { context: RequestContext; next: AnswerListener | null; request: GenerationRequest },
	) {
		this.#evaluator = evaluator;
		this.#next = next;
		this.request = request;
		this.context = context;
	}

	/** Bytes of request and answer. */
	get bytes(): number {
		return this.#bytes + this.request.text.length;
	}

	get isTooLarge(): boolean {
		return this.#bytes > MAX_ASIDE_BYTES || this.request.text.length > MAX_REQUEST_BYTES;
	}

	readonly onHead: AnswerListener['onHead'] = (head) => this.#next?.onHead(head);

	readonly onData: AnswerListener['onData'] = (chunk) => {
		this.#next?.onData(chunk);
		this.#bytes += chunk.length;
		if (this.isTooLarge || this.isLeftOut) this.#chunks.length = 0;
		else this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
	};

	/** Makes room for another one. */
	leaveOut(): void {
		this.isLeftOut = true;
		this.#chunks.length = 0;
	}

	offer(used: UsedAnswer): void {
		this.#evaluator.add(this, used);
	}

	drop(unanswered: UnansweredRequest): void {
		this.#evaluator.leaveOut(this, unanswered);
	}

	read(): Promise<string> {
		const { format } = this.request;
		return parseSentAnswer(format, Buffer.concat(this.#chunks)).then((body) =>
			body === null ? '' : readAnswerText(format, body),
		);
	}
}

/** What a gateway gives its shadow evaluation. */
interface ShadowEvaluatorOptions {
	config: ShadowConfig;
	system: RoutingSystem;
	/** Without a login of any caller. */
	deployments: DeploymentTable;
	clock: Clock;
	/** How many requests wait: none is held up by what is done beside them. */
	queue: { readonly waiting: number };
	/** Draws the requests. @default Math.random */
	random?: RandomSource | undefined;
}

/** Why a request is not compared. */
class Drop extends Error {
	readonly reason: ShadowDropCause;

	constructor(reason: ShadowDropCause, message = '') {
		super(message);
		this.reason = reason;
	}
}

/** A comparison as it is filled in. */
type Draft = { -readonly [Field in keyof ShadowComparison]: ShadowComparison[Field] };

/**
 * Asks another model what a share of the callers asked, after they have their answers, and has both compared by a judge. Nothing of it is
 * on a caller's path: requests wait in a bounded queue, one is compared at a time, and only while no request waits for its turn. Texts
 * are in memory until they are compared, and nowhere else.
 */
export class ShadowEvaluator implements ShadowPort {
	readonly #options: ShadowEvaluatorOptions;
	readonly #aside: RoutingSystem;
	readonly #judge: ModelProfile;
	readonly #random: RandomSource;
	readonly #stopped = new AbortController();
	/** In the order in which they were drawn. */
	readonly #gathering = new Set<DrawnRequest>();
	readonly #waiting: Array<{ drawn: DrawnRequest; used: UsedAnswer }> = [];
	#waitingBytes = 0;
	#working: Promise<void> | null = null;
	#compared = 0;

	/** @throws InvalidInputError, UnknownModelError for a judge or models that cannot be */
	constructor(options: ShadowEvaluatorOptions) {
		const { config, deployments, system } = options;
		const { catalog } = system.router;
		const judge = catalog.get(config.judge);
		const models = config.models.map((name) => catalog.get(name));
		checkJudgeIsNoArm(judge, models);
		for (const { lifecycle, name } of [judge, ...models]) {
			if (lifecycle?.state === 'retired')
				throw new InvalidInputError(`${name} is no longer served by its provider. Name a model that is.`);
			if (deployments.idsServing(name).length === 0)
				throw new InvalidInputError(`No deployment serves ${name}. Set its provider's key, or name another model.`);
		}
		this.#options = options;
		this.#judge = judge;
		this.#random = options.random ?? Math.random;
		this.#aside = createAsideSystem(system, { limitUsd: config.budgetPerDay });
	}

	draw(...[request, context, next]: Parameters<ShadowPort['draw']>): DrawnRequest | null {
		if (this.#random() >= this.#options.config.share) return null;
		const drawn = new DrawnRequest(this, { context, next, request });
		const [first] = this.#gathering;
		if (first !== undefined && this.#gathering.size >= MAX_GATHERING) {
			first.leaveOut();
			this.#gathering.delete(first);
		}
		this.#gathering.add(drawn);
		return drawn;
	}

	/** Takes a request whose caller has its answer. */
	add(drawn: DrawnRequest, used: UsedAnswer): void {
		this.#gathering.delete(drawn);
		const isFull =
			drawn.isLeftOut || this.#waiting.length >= MAX_WAITING || this.#waitingBytes + drawn.bytes > MAX_WAITING_BYTES;
		const refusal = this.#findRefusal(drawn, used);
		if (refusal !== null || isFull || this.#stopped.signal.aborted) {
			const drop = refusal ?? new Drop(isFull ? 'queue-full' : 'stopped');
			return void this.#save(this.#drop(this.#draft(drawn, used), drop));
		}
		this.#waiting.push({ drawn, used });
		this.#waitingBytes += drawn.bytes;
		this.#working ??= this.#work();
	}

	/** Takes a request whose caller got no whole answer; there is no row of one that failed before it was decided. */
	leaveOut(drawn: DrawnRequest, { decision, model }: UnansweredRequest): void {
		this.#gathering.delete(drawn);
		if (decision === null) return;
		const { signal } = drawn.request;
		// the gateway's own reasons to end a request are errors of its own
		const hasLeft = signal.aborted && !isRouterError(signal.reason);
		const used = { decision, model: model || decision.model.name, costNanoUsd: null, outputTokens: 0 };
		const drop = new Drop('not-answered', hasLeft ? 'Its caller left before the answer was whole.' : 'It failed.');
		void this.#save(this.#drop(this.#draft(drawn, used), drop));
	}

	/** Resolves when nothing waits any more. */
	async settled(): Promise<void> {
		while (this.#working !== null) await this.#working;
	}

	/** Compares nothing any more. */
	async close(): Promise<void> {
		this.#stopped.abort(new Drop('stopped', 'The gateway was told to stop.'));
		await this.settled();
		await this.#aside.close();
	}

	async #work(): Promise<void> {
		// behind everything that the request's end has still to do
		await new Promise((resolve) => void setImmediate(resolve));
		for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
			const { drawn, used } = next;
			const draft = this.#draft(drawn, used);
			try {
				await this.#compare(draft, drawn, used);
			} catch (error) {
				// what was aborted says so in many ways
				this.#drop(draft, this.#stopped.signal.aborted ? this.#stopped.signal.reason : error);
			}
			await this.#save(draft);
			this.#waitingBytes -= drawn.bytes;
		}
		this.#working = null;
	}

	/** Why a request must not be sent to another model; `null`: it may. */
	#findRefusal({ context, isTooLarge, request }: DrawnRequest, { decision, model }: UsedAnswer): Drop | null {
		const { excludedKeys } = this.#options.config;
		const judge = this.#judge;
		const { hints, wire } = request;
		const { key } = context.caller;
		if (hints.noShadow === true) return new Drop('opted-out', 'The request says so.');
		if (key !== null && excludedKeys.includes(key.id)) return new Drop('opted-out', 'Its key is excluded.');
		const isHeld = wire.isHeld === true || wire.previousResponse !== undefined || wire.boundToModel;
		if (isHeld || wire.searchesWeb === true || wire.answerCount > 1)
			return new Drop('not-comparable', 'Another model cannot be asked the same.');
		if (wire.requiredCapabilities.includes('vision')) return new Drop('not-comparable', 'The judge sees texts only.');
		if (isTooLarge) return new Drop('too-large');
		const { allowedModels, allowedProviders, excludedModels, excludedProviders } =
			decision.descriptor.constraints ?? {};
		const isLimited = [allowedModels, allowedProviders, excludedModels, excludedProviders].some(Boolean);
		if (isLimited && this.#options.system.router.createAdmission(decision)(judge.name) !== null)
			return new Drop('not-eligible', `Its limits keep the judge ${judge.name} out.`);
		if (this.#isModel(judge, model))
			return new Drop('not-eligible', `${judge.name} answered it, and judges nothing of its own.`);
		return this.#pickModel(decision, model) === null
			? new Drop('not-eligible', 'None of the compared models may answer it.')
			: null;
	}

	/** Whether a profile is of the model that has this name, by whichever of its names. */
	#isModel(profile: ModelProfile, name: ModelName): boolean {
		const named = this.#options.system.router.catalog.find(name);
		return named === undefined ? profile.name === name : isSameModel(profile, named);
	}

	/** One of the models that may answer the request and did not, the same each time. */
	#pickModel(decision: RoutingDecision, answered: ModelName): ModelName | null {
		const { config, deployments, system } = this.#options;
		const getExclusion = system.router.createAdmission(decision);
		const eligible = config.models
			.map((name) => system.router.catalog.get(name))
			.filter((model) => !this.#isModel(model, answered))
			.map(({ name }) => name)
			.filter((name) => deployments.idsServing(name).length > 0 && getExclusion(name) === null);
		return eligible[Number.parseInt(hashText(decision.id).slice(-6), 16) % eligible.length] ?? null;
	}

	async #compare(draft: Draft, drawn: DrawnRequest, used: UsedAnswer): Promise<void> {
		const judge = this.#judge.name;
		const model = this.#pickModel(used.decision, used.model) ?? '';
		await this.#giveWay();
		const first = await drawn.read();
		if (first === '') throw new Drop('not-comparable', 'The answer says nothing that could be read.');
		draft.shadowModel = model;
		const { wire } = drawn.request;
		const longest = Math.ceil(MOST_TIMES_LONGER * used.outputTokens) + SPARE_TOKENS;
		const maxOutputTokens = Math.min(wire.maxOutputTokens ?? longest, longest);
		const context = this.#asideContext(drawn);
		const signal = () => AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
		const answer = await askAgain(drawn.request, model, { context, maxOutputTokens, signal: signal() });
		draft.costNanoUsd = answer.costNanoUsd;
		draft.latencyMs = Math.round(answer.latencyMs);
		if (answer.finishReason === 'length') throw new Drop('cut-off', 'The shadow came to its limit of tokens.');
		if (answer.text === '') throw new Drop('call-failed', 'The shadow said nothing.');
		draft.judge = judge;
		const ask = async (prompt: Parameters<typeof askJudge>[0]): Promise<JudgeReply> => {
			await this.#giveWay();
			const reply = await askJudge(prompt, judge, { context, signal: signal() });
			draft.judgeCostNanoUsd = addCosts(draft.judgeCostNanoUsd, reply.costNanoUsd);
			return reply;
		};
		const pair: JudgedPair = { id: draft.id, ...describeAsk(drawn.request), first, second: answer.text };
		try {
			const { orders, verdict } = await judgePair(pair, { ask, seed: 1 });
			Object.assign(draft, { orders, verdict, lengths: { first: first.length, second: answer.text.length } });
			this.#compared += 1;
			if (this.#compared % PLANT_EVERY === 1) draft.planted = await judgePlanted(pair, ask);
		} catch (error) {
			// a pair that was judged stays so, whatever became of the one whose verdict is known
			if (draft.verdict === null) throw toJudgeDrop(error);
		}
	}

	#asideContext({ context }: DrawnRequest): RequestContext {
		const { deployments } = this.#options;
		return { ...context, deployments, runtime: { ...context.runtime, system: this.#aside } };
	}

	/** Waits while requests wait for their turn. */
	async #giveWay(): Promise<void> {
		const { clock, queue } = this.#options;
		for (let waited = 0; queue.waiting > 0; waited += GIVE_WAY_MS) {
			if (waited >= MAX_GIVE_WAY_MS) throw new Drop('queue-full', 'Requests were waiting for a minute.');
			await clock.sleep(GIVE_WAY_MS, this.#stopped.signal);
		}
		this.#stopped.signal.throwIfAborted();
	}

	#draft({ request }: DrawnRequest, { costNanoUsd, decision, model }: UsedAnswer): Draft {
		const { type, workload } = decision.descriptor;
		return {
			id: decision.id,
			at: this.#options.clock.now(),
			session: getSession(request),
			taskType: type,
			workload: workload ?? null,
			model,
			shadowModel: null,
			judge: null,
			cause: null,
			detail: null,
			verdict: null,
			orders: null,
			planted: null,
			lengths: null,
			usedCostNanoUsd: costNanoUsd,
			costNanoUsd: 0,
			judgeCostNanoUsd: 0,
			latencyMs: null,
		};
	}

	#drop(draft: Draft, error: unknown): Draft {
		const { message, reason } = toDrop(error);
		draft.cause = reason;
		draft.detail = message === '' ? null : message;
		return draft;
	}

	async #save(comparison: ShadowComparison): Promise<void> {
		const { logger } = this.#options.system;
		try {
			const storage = await this.#options.system.storage();
			await storage.shadow.save(comparison);
		} catch (error) {
			logger.error('A shadow comparison could not be kept', { id: comparison.id, error: String(error) });
		}
	}
}

/** A failure as the cause of a drop, in this package's words: what a provider said may repeat the request. */
function toDrop(error: unknown): Drop {
	if (error instanceof Drop) return error;
	if (!isRouterError(error)) return new Drop('call-failed');
	if (error.code === 'ROUTER_BUDGET_EXCEEDED') return new Drop('budget', error.message);
	return new Drop('call-failed', error.code === 'ROUTER_NO_ELIGIBLE_MODEL' ? error.message : error.code);
}

function toJudgeDrop(error: unknown): Drop {
	const drop = toDrop(error);
	return drop.reason === 'call-failed' ? new Drop('judge-failed', drop.message) : drop;
}

const addCosts = (one: NanoUsd | null, other: NanoUsd | null): NanoUsd | null =>
	one === null || other === null ? null : one + other;

/** A pair with a broken answer, whose right verdict is known; `null` for an answer that is too short to be broken. */
async function judgePlanted(
	{ ask, id, first }: JudgedPair,
	askModel: (prompt: Parameters<typeof askJudge>[0]) => Promise<JudgeReply>,
): Promise<PlantedVerdict | null> {
	const [pair] = plantPairs({ id, ask, answers: [first] }, { others: [], broken: 1, identical: 0, seed: 1 });
	if (pair === undefined) return null;
	return { expected: pair.expected, ...(await judgePair(pair, { ask: askModel, seed: 1 })) };
}

/** What was asked, for the judge: the end of the conversation, and the tools. */
function describeAsk({ wire }: GenerationRequest): Pick<JudgedPair, 'ask' | 'tools'> {
	const { contents, messages = contents ?? [], system, tools = [] } = wire.conversation;
	const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
	const turns = messages.map(({ content, parts, role = 'user' }) => `${role}: ${toText(content ?? parts)}`);
	const text = [...(system === undefined ? [] : [`system: ${toText(system)}`]), ...turns].join('\n\n');
	return {
		ask: text.slice(-MAX_ASK_CHARACTERS),
		...(tools.length > 0 && { tools: JSON.stringify(tools).slice(0, MAX_TOOLS_CHARACTERS) }),
	};
}
