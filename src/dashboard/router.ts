import { useLayoutEffect, useState } from 'preact/hooks';

const BASE = '/dashboard';

/** Where the page is: a view, what is open in it, and the filters. */
export interface Place {
	/** The first part of the path; the overview has none. */
	view: string;
	/** The second: what is open. */
	id: string | null;
	query: URLSearchParams;
}

/** Reads the address of the page. */
export function readPlace(url: URL = new URL(location.href)): Place {
	const [view = '', id = null] = url.pathname
		.slice(BASE.length)
		.split('/')
		.filter((part) => part !== '');
	return { view, id: id === null ? null : decodeURIComponent(id), query: url.searchParams };
}

/** The address of a place. Filters of the page stay unless others are given. */
export function toAddress(view: string, id: string | null = null, query: URLSearchParams | null = null): string {
	const path = [BASE, view, id === null ? '' : encodeURIComponent(id)].filter((part) => part !== '').join('/');
	const search = (query ?? new URLSearchParams()).toString();
	return search === '' ? path : `${path}?${search}`;
}

/** Told of every change of the address. */
const CHANGED = 'placechange';

/** Goes to an address of the dashboard; `replace` for what Back should not undo, like typing. */
export function navigate(address: string, { replace = false }: { replace?: boolean } = {}): void {
	if (replace) history.replaceState(null, '', address);
	else history.pushState(null, '', address);
	dispatchEvent(new Event(CHANGED));
}

/** Changes filters of the page where it is; an empty value removes one. */
export function setFilters(change: Readonly<Record<string, string>>, options?: { replace?: boolean }): void {
	const { view, id, query } = readPlace();
	for (const [name, value] of Object.entries(change)) {
		if (value === '') query.delete(name);
		else query.set(name, value);
	}
	navigate(toAddress(view, id, query), options);
}

/** The place of the page, now and after each change. Links of the dashboard change it without loading the page again. */
export function usePlace(): Place {
	const [place, setPlace] = useState(() => readPlace());
	// before the page can be used: a change of the address in between would be missed
	useLayoutEffect(() => {
		const update = () => setPlace(readPlace());
		addEventListener('popstate', update);
		addEventListener(CHANGED, update);
		addEventListener('click', followLink);
		return () => {
			removeEventListener('popstate', update);
			removeEventListener(CHANGED, update);
			removeEventListener('click', followLink);
		};
	}, []);
	return place;
}

function followLink(event: MouseEvent): void {
	const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
	const link = event.target instanceof Element ? event.target.closest('a') : null;
	if (link === null || !isPlain || event.defaultPrevented || link.target !== '' || link.hasAttribute('download'))
		return;
	const url = new URL(link.href);
	const isOurs = url.origin === location.origin && (url.pathname === BASE || url.pathname.startsWith(`${BASE}/`));
	if (!isOurs || (url.hash !== '' && url.pathname === location.pathname)) return;
	event.preventDefault();
	navigate(`${url.pathname}${url.search}`);
}
