import assert from 'node:assert/strict';
import { startSampleGateway } from './support/sample-gateway.ts';

const gateway = await startSampleGateway();

// #region shown
import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({
	model: 'auto',
	maxRetries: 0,
	configuration: { baseURL: process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:4141/v1' },
	modelKwargs: { switchyard: { maxCost: 0.05, tags: ['docs'] } },
});

const answer = await model.invoke('Fix the login bug');
console.log(answer.text);
// #endregion

assert.ok(answer.text);
await gateway.close();
