import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ChangeContext, request, SessionContext, useChanges, type Viewer } from './api.ts';
import { AuditView } from './audit-view.tsx';
import { BudgetsView } from './budgets-view.tsx';
import { CostsView } from './costs-view.tsx';
import { DecisionsView } from './decisions-view.tsx';
import { EvidenceView } from './evidence-view.tsx';
import { ExperimentsView } from './experiments-view.tsx';
import { formatCount } from './format.ts';
import { KeysView } from './keys-view.tsx';
import { ModelsView } from './models-view.tsx';
import { OverviewView } from './overview-view.tsx';
import { type Destination, Palette, ShortcutHelp } from './palette.tsx';
import { Name } from './parts.tsx';
import { type Place, toAddress, usePlace } from './router.ts';
import { useFrameKeys } from './shortcuts.ts';
import { SignIn } from './sign-in.tsx';
import { ThemeChoice } from './theme-choice.tsx';

/** A view, and the letter that goes to it after `g`; one without a letter is no entry of the rail. */
interface DashboardView extends Destination {
	View: (props: { place: Place }) => preact.JSX.Element;
}

/** Every view, in the order of the rail. */
const VIEWS: readonly DashboardView[] = [
	{ path: '', name: 'Overview', letter: 'o', View: OverviewView },
	{ path: 'decisions', name: 'Decisions', letter: 'd', View: DecisionsView },
	{ path: 'costs', name: 'Costs', letter: 'c', View: CostsView },
	{ path: 'models', name: 'Models', letter: 'm', View: ModelsView },
	{ path: 'budgets', name: 'Budgets', letter: 'b', View: BudgetsView },
	{ path: 'keys', name: 'Keys', letter: 'k', View: KeysView },
	{ path: 'evidence', name: 'Evidence', letter: 'e', View: EvidenceView },
	{ path: 'experiments', name: 'Experiments', letter: 'x', View: ExperimentsView },
	{ path: 'audit', name: 'Audit log', View: AuditView },
];
/** Entries of the bar below a narrow page; the rest is behind "More". */
const BAR_ENTRIES = 4;

/** Milliseconds for which what was read of the session and the database holds, however much changes. */
const SESSION_MS = 10_000;
/** Milliseconds between two looks while the database cannot be used or written. */
const BROKEN_MS = 2000;

/** The whole page: whoever has to sign in does, then the rail and one view. */
export function App() {
	const [session, setSession] = useState<Viewer | null>(null);
	const [problem, setProblem] = useState<string | null>(null);
	const [hasEnded, setEnded] = useState(false);
	const load = useCallback(() => {
		request('/dashboard/session').then(
			(found) => {
				setProblem(null);
				setSession(found as Viewer);
			},
			(error: unknown) => {
				setProblem(error instanceof ApiError ? error.message : String(error));
				setTimeout(load, 3000);
			},
		);
	}, []);
	useEffect(load, [load]);
	const onEnded = useCallback(() => {
		setEnded(true);
		setSession({ state: 'signed-out' });
	}, []);
	const changes = useChanges(session !== null && session.state !== 'signed-out');
	const isBroken = session?.storage?.degraded != null || session?.storage?.failing != null;
	// looked at again after alerts, seldom after other changes, and by itself while it is broken
	const loaded = useRef({ at: 0, alerts: 0 });
	useEffect(() => {
		const { at, alerts } = loaded.current;
		if (changes.changes > 0 && (changes.alerts !== alerts || Date.now() - at > SESSION_MS)) {
			loaded.current = { at: Date.now(), alerts: changes.alerts };
			load();
		}
		const timer = isBroken ? setInterval(() => document.hidden || load(), BROKEN_MS) : undefined;
		return () => clearInterval(timer);
	}, [changes.changes, isBroken, load]);
	if (session === null)
		return (
			<main class="sign-in">
				<h1>Switchyard</h1>
				<p role="status">{problem === null ? 'Loading…' : `${problem} It is tried again.`}</p>
			</main>
		);
	if (session.state === 'signed-out') return <SignIn hasEnded={hasEnded} onSignedIn={load} />;
	return (
		<SessionContext.Provider value={{ session, onEnded }}>
			<ChangeContext.Provider value={changes}>
				<Frame session={session} onSignedOut={() => setSession({ state: 'signed-out' })} />
			</ChangeContext.Provider>
		</SessionContext.Provider>
	);
}

function Frame({ session, onSignedOut }: { session: Viewer; onSignedOut: () => void }) {
	const place = usePlace();
	const found = VIEWS.find(({ path }) => path === place.view);
	const title = found?.name ?? 'Not found';
	useEffect(() => {
		document.title = `${title} · Switchyard`;
	}, [title]);
	const [opened, setOpened] = useState<'palette' | 'help' | null>(null);
	useFrameKeys(VIEWS, setOpened);
	const inRail = VIEWS.filter(({ letter }) => letter !== undefined);
	const signOut = () => {
		request('/dashboard/sign-out', { body: {}, csrfToken: session.csrfToken ?? null }).then(onSignedOut, onSignedOut);
	};
	return (
		<div class="frame">
			<a class="skip" href="#content">
				Skip to the content
			</a>
			<nav class="rail" aria-label="Views">
				<div class="brand">Switchyard</div>
				<RailList views={inRail} place={place} />
				<details class="more only-narrow" key={place.view}>
					<summary>More</summary>
					<div>
						<RailList views={inRail.slice(BAR_ENTRIES)} place={place} />
						<ThemeChoice />
						{session.key == null ? null : (
							<button type="button" onClick={signOut}>
								Sign out
							</button>
						)}
					</div>
				</details>
				<div class="rail-foot">
					<button type="button" onClick={() => setOpened('palette')}>
						Go to… <kbd>Ctrl K</kbd>
					</button>
					<ThemeChoice />
					{session.key == null ? (
						<span>Open on this machine: no key is needed.</span>
					) : (
						<>
							<span>
								{session.key.name}
								{session.readsOnly === null ? '' : ' (reads only)'}
							</span>
							<button type="button" onClick={signOut}>
								Sign out
							</button>
						</>
					)}
					<span>Version {session.version}</span>
				</div>
			</nav>
			{opened === 'palette' ? <Palette views={VIEWS} onClose={() => setOpened(null)} /> : null}
			{opened === 'help' ? <ShortcutHelp views={VIEWS} onClose={() => setOpened(null)} /> : null}
			<main id="content" tabIndex={-1}>
				<StorageNotice storage={session.storage} />
				{session.storage?.degraded ? null : found === undefined ? <NotFound /> : <found.View place={place} />}
			</main>
		</div>
	);
}

function RailList({ views, place }: { views: readonly DashboardView[]; place: Place }) {
	return (
		<ul>
			{views.map(({ path, name }) => (
				<li key={path}>
					<a class="rail-link" href={toAddress(path)} aria-current={path === place.view ? 'page' : undefined}>
						{name}
					</a>
				</li>
			))}
		</ul>
	);
}

/** Why there are no figures, or why none is added: a database that cannot be used is never shown as an empty one. */
function StorageNotice({ storage }: { storage: Viewer['storage'] | undefined }) {
	if (storage == null) return null;
	if (storage.degraded === null && storage.failing === null)
		return storage.unread === 0 ? null : (
			<p class="notice" role="status">
				{`${formatCount(storage.unread)} charges of a process that ended are in no sum here yet. `}
				<code>switchyard budget</code> adds them.
			</p>
		);
	return (
		<div class="notice error" role="alert">
			<h1>{storage.degraded === null ? 'The database takes no writes' : 'The database cannot be used'}</h1>
			<p>
				<Name>{(storage.degraded ?? storage.failing?.message ?? '').split('\n')[0] ?? ''}</Name>
			</p>
			<p>
				{storage.degraded === null
					? 'What is shown is what it had; nothing can be changed.'
					: 'No figure is shown in its place. It is tried again, and this page with it.'}{' '}
				<code>switchyard doctor</code> says more.
			</p>
		</div>
	);
}

function NotFound() {
	return (
		<>
			<h1>There is no such view</h1>
			<p>
				Go to the <a href={toAddress('')}>overview</a>.
			</p>
		</>
	);
}
