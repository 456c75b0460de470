import path from 'node:path';
import type { TrialOutcome } from '../gateway/policy-trials.ts';
import type { ExplainedHeader } from './explained-head.ts';
import type { Explanation } from './explanation.ts';
import type { OriginValue } from './value-origins.ts';

const LABEL_WIDTH = 11;
/** Longer values are cut, so that places stay in their column. */
const VALUE_CHARS_MAX = 80;
const OTHERS_SHOWN_MAX = 6;
const VALUES_SHOWN_MAX = 12;

const OUTCOMES: Readonly<Record<TrialOutcome, string>> = {
  'passed': 'lets it pass', 'refused': 'refuses it', 'answered': 'answers it', 'answers': 'works on the answer', 'not reached': 'is not asked',
  'assumed': 'depends on who the client is: taken as passed',
};

/** An explanation for a terminal, in a few sections of aligned lines. */
export function explanationText(explanation: Explanation): string {
  const { request, listener, host, refusal, httpsLocation, route, sent } = explanation;
  const from = request.client === explanation.clientAddress || explanation.clientAddress === '' ? request.client : `${explanation.clientAddress}, by way of ${request.client}`;
  const port = listener.isExact ? '' : '   (no port of the URL: taken as mapped to this one)';
  return [
    `${request.method} ${request.url}  from ${from}`,
    '',
    row('listener', `${listener.kind} ${listener.address}   ${short(listener.from)}${port}`),
    ...(host === '' ? [] : [row('seen as', `${host}${explanation.path}`)]),
    ...(refusal === null ? [] : [row('REFUSED', `${refusal.status} ${refusal.code}: ${refusal.reason}`)]),
    row('route', route === null ? 'none' : `${route.id}   ${short(route.from)}`),
    ...(route === null ? [] : [row('', `${route.match}: ${route.why}`)]),
    ...othersOf(explanation),
    ...(httpsLocation === null ? policiesOf(explanation) : [row('redirect', `308 to HTTPS: ${httpsLocation}`)]),
    ...(sent === null ? [] : [...settingsOf(explanation), ...targetOf(explanation), ...sentOf(explanation)]),
    ...answerOf(explanation),
  ].join('\n');
}

function othersOf({ others, moreOthers, route }: Explanation): string[] {
  const near = others.filter(({ fits, why }) => route === null || fits || !why.includes('another path'));
  const shown = near.slice(0, OTHERS_SHOWN_MAX);
  const rest = others.length + moreOthers - shown.length;
  const more = rest > 0 ? [row(shown.length === 0 ? 'not' : '', `${rest} ${shown.length === 0 ? '' : 'more '}of this host`)] : [];
  return [...shown.map(({ id, from, why }, i) => row(i === 0 ? 'not' : '', `${id}   ${short(from)}: ${why}`)), ...more];
}

function policiesOf({ policies }: Explanation): string[] {
  return policies.flatMap(({ name, outcome, values }, i) => {
    const lines = table(values.filter(({ from }) => from !== 'default'));
    return [row(i === 0 ? 'policies' : '', `${name}: ${OUTCOMES[outcome]}`), ...(lines.length === 0 ? [row('', '  as by default')] : lines.map((line) => row('', `  ${line}`)))];
  });
}

/** What is said, line by line; the rest on one. */
function settingsOf({ settings: { route, upstream, listen } }: Explanation): string[] {
  const sections = [['options', route], ['upstream', upstream], ['listen', listen]] as const;
  return sections.flatMap(([label, values]) => {
    const said = table(values.filter(({ from }) => from !== 'default'));
    const left = values.filter(({ from }) => from === 'default').map(({ path: name, value }) => `${lastOf(name)} ${String(value)}`);
    const rest = left.length === 0 ? [] : [`default: ${left.slice(0, VALUES_SHOWN_MAX).join(', ')}${left.length > VALUES_SHOWN_MAX ? ', …' : ''}`];
    return [...said, ...rest].map((line, i) => row(i === 0 ? label : '', line));
  });
}

function targetOf({ target }: Explanation): string[] {
  if (target === null) return [];
  const { upstream, balance, rule, chosen, candidates } = target;
  const list = candidates.map(({ name, weight, backup, isName }) => {
    const notes = [...(weight === 1 ? [] : [`weight ${weight}`]), ...(backup ? ['backup'] : []), ...(isName ? ['all its addresses'] : [])];
    return `${name}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
  });
  const head = chosen === null ? `${upstream}, one of ${list.slice(0, VALUES_SHOWN_MAX).join(', ')}${list.length > VALUES_SHOWN_MAX ? `, … (${list.length})` : ''}` : `${upstream}: ${chosen}`;
  return [row('target', head), ...(candidates.length === 1 ? [] : [row('', balance === 'hash' ? rule : `${balance}: ${rule}`)])];
}

function sentOf({ sent }: Explanation): string[] {
  if (sent === null) return [];
  const { protocol, tls, line, host, forwarded, added, withheld } = sent;
  return [
    row('sent', `${line}${tls ? '   (over TLS)' : protocol === 'HTTP/2' ? '   (without TLS)' : ''}`),
    row('', `  Host: ${host}`),
    ...forwarded.map((header) => row('', `  ${lineOf(header)}`)),
    ...added.map((header) => row('', `+ ${lineOf(header)}`)),
    ...withheld.map((name) => row('', `- ${name}`)),
  ];
}

function answerOf({ answer, httpsLocation }: Explanation): string[] {
  if (answer === null || httpsLocation !== null) return [];
  const head = answer.by === 'gateway' ? `${answer.status ?? ''}, by the gateway itself` : "the upstream's, and";
  return [
    row('answer', head),
    ...answer.headers.map((header) => row('', `+ ${lineOf(header)}`)),
    ...answer.removed.map((name) => row('', `- ${name}`)),
  ];
}

/** Values, and where each is said, in two columns. */
function table(values: readonly OriginValue[]): string[] {
  const shown = values.slice(0, VALUES_SHOWN_MAX);
  const cells = shown.map(({ path: name, value }) => `${name === '' ? '' : `${name}: `}${cut(String(value))}`);
  const width = Math.max(0, ...cells.map((cell) => cell.length));
  const lines = shown.map(({ from, layer }, i) => `${(cells[i] ?? '').padEnd(width)}   ${short(from)}${layer === null || layer === 'route' ? '' : `, ${layer}`}`);
  return values.length > shown.length ? [...lines, `… and ${values.length - shown.length} more`] : lines;
}

function lineOf({ name, value }: ExplainedHeader): string {
  return `${name}: ${cut(value)}`;
}

function cut(text: string): string {
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}

/** `timeouts.connect` → `connect`, where it is clear which is meant. */
function lastOf(name: string): string {
  return name.startsWith('timeouts.') ? name.slice('timeouts.'.length) : name;
}

/** The folder is known to whoever has named it. */
function short(place: string): string {
  return path.basename(place);
}

function row(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${text}`.trimEnd();
}
