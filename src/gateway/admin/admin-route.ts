import type { ConfigValue } from '../../config/index.ts';
import type { AuditAuthor, Clock, KeyScope } from '../../contracts/index.ts';
import type { LimitTracker } from '../../providers/index.ts';
import type { BoundedMap, JsonObject } from '../../util/index.ts';
import type { Gateway } from '../gateway-state.ts';
import type { ReloadReport } from './config-reloader.ts';
import type { HeardAlert } from './dashboard/index.ts';

/** How the configuration is shown and reloaded. */
export interface ConfigManagement {
	/** Every value in force, with its origin. */
	configValues: () => readonly ConfigValue[];
	/** Applies the configuration as it is now, or rejects it and keeps the one in force. Never throws. */
	reload: () => Promise<ReloadReport>;
}

/** What the routes of the admin API work with. */
export interface AdminContext extends ConfigManagement {
	gateway: Gateway;
	clock: Clock;
	/** Limits that providers have stated. */
	limits: LimitTracker;
	/** Called with the id of a key that was made or changed. */
	onKeyChange: (id: string) => void;
	/** Has every process of this gateway read the stored limits; resolves when they are in force in all of them. */
	refreshLimits: () => Promise<void>;
	/** What the dashboard has heard. */
	live: { readonly alerts: readonly HeardAlert[]; announce(): void };
	/** Overviews of the last moment by their range: pages that were told of the same change share them. */
	overviews: BoundedMap<string, Promise<unknown>>;
}

/** One request of the admin API, parsed. */
interface AdminRequest {
	/** Values of the path's `:name` parts. */
	path: Readonly<Record<string, string>>;
	query: URLSearchParams;
	/** Who asks, as the audit log names it. */
	author: AuditAuthor;
	/** Empty where none was sent. */
	body: JsonObject;
}

/** The answer to it, as JSON. */
interface AdminResponse {
	/** @default 200 */
	status?: number;
	body: unknown;
}

/** One route of the admin API. */
export interface AdminRoute {
	method: 'GET' | 'POST';
	/** With `:name` for a variable part. */
	path: string;
	scope: KeyScope;
	/** Known query parameters; any other is rejected. @default none */
	query?: readonly string[];
	handle: AdminHandler;
}

/** Answers one request. @throws RouterError for one that cannot be answered */
export type AdminHandler = (request: AdminRequest, context: AdminContext) => Promise<AdminResponse>;

/** ISO 8601 of epoch milliseconds; `null` stays. */
export function formatTime(at: number | null): string | null {
	return at === null ? null : new Date(at).toISOString();
}
