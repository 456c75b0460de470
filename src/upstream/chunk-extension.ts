import { BACKSLASH, CR, EQUALS, IS_TEXT, IS_TOKEN, QUOTE, SEMICOLON } from './octet.ts';

/** Where in a chunk extension a reader stands; each state is what the next octet may be. */
export const EXTENSION_NAME_START = 0;
const NAME = 1;
const VALUE_START = 2;
const VALUE = 3;
const QUOTED = 4;
const QUOTED_PAIR = 5;
const QUOTED_END = 6;
/** The CR that ends the line was read. */
export const EXTENSION_END = 7;
export const EXTENSION_FAULT = 8;

/**
 * One step through the extensions of a chunk (RFC 9112 §7.1.1), from the octet after the first semicolon on.
 * They mean nothing to us; they are read strictly so that all on the path agree where the line ends.
 */
export function stepExtension(state: number, octet: number): number {
  switch (state) {
    case EXTENSION_NAME_START:
      return IS_TOKEN[octet] === 1 ? NAME : EXTENSION_FAULT;
    case NAME:
      if (IS_TOKEN[octet] === 1) return NAME;
      return octet === EQUALS ? VALUE_START : afterPart(octet);
    case VALUE_START:
      if (octet === QUOTE) return QUOTED;
      return IS_TOKEN[octet] === 1 ? VALUE : EXTENSION_FAULT;
    case VALUE:
      return IS_TOKEN[octet] === 1 ? VALUE : afterPart(octet);
    case QUOTED:
      if (octet === QUOTE) return QUOTED_END;
      if (octet === BACKSLASH) return QUOTED_PAIR;
      return IS_TEXT[octet] === 1 ? QUOTED : EXTENSION_FAULT;
    case QUOTED_PAIR:
      return IS_TEXT[octet] === 1 ? QUOTED : EXTENSION_FAULT;
    case QUOTED_END:
      return afterPart(octet);
    default:
      return EXTENSION_FAULT;
  }
}

function afterPart(octet: number): number {
  if (octet === SEMICOLON) return EXTENSION_NAME_START;
  return octet === CR ? EXTENSION_END : EXTENSION_FAULT;
}
