import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, ChangeContext, request, SessionContext, useChanges, type Viewer } from './api.ts';
import { BudgetsView } from './budgets-view.tsx';
import { CostsView } from './costs-view.tsx';
import { DecisionsView } from './decisions-view.tsx';
import { OverviewView } from './overview-view.tsx';
import { type Place, toAddress, usePlace } from './router.ts';
import { SignIn } from './sign-in.tsx';
import { ThemeChoice } from './theme-choice.tsx';

/** Every view with its place in the rail. */
const VIEWS: ReadonlyArray<{ path: string; name: string; View: (props: { place: Place }) => preact.JSX.Element }> = [
	{ path: '', name: 'Overview', View: OverviewView },
	{ path: 'decisions', name: 'Decisions', View: DecisionsView },
	{ path: 'costs', name: 'Costs', View: CostsView },
	{ path: 'budgets', name: 'Budgets', View: BudgetsView },
];

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
				<ul>
					{VIEWS.map(({ path, name }) => (
						<li key={path}>
							<a class="rail-link" href={toAddress(path)} aria-current={path === place.view ? 'page' : undefined}>
								{name}
							</a>
						</li>
					))}
				</ul>
				<div class="rail-foot">
					<ThemeChoice />
					{session.key == null ? (
						<span>Open on this machine: no key is needed.</span>
					) : (
						<>
							<span>
								{session.key.name}
								{session.mayEdit ? '' : ' (reads only)'}
							</span>
							<button type="button" onClick={signOut}>
								Sign out
							</button>
						</>
					)}
					<span>Version {session.version}</span>
				</div>
			</nav>
			<main id="content" tabIndex={-1}>
				{found === undefined ? <NotFound /> : <found.View place={place} />}
			</main>
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
