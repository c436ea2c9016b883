import { useContext, useState } from 'preact/hooks';
import type { KeyScope } from '../contracts/index.ts';
import { SessionContext, useResource } from './api.ts';
import type { Budgets } from './budgets-view.tsx';
import { ConfirmForm, Dialog, useChange } from './dialog.tsx';
import { formatInstant } from './format.ts';
import { KeyPage } from './key-page.tsx';
import { describeBinding, type IssuedKey, KeyState, SecretDialog, type ShownKey } from './key-parts.tsx';
import { DataTable, Loaded, Name, ReadsOnly, ViewHead } from './parts.tsx';
import { type Place, toAddress } from './router.ts';
import { LIST_SHORTCUTS, useShortcuts } from './shortcuts.ts';

/** All keys, or one of them. */
export function KeysView({ place }: { place: Place }) {
	return place.id === null ? <KeyList /> : <KeyPage id={place.id} />;
}

function KeyList() {
	useShortcuts(LIST_SHORTCUTS);
	const { session } = useContext(SessionContext);
	const keys = useResource<{ keys: ShownKey[] }>('/admin/v1/keys');
	const budgets = useResource<Budgets>('/admin/v1/budgets');
	const [isMaking, setMaking] = useState(false);
	const [issued, setIssued] = useState<IssuedKey | null>(null);
	const timezone = budgets.data?.timezone ?? 'UTC';
	return (
		<>
			<ViewHead title="Keys">
				<a href={toAddress('audit')}>Who changed what</a>
				{session.readsOnly === null ? (
					<button type="button" class="primary" onClick={() => setMaking(true)}>
						Make key
					</button>
				) : null}
			</ViewHead>
			<ReadsOnly />
			<Loaded
				resource={keys}
				isEmpty={(data) => data.keys.length === 0}
				empty={
					<p>
						There are no keys. <code>switchyard keys create --name my-app</code> makes one.
					</p>
				}
			>
				{(data) => (
					<DataTable
						label="Keys"
						rows={data.keys}
						keyOf={({ id }) => id}
						columns={[
							{
								head: 'Name',
								cell: ({ id, name }) => (
									<a data-row href={toAddress('keys', id)}>
										<Name>{name}</Name>
									</a>
								),
							},
							{ head: 'State', cell: (shown) => <KeyState shown={shown} /> },
							{ head: 'Id', isOptional: true, cell: ({ id }) => <code>{id}</code> },
							{ head: 'May', isOptional: true, cell: ({ scopes }) => scopes.join(', ') },
							{
								head: 'Bounded by',
								cell: (shown) => (budgets.data === null ? '…' : <Name>{describeBinding(shown, budgets.data)}</Name>),
							},
							{
								head: `Made (${timezone})`,
								isOptional: true,
								cell: ({ createdAt }) => formatInstant(createdAt, timezone),
							},
						]}
					/>
				)}
			</Loaded>
			{isMaking ? (
				<MakeKeyDialog
					onClose={() => setMaking(false)}
					onMade={(made) => {
						setMaking(false);
						setIssued(made);
						keys.reload();
					}}
				/>
			) : null}
			{issued === null ? null : <SecretDialog issued={issued} onClose={() => setIssued(null)} />}
		</>
	);
}

const SCOPES: Readonly<Record<KeyScope, string>> = {
	route: 'call models',
	read: 'see figures and settings',
	admin: 'change keys and limits',
};
const COUNTS = {
	requestsPerMinute: 'Requests a minute',
	tokensPerMinute: 'Tokens a minute',
	maxParallel: 'Requests at once',
};

function MakeKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: (issued: IssuedKey) => void }) {
	const { isBusy, problem, send } = useChange();
	const make = async () => {
		const form = new FormData(document.querySelector<HTMLFormElement>('dialog[open] form') ?? undefined);
		const text = (name: string) => String(form.get(name) ?? '').trim();
		const list = (name: string) =>
			text(name)
				.split(',')
				.map((part) => part.trim())
				.filter(Boolean);
		const counts = Object.keys(COUNTS).flatMap((name) => (text(name) === '' ? [] : [[name, Number(text(name))]]));
		const body = {
			name: text('name'),
			scopes: form.getAll('scope'),
			...(text('team') !== '' && { team: text('team') }),
			...(list('tags').length > 0 && { tags: list('tags') }),
			...(list('models').length > 0 && { allowedModels: list('models') }),
			...(counts.length > 0 && { limits: Object.fromEntries(counts) }),
			...(text('lifetime') !== '' && { lifetime: text('lifetime') }),
		};
		const issued = await send('/admin/v1/keys', body);
		if (issued !== null) onMade(issued as IssuedKey);
	};
	return (
		<Dialog title="Make a key" onClose={onClose}>
			<ConfirmForm action="Make key" isBusy={isBusy} problem={problem} onConfirm={() => void make()} onClose={onClose}>
				<label class="field">
					Name
					<input name="name" required maxLength={100} autocomplete="off" />
				</label>
				<fieldset>
					<legend>It may</legend>
					{Object.entries(SCOPES).map(([scope, what]) => (
						<label key={scope} class="choice">
							<input type="checkbox" name="scope" value={scope} defaultChecked={scope === 'route'} />
							{scope}: {what}
						</label>
					))}
				</fieldset>
				<div class="columns">
					<label class="field">
						Team
						<input name="team" autocomplete="off" />
					</label>
					<label class="field">
						Tags, separated by commas
						<input name="tags" autocomplete="off" />
					</label>
					<label class="field">
						Only these models, separated by commas
						<input name="models" autocomplete="off" placeholder="all" />
					</label>
					<label class="field">
						Valid for, as 30d or 12h
						<input name="lifetime" autocomplete="off" placeholder="ever" />
					</label>
					{Object.entries(COUNTS).map(([name, label]) => (
						<label class="field" key={name}>
							{label}
							<input name={name} type="number" min="1" step="1" placeholder="no limit" />
						</label>
					))}
				</div>
			</ConfirmForm>
		</Dialog>
	);
}
