import type { Attribution, KeyScope, ModelProfile, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';

/** Who calls. */
export interface Caller {
	/** Whose answers, sessions and idempotency keys these are: the key's id; `local` without a key. */
	owner: string;
	/** `null`: called without one, on loopback. */
	key: VirtualKey | null;
}

/** Whom a request is done for: its key with team and tags, and what the caller says of itself. */
export function createAttribution(
	{ key }: Caller,
	said: { tags?: readonly string[] | undefined; session?: string | null | undefined },
): Attribution {
	const tags = [...new Set([...(key?.tags ?? []), ...(said.tags ?? [])])];
	return {
		...(key === null ? {} : { key: key.id }),
		...(key?.team == null ? {} : { team: key.team }),
		...(tags.length === 0 ? {} : { tags }),
		...(said.session == null ? {} : { session: said.session }),
	};
}

/** What a scope is for, in messages. */
const MEANING: Readonly<Record<KeyScope, string>> = {
	route: 'call models',
	read: 'read figures and settings',
	admin: 'manage the gateway',
};

/** `admin` may also read; it calls no models unless it has `route` too, so that managing never spends by accident. */
function hasScope(key: VirtualKey, scope: KeyScope): boolean {
	return key.scopes.includes(scope) || (scope === 'read' && key.scopes.includes('admin'));
}

/** Refuses what the key has no scope for; a caller without a key (`null`) was let in without one and may do everything. @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireScope(key: VirtualKey | null, scope: KeyScope): void {
	if (key === null || hasScope(key, scope)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not ${MEANING[scope]}: it has the scopes ${key.scopes.join(', ') || 'none'}. Use a key with the scope ${scope} (\`switchyard keys create --scope ${scope}\`).`,
	);
}

/** True when the key may use the model, by whichever of its names it is allowed. */
export function canUseModel(key: VirtualKey | null, profile: ModelProfile): boolean {
	if (key === null || key.allowedModels === null) return true;
	const names = [profile.name, profile.id, profile.modelId, ...(profile.aliases ?? [])].map((name) =>
		name.toLowerCase(),
	);
	return key.allowedModels.some((allowed) => names.includes(allowed.toLowerCase()));
}

/** Refuses a model the key may not use. @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireModelAccess(key: VirtualKey | null, profile: ModelProfile): void {
	if (key === null || canUseModel(key, profile)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not use the model ${profile.name}: it is allowed ${key.allowedModels?.join(', ') || 'none'}. Ask for one of these, or use another key.`,
	);
}
