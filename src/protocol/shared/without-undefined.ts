type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** The same members but for those that are `undefined`. */
export function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
	// what is left out is undefined
	return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<Value>;
}
