import type { Static, TSchema } from 'typebox';
import type { Context } from '../context.ts';
import type { LayerJoin } from './merge-layers.ts';

/**
 * What the file can say of one policy. What is done with it is the file of the same name in src/policy: the file is
 * read in the control plane, policies work in the workers, and what goes from one to the other is plain data.
 */
export interface PolicyKind<S extends TSchema = TSchema, C extends object = object> {
  /** Each option on its own, none of them required: what is missing is known only when all layers have been put together. */
  readonly schema: S;
  /** What may stand behind the key in a route, in `defaults` and in a set: `schema`, its short forms, `off`. */
  readonly option: TSchema;
  /** The option that a value which is neither a map nor `true` nor `off` stands for; null: there is no such form. */
  readonly shorthand: string | null;
  /** It counts where nothing is said of it, too, until somebody says `off`. */
  readonly always: boolean;
  /** Puts two layers together where different keys of them speak of the same thing. Without it: key by key. */
  readonly join?: LayerJoin;
  /**
   * Fills in defaults and converts units. Reports what a schema cannot say, at its place.
   * @param place rooted at the options put together, so that every path leads to the layer that a value came from.
   * @returns plain data; null where it cannot be used, which has been reported.
   */
  resolve(raw: Static<S>, place: Context): C | null;
  /** Reports what does not go together with the other policies of the route, of which each is null where it is off. */
  checkBeside?(config: C, others: Readonly<Record<string, object | null>>, place: Context): void;
}

/** The shape of a policy, with its types inferred. */
export function policyKind<S extends TSchema, C extends object>(kind: PolicyKind<S, C>): PolicyKind<S, C> {
  return kind;
}
