import { Type } from '../../lib/schema-type.ts';
import type { TArray, TEnum, TOptional, TSchema, TSchemaOptions, TString, TUnion } from 'typebox';
import { TEXT_KINDS, type TextKindName } from '../text-kind.ts';

/** What every node of the schema says about itself: the reference is made of it. */
interface Described extends TSchemaOptions {
  /** Sentences of the reference. Markdown; no line breaks. */
  readonly description: string;
}

/** Longest list where a value may be given once or as a list. */
const LIST_ITEMS_MAX = 100;

/** A text of one kind of `text-kind.ts`, which also checks it. */
export function text(kind: TextKindName, options: Described): TString {
  return Type.String({ ...options, text: kind, expects: TEXT_KINDS[kind].expects });
}

/** A whole number within bounds. */
export function count(options: Described & { readonly minimum: number; readonly maximum: number }) {
  return Type.Integer({ ...options, expects: `a whole number from ${options.minimum} to ${options.maximum}` });
}

/** One value or a list of them. */
export function oneOrMore<T extends TSchema>(item: T, expects: string, options: Described, itemsMax = LIST_ITEMS_MAX): TUnion<[T, TArray<T>]> {
  return Type.Union([item, Type.Array(item, { minItems: 1, maxItems: itemsMax })], { ...options, expects: `${expects}, or a list of them` });
}

/** A map of known options: any other key is an error. */
export const closed = { additionalProperties: false } as const;

/** A set of options that `off` turns off. */
export function offOr<T extends TSchema>(options: T, about: Described & { readonly expects: string }): TUnion<[TEnum<['off']>, T]> {
  return Type.Union([Type.Enum(['off'], { description: 'Turned off.' }), options], about);
}

type Kinds = Readonly<Record<string, { readonly option: TSchema }>>;
type Options<K extends Kinds> = { [N in keyof K]: TOptional };

/** Of named kinds of options, each as an option that may be left out. */
export function optionalOf<K extends Kinds>(kinds: K): Options<K> {
  const options = Object.fromEntries(Object.entries(kinds).map(([name, { option }]) => [name, Type.Optional(option)]));
  assumeComplete(kinds, options);
  return options;
}

function assumeComplete<K extends Kinds>(kinds: K, options: unknown): asserts options is Options<K> {
  void [kinds, options];
}
