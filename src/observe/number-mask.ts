/** Digits that stand together, with what stands before them. */
interface Group {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** A plus sign stands before it: where a number begins, it is one of an international number. */
  readonly plus: boolean;
  /** Where a sign that belongs to the number begins: a plus or a bracket. */
  readonly signStart: number;
}

const TOKEN = /%[0-9A-Fa-f]{2}|[0-9]+/g;
/** What people put between the digits of one number, also as it stands in a URL: `+` there is a space. */
const GAP = /^(?:[ \t._()+\-\u00a0\u00b7\u2010-\u2015\u2212]|%09|%20|%28|%29|%2[BbDdEe]){1,3}$/;
/** The shortest number has nine digits; nearly no text of a request has so many together. */
const MAY_HOLD_NUMBER = /[0-9](?:(?:[ \t._()+\-\u00a0\u00b7\u2010-\u2015\u2212]|%09|%2[0-9A-Fa-f]){0,3}[0-9]){8}/;
const SIGN = /(?:\+|%2[Bb])?(?:\(|%28)?$/;
const SIGN_CHARS_MAX = 6;
const GROUPS_MAX = 12;
const LETTER = /[A-Za-z]/;
const KOREAN = /^(?:0(?:1[016789]|2|[3-6][1-5]|70|80|50[0-9])|821[016789])[0-9]{7,8}$/;

/**
 * A text in which phone numbers, cards or both have been replaced. Numbers are taken as people write them, with spaces, dots,
 * hyphens and brackets, raw or escaped as in a URL. One that letters touch is none: it is part of an identifier.
 */
export function maskNumbers(text: string, phone: boolean, card: boolean): string {
  if (!MAY_HOLD_NUMBER.test(text)) return text;
  let result = '';
  let copied = 0;
  for (const run of runsOf(text)) {
    for (let first = 0; first < run.length;) {
      const found = findNumber(text, run, first, phone, card);
      if (found === null) {
        first += 1;
        continue;
      }
      result += text.slice(copied, run[first]!.signStart) + found.label;
      copied = run[found.last]!.end;
      first = found.last + 1;
    }
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function runsOf(text: string): Group[][] {
  const runs: Group[][] = [];
  let run: Group[] = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith('%')) continue;
    const last = run.at(-1);
    const joined = last !== undefined && run.length < GROUPS_MAX && index - last.end <= 9 && GAP.test(text.slice(last.end, index));
    const sign = SIGN.exec(text.slice(Math.max(0, index - SIGN_CHARS_MAX), index))?.[0] ?? '';
    const group = { start: index, end: index + token.length, digits: token, plus: /^(?:\+|%2[Bb])/.test(sign), signStart: index - sign.length };
    if (joined) run.push(group);
    else runs.push((run = [group]));
  }
  return runs;
}

/** The longest number that begins with this group. */
function findNumber(text: string, run: readonly Group[], first: number, phone: boolean, card: boolean): { readonly last: number; readonly label: string } | null {
  const beginning = run[first]!;
  if (isLetterAt(text, beginning.start - 1) && !isEscapeBefore(text, beginning.start)) return null;
  let best: { readonly last: number; readonly label: string } | null = null;
  let digits = '';
  for (let last = first; last < run.length; last += 1) {
    digits += run[last]!.digits;
    if (digits.length > 19) break;
    if (isLetterAt(text, run[last]!.end)) continue;
    if (card && isCard(digits)) best = { last, label: '[card]' };
    else if (phone && isPhone(digits, beginning.plus, run, first, last)) best = { last, label: '[phone]' };
  }
  return best;
}

function isPhone(digits: string, plus: boolean, run: readonly Group[], first: number, last: number): boolean {
  const { length } = digits;
  if (plus && length >= 9 && length <= 15 && !digits.startsWith('0')) return true;
  if (digits.startsWith('00')) return length >= 11 && length <= 17 && digits[2] !== '0';
  if (KOREAN.test(digits)) return true;
  if (last === first) return false;
  // A trunk prefix, then groups: how most countries write a number within them. A lone 0 is the end of a version.
  if (digits.startsWith('0')) return length >= 9 && length <= 11 && run[first]!.digits !== '0';
  const sizes = run.slice(first, last + 1).map((group) => group.digits.length).join('-');
  return /^(?:1-)?3-3-4$/.test(sizes) && /^1?[2-9]/.test(digits);
}

/** 13 to 19 digits with the first of a payment network, and a check digit that is right (ISO/IEC 7812). */
function isCard(digits: string): boolean {
  if (digits.length < 13 || !/^[2-69]/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const weighted = i % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

function isLetterAt(text: string, index: number): boolean {
  return index >= 0 && index < text.length && LETTER.test(text[index]!);
}

/** The letter before is the end of an escape such as `%2B`. */
function isEscapeBefore(text: string, start: number): boolean {
  return start >= 3 && /^%[0-9A-Fa-f]{2}$/.test(text.slice(start - 3, start));
}
