const NO_TRANSFORM = /(?:^|[,\s])no-transform(?:$|[,\s])/i;
/** What these say would not be true any more of an answer that is compressed here (RFC 9530). */
const DIGESTS = new Set(['content-digest', 'repr-digest', 'digest', 'content-md5']);

/** What the head of an answer says of whether its body may be compressed. */
export interface AnswerFacts {
  /** '' without one. */
  readonly contentType: string;
  /** It must stay as it is: it has a coding or a digest, is a part of something, or says so itself. */
  readonly isFixed: boolean;
  readonly setsCookie: boolean;
}

/** Reads them in one pass. @param headers names and values in turn. */
export function readAnswerFacts(headers: readonly string[]): AnswerFacts {
  let contentType = '';
  let isFixed = false;
  let setsCookie = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    // Most names are told from those that matter by their length alone.
    if (name.length < 6 || name.length > 16) continue;
    const value = headers[i + 1]!;
    switch (name.toLowerCase()) {
      case 'content-type': contentType = value; break;
      case 'content-encoding': isFixed ||= value !== '' && value.toLowerCase() !== 'identity'; break;
      case 'cache-control': isFixed ||= NO_TRANSFORM.test(value); break;
      case 'content-range': isFixed = true; break;
      case 'set-cookie': setsCookie = true; break;
      default: isFixed ||= DIGESTS.has(name.toLowerCase());
    }
  }
  return { contentType, isFixed, setsCookie };
}
