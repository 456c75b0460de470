import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { allMetrics } from '../../../src/observe/metrics/catalogue.ts';
import { requireService } from '../../helpers/service.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const config = new URL('../../../config/', import.meta.url);
/** Without what alerts say: that changes with their numbers. */
const rules = readFileSync(new URL('prometheus/sluice.rules.yml', config), 'utf8').replaceAll(/^ {8}annotations:\n(?: {10}.*\n)+/gm, '');

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const dashboard = JSON.parse(readFileSync(new URL('grafana/sluice.json', config), 'utf8')) as Dashboard;
const queries = [...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...dashboard.annotations.list.map(({ expr }) => expr)];

/** Names that a query can use, each with its labels. */
const series = new Map(allMetrics().flatMap(({ name, type, labels }) => {
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : type === 'summary' ? ['_sum', '_count'] : [''];
  return suffixes.map((suffix) => [name + suffix, new Set<string>([...labels, 'instance', 'job', ...(suffix === '_bucket' ? ['le'] : [])])] as const);
}));

function unknownIn(query: string): string[] {
  const names = query.match(/\b(?:sluice|process)_\w+/g) ?? [];
  const selectors = [...query.matchAll(/\b((?:sluice|process)_\w+)\{([^}]*)\}/g)];
  return [
    ...names.filter((name) => !series.has(name)),
    ...selectors.flatMap(([, name = '', text = '']) => [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label).filter((label) => series.get(name)?.has(label) === false)),
  ];
}

await t.test('names and units are those of Prometheus', async (t) => {
  const names = allMetrics().map(({ name }) => name);
  t.strictSame(names, [...new Set(names)].toSorted(), 'no name is there twice');
  for (const { name, type, help } of allMetrics()) {
    t.match(name, /^(?:sluice|process)_[a-z0-9_]+$/);
    t.equal(name.endsWith('_total'), type === 'counter', name);
    t.ok(!/_(?:ms|milliseconds|kb|mb|minutes|percent)(?:_|$)/.test(name), name);
    t.match(help, /^[^"\n]+\.$/, 'OpenMetrics wants quotes escaped');
  }
});

await t.test('every query of the dashboard and of the alerts names metrics and labels that exist', async (t) => {
  t.ok(queries.length > 40);
  t.strictSame([...queries, ...dashboard.templating.list.map(({ definition = '' }) => definition)].flatMap((query) => unknownIn(query)), []);
  t.strictSame(unknownIn(rules), []);
  t.strictSame(unknownIn('rate(sluice_gone_total{route="a"}[1m]) + sluice_ready{rout="a"}'), ['sluice_gone_total', 'rout'], 'and one that does not is found');
});

await t.test('every subject has its panels', async (t) => {
  const titles = dashboard.panels.map(({ title }) => title).join('\n');
  for (const subject of [/Requests by route/, /Errors/, /95th percentile/, /Targets/, /Certificate/i, /Rate limits/]) t.match(titles, subject);
});

await t.test('promtool takes the scrape configuration, the alerts, and every query of the dashboard', async (t) => {
  const promtool = requireService(t, 'promtool');
  if (promtool === null) return;
  const folder = new URL('prometheus/', config).pathname;
  const text = execFileSync(promtool, ['check', 'config', path.join(folder, 'prometheus.yml')], { encoding: 'utf8' });
  t.match(text, /8 rules found/, 'the file of alerts is where the configuration looks for it');
  const file = path.join(tempDir(t), 'queries.json');
  const recorded = queries.map((expr, index) => ({ record: `query:${index}`, expr: expr.replaceAll('$__rate_interval', '1m') }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
  t.match(execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' }), `${queries.length} rules found`);
});

await t.test('each alert fires when it should, and not when all is well', async (t) => {
  const promtool = requireService(t, 'promtool');
  if (promtool === null) return;
  const at = '20m';
  const alert = (name: string, labels: object): object => ({ eval_time: at, alertname: name, exp_alerts: [{ exp_labels: labels }] });
  const quiet = ['SluiceDown', 'SluiceErrorRate', 'SluiceSlow', 'SluiceTargetDown', 'SluiceUpstreamDown', 'SluiceReloadFailed', 'SluiceWorkersDie'];
  const target = ',upstream="api",target="api:1"';
  const requests = (status: string, values: string): object => given(values, 'sluice_http_requests_total', `,route="r",class="${status}"`);
  const tests = [
    { interval: '1m', input_series: [given('1x30', 'up', ',job="sluice"'), requests('2xx', '0+600x30'), requests('5xx', '0+6x30'), given('1x30', 'sluice_upstream_target_available', target),
      given('1x30', 'sluice_config_last_reload_successful'), given('0x30', 'sluice_worker_restarts_total')],
      alert_rule_test: quiet.map((name) => ({ eval_time: at, alertname: name, exp_alerts: [] })) },
    { interval: '1m', input_series: [given('0x30', 'up', ',job="sluice"'), requests('2xx', '0+600x30'), requests('5xx', '0+60x30'), given('0x30', 'sluice_upstream_target_available', target),
      given('0x30', 'sluice_config_last_reload_successful'), given('0+1x30', 'sluice_worker_restarts_total'),
      given('0x30', 'sluice_http_request_duration_seconds_bucket', ',route="r",le="1"'), given('0+60x30', 'sluice_http_request_duration_seconds_bucket', ',route="r",le="2"'),
      given('0+60x30', 'sluice_http_request_duration_seconds_bucket', ',route="r",le="+Inf"'), given('0+60x30', 'sluice_http_request_duration_seconds_count', ',route="r"')],
      alert_rule_test: quiet.map((name) => alert(name, labelsOf(name))) },
    // A target that the operator took out is no alarm.
    { interval: '1m', input_series: [given('0x30', 'sluice_upstream_target_available', target), given('1x30', 'sluice_upstream_target_state', `${target},state="draining"`)],
      alert_rule_test: [{ eval_time: at, alertname: 'SluiceTargetDown', exp_alerts: [] }] },
    // Six days left: of a file, and of a short-lived certificate whose renewal is planned and has not failed.
    { interval: '1m', input_series: [given('518400x150', 'sluice_certificate_not_after_timestamp_seconds', ',host="a.test",source="file"'), given('518400x150', 'sluice_certificate_not_after_timestamp_seconds', ',host="b.test",source="acme"'),
      given('400000x150', 'sluice_certificate_renewal_timestamp_seconds', ',host="b.test",source="acme"'), given('0x150', 'sluice_certificate_renewal_failed', ',host="b.test",source="acme"')],
      alert_rule_test: [{ eval_time: '2h', alertname: 'SluiceCertificateEnds', exp_alerts: [{ exp_labels: { severity: 'critical', instance: 'a', host: 'a.test', source: 'file' } }] }] },
  ];
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'rules.yml'), rules);
  writeFileSync(path.join(folder, 'tests.json'), JSON.stringify({ rule_files: ['rules.yml'], tests }));
  try {
    t.match(execFileSync(promtool, ['test', 'rules', path.join(folder, 'tests.json')], { encoding: 'utf8', stdio: 'pipe' }), 'SUCCESS');
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    t.fail(`${stdout}${stderr}`, { diagnostic: false });
  }
});

/** A series of the instance `a`, in the words of promtool. */
function given(values: string, name: string, labels = ''): object {
  return { series: `${name}{instance="a"${labels}}`, values };
}

function labelsOf(name: string): object {
  const instance = 'a';
  switch (name) {
    case 'SluiceDown': return { severity: 'critical', instance, job: 'sluice' };
    case 'SluiceErrorRate': return { severity: 'critical', instance, route: 'r' };
    case 'SluiceSlow': return { severity: 'warning', instance, route: 'r' };
    case 'SluiceTargetDown': return { severity: 'warning', instance, upstream: 'api', target: 'api:1' };
    case 'SluiceUpstreamDown': return { severity: 'critical', instance, upstream: 'api' };
    default: return { severity: 'warning', instance };
  }
}
