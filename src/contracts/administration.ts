import type { BudgetRule } from './budget.ts';

/** What is changed by hand and kept in the audit log. */
export type AuditAction =
	| 'key-created'
	| 'key-rotated'
	| 'key-revoked'
	| 'limit-set'
	| 'limit-cleared'
	| 'experiment-created'
	| 'experiment-started'
	| 'experiment-ended';

/** Who changes something. */
export interface AuditAuthor {
	/** The id of a virtual key, `loopback` for a gateway that needs none, `command-line`, or `switchyard` for what happens by itself. */
	by: string;
	/** What the key is called. */
	byName: string | null;
	/** Epoch milliseconds. */
	at: number;
}

/** One change: who made it, when, and what was there before and after. Holds no secret and no hash of one. */
export interface AuditEntry extends AuditAuthor {
	/** Counts up by one with each entry. */
	id: number;
	action: AuditAction;
	/** The id of a key or of a limit (`formatLimitId`), or the name of an experiment. */
	target: string;
	/** `null`: there was nothing. */
	before: unknown;
	/** `null`: there is nothing any more. */
	after: unknown;
}

/** Reads the changes that were made. Stores write an entry in the transaction of the change itself; none is ever changed or removed. */
export interface AuditLog {
	/** The newest first, older than the entry `before`. @default before: from the newest on */
	list(limit: number, before?: number): Promise<AuditEntry[]>;
}

/** A limit that was set in the store: it takes the place of the configured one for the same spending. */
export interface StoredLimit extends AuditAuthor {
	rule: BudgetRule;
}

/** Keeps limits that win over the configuration. */
export interface LimitStore {
	/** By their ids. */
	list(): Promise<StoredLimit[]>;
	/** Sets a limit, in place of the one with the same id. `configured`: what the configuration says there, for the audit log. */
	set(limit: StoredLimit, configured: BudgetRule | null): Promise<void>;
	/** Has the configuration count again. False when there was no such limit. */
	clear(id: string, author: AuditAuthor, configured: BudgetRule | null): Promise<boolean>;
}

/** The name of a limit: what it counts, and in which period. Two limits with one name would limit the same spending. */
export function formatLimitId({
	scope,
	of,
	period,
	kind,
}: Pick<BudgetRule, 'scope' | 'of' | 'period' | 'kind'>): string {
	return `${scope}${of === undefined ? '' : `:${of}`} per ${period}${kind === 'soft' ? ', soft' : ''}`;
}
