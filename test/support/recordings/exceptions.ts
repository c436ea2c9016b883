const ENUMS = 'enums as numbers, as Google’s library for Python asks for them; the gateway does not';
const BACKGROUND = 'a job in the background that has not ended; the gateway does not ask for one';
const SEVERAL = 'several answers in one file';

/** Recordings that are no answer a gateway could get, with the reason; at most 20. */
export const NO_ANSWERS: ReadonlyMap<string, string> = new Map([
	['1baa1486d48dc4dc', ENUMS],
	['4d94f0947a2d49a6', ENUMS],
	['653b9c626cced7fa', ENUMS],
	['67ae5e40c3b604e3', ENUMS],
	['ea4a60c61e6a745f', ENUMS],
	['ebf84881127c79f9', ENUMS],
	['f49e97b7f2a6059a', ENUMS],
	['f578bc25c3aeb96a', ENUMS],
	['f98ccda6f9f3ea7f', ENUMS],
	['fc86e3844e8d5a3a', ENUMS],
	['0024035b1cdb8da5', SEVERAL],
	['2ac79bd2b5129c60', SEVERAL],
	['887c82718e60609d', SEVERAL],
	['a691516b95bed58a', SEVERAL],
	['cdaf96a8539a8efb', SEVERAL],
	['27fecb62c76e4f60', BACKGROUND],
	['84a70b2b0b96f420', BACKGROUND],
	['99600df921271497', BACKGROUND],
	['51cbd2ce41afbf83', 'cut off in the middle'],
	['3a5fb335c26dd1f4', 'made up: Amazon sends no text as additional fields'],
]);

const COMPACTION = 'a summary of the conversation, for which only Anthropic’s format has a place, comes as text';

/** Recordings whose meaning does not arrive whole, with the reason; at most 0.5 %. */
export const DEVIATIONS: ReadonlyMap<string, string> = new Map([
	['9a8ba6feeb384ea5', COMPACTION],
	['abe6694e3451bec6', COMPACTION],
	['d2e120a3f61c3e49', COMPACTION],
	['57c088892af78b2c', 'the free text of a custom tool, which only OpenAI’s formats can offer'],
	['b7ff3bd35300532b', 'a tool’s result without its call, on which the client library fails; it is charged'],
	['f109eb63572b4cdb', 'a result of a tool that Amazon runs, which the client library refuses'],
	['baafd4cb5cec28b1', 'a stream is over with its error: a [DONE] behind it is not passed on'],
]);
