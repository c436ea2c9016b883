import type { SharedV4FileData } from '@ai-sdk/provider';
import type { BodyFields } from './body-fields.ts';

/** A file as the neutral form names it. */
export interface NeutralFile {
	data: SharedV4FileData;
	/** Whole, or the first segment where no more is known, e.g. `image`. */
	mediaType: string;
}

/** Where files stand in the callers' bodies. */
const PATHS = new WeakMap<object, string>();

/** The file, with its place noted for errors about it. `fields` and `name`: where it stands. */
export function placeFile(file: NeutralFile, { path }: Pick<BodyFields, 'path'>): NeutralFile {
	PATHS.set(file.data, path);
	return file;
}

/** Whether a client library's words may be about a file. */
function isAbout(said: string, { data, mediaType }: NeutralFile): boolean {
	const named = /[a-z]+\/[a-z0-9.+*-]+/i.exec(said)?.[0].toLowerCase();
	if (named !== undefined) return mediaType.toLowerCase() === named;
	if (/\burls?\b/i.test(said) && data.type !== 'url') return false;
	if (/\btext file/i.test(said)) return data.type === 'text';
	if (/reference|file.?id/i.test(said)) return data.type === 'reference';
	if (/\baudio\b/i.test(said)) return mediaType.startsWith('audio/');
	return !/\bpdf\b/i.test(said) || mediaType === 'application/pdf';
}

/** Whether a value is a file of a neutral prompt whose place is known. */
function isPlacedFile(value: object): value is NeutralFile {
	return 'data' in value && typeof value.data === 'object' && value.data !== null && PATHS.has(value.data);
}

/** The files of a neutral prompt in their order, those in results of tools too. */
function listPlacedFiles(prompt: readonly unknown[]): NeutralFile[] {
	const left: unknown[] = [...prompt];
	const files: NeutralFile[] = [];
	// also over what is added on the way
	for (const value of left) {
		if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
		if (isPlacedFile(value)) files.push(value);
		else for (const member of Object.values(value)) left.push(member);
	}
	return files;
}

/** Where in the caller's body the file stands that a client library's words are about; `null` where none fits them. */
export function findFilePath(prompt: readonly unknown[], said: string): string | null {
	const files = listPlacedFiles(prompt);
	if (files.length === 0 || !/file|media|image|audio|pdf|document|reference|url/i.test(said)) return null;
	const file = files.find((candidate) => isAbout(said, candidate)) ?? (files.length === 1 ? files[0] : undefined);
	return file === undefined ? null : (PATHS.get(file.data) ?? null);
}
