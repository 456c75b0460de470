// The look-up of a route, by how many there are, and what comes before it: node test/bench/micro/route-match.bench.ts
import type { PathPattern, RouteMatch } from '../../../src/config/route-match.ts';
import { canonicalPath } from '../../../src/request/path.ts';
import { parseHost } from '../../../src/request/host.ts';
import { RouteTable } from '../../../src/request/route-table.ts';
import { freshText, micro } from '../micro-bench.ts';

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

let number = 0;

/** Of requests to other paths each time, as long as those before. */
function orderNumber(): number {
  number = (number + 1) % 90_000;
  return 10_000 + number;
}

for (const count of [10, 1000, 10_000]) {
  const table = createTable(count);
  const hosts = Math.max(count / 10, 1);
  const lookUp = async (what: string, route: number, path: () => string): Promise<void> => {
    const host = `app-${route % hosts}.example.com`;
    await micro(`${count} routes, ${what}`, (path: string) => table.find('GET', host, path, '', NO_HEADERS), { input: () => freshText(path()) });
  };
  await lookUp('prefix', count - 1, () => `/service-${count - 1}/v1/orders/${orderNumber()}`);
  await lookUp('exact', count - 2, () => `/exact-${count - 2}/status`);
  await lookUp('regex', 0, () => `/regex-0/${orderNumber()}`);
  await lookUp('no route', 0, () => `/nothing-${orderNumber()}/here`);
}

const paths = ['/api/v1/orders/12345', '/api/v1//orders/%7Euser/../12345', '/caf%C3%A9/menu'];
for (const path of paths) await micro(`canonicalPath ${path}`, canonicalPath, { input: () => freshText(path) });
const hosts = ['app.example.com', 'App.Example.com:8443', '[2001:db8::1]:443'];
for (const host of hosts) await micro(`parseHost ${host}`, parseHost, { input: () => freshText(host) });
