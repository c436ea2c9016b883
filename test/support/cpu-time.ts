/** Milliseconds of processor time that a function takes: unlike time on the wall, no busy machine makes it longer. */
export function measureCpuMs(work: () => void): number {
	const before = process.cpuUsage();
	work();
	const { system, user } = process.cpuUsage(before);
	return (system + user) / 1000;
}
