import type { PathPattern, RouteMatch } from '../../../src/config/route-match.ts';
import { canonicalPath } from '../../../src/request/path.ts';
import { parseHost } from '../../../src/request/host.ts';
import { RouteTable } from '../../../src/request/route-table.ts';

// Prints nanoseconds per look-up; run as it is: node test/bench/micro/route-table.bench.ts
const LOOKUPS = 100_000;
const ROUNDS = 5;
const NO_HEADERS: readonly string[] = [];

function match(host: string | null, path: PathPattern): RouteMatch {
  return { host, path, methods: null, headers: [], query: [], priority: 0 };
}

/** Half exact, half prefix, a tenth of them with a regex, over a tenth as many hosts. */
function createTable(count: number): RouteTable<number> {
  return new RouteTable(
    Array.from({ length: count }, (_, i) => {
      const host = `app-${i % Math.max(count / 10, 1)}.example.com`;
      const path: PathPattern =
        i % 20 === 0 ? { kind: 'regex', source: `^/regex-${i}/[0-9]+$` }
        : i % 2 === 0 ? { kind: 'exact', path: `/exact-${i}/status` }
        : { kind: 'prefix', prefix: `/service-${i}/v1` };
      return { matches: [match(host, path)], value: i };
    }),
  );
}

/** Strings as a parser makes them: flat, each its own, their hashes not known yet. */
function fresh(text: (i: number) => string): string[] {
  return Array.from({ length: LOOKUPS }, (_, i) => Buffer.from(text(i)).toString('latin1'));
}

/** The median of several rounds, the first of which warms up. */
function measureNs(work: (i: number) => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startNs = process.hrtime.bigint();
    for (let i = 0; i < LOOKUPS; i += 1) work(i);
    return Number(process.hrtime.bigint() - startNs) / LOOKUPS;
  });
  return rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function print(name: string, ns: number): void {
  console.log(`${name.padEnd(44)} ${ns.toFixed(0).padStart(6)} ns`);
}

for (const count of [10, 1000, 10_000]) {
  const table = createTable(count);
  const hosts = Math.max(count / 10, 1);
  const lookUp = (name: string, route: number, path: (i: number) => string): void => {
    const host = `app-${route % hosts}.example.com`;
    const requests = fresh(path);
    print(`${count} routes, ${name}`, measureNs((i) => table.find('GET', host, requests[i] ?? '', '', NO_HEADERS)));
  };
  lookUp('prefix', count - 1, (i) => `/service-${count - 1}/v1/orders/${i}`);
  lookUp('exact', count - 2, () => `/exact-${count - 2}/status`);
  lookUp('regex', 0, (i) => `/regex-0/${i}`);
  lookUp('no route', 0, (i) => `/nothing-${i}/here`);
}

const paths = ['/api/v1/orders/12345', '/api/v1//orders/%7Euser/../12345', '/caf%C3%A9/menu'];
for (const path of paths) print(`canonicalPath ${path}`, measureNs(() => canonicalPath(path)));
for (const host of ['app.example.com', 'App.Example.com:8443', '[2001:db8::1]:443']) print(`parseHost ${host}`, measureNs(() => parseHost(host)));
