import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import { readAnswerFile } from '../answer-file.ts';
import { listed, type Context } from '../context.ts';
import { parseErrorStatus } from '../error-status.ts';
import { closed, count, offOr, oneOrMore, text as textOf } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const KEYS_MAX = 100;
const STATUSES_MAX = 100;
const INLINE_CHARS_MAX = 1024 * 1024;
const HTML_ENDINGS = ['.html', '.htm'];
const PAGE_ENDINGS = [...HTML_ENDINGS, '.json', '.txt'];
const HTML_TYPE = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json';
const PAGE_KEYS = '^[0-9]';

const file = textOf('file', { description: 'A file, relative to the folder of the configuration file; it is read at load.' });
const inlineHtml = Type.Object({ inline: Type.String({ maxLength: INLINE_CHARS_MAX, description: 'The text itself.', expects: 'text of at most 1 MB' }) }, { ...closed, description: 'The page itself.', expects: '`inline`' });
const inlineJson = Type.Object({ inline: Type.Unknown({ description: 'Any value.' }) }, { ...closed, description: 'The value itself.', expects: '`inline`' });

const pageSchema = Type.Object(
  {
    html: Type.Optional(Type.Union([file, inlineHtml], { description: 'For clients that ask for HTML: a file, or `{ inline: TEXT }`.', expects: 'a file, or `{ inline: TEXT }`' })),
    json: Type.Optional(Type.Union([file, inlineJson], { description: 'For all others: a file, or `{ inline: VALUE }`. Without it they get the usual `application/problem+json`.', expects: 'a file, or `{ inline: VALUE }`' })),
    text: Type.Optional(file),
    status: Type.Optional(count({ minimum: 200, maximum: 599, description: 'Status of the answer, in the place of that of the error.' })),
  },
  { ...closed, description: 'A page for each kind of client.', expects: '`html`, `json` and `status`' },
);

const pageOption = Type.Union([file, pageSchema], {
  title: 'STATUS',
  description: 'The page for a status (`404`), a range (`502-504`) or a class (`4xx`, `5xx`); of several the narrowest counts. A file is a page by the ending of its name: `.html` for clients that ask for HTML, `.json` for all others, `.txt` for both. `off` is the gateway\'s own text.',
  expects: 'a file such as ./404.html, `{ html: FILE, json: FILE }`, or `off`',
});

const errorStatus = Type.Union([count({ minimum: 400, maximum: 599, description: 'One status.' }), textOf('errorStatus', { description: 'A range or a class.' })], {
  description: 'A status, a range or a class.',
  expects: 'a status, a range such as 502-504, or a class such as 5xx',
});

const schema = Type.Object(
  {
    intercept: Type.Optional(Type.Union([Type.Boolean({ description: 'All, or none.', expects: 'true or false' }), ...oneOrMore(errorStatus, 'a status, a range or a class', { description: 'These.' }, STATUSES_MAX).anyOf], {
      default: false,
      description: "Whether the upstream's own errors give way to a page as well (nginx: proxy_intercept_errors): `true` for every status that has a page, or statuses. Headers that say nothing of the body stay, such as Retry-After. Clients for which there is no page, such as programs where only HTML is given, get what the upstream says, and so does gRPC.",
      expects: 'true, false, or statuses such as [502, 503]',
      examples: [true, [500, '502-504']],
    })),
  },
  {
    patternProperties: { [PAGE_KEYS]: pageOption },
    propertyNames: { text: 'errorPageKey' },
    maxProperties: KEYS_MAX,
  },
);

/** A text with placeholders, and what it is. */
export interface PageText {
  readonly contentType: string;
  readonly text: string;
}

/** What stands in the place of errors with a status of the range. Without a text: the gateway's own. */
interface PageRange {
  readonly from: number;
  readonly to: number;
  /** 0: that of the error. */
  readonly status: number;
  /** For clients that ask for HTML. */
  readonly html: PageText | null;
  /** For all others. */
  readonly json: PageText | null;
}

export interface ErrorPagesConfig {
  /** The narrowest first. */
  readonly ranges: readonly PageRange[];
  /** Statuses of the upstream that give way to a page. */
  readonly intercept: readonly (readonly [from: number, to: number])[];
}

/** What stands in the place of the gateway's own error pages (nginx: error_page). */
export const errorPages = policyKind({
  schema,
  option: offOr(schema, {
    description: 'Pages of your own for errors, by status; read at load. `{status}`, `{code}`, `{text}` and `{requestId}` in them stand for those of the error. In `defaults` they are also for requests that no route takes.',
    expects: 'statuses with their pages, such as `404: ./404.html`',
    examples: [{ 404: './404.html', '502-504': './maintenance.html' }, { '5xx': { html: './5xx.html', json: { inline: { error: '{code}', id: '{requestId}' } } }, intercept: true }],
  }),
  shorthand: null,
  always: false,
  resolve(raw, place): ErrorPagesConfig | null {
    const { intercept = false, ...pages } = raw;
    assumePages(pages);
    const ranges = Object.entries(pages).map(([key, page]) => resolvePage(key, page, place));
    if (ranges.length === 0) {
      place.report.error(place.at(), 'there is no page here', 'Give it pages by status, such as `404: ./404.html`, or remove it.');
      return null;
    }
    reportOverlaps(Object.keys(pages), place);
    if (ranges.includes(null)) return null;
    const known = ranges.filter((range) => range !== null).toSorted((a, b) => a.to - a.from - (b.to - b.from));
    return { ranges: known, intercept: resolveIntercept(intercept, known, place) };
  },
});

type RawPage = Static<typeof pageOption>;

/** All keys but the named ones are statuses. */
function assumePages(pages: unknown): asserts pages is Readonly<Record<string, RawPage>> {
  void pages;
}

function resolvePage(key: string, raw: RawPage, place: Context): PageRange | null {
  const [from, to] = parseErrorStatus(key);
  const none = { from, to, status: 0, html: null, json: null };
  if (raw === 'off') return none;
  if (typeof raw === 'string') {
    const page = readAnswerFile(place.at(key), raw, place, PAGE_ENDINGS);
    if (page === null || !isWhole(page, key, [], place)) return null;
    const isJson = page.contentType === JSON_TYPE;
    return { ...none, html: isJson ? null : page, json: page.contentType === HTML_TYPE ? null : page };
  }
  const texts = resolveTexts(raw, key, place);
  const { status: sent = 0 } = raw;
  if (isBodiless(sent)) place.report.error(place.at(key, 'status'), `an answer with status ${sent} shows no page`, 'Use a status such as 200, 404 or 503.');
  if (raw.html === undefined && raw.json === undefined && raw.text === undefined) {
    place.report.error(place.at(key), 'there is no page here', 'Give it `html`, `json` or `text`, or write `off`.');
    return null;
  }
  return texts === null ? null : { from, to, status: sent, ...texts };
}

function resolveTexts(raw: Exclude<RawPage, string>, key: string, place: Context): Pick<PageRange, 'html' | 'json'> | null {
  const text = raw.text === undefined ? null : readAnswerFile(place.at(key, 'text'), raw.text, place, ['.txt']);
  const html = typeof raw.html === 'string' ? readAnswerFile(place.at(key, 'html'), raw.html, place, HTML_ENDINGS) : inline(HTML_TYPE, raw.html?.inline);
  const json = typeof raw.json === 'string' ? readAnswerFile(place.at(key, 'json'), raw.json, place, ['.json']) : inline(JSON_TYPE, raw.json === undefined ? undefined : JSON.stringify(raw.json.inline));
  const isRead = (raw.text === undefined || text !== null) && (raw.html === undefined || html !== null) && (raw.json === undefined || json !== null);
  if (!isRead || (json !== null && !isWhole(json, key, ['json'], place))) return null;
  return { html: html ?? text, json: json ?? text };
}

function inline(contentType: string, text: string | undefined): PageText | null {
  return text === undefined ? null : { contentType, text };
}

/** Holds that JSON is JSON when its placeholders have been filled in. */
function isWhole({ contentType, text }: PageText, key: string, steps: readonly string[], place: Context): boolean {
  if (contentType !== JSON_TYPE) return true;
  try {
    JSON.parse(text.replaceAll('{status}', '0'));
    return true;
  } catch {
    place.report.error(place.at(key, ...steps), 'the file named here is not JSON', 'Placeholders stand in quotes, as in `"id": "{requestId}"`; only `{status}` is a number.');
    return false;
  }
}

/** Of two ranges of one width none is the narrower one. */
function reportOverlaps(keys: readonly string[], place: Context): void {
  const ranges = keys.map((key) => ({ key, range: parseErrorStatus(key) }));
  for (const [index, { key, range: [from, to] }] of ranges.entries()) {
    const other = ranges.slice(0, index).find(({ range }) => range[1] - range[0] === to - from && range[0] <= to && from <= range[1]);
    if (other !== undefined) place.report.error(place.key(key), `\`${key}\` and \`${other.key}\` have statuses in common, and none is the narrower one`, 'Give them bounds that do not overlap.');
  }
}

function resolveIntercept(raw: NonNullable<Static<typeof schema>['intercept']>, ranges: readonly PageRange[], place: Context): (readonly [number, number])[] {
  if (raw === false) return [];
  if (raw === true) return [[400, 599]];
  return listed(raw).map(({ item, steps }) => {
    const [from, to] = parseErrorStatus(item);
    const hasPage = ranges.some((range) => range.from <= to && from <= range.to);
    if (!hasPage) place.report.error(place.at('intercept', ...steps), `there is no page for ${item}`, 'Add one beside `intercept`, or leave it out here.');
    return [from, to] as const;
  });
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || (status >= 300 && status <= 399);
}
