const PERCENT = /^([0-9]{1,3}(?:\.[0-9]{1,3})?)%$/;

/**
 * Reads `20%` or `0.5%`.
 *
 * @returns the share, 0 to 1
 * @throws RangeError with a sentence for the user where the text is no percentage or is above 100%
 */
export function parsePercent(text: string): number {
  const number = PERCENT.exec(text)?.[1];
  if (number === undefined) {
    const right = /^[0-9.]+$/.test(text) ? `\`${text}\` needs a percent sign: write \`${text}%\`` : `\`${text}\` is not a percentage: write it as 20% or 0.5%`;
    throw new RangeError(right);
  }
  if (Number(number) > 100) throw new RangeError(`\`${text}\` is more than the whole: a percentage goes up to 100%`);
  // Through a whole number, so that 99.9% is 0.999 and nothing beside it.
  return Math.round(Number(number) * 1000) / 100_000;
}
