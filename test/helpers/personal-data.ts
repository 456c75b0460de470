/** Personal data as people write it. No two have a row of nine digits in common, so that a leak says where it is from. */
export const PERSONAL_DATA = {
  korean: [
    '010-2345-6781', '01023456782', '010 2345 6783', '010.2345.6784', '(010) 2345-6785', '010_2345_6786', '+82-10-2345-6787', '+821023456788', '+82 (0)10 2345 6789',
    '0082 10 2345 6790', '82-10-2345-6797', '02-3456-6791', '0234566792', '031)345-6793', '070-2345-6794', '010–2345–6795', '０１０－２３４５－６７９６',
  ],
  international: ['+1 (415) 555-2671', '415-555-2672', '+14155552673', '+44 20 7946 0958', '020 7946 0959', '+49 30 1234567', '+33 1 23 45 67 89', '01 23 45 67 80', '090-1234-5670', '+972-50-123-4567'],
  email: ['jo.doe@example.com', 'jo+tag@mail.example.co.kr', 'JO.KIM@EXAMPLE.COM', '홍길동@예시.한국'],
  card: ['4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', '6011.1111.1111.1117'],
  employee: ['E123456', 'E654321'],
  address: ['203.0.113.77', '2001:db8:7:1::9abc'],
} as const;

export const EMPLOYEE_PATTERN = '\\bE[0-9]{6}\\b';

/** Those that may stand in an access log as they are have fewer digits. */
const DIGITS_MIN = 9;
const ROUNDS = 5;
const SEPARATORS = /[\s._()+\-\u2010-\u2015\u2212]/g;

/** What of the personal data stands in a text: raw, escaped once or several times, or without the signs between its digits. */
export function leaksIn(text: string): string[] {
  const raw = text.toLowerCase();
  const read = unescaped(text).normalize('NFKC').toLowerCase();
  const squeezed = read.replaceAll(SEPARATORS, '');
  return Object.entries<readonly string[]>(PERSONAL_DATA).flatMap(([kind, values]) => values.filter((value) => {
    const lower = value.toLowerCase();
    const forms = [lower, encodeURIComponent(value), encodeURIComponent(encodeURIComponent(value)), escapedWhole(value), JSON.stringify(value).slice(1, -1), mojibake(value)];
    const digits = kind === 'address' || kind === 'email' ? '' : value.normalize('NFKC').replaceAll(/\D/g, '');
    return forms.some((form) => raw.includes(form.toLowerCase()))
      || read.includes(value.normalize('NFKC').toLowerCase())
      || (digits.length >= DIGITS_MIN && squeezed.includes(digits));
  }));
}

/** Each byte as an escape. */
export function escapedWhole(value: string): string {
  return Array.from(Buffer.from(value), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Its bytes as characters, as a header has them. */
export function mojibake(value: string): string {
  return Buffer.from(value).toString('latin1');
}

function unescaped(text: string): string {
  let read = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    read = read
      .replaceAll(/(?:\\u|%u)([0-9a-f]{4})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replaceAll(/(?:(?:%|\\x)[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll(/%|\\x/gi, ''), 'hex').toString());
  }
  return read;
}
