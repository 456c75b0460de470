import type { Test } from 'tap';
import type { MemberStatus } from '../../src/balance/member-status.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { startLoneGateway, type LoneGateway } from './lone-gateway.ts';
import { ManualClock } from './manual-clock.ts';
import { RawClient } from './raw-client.ts';
import { startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts';
import { eventually } from './wait-for.ts';

/** The connection of a request at a member, its head read. */
export interface Arrival {
  readonly target: RawClient;
  readonly head: string;
}

export interface ScriptedMembers {
  readonly gateway: LoneGateway;
  readonly clock: ManualClock;
  readonly upstreams: readonly ScriptedUpstream[];
  /** A new client that has sent this. */
  send(text: string): Promise<RawClient>;
  /** The next request that arrives on a new connection of member `index`. */
  arrival(index: number): Promise<Arrival>;
  /** Requests in flight at each member. */
  inFlight(): number[];
  status(index: number): MemberStatus;
  /** Takes members out of service, or puts them back. */
  setMode(mode: 'up' | 'down' | 'drain', ...indexes: number[]): void;
  /** Waits for the end of exchange number `index`, from 0. */
  ended(index?: number): Promise<Exchange>;
}

/**
 * An upstream `api` of members made by hand, with a clock that stands still. With the default balance the
 * first request goes to member 0, the next to member 1; what is tried again goes to another one.
 * @param keys of the upstream beside `targets`, as YAML. @param route keys beside `upstream`.
 */
export async function startMembers(t: Pick<Test, 'teardown'>, count: number, keys = '', route = ''): Promise<ScriptedMembers> {
  const upstreams = await Promise.all(Array.from({ length: count }, async () => startScriptedUpstream(t)));
  const clock = new ManualClock();
  const targets = upstreams.map(({ target }) => `"${target}"`).join(', ');
  const yaml = `upstreams: { api: { targets: [${targets}], ${keys} } }\nroutes: [{ name: r, upstream: api, ${route} }]`;
  const gateway = await startLoneGateway(t, yaml, { clock, random: () => 0 });
  const at = (index: number): ScriptedUpstream => {
    const upstream = upstreams[index];
    if (upstream === undefined) throw new Error(`no member ${index}`);
    return upstream;
  };
  const status = (index: number): MemberStatus => {
    const found = gateway.fleet.status().find(({ key }) => key === at(index).target);
    if (found === undefined) throw new Error(`no status of member ${index}`);
    return found;
  };
  return {
    gateway, clock, upstreams, status,
    async send(text) {
      const client = await RawClient.connect({ port: gateway.port });
      t.teardown(() => client.destroy());
      return client.write(text);
    },
    async arrival(index) {
      const target = await at(index).accept();
      return { target, head: await target.readUntil('\r\n\r\n') };
    },
    inFlight: () => upstreams.map((_, index) => status(index).inFlight),
    setMode(mode, ...indexes) {
      for (const index of indexes) gateway.fleet.setMode('api', at(index).target, mode);
    },
    ended: async (index = 0) => eventually(() => gateway.ended[index], 5000),
  };
}
