/** Milliseconds of work that this process has done: unlike the time of a clock, it does not grow while others have the processor. */
export function workMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
