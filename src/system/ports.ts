import type {
	Classifier,
	Clock,
	Logger,
	ModelName,
	RandomSource,
	RouterEventListener,
	RouterStorage,
} from '../contracts/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { SYSTEM_CLOCK } from '../util/index.ts';

/** What the system takes from outside. */
export interface SystemPorts {
	/** @default the machine's clock */
	clock?: Clock;
	/** @default Math.random */
	random?: RandomSource;
	/** @default silent */
	logger?: Logger;
	/** Opens the storage on first use. @default memory */
	openStorage?: () => Promise<RouterStorage> | RouterStorage;
	/** @default the lexicon classifier */
	classifier?: Classifier;
	/** Only models of these providers compete. @default all */
	availableProviders?: readonly string[];
	/** Only these models compete. @default all */
	availableModels?: readonly ModelName[];
	/** Keep the text of tasks. @default false */
	captureTaskText?: boolean;
	/**
	 * A keyed one-way hash of a task's text, kept in place of the text: equal tasks can be counted. The Node door passes
	 * HMAC-SHA-256; the engine itself has none. @default the empty string for every task
	 */
	hashTask?: (text: string) => string;
	/** Hears every event from the first on. */
	onEvent?: RouterEventListener;
	/** Log every decision with its scores and reasons. @default false */
	isDebug?: boolean;
	/** Hears, in a sentence, that memory stands in for the storage. @default nobody */
	onDegraded?: (message: string) => void;
	/** Called last when the system is closed. */
	onClose?: () => void | Promise<void>;
}

function ignore(): void {}

/** Fills what is missing. */
export function completePorts(ports: SystemPorts): {
	clock: Clock;
	random: RandomSource;
	logger: Logger;
	openStorage: () => Promise<RouterStorage> | RouterStorage;
	standInStorage: () => RouterStorage;
	classifier: Classifier | null;
	availableProviders: readonly string[] | null;
	availableModels: readonly ModelName[] | null;
	captureTaskText: boolean;
	hashTask: (text: string) => string;
	onEvent: RouterEventListener | null;
	isDebug: boolean;
	onDegraded: (message: string) => void;
	onClose: () => void | Promise<void>;
} {
	return {
		clock: ports.clock ?? SYSTEM_CLOCK,
		random: ports.random ?? Math.random,
		logger: ports.logger ?? { error: ignore, warn: ignore, info: ignore, debug: ignore },
		openStorage: ports.openStorage ?? createMemoryStorage,
		standInStorage: createMemoryStorage,
		classifier: ports.classifier ?? null,
		availableProviders: ports.availableProviders ?? null,
		availableModels: ports.availableModels ?? null,
		captureTaskText: ports.captureTaskText ?? false,
		hashTask: ports.hashTask ?? (() => ''),
		onEvent: ports.onEvent ?? null,
		isDebug: ports.isDebug ?? false,
		onDegraded: ports.onDegraded ?? ignore,
		onClose: ports.onClose ?? ignore,
	};
}
