/** @module The words the baseline classifier knows, per language: pure data. */

import { CHINESE } from './chinese.ts';
import { ENGLISH, ENGLISH_CODE_WORK } from './english.ts';
import { FRENCH } from './french.ts';
import { GERMAN } from './german.ts';
import { INCIDENTS } from './incidents.ts';
import { JAPANESE } from './japanese.ts';
import type { FeatureTarget, LexiconData } from './lexicon-data.ts';
import { PORTUGUESE } from './portuguese.ts';
import { SPANISH } from './spanish.ts';

export type { FeatureTarget, LexiconData } from './lexicon-data.ts';

/** Version of the words and weights; raised with every change that can change an answer. */
export const LEXICON_VERSION = '1.5.0';

/** Every language, English first. */
export const LEXICONS: readonly LexiconData[] = [
	ENGLISH,
	ENGLISH_CODE_WORK,
	CHINESE,
	JAPANESE,
	SPANISH,
	GERMAN,
	FRENCH,
	PORTUGUESE,
	INCIDENTS,
];

/** What a sign can speak for beside a type. */
export const OTHER_TARGETS: readonly FeatureTarget[] = [
	'complexity',
	'critical',
	'urgency',
	'incident',
	'code',
	'creativity',
	'thinking',
	'multi-step',
	'iterative',
	'follow-up',
];
