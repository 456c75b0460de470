import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { normaliseAddress } from '../lib/ip-address.ts';

/**
 * The addresses a hosts file gives a name, in its order (hosts(5): an address, then names, `#` begins a
 * comment). Empty where there is no such name or no such file.
 */
export async function hostsFileAddresses(file: string, name: string): Promise<string[]> {
  const wanted = name.toLowerCase();
  return (await textOf(file)).split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((each) => each.toLowerCase() === wanted) ? [normaliseAddress(address)] : [];
  });
}

/** A machine without the file, or one that hides it, has no names of its own. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}
