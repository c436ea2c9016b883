import { useEffect, useId, useState } from 'preact/hooks';
import { request } from './api.ts';
import { Dialog } from './dialog.tsx';
import { formatName } from './format.ts';
import { navigate, toAddress } from './router.ts';

/** A view that can be gone to. */
export interface Destination {
	path: string;
	name: string;
	letter?: string;
}

interface Entry {
	kind: string;
	name: string;
	address: string;
}

/** Entries of one kind that are listed at most. */
const MAX_OF_KIND = 8;
/** Ids of decisions, of keys and of sessions are long; nothing shorter is taken for one. */
const ID = /^[\w-]{20,100}$/;

/** What was read for the palette, kept while the page is open for no longer than this. */
const KEPT_MS = 60_000;
let known: { at: number; entries: Entry[] } = { at: 0, entries: [] };

async function readEntries(): Promise<Entry[]> {
	if (Date.now() - known.at < KEPT_MS) return known.entries;
	const read = (path: string) => request(path).catch(() => ({}));
	const [keys, models] = (await Promise.all([read('/admin/v1/keys'), read('/admin/v1/models?period=month')])) as [
		{ keys?: Array<{ id: string; name: string }> },
		{ models?: Array<{ name: string }> },
	];
	const entries = [
		...(models.models ?? []).map(({ name }) => ({ kind: 'Model', name, address: toAddress('models', name) })),
		...(keys.keys ?? []).map(({ id, name }) => ({
			kind: 'Key',
			name: `${name} (${id})`,
			address: toAddress('keys', id),
		})),
	];
	known = { at: Date.now(), entries };
	return entries;
}

/** Entries whose words begin as those that were typed do, a few of each kind. */
function findEntries(entries: readonly Entry[], typed: string): Entry[] {
	const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
	const isMatch = ({ name, kind }: Entry) => {
		const text = `${kind} ${name}`.toLowerCase();
		return words.every((word) => text.includes(word));
	};
	const counts = new Map<string, number>();
	return entries.filter((entry) => {
		if (!isMatch(entry)) return false;
		const count = (counts.get(entry.kind) ?? 0) + 1;
		counts.set(entry.kind, count);
		return count <= MAX_OF_KIND;
	});
}

/** Goes to a view, a model, a key, or a decision by its id. */
export function Palette({ views, onClose }: { views: readonly Destination[]; onClose: () => void }) {
	const [typed, setTyped] = useState('');
	const [found, setFound] = useState<Entry[]>([]);
	const [index, setIndex] = useState(0);
	const list = useId();
	useEffect(() => {
		readEntries().then(setFound, () => {});
	}, []);
	const pages = views.map(({ path, name }) => ({ kind: 'View', name, address: toAddress(path) }));
	const id = typed.trim();
	const pasted = ID.test(id) ? [{ kind: 'Decision', name: id, address: toAddress('decisions', id) }] : [];
	const shown = [...pasted, ...findEntries([...pages, ...found], typed)];
	const selected = Math.min(index, shown.length - 1);
	const go = (entry: Entry | undefined) => {
		if (entry === undefined) return;
		onClose();
		navigate(entry.address);
	};
	const onKey = (event: KeyboardEvent) => {
		const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
		if (step === 0 || shown.length === 0) return;
		event.preventDefault();
		setIndex((selected + step + shown.length) % shown.length);
	};
	return (
		<Dialog title="Go to" onClose={onClose}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					go(shown[selected]);
				}}
			>
				<input
					role="combobox"
					aria-label="View, model, key, or the id of a decision"
					aria-controls={list}
					aria-expanded={shown.length > 0}
					aria-activedescendant={shown.length === 0 ? undefined : `${list}-${selected}`}
					autocomplete="off"
					spellcheck={false}
					value={typed}
					onKeyDown={onKey}
					onInput={(event) => {
						setTyped(event.currentTarget.value);
						setIndex(0);
					}}
				/>
				<div id={list} role="listbox" aria-label="Places" class="places" tabIndex={-1}>
					{shown.map((entry, place) => (
						// biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and its keys
						<div
							key={entry.address}
							id={`${list}-${place}`}
							role="option"
							tabIndex={-1}
							aria-selected={place === selected}
							onClick={() => go(entry)}
						>
							<span class="muted">{entry.kind}</span> {formatName(entry.name)}
						</div>
					))}
				</div>
				{shown.length > 0 ? null : <p class="muted">Nothing is called that here.</p>}
			</form>
		</Dialog>
	);
}

/** Every key that does something. */
export function ShortcutHelp({ views, onClose }: { views: readonly Destination[]; onClose: () => void }) {
	const lines: Array<[string, string]> = [
		['Ctrl K or ⌘ K', 'go to a view, a model, a key or a decision'],
		...views.flatMap(({ letter, name }): Array<[string, string]> => (letter ? [[`g ${letter}`, name]] : [])),
		['j, k', 'the next row of a list, the one before'],
		['Enter', 'open the row'],
		['/', 'the filters'],
		['Escape', 'close what is open'],
		['?', 'these keys'],
	];
	return (
		<Dialog title="Keys of the keyboard" onClose={onClose}>
			<table>
				<tbody>
					{lines.map(([keys, what]) => (
						<tr key={keys}>
							<th scope="row">
								<kbd>{keys}</kbd>
							</th>
							<td>{what}</td>
						</tr>
					))}
				</tbody>
			</table>
			<p class="row-actions">
				<button type="button" onClick={onClose}>
					Close
				</button>
			</p>
		</Dialog>
	);
}
