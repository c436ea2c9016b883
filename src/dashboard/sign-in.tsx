import { useState } from 'preact/hooks';
import { ApiError, request } from './api.ts';

/** Asks for a key. The browser keeps a cookie in its place, which no script can read. */
export function SignIn({ hasEnded, onSignedIn }: { hasEnded: boolean; onSignedIn: () => void }) {
	const [problem, setProblem] = useState<string | null>(null);
	const [isBusy, setBusy] = useState(false);
	const signIn = async (event: SubmitEvent) => {
		event.preventDefault();
		const form = event.currentTarget as HTMLFormElement;
		setBusy(true);
		setProblem(null);
		try {
			await request('/dashboard/session', { body: { key: new FormData(form).get('key') } });
			onSignedIn();
		} catch (error) {
			setProblem(error instanceof ApiError ? error.message : String(error));
			setBusy(false);
		}
	};
	return (
		<main class="sign-in">
			<h1>Sign in to Switchyard</h1>
			{hasEnded ? <p class="notice">Your session has ended. Sign in again to go on where you were.</p> : null}
			<form onSubmit={(event) => void signIn(event as unknown as SubmitEvent)}>
				<label class="field">
					Key with the scope admin or read
					<input name="key" type="password" autocomplete="current-password" required spellcheck={false} />
				</label>
				<p class="note">
					<code>switchyard keys create dashboard --scope read</code> makes one. A read key sees everything and changes
					nothing.
				</p>
				{problem === null ? null : (
					<p class="notice error" role="alert">
						{problem}
					</p>
				)}
				<button class="primary" type="submit" disabled={isBusy}>
					{isBusy ? 'Signing in…' : 'Sign in'}
				</button>
			</form>
		</main>
	);
}
