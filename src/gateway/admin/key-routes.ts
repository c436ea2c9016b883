import {
	COMMIT_POINTS,
	type CommitPoint,
	KEY_SCOPES,
	type KeyScope,
	omitSecretHash,
	type VirtualKey,
} from '../../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { type JsonObject, nearestName } from '../../util/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import { createKey, type KeyRequest, parseLifetime, rotateKey } from '../keys/index.ts';
import { type AdminHandler, type AdminRoute, formatTime } from './admin-route.ts';
import { createParameterError, parsePositiveIntegers, rejectUnknownFields } from './parameters.ts';

const FIELDS = ['name', 'scopes', 'team', 'tags', 'limits', 'allowedModels', 'commit', 'lifetime'] as const;
const LIMITS = ['requestsPerMinute', 'tokensPerMinute', 'maxParallel'] as const;
const SHOWN_ONCE = 'The token is stored nowhere: it can be read now or never.';

function isScope(text: string): text is KeyScope {
	return KEY_SCOPES.some((scope) => scope === text);
}

function readScopes(body: JsonObject): KeyScope[] | undefined {
	return parseStrings(body, 'scopes')?.map((scope, index) => {
		if (isScope(scope)) return scope;
		throw createParameterError(`scopes[${index}]`, scope, `one of ${KEY_SCOPES.join(', ')}`);
	});
}

function readModels(body: JsonObject, { system }: GatewayState): string[] | undefined {
	const { catalog } = system.router;
	return parseStrings(body, 'allowedModels')?.map((model, index) => {
		if (catalog.find(model) !== undefined) return model;
		const names = catalog.profiles().map(({ name }) => name);
		const nearest = nearestName(model, names);
		const hint = nearest === null ? '' : ` (did you mean "${nearest}"?)`;
		throw createParameterError(`allowedModels[${index}]`, model, `a model of the catalog${hint}`);
	});
}

function readCommit(body: JsonObject): CommitPoint | undefined {
	const commit = parseString(body, 'commit');
	const known = COMMIT_POINTS.find((point) => point === commit);
	if (commit === known) return known;
	throw createParameterError('commit', commit, `one of ${COMMIT_POINTS.join(', ')}`);
}

function readLifetime(body: JsonObject): number | undefined {
	const lifetime = parseString(body, 'lifetime');
	if (lifetime === undefined) return undefined;
	try {
		return parseLifetime(lifetime);
	} catch (error) {
		if (error instanceof InvalidInputError) throw new InvalidInputError(`lifetime: ${error.message}`, { cause: error });
		throw error;
	}
}

/** Reads what a new key should be. @throws InvalidInputError naming the field */
function readKeyRequest(body: JsonObject, runtime: GatewayState): KeyRequest {
	rejectUnknownFields(body, FIELDS);
	const name = parseString(body, 'name');
	if (name === undefined) throw createParameterError('name', name, 'a text: what you call the key');
	return {
		name,
		scopes: readScopes(body),
		team: parseString(body, 'team'),
		tags: parseStrings(body, 'tags'),
		limits: parsePositiveIntegers(body, 'limits', LIMITS),
		allowedModels: readModels(body, runtime),
		commit: readCommit(body),
		lifetimeMs: readLifetime(body),
	};
}

/** A key for display: without its hash, times in ISO 8601. */
function presentKey(key: VirtualKey): unknown {
	const { createdAt, expiresAt, revokedAt, ...rest } = omitSecretHash(key);
	const times = {
		createdAt: formatTime(createdAt),
		expiresAt: formatTime(expiresAt),
		revokedAt: formatTime(revokedAt),
	};
	return { ...rest, ...times };
}

function createKeyNotFoundError(id: string, why = ''): RequestRefusedError {
	const message = `There is no key ${id.slice(0, 40)}${why}. GET /admin/v1/keys lists them.`;
	return new RequestRefusedError('ROUTER_NOT_FOUND', message);
}

const list: AdminHandler = async (_request, { gateway }) => {
	const { keys } = await gateway.runtime.system.storage();
	return { body: { keys: (await keys.list()).map(presentKey) } };
};

const create: AdminHandler = async ({ author, body }, { clock, gateway, onKeyChange }) => {
	const request = readKeyRequest(body, gateway.runtime);
	const { keys } = await gateway.runtime.system.storage();
	const { key, token } = await createKey(keys, request, clock.now(), author);
	onKeyChange(key.id);
	return { status: 201, body: { key: presentKey(key), token, note: SHOWN_ONCE } };
};

const revoke: AdminHandler = async ({ author, path: { id = '' } }, { clock, gateway, onKeyChange }) => {
	const { keys } = await gateway.runtime.system.storage();
	const isKnown = await keys.revoke(id, clock.now(), author);
	onKeyChange(id);
	const key = isKnown ? await keys.find(id) : null;
	if (key === null) throw createKeyNotFoundError(id);
	return { body: { key: presentKey(key) } };
};

const rotate: AdminHandler = async ({ author, path: { id = '' } }, { gateway, onKeyChange }) => {
	const { keys } = await gateway.runtime.system.storage();
	const issued = await rotateKey(keys, id, author);
	onKeyChange(id);
	if (issued === null) throw createKeyNotFoundError(id, ' in force');
	return { body: { key: presentKey(issued.key), token: issued.token, note: SHOWN_ONCE } };
};

/** Virtual keys: list, create, revoke, rotate. */
export const KEY_ROUTES: readonly AdminRoute[] = [
	{ method: 'GET', path: '/admin/v1/keys', scope: 'read', handle: list },
	{ method: 'POST', path: '/admin/v1/keys', scope: 'admin', handle: create },
	{ method: 'POST', path: '/admin/v1/keys/:id/revoke', scope: 'admin', handle: revoke },
	{ method: 'POST', path: '/admin/v1/keys/:id/rotate', scope: 'admin', handle: rotate },
];

/** @throws InvalidInputError */
function parseString(body: JsonObject, name: string): string | undefined {
	const value = body[name];
	if (value === undefined || typeof value === 'string') return value;
	throw createParameterError(name, value, 'a text');
}

/** @throws InvalidInputError naming the wrong one */
function parseStrings(body: JsonObject, name: string): string[] | undefined {
	const value = body[name];
	if (value === undefined) return undefined;
	if (!Array.isArray(value)) throw createParameterError(name, value, 'a list of texts');
	return value.map((item: unknown, index) => {
		if (typeof item === 'string') return item;
		throw createParameterError(`${name}[${index}]`, item, 'a text');
	});
}
