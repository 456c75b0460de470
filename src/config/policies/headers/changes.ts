import type { Static } from 'typebox';
import { Type } from '../../../lib/schema-type.ts';
import type { Context } from '../../context.ts';
import { closed, oneOrMore, text } from '../../schema/value.ts';
import type { TextKindName } from '../../text-kind.ts';
import type { ListNode, MapNode, Node } from '../../tree.ts';
import { joinMaps } from '../merge-layers.ts';

const FIELDS_MAX = 100;

/** What is done to the headers of one direction. */
export interface HeaderChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
  /** In lower case. */
  readonly remove: readonly string[];
}

const value = text('headerValue', { description: 'The value.' });
const values = oneOrMore(value, 'a header value', { description: 'A value, or a list of values, each a header of its own.' });
const notSaid = Type.Literal(false, { description: 'Not said here, though a less specific place says it.' });
const valuesOrNot = Type.Union([...values.anyOf, notSaid], { expects: 'a header value (in quotes), a list of them, or false' });

/** The options of one direction. @param names what headers it may be about. */
export function changesOption(names: TextKindName, about: { readonly description: string; readonly whose: string; readonly example: object }) {
  const fields = (description: string) => Type.Record(Type.String(), valuesOrNot, { propertyNames: { text: names }, maxProperties: FIELDS_MAX, description, expects: 'headers with their values' });
  return Type.Object(
    {
      set: Type.Optional(fields(`Headers that are there once with this value, whatever ${about.whose} says. \`false\` takes back what a less specific place sets.`)),
      add: Type.Optional(fields(`Headers beside those of the same name that ${about.whose} sends. \`false\` takes back what a less specific place adds.`)),
      remove: Type.Optional(oneOrMore(text(names, { description: 'The name of a header.' }), 'the name of a header', { description: `Headers of ${about.whose} that are taken out. Those of less specific places are taken out as well, unless one is set here.` })),
    },
    { ...closed, description: about.description, expects: '`set`, `add` and `remove`', examples: [about.example] },
  );
}

type RawChanges = Static<ReturnType<typeof changesOption>>;

/** @param place rooted at the option. */
export function resolveChanges(raw: RawChanges | undefined, place: Context): HeaderChanges {
  const { set = {}, add = {}, remove = [] } = raw ?? {};
  reportDoubles('set', set, place);
  reportDoubles('add', add, place);
  const isSet = new Set(Object.keys(set).map((name) => name.toLowerCase()));
  for (const [index, name] of [remove].flat().entries()) {
    if (!isSet.has(name.toLowerCase())) continue;
    place.report.error(typeof remove === 'string' ? place.at('remove') : place.at('remove', index), `\`${name}\` is both set and removed`, 'What is set takes the place of what was there: leave it out here.');
  }
  return { set: pairs(set), add: pairs(add), remove: [...new Set([remove].flat().map((name) => name.toLowerCase()))] };
}

/**
 * Joins two layers header by header: `X-A` and `x-a` are one, what is removed above is not set below, and what is removed
 * below stays removed. nginx forgets all inherited headers with the first one of a more specific place.
 */
export function joinChanges(below: Node, above: Node): Node {
  if (below.kind !== 'map' || above.kind !== 'map') return above;
  const replaced = new Set([...namesIn(above, 'set').said, ...namesIn(above, 'remove').said]);
  const left: MapNode = { ...below, entries: new Map(below.entries) };
  for (const section of ['set', 'add', 'remove']) {
    const { said, takenBack } = namesIn(above, section);
    keep(left, section, (name) => !replaced.has(name) && !said.has(name) && !takenBack.has(name));
  }
  const joined = joinMaps(left, above);
  const before = left.entries.get('remove');
  const after = above.entries.get('remove');
  if (before === undefined || after === undefined) return joined;
  const list: ListNode = { ...after.value, kind: 'list', items: [...itemsOf(after.value), ...itemsOf(before.value)] };
  joined.entries.set('remove', { key: after.key, value: list });
  return joined;
}

/** In lower case. */
function namesIn(layer: MapNode, section: string): { readonly said: ReadonlySet<string>; readonly takenBack: ReadonlySet<string> } {
  const said = new Set<string>();
  const takenBack = new Set<string>();
  const node = layer.entries.get(section)?.value;
  if (node?.kind === 'map') {
    for (const [name, { value: one }] of node.entries) (one.kind === 'scalar' && one.value === false ? takenBack : said).add(name.toLowerCase());
  } else if (node !== undefined) {
    for (const item of itemsOf(node)) if (item.kind === 'scalar') said.add(String(item.value).toLowerCase());
  }
  return { said, takenBack };
}

/** Leaves of a section only what `stays`, by names in lower case. */
function keep(layer: MapNode, section: string, stays: (name: string) => boolean): void {
  const entry = layer.entries.get(section);
  if (entry === undefined) return;
  const { value: node } = entry;
  if (node.kind === 'map') {
    layer.entries.set(section, { ...entry, value: { ...node, entries: new Map([...node.entries].filter(([name]) => stays(name.toLowerCase()))) } });
    return;
  }
  const items = itemsOf(node).filter((item) => item.kind !== 'scalar' || stays(String(item.value).toLowerCase()));
  layer.entries.set(section, { ...entry, value: { source: node.source, start: node.start, end: node.end, kind: 'list', items } });
}

function itemsOf(node: Node): readonly Node[] {
  return node.kind === 'list' ? node.items : [node];
}

function reportDoubles(section: 'set' | 'add', fields: object, place: Context): void {
  const seen = new Set<string>();
  for (const name of Object.keys(fields)) {
    if (seen.has(name.toLowerCase())) place.report.error(place.key(section, name), `\`${name}\` is given twice, in another case`, 'Header names have no case. Give a list of values.');
    seen.add(name.toLowerCase());
  }
}

function pairs(fields: Readonly<Record<string, string | readonly string[] | false>>): [name: string, value: string][] {
  return Object.entries(fields).flatMap(([name, given]) => (given === false ? [] : [given].flat().map((one): [string, string] => [name, one])));
}
