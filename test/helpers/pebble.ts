import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import type { Test } from 'tap';
import type { AcmeCa } from '../../src/tls/acme/acme-types.ts';
import { makeCa, makePair } from './certificates.ts';
import { tempDir } from './temp-dir.ts';
import { eventually } from './wait-for.ts';
import { freePort } from './worker-plan.ts';

/** Good nonces that are refused: eight times what is Pebble's own default. */
const NONCE_REJECT_PERCENT = 40;

type TestContext = Pick<Test, 'teardown'>;

export interface Pebble {
  readonly ca: AcmeCa;
  /** Where it looks for http-01 and tls-alpn-01, on 127.0.0.1 for any host. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** PEM of the root under which it issues, a new one at each start. */
  root(): Promise<string>;
  /** It is gone, as after a crash. */
  stop(): Promise<void>;
  /** For a record of dns-01; several values of a name stand side by side. */
  readonly dns: FakeDns;
}

export interface FakeDns {
  /** POST `/set-txt` and `/clear-txt` here. */
  readonly managementUrl: string;
  readonly port: number;
}

interface PebbleOptions {
  /** Keys by kid: external accounts are then required. HMAC keys as base64url. */
  readonly eab?: Readonly<Record<string, string>>;
  /** Percent of valid authorizations that a new order finds valid; default 0. */
  readonly authzReuse?: number;
}

/** Pebble and its DNS on free ports of 127.0.0.1, stopped at teardown. The programs are from `requireService`. */
export async function startPebble(t: TestContext, pebble: string, challtestsrv: string, options: PebbleOptions = {}): Promise<Pebble> {
  const { eab, authzReuse = 0 } = options;
  const dir = tempDir(t);
  const api = await makeCa();
  const pair = await makePair(api, ['127.0.0.1', 'localhost']);
  const [port, managementPort, httpPort, tlsPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const dns = await startDns(t, challtestsrv);
  writeFileSync(path.join(dir, 'api.crt'), pair.cert);
  writeFileSync(path.join(dir, 'api.key'), pair.key, { mode: 0o600 });
  writeFileSync(path.join(dir, 'pebble.json'), JSON.stringify({
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: path.join(dir, 'api.crt'),
      privateKey: path.join(dir, 'api.key'),
      httpPort,
      tlsPort,
      externalAccountBindingRequired: eab !== undefined,
      externalAccountMACKeys: eab ?? {},
    },
  }));
  const stop = run(t, pebble, ['-config', path.join(dir, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns.port}`, '-strict'], {
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_WFE_NONCEREJECT: String(NONCE_REJECT_PERCENT),
    PEBBLE_AUTHZREUSE: String(authzReuse),
  });
  const directory = `https://127.0.0.1:${port}/dir`;
  await eventually(async () => getText(directory, api.cert), 10_000);
  const management = `https://127.0.0.1:${managementPort}`;
  return {
    ca: { name: 'pebble', directory, stagingDirectory: null, trust: api.cert, eab: null, profile: null },
    httpPort,
    tlsPort,
    dns,
    stop,
    root: async () => getText(`${management}/roots/0`, api.cert),
  };
}

/** Answers 127.0.0.1 for every name, and the TXT records it is told of. */
async function startDns(t: TestContext, challtestsrv: string): Promise<FakeDns> {
  const port = await freePort();
  const managementPort = await freePort();
  run(t, challtestsrv, [
    '-dns01', `127.0.0.1:${port}`, '-management', `127.0.0.1:${managementPort}`, '-defaultIPv6', '', '-http01', '', '-https01', '', '-tlsalpn01', '',
  ]);
  const managementUrl = `http://127.0.0.1:${managementPort}`;
  await eventually(async () => (await fetch(`${managementUrl}/clear-txt`, { method: 'POST', body: '{"host":"none.test."}' })).ok, 10_000);
  return { managementUrl, port };
}

function run(t: TestContext, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): () => Promise<void> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.teardown(stop);
  return stop;
}

async function getText(url: string, ca: string): Promise<string> {
  const request = https.get(url, { ca, agent: false });
  const [response] = await once(request, 'response') as [NodeJS.ReadableStream];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}
