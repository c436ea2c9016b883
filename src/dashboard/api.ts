import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { BudgetRule } from '../contracts/index.ts';
import { isObject } from '../util/index.ts';

/** Who looks at the dashboard, as `/dashboard/session` says it. */
export interface Viewer {
	/** `open`: on loopback without keys, nobody has to sign in. */
	state: 'open' | 'signed-in' | 'signed-out';
	csrfToken?: string | null;
	key?: { id: string; name: string } | null;
	/** Why nothing can be changed; `null`: it can. */
	readsOnly?: string | null;
	version?: string;
	/**
	 * What is wrong with the database: memory stands in its place (`degraded`), it takes no writes (`failing`), or charges of
	 * processes that died are in no sum of it (`unread`).
	 */
	storage?: { location: string; degraded: string | null; failing: { message: string } | null; unread: number };
}

/** What the gateway said no with, or why it said nothing. */
export class ApiError extends Error {
	override name = 'ApiError';
	/** HTTP status; 0 where it could not be reached. */
	readonly status: number;
	/** `ROUTER_…` */
	readonly code: string;

	constructor(status: number, code: string, message: string) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

/** Asks the gateway. @throws ApiError */
export async function request(
	path: string,
	{ body, csrfToken, signal }: { body?: unknown; csrfToken?: string | null; signal?: AbortSignal } = {},
): Promise<unknown> {
	let response: Response;
	try {
		response = await fetch(path, {
			method: body === undefined ? 'GET' : 'POST',
			headers: {
				accept: 'application/json',
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
				...(csrfToken == null ? {} : { 'x-csrf-token': csrfToken }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
			...(signal === undefined ? {} : { signal }),
		});
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new ApiError(0, 'UNREACHABLE', 'The gateway cannot be reached.');
	}
	const answer: unknown = await response.json().catch(() => null);
	if (response.ok) return answer;
	const error = isObject(answer) && isObject(answer['error']) ? answer['error'] : {};
	const message = String(error['message'] ?? `The gateway answered ${response.status}.`);
	throw new ApiError(response.status, String(error['code'] ?? ''), message);
}

/** The session of the page, and what to do when the gateway says that it has ended. */
export const SessionContext = createContext<{ session: Viewer; onEnded: () => void }>({
	session: { state: 'open' },
	onEnded: () => {},
});

/** How often the gateway has said that something changed, and what it has counted since it began. */
interface Changes {
	changes: number;
	decisions: number;
	/** Budgets near their limit, and databases that failed or work again. */
	alerts: number;
	isLive: boolean;
}

const NO_CHANGES: Changes = { changes: 0, decisions: 0, alerts: 0, isLive: false };

/** What the gateway has said has changed. */
export const ChangeContext = createContext<Changes>(NO_CHANGES);

/** What was read of an address. */
export interface Resource<Data> {
	/** The newest that was read; kept while it is read again and where that fails. */
	data: Data | null;
	error: ApiError | null;
	/** When `data` was read, epoch milliseconds. */
	readAt: number;
	reload: () => void;
}

/** Milliseconds until what failed is tried again, doubling up to the last. */
const RETRY_MS = [2000, 4000, 8000, 15_000];
/** Milliseconds between two readings where the gateway tells of no changes. */
const POLL_MS = 30_000;

/** Reads an address, again after each change that the gateway tells of, and again after a failure. `null`: nothing is read. */
export function useResource<Data>(path: string | null, { isLive = true }: { isLive?: boolean } = {}): Resource<Data> {
	const { onEnded } = useContext(SessionContext);
	const { changes, isLive: isHeard } = useContext(ChangeContext);
	const [state, setState] = useState<{
		path: string | null;
		data: Data | null;
		error: ApiError | null;
		readAt: number;
	}>({
		path: null,
		data: null,
		error: null,
		readAt: 0,
	});
	const [asked, setAsked] = useState(0);
	const failures = useRef(0);
	const reload = useCallback(() => setAsked((count) => count + 1), []);
	const change = isLive ? changes : 0;
	useEffect(() => {
		if (path === null) return;
		const controller = new AbortController();
		let timer: ReturnType<typeof setTimeout> | undefined;
		// a hidden tab asks for nothing
		const readAgain = () => {
			if (document.hidden) timer = setTimeout(readAgain, RETRY_MS[0]);
			else reload();
		};
		request(path, { signal: controller.signal }).then(
			(data) => {
				failures.current = 0;
				setState({ path, data: data as Data, error: null, readAt: Date.now() });
				if (isLive && !isHeard) timer = setTimeout(readAgain, POLL_MS);
			},
			(error: unknown) => {
				if (controller.signal.aborted || !(error instanceof ApiError)) return;
				if (error.status === 401) return onEnded();
				setState((before) => ({ ...(before.path === path ? before : { ...before, data: null }), path, error }));
				const isFinal = error.status >= 400 && error.status < 500 && error.status !== 429;
				if (!isFinal) timer = setTimeout(readAgain, RETRY_MS[Math.min(failures.current++, RETRY_MS.length - 1)]);
			},
		);
		return () => {
			controller.abort();
			clearTimeout(timer);
		};
	}, [path, asked, change, isHeard]);
	const isOurs = state.path === path;
	return { data: isOurs ? state.data : null, error: isOurs ? state.error : null, readAt: state.readAt, reload };
}

/** Listens for changes while the page is seen; a hidden tab closes the connection. */
export function useChanges(isSignedIn: boolean): Changes {
	const [state, setState] = useState(NO_CHANGES);
	useEffect(() => {
		if (!isSignedIn) return;
		let source: EventSource | null = null;
		let isDone = false;
		const onMessage = (event: MessageEvent<string>) => {
			const { alerts, decisions } = JSON.parse(event.data) as Pick<Changes, 'alerts' | 'decisions'>;
			// also after "hello": much may have happened since the last connection
			setState(({ changes }) => ({ changes: changes + 1, decisions, alerts, isLive: true }));
		};
		const open = () => {
			source = new EventSource('/dashboard/events');
			source.addEventListener('hello', onMessage);
			source.addEventListener('changed', onMessage);
			source.onerror = () => {
				setState((before) => ({ ...before, isLive: false }));
				// the browser gives up after an answer that is no stream, as while the gateway restarts
				if (source?.readyState === EventSource.CLOSED) setTimeout(() => isDone || update(true), RETRY_MS[0]);
			};
		};
		const update = (isAgain = false) => {
			if (document.hidden || isAgain) {
				source?.close();
				source = null;
			}
			if (!document.hidden && source === null) open();
		};
		const onVisibility = () => update();
		document.addEventListener('visibilitychange', onVisibility);
		update();
		return () => {
			isDone = true;
			document.removeEventListener('visibilitychange', onVisibility);
			source?.close();
		};
	}, [isSignedIn]);
	return state;
}

/** Spending against one limit, as the admin API shows it. */
export interface Limit {
	scope: string;
	period: string;
	limitUsd: number;
	/** `null` for a limit of single requests. */
	spentUsd: number | null;
	/** With `leasedUsd`, the part of it that other processes lease. */
	heldUsd: number | null;
	leasedUsd: number | null;
	unknownUsd: number | null;
	kind: 'hard' | 'soft';
	atLimit: string | null;
	resetsAt: string | null;
	/** Which limit this is of, as it is set by; several that are limited separately share it. */
	rule: BudgetRule;
	/** What the configuration says; `null`: nothing. */
	configuredUsd: number | null;
	isStored: boolean;
}
