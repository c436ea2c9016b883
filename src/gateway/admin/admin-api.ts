import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { BoundedMap, type JsonObject } from '../../util/index.ts';
import { toClientError } from '../errors/index.ts';
import { type Caller, requireScope } from '../keys/index.ts';
import { readBody } from '../request/body.ts';
import { parseJsonBody } from '../request/parse-body.ts';
import type { AdminContext, AdminRoute } from './admin-route.ts';
import { EXPERIMENT_ROUTES } from './experiment-routes.ts';
import { KEY_ROUTES } from './key-routes.ts';
import { rejectUnknownParameters } from './parameters.ts';
import { REPORT_ROUTES } from './report-routes.ts';
import { STATUS_ROUTES } from './status-routes.ts';

/** Answers one request of whoever runs the gateway; rejects a caller whose key lacks the route's scope. */
export type AdminApi = (request: IncomingMessage, response: ServerResponse, caller: Caller) => Promise<void>;

/** The admin API of a gateway. hono is loaded with the first request. */
export function createAdminApi(parts: Omit<AdminContext, 'overviews'>): AdminApi {
	const context = { ...parts, overviews: new BoundedMap<string, Promise<unknown>>(MAX_OVERVIEWS, OVERVIEW_MS) };
	let loading: Promise<AdminApi> | null = null;
	return async (request, response, caller) => {
		loading ??= loadHandler(context);
		const handle = await loading;
		await handle(request, response, caller);
	};
}

/** Every route of the admin API; the reference and its test go by it. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
	...STATUS_ROUTES,
	...REPORT_ROUTES,
	...EXPERIMENT_ROUTES,
	...KEY_ROUTES,
];

const MAX_BODY_BYTES = 256 * 1024;
/** Milliseconds for which an overview serves everybody who asks for its range, and the ranges at most. */
const OVERVIEW_MS = 1000;
const MAX_OVERVIEWS = 50;

interface AdminEnvironment {
	Bindings: HttpBindings & { caller: Caller };
}

/** No answer may be cached, sniffed for another type, or framed. */
const HEADERS = {
	'content-type': 'application/json',
	'cache-control': 'no-store',
	'x-content-type-options': 'nosniff',
} as const;

async function loadHandler(context: AdminContext): Promise<AdminApi> {
	const [hono, { getRequestListener, RequestError }] = await Promise.all([import('hono'), import('@hono/node-server')]);
	const app = new hono.Hono<AdminEnvironment>();
	for (const route of ADMIN_ROUTES) app.on(route.method, route.path, (http) => handleRoute(http, route, context));
	app.notFound(({ req }) => {
		const methods = listMethods(req.path);
		if (methods.length > 0) {
			const message = `${req.method} ${req.path.slice(0, 100)} is not served: this path takes ${methods.join(' and ')}.`;
			const response = errorResponse(new RequestRefusedError('ROUTER_METHOD_NOT_ALLOWED', message), context);
			response.headers.set('allow', methods.join(', '));
			return response;
		}
		const message = `There is no route ${req.method} ${req.path.slice(0, 100)}. GET /admin/v1/status is one; docs/reference/http-api.md lists them.`;
		return errorResponse(new RequestRefusedError('ROUTER_NOT_FOUND', message), context);
	});
	app.onError((error) => errorResponse(error, context));
	const errorHandler = (cause: unknown) => {
		// The bridge between Node and hono throws a RequestError for a request that cannot be read.
		if (!(cause instanceof RequestError)) return errorResponse(cause, context);
		return errorResponse(new InvalidInputError(`The request cannot be read: ${cause.message}.`, { cause }), context);
	};
	return async (request, response, caller) => {
		const options = { overrideGlobalObjects: false, errorHandler };
		await getRequestListener((web, env) => app.fetch(web, { ...env, caller }), options)(request, response);
	};
}

/** The methods that a path of the admin API takes; none where it has no route. */
function listMethods(path: string): string[] {
	const matching = ADMIN_ROUTES.filter((route) =>
		new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path),
	);
	return matching.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

async function handleRoute(
	{ env, req }: Context<AdminEnvironment>,
	route: AdminRoute,
	context: AdminContext,
): Promise<Response> {
	requireScope(env.caller.key, route.scope);
	const query = new URL(req.url).searchParams;
	rejectUnknownParameters(query, route.query ?? []);
	const body = route.method === 'POST' ? await readJsonBody(env.incoming) : {};
	const { key } = env.caller;
	const author = { by: key?.id ?? 'loopback', byName: key?.name ?? null, at: context.clock.now() };
	const answer = await route.handle({ path: req.param(), query, body, author }, context);
	return jsonResponse(answer.status ?? 200, answer.body);
}

/** Requires the JSON type (against CSRF): a page of another site can post a form without a preflight request, but not JSON. */
async function readJsonBody(request: HttpBindings['incoming']): Promise<JsonObject> {
	const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
	if (type !== 'application/json') {
		const shown = type === undefined ? 'missing' : `"${type.slice(0, 60)}"`;
		throw new InvalidInputError(`content-type is ${shown}; it must be application/json, also where the body is empty.`);
	}
	const bytes = await readBody(request, MAX_BODY_BYTES);
	return bytes.trim() === '' ? {} : (await parseJsonBody(bytes)).body;
}

function errorResponse(error: unknown, { clock, gateway }: AdminContext): Response {
	const audience = { format: 'gemini', client: 'other', now: clock.now() } as const;
	const { message, retryAfterMs, routerCode, status } = toClientError(error, audience);
	if (status === 500) gateway.runtime.system.logger.error('The admin API failed', { error: String(error) });
	const headers = retryAfterMs === null ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
	return jsonResponse(status, { error: { code: routerCode ?? 'INTERNAL', message } }, headers);
}

function jsonResponse(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
	return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } });
}
