/** How one case came out. */
export interface CaseResult {
	name: string;
	/** What was expected and what came; empty when all is well. */
	failures: string[];
	milliseconds: number;
}

const escapeXml = (text: string): string =>
	text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[\p{Cc}]/gu, ' ');

/** The results as JUnit's XML, which CI systems show. */
export function renderJunit(results: readonly CaseResult[], file: string): string {
	const failed = results.filter(({ failures }) => failures.length > 0).length;
	const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(3);
	const cases = results.map(({ failures, milliseconds, name }) => {
		const head = `    <testcase name="${escapeXml(name)}" classname="switchyard" time="${seconds(milliseconds)}"`;
		if (failures.length === 0) return `${head}/>`;
		const [first = ''] = failures;
		return `${head}>\n      <failure message="${escapeXml(first)}">${failures.map(escapeXml).join('\n')}</failure>\n    </testcase>`;
	});
	const total = seconds(results.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
	return [
		'<?xml version="1.0" encoding="UTF-8"?>',
		`<testsuites tests="${results.length}" failures="${failed}" time="${total}">`,
		`  <testsuite name="${escapeXml(file)}" tests="${results.length}" failures="${failed}" errors="0" time="${total}">`,
		...cases,
		'  </testsuite>',
		'</testsuites>\n',
	].join('\n');
}
