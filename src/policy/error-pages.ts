import type { ErrorPagesConfig, PageText } from '../config/policies/error-pages.ts';
import type { AnswerHead } from '../exchange/answer-head.ts';
import { decided } from '../exchange/decided.ts';
import type { ErrorPage, ErrorPages } from '../exchange/error-pages.ts';
import { ERRORS, type ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { STATUS_CODES } from '../lib/node-http.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { prefersHtml } from '../respond/answer.ts';
import { policy } from './policy.ts';

const INTERCEPTED = decision('errorPages', 'intercepted');
const PLACEHOLDER = /\{(status|code|text|requestId)\}/;

interface PageValues {
  readonly status: string;
  readonly code: string;
  readonly text: string;
  readonly requestId: string;
}

/** A page cut at its placeholders: text and name of a placeholder in turn. */
interface Template {
  readonly contentType: string;
  readonly parts: readonly string[];
  readonly escape: (text: string) => string;
  /** Of a page without placeholders. */
  readonly fixed: Buffer | null;
}

interface StatusPages {
  /** 0: that of the error. */
  readonly status: number;
  readonly html: Template | null;
  readonly json: Template | null;
  readonly isIntercepted: boolean;
}

/** What the upstream says of the body that a page takes the place of. */
const ABOUT_THE_BODY = new Set([
  'accept-ranges', 'age', 'cache-control', 'content-digest', 'content-disposition', 'content-encoding', 'content-language', 'content-length',
  'content-location', 'content-md5', 'content-range', 'content-type', 'digest', 'etag', 'expires', 'last-modified', 'pragma', 'repr-digest', 'trailer', 'x-request-id',
]);

/** Pages of the user's own in the place of the gateway's, and of the upstream's where that is wished. */
export const errorPages = policy({
  name: 'errorPages',
  isShared: true,
  create(config) {
    const pages = new PagesByStatus(config);
    return config.intercept.length === 0 ? { errorPages: pages } : { errorPages: pages, onAnswer: (exchange, head) => pages.intercept(exchange, head) };
  },
});

class PagesByStatus implements ErrorPages {
  readonly #pages = new Map<number, StatusPages>();

  constructor({ ranges, intercept }: ErrorPagesConfig) {
    for (const { from, to, status, html, json } of ranges) {
      const templates = { status, html: templateOf(html), json: templateOf(json) };
      for (let error = from; error <= to; error++) {
        const isIntercepted = intercept.some(([first, last]) => first <= error && error <= last);
        // The narrowest comes first.
        if (!this.#pages.has(error)) this.#pages.set(error, { ...templates, isIntercepted });
      }
    }
  }

  pageFor(status: number, code: ErrorCode | '', html: boolean, requestId: string): ErrorPage | null {
    const pages = this.#pages.get(status);
    const template = (html ? pages?.html : pages?.json) ?? null;
    if (pages === undefined || template === null) return null;
    const text = code === '' ? (STATUS_CODES[status] ?? '') : ERRORS[code].text;
    const body = template.fixed ?? filled(template, { status: String(status), code, text, requestId });
    return { status: pages.status === 0 ? status : pages.status, contentType: template.contentType, body };
  }

  /** Puts a page in the place of an error of the upstream. What says nothing of the body stays, such as Retry-After. */
  intercept(exchange: Exchange, head: AnswerHead): void {
    if (!head.isUpstreams || exchange.grpcAnswer || this.#pages.get(head.status)?.isIntercepted !== true) return;
    const page = this.pageFor(head.status, '', prefersHtml(exchange.head.accept), exchange.id);
    if (page === null) return;
    decided(exchange, INTERCEPTED);
    // What is left of the request's body is nobody's, because the client may have its answer before the upstream is done.
    if (exchange.body !== null && !exchange.body.readableEnded) exchange.sink.closeAfter(true);
    exchange.status = page.status;
    head.status = page.status;
    head.statusText = '';
    head.headers = head.headers.flatMap((text, i, all) => (i % 2 === 1 || ABOUT_THE_BODY.has(text.toLowerCase()) ? [] : [text, all[i + 1]!]));
    head.headers.push('Content-Type', page.contentType, 'Cache-Control', 'no-store', 'X-Request-Id', exchange.id, 'Content-Length', String(page.body.length));
    head.contentLength = page.body.length;
    head.hasTrailers = false;
    head.body = page.body;
  }
}

function templateOf(page: PageText | null): Template | null {
  if (page === null) return null;
  const parts = page.text.split(PLACEHOLDER);
  return { contentType: page.contentType, parts, escape: escapeFor(page.contentType), fixed: parts.length === 1 ? Buffer.from(page.text) : null };
}

function escapeFor(contentType: string): (text: string) => string {
  if (contentType.startsWith('text/html')) return escapeHtml;
  return contentType === 'application/json' ? escapeJson : (text) => text;
}

function filled({ parts, escape }: Template, values: PageValues): Buffer {
  return Buffer.from(parts.map((part, index) => (index % 2 === 0 ? part : escape(valueOf(values, part)))).join(''));
}

function valueOf(values: PageValues, name: string): string {
  switch (name) {
    case 'status': return values.status;
    case 'code': return values.code;
    case 'text': return values.text;
    default: return values.requestId;
  }
}

/** Also safe in an attribute, whatever quotes it has. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`=]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
