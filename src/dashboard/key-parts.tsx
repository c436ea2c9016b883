import { useState } from 'preact/hooks';
import type { VirtualKey } from '../contracts/index.ts';
import { type Budgets, getFree } from './budgets-view.tsx';
import { Dialog } from './dialog.tsx';
import { formatMoney, toNano } from './format.ts';
import { formatLimit } from './limit-form.tsx';
import { Name } from './parts.tsx';

/** A key as the admin API shows it. */
export interface ShownKey extends Omit<VirtualKey, 'secretHash' | 'createdAt' | 'expiresAt' | 'revokedAt'> {
	createdAt: string;
	expiresAt: string | null;
	revokedAt: string | null;
}

/** A key with its secret, this one time. */
export interface IssuedKey {
	key: ShownKey;
	token: string;
}

/** Whether a key opens anything now. */
export function getKeyState({ expiresAt, revokedAt }: ShownKey): 'in force' | 'expired' | 'revoked' {
	if (revokedAt !== null) return 'revoked';
	return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'in force';
}

const STATE_CLASSES = { 'in force': 'good', expired: 'near', revoked: 'over' } as const;

/** The state of a key in a word. */
export function KeyState({ shown }: { shown: ShownKey }) {
	const state = getKeyState(shown);
	return <span class={`state-${STATE_CLASSES[state]}`}>{state}</span>;
}

/** The limits that a key's requests count against. */
export function listLimitsOf({ id, team }: ShownKey, { limits }: Budgets): Budgets['limits'] {
	const scopes = ['all', `key:${id}`, ...(team === null ? [] : [`team:${team}`])];
	return limits.filter(({ scope }) => scopes.includes(scope));
}

/** The hard limit that leaves a key the least. */
export function describeBinding(shown: ShownKey, budgets: Budgets): string {
	const [binding] = listLimitsOf(shown, budgets)
		.filter(({ kind, spentUsd }) => kind === 'hard' && spentUsd !== null)
		.sort((a, b) => (getFree(a) ?? 0) - (getFree(b) ?? 0));
	if (binding === undefined) return 'no limit';
	const amount = (usd: number | null) => formatMoney(toNano(usd));
	return `${formatLimit(binding.rule)}: ${amount(getFree(binding))} free of ${amount(binding.limitUsd)}`;
}

/** The one time a key's secret is shown. */
export function SecretDialog({ issued, onClose }: { issued: IssuedKey; onClose: () => void }) {
	const [copied, setCopied] = useState('');
	const copy = () => {
		navigator.clipboard.writeText(issued.token).then(
			() => setCopied('Copied.'),
			() => setCopied('It could not be copied: select it above.'),
		);
	};
	return (
		<Dialog title="Keep this secret now" onClose={onClose}>
			<p>
				The secret of <Name>{issued.key.name}</Name> is stored nowhere and cannot be shown again. Clients send it as
				their API key.
			</p>
			<code class="secret">{issued.token}</code>
			<p class="row-actions">
				<button type="button" class="primary" onClick={copy}>
					Copy
				</button>
				<button type="button" onClick={onClose}>
					Done
				</button>
				<span role="status" class="muted">
					{copied}
				</span>
			</p>
		</Dialog>
	);
}
