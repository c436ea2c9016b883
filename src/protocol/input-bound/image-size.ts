/** Width and height in pixels. */
export interface ImageSize {
	width: number;
	height: number;
}

/** A number of `bytes` bytes at a place of a binary text, the most significant first. */
function readNumber(binary: string, at: number, bytes: number): number {
	let value = 0;
	for (let index = 0; index < bytes; index += 1) value = value * 256 + (binary.charCodeAt(at + index) || 0);
	return value;
}

/** The same, the least significant first. */
function readReversed(binary: string, at: number, bytes: number): number {
	let value = 0;
	for (let index = bytes - 1; index >= 0; index -= 1) value = value * 256 + (binary.charCodeAt(at + index) || 0);
	return value;
}

/** The frame header among the segments of a JPEG. */
function readJpegSize(binary: string): ImageSize | null {
	let at = 2;
	while (at + 9 < binary.length && binary.charCodeAt(at) === 0xff) {
		const marker = binary.charCodeAt(at + 1);
		const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
		if (isFrame) return { height: readNumber(binary, at + 5, 2), width: readNumber(binary, at + 7, 2) };
		// a marker may be filled up with more 0xff
		at += marker === 0xff ? 1 : 2 + readNumber(binary, at + 2, 2);
	}
	return null;
}

function readWebpSize(binary: string): ImageSize | null {
	const kind = binary.slice(12, 16);
	if (kind === 'VP8X') return { width: readReversed(binary, 24, 3) + 1, height: readReversed(binary, 27, 3) + 1 };
	if (kind === 'VP8 ')
		return { width: readReversed(binary, 26, 2) & 0x3fff, height: readReversed(binary, 28, 2) & 0x3fff };
	if (kind !== 'VP8L') return null;
	const bits = readReversed(binary, 21, 4);
	return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** The size of a PNG, JPEG, GIF or WebP, from its beginning with one byte a character; `null`: another format, or broken. */
export function readImageSize(binary: string): ImageSize | null {
	let size: ImageSize | null = null;
	if (binary.startsWith('\x89PNG\r\n')) size = { width: readNumber(binary, 16, 4), height: readNumber(binary, 20, 4) };
	else if (binary.startsWith('GIF8')) size = { width: readReversed(binary, 6, 2), height: readReversed(binary, 8, 2) };
	else if (binary.startsWith('\xff\xd8')) size = readJpegSize(binary);
	else if (binary.startsWith('RIFF') && binary.startsWith('WEBP', 8)) size = readWebpSize(binary);
	return size === null || size.width === 0 || size.height === 0 ? null : size;
}
