import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NameAnswer, NameQuery, NameRecord } from '../../src/balance/name-lookup.ts';

/** Address, or address, port, weight and backup of a service. */
type Said = string | readonly [address: string, port: number, weight: number, backup?: boolean];

/** Names as a test wants them, without DNS: what was said of a name last is its answer. */
export class ScriptedLookup {
  /** Names asked for, in order. */
  readonly asked: string[] = [];
  readonly #answers = new Map<string, NameAnswer | Error>();
  readonly #gates = new Map<string, Promise<void>>();

  readonly lookup = async (query: NameQuery): Promise<NameAnswer> => {
    this.asked.push(query.name);
    await this.#gates.get(query.name);
    const answer = this.#answers.get(query.name) ?? new Error('there is no such name');
    if (answer instanceof Error) throw answer;
    return answer;
  };

  say(name: string, said: readonly Said[], ttlMs: number = 30_000, isUnknown: (earlier: NameRecord) => boolean = () => false): void {
    this.#answers.set(name, { records: said.map((each) => recordOf(name, each)), ttlMs, isUnknown });
  }

  fail(name: string, message: string = 'the DNS server failed (SERVFAIL)'): void {
    this.#answers.set(name, new Error(message));
  }

  /** Questions stay open until `release` is called; they are answered with what is said by then. */
  hold(name: string): { readonly release: () => Promise<void> } {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(name, gate.promise);
    return {
      release: async () => {
        this.#gates.delete(name);
        gate.resolve();
        await settled();
      },
    };
  }
}

/** Lets what was resolved be heard of by all who wait for it. */
export async function settled(): Promise<void> {
  await nextTurn();
}

function recordOf(host: string, said: Said): NameRecord {
  if (typeof said === 'string') return { address: said, host, service: null };
  const [address, port, weight, backup = false] = said;
  return { address, host, service: { port, weight, backup } };
}
