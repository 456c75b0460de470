import type { Report } from './report.ts';
import { nameOf } from './summary.ts';

const WIDTH = 860;
const LEFT = 258;
const RIGHT = 96;
const TOP = 96;
const ROW = 34;
const FROM = 0.5;
const TO = 8;
const TICKS = [0.5, 1, 2, 4, 8];

/** In the order of the legend, which is also the order in which they are drawn: Sluice last, on top. */
const PEERS = ['nginx', 'haproxy', 'caddy', 'http-proxy', 'fastify-http-proxy', 'sluice'];

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .small { font-size: 12px; fill: #59636e; }
    .own { font-weight: 600; fill: #0969da; }
    .card { fill: #ffffff; stroke: #d1d9e0; }
    .rule { stroke: #d1d9e0; }
    .base { stroke: #818b98; stroke-width: 1.5; }
    .target { stroke: #1f2328; stroke-width: 2; }
    .spread { stroke: #0969da; stroke-width: 3; stroke-linecap: round; opacity: 0.35; }
    .nginx { fill: #818b98; } .haproxy { fill: #8250df; } .caddy { fill: #1f883d; } .http-proxy { fill: #cf222e; } .fastify-http-proxy { fill: #bf8700; } .sluice { fill: #0969da; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .small { fill: #9198a1; }
      .own { fill: #4493f8; }
      .card { fill: #0d1117; stroke: #3d444d; }
      .rule { stroke: #2a313c; }
      .base { stroke: #656c76; }
      .target { stroke: #f0f6fc; }
      .spread { stroke: #4493f8; }
      .nginx { fill: #656c76; } .haproxy { fill: #ab7df8; } .caddy { fill: #3fb950; } .http-proxy { fill: #f85149; } .fastify-http-proxy { fill: #d29922; } .sluice { fill: #4493f8; }
    }
  `;

/** Processor time to nginx's: a row for each case, a dot for each proxy, on a scale where each step doubles. Light or dark as the reader has it. */
export function chartOf(report: Report): string {
  const rows = report.cases.filter(({ figures }) => figures.some(({ peer, ratio }) => peer === 'sluice' && ratio !== null));
  const height = TOP + rows.length * ROW + 40;
  const shown = PEERS.filter((peer) => peer === 'nginx' || rows.some(({ figures }) => figures.some((one) => one.peer === peer && one.ratio !== null)));
  const bottom = TOP + rows.length * ROW;
  const parts = [
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>`,
    text(24, 34, 'Processor time for the same work, nginx = 1', 'title'),
    text(WIDTH - 24, 34, `to the left is better; ${report.date.slice(0, 10)}`, 'small', 'end'),
    ...legend(shown),
    ...TICKS.map((tick) => `<line class="${tick === 1 ? 'base' : 'rule'}" x1="${at(tick)}" x2="${at(tick)}" y1="${TOP - 8}" y2="${bottom}"/>${text(Number(at(tick)), bottom + 20, tick === 1 ? 'nginx' : `${tick} ×`, 'small', 'middle')}`),
    ...rows.map((row, index) => rowOf(row, TOP + index * ROW + ROW / 2)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">
  <title id="title">Processor time of Sluice and other proxies, nginx = 1</title>
  <desc id="desc">${rows.map(describe).join(' ')}</desc>
  <style>${STYLE}</style>
  ${parts.join('\n  ')}
</svg>
`;
}

function rowOf({ name, ratioMax, figures }: Report['cases'][number], y: number): string {
  const dots = PEERS.filter((peer) => peer !== 'nginx').flatMap((peer) => {
    const ratio = figures.find((one) => one.peer === peer)?.ratio ?? null;
    return ratio === null ? [] : [`<circle class="${peer}" cx="${at(ratio)}" cy="${y}" r="${peer === 'sluice' ? 6.5 : 4.5}"/>`];
  });
  const own = figures.find(({ peer }) => peer === 'sluice');
  const [lowest, highest] = own?.ratios ?? [1, 1];
  const target = ratioMax === null ? '' : `<line class="target" x1="${at(ratioMax)}" x2="${at(ratioMax)}" y1="${y - 10}" y2="${y + 10}"/>`;
  return `${text(24, y + 4, name)}<line class="spread" x1="${at(lowest)}" x2="${at(highest)}" y1="${y}" y2="${y}"/>${target}${dots.join('')}${text(WIDTH - 24, y + 4, `${(own?.ratio ?? 0).toFixed(2)} ×`, 'own', 'end')}`;
}

function legend(peers: readonly string[]): string[] {
  let x = 24;
  const parts = peers.filter((peer) => peer !== 'nginx').toReversed().map((peer) => {
    const part = `<circle class="${peer}" cx="${x + 6}" cy="58" r="${peer === 'sluice' ? 6.5 : 4.5}"/>${text(x + 18, 62, nameOf(peer), 'small')}`;
    x += 36 + nameOf(peer).length * 7;
    return part;
  });
  return [...parts, `<line class="target" x1="${x + 4}" x2="${x + 4}" y1="50" y2="66"/>${text(x + 14, 62, 'target for Sluice', 'small')}`];
}

function describe({ name, figures }: Report['cases'][number]): string {
  return escaped(`${name}: ${figures.filter(({ ratio, peer }) => ratio !== null && peer !== 'nginx').map(({ peer, ratio }) => `${nameOf(peer)} ${ratio?.toFixed(2)}`).join(', ')}.`);
}

/** Where a ratio is on the scale; what is beyond its ends is at its ends. */
function at(ratio: number): string {
  const share = Math.log2(Math.min(Math.max(ratio, FROM), TO) / FROM) / Math.log2(TO / FROM);
  return (LEFT + share * (WIDTH - LEFT - RIGHT)).toFixed(1);
}

function text(x: number, y: number, content: string, style = '', anchor = 'start'): string {
  return `<text x="${x}" y="${y}"${style === '' ? '' : ` class="${style}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
