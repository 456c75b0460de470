import type { Figure } from './measure.ts';
import type { Report } from './report.ts';

function figureOf(peer: string, cpuUs: number | null, ratio: number | null, failed = 0): Figure {
  return { peer, cpuUs, ratio, ratios: ratio === null ? null : [ratio - 0.1, ratio + 0.1], perSecond: 50_000, failed };
}

const latency = { p50: 1, p99: 2, p999: 5, sentP99: 1.2 };

/** A run as it might be, with one of everything that can go wrong. */
export const sampleReport: Report = {
  date: '2026-11-21T09:00:00.000Z',
  machine: 'A Processor & Co, 2 cores, x64, 24 GiB',
  versions: { nginx: '1.22.1', haproxy: '2.6.12', node: '26.10.0' },
  rounds: 3,
  loadAverage: [0.3, 1.2],
  cases: [
    { name: 'small JSON, HTTP/1.1', unit: 'request', ratioMax: 2, figures: [figureOf('nginx', 10, 1), figureOf('haproxy', 10.5, 1.05), figureOf('caddy', 50, 5), figureOf('sluice', 19, 1.9), figureOf('fastify-http-proxy', 38, 3.8), figureOf('http-proxy', 90, 9), figureOf('direct', null, null)] },
    { name: 'upload of 1 MB, HTTP/1.1', unit: 'request', ratioMax: null, figures: [figureOf('nginx', 1130, 1), figureOf('sluice', 2034, 1.8, 3)] },
    { name: 'rate limit, JWT seen before, access log', unit: 'request', ratioMax: null, figures: [figureOf('sluice', 40, null)] },
  ],
  latency: [
    { peer: 'nginx', asked: 5000, answered: 4999, latency, residentMib: 20, failed: 0 },
    { peer: 'sluice', asked: 5000, answered: 4999, latency: { ...latency, p99: 4.5 }, residentMib: 120, failed: 0 },
    { peer: 'http-proxy', asked: 5000, answered: 2281, latency: null, residentMib: 90, failed: 12 },
    { peer: 'direct', asked: 5000, answered: 5000, latency: { ...latency, p99: 9, sentP99: 8 }, residentMib: null, failed: 0 },
  ],
  idle: [
    { peer: 'nginx', kind: 'WebSocket', wished: 9850, connections: 9850, reason: null, kibEach: 21.9 },
    { peer: 'sluice', kind: 'WebSocket', wished: 9850, connections: 9850, reason: null, kibEach: 24 },
    { peer: 'caddy', kind: 'WebSocket', wished: 9850, connections: 4000, reason: '/ws: no answer', kibEach: 75 },
  ],
  lifecycle: [{ peer: 'nginx', startMs: 20.4, reloadMs: 12 }, { peer: 'sluice', startMs: 620, reloadMs: 13 }, { peer: 'http-proxy', startMs: 120, reloadMs: null }],
  remarks: ['10,000 routes: left out, the time was up.'],
};
