import { COLON, CR, IS_TEXT, IS_TOKEN, LF, octetAt, SPACE, TAB } from './octet.ts';
import type { FieldFault } from './response-fault.ts';

/** A head or the trailers: the octets of `bytes` from `start` to `end`, where CR LF CR LF stands last and nowhere before. */
export interface Section {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** The same octets as latin1. */
  readonly text: string;
}

/** Takes the fields of a section as they are read; a fault ends the reading. */
export interface FieldSink<Fault extends string> {
  /** Where names and values are put, one after the other. */
  readonly rawHeaders: string[];
  /** `spaceAfter`: SP or HTAB stood between the value and its CRLF, which not every peer takes away. */
  field(name: string, value: string, spaceAfter: boolean): Fault | null;
}

/**
 * Reads field lines from `at` up to the empty line that ends the section, in one pass. Stricter than RFC 9112 §5 asks:
 * obs-fold, bare CR, bare LF and white space before the colon are refused, not repaired. Null if all is well.
 */
export function readFieldLines<Fault extends string>(
  section: Section,
  from: number,
  countMax: number,
  sink: FieldSink<Fault>,
): FieldFault | Fault | null {
  // Octets are scanned, since that is ten times as fast as charCodeAt; strings are cut from the text, since one
  // conversion for all is faster than one for each. No loop passes the end: it would have to pass the CR there.
  const { bytes, start, text } = section;
  const { rawHeaders } = sink;
  let at = from;
  for (;;) {
    let octet = octetAt(bytes, at);
    if (octet === CR) return octetAt(bytes, at + 1) === LF && at + 2 === section.end ? null : 'bare CR';
    if (rawHeaders.length === 2 * countMax) return 'too many headers';

    const nameStart = at;
    while (IS_TOKEN[octet] === 1) octet = octetAt(bytes, ++at);
    if (octet !== COLON || at === nameStart) return nameFault(octet, at === nameStart);
    const name = text.substring(nameStart - start, at - start);

    do octet = octetAt(bytes, ++at);
    while (octet === SPACE || octet === TAB);
    const valueStart = at;
    while (IS_TEXT[octet] === 1) octet = octetAt(bytes, ++at);
    if (octet !== CR) return octet === LF ? 'bare LF' : 'byte not allowed in a header value';
    if (octetAt(bytes, at + 1) !== LF) return 'bare CR';
    const fieldEnd = at;
    let valueEnd = fieldEnd;
    while (valueEnd > valueStart && isSpace(octetAt(bytes, valueEnd - 1))) valueEnd--;
    const value = text.substring(valueStart - start, valueEnd - start);
    at += 2;

    rawHeaders.push(name, value);
    const fault = sink.field(name, value, valueEnd < fieldEnd);
    if (fault !== null) return fault;
  }
}

function nameFault(octet: number, atLineStart: boolean): FieldFault {
  if (octet === LF) return 'bare LF';
  if (octet === CR) return 'header line without a colon';
  return atLineStart && isSpace(octet) ? 'folded header line' : 'header name is not a token';
}

/** `text` from `start` to `end` without SP and HTAB around it; String.trim would take more than those. */
export function trimmed(text: string, start: number, end: number): string {
  let first = start;
  let last = end;
  while (first < last && isSpace(text.charCodeAt(first))) first++;
  while (first < last && isSpace(text.charCodeAt(last - 1))) last--;
  return text.substring(first, last);
}

function isSpace(octet: number): boolean {
  return octet === SPACE || octet === TAB;
}

/** `name` is `lower` in any case. */
export function isName(name: string, lower: string): boolean {
  return name.length === lower.length && beginsWith(name, lower);
}

/** A name or value begins with `lower`, letters and `-` and `/`, in any case. Does not allocate, as toLowerCase would. */
export function beginsWith(text: string, lower: string): boolean {
  for (let at = 0; at < lower.length; at++) {
    // Without controls, only the two cases of a letter become that letter when this bit is set.
    if ((text.charCodeAt(at) | 0x20) !== lower.charCodeAt(at)) return false;
  }
  return true;
}
