/** What the process answers: pinned, documented in docs/reference/cli.md. */
export const EXIT_CODES = { ok: 0, error: 1, usage: 2, budgetExceeded: 3, interrupted: 130, terminated: 143 } as const;
