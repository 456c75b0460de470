/** The first major version of Node.js that has all that is used. */
const MAJOR_MIN = 24;

/** Why this version cannot run the program; null where it can. @param version as in `process.versions.node`. */
export function faultOfNode(version: string): string | null {
  const major = Number(version.split('.')[0]);
  return major >= MAJOR_MIN ? null : `sluice: this is Node.js ${version}; it takes Node.js ${MAJOR_MIN} or newer.\n`;
}
