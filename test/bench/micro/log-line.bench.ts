// An access line by hand against pino, and the escaper alone against JSON.stringify: node test/bench/micro/log-line.bench.ts
import { pino } from 'pino';
import { COMBINED_TEMPLATE } from '../../../src/config/log-template.ts';
import { createAccessJson } from '../../../src/observe/access-json.ts';
import { createAccessTemplate } from '../../../src/observe/access-template.ts';
import { jsonText } from '../../../src/observe/safe-text.ts';
import { FULL_MASK, privacyOf } from '../../observe/sample-privacy.ts';
import { sampleRecord } from '../../observe/sample-record.ts';

const ROUNDS = 5;
const CALLS = 40_000;
let written = 0;

const sink = {
  write(line: string): void {
    written += line.length;
  },
};
const byPino = pino({ base: null, timestamp: false, formatters: { level: () => ({}) } }, sink);

/** The same fields in the same order, so that only the way of writing differs. */
function withPino(index: number): void {
  const { id, startedAtMs, clientAddress, routeId, tlsVersion, totalMs, path, query, ...others } = sampleRecord;
  byPino.info({
    time: new Date(startedAtMs + index).toISOString(),
    requestId: id,
    path: path + query,
    tls: tlsVersion,
    client: clientAddress,
    route: routeId,
    requestMs: totalMs,
    ...others,
  });
}

function by(render: (record: typeof sampleRecord) => string): (index: number) => void {
  return (index) => sink.write(render({ ...sampleRecord, startedAtMs: sampleRecord.startedAtMs + index }));
}

const { patterns, ...noPatterns } = FULL_MASK;
const mixed = { email: true, phone: true, card: true } as const;

const agent = sampleRecord.userAgent;
const cases: readonly (readonly [name: string, run: (index: number) => void])[] = [
  ['access line by hand', by(createAccessJson({ privacy: privacyOf() }))],
  ['  with address truncated', by(createAccessJson({ privacy: privacyOf({ address: 'truncate' }) }))],
  ['  with address hashed', by(createAccessJson({ privacy: privacyOf({ address: 'hash' }) }))],
  ['  with e-mail, phone, card masked', by(createAccessJson({ privacy: privacyOf(mixed) }))],
  ['  with all but patterns masked', by(createAccessJson({ privacy: privacyOf(noPatterns) }))],
  ['  with two patterns masked', by(createAccessJson({ privacy: privacyOf({ patterns }) }))],
  ['  with everything masked', by(createAccessJson({ privacy: privacyOf(FULL_MASK) }))],
  ['combined, as nginx', by(createAccessTemplate({ template: COMBINED_TEMPLATE, escape: 'nginx', privacy: privacyOf() }))],
  ['access line by pino', withPino],
  ['escape a user agent: jsonText', (index) => sink.write(jsonText(agent + (index % 10), 256))],
  ['escape a user agent: JSON.stringify', (index) => sink.write(JSON.stringify(agent + (index % 10)))],
];

for (const [name, run] of cases) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAtMs = performance.now();
    for (let index = 0; index < CALLS; index++) run(index);
    times.push(((performance.now() - startedAtMs) * 1e6) / CALLS);
  }
  console.log(`${name.padEnd(38)} ${Math.min(...times).toFixed(0).padStart(6)} ns`);
}
console.log(`${written} characters written`);
