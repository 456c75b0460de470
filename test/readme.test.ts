import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parse, stringify } from 'yaml';
import { main } from '../src/cli/command-line.ts';
import { formatDiagnostics } from '../src/config/diagnostic-format.ts';
import { loadConfig } from '../src/config/load.ts';
import { makeCa } from './helpers/certificates.ts';
import { MemoryTerminal } from './helpers/memory-terminal.ts';
import { tempDir } from './helpers/temp-dir.ts';
import { eventually } from './helpers/wait-for.ts';
import { freePort } from './helpers/worker-plan.ts';

const ROOT = path.join(import.meta.dirname, '..');
const MAIN = path.join(ROOT, 'src/main.ts');
const PAGES = ['README.md', 'src/README.md', ...readdirSync(path.join(ROOT, 'config')).filter((name) => name.endsWith('.md')).map((name) => `config/${name}`)];
const PATIENCE_MS = 30_000;
const { cert } = await makeCa();

/** Everything that an example may take from the environment. */
const ENV = {
  JWT_SECRET: '5a1d4c0f9be27386d2c4e8f1703b69a5', REDIS_PASSWORD: 'secret', EAB_KID: 'kid',
  EAB_KEY: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W',
};

/** What an example's files contain, by the ending of their names; all others are empty. */
const CONTENTS: readonly (readonly [ending: RegExp, content: string])[] = [
  [/keys\.txt$/, `acme sha256:${'1'.repeat(64)}`],
  [/htpasswd$/, `anna:$2y$12$${'a'.repeat(53)}`],
  [/\.pem$/, cert],
];

/** Commands of the pages that do not run here, and why. */
const NOT_RUN: readonly (readonly [command: RegExp, reason: string])[] = [
  [/^npm ci && npm start$/, 'installs from the network; what `npm start` runs is the demo that all other commands run against'],
  [/^npm ci && npm test$/, 'is what runs this test'],
  [/install-peers\.sh$|^npm run bench/, 'takes a machine to itself for minutes; the parts have tests in test/bench/'],
  [/^docker /, 'needs a docker daemon and images from the network; test/deploy/ checks the files'],
];

/** Commands that go on until somebody ends them: they are good once they have printed something. */
const GOES_ON = /^curl .* -N |^sluice tail\b/;

interface Block {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

function blocksOf(language: string): Block[] {
  return PAGES.flatMap((page) => {
    const text = readFileSync(path.join(ROOT, page), 'utf8');
    return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => ({
      page, line: text.slice(0, match.index).split('\n').length + 1, text: match[1] ?? '',
    }));
  });
}

/** Files that an example names must be there, as they are at the reader's; those outside of its folder are brought into it. */
function provideFiles(folder: string, text: string): string {
  return text.replaceAll(/(?<=[\s"'])(?:\.\/|certs\/|\/etc\/s[a-z]+\/)[\w./-]+\.(?:crt|key|pem|txt|html|htpasswd|sh|json)\b|(?<=[\s"'])(?:\.\/|\/etc\/sluice\/)\.htpasswd/g, (name) => {
    const local = `./files/${path.basename(name)}`;
    mkdirSync(path.join(folder, 'files'), { recursive: true });
    const content = CONTENTS.find(([ending]) => ending.test(name))?.[1] ?? '<p>{code}';
    writeFileSync(path.join(folder, local), content, { mode: 0o700 });
    return local;
  });
}

/** What is wrong with a configuration; '' nothing. A warning counts. */
function faultOf(t: Test, text: string): string {
  const folder = tempDir(t);
  const file = path.join(folder, 'gateway.yaml');
  writeFileSync(file, provideFiles(folder, text));
  try {
    const { warnings } = loadConfig(file, { env: ENV });
    return warnings.length === 0 ? '' : formatDiagnostics(warnings, { color: false });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** A whole file of what may be a part of one: listeners, a route and upstreams are added where it has none. */
function wholeFile(part: string): string {
  const content = parse(part) as Readonly<Record<string, unknown>>;
  const sections = keysOf(content);
  const named = [...new Set([...part.matchAll(/\bupstream: ([a-z]+)\b(?!:)/g)].map(([, name = '']) => name))];
  const upstream = keysOf(content['upstreams'])[0] ?? '"api:8000"';
  const sets = keysOf(content['policies']);
  const use = sets.length === 0 ? '' : `, use: [${sets.join(', ')}]`;
  return [
    part,
    ...(sections.includes('listen') ? [] : ['listen: { http: 80, https: 443 }']),
    ...(sections.includes('routes') ? [] : [`routes: [{ host: [app.example.com, internal.example.com], upstream: ${upstream}${use} }]`]),
    ...(sections.includes('routes') && !sections.includes('upstreams') ? [`upstreams: { ${named.map((name) => `${name}: "${name}:8000"`).join(', ')} }`] : []),
  ].join('\n');
}

await t.test('every YAML example is right: whole as it stands, or as the part of a file that it is', async (t) => {
  const blocks = blocksOf('yaml');
  const faults: string[] = [];
  for (const { page, line, text } of blocks) {
    const [, mark = ''] = /^# (.*)\n/.exec(text) ?? [];
    if (page === 'README.md' && !['gateway.yaml', 'compose.yaml', 'part of gateway.yaml'].includes(mark)) faults.push(`${page}:${line}: says not which file it is`);
    if (mark === 'compose.yaml') {
      if (!keysOf(parse(text)).includes('services')) faults.push(`${page}:${line}: has no services`);
      continue;
    }
    const fault = faultOf(t, mark === 'gateway.yaml' ? text : wholeFile(text));
    if (fault !== '') faults.push(`${page}:${line}: ${fault}`);
  }
  t.ok(blocks.length > 60);
  t.strictSame(faults, []);
});

/** The file of somebody who writes this fragment where the table says. */
function fileWith(fragment: string, place: string): string {
  if (place === 'top') return wholeFile(fragment);
  const content = parse(fragment) as Readonly<Record<string, unknown>>;
  if (place === 'upstream') return stringify({ listen: { http: 80 }, upstreams: { api: { targets: ['api-1:8000', 'api-2:8000'], ...content } }, routes: [{ upstream: 'api' }] });
  const does = ['upstream', 'redirect', 'respond'].some((action) => action in content) ? {} : { upstream: 'api:8000' };
  return stringify({ listen: { http: 80, https: 443 }, routes: [{ host: 'a.example.com', ...content, ...does }] });
}

await t.test('whoever comes from nginx: every fragment of the table loads in the place that its line names', async (t) => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const [, table = ''] = /^\| in nginx you wrote .*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  const lines = table.trimEnd().split('\n');
  const faults: string[] = [];
  for (const line of lines) {
    const [, , fragment = '', place = '', note, end] = line.split('|').map((cell) => cell.trim());
    if (note === undefined || end !== '' || !['top', 'upstream', 'route', ''].includes(place)) faults.push(`not a line of this table: ${line}`);
    if (fragment === 'nothing' && place === '') continue;
    const [, written] = /^`([^`]+)`$/.exec(fragment) ?? [];
    const fault = written === undefined || place === '' ? 'is no fragment with a place' : faultOf(t, fileWith(written, place));
    if (fault !== '') faults.push(`${fragment}: ${fault}`);
  }
  t.ok(lines.length > 40);
  t.strictSame(faults, []);
});

await t.test('every link to a file, or to a heading of one, leads somewhere', async (t) => {
  const faults: string[] = [];
  let count = 0;
  for (const page of [...PAGES, 'CHANGELOG.md', 'SECURITY.md', 'certs/README.md']) {
    const text = readFileSync(path.join(ROOT, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
    for (const [, link = '', heading] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
      count += 1;
      const file = link === '' ? path.join(ROOT, page) : path.join(ROOT, path.dirname(page), link);
      try {
        const isFolder = link.endsWith('/');
        const target = isFolder ? readdirSync(file).join() : readFileSync(file, 'utf8');
        const headings = [...target.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(/[^\w -]/g, '').replaceAll(' ', '-'));
        if (heading !== undefined && !headings.includes(heading)) faults.push(`${page}: ${link}#${heading}`);
      } catch {
        faults.push(`${page}: ${link}`);
      }
    }
  }
  t.ok(count > 30);
  t.strictSame(faults, []);
});

/** The demo with free ports in the place of those that the pages write. */
interface Demo {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** A command as it is to be run here. */
  readonly local: (command: string) => string;
}

async function startDemo(t: Test): Promise<Demo> {
  const dir = tempDir(t);
  const ports = new Map<string, number>();
  for (const port of ['8080', '8443', '9090', '9001', '9002', '9003']) ports.set(port, await freePort());
  const local = (text: string): string => text.replaceAll(/\b(?:8080|8443|9090|9001|9002|9003)\b/g, (port) => String(ports.get(port)));
  mkdirSync(path.join(dir, 'config/deploy/compose'), { recursive: true });
  mkdirSync(path.join(dir, 'bin'));
  mkdirSync(path.join(dir, 'certs'));
  cpSync(path.join(ROOT, 'config/gateway.yaml'), path.join(dir, 'config/gateway.yaml'));
  writeFileSync(path.join(dir, 'config/gateway.yaml'), local(readFileSync(path.join(dir, 'config/gateway.yaml'), 'utf8')));
  writeFileSync(path.join(dir, 'bin/sluice'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  const { NODE_OPTIONS: _loader, ...inherited } = process.env as Record<string, string>;
  const env = { ...inherited, PATH: `${path.join(dir, 'bin')}:${inherited['PATH'] ?? ''}`, NO_COLOR: '1' };
  const child = spawn(process.execPath, [MAIN, 'demo'], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  t.teardown(async () => {
    if (child.exitCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    // With its three instances, which are of its group.
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  });
  await eventually(() => output.includes('Ctrl-C ends it') || child.exitCode !== null, PATIENCE_MS);
  if (child.exitCode !== null) throw new Error(output);
  return { dir, env, local };
}

interface Ran {
  /** Null: it was ended by us. */
  readonly code: number | null;
  readonly output: string;
}

async function run(command: string, { dir, env, local }: Demo): Promise<Ran> {
  if (GOES_ON.test(command)) return runUntilOutput(local(command), dir, env);
  if (command.startsWith('sluice ')) {
    // In this process, because each start of another one takes a second; the demo that is asked is one of its own.
    const terminal = new MemoryTerminal();
    const code = await main([...local(command).split(' ').slice(1), '-c', path.join(dir, 'config/gateway.yaml')], terminal);
    return { code, output: terminal.printed + terminal.complained };
  }
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', local(command)], { cwd: dir, env, timeout: PATIENCE_MS }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: out + err });
    });
  });
}

/** In a group of its own, which is ended as a whole once it has printed something. */
async function runUntilOutput(command: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const child = spawn('/bin/sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
  await eventually(() => out.length > 0 || child.exitCode !== null, PATIENCE_MS).catch(() => undefined);
  const { exitCode } = child;
  if (exitCode === null && child.pid !== undefined) {
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
  return { code: out.length > 0 ? 0 : exitCode, output: out + err };
}

function commandsOf({ text }: Block): string[] {
  return text.split('\n').map((line) => line.replace(/ +# .*$/, '').trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

await t.test('every command of the pages runs, against the demo, but for those that need what is not here', async (t) => {
  const demo = await startDemo(t);
  const faults: string[] = [];
  const used = new Set<RegExp>();
  for (const block of blocksOf('sh')) {
    for (const command of commandsOf(block)) {
      const known = NOT_RUN.find(([pattern]) => pattern.test(command));
      if (known !== undefined) {
        used.add(known[0]);
        continue;
      }
      const { code, output } = await run(command, demo);
      if (code !== 0) faults.push(`${block.page}: ${command}: ${code}: ${output.trim().split('\n').at(-1)}`);
    }
  }
  t.strictSame(faults, []);
  t.strictSame(NOT_RUN.filter(([pattern]) => !used.has(pattern)).map(([pattern]) => String(pattern)), [], 'each exception is needed');
  const answer = await run("curl -s -H 'Host: unknown.example' http://localhost:8080/", demo);
  t.match(answer.output, /"code":"no_route","requestId":"[^"]+"/, 'the answer that README.md shows');
});

await t.test('`npm start` is that demo, and `npm test` this suite', async (t) => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  t.equal(scripts['start'], 'node src/main.ts demo');
  t.match(scripts['test'], /\btap$/);
});
