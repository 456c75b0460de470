/**
 * Reads a status or a range of them with both ends in it: `204`, `200-399`. Final statuses only, 200 to 599.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseStatusRange(value: string | number): readonly [from: number, to: number] {
  const text = String(value);
  const match = /^([0-9]{3})(?:-([0-9]{3}))?$/.exec(text);
  if (match === null) throw new RangeError(`\`${text}\` is neither a status nor a range: write 204 or 200-399`);
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (from < 200 || to > 599) throw new RangeError(`\`${text}\` is out of range: the statuses of an answer go from 200 to 599`);
  if (from > to) throw new RangeError(`\`${text}\` is empty: write \`${to}-${from}\``);
  return [from, to];
}
