const REASONS: Readonly<Record<string, string>> = {
	EACCES: 'permission denied',
	EPERM: 'not permitted',
	EROFS: 'the file system is read-only',
	ENOSPC: 'the disk is full',
	EDQUOT: 'the disk quota is used up',
	ENOTDIR: 'a part of its path is a file, not a folder',
	EISDIR: 'it is a folder, not a file',
	EEXIST: 'something else is in its place',
	ELOOP: 'its links lead in a circle',
	ENAMETOOLONG: 'its path is too long',
	EMFILE: 'too many files are open',
};

/** The code of a system error, e.g. `EACCES`; `null` for any other value. */
export function systemErrorCode(error: unknown): string | null {
	return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** A file operation's failure in plain words. */
export function describeSystemError(error: unknown): string {
	const code = systemErrorCode(error);
	if (code === null) return error instanceof Error ? error.message : String(error);
	return `${REASONS[code] ?? 'it failed'} (${code})`;
}
