import assert from 'node:assert/strict';
import { startSampleGateway } from './support/sample-gateway.ts';

const gateway = await startSampleGateway();

// #region shown
import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';

const openai = createOpenAI(); // reads OPENAI_BASE_URL and OPENAI_API_KEY

const result = streamText({ model: openai.chat('auto'), prompt: 'Fix the login bug', maxRetries: 0 });
for await (const text of result.textStream) process.stdout.write(text);
const { headers } = await result.response;
console.log(headers?.['x-switchyard-model']);
// #endregion

assert.ok(await result.text);
assert.ok(headers?.['x-switchyard-model']);
await gateway.close();
