import { describe, expect, it } from 'vitest';
import { readErrorReport } from './error-report.ts';
import { parseErrorResponse } from './errors.ts';

const packed = { error: { message: 'prompt is too long', type: 'invalid_request_error', param: 'messages' } };

describe('what a provider says of a failure reaches the caller, in whichever shape it says it', () => {
	it.each<[string, unknown, object]>([
		[
			'OpenAI',
			{ error: { message: 'no such voice', type: 'invalid_request_error', param: 'voice', code: 'invalid_value' } },
			{ message: 'no such voice', type: 'invalid_request_error', param: 'voice', code: 'invalid_value' },
		],
		[
			'Anthropic',
			{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
			{ message: 'Overloaded', type: 'overloaded_error' },
		],
		[
			'Google',
			{ error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } },
			{ message: 'bad', type: 'INVALID_ARGUMENT', status: 400 },
		],
		[
			'Google’s list',
			[{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }],
			{ message: 'busy', status: 503 },
		],
		[
			'xAI',
			{ code: 'invalid-argument', error: 'model not found' },
			{ message: 'model not found', code: 'invalid-argument' },
		],
		['Mistral', { detail: 'Unauthorized' }, { message: 'Unauthorized' }],
		[
			'FastAPI',
			{ detail: [{ loc: ['body', 'messages', 0, 'role'], msg: 'Field required', type: 'missing' }] },
			{ message: 'Field required', param: 'messages.0.role' },
		],
		[
			'Bedrock',
			{ message: 'Input is too long for requested model.' },
			{ message: 'Input is too long for requested model.' },
		],
		[
			'vLLM',
			{ object: 'error', message: 'too long', type: 'BadRequestError', param: null, code: 400 },
			{ message: 'too long', type: 'BadRequestError', code: null, status: 400 },
		],
		[
			'an event of Responses',
			{ type: 'response.failed', response: { error: { code: 'server_error', message: 'exploded' } } },
			{ message: 'exploded', code: 'server_error' },
		],
		[
			'OpenRouter, which packs its provider’s error',
			{ error: { message: 'Provider returned error', code: 400, metadata: { raw: JSON.stringify(packed) } } },
			{ message: 'prompt is too long', type: 'invalid_request_error', param: 'messages', status: 400 },
		],
		[
			'OpenRouter, whose provider said a text',
			{ error: { message: 'Provider returned error', code: 502, metadata: { raw: 'upstream is down' } } },
			{ message: 'upstream is down', status: 502 },
		],
		[
			'a list of objects',
			{ success: false, errors: [{ code: 'bad_model', message: 'no such model' }] },
			{ message: 'no such model', code: 'bad_model' },
		],
		['a list of texts', { errors: ['too long', 'too hot'] }, { message: 'too long; too hot' }],
		['one text of several', { errors: ['too long'] }, { message: 'too long' }],
		['AWS', { Message: 'no access', Code: 'AccessDenied' }, { message: 'no access', code: 'AccessDenied' }],
		[
			'an object as message',
			{ message: { detail: [{ loc: ['body', 'top_p'], msg: 'must be at most 1', type: 'value_error' }] } },
			{ message: 'must be at most 1', param: 'top_p', type: 'value_error' },
		],
		[
			'an object as the message of an error',
			{ error: { message: { message: 'no room', code: 'full' }, type: 'server_error' } },
			{ message: 'no room', code: 'full', type: 'server_error' },
		],
		['an error in a detail', { detail: { error: 'no such voice' } }, { message: 'no such voice' }],
		[
			'an object in a detail',
			{ detail: { error: { message: 'no such voice', param: 'voice' } } },
			{ message: 'no such voice', param: 'voice' },
		],
		[
			'OAuth',
			{ error: 'invalid_grant', error_description: 'The token has expired.' },
			{ message: 'The token has expired.', code: 'invalid_grant' },
		],
		[
			'Spring, whose error is the name of its status',
			{ status: 404, error: 'Not Found', message: 'No route for /x', path: '/x' },
			{ message: 'No route for /x', status: 404, code: null },
		],
		[
			'RFC 9457',
			{ title: 'Bad Request', status: 400, detail: 'top_k is not known' },
			{ message: 'top_k is not known', status: 400 },
		],
		['Apigee', { fault: { faultstring: 'Rate limit quota violation' } }, { message: 'Rate limit quota violation' }],
		[
			'LiteLLM, which quotes its provider behind an exception',
			{
				error: {
					message: `litellm.BadRequestError: AnthropicException - ${JSON.stringify(packed)}. Received Model Group=x`,
					type: null,
					code: '400',
				},
			},
			{ message: 'prompt is too long', type: 'invalid_request_error', param: 'messages', status: 400 },
		],
		[
			'an exception of an SDK for Python',
			{ detail: `Error code: 400 - {'error': {'message': "it's too long", 'param': None, 'code': 'too_long'}}` },
			{ message: "it's too long", code: 'too_long', param: null },
		],
		[
			'bytes as Python writes them',
			{ error: { message: `litellm.BadRequestError: VertexAI - b'{\\n "error": {"message": "no such region"}}\\n'` } },
			{ message: 'no such region' },
		],
		[
			'an exception without anything in it',
			{ error: { message: 'litellm.Timeout: APITimeoutError - Request timed out.' } },
			{ message: 'litellm.Timeout: APITimeoutError - Request timed out.' },
		],
		[
			'words with braces of their own',
			{ error: { message: 'Invalid schema {"message":"x"} for tool f' } },
			{ message: 'Invalid schema {"message":"x"} for tool f' },
		],
		[
			'a proxy that packs JSON into its message',
			{ error: { message: JSON.stringify(packed) } },
			{ message: 'prompt is too long' },
		],
	])('%s', (_who, body, expected) => {
		expect(readErrorReport(JSON.stringify(body))).toMatchObject(expected);
	});

	it.each([
		['Service is down for maintenance', 'Service is down for maintenance'],
		['<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>', '502 Bad Gateway'],
		['<html><body><h1>Too busy</h1></body></html>', 'Too busy'],
		['data: {"error":{"message":"no stream"}}\n\n', 'no stream'],
		['event: error\ndata: {"error":{"message":"no stream"}}\n\n', 'no stream'],
		['"quota used up"', 'quota used up'],
		['<html><body><p>no healthy</p>\n<b>upstream</b></body></html>', 'no healthy upstream'],
		['<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>', 'Access denied'],
		['<!-- edge 7 --><html><title>Just a moment</title></html>', 'Just a moment'],
	])('a text, a page or an event: %s', (text, message) => {
		expect(readErrorReport(text).message).toBe(message);
	});

	it.each(['', '   ', 'null', '{}', '[]', '{"error":null}', '<html></html>'])('nothing is made up of %j', (text) => {
		expect(readErrorReport(text)).toMatchObject({ message: null, type: null, code: null, param: null, status: null });
	});

	it('a text that is packed without end is opened a few times only', () => {
		let text = 'inside';
		for (let depth = 0; depth < 10; depth += 1) text = JSON.stringify({ error: { message: text } });
		expect(readErrorReport(text).message).toContain('error');
	});
});

it.each([
	['plain', 'own/key.of-no-shape'],
	['with escaped letters', 'own\\u002fkey\\u002Eof-no-shape'],
	['with an escaped slash', 'own\\/key.of-no-shape'],
	['packed into a text, escaped twice', 'own\\\\u002fkey.of-no-shape'],
])('a provider that repeats its key in an error shows it to nobody: %s', (_how, key) => {
	const text = `{"error":{"message":"bad key ${key}","type":"${key}","more":["${key}"]}}`;
	const redact = (shown: string) => shown.replaceAll('own/key.of-no-shape', '[masked]');
	const target = { provider: 'p', model: 'm', redact };
	const error = parseErrorResponse({ status: 400, headers: new Headers() }, text, target, { keepsBody: true });
	expect(error.message).toBe('p answered 400 [masked]: bad key [masked]');
	expect(error.details.report?.body).toEqual({
		error: { message: 'bad key [masked]', type: '[masked]', more: ['[masked]'] },
	});
});
