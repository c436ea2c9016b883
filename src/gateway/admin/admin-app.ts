import { type HttpBindings, RequestError } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { toClientError } from '../errors.ts';
import type { Caller } from '../keys/caller.ts';
import { requireScope } from '../keys/index.ts';
import { parseJsonBody } from '../request/json-body.ts';
import { readBody } from '../request/read-body.ts';
import type { AdminOptions, AdminRoute } from './admin-api.ts';
import { KEY_ROUTES } from './key-routes.ts';
import { rejectUnknownParameters } from './parameters.ts';
import { DECISION_ROUTES, MONEY_ROUTES } from './report-routes.ts';
import { CONFIG_ROUTES, STATUS_ROUTES } from './status-routes.ts';

/** Bytes of a request's body. */
const MAX_BODY_BYTES = 256 * 1024;

/** Where a request of the admin API comes from. */
export interface AdminEnvironment {
	Bindings: HttpBindings & { caller: Caller };
}

type AdminContext = Context<AdminEnvironment>;

/** Nothing of an answer may be kept, guessed at, or shown inside a page. */
const HEADERS = {
	'content-type': 'application/json',
	'cache-control': 'no-store',
	'x-content-type-options': 'nosniff',
} as const;

function jsonResponse(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
	return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } });
}

/** The body; a page of another site can send a form without being asked for its origin, but never JSON. */
async function readAdminBody({ env }: AdminContext): Promise<JsonObject> {
	const { headers } = env.incoming;
	const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
	if (type !== 'application/json') {
		const shown = type === undefined ? 'missing' : `"${type.slice(0, 60)}"`;
		throw new InvalidInputError(`content-type is ${shown}; it must be application/json, also where the body is empty.`);
	}
	const text = await readBody(env.incoming, MAX_BODY_BYTES);
	return text.trim() === '' ? {} : parseJsonBody(text);
}

async function answerRoute(context: AdminContext, route: AdminRoute, ports: AdminOptions): Promise<Response> {
	requireScope(context.env.caller.key, route.scope);
	const query = new URL(context.req.url).searchParams;
	rejectUnknownParameters(query, route.query ?? []);
	const body = route.method === 'POST' ? await readAdminBody(context) : {};
	const answer = await route.handle({ path: context.req.param(), query, body }, ports);
	return jsonResponse(answer.status ?? 200, answer.body);
}

function errorResponse(error: unknown, { clock, gateway }: AdminOptions): Response {
	const { code, message, retryAfterSeconds, status } = toClientError(error, clock.now());
	if (status === 500) gateway.runtime.system.logger.error('The admin API failed', { error: String(error) });
	const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
	return jsonResponse(status, { error: { code: code ?? 'INTERNAL', message } }, headers);
}

/** The admin API as an application of hono. */
export function createAdminApp(ports: AdminOptions): Hono<AdminEnvironment> {
	const app = new Hono<AdminEnvironment>();
	for (const route of ADMIN_ROUTES) {
		app.on(route.method, route.path, (context) => answerRoute(context, route, ports));
	}
	app.notFound(({ req }) => {
		const message = `There is no route ${req.method} ${req.path.slice(0, 100)}. GET /admin/v1/status is one; docs/reference/http-api.md lists them.`;
		return errorResponse(new RequestRefusedError('ROUTER_NOT_FOUND', message), ports);
	});
	app.onError((error) => errorResponse(error, ports));
	return app;
}

/** What the bridge between Node and the application fails of is a request that cannot be read. */
export function bridgeError(error: unknown, ports: AdminOptions): Response {
	if (!(error instanceof RequestError)) return errorResponse(error, ports);
	return errorResponse(new InvalidInputError(`The request cannot be read: ${error.message}.`, { cause: error }), ports);
}

/** Every route of the admin API; the reference and its test go by it. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
	...STATUS_ROUTES,
	...MONEY_ROUTES,
	...KEY_ROUTES,
	...DECISION_ROUTES,
	...CONFIG_ROUTES,
];
