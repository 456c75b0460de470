import { hkdfSync } from 'node:crypto';
import type { SecureContext, SecureContextOptions, Server } from 'node:tls';
import { normaliseAddress } from '../lib/ip-address.ts';
import { ClientRules, type ClientRule } from '../request/client-rules.ts';
import { CertificateChoice, type Client } from './certificate-choice.ts';
import { clientAuthOptions } from './client-auth.ts';
import type { CertificateEntry, TlsMaterial } from './material.ts';
import { PendingNames } from './pending-names.ts';
import { isCovered, normalizeName } from './server-name.ts';

type SniCallback = (this: unknown, servername: string, done: (error: Error | null, context?: SecureContext) => void) => void;

const NO_RULES = new ClientRules([]);

/**
 * The certificates of a data-plane thread, which can be swapped while it serves. Where hosts ask clients for theirs,
 * each rule has a server of its own, because a server asks all of its clients or none.
 *
 *     const server = tls.createServer({ ...contexts.optionsFor(rule), SNICallback: contexts.sniCallbackFor(rule) });
 *     contexts.attach(server, rule);
 */
export class ServerContexts {
  readonly #servers = new Map<Server, ClientRule | null>();
  #choice: CertificateChoice;
  /** Of the rules there are, and of those that servers from before a reload still have, by key. */
  #guarded: ReadonlyMap<string, CertificateChoice> = new Map();
  #rules: ClientRules;
  /** Names of the certificate for clients that name no host. */
  #mainNames: readonly string[];
  #pending: PendingNames;
  #ticketKeys: Uint8Array;

  /** @throws OpenSSL's error if a certificate cannot be used; the certificate keeper lets none of those through. */
  constructor(material: TlsMaterial, rules: ClientRules = NO_RULES) {
    this.#rules = rules;
    this.#choice = new CertificateChoice(material.entries);
    this.#guarded = this.#guardedChoices(material.entries, rules);
    this.#mainNames = material.entries[0]?.names ?? [];
    this.#pending = new PendingNames(material);
    this.#ticketKeys = material.ticketKeys;
  }

  /** All names of all certificates, addresses and wildcards included, as `normalizeName` writes them. */
  get names(): ReadonlySet<string> {
    return this.#choice.names;
  }

  /** Those for which a server is needed beside the one that asks nobody. */
  get rules(): readonly ClientRule[] {
    return this.#rules.list;
  }

  /** Profile and default certificate. Node asks no callback when a client names no host, so the server itself needs them. */
  optionsFor(rule: ClientRule | null = null): SecureContextOptions {
    return { ...this.#choiceFor(rule).serverOptions, ticketKeys: this.#ticketKeysOf(rule) };
  }

  /** For `tls.createServer`. Calls back exactly once; a throw in here would end the process (CVE-2026-21637). */
  sniCallbackFor(rule: ClientRule | null = null): SniCallback {
    return sniCallbackOf(this, rule);
  }

  /** Whether a certificate is valid for this host of a URL (no port; IPv6 with or without brackets). */
  covers(host: string): boolean {
    return isCovered(normalizeName(host), this.#choice.names);
  }

  /** Whether a handshake for this name is to be refused, because its certificate is still to come. */
  refuses(servername: string): boolean {
    return !this.covers(servername) && this.#pending.refuses(servername);
  }

  /** Whether the main thread wants to hear of this name, for which it may order a certificate. */
  isOnDemand(servername: string): boolean {
    return !this.covers(servername) && this.#pending.isOnDemand(servername);
  }

  /** As `CertificateChoice.choose`, among the certificates of this moment. */
  choose(servername: string | undefined, client?: Client, rule: ClientRule | null = null): SecureContext {
    return this.#choiceFor(rule).choose(servername, client);
  }

  /**
   * The rule for a client that asks for this name; one that names none (''), as for an address, is treated by the rule
   * of the address it came to, else by that of the default certificate's names.
   */
  ruleFor(servername: string, localAddress: string | undefined): ClientRule | null {
    const name = normalizeName(servername);
    if (name !== '') return this.#rules.ruleOf(name);
    const ofAddress = this.#rules.ruleOf(normaliseAddress(localAddress));
    if (ofAddress !== null) return ofAddress;
    return this.#mainNames.map((main) => this.#rules.ruleOf(main)).find((rule) => rule !== null) ?? null;
  }

  /** Keeps the default certificate of a server up to date until it closes. */
  attach(server: Server, rule: ClientRule | null = null): void {
    this.#servers.set(server, rule);
    server.once('close', () => this.#servers.delete(server));
  }

  /**
   * Every handshake that starts after this call sees the new certificates; those under way finish with the old
   * ones. The keys of session tickets change too, so that no session outlives its certificate.
   *
   * @param rules default: as before.
   * @throws like the constructor; the old certificates stay then.
   */
  replace(material: TlsMaterial, rules: ClientRules = this.#rules): void {
    const choice = new CertificateChoice(material.entries, {}, this.#choice);
    const guarded = this.#guardedChoices(material.entries, rules);
    this.#choice = choice;
    this.#guarded = guarded;
    this.#rules = rules;
    this.#mainNames = material.entries[0]?.names ?? [];
    this.#pending = new PendingNames(material);
    this.#ticketKeys = material.ticketKeys;
    for (const [server, rule] of this.#servers) server.setSecureContext(this.optionsFor(rule));
  }

  /** Workers share the keys, rules do not: a session of one must be worth nothing under another (CVE-2025-23419). */
  #ticketKeysOf(rule: ClientRule | null): Buffer {
    if (rule === null) return Buffer.from(this.#ticketKeys);
    return Buffer.from(hkdfSync('sha256', this.#ticketKeys, '', `session tickets of ${rule.key}`, this.#ticketKeys.length));
  }

  #choiceFor(rule: ClientRule | null): CertificateChoice {
    if (rule === null) return this.#choice;
    const choice = this.#guarded.get(rule.key);
    if (choice === undefined) throw new Error('a rule for client certificates that is not in force');
    return choice;
  }

  #guardedChoices(entries: readonly CertificateEntry[], rules: ClientRules): Map<string, CertificateChoice> {
    const needed = [...rules.list, ...this.#servers.values()].filter((rule) => rule !== null);
    return new Map(needed.map((rule) => [rule.key, this.#guardedChoice(rule, rules, entries)]));
  }

  #guardedChoice(rule: ClientRule, rules: ClientRules, entries: readonly CertificateEntry[]): CertificateChoice {
    return new CertificateChoice(entriesFor(rule, rules, entries), clientAuthOptions(rule), this.#guarded.get(rule.key));
  }
}

/** The default certificate, and those that hosts of the rule can be served with. */
function entriesFor(rule: ClientRule, rules: ClientRules, entries: readonly CertificateEntry[]): CertificateEntry[] {
  const hosts = rules.hostsOf(rule);
  return entries.filter(({ names }, index) => {
    if (index === 0 || names.some((name) => rules.ruleOf(name)?.key === rule.key)) return true;
    const covered = new Set(names);
    return hosts.some((host) => isCovered(host, covered));
  });
}

/** Node calls it as a method of the `TLSSocket` whose handshake is waiting. */
function sniCallbackOf(contexts: ServerContexts, rule: ClientRule | null): SniCallback {
  return function chooseContext(servername, done) {
    let context: SecureContext | undefined;
    try {
      context = contexts.choose(servername, isClient(this) ? this : undefined, rule);
    } catch {
      // Whatever it was, the handshake goes on with the default certificate of the server.
    }
    if (context === undefined) done(null);
    else done(null, context);
  };
}

function isClient(value: unknown): value is Client {
  return typeof value === 'object' && value !== null && 'getSharedSigalgs' in value;
}
