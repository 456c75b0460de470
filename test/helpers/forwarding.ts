import type { Test } from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { startLoneGateway, type LoneGateway } from './lone-gateway.ts';
import { ManualClock } from './manual-clock.ts';
import { RawClient } from './raw-client.ts';
import { startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts';
import { eventually } from './wait-for.ts';

export interface Forwarding {
  readonly upstream: ScriptedUpstream;
  readonly gateway: LoneGateway;
  readonly clock: ManualClock;
  /** A new connection to the gateway's plain port. */
  readonly connect: () => Promise<RawClient>;
  /** A connection on which this request was sent, and the upstream's end of the connection on which it arrived, head read. */
  readonly request: (text: string) => Promise<{ readonly client: RawClient; readonly target: RawClient; readonly head: string }>;
  /** Waits for the end of exchange number `index`, from 0. */
  readonly ended: (index?: number) => Promise<Exchange>;
}

interface ForwardingOptions {
  readonly https?: boolean;
  /** Keys of the upstream beside `targets`, as YAML. */
  readonly upstream?: string;
  /** Keys of the route beside `upstream`, as YAML. */
  readonly route?: string;
  /** Targets tried in turn with the scripted one, which is last in the list. */
  readonly others?: readonly string[];
  /** 0 ≤ x < 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** One route to one upstream made by hand, with a clock that stands still. */
export async function startForwarding(t: Pick<Test, 'teardown'>, options: ForwardingOptions = {}): Promise<Forwarding> {
  const { https = false, upstream: keys = '', route = '', others = [] } = options;
  const upstream = await startScriptedUpstream(t);
  const clock = new ManualClock();
  const targets = [...others, upstream.target].map((target) => JSON.stringify(target)).join(', ');
  const yaml = `defaults: { https: both }\nupstreams: { api: { targets: [${targets}], ${keys} } }\nroutes: [{ name: r, upstream: api, ${route} }]`;
  const gateway = await startLoneGateway(t, yaml, { clock, https, ...(options.random === undefined ? {} : { random: options.random }) });
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect({ port: gateway.port });
    t.teardown(() => client.destroy());
    return client;
  };
  return {
    upstream, gateway, clock, connect,
    request: async (text) => {
      const client = (await connect()).write(text);
      const target = await upstream.accept();
      return { client, target, head: await target.readUntil('\r\n\r\n') };
    },
    ended: async (index = 0) => eventually(() => gateway.ended[index], 5000),
  };
}

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

export function post(body: string, headers = ''): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A head without the id of its attempt, in which each one differs from all others. */
export function untraced(head: string): string {
  return head.replace(/^(traceparent: 00-[0-9a-f]{32}-)[0-9a-f]{16}(-0[0-3])$/m, '$1$2');
}
