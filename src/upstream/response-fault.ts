/** Why an upstream's answer was refused, in the words the log shows (RFC 9112; the answer becomes a 502). */
export type ResponseFault = HeadFault | FieldFault | FramingFault | ChunkFault;

/** The head as a whole, or its first line, is wrong. */
export type HeadFault =
  | 'not an HTTP/1.0 or HTTP/1.1 status line'
  | 'status is not three digits from 100 to 999'
  | 'byte not allowed in the reason phrase'
  | 'response head too large'
  | 'too many informational responses'
  | '101 nobody asked for'
  | '1xx in HTTP/1.0'
  | '1xx with Connection: close'
  | '101 without Connection: upgrade and Upgrade';

/** A field line of a head or of the trailers is wrong. */
export type FieldFault =
  | 'bare LF'
  | 'bare CR'
  | 'folded header line'
  | 'header line without a colon'
  | 'header name is not a token'
  | 'byte not allowed in a header value'
  | 'too many headers'
  | 'too many Connection options';

/** The end of the body is not certain. */
export type FramingFault =
  | 'Content-Length is not a number'
  | 'two Content-Length headers'
  | 'two Transfer-Encoding headers'
  | 'Transfer-Encoding is not exactly chunked'
  | 'Transfer-Encoding in HTTP/1.0'
  | 'Content-Length beside Transfer-Encoding'
  | 'body announced for a status that has none';

/** The chunked coding or what follows it is wrong. */
export type ChunkFault =
  | 'chunk size is not hexadecimal'
  | 'chunk size too large'
  | 'chunk line does not end in CRLF'
  | 'chunk extension not valid'
  | 'chunk extensions too long'
  | 'no CRLF after the data of a chunk'
  | 'trailers too large'
  | 'trailer not allowed after a body';

/** How a connection ended before its answer did. */
export type ResponseCut =
  | 'closed before the response'
  | 'closed within the response head'
  | 'closed before the final response'
  | 'closed within the body'
  | 'closed within a chunked body';
