import {
	addToTotals,
	type BudgetCheck,
	type BudgetConfig,
	type BudgetKeys,
	type BudgetRule,
	type BudgetStatus,
	type Clock,
	type CostEntry,
	type CostReport,
	type CostSuggestion,
	type CostTotals,
	type IdSource,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	type OutcomeObservation,
	type RouterEvent,
	type RouterEventListener,
	type TaskType,
	type TokenCounts,
	toCostSums,
	usdToNano,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { BoundedMap, createUuidSource, DAY_MS, SYSTEM_CLOCK } from '../util/index.ts';
import { type BudgetCalendar, type BudgetPeriod, createBudgetCalendar } from './budgets/budget-calendar.ts';
import { replaceLimits, validateBudget } from './budgets/budget-config.ts';
import {
	type BudgetSubject,
	createBudgetStatus,
	createRuleChecks,
	EmittedAlerts,
	findRequestLimits,
	getRulePeriods,
	type RequestLimit,
	type WatchedSpend,
} from './budgets/budget-status.ts';
import { createTrackedEntry } from './create-tracked-entry.ts';
import { OutcomeEvidence } from './reports/compare-models.ts';
import { reportEntries, type SpendSummary, summarizeTotals } from './reports/cost-report.ts';
import { exportEntries } from './reports/export-entries.ts';
import { suggestDowngrades } from './reports/suggest-downgrades.ts';

/** Days that `clearOldRecords` keeps by default. */
const DEFAULT_DAYS_TO_KEEP = 90;

/** What a `CostOptimizer` may be given. */
export interface CostOptimizerOptions {
	/** @default the machine's clock */
	clock?: Pick<Clock, 'now'>;
	/** @default UUIDs of version 7 */
	ids?: IdSource;
	/** Receives `cost-recorded` and `budget-alert`. */
	onEvent?: RouterEventListener;
	/** Models that advice may name; those that were used are always among them. @default every profile */
	candidates?: readonly ModelName[];
	/** Emit `budget-alert` from this process's own view of spending; off where somebody watches all processes. @default true */
	announcesAlerts?: boolean;
	/** Writes usage tracked by hand to storage, with the limits it counts against. */
	onCharge?: (entry: CostEntry, checks: BudgetCheck[]) => void;
}

/** Spending of the current day and month, as storage has it. */
export interface RestoredSpend {
	dayKey: string;
	dayNano: NanoUsd;
	monthKey: string;
	monthNano: NanoUsd;
}

/** Tracks spending in memory, holds it against limits, and says where money is spent for nothing. */
export class CostOptimizer {
	/** Days and months of the budget's time zone. */
	readonly calendar: BudgetCalendar;
	readonly #profiles: ReadonlyMap<ModelName, ModelProfile>;
	readonly #options: CostOptimizerOptions;
	readonly #clock: Pick<Clock, 'now'>;
	readonly #ids: IdSource;
	readonly #ledger: InMemoryLedger;
	readonly #alerts = new EmittedAlerts();
	readonly #outcomes = new OutcomeEvidence();
	/** Without the limits that were set in the store. */
	#configured: BudgetConfig;
	#budget: BudgetConfig;
	#basicChecks: { day: BudgetPeriod; month: BudgetPeriod; checks: readonly BudgetCheck[] } | null = null;

	/** @throws InvalidConfigError for limits, rules, warnings or a time zone that cannot be used. */
	constructor(
		budget: BudgetConfig,
		profiles: ReadonlyMap<ModelName, ModelProfile> | readonly ModelProfile[],
		options: CostOptimizerOptions = {},
	) {
		this.#profiles = new Map([...profiles.values()].map((profile) => [profile.name, profile]));
		this.#configured = validateBudget(budget, this.#profiles.values());
		this.#budget = this.#configured;
		this.calendar = createBudgetCalendar(budget.timezone);
		this.#options = options;
		this.#clock = options.clock ?? SYSTEM_CLOCK;
		this.#ids = options.ids ?? createUuidSource(() => this.#clock.now());
		this.#ledger = new InMemoryLedger(this.calendar);
	}

	/** The limits in force. */
	get budget(): BudgetConfig {
		return { ...this.#budget, alerts: { ...this.#budget.alerts } };
	}

	/** The tightest limit of one request of the subject, `null` when there is none. @default subject: anybody */
	getRequestLimit(subject: BudgetSubject = {}): RequestLimit | null {
		return this.getRequestLimits(subject)[0] ?? null;
	}

	/** Every limit of one request of the subject, the tightest first. @default subject: anybody */
	getRequestLimits(subject: BudgetSubject = {}): RequestLimit[] {
		return findRequestLimits(this.#budget, subject);
	}

	/** Books usage that was not executed here. Cost in USD. @throws InvalidInputError naming the field that cannot be used. */
	trackUsage(model: ModelName, taskType: TaskType, tokens: TokenCounts, costUsd: number): void {
		const stamp = { id: this.#ids.next(), at: this.#clock.now(), profile: this.#profiles.get(model) };
		const entry = createTrackedEntry({ model, taskType, tokens, costUsd }, stamp);
		this.#ledger.charge(entry);
		this.#options.onCharge?.(entry, this.getChecks(entry.at, { model, taskType }));
		this.#announce(entry);
	}

	/** Counts a settled charge in budgets, reports and advice. Storage has it already. */
	record(entry: CostEntry): void {
		this.#ledger.charge(entry);
		this.#announce(entry);
	}

	/** Learns how a task ended, for advice. */
	observe(observation: OutcomeObservation): void {
		this.#outcomes.observe(observation);
	}

	/** Changes the limits, in USD; a limit left out stays. @throws InvalidConfigError and changes nothing. */
	setBudget(daily: number, monthly: number, perRequest?: number): void {
		const limits = { ...this.#budget, dailyLimit: daily, monthlyLimit: monthly };
		this.#configured = validateBudget(perRequest === undefined ? limits : { ...limits, perRequestLimit: perRequest });
		this.#budget = this.#configured;
		this.#basicChecks = null;
		this.#warn(this.#clock.now());
	}

	/** The limits as they are configured, by the names under which they are counted. */
	get configuredBudget(): BudgetConfig {
		return this.#configured;
	}

	/** Has limits that were set in the store stand in the place of the configured ones, from the next request on. @throws InvalidConfigError and changes nothing. */
	replaceLimits(rules: readonly BudgetRule[]): void {
		this.#budget = this.#withLimits(rules).budget;
		this.#basicChecks = null;
	}

	/** The rules as they would be counted in the place of the configured limits. @throws InvalidConfigError for what cannot be. */
	checkLimits(rules: readonly BudgetRule[]): readonly BudgetRule[] {
		return this.#withLimits(rules).known;
	}

	#withLimits(rules: readonly BudgetRule[]): { known: readonly BudgetRule[]; budget: BudgetConfig } {
		const profiles = [...this.#profiles.values()];
		const { rules: known = [] } = validateBudget({ ...this.#configured, rules }, profiles);
		return { known, budget: validateBudget(replaceLimits(this.#configured, known), profiles) };
	}

	/** Where spending stands now. */
	checkBudget(): BudgetStatus {
		const periods = this.#periods(this.#clock.now());
		return createBudgetStatus(this.#budget, periods, (key) => this.#ledger.spentIn(key));
	}

	/** The limits that apply to a subject at an instant (epoch ms): the day's, the month's, and those of the rules. @default now */
	getChecks(at: number = this.#clock.now(), subject: BudgetSubject = {}): BudgetCheck[] {
		const rules = createRuleChecks(subject, { budget: this.#budget, calendar: this.calendar, at });
		return [...this.#dayAndMonthChecks(at), ...rules];
	}

	/** The keys of the day, the month and the rules' periods in force, as `saveLimits` of the budget store takes them. */
	getBudgetKeys(): BudgetKeys {
		const now = this.#clock.now();
		const [day, month] = this.#periods(now);
		return {
			dayKey: day.key,
			monthKey: month.key,
			startsAt: day.startsAt,
			endsAt: day.endsAt,
			monthStartsAt: month.startsAt,
			rules: this.#budget.rules && getRulePeriods(this.#budget.rules, this.calendar, now),
		};
	}

	/** Sets the periods' spending to what storage has, so that budgets outlive a restart. Thresholds already reached do not alert again. */
	restoreSpend({ dayKey, dayNano, monthKey, monthNano }: RestoredSpend): void {
		this.#ledger.setSpent(dayKey, dayNano);
		this.#ledger.setSpent(monthKey, monthNano);
		this.#alerts.claimNew(this.#watched(this.#clock.now()));
	}

	/** Adds charges of earlier runs for reports and advice; budgets do not count them (see `restoreSpend`). Known ids are skipped. */
	restoreEntries(entries: readonly CostEntry[]): void {
		this.#ledger.restore(entries);
	}

	/** At most five cheaper models that did as well, the most worthwhile first. */
	suggestDowngrades(): CostSuggestion[] {
		const { candidates } = this.#options;
		const used = this.#ledger.entries.map(({ model }) => model);
		return suggestDowngrades({
			candidates: candidates && new Set([...candidates, ...used]),
			entries: this.#ledger.entries,
			getEvidence: (model, type) => this.#outcomes.get(model, type),
			profiles: this.#profiles,
			now: this.#clock.now(),
		});
	}

	/** Spending from `start` to `end` (both inclusive), from the charges in memory. @throws InvalidInputError */
	generateReport(period: { start: Date; end: Date }): CostReport {
		return reportEntries(this.#ledger.entries, {
			period,
			calendar: this.calendar,
			suggestions: this.suggestDowngrades(),
			now: this.#clock.now(),
		});
	}

	/** The charges in memory as a JSON array or CSV with a header. @throws InvalidInputError for another format. */
	exportRecords(format: 'json' | 'csv'): string {
		return exportEntries(this.#ledger.entries, format);
	}

	/** Totals of all days in memory, in USD. */
	getSummary(): SpendSummary {
		return summarizeTotals(this.#ledger.days);
	}

	/** Removes charges from before the day `daysToKeep` days ago from memory; budgets keep counting them. Answers how many. @throws InvalidInputError */
	clearOldRecords(daysToKeep: number = DEFAULT_DAYS_TO_KEEP): number {
		if (!(daysToKeep >= 0 && Number.isFinite(daysToKeep))) {
			throw new InvalidInputError(`Nothing cleared: daysToKeep is ${daysToKeep}. Give a number of days, 0 or more.`);
		}
		const { startsAt } = this.calendar.periodAt('day', this.#clock.now() - daysToKeep * DAY_MS);
		return this.#ledger.removeBefore(startsAt);
	}

	#periods(at: number): [BudgetPeriod, BudgetPeriod] {
		return [this.calendar.periodAt('day', at), this.calendar.periodAt('month', at)];
	}

	/** Percentages of a limit at which an alert is emitted, beside 100. */
	getAlertThresholds({ scope, period, warnAt }: BudgetCheck): readonly number[] {
		if (warnAt !== undefined || scope !== 'all') return warnAt ?? [];
		const { dailyWarning, monthlyWarning } = this.#budget.alerts;
		return [period === 'day' ? dailyWarning : monthlyWarning];
	}

	/** The checks of the day and the month; made once per budget and period. */
	#dayAndMonthChecks(at: number): readonly BudgetCheck[] {
		const [day, month] = this.#periods(at);
		const { dailyLimit, monthlyLimit, atLimit } = this.#budget;
		const known = this.#basicChecks;
		if (known !== null && known.day === day && known.month === month) return known.checks;
		const create = ({ kind, key, endsAt }: BudgetPeriod, limit: number): BudgetCheck => ({
			scope: 'all',
			period: kind,
			periodKey: key,
			limitNanoUsd: usdToNano(limit),
			resetsAt: endsAt,
			atLimit,
		});
		const checks = [create(day, dailyLimit), create(month, monthlyLimit)];
		this.#basicChecks = { day, month, checks };
		return checks;
	}

	#watched(at: number): WatchedSpend[] {
		return this.#dayAndMonthChecks(at).map((check) => ({
			check,
			spentNanoUsd: this.#ledger.spentIn(check.periodKey),
			warnAt: this.getAlertThresholds(check),
		}));
	}

	#announce(entry: CostEntry): void {
		this.#emit({ type: 'cost-recorded', entry });
		this.#warn(entry.at);
	}

	#warn(at: number): void {
		if (this.#options.announcesAlerts === false) return;
		for (const { event } of this.#alerts.claimNew(this.#watched(at))) this.#emit(event);
	}

	#emit(event: RouterEvent): void {
		try {
			this.#options.onEvent?.(event);
		} catch {
			// A listener's contract: what it throws never reaches the caller, least of all while money is booked.
		}
	}
}

/** Bytes of the entries kept for reports, exports and advice, about; sums stay exact when older entries are evicted. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** Bytes of an entry beside the names it is attributed to, about. */
const ENTRY_BYTES = 1024;
/** Days whose sums are kept. */
const MAX_KEPT_DAYS = 1_000;
/** Periods whose spending is kept; the current ones are always the latest used. */
const MAX_KEPT_PERIODS = 100;

/** What this process has spent: the latest entries, sums per day, and the spending of the budget's days and months. */
class InMemoryLedger {
	readonly #calendar: BudgetCalendar;
	readonly #days = new BoundedMap<string, CostTotals>(MAX_KEPT_DAYS);
	readonly #periods = new BoundedMap<string, NanoUsd>(MAX_KEPT_PERIODS);
	#entries: CostEntry[] = [];
	#bytes = 0;

	constructor(calendar: BudgetCalendar) {
		this.#calendar = calendar;
	}

	/** The entries kept, in the order they came. */
	get entries(): readonly CostEntry[] {
		return this.#entries;
	}

	/** Sums of each day kept. */
	get days(): readonly CostTotals[] {
		return [...this.#days.values()];
	}

	/** Spending of a day or month, by its key. */
	spentIn(periodKey: string): NanoUsd {
		return this.#periods.get(periodKey) ?? 0;
	}

	/** Sets the spending of a day or month. */
	setSpent(periodKey: string, spent: NanoUsd): void {
		this.#periods.set(periodKey, spent);
	}

	/** Adds a charge that counts against budgets. */
	charge(entry: CostEntry): void {
		this.#entries.push(entry);
		this.#bytes += estimateBytes(entry);
		// A tenth over, so that copying is rare.
		if (this.#bytes > MAX_KEPT_BYTES * 1.1) this.#keep(this.#entries);
		this.#addToDay(entry);
		if (entry.costNanoUsd === null) return;
		for (const kind of ['day', 'month'] as const) {
			const { key } = this.#calendar.periodAt(kind, entry.at);
			this.setSpent(key, this.spentIn(key) + entry.costNanoUsd);
		}
	}

	/** Adds entries of earlier runs, whose spending `setSpent` brings in; ids that are there already are skipped. */
	restore(entries: readonly CostEntry[]): void {
		const known = new Set(this.#entries.map(({ id }) => id));
		const older = entries.filter(({ id }) => !known.has(id)).sort((a, b) => a.at - b.at);
		for (const entry of older) this.#addToDay(entry);
		this.#keep([...older, ...this.#entries]);
	}

	/** Removes entries and day sums before an instant that begins a day; budgets keep counting. Answers how many entries. */
	removeBefore(startOfDay: number): number {
		const { key } = this.#calendar.periodAt('day', startOfDay);
		for (const day of [...this.#days.keys()]) if (day < key) this.#days.delete(day);
		const before = this.#entries.length;
		this.#keep(this.#entries.filter((entry) => entry.at >= startOfDay));
		return before - this.#entries.length;
	}

	/** Keeps the latest of these entries, as many as there is room for. */
	#keep(entries: readonly CostEntry[]): void {
		let from = entries.length;
		let bytes = 0;
		this.#bytes = 0;
		for (const entry of entries.toReversed()) {
			bytes += estimateBytes(entry);
			if (bytes > MAX_KEPT_BYTES) break;
			from -= 1;
			this.#bytes = bytes;
		}
		this.#entries = entries.slice(from);
	}

	#addToDay(entry: CostEntry): void {
		addToTotals(this.#days, this.#calendar.periodAt('day', entry.at).key, toCostSums(entry));
	}
}

/** About what an entry takes in memory. */
function estimateBytes({ attribution }: CostEntry): number {
	const { session, tags, ...names } = attribution ?? {};
	let characters = session?.length ?? 0;
	for (const tag of tags ?? []) characters += tag.length;
	for (const name of Object.values(names)) characters += typeof name === 'string' ? name.length : 0;
	return ENTRY_BYTES + characters;
}
