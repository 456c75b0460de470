export type { Extension, PublicKey } from '@peculiar/x509';

/**
 * Loads @peculiar/x509 when a certificate is to be made or looked into: that takes 80 ms, which a gateway
 * with certificate files never has to spend.
 */
export async function loadX509Library(): Promise<typeof import('@peculiar/x509')> {
  provideReflectMetadata();
  return import('@peculiar/x509');
}

/**
 * The library picks its algorithms with tsyringe, which refuses to load without the metadata calls of a
 * `Reflect` polyfill, and asks them only which constructor parameters to inject. There are none, so
 * "nothing is known" answers every question and a polyfill package is not needed.
 */
function provideReflectMetadata(): void {
  for (const name of ['getMetadata', 'getOwnMetadata']) {
    if (name in Reflect) continue;
    Object.defineProperty(Reflect, name, { value: () => undefined, configurable: true, writable: true });
  }
}
