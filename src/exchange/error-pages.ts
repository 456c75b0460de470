import type { ErrorCode } from './errors.ts';

/** What stands in the place of the gateway's own text for an error. */
export interface ErrorPage {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Where a route has pages of its own for errors. */
export interface ErrorPages {
  /**
   * @param code '' for an error that the upstream has answered with.
   * @param html the client asks for HTML rather than JSON.
   * @returns null: no page for this client.
   */
  pageFor(status: number, code: ErrorCode | '', html: boolean, requestId: string): ErrorPage | null;
}
