/** Octets the HTTP grammar speaks of, by name. */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const DIGIT_ZERO = 0x30;
export const DIGIT_NINE = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** 1 at the octets of a token (RFC 9110 §5.6.2). */
export const IS_TOKEN: Readonly<Uint8Array> = tableOf("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/** 1 at the octets of a field value or a reason phrase: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5). */
export const IS_TEXT: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet === TAB || (octet >= SPACE && octet !== 0x7f) ? 1 : 0,
);

/** The value of a hexadecimal digit at its octet, 255 at all others. */
export const HEX_VALUE: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, octet) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(octet).toLowerCase());
  return value < 0 ? 255 : value;
});

/** The octet at a place that is known to lie within `bytes`. */
export function octetAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

function tableOf(octets: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const octet of octets) table[octet.charCodeAt(0)] = 1;
  return table;
}
