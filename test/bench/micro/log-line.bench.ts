// An access line by hand against pino, and the escaper alone against JSON.stringify: node test/bench/micro/log-line.bench.ts
import { pino } from 'pino';
import { COMBINED_TEMPLATE } from '../../../src/config/log-template.ts';
import { createAccessJson } from '../../../src/observe/access-json.ts';
import { createAccessTemplate } from '../../../src/observe/access-template.ts';
import { jsonText } from '../../../src/observe/safe-text.ts';
import { FULL_MASK, privacyOf } from '../../observe/sample-privacy.ts';
import { sampleRecord } from '../../observe/sample-record.ts';
import { freshText, micro } from '../micro-bench.ts';

let written = 0;

const sink = {
  write(line: string): void {
    written += line.length;
  },
};
const byPino = pino({ base: null, timestamp: false, formatters: { level: () => ({}) } }, sink);

/** The same fields in the same order, so that only the way of writing differs. */
function withPino({ id, startedAtMs, clientAddress, routeId, tlsVersion, totalMs, path, query, ...others }: typeof sampleRecord): void {
  byPino.info({
    time: new Date(startedAtMs).toISOString(),
    requestId: id,
    path: path + query,
    tls: tlsVersion,
    client: clientAddress,
    route: routeId,
    requestMs: totalMs,
    ...others,
  });
}

let ended = 0;

/** Requests end one after the other. */
function record(): typeof sampleRecord {
  ended += 1;
  return { ...sampleRecord, startedAtMs: sampleRecord.startedAtMs + ended };
}

const { patterns, ...noPatterns } = FULL_MASK;
const mixed = { email: true, phone: true, card: true } as const;

for (const [what, write] of [
  ['access line by hand', createAccessJson({ privacy: privacyOf() })],
  ['  with address truncated', createAccessJson({ privacy: privacyOf({ address: 'truncate' }) })],
  ['  with address hashed', createAccessJson({ privacy: privacyOf({ address: 'hash' }) })],
  ['  with e-mail, phone, card masked', createAccessJson({ privacy: privacyOf(mixed) })],
  ['  with all but patterns masked', createAccessJson({ privacy: privacyOf(noPatterns) })],
  ['  with two patterns masked', createAccessJson({ privacy: privacyOf({ patterns }) })],
  ['  with everything masked', createAccessJson({ privacy: privacyOf(FULL_MASK) })],
  ['combined, as nginx', createAccessTemplate({ template: COMBINED_TEMPLATE, escape: 'nginx', privacy: privacyOf() })],
  ['access line by pino', withPino],
] as const) {
  await micro(what, write, { input: record });
}

const agent = (): string => freshText(sampleRecord.userAgent);
await micro('escape a user agent: jsonText', (text: string) => jsonText(text, 256), { input: agent });
await micro('escape a user agent: JSON.stringify', (text: string) => JSON.stringify(text), { input: agent });
if (written === 0) throw new Error('pino has written nothing');
