import { allMetrics } from './catalogue.ts';
import { LABELS, type MetricDefinition } from './definition.ts';

/** config/METRICS.md: every metric, and what its labels can be. */
export function metricsReference(): string {
  const metrics = allMetrics();
  return `# Metrics

\`GET /metrics\` of the admin listener answers in the text format of Prometheus, or as OpenMetrics, with trace ids as exemplars,
where the request asks for \`application/openmetrics-text\`. Public listeners have no such path. What workers count is added up,
and goes on where it is when the configuration is read again or a worker dies: at most the last second of the dead one is lost. A
route or target that is gone keeps its series for a quarter of an hour; those of the configuration are there before their first
request. This page is made from the code by \`npm run reference\`.

Rules for alerts are in [prometheus/](prometheus/), a dashboard is in [grafana/sluice.json](grafana/sluice.json).

| metric | type | labels | what it is |
|---|---|---|---|
${metrics.map((metric) => row(metric)).join('\n')}

## Labels

| label | values |
|---|---|
${Object.entries(LABELS).map(([name, text]) => `| \`${name}\` | ${text} |`).join('\n')}

## Buckets

${metrics.flatMap((metric) => bucketText(metric)).join('\n')}
`;
}

function row({ name, type, labels, help }: MetricDefinition): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}

function bucketText({ name, bounds }: MetricDefinition): string[] {
  return bounds === undefined ? [] : [`- \`${name}\`: ${bounds.join(', ')}`];
}
