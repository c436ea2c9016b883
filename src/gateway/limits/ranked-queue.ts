/** Something that stands in a `RankedQueue`. */
export interface Ranked {
	/** Lowest first. */
	readonly rank: number;
	/** Decides between equal ranks, lowest first; unique. */
	readonly order: number;
	/** Its place; kept by the queue, -1 outside. */
	index: number;
}

function isBefore(a: Ranked, b: Ranked): boolean {
	return a.rank < b.rank || (a.rank === b.rank && a.order < b.order);
}

/** A binary heap whose members can leave from the middle: every change costs log n steps. */
export class RankedQueue<Member extends Ranked> {
	readonly #members: Member[] = [];

	get size(): number {
		return this.#members.length;
	}

	push(member: Member): void {
		this.#place(member, this.#members.length);
		this.#rise(member);
	}

	/** Takes out the first; `undefined` when nobody is there. */
	shift(): Member | undefined {
		const first = this.#members[0];
		if (first !== undefined) this.remove(first);
		return first;
	}

	/** Takes a member out; false when it is not there. */
	remove(member: Member): boolean {
		const { index } = member;
		if (this.#members[index] !== member) return false;
		member.index = -1;
		const last = this.#members.pop();
		if (last === undefined || last === member) return true;
		this.#place(last, index);
		this.#rise(last);
		this.#sink(last);
		return true;
	}

	#place(member: Member, index: number): void {
		this.#members[index] = member;
		member.index = index;
	}

	#swap(one: Member, other: Member): void {
		const { index } = one;
		this.#place(one, other.index);
		this.#place(other, index);
	}

	#rise(member: Member): void {
		while (member.index > 0) {
			const parent = this.#members[(member.index - 1) >> 1];
			if (parent === undefined || !isBefore(member, parent)) return;
			this.#swap(member, parent);
		}
	}

	#sink(member: Member): void {
		for (;;) {
			const left = this.#members[member.index * 2 + 1];
			const right = this.#members[member.index * 2 + 2];
			const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
			if (child === undefined || !isBefore(child, member)) return;
			this.#swap(child, member);
		}
	}
}
