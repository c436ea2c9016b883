import { type BudgetRule, formatLimitId } from '../contracts/index.ts';
import type { Limit } from './api.ts';
import { ConfirmForm, Dialog, useChange } from './dialog.tsx';
import { formatMoney, formatName, toNano } from './format.ts';

/** A limit that is edited, or made where there is none yet. */
export type EditedLimit = Pick<Limit, 'rule'> & Partial<Pick<Limit, 'limitUsd' | 'configuredUsd' | 'isStored'>>;

/** Whose spending a limit counts, in which period. */
export function formatLimit({ scope, of, period, kind }: Limit['rule']): string {
	const each = scope === 'all' ? 'everybody' : of === undefined ? `each ${scope}` : `${scope} ${formatName(of)}`;
	return `${each} per ${period}${kind === 'soft' ? ', soft' : ''}`;
}

/** Asks for another amount, says what changes, and has it set. */
export function LimitDialog(props: { limit: EditedLimit; onClose: () => void; onDone: () => void }) {
	const { limit, onClose, onDone } = props;
	const { rule, limitUsd, configuredUsd = null, isStored = false } = limit;
	const { isBusy, problem, send } = useChange();
	const set = async (form: HTMLFormElement | null) => {
		const amount = Number(new FormData(form ?? undefined).get('amount'));
		const { scope, of, shared, period, kind, atLimit }: Partial<BudgetRule> = rule;
		const body = { scope, of, shared, period, kind, atLimit, limitUsd: amount };
		if ((await send('/admin/v1/budgets/set', body)) !== null) onDone();
	};
	const clear = async () => {
		if ((await send('/admin/v1/budgets/clear', { id: formatLimitId(rule) })) !== null) onDone();
	};
	const form = () => document.querySelector<HTMLFormElement>('dialog[open] form');
	const configured = configuredUsd === null ? 'no limit' : formatMoney(toNano(configuredUsd));
	return (
		<Dialog title={limitUsd === undefined ? 'Set a limit' : 'Change the limit'} onClose={onClose}>
			<p>
				For <strong>{formatLimit(rule)}</strong>
				{limitUsd === undefined ? '.' : `, now ${formatMoney(toNano(limitUsd))}.`}
			</p>
			<ConfirmForm
				action="Set limit"
				isBusy={isBusy}
				problem={problem}
				onConfirm={() => void set(form())}
				onClose={onClose}
			>
				<label class="field">
					USD per {rule.period}
					<input
						name="amount"
						type="number"
						required
						min="0"
						step="any"
						inputMode="decimal"
						defaultValue={limitUsd === undefined ? '' : String(limitUsd)}
					/>
				</label>
				<p class="note">
					It is kept in the database, wins over the configuration ({configured}) and is in force from the next request
					on. Who set it is written to the audit log.
				</p>
			</ConfirmForm>
			{isStored ? (
				<p class="row-actions">
					<button type="button" disabled={isBusy} onClick={() => void clear()}>
						{configuredUsd === null ? 'Remove limit' : `Go back to the configured ${configured}`}
					</button>
				</p>
			) : null}
		</Dialog>
	);
}
