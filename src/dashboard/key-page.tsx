import { useContext, useState } from 'preact/hooks';
import type { BudgetRule } from '../contracts/index.ts';
import { SessionContext, useResource } from './api.ts';
import { type Budgets, LimitTable } from './budgets-view.tsx';
import { ConfirmForm, Dialog, useChange } from './dialog.tsx';
import { formatCount, formatInstant } from './format.ts';
import {
	describeBinding,
	getKeyState,
	type IssuedKey,
	KeyState,
	listLimitsOf,
	SecretDialog,
	type ShownKey,
} from './key-parts.tsx';
import { type EditedLimit, LimitDialog } from './limit-form.tsx';
import { Figure, Loaded, Name, ReadsOnly, ViewHead } from './parts.tsx';
import { toAddress } from './router.ts';

/** One key: what it may do, the limits that bind it, and what can be done with it. */
export function KeyPage({ id }: { id: string }) {
	const keys = useResource<{ keys: ShownKey[] }>('/admin/v1/keys');
	return (
		<>
			<ViewHead title="Key" />
			<p>
				<a href={toAddress('keys')}>All keys</a> <code class="name">{id.slice(0, 40)}</code>
			</p>
			<Loaded
				resource={keys}
				isEmpty={(data) => !data.keys.some((key) => key.id === id)}
				empty={<p>There is no key with this id.</p>}
			>
				{(data) => {
					const shown = data.keys.find((key) => key.id === id);
					return shown === undefined ? null : <KeyDetails shown={shown} reload={keys.reload} />;
				}}
			</Loaded>
		</>
	);
}

function KeyDetails({ shown, reload }: { shown: ShownKey; reload: () => void }) {
	const budgets = useResource<Budgets>('/admin/v1/budgets');
	const timezone = budgets.data?.timezone ?? 'UTC';
	const { allowedModels, createdAt, expiresAt, id, limits, name, scopes, tags, team } = shown;
	const count = (limit: number | undefined) => (limit === undefined ? 'no limit' : formatCount(limit));
	const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));
	return (
		<>
			<dl class="figures">
				<Figure label="Name">
					<Name>{name}</Name>
				</Figure>
				<Figure
					label="State"
					note={expiresAt === null ? 'never expires' : `until ${formatInstant(expiresAt, timezone)}`}
				>
					<KeyState shown={shown} />
				</Figure>
				<Figure label="May" note={`models: ${allowedModels === null ? 'all' : list(allowedModels)}`}>
					{scopes.join(', ')}
				</Figure>
				<Figure label="Requests a minute" note={`at once: ${count(limits.maxParallel)}`}>
					{count(limits.requestsPerMinute)}
				</Figure>
				<Figure label="Tokens a minute">{count(limits.tokensPerMinute)}</Figure>
				<Figure label="Team" note={`tags: ${list(tags)}`}>
					<Name>{team ?? 'none'}</Name>
				</Figure>
			</dl>
			<p class="note">
				{`Made on ${formatInstant(createdAt, timezone)} (${timezone}). `}
				<a href={toAddress('decisions', null, new URLSearchParams({ key: id }))}>Its decisions</a>
			</p>
			<KeyActions shown={shown} reload={reload} onLimit={budgets.reload} />
			<div>
				<h2>Limits of its requests</h2>
				<Loaded resource={budgets}>
					{(data) => (
						<>
							<p>
								Bounded by <Name>{describeBinding(shown, data)}</Name>.
							</p>
							<LimitTable limits={listLimitsOf(shown, data)} timezone={data.timezone} reload={budgets.reload} />
						</>
					)}
				</Loaded>
			</div>
		</>
	);
}

type Action = 'limit' | 'revoke' | 'rotate';

function KeyActions({ shown, reload, onLimit }: { shown: ShownKey; reload: () => void; onLimit: () => void }) {
	const { session } = useContext(SessionContext);
	const [action, setAction] = useState<Action | null>(null);
	const [issued, setIssued] = useState<IssuedKey | null>(null);
	if (getKeyState(shown) === 'revoked') return null;
	if (session.readsOnly !== null) return <ReadsOnly />;
	const close = () => setAction(null);
	const rule: BudgetRule = { scope: 'key', of: shown.id, period: 'day', limit: 0 };
	return (
		<>
			<p class="row-actions">
				<button type="button" onClick={() => setAction('limit')}>
					Set daily limit
				</button>
				<button type="button" onClick={() => setAction('rotate')}>
					Rotate key
				</button>
				<button type="button" class="danger" onClick={() => setAction('revoke')}>
					Revoke key
				</button>
			</p>
			{action === 'limit' ? <NewLimit rule={rule} onClose={close} onDone={onLimit} /> : null}
			{action === 'rotate' || action === 'revoke' ? (
				<ActionDialog
					action={action}
					shown={shown}
					onClose={close}
					onDone={(answer) => {
						close();
						if (action === 'rotate') setIssued(answer as IssuedKey);
						reload();
					}}
				/>
			) : null}
			{issued === null ? null : <SecretDialog issued={issued} onClose={() => setIssued(null)} />}
		</>
	);
}

function NewLimit({ rule, onClose, onDone }: { rule: EditedLimit['rule']; onClose: () => void; onDone: () => void }) {
	const done = () => {
		onClose();
		onDone();
	};
	return <LimitDialog limit={{ rule }} onClose={onClose} onDone={done} />;
}

function ActionDialog(props: {
	action: 'revoke' | 'rotate';
	shown: ShownKey;
	onClose: () => void;
	onDone: (answer: unknown) => void;
}) {
	const { action, shown, onClose, onDone } = props;
	const { isBusy, problem, send } = useChange();
	const confirm = async () => {
		const answer = await send(`/admin/v1/keys/${encodeURIComponent(shown.id)}/${action}`, {});
		if (answer !== null) onDone(answer);
	};
	const isRevoke = action === 'revoke';
	return (
		<Dialog title={isRevoke ? 'Revoke key' : 'Rotate key'} onClose={onClose}>
			<ConfirmForm
				action={isRevoke ? 'Revoke key' : 'Rotate key'}
				isDanger={isRevoke}
				{...(isRevoke && { typed: shown.id })}
				isBusy={isBusy}
				problem={problem}
				onConfirm={() => void confirm()}
				onClose={onClose}
			>
				<p>
					{isRevoke ? 'Whoever uses ' : 'The secret of '}
					<strong>
						<Name>{shown.name}</Name>
					</strong>
					{isRevoke
						? ' is refused from now on. This cannot be undone.'
						: ' stops working at once, and another one is shown. Its limits and its name stay.'}
				</p>
			</ConfirmForm>
		</Dialog>
	);
}
