import type { Report } from './report.ts';

const WIDTH = 860;
const LABEL = 270;
const BAR = 13;
const GAP = 3;
const SCALE_MAX = 8;
const COLOURS: Readonly<Record<string, string>> = { nginx: '#6b7280', haproxy: '#a78bfa', caddy: '#34d399', sluice: '#2563eb', 'fastify-http-proxy': '#f59e0b', 'http-proxy': '#f87171' };

/** Processor time to nginx's as bars, a group for each case; what is longer than the scale is cut and says so by its number. */
export function chartOf(report: Report): string {
  const parts: string[] = [];
  let y = 40;
  for (const { name, figures } of report.cases) {
    const bars = figures.filter(({ ratio }) => ratio !== null);
    parts.push(text(8, y + BAR, name, 'font-weight="600"'));
    for (const { peer, ratio } of bars) {
      const width = (Math.min(ratio ?? 0, SCALE_MAX) / SCALE_MAX) * (WIDTH - LABEL - 150);
      parts.push(`<rect x="${LABEL}" y="${y + 2}" width="${width.toFixed(1)}" height="${BAR}" fill="${COLOURS[peer] ?? '#000'}"/>`);
      parts.push(text(LABEL + width + 6, y + BAR, `${(ratio ?? 0).toFixed(2)} ${peer}`));
      y += BAR + GAP;
    }
    y += 14;
  }
  const title = text(8, 22, `Processor time for the same work, nginx = 1 (${report.date.slice(0, 10)}); shorter is better`, 'font-weight="600"');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="#fff"/>\n${[title, ...parts].join('\n')}\n</svg>\n`;
}

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${more}>${escaped}</text>`;
}
