import type {
	Attempt,
	BudgetCheck,
	CostEntry,
	Reservation,
	RouterEvent,
	RouterStorage,
} from '../../../src/contracts/index.ts';
import type { SimulatedRequest } from '../../../src/testing.ts';
import { priceBill } from './provider-bill.ts';

/** A charge and what was held for it; `null` without a hold. */
interface Charge {
	entry: CostEntry;
	heldNanoUsd: number | null;
}

/** How many rows hold what was reported, and how many an estimate. */
type Counts = Record<'reported' | 'estimated', number>;

/** Rows, attempts and the provider's calls of one request, each in their order. */
interface RequestBooks {
	own: readonly CostEntry[];
	attempts: readonly Attempt[];
	calls: readonly SimulatedRequest[];
}

/** What was seen of the money of a month, and which laws were broken. */
export class MonthBooks {
	readonly charges: Charge[] = [];
	readonly broken: string[] = [];
	/** Times at which a limit was compared with what it has left. */
	looks = 0;
	/** Holds that were refused. */
	refusals = 0;
	readonly #attempts = new Map<string, Attempt[]>();

	/** The storage, every change of its money watched: settled + unknown + held must stay within every limit. */
	watch(storage: RouterStorage): RouterStorage {
		const { budgets } = storage;
		return {
			...storage,
			budgets: {
				...budgets,
				reserve: async (reservation) => {
					const result = await budgets.reserve(reservation);
					if (!result.granted) this.refusals += 1;
					await this.#look(storage, reservation.checks);
					return result;
				},
				settle: async (reservation: Reservation, entry) => {
					await budgets.settle(reservation, entry);
					this.charges.push({ entry, heldNanoUsd: reservation.amountNanoUsd });
					await this.#look(storage, reservation.checks);
				},
				release: async (reservation) => {
					await budgets.release(reservation);
					await this.#look(storage, reservation.checks);
				},
				charge: async (checks, entry) => {
					await budgets.charge(checks, entry);
					this.charges.push({ entry, heldNanoUsd: null });
					await this.#look(storage, checks);
				},
			},
		};
	}

	async #look({ budgets }: RouterStorage, checks: readonly BudgetCheck[]): Promise<void> {
		for (const { isSoft, limitNanoUsd, periodKey, scope } of checks) {
			if (isSoft === true) continue;
			this.looks += 1;
			// what is settled contains what is unknown
			const { reservedNanoUsd, settledNanoUsd } = await budgets.spend(scope, periodKey);
			if (settledNanoUsd + reservedNanoUsd > limitNanoUsd)
				this.broken.push(
					`${scope} ${periodKey}: ${settledNanoUsd} settled + ${reservedNanoUsd} held > ${limitNanoUsd}`,
				);
		}
	}

	/** Hears which calls were made. */
	readonly onEvent = (event: RouterEvent): void => {
		if (event.type !== 'attempt-end' || event.decisionId === null) return;
		const { attempt, decisionId } = event;
		if (attempt.outcome === 'skipped' || attempt.wasSent === false) return;
		this.#attempts.set(decisionId, [...(this.#attempts.get(decisionId) ?? []), attempt]);
	};

	/** Compares the ledger with what the provider bills, request by request. Answers how many rows are reported, estimated. */
	compare(entries: readonly CostEntry[], calls: readonly SimulatedRequest[]): Counts {
		const rows = groupBy(entries, (entry) => entry.attribution?.tags?.find((tag) => /^r\d+$/.test(tag)) ?? '');
		const asked = groupBy(calls, readMark);
		const counts: Counts = { reported: 0, estimated: 0 };
		for (const id of new Set([...rows.keys(), ...asked.keys()])) {
			const own = rows.get(id) ?? [];
			const attempts = this.#attempts.get(own[0]?.decisionId ?? '') ?? [];
			this.#compareRequest(id, { own, attempts, calls: asked.get(id) ?? [] }, counts);
		}
		this.#compareHolds(entries);
		return counts;
	}

	#compareRequest(id: string, { attempts, calls, own }: RequestBooks, counts: Counts): void {
		if (new Set(own.map(({ attempt }) => attempt)).size !== own.length) this.#break(id, 'an attempt is charged twice');
		if (calls.length > 0 && attempts.length > calls.length) {
			this.#compareSums(id, own, calls);
			return;
		}
		for (const [index, call] of calls.entries()) {
			const row = own.find(({ attempt }) => attempt === attempts[index]?.number);
			if (row !== undefined) this.#compareCall(id, call, row, counts);
			else if (call.billed !== null) this.#break(id, `${call.model} (${call.met}) is billed and not charged`);
		}
	}

	/** Of a request of which a call was left before the provider had read it: nobody can say which. */
	#compareSums(id: string, own: readonly CostEntry[], calls: readonly SimulatedRequest[]): void {
		const at = own[0]?.at ?? 0;
		const bill = calls.reduce(
			(sum, { billed }) => sum + (billed === null ? 0 : priceBill(own[0]?.model ?? '', billed, at)),
			0,
		);
		const charged = own.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
		if (new Set(own.map(({ model }) => model)).size === 1 && bill > charged)
			this.#break(id, `billed ${bill}, charged ${charged}`);
	}

	#compareCall(id: string, { billed, met, model }: SimulatedRequest, row: CostEntry, counts: Counts): void {
		const bill = billed === null ? 0 : priceBill(row.model, billed, row.at);
		const charged = row.costNanoUsd ?? 0;
		const figures = `${model} (${met}): billed ${bill} ${JSON.stringify(billed)}, charged ${charged} ${JSON.stringify(row.usage)}`;
		const isEstimated = row.usage.isEstimated === true;
		counts[isEstimated ? 'estimated' : 'reported'] += 1;
		if (isEstimated && bill > charged) this.#break(id, `estimated too low, ${figures}`);
		if (!isEstimated && bill !== charged) this.#break(id, `not what was billed, ${figures}`);
	}

	#break(id: string, what: string): void {
		this.broken.push(`${id}: ${what}`);
	}

	#compareHolds(entries: readonly CostEntry[]): void {
		const stored = new Set(entries.map(({ id }) => id));
		for (const { entry, heldNanoUsd } of this.charges) {
			if (!stored.has(entry.id)) this.broken.push(`${entry.id} is charged and not in the ledger`);
			if (heldNanoUsd === null || (entry.costNanoUsd ?? 0) > heldNanoUsd)
				this.broken.push(
					`${entry.attribution?.tags} ${entry.model}: charged ${entry.costNanoUsd} of ${heldNanoUsd} held, ${JSON.stringify(entry.usage)}`,
				);
		}
		if (stored.size !== this.charges.length) this.broken.push(`${this.charges.length} charges, ${stored.size} rows`);
	}
}

function readMark({ bodyText }: SimulatedRequest): string {
	return /\[#(r\d+)\]/.exec(bodyText)?.[1] ?? '';
}

function groupBy<Value>(values: readonly Value[], key: (value: Value) => string): Map<string, Value[]> {
	const groups = new Map<string, Value[]>();
	for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
	return groups;
}
