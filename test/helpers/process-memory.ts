import { existsSync, readFileSync } from 'node:fs';

/** Resident memory of a process in MiB, now and at its highest. Null where the system does not tell. */
export function processMemory(pid: number): { readonly nowMib: number; readonly peakMib: number } | null {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  const status = readFileSync(file, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { nowMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}
