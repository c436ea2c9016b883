/** @module Task → TaskDescriptor: what kind of work a text or a conversation asks for. */
export { LexiconClassifier, TaskClassifier, type TaskClassifierOptions } from './task-classifier.ts';
