import type { Exchange } from '../exchange/exchange.ts';
import { WithheldNames } from '../exchange/withheld-names.ts';
import { takeParameters } from '../lib/query.ts';
import type { Chain } from './chain.ts';

/** What the policies of a route do to every request of it, before any of them is asked. */
export class RoutePolicies {
  readonly #chain: Chain;
  readonly #withheld: WithheldNames | null;
  readonly #secretParameters: ReadonlySet<string>;
  /** A page of another route may have been asked for with them. */
  readonly #refererSecrets: ReadonlySet<string>;

  /**
   * @param identityHeaders of all routes: what one route believes of a header, no client may say on another one.
   * @param secretParameters of all routes.
   */
  constructor(chain: Chain, identityHeaders: readonly string[], secretParameters: readonly string[]) {
    this.#chain = chain;
    const withheld = new WithheldNames([...chain.withholds, ...identityHeaders]);
    this.#withheld = withheld.isEmpty ? null : withheld;
    this.#secretParameters = new Set(chain.secretParameters);
    this.#refererSecrets = new Set([...chain.secretParameters, ...secretParameters]);
  }

  /** From now on every answer is shaped by them, also one that says that something was wrong. */
  begin(exchange: Exchange): void {
    exchange.shaper = this.#chain.shaper;
    exchange.errorPages = this.#chain.errorPages;
    exchange.withheld = this.#withheld;
    exchange.outcomes = this.#chain.outcomes;
  }

  /** Takes secrets out of the query, so that neither log nor upstream sees them. */
  hideSecrets(exchange: Exchange): void {
    if (this.#refererSecrets.size > 0) exchange.referer = this.#withoutSecrets(exchange.referer);
    if (exchange.query === '' || this.#secretParameters.size === 0) return;
    const { rest, taken } = takeParameters(exchange.query, this.#secretParameters);
    exchange.query = rest;
    exchange.secretQuery = taken;
  }

  /** For the log: a page that was asked for with a secret names its address to all that it loads. */
  #withoutSecrets(url: string): string {
    const mark = url.indexOf('?');
    return mark === -1 ? url : url.slice(0, mark) + takeParameters(url.slice(mark), this.#refererSecrets).rest;
  }
}
