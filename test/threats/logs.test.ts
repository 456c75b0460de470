import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { LOG_FIELDS } from '../../src/config/log-field.ts';
import { COMBINED_TEMPLATE, LOG_VARIABLES } from '../../src/config/log-template.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createAccessJson } from '../../src/observe/access-json.ts';
import { accessPretty } from '../../src/observe/access-pretty.ts';
import type { AccessRecord } from '../../src/observe/access-record.ts';
import { createAccessTemplate } from '../../src/observe/access-template.ts';
import { LogRotation } from '../../src/observe/log-rotation.ts';
import { createSyslogFrame } from '../../src/observe/syslog-frame.ts';
import { terminalStyle } from '../../src/observe/terminal-style.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import type { WriterMessage } from '../observe/log-writer-child.ts';
import { FULL_MASK, privacyOf } from '../observe/sample-privacy.ts';
import { sampleRecord } from '../observe/sample-record.ts';

const WRITER = new URL('../observe/log-writer-child.ts', import.meta.url);
const TEXTS = [
  'id', 'method', 'host', 'path', 'query', 'url', 'protocol', 'tlsVersion', 'clientAddress', 'peerAddress', 'userAgent', 'referer', 'routeId', 'upstream', 'target', 'errorDetail', 'upgrade', 'traceId',
] as const satisfies readonly (keyof AccessRecord)[];
/** Of these, what a client, or what is known of one, can put personal data into. */
const PERSONAL = ['host', 'path', 'query', 'url', 'userAgent', 'referer', 'errorDetail'] as const satisfies readonly (typeof TEXTS)[number][];

/** Every way in which a request is written down, with everything in it that can be. */
function writersOf(mask: Parameters<typeof privacyOf>[0] = {}): Readonly<Record<string, (record: AccessRecord) => string>> {
  const privacy = privacyOf(mask);
  const everything = [...LOG_VARIABLES.map((name) => `$${name}`), '$http_x_note', '$sent_http_x_note', '$arg_q'].map((variable) => `"${variable}"`).join(' ');
  const json = createAccessJson({ privacy, headers: ['x-note'] });
  const frame = createSyslogFrame({ facility: 23, app: 'sluice' }, 'host', systemClock);
  return {
    json,
    combined: createAccessTemplate({ template: COMBINED_TEMPLATE, escape: 'nginx', privacy }),
    template: createAccessTemplate({ template: everything, escape: 'nginx', privacy }),
    'template as JSON': createAccessTemplate({ template: `[${everything.replaceAll(' ', ',')}]`, escape: 'json', privacy }),
    pretty: (record) => accessPretty(record, terminalStyle(false), privacy),
    syslog: (record) => `${frame(record, json(record).slice(0, -1))}\n`,
  };
}

/** A record in which every text, or each of these, is this one. */
function filledWith(text: string, fields: readonly (typeof TEXTS)[number][] = TEXTS): AccessRecord {
  const record: Record<string, unknown> = { ...sampleRecord, identity: { kind: 'jwt', name: text }, head: { rawHeaders: ['X-Note', text, 'Referer', text, 'User-Agent', text] }, answerHeaders: ['X-Note', text] };
  for (const field of fields) record[field] = text;
  return { ...sampleRecord, ...record, query: `?q=${text}` };
}

await t.test('threat: CR, LF and what else ends a line or drives a terminal forges none, in no field of no format', async (t) => {
  const attacks = ['\r\n203.0.113.9 - - [x] "GET / HTTP/1.1" 200 1', '"\n{"status":200}', '\u2028\u2029\u0085\u000b\u000c', '\u001b[2J\u009b31m\u202e\u0000\u007f', '\\\n', '\ud800\n'];
  for (const [format, write] of Object.entries(writersOf())) {
    for (const [index, attack] of attacks.entries()) {
      const line = write(filledWith(attack));
      t.equal(line.search(/[\p{Cc}\u2028\u2029\u202e]/u), line.length - 1, `${format}, attack ${index}`);
      t.ok(line.isWellFormed());
      if (format === 'json' || format === 'template as JSON') t.type(JSON.parse(line), 'object');
      if (format === 'combined') t.equal(line.split('"').length, 7, 'no quote ends a field but its own');
    }
  }
});

await t.test('threat: personal data of a whole corpus is shown in no field of no format', async (t) => {
  const corpus = {
    phone: ['010-1234-5678', '01012345678', '010 1234 5678', '02-123-4567', '031-1234-5678', '+82-10-1234-5678', '+821012345678', '+1 (415) 555-2671', '+44 20 7946 0958', '020 7946 0958', '+49 30 1234567', '+33 1 23 45 67 89', '090-1234-5678', '+972-50-123-4567'],
    email: ['jo.doe@example.com', 'jo+tag@mail.example.co.kr', '홍길동@예시.한국', 'jo%40example.com'],
    card: ['4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', '6011111111111117'],
    employee: ['E123456'],
    badge: ['B-ABC12'],
  };
  for (const [label, values] of Object.entries(corpus)) {
    for (const value of values) {
      for (const shown of [value, encodeURIComponent(value).replaceAll('%2540', '%40')]) {
        for (const [format, write] of Object.entries(writersOf(FULL_MASK))) {
          const line = write(filledWith(`/a/${shown}/b`, PERSONAL));
          t.notOk(line.includes(shown) || line.includes(value), `${format}: ${shown}`);
          t.ok(line.includes(`[${label}]`), `${format}: ${shown} is shown as what it was`);
        }
      }
    }
  }
});

await t.test('threat: no credential is in any line, whatever the request does with it', async (t) => {
  const dir = tempDir(t);
  const [file, combined] = [path.join(dir, 'json.log'), path.join(dir, 'combined.log')];
  const routes = 'routes: [{ respond: { body: well, headers: { Set-Cookie: sid=hunter2 } } }]';
  const requests = [
    'GET /?token=hunter2&a=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer hunter2\r\nCookie: sid=hunter2\r\nX-Api-Key: hunter2\r\nReferer: https://me:hunter2@x.test/?code=hunter2\r\n\r\n',
    'GET /?%74oken=hunter2 HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic hunter2\r\n\r\n',
    'GET /..%2f?secret=hunter2 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /%zz?anything=hunter2 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /?password=hunter2 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET http://me:hunter2@a/ HTTP/1.1\r\nHost: a\r\n\r\n',
  ];
  for (const option of [`{ to: { file: "${file}" }, headers: [referer, accept] }`, `{ format: combined, to: { file: "${combined}" } }`]) {
    const { httpPort } = await startGateway(t, `accessLog: ${option}\n${routes}`);
    for (const request of requests) {
      const client = await RawClient.connect({ port: httpPort });
      await client.write(request).readResponse();
      client.destroy();
    }
  }
  for (const name of [file, combined]) {
    const lines = await eventually(() => {
      const found = existsSync(name) ? readFileSync(name, 'utf8').split('\n').slice(0, -1) : [];
      return found.length === requests.length && found;
    });
    t.notMatch(lines.join('\n'), /hunter2/);
    // JSON has no query before it is told apart from the path; the line of the request is as it came.
    if (name === combined) t.equal(lines.filter((line) => line.includes('***')).length, requests.length, 'and each shows that something was there');
  }
});

await t.test('threat: while files are put aside, four threads write 20,000 lines, and each is there once and whole', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'access.log');
  const names = ['a', 'b', 'c', 'd'];
  const count = 5000;
  const phases = 10;
  const said: unknown[] = [];
  const workers = names.map((name) => new Worker(WRITER, { workerData: { file, name, batch: 25 } }));
  const ended = Promise.all(workers.map(async (worker) => {
    worker.on('message', (message) => said.push(message));
    await once(worker, 'exit');
  }));
  const tell = (message: WriterMessage): void => {
    for (const worker of workers) worker.postMessage(message);
  };
  const onMoved = (): void => tell('reopen');
  const rotation = new LogRotation({ file, clock: systemClock, logger: new MemoryLogger(), onMoved, rotate: { sizeBytes: 50_000, everyMs: 0, keep: 1000, totalBytes: 1e9 } });
  t.teardown(() => rotation.close());
  for (let phase = 1; phase <= phases; phase += 1) {
    tell(count / phases);
    await eventually(async () => {
      await rotation.look();
      return readdirSync(dir).filter((name) => name.startsWith('access-')).length >= phase;
    }, 5000);
  }
  tell('end');
  await ended;
  t.strictSame(said, names.map(() => ({ dropped: 0 })));
  const files = readdirSync(dir);
  t.ok(files.length > phases, `${files.length} files`);
  const lines = files.flatMap((name) => readFileSync(path.join(dir, name), 'utf8').split('\n').slice(0, -1));
  t.equal(lines.length, names.length * count);
  t.equal(lines.find((line) => !/^[a-d]-\d+ x{80}$/.test(line)), undefined, 'every line is whole');
  t.equal(new Set(lines).size, lines.length, 'and there once');
});

await t.test('every field has a place in which it was tried', async (t) => {
  t.equal(LOG_FIELDS.length, Object.keys(JSON.parse(createAccessJson({ privacy: privacyOf() })({ ...filledWith('x'), attempts: 1, errorCode: 'x', identity: { kind: 'jwt', name: 'x' } })) as object).length);
});
