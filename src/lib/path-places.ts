import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** As many symbolic links as Linux follows on the way to one file. */
const LINKS_MAX = 40;

/** A directory, and a name in it that decides where a path leads. */
interface Place {
  readonly folder: string;
  readonly name: string;
}

/** The way to a file: what stands at its end, or how far it leads. */
interface PathPlaces {
  /** Where each symbolic link on the way stands, and the file itself, or what is missing of the way. */
  readonly places: readonly Place[];
  /** Without links; null where nothing is there. */
  readonly end: string | null;
}

/**
 * Follows a path link by link. A ConfigMap of Kubernetes is a link to `..data/NAME`, and `..data` is a link too: only a
 * change of the latter tells of a new content, in a folder that the path names, and none of the file's.
 */
export function pathPlaces(file: string): PathPlaces {
  const places: Place[] = [];
  const steps = path.resolve(file).split(path.sep).filter((step) => step !== '');
  let at: string = path.parse(path.resolve(file)).root;
  let links = 0;
  while (steps.length > 0) {
    const name = steps.shift() ?? '';
    const next = path.join(at, name);
    const link = linkOf(next);
    if (link.kind === 'missing') return { places: [...places, { folder: at, name }], end: null };
    if (link.kind === 'link') {
      places.push({ folder: at, name });
      links += 1;
      if (links > LINKS_MAX) return { places, end: null };
      const target = path.resolve(at, link.to);
      steps.unshift(...target.split(path.sep).filter((step) => step !== ''));
      at = path.parse(target).root;
    } else if (steps.length === 0) {
      return { places: [...places, { folder: at, name }], end: next };
    } else {
      at = next;
    }
  }
  return { places, end: at };
}

type Step = { readonly kind: 'missing' | 'plain' } | { readonly kind: 'link'; readonly to: string };

function linkOf(file: string): Step {
  try {
    return lstatSync(file).isSymbolicLink() ? { kind: 'link', to: readlinkSync(file) } : { kind: 'plain' };
  } catch {
    return { kind: 'missing' };
  }
}
