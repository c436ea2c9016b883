import { expect, it } from 'vitest';
import { LOG_LEVELS, type Logger } from '../contracts/index.ts';
import { createSilentLogger, filterLevel } from './file-logger.ts';

const heardAt = (threshold: (typeof LOG_LEVELS)[number]): string[] => {
	const heard: string[] = [];
	const keep = (level: string) => () => {
		heard.push(level);
	};
	const inner: Logger = { error: keep('error'), warn: keep('warn'), info: keep('info'), debug: keep('debug') };
	const logger = filterLevel(inner, threshold);
	logger.debug('d');
	logger.info('i');
	logger.warn('w');
	logger.error('e');
	return heard;
};

it('a level lets through its own lines and graver ones, and silence is silent', () => {
	expect(LOG_LEVELS.map(heardAt)).toEqual([
		[],
		['error'],
		['warn', 'error'],
		['info', 'warn', 'error'],
		['debug', 'info', 'warn', 'error'],
	]);
});

it('the silent logger takes anything', () => {
	const logger = createSilentLogger();
	expect(() => [logger.error('e'), logger.warn('w'), logger.info('i'), logger.debug('d')]).not.toThrow();
});
