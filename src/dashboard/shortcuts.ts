import { useEffect } from 'preact/hooks';

/** True while somebody types, when no key is a shortcut. */
function isTyping(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
}

/** Does something when a key is pressed by itself, anywhere on the page. `actions` must stay the same between renderings. */
export function useShortcuts(actions: Readonly<Record<string, () => void>>): void {
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
			const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
			if (action === undefined || document.querySelector('dialog[open]') !== null) return;
			event.preventDefault();
			action();
		};
		addEventListener('keydown', onKey);
		return () => removeEventListener('keydown', onKey);
	}, [actions]);
}

/** Moves the focus to the link of the next row of the page's list, or the one before. */
function moveRow(step: 1 | -1): void {
	const links = [...document.querySelectorAll<HTMLElement>('main a[data-row]')];
	const index = links.indexOf(document.activeElement as HTMLElement);
	const next = index === -1 ? (step === 1 ? 0 : links.length - 1) : index + step;
	links[next]?.focus();
}

/** `j` and `k` walk the rows of a list, where Enter opens one; `/` goes to its filters. */
export const LIST_SHORTCUTS: Readonly<Record<string, () => void>> = {
	j: () => moveRow(1),
	k: () => moveRow(-1),
	'/': () => document.querySelector<HTMLElement>('.filters input, .filters select')?.focus(),
};
