import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { VirtualKey } from '../../../contracts/index.ts';
import { RequestRefusedError } from '../../../errors/index.ts';
import { BoundedMap, HOUR_MS } from '../../../util/index.ts';
import { SlidingWindow } from '../../limits/sliding-window.ts';

/** Milliseconds after its last request at which a session ends. */
const IDLE_MS = HOUR_MS;
/** Milliseconds after sign-in at which a session ends, used or not. */
const LIFETIME_MS = 12 * HOUR_MS;
/** Sessions at most; one more ends the one that was used least recently. */
const MAX_SESSIONS = 1000;
/** Wrong keys that one address may send in a minute. */
const MAX_FAILURES_PER_MINUTE = 10;
/** Addresses whose failures are counted. */
const MAX_ADDRESSES = 1000;
/** The header that proves that a page of the dashboard itself asks: another site cannot read the token. */
export const CSRF_HEADER = 'x-csrf-token';

/** Who has signed in. */
export interface DashboardSession {
	key: VirtualKey;
	/** What each request that changes something must repeat in its header. */
	csrfToken: string;
	/** Epoch milliseconds. */
	endsAt: number;
}

/** A session that was opened or, with `null`, has ended; `id`: the hash of what its cookie carries. */
export interface SessionChange {
	id: string;
	session: DashboardSession | null;
}

/** Sessions of browsers that have signed in with a key. Held in memory, by the hash of what the cookie carries. */
export class DashboardSessions {
	readonly #sessions = new BoundedMap<string, DashboardSession>(MAX_SESSIONS, IDLE_MS);
	readonly #onChange: (change: SessionChange) => void;
	readonly #failures = new BoundedMap<string, SlidingWindow>(MAX_ADDRESSES);

	/** `onChange`: told of each session that is opened or ended here. */
	constructor(onChange: (change: SessionChange) => void) {
		this.#onChange = onChange;
	}

	/** Takes over what has changed in another process at the same address. */
	adopt({ id, session }: SessionChange, now: number): void {
		if (session === null) this.#sessions.delete(id);
		else this.#sessions.set(id, session, now);
	}

	/** Starts a session. Answers it with the value of its cookie's header. */
	open(request: IncomingMessage, key: VirtualKey, now: number): { session: DashboardSession; cookie: string } {
		const token = randomBytes(32).toString('base64url');
		const session = { key, csrfToken: randomBytes(32).toString('base64url'), endsAt: now + LIFETIME_MS };
		const id = hashToken(token);
		this.#sessions.set(id, session, now);
		this.#onChange({ id, session });
		return { session, cookie: formatCookie(request, token, LIFETIME_MS) };
	}

	/** The session of a request's cookie, which lives on by it; `null` without one that is in force. */
	find(request: IncomingMessage, now: number): DashboardSession | null {
		const token = readToken(request);
		if (token === null) return null;
		const id = hashToken(token);
		const session = this.#sessions.get(id, now);
		if (session === undefined) return null;
		if (session.endsAt <= now) {
			this.#sessions.delete(id);
			return null;
		}
		this.#sessions.set(id, session, now);
		return session;
	}

	/** Ends the session of a request's cookie. Answers the header that has the browser forget it. */
	end(request: IncomingMessage): string {
		const token = readToken(request);
		if (token !== null) {
			const id = hashToken(token);
			this.#sessions.delete(id);
			this.#onChange({ id, session: null });
		}
		return formatCookie(request, '', 0);
	}

	/** @throws RequestRefusedError (`ROUTER_RATE_LIMITED`) where the address has sent too many wrong keys of late */
	requireAttempt(request: IncomingMessage, now: number): void {
		const waitMs = this.#failuresOf(request).waitFor(1, MAX_FAILURES_PER_MINUTE, now);
		if (waitMs <= 0) return;
		const seconds = Math.ceil(waitMs / 1000);
		throw new RequestRefusedError(
			'ROUTER_RATE_LIMITED',
			`Too many wrong keys came from this address. Try again in ${seconds} s.`,
			{ retryAfterMs: waitMs },
		);
	}

	/** Counts a wrong key. */
	addFailure(request: IncomingMessage, now: number): void {
		this.#failuresOf(request).add(1, now);
	}

	#failuresOf({ socket }: IncomingMessage): SlidingWindow {
		const address = socket.remoteAddress ?? '';
		const known = this.#failures.get(address) ?? new SlidingWindow();
		this.#failures.set(address, known);
		return known;
	}
}

/** @throws RequestRefusedError (`ROUTER_FORBIDDEN`) for a change that names no token, or another session's */
export function requireCsrfToken({ headers }: IncomingMessage, { csrfToken }: DashboardSession): void {
	const sent = headers[CSRF_HEADER];
	if (typeof sent === 'string' && sent.length === csrfToken.length)
		if (timingSafeEqual(Buffer.from(sent), Buffer.from(csrfToken))) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`A change by a session of the dashboard needs its token as "${CSRF_HEADER}". Reload the page, or send a key in place of the cookie.`,
	);
}

/** Cookies are shared by all ports of a host: two gateways on one machine must not sign each other out. */
function getCookieName({ socket }: IncomingMessage): string {
	return `switchyard_dashboard_${socket.localPort ?? 0}`;
}

function readToken(request: IncomingMessage): string | null {
	const name = `${getCookieName(request)}=`;
	const cookie = request.headers.cookie?.split('; ').find((part) => part.startsWith(name));
	return cookie === undefined ? null : cookie.slice(name.length);
}

function formatCookie(request: IncomingMessage, token: string, lifetimeMs: number): string {
	// believed of anyone: it can only make the cookie stricter
	const isSecure = request.headers['x-forwarded-proto'] === 'https';
	const parts = [
		`${getCookieName(request)}=${token}`,
		'Path=/',
		'HttpOnly',
		'SameSite=Strict',
		`Max-Age=${lifetimeMs / 1000}`,
	];
	return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ');
}

function hashToken(token: string): string {
	return hash('sha256', token, 'hex');
}
