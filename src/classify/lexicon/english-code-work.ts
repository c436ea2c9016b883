import type { LexiconData } from './lexicon-data.ts';

/** English words of the five kinds of work on code; the clause words are in english.ts. */
export const ENGLISH_CODE_WORK: LexiconData = {
	language: 'en',
	linkWords: '',
	lightWords: '',
	fillerWords: '',
	signs: [
		['type:code-generation', 3, 'implement, implementation of'],
		[
			'type:code-generation',
			2.2,
			'write ~ function, write ~ script, write ~ query, write ~ regex, write ~ program, write ~ class, write ~ code, write ~ component, create ~ component, create ~ endpoint, create ~ function, create ~ app, create ~ api, create ~ script, create ~ page, build ~ app, build ~ cli, build ~ api, add ~ endpoint, add ~ support, add ~ button, add ~ page, add ~ toggle, add ~ feature, generate ~ dockerfile, generate ~ code, generate ~ function, write ~ method, write ~ dockerfile, write ~ cli, write ~ parser, write ~ hook, write ~ migration, create ~ migration, create ~ form, build ~ component, need ~ query, need ~ function, need ~ script, sql query that',
		],
		[
			'type:code-generation',
			1.6,
			'build, scaffold, boilerplate, codegen, develop, hook up, wire up, integrate, add ~ to, add pagination, set up ~ pipeline, set up ~ server, make ~ support, make ~ work with, port ~ to',
		],
		[
			'type:code-generation',
			0.8,
			'add, set up, endpoint, feature, rest api, component, function, script, regex, dockerfile, cli, webhook, crud, form, button, sql, support, jwt, oauth, pagination, terraform, github action, ci pipeline',
		],
		['type:code-generation', 0.5, 'write, python, react, javascript, typescript, golang, rust, java, api, app'],
		[
			'type:code-generation',
			2.4,
			'script that, bot that, tool that, function that, program that, class that, app that, command that, component that, plugin that, code up, make ~ bot, make ~ app, make ~ website, make ~ game, let users, allow users, enable users, hook ~ up, port ~ to, wire ~ into, landing page, add support for, give ~ snippet, give ~ script',
		],
		[
			'type:code-generation',
			1.3,
			'expose, wire, bot, animation, rate limiting, plugin, extension, website, web app, game, snippet, health check, connect ~ to, enable, middleware, migration',
		],
		[
			'type:code-generation',
			1,
			'create, program, generate, make, show how to, stream, dropdown, filter, export, upload, column, target, makefile, chrome extension, browser extension, field, csv export, support, handler, login page, search bar, modal, navbar, chart, dashboard, integration, websocket, scraper, parse, backend, frontend, cron job, docker compose, helm, yaml, schedule job, send email, notifications',
		],
		[
			'type:code-generation',
			2.2,
			'show ~ how to, write ~ extension, write ~ test runner, create ~ table, create ~ migration, create ~ column, add ~ column, add ~ field, add ~ dropdown, add ~ filter, add ~ option, add ~ flag, add ~ command, add ~ validation, add ~ logging, add ~ statement, write ~ loop, write ~ server, write ~ client, write ~ bot, write ~ makefile, give ~ code, give ~ example code, css animation, give ~ css, generate ~ class, generate ~ component, generate ~ sql, generate ~ script, make ~ script, make ~ function, make ~ component, write ~ javascript, write ~ python, write ~ sql, write ~ css, write ~ html, write ~ go, write ~ rust, write ~ java',
		],
		[
			'type:code-review',
			3.4,
			'code review, review ~ pull request, review ~ pr, review ~ code, review ~ diff, review ~ change, review ~ commit, review ~ implementation, review ~ branch, security audit, security review, check ~ code, look over, audit ~ code, audit ~ codebase, feedback on ~ code, feedback on ~ change, feedback on ~ pr, critique, best practice, thread safe, security issue, follow ~ best practice, feedback ~ change, feedback ~ implementation, pentest, before merge, before i merge',
		],
		[
			'type:code-review',
			2.2,
			'review, audit, vulnerability, pull request, nitpick, code smell, looks off, anything wrong with, lgtm',
		],
		[
			'type:code-review',
			1,
			'pr, diff, feedback, merge, owasp, injection, inspect, mistake, second opinion, sanity check',
		],
		[
			'type:code-review',
			3,
			'thoughts on ~ diff, thoughts on ~ code, thoughts on ~ pr, thoughts on ~ implementation, pass over, pair of eyes, approve ~ pr, would approve, anything ~ would change, hardcoded secrets, is ~ secure, ok to merge, ready to merge, code quality, spot ~ problem, spot ~ bug, point out, what ~ think of ~ code, check whether, look for ~ in, scan ~ for, leaks credentials',
		],
		['type:code-review', 1.2, 'weakness, approve, concern, scan, credentials, secrets, quality'],
		[
			'type:code-review',
			2.6,
			'look right, could go wrong, what could go wrong, right to you, suggest improvement, rate ~ code, rate ~ quality, check ~ for problems, check ~ for bugs, check ~ for issues, check ~ for errors, any vulnerabilities, any bugs, any issues with, is ~ correct, is ~ safe, is ~ ok, how ~ improve ~ code, what ~ improve, does ~ look good, look good, look at my code, look at this code, before ~ run ~ prod, before ~ deploy, review my, review this, code quality, pull requests, improvements, how good is',
		],
		[
			'type:debugging',
			3,
			"debug, fix ~ bug, fix ~ error, fix ~ issue, fix ~ crash, fix ~ problem, troubleshoot, stack trace, traceback, crash, root cause, memory leak, not work, doesn't work, does not work, don't work, isn't work, not working, isn't working, doesn't work anymore, stopped working, segfault, race condition, deadlock, null pointer, track ~ down, typeerror, referenceerror, syntaxerror, nullpointerexception, keyerror, valueerror, exception ~ thrown, no longer work",
		],
		[
			'type:debugging',
			2.2,
			"bug, fail, failing, failure, hang, freeze, flaky, broken, 500 error, 404 error, regression, don't understand why, find out why, figure out why, get error, getting error, get ~ error, throw, wrong result, unexpected, cannot read, is not a function, undefined is not, get stuck, diagnose, fix ~ test, fix ~ build, fix ~ leak",
		],
		[
			'type:debugging',
			1.4,
			"fix, error, exception, issue, why ~ return, why ~ get, why ~ not, why does, why is, why do, why doesn't, why isn't, why ~ fail, problem, resolve, leak, stuck, incorrect, duplicate row, twice, panic, timeout, investigate ~ fix, report",
		],
		['type:debugging', 0.6, 'undefined, hotfix, repro, symptom, anymore, why, slow, since yesterday'],
		[
			'type:debugging',
			2.4,
			"is blank, blank page, out of memory, infinite loop, what happened, already in use, already allocated, permission denied, access denied, segmentation fault, connection refused, nothing happens, no output, keeps restarting, won't start, won't load, won't compile, can't connect, unable to, stopped, suddenly, spiked, what ~ causing, econn*, oomkilled, enoent, eaddrinuse, no such file, not found, crashloopbackoff, ran twice, runs twice, refused, exit code, should ~ but",
		],
		[
			'type:debugging',
			1.3,
			"won't, can't, cannot, doesn't, isn't, didn't, don't, after ~ upgrade, after ~ update, since ~ update, why am, nan, null, garbage, stale, corrupt, glitch, reject, misbehav*, spinner, blank, only in production",
		],
		[
			'type:debugging',
			1.5,
			"gives ~ error, seeing ~ error, keeps, what could cause, what's wrong, wrong, break, breaks, off by one, overflowing, frozen, freeze, stuck in, pending, cors, rejected, exits, won't open, stops, misaligned, flicker, does nothing, disappears, missing, not showing, not loading, not updating, not responding, invalid, unresponsive, slow down, lags, infinite, help debug, what am i doing wrong, not recognized, failed to, fails to, fails with, returns null, returns undefined, returns empty, instead of",
		],
		[
			'type:refactoring',
			3.4,
			'refactor, clean up, cleanup, extract ~ into, technical debt, tech debt, duplicate code, duplicated code, dead code, restructure, more readable, without changing behavior, without changing behaviour, get rid of ~ duplicate, convert ~ to hook, decouple, dry up, code duplication, spaghetti, inline ~ function, reduce ~ complexity',
		],
		[
			'type:refactoring',
			2.4,
			'simplify, moderni*, split ~ into, migrate ~ codebase, migrate ~ to typescript, replace ~ with, convert ~ component, convert ~ class, optimize ~ loop, optimise ~ loop, optimize ~ function, optimize ~ query, optimize ~ code, reorganize, consolidate, dedupe, move ~ into, use dependency injection, optimize, optimise, extract',
		],
		[
			'type:refactoring',
			1,
			'migrate, convert ~ to, readable, readability, split, rewrite, replace, maintainable, nested, rename ~ everywhere, everywhere, legacy, allocate, upgrade ~ to, too long',
		],
		[
			'type:refactoring',
			2.8,
			'does too much, pull ~ out, tidy, dry, async await, untangle, circular import, make ~ faster, speed up, move ~ out of, cleaner, idiomatic, unused code, magic number, hard to read, break up, rename ~ across, rewrite ~ so, less duplication, rewrite ~ method, rewrite ~ function, rewrite ~ class, make ~ cleaner, into async',
		],
		['type:refactoring', 1, 'faster, turn ~ into, move ~ to, junior, follow it'],
		[
			'type:refactoring',
			2.6,
			'break ~ into ~ modules, break ~ file, break ~ function, break ~ class, split ~ file, split ~ function, split ~ class, deduplicate, introduce interface, introduce ~ interface, early return, nested if, so we can swap, loosely coupled, single responsibility, improve ~ naming, improve ~ structure, improve ~ readability, extract method, extract interface, convert ~ to typescript, convert ~ callbacks, reuse, unify, generalize, generalise, merge ~ functions, clean, cleaner code, flatten, decompose, rework, streamline, trim down, shrink ~ function, eliminate duplication, inline, solid principle, without changing',
		],
		[
			'type:testing',
			3.4,
			'unit test, integration test, e2e test, end to end test, test coverage, test case, write ~ test, add ~ test, create ~ test, cover ~ test, snapshot test, load test, regression test, test suite, property test, generate ~ test, test plan, increase ~ coverage, smoke test, mutation test, stress test',
		],
		[
			'type:testing',
			2,
			'test, pytest, jest, vitest, playwright, cypress, junit, mocha, rspec, tdd, edge case, fixture, mock, stub, assertion, spec, coverage, qa',
		],
		[
			'type:testing',
			-1.6,
			'test ~ fail, failing test, test ~ pass, fix ~ test, flaky test, test data, test environment',
		],
		[
			'type:testing',
			3,
			'write failing test, failing test that, reproduces ~ bug, how ~ test, test harness, fake timers, zero coverage, add ~ spec, write ~ spec, verify ~ end to end, testing strategy',
		],
		['type:testing', 1.2, 'verify, harness, reproduces, property based'],
		[
			'type:testing',
			2,
			'scenario, cover ~ with, mock out, tests run, automated test, specs, e2e, e2e suite, test cases, testable, unit, in our tests, in unit tests, missing ~ tests, combinations, assertions, write spec',
		],
	],
};
