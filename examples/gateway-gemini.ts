import assert from 'node:assert/strict';
import { startSampleGateway } from './support/sample-gateway.ts';

const gateway = await startSampleGateway();

// #region shown
import { GoogleGenAI } from '@google/genai';

const client = new GoogleGenAI({
	apiKey: process.env['GEMINI_API_KEY'] ?? '',
	httpOptions: { baseUrl: process.env['GOOGLE_GEMINI_BASE_URL'] ?? 'http://127.0.0.1:4141' },
});

const answer = await client.models.generateContent({ model: 'auto:cheap', contents: 'Fix the login bug' });
console.log(answer.text, answer.modelVersion);
// #endregion

assert.ok(answer.text);
await gateway.close();
