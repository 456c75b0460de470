const STATUS = /^([45][0-9]{2})(?:-([45][0-9]{2}))?$/;
const CLASS = /^([45])xx$/i;

/**
 * Reads a status of a failed request, a range with both ends in it, or a class: `404`, `502-504`, `5xx`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseErrorStatus(value: string | number): readonly [from: number, to: number] {
  const text = String(value);
  const group = CLASS.exec(text)?.[1];
  if (group !== undefined) return [Number(group) * 100, Number(group) * 100 + 99];
  const match = STATUS.exec(text);
  if (match === null) throw new RangeError(`\`${text}\` is no status of an error: write 404, 502-504, 4xx or 5xx`);
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (from > to) throw new RangeError(`\`${text}\` is empty: write \`${to}-${from}\``);
  return [from, to];
}

/** A key of `errorPages`: a status, or one of the options beside them. @throws RangeError */
export function checkErrorPageKey(text: string): void {
  if (text !== 'intercept') parseErrorStatus(text);
}
