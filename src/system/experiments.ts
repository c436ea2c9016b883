import {
	type AuditAuthor,
	type Clock,
	type ExperimentDefinition,
	type ExperimentResult,
	type IdSource,
	isRunning,
	type Logger,
	type RouterConfig,
	type RouterEventListener,
	type RouterStorage,
	type RoutingDecision,
	type StoredExperiment,
	type TaskDescriptor,
} from '../contracts/index.ts';
import type { CostOptimizer } from '../cost/index.ts';
import { InvalidInputError, isRouterError } from '../errors/index.ts';
import { addUnit, createExperimentState, type ExperimentState, readExperiment } from '../evaluate/index.ts';
import { BoundedMap, DAY_MS, hashText, MINUTE_MS, nearestName, stableHash } from '../util/index.ts';
import { createExperimentArms, type ExperimentArms, getUnit } from './experiment-arms.ts';
import { completeDefinition, type ExperimentInput } from './experiment-definition.ts';
import type { ModelRouterOptions } from './model-router.ts';
import type { RouteOptions } from './options.ts';

/** An experiment with what it has shown; `result` is `null` before its start. */
export interface ExperimentStatus extends StoredExperiment {
	state: 'draft' | 'running' | 'ended';
	result: ExperimentResult | null;
}

/** What is done with experiments by hand. */
export interface ExperimentManagement {
	/** The newest first. */
	list(): Promise<StoredExperiment[]>;
	/**
	 * Adds an experiment, which does nothing until it is started. `isReplacing`: in place of one of its name that has not started.
	 * @throws InvalidInputError saying all that is wrong, or that its name is taken
	 */
	create(input: ExperimentInput, author: AuditAuthor, options?: { isReplacing?: boolean }): Promise<StoredExperiment>;
	/** Freezes an experiment and draws requests into its arms from now on. @throws InvalidInputError */
	start(name: string, author: AuditAuthor): Promise<ExperimentStatus>;
	/** Ends an experiment as it stands. @throws InvalidInputError where it does not run */
	stop(name: string, author: AuditAuthor): Promise<ExperimentStatus>;
	/** An experiment with what it has shown until now. @throws InvalidInputError where there is none of that name */
	status(name: string): Promise<ExperimentStatus>;
}

/** What experiments work with. */
interface ExperimentsOptions {
	storage: () => Promise<RouterStorage>;
	/** Of decisions and outcomes: what is counted must be written. */
	recorder: { flush(): Promise<void> };
	config: RouterConfig;
	/** Of the routers that arms are decided by. */
	routerOptions: ModelRouterOptions;
	optimizer: CostOptimizer;
	clock: Clock;
	ids: IdSource;
	emit: RouterEventListener;
	logger: Logger;
}

/** The experiment that runs, in this process. */
interface RunningExperiment {
	definition: ExperimentDefinition;
	freeze: NonNullable<StoredExperiment['freeze']>;
	/** `null`: its arms are no longer what they were when it started. */
	arms: ExperimentArms | null;
	broken: Pick<NonNullable<StoredExperiment['end']>, 'reason' | 'message'> | null;
	state: ExperimentState;
}

/** Milliseconds between two looks at what an experiment has shown. */
const CHECK_INTERVAL_MS = 10_000;
/** Milliseconds after a unit's window until it is counted: what processes record takes half a second to be written. */
const GRACE_MS = 2000;
/** Units read at once. */
const PAGE_UNITS = 1000;
/** Units that this process remembers to have drawn. */
const MAX_KNOWN = 10_000;
/** Outcomes that caps are taken from, the newest. */
const CAP_OUTCOMES = 2000;
/** Whom the audit log names where an experiment ends by itself. */
const OWN_AUTHOR = { by: 'switchyard', byName: null };

const getState = ({ end, freeze }: StoredExperiment): ExperimentStatus['state'] =>
	freeze === null ? 'draft' : end === null ? 'running' : 'ended';

/** Lets what waits run. */
const giveWay = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Compares ways to answer requests on live traffic. What is known of an experiment is in the storage: any process goes on with it. */
export class Experiments implements ExperimentManagement {
	readonly #options: ExperimentsOptions;
	#running: RunningExperiment | null = null;
	#checkedAt = Number.NEGATIVE_INFINITY;
	/** Units that were drawn here; their hashes differ from experiment to experiment. */
	readonly #known = new BoundedMap<string, true>(MAX_KNOWN);
	#checking: Promise<void> = Promise.resolve();

	constructor(options: ExperimentsOptions) {
		this.#options = options;
	}

	async list(): Promise<StoredExperiment[]> {
		const { experiments } = await this.#options.storage();
		return await experiments.list();
	}

	async create(
		input: ExperimentInput,
		author: AuditAuthor,
		{ isReplacing = false }: { isReplacing?: boolean } = {},
	): Promise<StoredExperiment> {
		const { clock, config, routerOptions } = this.#options;
		const { experiments, records } = await this.#options.storage();
		const now = clock.now();
		const definition = completeDefinition(input, await records.outcomes({ from: 0, to: now + 1 }, CAP_OUTCOMES));
		createExperimentArms(definition, config, routerOptions);
		const made = { definition, createdAt: now };
		if (!(await experiments.add(made, author, { isReplacing }))) {
			const { name } = definition;
			const { freeze } = await this.#find(name);
			throw new InvalidInputError(
				freeze === null
					? `There is an experiment "${name}" already, not started yet. Give this one another name, or say that it takes the place of that one: --replace at the command line, "replace": true over HTTP`
					: `The experiment "${name}" has been started: nothing of it can be changed any more. A change makes another experiment: give it another name.`,
			);
		}
		return { ...made, freeze: null, end: null };
	}

	async start(name: string, author: AuditAuthor): Promise<ExperimentStatus> {
		const { clock, config, routerOptions } = this.#options;
		const storage = await this.#options.storage();
		const found = await this.#find(name);
		if (found.freeze !== null)
			throw new InvalidInputError(
				`The experiment "${name}" ${found.end === null ? 'runs already' : 'has ended; to repeat it, create one with another name'}.`,
			);
		const { policyHashes } = createExperimentArms(found.definition, config, routerOptions);
		const { random = Math.random } = routerOptions;
		const salt = hashText(`${random()} ${random()}`);
		const freeze = { at: clock.now(), hash: stableHash(found.definition), policyHashes, salt };
		if (!(await storage.experiments.start(name, freeze, author))) {
			const other = (await this.list()).find(isRunning);
			throw new InvalidInputError(
				`The experiment "${name}" cannot start while "${other?.definition.name ?? 'another'}" runs: one runs at a time, so that each is alone in what it changes. Stop that one first.`,
			);
		}
		await this.read(storage);
		return await this.status(name);
	}

	async stop(name: string, author: AuditAuthor): Promise<ExperimentStatus> {
		const found = await this.#find(name);
		if (!isRunning(found)) throw new InvalidInputError(`The experiment "${name}" does not run.`);
		await this.read(await this.#options.storage());
		await this.#look({ isDeciding: false });
		if (this.#running?.definition.name === name)
			await this.#end({ reason: 'by-hand', message: 'Stopped by hand' }, author);
		return await this.status(name);
	}

	async status(name: string): Promise<ExperimentStatus> {
		await this.read(await this.#options.storage());
		if (this.#running?.definition.name === name) await this.#look({ isDeciding: false });
		const found = await this.#find(name);
		const running = this.#running?.definition.name === name ? this.#running : null;
		const result = found.end?.result ?? (running && readExperiment(running.state, running.definition));
		return { ...found, state: getState(found), result };
	}

	async #find(name: string): Promise<StoredExperiment> {
		const all = await this.list();
		const found = all.find(({ definition }) => definition.name === name);
		if (found !== undefined) return found;
		const names = all.map(({ definition }) => definition.name);
		const nearest = nearestName(name, names);
		const listed =
			names.length === 0
				? 'there are none. Make one: switchyard experiment create NAME --arm now --arm small=model:haiku'
				: `there are ${names.join(', ')}`;
		const hint = nearest === null ? listed : `did you mean "${nearest}"?`;
		throw new InvalidInputError(`There is no experiment "${name.slice(0, 80)}"; ${hint}`);
	}

	/** Decides from now on within another limit of one request, in USD; `undefined`: within none. */
	setRequestLimit(limitUsd: number | undefined): void {
		for (const router of this.#running?.arms?.routers ?? []) router.setRequestLimit(limitUsd);
	}

	/** Takes part in what runs by the storage. */
	async read({ experiments }: RouterStorage): Promise<void> {
		const found = (await experiments.list()).find(isRunning);
		if (found === undefined || found.freeze === null) {
			this.#running = null;
			return;
		}
		if (this.#running?.freeze.salt === found.freeze.salt) return;
		const { config, logger, routerOptions } = this.#options;
		const { definition, freeze } = found;
		const state = createExperimentState(definition);
		let [arms, broken]: [ExperimentArms | null, RunningExperiment['broken']] = [null, null];
		try {
			arms = createExperimentArms(definition, config, routerOptions);
			if (stableHash(definition) !== freeze.hash)
				broken = { reason: 'changed', message: 'Its definition in the database is not the one that it started with' };
			else if (freeze.policyHashes.some((hash, index) => hash !== arms?.policyHashes[index]))
				broken = {
					reason: 'changed',
					message: 'The configured policy, weights or default model have changed since its start',
				};
		} catch (error) {
			if (!isRouterError(error)) throw error;
			broken = { reason: 'arm-gone', message: error.message };
		}
		if (broken !== null) {
			logger.warn(`Experiment ${definition.name} goes no further: ${broken.message}`);
			arms = null;
		}
		this.#running = { definition, freeze, arms, broken, state };
	}

	/** Decides a request in the arm of its conversation or key; `null` where it is left to the configured policy. */
	async enter(descriptor: TaskDescriptor, options: RouteOptions): Promise<RoutingDecision | null> {
		const running = this.#running;
		if (running === null || options.isUnrecorded === true) return null;
		const { clock, ids, logger, optimizer } = this.#options;
		const now = clock.now();
		if (now - this.#checkedAt >= CHECK_INTERVAL_MS)
			void this.#look({ isDeciding: true }).catch((error: unknown) =>
				logger.error('An experiment could not be looked at', { error: String(error) }),
			);
		const { arms, definition, freeze } = running;
		if (arms === null || now >= freeze.at + definition.maxDays * DAY_MS) return null;
		const unit = getUnit(descriptor, options, { definition, newId: () => ids.next() });
		if (unit === null) return null;
		const { exceeded, warning } = optimizer.checkBudget();
		if (exceeded || warning) return null;
		const drawn = arms.draw(unit, freeze.salt);
		// a conversation that began before is not drawn in its middle
		const isFirst = descriptor.cachedPrefix === undefined;
		if (!isFirst && !(await this.#isKnown(definition.name, drawn.unit))) return null;
		this.#known.set(drawn.unit, true);
		return arms.decide(drawn, descriptor, options.unservable);
	}

	async #isKnown(name: string, unit: string): Promise<boolean> {
		if (this.#known.get(unit) === true) return true;
		// another process may have drawn it
		const { experiments } = await this.#options.storage();
		return await experiments.knows(name, unit).catch(() => false);
	}

	/** Counts what is due and looks at it: an experiment that is decided, has taken its time or goes too far ends. */
	async #look({ isDeciding }: { isDeciding: boolean }): Promise<void> {
		if (isDeciding) this.#checkedAt = this.#options.clock.now();
		this.#checking = this.#checking.catch(() => {}).then(() => this.#check(isDeciding));
		await this.#checking;
	}

	/** `isDeciding`: this process decides requests, and not only shows what others do, maybe under another configuration. */
	async #check(isDeciding: boolean): Promise<void> {
		const running = this.#running;
		if (running === null) return;
		const { clock, recorder } = this.#options;
		const { broken, definition, freeze, state } = running;
		await recorder.flush();
		const { experiments } = await this.#options.storage();
		const now = clock.now();
		const windowMs = definition.windowMinutes * MINUTE_MS;
		const before = now - windowMs - GRACE_MS;
		const { maxUnits, name } = definition;
		const counted = await experiments.count(name, { before, windowMs, maxUnits });
		for (;;) {
			const units = await experiments.units(name, state.position, PAGE_UNITS);
			for (const unit of units) addUnit(state, unit, definition);
			if (units.length < PAGE_UNITS) break;
			await giveWay();
		}
		const { guardrail, verdicts } = readExperiment(state, definition);
		if (broken !== null) {
			if (isDeciding) await this.#end(broken);
		} else if (guardrail !== null) await this.#end({ reason: 'guardrail', message: guardrail });
		else if (verdicts.every(({ outcome }) => outcome !== null && outcome !== 'undecided'))
			await this.#end({
				reason: 'decided',
				message: verdicts.map(({ arm, outcome }) => `${arm} is ${outcome}`).join(', '),
			});
		else if (counted >= maxUnits)
			await this.#end({ reason: 'max-units', message: `${maxUnits} units were counted without a verdict` });
		else if (now >= freeze.at + definition.maxDays * DAY_MS)
			await this.#end({ reason: 'max-days', message: `${definition.maxDays} days have passed without a verdict` });
	}

	/** Ends what runs, for all processes; whoever is first says why. */
	async #end(
		{ message, reason }: Pick<NonNullable<StoredExperiment['end']>, 'reason' | 'message'>,
		author?: AuditAuthor,
	): Promise<void> {
		const running = this.#running;
		if (running === null) return;
		const { clock, emit } = this.#options;
		const { definition, state } = running;
		const { experiments } = await this.#options.storage();
		const at = clock.now();
		const result = readExperiment(state, definition);
		const isEnded = await experiments.end(
			definition.name,
			{ at, reason, message, result },
			author ?? { ...OWN_AUTHOR, at },
		);
		if (this.#running === running) this.#running = null;
		if (isEnded) emit({ type: 'experiment-ended', experiment: definition.name, reason, message, result });
	}
}
