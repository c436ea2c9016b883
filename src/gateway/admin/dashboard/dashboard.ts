import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, VirtualKey } from '../../../contracts/index.ts';
import { InvalidInputError, isRouterError, RequestRefusedError } from '../../../errors/index.ts';
import type { RoutingSystem, StorageStatus } from '../../../system/index.ts';
import { SECOND_MS } from '../../../util/index.ts';
import type { Gateway } from '../../gateway-state.ts';
import { type Caller, type KeyRing, readCallerToken, requireScope } from '../../keys/index.ts';
import { readBody } from '../../request/body.ts';
import { parseJsonBody } from '../../request/parse-body.ts';
import { sendJson } from '../../request/send-json.ts';
import { loadAssets, PAGE_HEADERS, sendAsset } from './assets.ts';
import type { LiveUpdates } from './live-updates.ts';
import { type DashboardSession, DashboardSessions, requireCsrfToken, type SessionChange } from './sessions.ts';

const MAX_BODY_BYTES = 4096;
const NO_STORE = { ...PAGE_HEADERS, 'cache-control': 'no-store' };

/** What a dashboard works with. */
interface DashboardOptions {
	gateway: Gateway;
	keys: KeyRing;
	clock: Clock;
	live: LiveUpdates;
	/** Nobody may change anything, whatever key is shown. */
	isReadOnly: boolean;
	/** Told of each session that is opened or ended here. */
	onSessionChange: (change: SessionChange) => void;
}

/** The dashboard of a gateway: its files, who has signed in, and what has changed since. */
export class Dashboard {
	readonly #options: DashboardOptions;
	readonly #sessions: DashboardSessions;
	/** Read with the first request. */
	#assets: ReturnType<typeof loadAssets> | undefined;

	constructor(options: DashboardOptions) {
		this.#options = options;
		this.#sessions = new DashboardSessions(options.onSessionChange);
	}

	/** Takes over a session that was opened or ended in another process at the same address. */
	adopt(change: SessionChange): void {
		this.#sessions.adopt(change, this.#options.clock.now());
	}

	/**
	 * Who a request comes from by its session; `null` where it names none in force, or a key beside it.
	 * @throws RequestRefusedError (`ROUTER_FORBIDDEN`) for a change without the session's token
	 */
	async identify(request: IncomingMessage): Promise<Caller | null> {
		if (request.headers.cookie === undefined || readCallerToken(request.headers) !== null) return null;
		const session = await this.#findSession(request);
		if (session === null) return null;
		if (request.method !== 'GET' && request.method !== 'HEAD') requireCsrfToken(request, session);
		return { owner: session.key.id, key: session.key };
	}

	/** Answers a request below `/dashboard`. @throws RouterError */
	async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
		const isRead = request.method === 'GET' || request.method === 'HEAD';
		if (path === '/dashboard/session') {
			if (isRead) return sendJson(response, 200, await this.#describeSession(request), NO_STORE);
			return await this.#signIn(request, response);
		}
		if (path === '/dashboard/sign-out' && !isRead) return await this.#signOut(request, response);
		if (!isRead) throw new RequestRefusedError('ROUTER_METHOD_NOT_ALLOWED', `${path.slice(0, 100)} takes GET.`);
		if (path === '/dashboard/events') return await this.#openStream(request, response);
		this.#assets ??= loadAssets();
		if (this.#assets !== null) return sendAsset(request, response, { assets: this.#assets, path });
		const text =
			'The files of the dashboard were not built: run `npm run build` in the checkout, then reload this page.\n';
		response.writeHead(503, { ...NO_STORE, 'content-type': 'text/plain; charset=utf-8' }).end(text);
	}

	/** The session of a request, while its key is in force as well. */
	async #findSession(request: IncomingMessage): Promise<DashboardSession | null> {
		const now = this.#options.clock.now();
		const session = this.#sessions.find(request, now);
		if (session === null) return null;
		if (await this.#isInForce(session.key, now)) return session;
		this.#sessions.end(request);
		return null;
	}

	async #isInForce(key: VirtualKey, now: number): Promise<boolean> {
		try {
			await this.#options.keys.recheck(key, now);
			return true;
		} catch (error) {
			if (isRouterError(error) && error.code === 'ROUTER_UNAUTHORIZED') return false;
			throw error;
		}
	}

	/** What the page needs to know before it shows anything. */
	async #describeSession(request: IncomingMessage): Promise<Record<string, unknown>> {
		const session = await this.#findSession(request);
		const { gateway, isReadOnly } = this.#options;
		const { config, system } = gateway.runtime;
		if (session === null && config.requireKey) return { state: 'signed-out' };
		const { key = null, csrfToken = null } = session ?? {};
		const storage = await system.storageStatus();
		return {
			state: session === null ? 'open' : 'signed-in',
			csrfToken,
			key: key && { id: key.id, name: key.name },
			readsOnly: isReadOnly ? READS_ONLY : explainRefusal(key, storage),
			storage: { ...storage, unread: isReadOnly ? await countUnread(system) : 0 },
			version: gateway.version,
			startedAt: gateway.startedAt,
		};
	}

	async #signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { clock, keys } = this.#options;
		const now = clock.now();
		this.#sessions.requireAttempt(request, now);
		const token = await readKeyField(request);
		let key: VirtualKey;
		try {
			key = await keys.authenticate(token, now);
		} catch (error) {
			if (isRouterError(error) && error.code === 'ROUTER_UNAUTHORIZED') this.#sessions.addFailure(request, now);
			throw error;
		}
		requireScope(key, key.scopes.includes('admin') ? 'admin' : 'read');
		const { cookie } = this.#sessions.open(request, key, now);
		sendJson(response, 201, { state: 'signed-in' }, { ...NO_STORE, 'set-cookie': cookie });
	}

	async #signOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const session = await this.#findSession(request);
		if (session !== null) requireCsrfToken(request, session);
		const cookie = this.#sessions.end(request);
		sendJson(response, 200, { state: 'signed-out' }, { ...NO_STORE, 'set-cookie': cookie });
	}

	async #openStream(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { gateway, live } = this.#options;
		const isAllowed = async () => !gateway.runtime.config.requireKey || (await this.#findSession(request)) !== null;
		if (await isAllowed()) return live.open(response, isAllowed);
		throw new RequestRefusedError('ROUTER_UNAUTHORIZED', 'The session has ended. Sign in again at /dashboard.');
	}
}

const READS_ONLY = 'This dashboard only reads. That of a gateway (`switchyard serve`) changes keys and limits.';

/** Why whoever looks can change nothing; `null`: they can. */
function explainRefusal(key: VirtualKey | null, { degraded, failing }: StorageStatus): string | null {
	if (key?.scopes.includes('admin') === false)
		return 'Your key only reads. Sign in with one of the scope admin to change anything.';
	if (degraded === null && failing === null) return null;
	return 'Nothing can be changed while the database takes no writes.';
}

/** Milliseconds after which a charge in the journal is nobody's under way: whoever wrote it has died. */
const JOURNAL_MS = 10 * SECOND_MS;

/** Charges of processes that died, which a database that is only read has in no sum. */
async function countUnread(system: RoutingSystem): Promise<number> {
	const { journal } = await system.writeBacklog();
	return journal !== null && journal.lagMs > JOURNAL_MS ? journal.rows : 0;
}

/**
 * For a dashboard that only shows: its own pages and sessions, and what they read.
 * @throws RequestRefusedError (`ROUTER_FORBIDDEN`) for anything else
 */
export function requireReading({ method }: IncomingMessage, { kind }: { kind: string }): void {
	const isRead = method === 'GET' || method === 'HEAD';
	if (kind === 'dashboard' || ((kind === 'admin' || kind === 'health') && isRead)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		'This dashboard only reads: it changes nothing and calls no model. `switchyard serve` does.',
	);
}

/** Requires the JSON type, which a form of another site cannot send. @throws InvalidInputError */
async function readKeyField(request: IncomingMessage): Promise<string> {
	const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
	if (type !== 'application/json') throw new InvalidInputError('content-type must be application/json.');
	const { body } = await parseJsonBody(await readBody(request, MAX_BODY_BYTES));
	const { key } = body;
	if (typeof key === 'string') return key.trim();
	throw new InvalidInputError(
		'key is missing; it must be a key of this gateway, as `switchyard keys create` shows it.',
	);
}
