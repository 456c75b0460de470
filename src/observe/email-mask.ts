const MAY_HOLD_EMAIL = /@|%(?:25)?40/;
const AT = /@|%(?:25)?40/g;
/** What ends the part before the at sign in a text or a URL; an escape is taken as the character it stands for, or part of it. */
const LOCAL_END = /[\s/?&=#;,:<>()[\]"'\\|@`{}]/;
const DOMAIN_END = /[^A-Za-z0-9.%\-\u0080-\uffff]/;
/** At least two labels, of which the last is a word: `react@18.2.0` is none. */
const DOMAIN = /^[^.]+(?:\.[^.]+)*\.(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{2,59}|(?:%[0-9A-Fa-f]{2})+|[^A-Za-z0-9.%]+)/;
const LOCAL_CHARS_MAX = 192;
const DOMAIN_CHARS_MAX = 255;

/** A text in which e-mail addresses have been replaced, raw or escaped as in a URL. */
export function maskEmails(text: string): string {
  if (!MAY_HOLD_EMAIL.test(text)) return text;
  let result = '';
  let copied = 0;
  for (const { 0: at, index } of text.matchAll(AT)) {
    if (index < copied) continue;
    const start = localStart(text, index, Math.max(copied, index - LOCAL_CHARS_MAX));
    const domainStart = index + at.length;
    const domain = DOMAIN.exec(domainOf(text, domainStart))?.[0] ?? '';
    if (start === index || domain === '') continue;
    result += `${text.slice(copied, start)}[email]`;
    copied = domainStart + domain.length;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function localStart(text: string, at: number, from: number): number {
  let start = at;
  // In quotes nearly everything may be part of it (RFC 5322 §3.4.1).
  if (text[at - 1] === '"' && text.lastIndexOf('"', at - 2) >= from) return text.lastIndexOf('"', at - 2);
  while (start > from && !LOCAL_END.test(text[start - 1]!)) start -= 1;
  return start;
}

function domainOf(text: string, start: number): string {
  let end = start;
  const bound = Math.min(text.length, start + DOMAIN_CHARS_MAX);
  while (end < bound && !DOMAIN_END.test(text[end]!)) end += 1;
  return text.slice(start, end);
}
