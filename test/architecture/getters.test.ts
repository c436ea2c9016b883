import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '..', '..', 'src');

/** Objects of which a process makes a few. */
const MADE_ONCE = [
	'config/environment.ts description',
	'gateway.ts openGateway',
	'storage/memory/create-memory-storage.ts createMemoryStorage',
	'storage/sqlite/open-sqlite-storage.ts openSqliteStorage',
	'system/journaled-storage.ts createJournaledStorage',
];

/** Functions that make an object by a literal with a getter. */
function listGettersInLiterals(path: string): string[] {
	const source = ts.createSourceFile(path, readFileSync(join(SOURCES, path), 'utf8'), ts.ScriptTarget.Latest, true);
	const found: string[] = [];
	const visit = (node: ts.Node, name: string | null): void => {
		const isFunction = ts.isFunctionLike(node);
		const own = isFunction && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : '';
		const inside = isFunction ? name || own : name;
		if (inside !== null && ts.isGetAccessor(node) && ts.isObjectLiteralExpression(node.parent))
			found.push(`${path} ${inside}`);
		ts.forEachChild(node, (child) => visit(child, inside));
	};
	visit(source, null);
	return found;
}

it('no request is kept in memory by a getter that was made for it', () => {
	// V8 makes a hidden class for each getter of a literal. It lives until the next full collection, and with it the getter and all it
	// can see: a third of what requests took was moved to the old generation, for pauses of 50 ms.
	const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
	const sources = files.filter((path) => path.endsWith('.ts') && !/\.test\.|^testing\/|^cli\//.test(path));
	expect(sources.length).toBeGreaterThan(300);
	const found = sources.flatMap(listGettersInLiterals).filter((place) => !MADE_ONCE.includes(place));
	expect(found).toEqual([]);
});
