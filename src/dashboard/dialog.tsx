import type { ComponentChildren } from 'preact';
import { useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError, request, SessionContext } from './api.ts';

/** Changes something by the admin API; what it said no with is `problem`. */
export function useChange(): {
	isBusy: boolean;
	problem: string | null;
	/** Answers what the gateway did, `null` where it refused. */
	send: (path: string, body: unknown) => Promise<unknown>;
} {
	const { session, onEnded } = useContext(SessionContext);
	const [isBusy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string | null>(null);
	const send = async (path: string, body: unknown): Promise<unknown> => {
		setBusy(true);
		setProblem(null);
		try {
			return await request(path, { body, csrfToken: session.csrfToken ?? null });
		} catch (error) {
			if (error instanceof ApiError && error.status === 401) onEnded();
			setProblem(error instanceof Error ? error.message : String(error));
			return null;
		} finally {
			setBusy(false);
		}
	};
	return { isBusy, problem, send };
}

/** A dialog over the page. `Escape` closes it, and the focus returns to where it was. */
export function Dialog({
	title,
	onClose,
	children,
}: {
	title: string;
	onClose: () => void;
	children: ComponentChildren;
}) {
	const place = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const before = document.activeElement;
		place.current?.showModal();
		return () => {
			if (before instanceof HTMLElement && before.isConnected) before.focus();
		};
	}, []);
	return (
		<dialog ref={place} aria-labelledby={id} onClose={onClose}>
			<h2 id={id}>{title}</h2>
			{children}
		</dialog>
	);
}

/** What a dialog asks for, sent when it is confirmed. */
export function ConfirmForm(props: {
	/** A verb and what it acts on, as "Revoke key". */
	action: string;
	isDanger?: boolean;
	/** What must be typed before it is done. */
	typed?: string;
	isBusy: boolean;
	problem: string | null;
	onConfirm: () => void;
	onClose: () => void;
	children: ComponentChildren;
}) {
	const [text, setText] = useState('');
	const isHeldBack = props.isBusy || (props.typed !== undefined && text.trim() !== props.typed);
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault();
				if (!isHeldBack) props.onConfirm();
			}}
		>
			{props.children}
			{props.typed === undefined ? null : (
				<label class="field">
					Type {props.typed} to confirm
					<input
						value={text}
						autocomplete="off"
						spellcheck={false}
						onInput={(event) => setText(event.currentTarget.value)}
					/>
				</label>
			)}
			{props.problem === null ? null : (
				<p class="notice error" role="alert">
					{props.problem}
				</p>
			)}
			<p class="row-actions">
				<button class={props.isDanger ? 'danger' : 'primary'} type="submit" disabled={isHeldBack}>
					{props.isBusy ? 'Saving…' : props.action}
				</button>
				<button type="button" onClick={props.onClose}>
					Cancel
				</button>
			</p>
		</form>
	);
}
