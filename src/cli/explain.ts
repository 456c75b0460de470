import { rehearse } from '../gateway/rehearsal.ts';
import { systemClock } from '../lib/clock.ts';
import { expectedNames } from '../tls/expected-names.ts';
import { isCovered, normalizeName } from '../tls/server-name.ts';
import { type AskedRequest, askedRequest, listenerFor, wireText } from './asked-request.ts';
import type { CommandOptions } from './command-options.ts';
import { explanationOf } from './explanation.ts';
import { explanationText } from './explanation-text.ts';
import { readLoaded } from './read-config.ts';
import { Exit, type Terminal } from './terminal.ts';

/** `sluice explain`: what would become of a request, and why. Sends nothing to anybody. */
export async function explain(file: string, terminal: Terminal, options: Pick<CommandOptions, 'words' | 'json' | 'headers' | 'client'>): Promise<number> {
  let asked: AskedRequest;
  try {
    asked = askedRequest(options.words, options.headers, options.client);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    terminal.err(`sluice: ${error.message}.`);
    return Exit.Wrong;
  }
  const loaded = readLoaded(file, terminal);
  if (loaded === null) return Exit.Wrong;
  const { config } = loaded;
  const listener = listenerFor(asked, config.listen);
  if (listener === null) {
    terminal.err(`sluice: nothing listens for ${asked.scheme}: \`listen\` has no \`${asked.scheme}\`, so the client would get no connection.`);
    return Exit.Failed;
  }
  const names = await expectedNames(config, systemClock);
  const request = { text: wireText(asked), serverName: asked.host, secure: asked.scheme === 'https', localPort: listener.address.port, peerAddress: asked.client };
  try {
    const rehearsal = await rehearse(config, request, { clock: systemClock, isCertified: (host) => isCovered(normalizeName(host), names) });
    const explanation = explanationOf({ asked, listener, loaded, rehearsal });
    terminal.out(options.json ? JSON.stringify(explanation, null, 2) : explanationText(explanation));
    return Exit.Ok;
  } catch (error) {
    // What a generation is made of is said in its own words, as at the start of the gateway.
    terminal.err(`sluice: ${error instanceof Error ? error.message : String(error)}`);
    return Exit.Failed;
  }
}
