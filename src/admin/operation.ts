import type { TObject, TSchema } from 'typebox';

/** One thing that can be asked of the admin server: its description, by which its input is checked, too. */
export interface Operation {
  readonly method: 'GET' | 'POST';
  /** As in OpenAPI: `/page/{folder}/{file}`. */
  readonly path: string;
  /** One line. */
  readonly summary: string;
  readonly query?: TObject;
  /** Sent as application/json. */
  readonly body?: TObject;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Needs no token: it says yes or no and nothing else. */
  readonly isOpen?: boolean;
}

interface Answer {
  readonly description: string;
  /** Of JSON, in an event stream of the data of its events; absent: it is text of `contentType`. */
  readonly schema?: TSchema;
  /** Default application/json. */
  readonly contentType?: string;
}
