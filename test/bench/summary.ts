import { figure, table, verdict } from './markdown.ts';
import type { Figure } from './measure.ts';
import type { CaseReport, Report } from './report.ts';

/** Sluice beside other proxies than nginx: at most this much of their time for small JSON. */
const OF_SLOWER_MAX = 0.45;
const SMALL = 'small JSON, HTTP/1.1';

/** Milliseconds more than nginx at the 99th percentile. */
const P99_MORE_MS = 2;
const START_MS_MAX = 500;
const WEBSOCKET_KIB_MAX = 25;

const NAMES: Readonly<Record<string, string>> = { haproxy: 'HAProxy', caddy: 'Caddy', sluice: 'Sluice', 'fastify-http-proxy': '@fastify/http-proxy', node: 'Node.js' };
const OTHERS = ['caddy', 'haproxy', 'fastify-http-proxy', 'http-proxy'];

export function nameOf(peer: string): string {
  return NAMES[peer] ?? peer;
}

export function ratioText({ ratio, ratios }: Pick<Figure, 'ratio' | 'ratios'>): string {
  return ratio === null || ratios === null ? '' : `${ratio.toFixed(2)} (${ratios.map((value) => value.toFixed(2)).join(' to ')})`;
}

/** A row for each case, and two sentences on the slower ones; '' where no case was measured. */
export function summary({ cases }: Report): string {
  const rows = cases.map(({ name, ratioMax, figures }) => {
    const of = (peer: string): Figure | undefined => figures.find((one) => one.peer === peer);
    const own = of('sluice');
    const broken = figures.filter(({ failed, peer }) => failed > 0 && peer !== 'direct').length > 0 ? ' (with failures, see below)' : '';
    return [
      name + broken, figure(of('nginx')?.cpuUs), figure(own?.cpuUs), own === undefined ? '' : ratioText(own), verdict(own?.ratio, ratioMax, ratioMax?.toFixed(1)),
      ...OTHERS.map((peer) => of(peer)?.ratio?.toFixed(2) ?? ''),
    ];
  });
  return [table(['work', 'nginx µs', 'Sluice µs', 'Sluice to nginx', 'target', ...OTHERS.map(nameOf)], rows), ofSlower(cases)].filter((text) => text !== '').join('\n\n');
}

function ofSlower(cases: readonly CaseReport[]): string {
  const figures = cases.find(({ name }) => name === SMALL)?.figures ?? [];
  const us = (peer: string): number | null => figures.find((one) => one.peer === peer)?.cpuUs ?? null;
  const own = us('sluice');
  const parts = ['caddy', 'fastify-http-proxy'].flatMap((peer) => {
    const other = us(peer);
    return own === null || other === null ? [] : [`${(own / other).toFixed(2)} of the time of ${nameOf(peer)} (target ${verdict(own / other, OF_SLOWER_MAX)})`];
  });
  return parts.length === 0 ? '' : `For ${SMALL}, Sluice takes ${parts.join(' and ')}.`;
}

/** Latency, memory, start and reload: a row each, a column for each proxy. */
export function othersText({ latency, idle, lifecycle }: Report): string {
  const peers = ['nginx', 'sluice', ...OTHERS];
  const row = (name: string, of: (peer: string) => string, target = ''): string[] => [name, ...peers.slice(0, 2).map(of), target, ...peers.slice(2).map(of)];
  const ofLatency = (peer: string, which: 'p50' | 'p99' | 'p999'): number | null => latency.find((one) => one.peer === peer)?.latency?.[which] ?? null;
  const rows: string[][] = [];
  if (latency.length > 0) {
    const nginx = ofLatency('nginx', 'p99');
    for (const [which, label] of [['p50', 'p50'], ['p99', 'p99'], ['p999', 'p99.9']] as const) {
      const cell = (peer: string): string => (latency.some((one) => one.peer === peer && one.latency === null) ? 'cannot keep up' : figure(ofLatency(peer, which)));
      rows.push(row(`${label} at 5,000 requests/s, ms`, cell, which === 'p99' && nginx !== null ? verdict(ofLatency('sluice', 'p99') ?? Infinity, nginx + P99_MORE_MS, `nginx + ${P99_MORE_MS}`) : ''));
    }
  }
  for (const kind of new Set(idle.map((one) => one.kind))) {
    const kib = (peer: string): number | null => idle.find((one) => one.peer === peer && one.kind === kind)?.kibEach ?? null;
    rows.push(row(`KiB for each idle ${kind}`, (peer) => figure(kib(peer)), kind === 'WebSocket' ? verdict(kib('sluice'), WEBSOCKET_KIB_MAX) : ''));
  }
  if (lifecycle.length > 0) {
    const time = (peer: string, which: 'startMs' | 'reloadMs'): number | null => lifecycle.find((one) => one.peer === peer)?.[which] ?? null;
    rows.push(row('start to the first answer, ms', (peer) => figure(time(peer, 'startMs')), verdict(time('sluice', 'startMs'), START_MS_MAX)));
    rows.push(row('reload until it shows, ms', (peer) => figure(time(peer, 'reloadMs'))));
  }
  return table(['beside time', 'nginx', 'Sluice', 'target', ...OTHERS.map(nameOf)], rows);
}
