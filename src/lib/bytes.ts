const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const SIZE = /^([0-9]{1,15})(k|m|g|t|)i?b$/i;

/**
 * Reads `512B`, `64KB`, `20MB` or `1GB` in upper or lower case; one KB is 1024 bytes and KiB means the same.
 *
 * @returns bytes
 * @throws RangeError with a sentence for the user where the text is no size or is not exact as a number
 */
export function parseBytes(text: string): number {
  if (/^[0-9.]+$/.test(text)) throw new RangeError(`\`${text}\` needs a unit: write \`${text}KB\` or \`${text}B\``);
  const match = SIZE.exec(text);
  if (match === null || /^[0-9]+ib$/i.test(text)) {
    throw new RangeError(`\`${text}\` is not a size: write it as 512B, 64KB, 20MB or 1GB`);
  }
  const bytes = Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toLowerCase()] ?? 1);
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`\`${text}\` is too large`);
  return bytes;
}
