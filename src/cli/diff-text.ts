import path from 'node:path';
import { escapeControls } from '../observe/safe-text.ts';
import type { ConfigDiff, ValueChange } from './config-diff.ts';

/** More changes of one kind than this are counted. */
const SHOWN_MAX = 40;
/** What so many routes have in common is said once. */
const ALIKE_MIN = 3;
const VALUE_CHARS_MAX = 60;

/** Changes for a terminal; one line for each value. */
export function diffText(diff: ConfigDiff): string {
  const { takeovers, isReordered, restart, unknown } = diff;
  const sections = [
    ...routesOf(diff),
    ...section('Routing', [
      ...(takeovers ?? []).map(({ example, from, to }) => `${example}: ${from} → ${to ?? 'no route (404)'}`),
      ...(takeovers === null ? ['cannot be compared: what some routes are chosen by is not shown'] : []),
      ...(isReordered && takeovers?.length === 0 ? ['routes stand in another order, which changes no request'] : []),
    ].map((text) => escapeControls(text))),
    ...valuesOf(diff.values),
    ...section('Needs a restart, a reload is refused', restart),
    ...section('Secrets that cannot be compared', unknown.map((name) => escapeControls(name))),
  ];
  return sections.length === 0 ? 'Nothing changes.' : sections.join('\n');
}

function routesOf({ routes }: ConfigDiff): string[] {
  const alike = Map.groupBy(routes.flatMap(({ id, kind, changes }) => (kind === 'changed' ? changes.map((change) => ({ id, change })) : [])), ({ change }) => JSON.stringify(change));
  const shared = [...alike.values()].filter((all) => all.length >= ALIKE_MIN);
  const isShared = new Set(shared.flatMap((all) => all.map(({ change }) => change)));
  const own = routes.flatMap(({ id, formerId, kind, from, changes }) => {
    const left = changes.filter((change) => !isShared.has(change));
    if (kind === 'changed' && left.length === 0) return [];
    const sign = { added: '+', removed: '-', changed: '~', renamed: '~' }[kind];
    const name = formerId === null ? id : `${formerId} is now called ${id}`;
    const lines = kind === 'added' ? left.map(({ path: at, after }) => `    ${at}: ${shown(after)}`) : tableOf(left).map((line) => `    ${line}`);
    return [[`${sign} ${escapeControls(name)}   ${place(from)}`, ...bounded(lines)].join('\n')];
  });
  return section('Routes', [...own, ...shared.map((all) => `~ ${all.length} routes: ${lineOf(all[0]?.change)}`)]);
}

function valuesOf(values: readonly ValueChange[]): string[] {
  const groups = Map.groupBy(values, ({ path: at }) => titleOf(at));
  return [...groups].flatMap(([title, changes]) => section(title, tableOf(changes)));
}

function titleOf(at: string): string {
  if (at.startsWith('upstreams.')) return 'Upstreams';
  if (/^listen\b/.test(at)) return 'Listeners';
  if (at.startsWith('policies.')) return 'Policy sets';
  if (at.startsWith('defaults.')) return 'Defaults of routes';
  return 'General';
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [[title, ...bounded(lines).map((line) => `  ${line}`)].join('\n')];
}

function bounded(lines: readonly string[]): string[] {
  return lines.length > SHOWN_MAX ? [...lines.slice(0, SHOWN_MAX), `… and ${lines.length - SHOWN_MAX} more`] : [...lines];
}

function tableOf(changes: readonly ValueChange[]): string[] {
  const texts = changes.map((change) => textOf(change));
  const width = Math.max(0, ...texts.map(({ length }) => length));
  return changes.map((change, i) => `${(texts[i] ?? '').padEnd(width)}   ${placeOf(change)}`);
}

function lineOf(change: ValueChange | undefined): string {
  return change === undefined ? '' : `${textOf(change)}   ${placeOf(change)}`;
}

function textOf({ path: at, before, after, was, from, isSecret }: ValueChange): string {
  const name = escapeControls(at);
  if (was === null) return `+ ${name}: ${shown(after)}`;
  if (from === null) return `- ${name}: ${shown(before)}`;
  return isSecret ? `~ ${name}: ${shown(after)} (another secret)` : `~ ${name}: ${shown(before)} → ${shown(after)}`;
}

function placeOf({ was, from }: ValueChange): string {
  return place(from === null || (from === 'default' && was !== null) ? `${was ?? ''}${from === null ? ', gone' : ', now as by default'}` : from);
}

function shown(value: ValueChange['after']): string {
  const text = escapeControls(String(value));
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}

function place(text: string): string {
  return path.basename(text);
}
