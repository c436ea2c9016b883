import type { KeyScope, ModelProfile, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';

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
export function mayUseModel(key: VirtualKey | null, profile: ModelProfile): boolean {
	if (key === null || key.allowedModels === null) return true;
	const names = [profile.name, profile.id, profile.modelId, ...(profile.aliases ?? [])].map((name) =>
		name.toLowerCase(),
	);
	return key.allowedModels.some((allowed) => names.includes(allowed.toLowerCase()));
}

/** Refuses a model the key may not use. @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireModel(key: VirtualKey | null, profile: ModelProfile): void {
	if (key === null || mayUseModel(key, profile)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not use the model ${profile.name}: it is allowed ${key.allowedModels?.join(', ') || 'none'}. Ask for one of these, or use another key.`,
	);
}
