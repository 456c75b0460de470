import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry, Summary, type OpenMetricsContentType } from 'prom-client';
import { OneAtATime } from '../../lib/one-at-a-time.ts';
import { allMetrics } from './catalogue.ts';
import type { LabelName, MetricDefinition } from './definition.ts';
import type { Sample, SampleExemplar } from './sample.ts';

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

interface Row {
  readonly value: number;
  readonly labels: Partial<Record<LabelName, string | number>>;
  readonly metricName?: string;
  readonly exemplar?: { readonly labelSet: { readonly trace_id: string }; readonly value: number; readonly timestamp: number };
}

type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

const TYPES = { counter: Counter, gauge: Gauge, histogram: Histogram, summary: Summary } as const;

/**
 * Writes samples in a text format that Prometheus reads: its own, or OpenMetrics where the caller asks for that. Exemplars are
 * part of OpenMetrics alone.
 */
export class MetricsWriter {
  readonly #prometheus = new Registry();
  readonly #openMetrics = new Registry<OpenMetricsContentType>();
  readonly #answers = new OneAtATime();
  readonly #metrics = [...allMetrics()];
  /** Those of the answer in work, by name of their metric. */
  #samples: ReadonlyMap<string, readonly Sample[]> = new Map();

  constructor() {
    this.#openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    for (const definition of this.#metrics) {
      this.#register(this.#prometheus, definition);
      this.#register(this.#openMetrics, definition);
    }
  }

  /** @param accept header of the request. */
  async write(samples: Iterable<Sample>, accept: string): Promise<Exposition> {
    const isOpen = /application\/openmetrics-text/i.test(accept);
    return this.#answers.run(async () => {
      this.#samples = byName(samples);
      const texts: string[] = [];
      for await (const text of this.#textsOf(isOpen ? this.#openMetrics : this.#prometheus)) texts.push(text);
      this.#samples = new Map();
      return isOpen
        ? { contentType: this.#openMetrics.contentType, body: `${texts.join('\n')}\n# EOF\n` }
        : { contentType: this.#prometheus.contentType, body: `${texts.join('\n\n')}\n` };
    });
  }

  /** Each metric in a turn of its own: of a thousand routes, all of them at once would keep the thread for a tenth of a second. */
  async *#textsOf(registry: AnyRegistry): AsyncGenerator<string> {
    for (const { name } of this.#metrics) yield nextTurn().then(async () => registry.getSingleMetricAsString(name));
  }

  /** The library's own metrics give way to what we have counted; its registry asks them when it writes. */
  #register(registry: AnyRegistry, definition: MetricDefinition): void {
    const { name, help, type, labels } = definition;
    const metric = new TYPES[type]({ name, help, labelNames: [...labels], registers: [] });
    const read = async (): Promise<object> => ({ name: nameFor(definition, registry), help, type, values: this.#rowsOf(name) });
    registry.registerMetric(Object.assign(metric, { get: read, getForPromString: read }));
  }

  #rowsOf(name: string): Row[] {
    return (this.#samples.get(name) ?? []).flatMap((sample) => rowsOf(sample));
  }
}

/** OpenMetrics names a counter without the suffix of its samples. */
function nameFor({ name, type }: MetricDefinition, registry: { readonly contentType: string }): string {
  return type === 'counter' && registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE ? name.replace(/_total$/, '') : name;
}

function byName(samples: Iterable<Sample>): Map<string, Sample[]> {
  const found = new Map<string, Sample[]>();
  for (const sample of samples) {
    const known = found.get(sample.metric.name);
    if (known === undefined) found.set(sample.metric.name, [sample]);
    else known.push(sample);
  }
  return found;
}

function rowsOf(sample: Sample): Row[] {
  const { metric, values } = sample;
  const labels: Partial<Record<LabelName, string>> = {};
  for (const [index, name] of metric.labels.entries()) labels[name] = sample.labels[index] ?? '';
  if (metric.type === 'histogram') return bucketRows(sample, labels);
  if (metric.type === 'summary') return eventRows(metric.name, labels, values[0] ?? 0, values[1] ?? 0);
  return [{ value: values[0] ?? 0, labels }];
}

function bucketRows({ metric, values, exemplars }: Sample, labels: Row['labels']): Row[] {
  const bounds = metric.bounds ?? [];
  const metricName = `${metric.name}_bucket`;
  const rows: Row[] = [];
  let count = 0;
  for (let i = 0; i <= bounds.length; i += 1) {
    count += values[i] ?? 0;
    rows.push({ value: count, labels: { ...labels, le: bounds[i] ?? '+Inf' }, metricName, ...exemplarOf(exemplars[i]) });
  }
  rows.push(...eventRows(metric.name, labels, count, values[bounds.length + 1] ?? 0));
  return rows;
}

function eventRows(name: string, labels: Row['labels'], count: number, sum: number): Row[] {
  return [{ value: sum, labels, metricName: `${name}_sum` }, { value: count, labels, metricName: `${name}_count` }];
}

function exemplarOf(exemplar: SampleExemplar | undefined): Pick<Row, 'exemplar'> {
  if (exemplar === undefined) return {};
  return { exemplar: { labelSet: { trace_id: exemplar.traceId }, value: exemplar.value, timestamp: exemplar.atMs / 1000 } };
}
