import { useEffect } from 'preact/hooks';
import { navigate, toAddress } from './router.ts';

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

/** Milliseconds in which a letter must follow `g`. */
const LETTER_MS = 1500;

/** Keys that work in every view: Ctrl or Cmd with K opens the palette, also while somebody types; `g` and a letter go to a view; `?` shows the keys. */
export function useFrameKeys(
	views: ReadonlyArray<{ path: string; letter?: string }>,
	open: (what: 'palette' | 'help') => void,
): void {
	useEffect(() => {
		let goingUntil = 0;
		const goOrHelp = (event: KeyboardEvent): boolean => {
			const view = Date.now() < goingUntil ? views.find(({ letter }) => letter === event.key) : undefined;
			goingUntil = event.key === 'g' ? Date.now() + LETTER_MS : 0;
			if (view !== undefined) navigate(toAddress(view.path));
			else if (event.key === '?') open('help');
			else return false;
			return true;
		};
		const onKey = (event: KeyboardEvent) => {
			if (document.querySelector('dialog[open]') !== null) return;
			const isHeld = event.ctrlKey || event.metaKey;
			const isPalette = isHeld && event.key.toLowerCase() === 'k';
			if (isPalette) open('palette');
			else if (isHeld || event.altKey || isTyping(event.target) || !goOrHelp(event)) return;
			event.preventDefault();
			// not taken for a key of the list that is left
			event.stopImmediatePropagation();
		};
		addEventListener('keydown', onKey, { capture: true });
		return () => removeEventListener('keydown', onKey, { capture: true });
	}, [views, open]);
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
