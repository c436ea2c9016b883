import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClientDriver } from '../clients/client-driver.ts';
import { CLIENT_PACKAGES } from '../clients/install.ts';

const drivers = join(import.meta.dirname, '..', 'clients', 'drivers');
const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'guide', 'clients.md'), 'utf8');
const GATEWAY = 'http://127.0.0.1:4141';

/** Where a driver gives its client a fact of the task: the name of the setting, and what stands behind the fact. */
function findSettings(source: string, fact: 'key' | 'url'): Array<{ name: string; rest: string }> {
	const places = new RegExp(`['"]?([\\w-]+)['"]?(?::| =|',)\\s+["\`]*(?:\\$\\{)?task\\.${fact}\\b\\}?([/\\w]*)`, 'g');
	return [...source.matchAll(places)].map(([, name = '', rest = '']) => ({ name: name.replace(/^-+/, ''), rest }));
}

function readSection(title: string): string {
	return guide.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? '';
}

describe('the guide has a client set up as the one that was tried is', () => {
	it.each(readdirSync(drivers).map((file) => file.replace(/\.ts$/, '')))('%s', async (name) => {
		const { driver }: { driver: ClientDriver } = await import(join(drivers, `${name}.ts`));
		const source = readFileSync(join(drivers, `${name}.ts`), 'utf8');
		const section = readSection(driver.title);
		for (const [id, version] of Object.entries(CLIENT_PACKAGES[name] ?? {}))
			expect(section).toContain(`\`${id}@${version}\``);
		const addresses = findSettings(source, 'url');
		expect(addresses.length, 'the driver names the address').toBeGreaterThan(0);
		for (const setting of addresses) {
			const written = new RegExp(`${setting.name}\\W{1,6}${GATEWAY}${setting.rest}(?![\\w/])`);
			expect(section, `${setting.name} is ${GATEWAY}${setting.rest}`).toMatch(written);
		}
		for (const setting of findSettings(source, 'key')) expect(section).toContain(setting.name);
	});
});
