import type { Attribution, KeyScope, ModelProfile, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';

/** Who sent a request. */
export interface Caller {
	/** Owner of stored answers, sessions and idempotency keys: the key's id; `local` without a key. */
	owner: string;
	/** `null` for a call without one, where none is required. */
	key: VirtualKey | null;
}

/** Whom a request is booked to: its key with team and tags, and the tags and session of the request. */
export function createAttribution(
	{ key }: Caller,
	request: { tags?: readonly string[] | undefined; session?: string | null | undefined },
): Attribution {
	const tags = [...new Set([...(key?.tags ?? []), ...(request.tags ?? [])])];
	return {
		...(key === null ? {} : { key: key.id }),
		...(key?.team == null ? {} : { team: key.team }),
		...(tags.length === 0 ? {} : { tags }),
		...(request.session == null ? {} : { session: request.session }),
	};
}

/** What a scope allows, in messages. */
const SCOPE_MEANING: Readonly<Record<KeyScope, string>> = {
	route: 'call models',
	read: 'read figures and settings',
	admin: 'manage the gateway',
};

/** `admin` includes `read`. It excludes `route`, so that a key for managing spends nothing by accident. */
function hasScope(key: VirtualKey, scope: KeyScope): boolean {
	return key.scopes.includes(scope) || (scope === 'read' && key.scopes.includes('admin'));
}

/** Requires a scope. A caller without a key (`null`) was admitted without one and may do everything. @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireScope(key: VirtualKey | null, scope: KeyScope): void {
	if (key === null || hasScope(key, scope)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not ${SCOPE_MEANING[scope]}: it has the scopes ${key.scopes.join(', ') || 'none'}. Use a key with the scope ${scope} (\`switchyard keys create --scope ${scope}\`).`,
	);
}

/** Whether a key may use a model; its list may hold any of the model's names. */
export function canUseModel(key: VirtualKey | null, profile: ModelProfile): boolean {
	if (key === null || key.allowedModels === null) return true;
	const names = [profile.name, profile.id, profile.modelId, ...(profile.aliases ?? [])].map((name) =>
		name.toLowerCase(),
	);
	return key.allowedModels.some((allowed) => names.includes(allowed.toLowerCase()));
}

/** @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireModelAccess(key: VirtualKey | null, profile: ModelProfile): void {
	if (key === null || canUseModel(key, profile)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not use the model ${profile.name}: it is allowed ${key.allowedModels?.join(', ') || 'none'}. Ask for one of these, or use another key.`,
	);
}
